#include <gtest/gtest.h>

#include "core/speech/assemblyai.hpp"
#include "core/speech/deepgram.hpp"
#include "failure_of.hpp"

namespace headway::core {
namespace {

using test::failure_of;

const Timestamp kNow{std::chrono::seconds(1'790'000'000)};

std::string turns_of(const Transcription& heard) { return turns_to_json(heard.turns).dump(); }

std::string header(const Outgoing& out, const std::string& name) {
    for (const auto& [key, value] : out.headers)
        if (key == name) return value;
    return {};
}

TEST(SpeechSettings, KeepWhatIsNotGiven) {
    SpeechSettings settings = deepgram_settings(Json::Object{{"language", "de"}, {"send", "url"}});
    EXPECT_EQ(settings.base_url, "https://api.deepgram.com");
    EXPECT_EQ(settings.model, "nova-3");
    EXPECT_EQ(settings.language, "de");
    EXPECT_TRUE(settings.by_url);
}

TEST(SpeechSettings, RefuseWhatTheyDoNotKnow) {
    for (Json wrong :
         {Json(Json::Object{{"modle", "nova-3"}}), Json(Json::Object{{"model", ""}}),
          Json(Json::Object{{"language", "de\r\nX: y"}}),
          Json(Json::Object{{"timeout_seconds", 0}}), Json(Json::Object{{"send", "pigeon"}})})
        EXPECT_EQ(failure_of([&] { deepgram_settings(wrong); }).kind, ErrorKind::invalid)
            << wrong.dump();
}

TEST(SpeechSettings, TellTheRangeOfTheTimeout) {
    for (Json wrong : {Json(7201), Json(0.5), Json("60")})
        EXPECT_EQ(failure_of([&] {
                      deepgram_settings(Json::Object{{"timeout_seconds", wrong}});
                  }).hint,
                  "\"timeout_seconds\" takes a whole number from 1 to 7200.");
}

TEST(Transcription, JoinsWhatOneSpeakerSaysInARow) {
    Transcription heard;
    heard.add({"A", 0.5, 1.0, " Hello. "});
    heard.add({"A", 1.5, 2.0, "How are you?"});
    heard.add({"B", 2.0, 2.5, "  "});
    heard.add({"B", 3.0, 4.0, "Fine."});
    EXPECT_EQ(turns_of(heard),
              R"([{"speaker":"A","start_s":0.5,"end_s":2,"text":"Hello. How are you?"},)"
              R"({"speaker":"B","start_s":3,"end_s":4,"text":"Fine."}])");
}

TEST(Transcription, WhereNobodyTellsTheSpeakersApartATurnIsASentence) {
    Transcription heard;
    heard.add({"", 0.5, 1.0, "I wish"});
    heard.add({"", 1.0, 2.0, "we could export."});
    heard.add({"", 2.0, 2.5, "Why?"});
    heard.add({"", 2.5, 3.0, std::string(700, 'x')});
    heard.add({"", 3.0, 4.0, "and so on"});
    ASSERT_EQ(heard.turns.size(), 4u);
    EXPECT_EQ(heard.turns[0].text, "I wish we could export.");
    EXPECT_EQ(heard.turns[0].end_s, 2.0);
    EXPECT_EQ(heard.turns[1].text, "Why?");
    EXPECT_EQ(heard.turns[3].text, "and so on") << "there need not be any sentences";
}

TEST(Deepgram, SendsTheRecordingOrWhereItIs) {
    SpeechSettings settings = deepgram_settings(Json::object());
    Outgoing bytes = deepgram_request(settings, "k", "");
    EXPECT_EQ(bytes.url,
              "https://api.deepgram.com/v1/listen?model=nova-3&detect_language=true"
              "&smart_format=true&utterances=true&diarize_model=latest");
    EXPECT_EQ(header(bytes, "Authorization"), "Token k");
    EXPECT_EQ(header(bytes, "Content-Type"), "audio/*");
    EXPECT_EQ(bytes.body, "");
    settings.language = "de";
    Outgoing url = deepgram_request(settings, "", "https://s.example/a?b=c");
    EXPECT_EQ(header(url, "Content-Type"), "application/json");
    EXPECT_EQ(header(url, "Authorization"), "");
    EXPECT_EQ(url.body, R"({"url":"https://s.example/a?b=c"})");
    EXPECT_NE(url.url.find("&language=de&"), std::string::npos);
}

TEST(Deepgram, ReadsWhoSaidWhatAndWhen) {
    auto heard = read_deepgram({200, {}, R"({"metadata": {"request_id": "r-1", "duration": 17.5,
        "model_info": {"u": {"name": "general-nova-3"}}}, "results": {"channels": [{"detected_language": "en",
        "alternatives": [{"transcript": "Hello, Hi."}]}], "utterances": [
        {"start": 1.25, "end": 2, "transcript": "Hello,", "speaker": 0, "channel": 0},
        {"start": 2.5, "end": 3, "transcript": "Hi.", "speaker": 1, "channel": 0}]}})"},
                               kNow);
    ASSERT_TRUE(heard.ok());
    EXPECT_EQ(turns_of(heard.value()),
              R"([{"speaker":"Speaker 1","start_s":1.25,"end_s":2,"text":"Hello,"},)"
              R"({"speaker":"Speaker 2","start_s":2.5,"end_s":3,"text":"Hi."}])");
    EXPECT_EQ(heard.value().language, "en");
    EXPECT_EQ(heard.value().model, "general-nova-3");
    EXPECT_EQ(heard.value().request_id, "r-1");
    EXPECT_EQ(heard.value().audio_seconds, 17.5);
}

TEST(Deepgram, ReadsATranscriptWithoutUtterances) {
    auto heard = read_deepgram(
        {200, {}, R"({"results": {"channels": [{"alternatives": [{"transcript": "Hi."}]}]}})"},
        kNow);
    ASSERT_TRUE(heard.ok());
    EXPECT_EQ(turns_of(heard.value()), R"([{"text":"Hi."}])");
    EXPECT_FALSE(heard.value().audio_seconds.has_value()) << "unknown is not 0";
}

TEST(Deepgram, TellsSilenceFromAnAnswerThatIsNone) {
    auto silent = read_deepgram(
        {200, {}, R"({"results": {"channels": [{"alternatives": [{"transcript": ""}]}]}})"}, kNow);
    EXPECT_EQ(silent.error().message, "nobody speaks in the recording");
    for (const char* none : {"{}", "[]", R"({"request_id": "r"})", "<html>"})
        EXPECT_EQ(failure_of([&] {
                      (void)read_deepgram({200, {}, none}, kNow);
                  }).kind,
                  ErrorKind::protocol)
            << none;
}

TEST(Deepgram, ReadsAnErrorByItsStatus) {
    auto kind = [](int status) { return read_deepgram({status, {}, "words"}, kNow).error().kind; };
    EXPECT_EQ(kind(400), ErrorKind::refused);
    EXPECT_EQ(kind(401), ErrorKind::refused);
    EXPECT_EQ(kind(402), ErrorKind::refused);
    EXPECT_EQ(kind(413), ErrorKind::too_large);
    EXPECT_EQ(kind(429), ErrorKind::rate_limited);
    EXPECT_EQ(kind(500), ErrorKind::server);
    EXPECT_EQ(kind(504), ErrorKind::timeout);
}

TEST(AssemblyAi, AsksInThreeSteps) {
    SpeechSettings settings = assemblyai_settings(Json::object());
    Outgoing upload = assemblyai_upload(settings, "k");
    EXPECT_EQ(upload.url, "https://api.assemblyai.com/v2/upload");
    EXPECT_EQ(header(upload, "Authorization"), "k") << "without a scheme";
    EXPECT_EQ(header(upload, "Content-Type"), "application/octet-stream");
    Outgoing submit = assemblyai_submit(settings, "k", "https://cdn/u");
    EXPECT_EQ(submit.body, R"({"audio_url":"https://cdn/u","speaker_labels":true,)"
                           R"("speech_models":["universal-3-pro","universal-2"],)"
                           R"("language_detection":true})");
    settings.language = "de";
    settings.model = "best";
    EXPECT_EQ(assemblyai_submit(settings, "k", "u").body,
              R"({"audio_url":"u","speaker_labels":true,"speech_models":["best"],)"
              R"("language_code":"de"})");
    Outgoing poll = assemblyai_poll(settings, "k", "a/../b");
    EXPECT_EQ(poll.url, "https://api.assemblyai.com/v2/transcript/a%2F..%2Fb");
    EXPECT_EQ(header(poll, "Content-Type"), "");
}

TEST(AssemblyAi, ReadsWhereARecordingIs) {
    EXPECT_EQ(read_assemblyai_upload({200, {}, R"({"upload_url": "https://cdn/u"})"}, kNow).value(),
              "https://cdn/u");
    EXPECT_EQ(
        read_assemblyai_submit({200, {}, R"({"id": "t-1", "status": "queued"})"}, kNow).value(),
        "t-1");
    EXPECT_EQ(failure_of([&] {
                  (void)read_assemblyai_submit({200, {}, "{}"}, kNow);
              }).kind,
              ErrorKind::protocol);
    EXPECT_EQ(read_assemblyai_upload({401, {}, "{}"}, kNow).error().kind, ErrorKind::refused);
}

TEST(AssemblyAi, ReadsATranscriptOnceItIsDone) {
    for (const char* status : {"queued", "processing"}) {
        auto waiting =
            read_assemblyai({200, {}, R"({"status": ")" + std::string(status) + "\"}"}, kNow);
        EXPECT_FALSE(waiting.value().has_value()) << status;
    }
    auto done =
        read_assemblyai({200, {}, R"({"id": "t-1", "status": "completed", "text": "Hello. Hi.",
        "audio_duration": 12, "language_code": "en_us", "speech_model_used": "universal-2", "utterances": [
        {"speaker": "A", "start": 250, "end": 1500, "text": "Hello."},
        {"speaker": "B", "start": 1750, "end": 2000, "text": "Hi."}]})"},
                        kNow);
    const Transcription& heard = done.value().value();
    EXPECT_EQ(turns_of(heard),
              R"([{"speaker":"Speaker A","start_s":0.25,"end_s":1.5,"text":"Hello."},)"
              R"({"speaker":"Speaker B","start_s":1.75,"end_s":2,"text":"Hi."}])");
    EXPECT_EQ(heard.audio_seconds, 12);
    EXPECT_EQ(heard.language, "en_us");
}

TEST(AssemblyAi, AFailureComesWithStatus200) {
    auto failed = read_assemblyai(
        {200, {}, R"({"status": "error", "error": "Download error, https://secret.example"})"},
        kNow);
    EXPECT_EQ(failed.error().kind, ErrorKind::refused);
    EXPECT_EQ(failed.error().message.find("secret"), std::string::npos);
    EXPECT_EQ(
        read_assemblyai({200, {}, R"({"status": "completed", "text": ""})"}, kNow).error().message,
        "nobody speaks in the recording");
    EXPECT_EQ(failure_of([&] {
                  (void)read_assemblyai({200, {}, "{}"}, kNow);
              }).kind,
              ErrorKind::protocol);
}

}  // namespace
}  // namespace headway::core
