#include <gtest/gtest.h>

#include "fakes/fake_ports.hpp"
#include "pipeline/task_runner.hpp"

namespace headway::pipeline {
namespace {

using core::Json;

constexpr const char* kAnswer = R"({"category": "consult_scheduled", "category_confidence": 0.9,
    "objections": [{"type": "cost-value", "summary": "Dear.", "quote": "That is a lot of money.",
                    "confidence": 0.8,
                    "overcome": [{"how": "Monthly.", "quote": "You can pay monthly.",
                                  "confidence": 0.7}]}]})";

struct AnalyseFlow : ::testing::Test {
    AnalyseFlow() {
        worker.store.analyse_input = Json::parse(R"({
            "conversation": {"title": "A call", "language": "english", "insiders": ["Priya"],
                             "turns": [{"speaker": "Ann", "text": "That is a lot of money."},
                                       {"speaker": "Priya", "text": "You can pay monthly."}]},
            "provider": {"name": "openai", "settings": {"model": "m"},
                         "prompt": {"name": "analyse", "system": "", "template": "",
                                    "answer_schema": {}}}, "reply": null})");
    }
    void answers(std::initializer_list<const char*> texts) {
        worker.model.answers.assign(texts.begin(), texts.end());
    }
    void run() { worker.loop.run(run_task(worker.ctx, ClaimedTask{"w", 1, 1, "analyse", {}, 1})); }
    const Json& last() const { return worker.store.told.back().answer; }

    test::FakeWorker worker;
};

TEST_F(AnalyseFlow, WhatTheModelFoundIsCheckedAndSettledWithItsCall) {
    answers({kAnswer});
    run();
    ASSERT_EQ(worker.store.count("analyse"), 1);
    EXPECT_EQ(last()["category"].as_string(), "consult_scheduled");
    ASSERT_EQ(last()["objections"].items().size(), 1u);
    EXPECT_EQ(last()["objections"].items()[0]["quote_status"].as_string(), "verified");
    EXPECT_EQ(last()["quotes_verified"].as_integer(), 2);
    EXPECT_EQ(last()["call_id"].as_string(), "call-1");
}

TEST_F(AnalyseFlow, TheModelIsAskedForAnAnalysisOfTheConversation) {
    answers({kAnswer});
    run();
    ASSERT_EQ(worker.model.requests.size(), 1u);
    EXPECT_EQ(worker.model.requests[0].purpose, "analyse");
    EXPECT_EQ(worker.model.requests[0].input["turns"].items().size(), 2u);
    EXPECT_EQ(worker.model.requests[0].input["insiders"].items().size(), 1u);
}

TEST_F(AnalyseFlow, AnAnswerThatHasComeAlreadyIsNotPaidForTwice) {
    worker.store.on_tell = [](const test::FakeStore::Told& told) {
        if (told.what == "analyse") throw test::Killed();
    };
    answers({kAnswer});
    EXPECT_THROW(run(), test::Killed);
    worker.store.on_tell = nullptr;
    Json reply = last()["reply"];
    reply.set("call_id", "call-1");
    worker.store.analyse_input.set("reply", reply);
    run();
    EXPECT_EQ(worker.model.requests.size(), 1u);
    ASSERT_EQ(worker.store.count("analyse"), 1);
    EXPECT_EQ(last()["call_id"].as_string(), "call-1");
}

TEST_F(AnalyseFlow, AnAnswerThatCannotBeReadFailsTheAttempt) {
    answers({R"({"category": "who knows"})"});
    run();
    EXPECT_EQ(worker.store.count("analyse"), 0);
    ASSERT_EQ(worker.store.count("fail"), 1);
    EXPECT_EQ(last()["kind"].as_string(), "protocol");
    EXPECT_TRUE(last()["again"].as_bool());
}

// The call of an imported file, whose analyses are kept as files.
struct AnalyseImported : AnalyseFlow {
    AnalyseImported() {
        worker.store.analyse_input.set("place", Json::Object{{"bucket", "customer-acme-analysis"},
                                                             {"user", "../ann"},
                                                             {"recording_id", "r1"},
                                                             {"storage", Json()}});
    }
};

TEST_F(AnalyseImported, TheAnalysisIsKeptAsAFileBesideItsRecording) {
    answers({kAnswer});
    run();
    ASSERT_EQ(worker.store.count("analyse"), 1);
    const std::string path = last()["storage_path"].as_string();
    EXPECT_EQ(path, "customer-acme-analysis/ann/r1/analysis.json") << "no user's name is a path";
    Json file = Json::parse(worker.storage.objects.at(path));
    EXPECT_EQ(file["category"].as_string(), "consult_scheduled");
    EXPECT_EQ(file["recording_id"].as_string(), "r1");
    EXPECT_EQ(file["objections"].items().size(), 1u);
}

TEST_F(AnalyseImported, WhereItCannotBeKeptTheAttemptFailsAndTheAnswerStays) {
    answers({kAnswer});
    worker.storage.trouble = core::Error{core::ErrorKind::network, "the bucket is away"};
    run();
    EXPECT_EQ(worker.store.count("analyse"), 0);
    EXPECT_EQ(worker.store.count("call"), 1) << "with the task";
    ASSERT_EQ(worker.store.count("fail"), 1);
    EXPECT_TRUE(last()["again"].as_bool());
}

TEST_F(AnalyseFlow, WhatIsGoneMeanwhileIsNotAskedAbout) {
    worker.store.analyse_input = Json();
    run();
    EXPECT_TRUE(worker.model.requests.empty());
    EXPECT_TRUE(worker.store.told.empty());
}

}  // namespace
}  // namespace headway::pipeline
