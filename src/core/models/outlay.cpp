#include "core/models/outlay.hpp"

#include <algorithm>

#include "core/base/encoding.hpp"
#include "core/models/model_settings.hpp"
#include "core/models/prompt.hpp"
#include "core/speech/speech_vendors.hpp"

namespace headway::core {
namespace {

// What vendors put around a prompt: roles, the schema's frame, a tool's description.
constexpr std::int64_t kFrameTokens = 1000;

// A recording of which nobody has said how long it is, is not longer.
constexpr double kMostSeconds = 36'000;
// The thriftiest coding of speech that is in use needs more for a second.
constexpr double kFewestBytes = 500;
// Sources leave out parts of a second, which vendors count.
constexpr double kRounding = 1;
// From the first step with a transcriber to its last look at what that is still at.
constexpr std::chrono::hours kLongestHearing{6};

// Each part preceded by its length, so that no two lists of parts have one spelling.
void append_part(std::string& spelling, std::string_view part) {
    spelling.append(std::to_string(part.size())).append(":").append(part);
}

}  // namespace

Json Outlay::to_json() const {
    return Json::Object{{"provider", provider},
                        {"model", model},
                        {"input_tokens", input_tokens},
                        {"output_tokens", output_tokens},
                        {"audio_seconds", audio_seconds},
                        {"longest", longest.count()},
                        {"key", key.empty() ? Json() : Json(key)}};
}

Outlay outlay_of(const Json& provider, const std::string& purpose, const Json& input) {
    const ModelSettings defaults;
    const Json& settings = provider["settings"];
    Prompt prompt = Prompt::from_json(provider["prompt"]);
    std::string question = render(prompt, purpose, input);
    std::string schema = prompt.answer_schema.dump();

    Outlay outlay;
    outlay.provider = provider["name"].as_string();
    outlay.model = settings.text_or("model", "");
    outlay.input_tokens = kFrameTokens + static_cast<std::int64_t>(prompt.system.size() +
                                                                   schema.size() + question.size());
    outlay.output_tokens = settings.integer_or("max_output_tokens", defaults.max_output_tokens);
    outlay.longest =
        std::chrono::seconds(settings.integer_or("timeout_seconds", defaults.timeout.count()));
    std::string spelling;
    const std::string set = settings.dump();
    for (std::string_view part : std::initializer_list<std::string_view>{
             outlay.provider, set, prompt.system, schema, purpose, question})
        append_part(spelling, part);
    outlay.key = hex_encode(sha256(spelling));
    return outlay;
}

Outlay speech_outlay(const Json& provider, std::optional<double> seconds, std::uint64_t bytes) {
    double longest = bytes == 0 ? kMostSeconds : static_cast<double>(bytes) / kFewestBytes;
    Outlay outlay;
    outlay.provider = provider["name"].as_string();
    outlay.model = speech_settings(provider).model;
    outlay.audio_seconds = seconds ? *seconds + kRounding : std::min(longest, kMostSeconds);
    outlay.longest = kLongestHearing;
    return outlay;
}

}  // namespace headway::core
