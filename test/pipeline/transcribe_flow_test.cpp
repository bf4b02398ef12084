#include <gtest/gtest.h>

#include "fakes/fake_ports.hpp"
#include "fakes/temporary_folder.hpp"
#include "pipeline/task_runner.hpp"

namespace headway::pipeline {
namespace {

using core::Json;

// A stored recording that nobody has heard yet.
struct TranscribeFlow : ::testing::Test {
    TranscribeFlow() {
        worker.settings.storage_directory = folder.path();
        worker.storage.objects["customer-acme/a/c1.wav"] = "/media/c1.wav";
        worker.store.transcribe_input = Json::parse(R"({
            "provider": {"name": "deepgram", "settings": {}}, "reply": null,
            "audio": {"storage": null, "bucket": "customer-acme", "key": "a/c1.wav"}})");
    }
    void hears(const std::string& words) {
        core::Transcription heard;
        heard.add({"Speaker 1", 0.5, 1.0, words});
        heard.language = "en";
        heard.audio_seconds = 2;
        worker.transcriber.replies.push_back(SpeechReply{heard, {}, {}});
    }
    void is_at_it() {
        SpeechReply waiting;
        waiting.progress = Json::Object{{"id", "t-1"}};
        waiting.again_in = std::chrono::seconds(3);
        worker.transcriber.replies.push_back(waiting);
    }
    void run() {
        worker.loop.run(run_task(worker.ctx, ClaimedTask{"w", 1, 1, "transcribe", {}, 1}));
    }
    const Json& last() const { return worker.store.told.back().answer; }

    test::TemporaryFolder folder;
    test::FakeWorker worker;
};

TEST_F(TranscribeFlow, WhatWasHeardIsLoggedAndSettled) {
    hears("Good morning.");
    run();
    ASSERT_EQ(worker.store.told.size(), 2u);
    const Json& call = worker.store.told[0].answer["call"];
    EXPECT_EQ(call["purpose"].as_string(), "transcribe");
    EXPECT_EQ(call["audio_seconds"].as_number(), 2);
    EXPECT_EQ(worker.store.told[1].what, "transcribe");
    EXPECT_EQ(last()["turns"].dump(),
              R"([{"speaker":"Speaker 1","start_s":0.5,"end_s":1,"text":"Good morning."}])");
    EXPECT_EQ(worker.transcriber.requests.at(0).audio.path, "/media/c1.wav");
}

TEST_F(TranscribeFlow, AVendorThatIsStillAtItIsAskedAgainLater) {
    is_at_it();
    run();
    ASSERT_EQ(worker.store.told.size(), 1u) << "nothing is logged as an exchange yet";
    EXPECT_EQ(worker.store.told[0].what, "postpone");
    EXPECT_EQ(last()["reply"].dump(), R"({"progress":{"id":"t-1"}})");
    EXPECT_EQ(last()["seconds"].as_integer(), 3);
}

TEST_F(TranscribeFlow, WhatTheVendorHasIsNotBroughtAgain) {
    worker.store.transcribe_input.set("reply", Json::parse(R"({"progress": {"id": "t-1"}})"));
    worker.storage.trouble = core::Error{core::ErrorKind::server, "the storage is away"};
    hears("Good morning.");
    run();
    EXPECT_EQ(worker.transcriber.requests.at(0).progress["id"].as_string(), "t-1");
    EXPECT_EQ(worker.store.count("transcribe"), 1);
}

TEST_F(TranscribeFlow, WhatWasPaidForIsNotAskedAgainAfterACrash) {
    worker.store.transcribe_input.set(
        "reply", Json::parse(R"({"heard": {"turns": [{"text": "Good morning."}]}})"));
    run();
    EXPECT_TRUE(worker.transcriber.requests.empty());
    EXPECT_EQ(worker.store.count("transcribe"), 1);
}

TEST_F(TranscribeFlow, AProviderThatFetchesByItselfIsToldWhere) {
    worker.store.transcribe_input = Json::parse(R"({
        "provider": {"name": "deepgram", "settings": {"send": "url"}}, "reply": null,
        "audio": {"storage": {"name": "s3"}, "bucket": "customer-acme", "key": "a/c1.wav"}})");
    hears("Good morning.");
    run();
    EXPECT_EQ(worker.transcriber.requests.at(0).audio_url,
              "https://storage.example/customer-acme/a/c1.wav");
    EXPECT_EQ(worker.transcriber.requests.at(0).audio.path, "");
}

