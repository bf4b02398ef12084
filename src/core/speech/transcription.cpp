#include "core/speech/transcription.hpp"

#include "core/base/error.hpp"
#include "core/base/provider_settings.hpp"
#include "core/base/text.hpp"
#include "core/base/url.hpp"

namespace headway::core {
namespace {

constexpr const char* kProvider =
    "Check headway_set_provider('speech', ...) and the vendor's account.";
constexpr double kLongest = 1e7;  // seconds
constexpr NumberRange kTimeout{1, 7200};

// A turn of nobody's is not longer, should the transcriber know no sentences.
constexpr std::size_t kLongestSentence = 600;

// Whether more words belong to a turn.
bool goes_on(const Turn& turn, const std::string& speaker) {
    if (turn.speaker != speaker) return false;
    if (!speaker.empty()) return true;
    if (turn.text.size() > kLongestSentence) return false;
    for (const char* end : {".", "?", "!", "…", "。", "？", "！"})
        if (turn.text.ends_with(end)) return false;
    return true;
}

bool is_name(const Json& value) {
    return value.is_string() && value.as_string().size() <= 100 &&
           value.as_string().find_first_of("\r\n\"&=") == std::string::npos;
}

}  // namespace

SpeechSettings SpeechSettings::from_json(const Json& settings, SpeechSettings otherwise) {
    SpeechSettings read = std::move(otherwise);
    for (const auto& [name, value] : settings.members()) {
        if (name == "base_url" && value.is_string())
            read.base_url = parse_base_url(value.as_string()).str();
        else if (name == "model" && is_name(value) && value != Json(""))
            read.model = value.as_string();
        else if (name == "language" && is_name(value)) read.language = value.as_string();
        else if (name == "timeout_seconds")
            read.timeout = std::chrono::seconds(count_setting(name, value, kTimeout));
        else if (name == "send" && (value == Json("url") || value == Json("bytes")))
            read.by_url = value == Json("url");
        else refuse_setting(name);
    }
    return read;
}

void Transcription::add(Turn said) {
    said.text = trim(said.text);
    if (said.text.empty()) return;
    if (turns.empty() || !goes_on(turns.back(), said.speaker)) {
        turns.push_back(std::move(said));
        return;
    }
    turns.back().text += ' ' + said.text;
    turns.back().end_s = said.end_s;
}

std::string speaker_name(std::int64_t number) { return "Speaker " + std::to_string(number + 1); }

Error speech_error(const Answer& answer, Timestamp now) {
    int status = answer.status;
    std::string told = " with HTTP status " + std::to_string(status);
    if (status == 429)
        return {ErrorKind::rate_limited, "the transcriber asks to wait", {}, {}, status,
                retry_after(answer, now)};
    if (status == 408 || status == 504)
        return {ErrorKind::timeout, "the transcriber gave up waiting", {}, {}, status};
    if (status >= 500)
        return {ErrorKind::server,       "the transcriber failed" + told, {}, {}, status,
                retry_after(answer, now)};
    if (status == 413)
        return {ErrorKind::too_large,
                "the recording is larger than the transcriber takes",
                {},
                {},
                status};
    if (status == 402)
        return {ErrorKind::refused,
                "the transcriber's account has no money left",
                {},
                kProvider,
                status};
    return {ErrorKind::refused, "the transcriber refused" + told, {}, kProvider, status};
}

Error silence() { return {ErrorKind::refused, "nobody speaks in the recording"}; }

std::string text_of(const Json& value) { return value.is_string() ? value.as_string() : ""; }

std::optional<double> seconds_of(const Json& value) {
    if (!value.is_number() || !(value.as_number() >= 0) || value.as_number() > kLongest)
        return std::nullopt;
    return value.as_number();
}

}  // namespace headway::core
