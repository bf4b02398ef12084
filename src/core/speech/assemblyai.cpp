#include "core/speech/assemblyai.hpp"

#include "core/base/text.hpp"
#include "core/base/url.hpp"

namespace headway::core {
namespace {

// It counts milliseconds.
std::optional<double> time_of(const Json& value) {
    std::optional<double> milliseconds = seconds_of(value);
    return milliseconds ? std::optional(*milliseconds / 1000) : std::nullopt;
}

Outgoing request(const SpeechSettings& settings, const std::string& api_key, const char* method,
                 const std::string& path, const char* content_type) {
    Outgoing out{method, settings.base_url + path, {{"Accept", "application/json"}}, {}};
    if (content_type) out.headers.emplace_back("Content-Type", content_type);
    if (!api_key.empty()) out.headers.emplace_back("Authorization", api_key);
    return out;
}

Result<std::string> read_text(const Answer& answer, Timestamp now, const char* name) {
    if (answer.status != 200) return speech_error(answer, now);
    std::string text = text_of(parse_foreign_json(answer.body).value[name]);
    if (text.empty()) throw Failure(ErrorKind::protocol, "the transcriber's answer lacks its id");
    return text;
}

Transcription heard_in(const Json& body) {
    Transcription heard;
    heard.model = text_of(body["speech_model_used"]);
    heard.request_id = text_of(body["id"]);
    heard.language = text_of(body["language_code"]);
    heard.audio_seconds = seconds_of(body["audio_duration"]);
    for (const Json& said : body["utterances"].items())
        heard.add({"Speaker " + text_of(said["speaker"]), time_of(said["start"]),
                   time_of(said["end"]), text_of(said["text"])});
    if (heard.turns.empty()) heard.add({{}, {}, {}, text_of(body["text"])});
    return heard;
}

}  // namespace

SpeechSettings assemblyai_settings(const Json& settings) {
    return SpeechSettings::from_json(settings, {.base_url = "https://api.assemblyai.com",
                                                .model = "universal-3-pro,universal-2",
                                                .language = {}});
}

Outgoing assemblyai_upload(const SpeechSettings& settings, const std::string& api_key) {
    return request(settings, api_key, "POST", "/v2/upload", "application/octet-stream");
}

Outgoing assemblyai_submit(const SpeechSettings& settings, const std::string& api_key,
                           const std::string& audio_url) {
    Json::Array models;
    for (std::string_view model : split(settings.model, ',')) models.emplace_back(trim(model));
    Json body = Json::Object{{"audio_url", audio_url}, {"speaker_labels", true}};
    body.set("speech_models", std::move(models));
    if (settings.language.empty()) body.set("language_detection", true);
    else body.set("language_code", settings.language);
    Outgoing out = request(settings, api_key, "POST", "/v2/transcript", "application/json");
    out.body = body.dump();
    return out;
}

Outgoing assemblyai_poll(const SpeechSettings& settings, const std::string& api_key,
                         const std::string& id) {
    return request(settings, api_key, "GET", "/v2/transcript/" + percent_encode(id), nullptr);
}

Result<std::string> read_assemblyai_upload(const Answer& answer, Timestamp now) {
    return read_text(answer, now, "upload_url");
}

Result<std::string> read_assemblyai_submit(const Answer& answer, Timestamp now) {
    return read_text(answer, now, "id");
}

Result<std::optional<Transcription>> read_assemblyai(const Answer& answer, Timestamp now) {
    if (answer.status != 200) return speech_error(answer, now);
    Json body = parse_foreign_json(answer.body).value;
    std::string status = text_of(body["status"]);
    if (status == "queued" || status == "processing") return std::optional<Transcription>();
    // What went wrong is told in words alone, which may quote the recording's address.
    if (status == "error")
        return Error{ErrorKind::refused, "the transcriber could not read the recording"};
    if (status != "completed")
        throw Failure(ErrorKind::protocol, "the transcriber's answer has no status");
    Transcription heard = heard_in(body);
    if (heard.turns.empty()) return silence();
    return std::optional(std::move(heard));
}

}  // namespace headway::core