TEST_F(TranscribeFlow, AVendorsFailureIsLoggedAndCountsAsAnAttempt) {
    worker.transcriber.replies.push_back(
        core::Error{core::ErrorKind::server, "the transcriber failed", {}, {}, 500});
    run();
    EXPECT_EQ(worker.store.told.at(0).answer["call"]["status"].as_string(), "error");
    EXPECT_EQ(worker.store.told.at(1).what, "fail");
    EXPECT_TRUE(last()["again"].as_bool());
}

TEST_F(TranscribeFlow, BeingToldToWaitIsNoFailure) {
    worker.transcriber.replies.push_back(core::Error{core::ErrorKind::rate_limited,
                                                     "the transcriber asks to wait",
                                                     {},
                                                     {},
                                                     429,
                                                     std::chrono::seconds(7)});
    run();
    EXPECT_EQ(worker.store.told.back().what, "defer");
    EXPECT_EQ(last()["seconds"].as_integer(), 7);
}

TEST_F(TranscribeFlow, ABudgetThatIsUsedUpHoldsARecordingBack) {
    Leave none;
    none.refusal =
        core::Error{core::ErrorKind::over_budget, "the day's budget is used up", {}, {}, 0,
                    std::chrono::seconds(3600)};
    worker.store.prepared_leaves.push_back(none);
    worker.store.transcribe_input.set("seconds", 60);
    run();
    EXPECT_TRUE(worker.transcriber.requests.empty());
    EXPECT_EQ(worker.store.told.back().what, "defer");
    const core::Outlay& asked = worker.store.outlays.at(0);
    EXPECT_EQ(asked.provider + ' ' + asked.model, "deepgram nova-3");
    EXPECT_EQ(asked.audio_seconds, 61) << "with the part of a second that nobody tells";
}

TEST_F(TranscribeFlow, WhatIsReservedIsSettledWithTheCall) {
    worker.store.prepared_leaves.push_back({{}, {}, "r-1", {}});
    hears("Good morning.");
    run();
    const Json& call = worker.store.told.at(0).answer["call"];
    EXPECT_EQ(call["reservation"].as_string(), "r-1");
    EXPECT_EQ(call["request_model"].as_string(), "nova-3") << "by which it is priced";
}

TEST_F(TranscribeFlow, WhatIsReservedTravelsToTheStepThatEnds) {
    worker.store.prepared_leaves.push_back({{}, {}, "r-1", {}});
    is_at_it();
    run();
    EXPECT_EQ(last()["reply"].dump(), R"({"progress":{"id":"t-1","reservation":"r-1"}})");
    worker.store.transcribe_input.set("reply", last()["reply"]);
    worker.transcriber.replies.push_back(
        core::Error{core::ErrorKind::server, "the transcriber failed", {}, {}, 500});
    run();
    EXPECT_FALSE(worker.store.told.at(1).answer["call"].find("reservation"))
        << "another try needs it still";
    hears("Good morning.");
    run();
    EXPECT_EQ(worker.store.told.at(3).answer["call"]["reservation"].as_string(), "r-1");
    EXPECT_EQ(worker.store.outlays.size(), 1u) << "leave is asked for once";
}

TEST_F(TranscribeFlow, AFailureForGoodLeavesNoReservationBehind) {
    worker.store.transcribe_input.set(
        "reply", Json::parse(R"({"progress": {"id": "t-1", "reservation": "r-1"}})"));
    worker.transcriber.replies.push_back(core::Error{core::ErrorKind::refused, "no"});
    run();
    EXPECT_EQ(worker.store.told.at(0).answer["call"]["reservation"].as_string(), "r-1");
}

TEST_F(TranscribeFlow, WithoutAProviderOrSoundThereIsAReason) {
    worker.store.transcribe_input.set("provider", Json());
    run();
    EXPECT_EQ(last()["message"].as_string(), "no speech provider is set");
    worker.store.transcribe_input = Json::parse(
        R"({"provider": {"name": "deepgram", "settings": {}}, "reply": null, "audio": null})");
    run();
    EXPECT_EQ(last()["message"].as_string(), "the recording's sound is not within reach");
    EXPECT_TRUE(worker.transcriber.requests.empty());
}

TEST_F(TranscribeFlow, SomebodyElsesTaskIsLeftAlone) {
    worker.store.transcribe_input = Json();
    run();
    EXPECT_TRUE(worker.store.told.empty());
}

}  // namespace
}  // namespace headway::pipeline
