#include "core/speech/deepgram.hpp"

#include "core/base/url.hpp"
#include "core/models/model_exchange.hpp"

namespace headway::core {
namespace {

// Who spoke: as the vendor tells voices apart, else by the line, where each side has its own.
std::string speaker_of(const Json& utterance, bool is_one_line) {
    const Json& speaker = utterance["speaker"];
    if (speaker.is_integer()) return speaker_name(speaker.as_integer());
    const Json& channel = utterance["channel"];
    return !is_one_line && channel.is_integer() ? speaker_name(channel.as_integer()) : "";
}

std::string model_of(const Json& metadata) {
    for (const auto& [id, model] : metadata["model_info"].members()) return text_of(model["name"]);
    return {};
}

}  // namespace

SpeechSettings deepgram_settings(const Json& settings) {
    return SpeechSettings::from_json(
        settings, {.base_url = "https://api.deepgram.com", .model = "nova-3", .language = {}});
}

Outgoing deepgram_request(const SpeechSettings& settings, const std::string& api_key,
                          const std::string& audio_url) {
    std::string language = settings.language.empty()
                               ? "detect_language=true"
                               : "language=" + percent_encode(settings.language);
    Outgoing out{"POST",
                 settings.base_url + "/v1/listen?model=" + percent_encode(settings.model) + '&' +
                     language + "&smart_format=true&utterances=true&diarize_model=latest",
                 {{"Accept", "application/json"}},
                 {}};
    if (!api_key.empty()) out.headers.emplace_back("Authorization", "Token " + api_key);
    out.headers.emplace_back("Content-Type", audio_url.empty() ? "audio/*" : "application/json");
    if (!audio_url.empty()) out.body = Json(Json::Object{{"url", audio_url}}).dump();
    return out;
}

Result<Transcription> read_deepgram(const Answer& answer, Timestamp now) {
    if (answer.status != 200) return speech_error(answer, now);
    Json body = parse_foreign_json(answer.body).value;
    const Json& channels = body["results"]["channels"];
    Transcription heard;
    heard.model = model_of(body["metadata"]);
    heard.request_id = text_of(body["metadata"]["request_id"]);
    heard.audio_seconds = seconds_of(body["metadata"]["duration"]);
    heard.language = text_at(body, "/results/channels/0/detected_language");
    for (const Json& said : body["results"]["utterances"].items())
        heard.add({speaker_of(said, channels.items().size() < 2), seconds_of(said["start"]),
                   seconds_of(said["end"]), text_of(said["transcript"])});
    if (heard.turns.empty())
        heard.add({{}, {}, {}, text_at(body, "/results/channels/0/alternatives/0/transcript")});
    if (!channels.is_array())
        throw Failure(ErrorKind::protocol, "the transcriber's answer has no transcript");
    if (heard.turns.empty()) return silence();
    return heard;
}

}  // namespace headway::core
