#include "core/speech/openai_speech.hpp"

#include "core/base/provider_settings.hpp"
#include "core/models/model_exchange.hpp"

namespace headway::core {
namespace {

// Occurs in no field of ours; in the file it would have to follow a line break and two dashes.
constexpr const char* kBoundary = "headway-7d1c9a52e84f4b0b9f63d0a1c5e8b217";

// What each family of models can answer with.
std::string format_of(const std::string& model) {
    if (model.find("diarize") != std::string::npos) return "diarized_json";
    return model.starts_with("gpt-") ? "json" : "verbose_json";
}

void add_field(std::string& form, const std::string& name, const std::string& value) {
    form += std::string("--") + kBoundary + "\r\nContent-Disposition: form-data; name=\"" + name +
            "\"\r\n\r\n" + value + "\r\n";
}

std::optional<double> later(const std::optional<double>& seconds, double offset) {
    return seconds ? std::optional(*seconds + offset) : std::nullopt;
}

std::string speaker_of(const Json& segment) {
    std::string name = text_of(segment["speaker"]);
    return name.empty() ? "" : "Speaker " + name;
}

}  // namespace

SpeechSettings openai_speech_settings(const Json& settings) {
    auto read = SpeechSettings::from_json(settings, {.base_url = "https://api.openai.com/v1",
                                                     .model = "gpt-4o-transcribe-diarize",
                                                     .language = {}});
    if (read.by_url) refuse_settings("\"send\" cannot be \"url\": openai fetches no recordings.");
    return read;
}

SpeechForm openai_speech_form(const SpeechSettings& settings, const std::string& api_key,
                              const std::string& file_name) {
    std::string format = format_of(settings.model);
    std::string form;
    add_field(form, "model", settings.model);
    add_field(form, "response_format", format);
    if (format == "diarized_json") add_field(form, "chunking_strategy", "auto");
    if (!settings.language.empty()) add_field(form, "language", settings.language);
    form += std::string("--") + kBoundary +
            "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + file_name +
            "\"\r\nContent-Type: application/octet-stream\r\n\r\n";
    Outgoing out{"POST",
                 settings.base_url + "/audio/transcriptions",
                 {{"Accept", "application/json"},
                  {"Content-Type", std::string("multipart/form-data; boundary=") + kBoundary}},
                 std::move(form)};
    if (!api_key.empty()) out.headers.emplace_back("Authorization", "Bearer " + api_key);
    return {std::move(out), std::string("\r\n--") + kBoundary + "--\r\n"};
}

Result<Transcription> read_openai_speech(const Answer& answer, double offset, Timestamp now) {
    if (answer.status != 200) return speech_error(answer, now);
    Json body = parse_foreign_json(answer.body).value;
    if (!body["text"].is_string() && !body["segments"].is_array())
        throw Failure(ErrorKind::protocol, "the transcriber's answer has no transcript");
    Transcription heard;
    heard.language = text_of(body["language"]);
    heard.audio_seconds = seconds_of(body["duration"]);
    heard.request_id = header_of(answer, "x-request-id");
    for (const Json& segment : body["segments"].items())
        heard.add({speaker_of(segment), later(seconds_of(segment["start"]), offset),
                   later(seconds_of(segment["end"]), offset), text_of(segment["text"])});
    if (heard.turns.empty()) heard.add({{}, {}, {}, text_of(body["text"])});
    return heard;
}

}  // namespace headway::core
