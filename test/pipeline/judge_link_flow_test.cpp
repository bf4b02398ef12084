#include <gtest/gtest.h>

#include "fakes/fake_ports.hpp"
#include "pipeline/task_runner.hpp"

namespace headway::pipeline {
namespace {

using core::Json;

// A call that may be about either of two bookings.
struct JudgeLinkFlow : ::testing::Test {
    JudgeLinkFlow() {
        worker.store.link_input = Json::parse(R"({
            "question": {"call": {"started_at": "Tuesday, 2026-11-10 15:00", "direction": "inbound"},
                         "language": "english",
                         "candidates": [{"id": "b1", "customer": "Ann", "guests": 2},
                                        {"id": "b2", "customer": "Ann", "guests": 6}],
                         "turns": [{"speaker": "Ann", "text": "We will be half a dozen."}]},
            "provider": {"name": "openai", "settings": {"model": "m"},
                         "prompt": {"name": "link", "system": "", "template": "",
                                    "answer_schema": {}}},
            "reply": null})");
    }
    void answers(std::initializer_list<const char*> texts) {
        worker.model.answers.assign(texts.begin(), texts.end());
    }
    void run() {
        worker.loop.run(run_task(worker.ctx, ClaimedTask{"w", 1, 1, "judge_link", {}, 1}));
    }
    void crash_before_settling() {
        worker.store.on_tell = [](const test::FakeStore::Told& told) {
            if (told.what == "judge_link") throw test::Killed();
        };
        EXPECT_THROW(run(), test::Killed);
        worker.store.on_tell = nullptr;
    }
    const Json& last() const { return worker.store.told.back().answer; }

    test::FakeWorker worker;
};

TEST_F(JudgeLinkFlow, TheModelsChoiceIsSettledWithItsReasonAndItsCall) {
    answers({R"({"candidate": "b2", "confidence": 0.9, "reasoning": "Half a dozen are six."})"});
    run();
    ASSERT_EQ(worker.store.count("judge_link"), 1);
    EXPECT_EQ(last()["candidate"].as_string(), "b2");
    EXPECT_DOUBLE_EQ(last()["confidence"].as_number(), 0.9);
    EXPECT_EQ(last()["reasoning"].as_string(), "Half a dozen are six.");
    EXPECT_EQ(last()["call_id"].as_string(), "call-1");
}

TEST_F(JudgeLinkFlow, TheModelIsAskedWhatTheStoreGaveAndNothingElse) {
    answers({R"({"candidate": "b2", "confidence": 0.9})"});
    run();
    ASSERT_EQ(worker.model.requests.size(), 1u);
    EXPECT_EQ(worker.model.requests[0].purpose, "link");
    EXPECT_EQ(worker.model.requests[0].input.dump(), worker.store.link_input["question"].dump());
}

TEST_F(JudgeLinkFlow, ACandidateThatWasInventedIsNoneHoweverSureTheModelIs) {
    answers({R"({"candidate": "b3", "confidence": 1, "reasoning": "I made it up."})"});
    run();
    ASSERT_EQ(worker.store.count("judge_link"), 1);
    EXPECT_EQ(last().find("candidate"), nullptr);
    EXPECT_EQ(last()["reasoning"].as_string(), "I made it up.") << "for the person who reviews";
}

TEST_F(JudgeLinkFlow, AModelThatCannotTellIsSettledAsSuch) {
    answers({R"({"candidate": null, "confidence": 0.2, "reasoning": "Not said."})"});
    run();
    ASSERT_EQ(worker.store.count("judge_link"), 1);
    EXPECT_EQ(last().find("candidate"), nullptr);
    EXPECT_DOUBLE_EQ(last()["confidence"].as_number(), 0.2);
}

TEST_F(JudgeLinkFlow, WhatIsDecidedMeanwhileIsNotAskedAbout) {
    worker.store.link_input = Json();
    run();
    EXPECT_TRUE(worker.model.requests.empty());
    EXPECT_TRUE(worker.store.told.empty());
}

TEST_F(JudgeLinkFlow, AnAnswerThatIsNoneIsAProtocolFailureAndTheTaskComesAgain) {
    answers({R"({"candidate": "b1"})"});
    run();
    EXPECT_EQ(worker.store.count("judge_link"), 0);
    ASSERT_EQ(worker.store.count("fail"), 1);
    EXPECT_EQ(last()["kind"].as_string(), "protocol");
    EXPECT_TRUE(last()["again"].as_bool());
}

TEST_F(JudgeLinkFlow, AModelThatFailsForGoodFailsTheTask) {
    worker.model.failures.push_back({core::ErrorKind::invalid, "no such model"});
    run();
    EXPECT_EQ(worker.store.count("judge_link"), 0);
    ASSERT_EQ(worker.store.count("fail"), 1);
    EXPECT_FALSE(last()["again"].as_bool());
}

TEST_F(JudgeLinkFlow, AfterACrashTheStoredReplyIsUsedAndNotPaidForTwice) {
    answers({R"({"candidate": "b2", "confidence": 0.9})"});
    crash_before_settling();
    ASSERT_EQ(worker.store.count("call"), 1) << "the reply was stored before settling";

    Json reply = last()["reply"];
    reply.set("call_id", "paid-call");
    worker.store.link_input.set("reply", reply);
    run();
    EXPECT_EQ(worker.model.requests.size(), 1u);
    ASSERT_EQ(worker.store.count("judge_link"), 1);
    EXPECT_EQ(last()["candidate"].as_string(), "b2");
    EXPECT_EQ(last()["call_id"].as_string(), "paid-call");
}

TEST_F(JudgeLinkFlow, AStoredReplyNamesNoneWhenItsCandidateIsGone) {
    worker.store.link_input.set("reply",
                                Json::Object{{"text", R"({"candidate": "b9", "confidence": 1})"}});
    run();
    EXPECT_TRUE(worker.model.requests.empty());
    ASSERT_EQ(worker.store.count("judge_link"), 1);
    EXPECT_EQ(last().find("candidate"), nullptr);
}

TEST_F(JudgeLinkFlow, AStoredReplyThatCannotBeReadIsAskedForAgain) {
    worker.store.link_input.set("reply", Json::Object{{"text", "I cannot tell."}});
    answers({R"({"candidate": "b1", "confidence": 0.8})"});
    run();
    EXPECT_EQ(worker.model.requests.size(), 1u);
    ASSERT_EQ(worker.store.count("judge_link"), 1);
    EXPECT_EQ(last()["candidate"].as_string(), "b1");
}

TEST_F(JudgeLinkFlow, ADatabaseThatIsInTheWayIsWaitedFor) {
    answers({R"({"candidate": "b1", "confidence": 0.8})"});
    worker.store.on_tell = [n = 0](const test::FakeStore::Told& told) mutable {
        if (told.what == "judge_link" && n++ == 0)
            throw core::Failure(core::ErrorKind::busy, "a deadlock");
    };
    run();
    EXPECT_EQ(worker.model.requests.size(), 1u);
    EXPECT_EQ(worker.store.count("judge_link"), 1);
}

}  // namespace
}  // namespace headway::pipeline
