#include "pipeline/ask_model.hpp"

#include <gtest/gtest.h>

#include "fakes/fake_ports.hpp"

namespace headway::pipeline {
namespace {

using core::ErrorKind;
using core::Json;
using test::FakeWorker;
using namespace std::chrono_literals;

struct AskModel : ::testing::Test {
    ModelAnswer ask(const Json& round = {}, const Json& input = Json::Object{{"text", "why?"}}) {
        ModelAnswer answer;
        auto asking = [](Context& ctx, ClaimedTask task, Json question, Json kept,
                         ModelAnswer& out) -> async::Task<void> {
            ModelRequest request{"extract", question};
            TaskCalls log(ctx, task);
            out = co_await ask_model(ctx, log, request, kept);
        };
        ClaimedTask task{"w", 1, 1, "extract", {}, 1};
        worker.loop.run(asking(worker.ctx, task, input, round, answer));
        return answer;
    }
    Json call() const { return worker.store.told.at(0).answer["call"]; }
    Json kept_reply() const { return worker.store.told.at(0).answer["reply"]; }

    FakeWorker worker;
};

TEST_F(AskModel, TheExchangeIsLoggedWithItsFiguresAndUnknownOnesAreAbsent) {
    worker.model.answers = {"because"};
    worker.model.delay = 1500ms;
    worker.model.figures.request_model = "m";
    worker.model.figures.model = "m-2026";
    worker.model.figures.finish_reason = "stop";
    worker.model.figures.request_id = "r1";
    worker.model.figures.input_tokens = 0;
    worker.model.figures.output_tokens = 7;
    worker.model.figures.cost_usd = 0.25;
    EXPECT_EQ(ask().text, "because");
    Json expected = Json::Object{{"purpose", "extract"},
                                 {"provider", "builtin"},
                                 {"started_at", "2026-01-01T00:00:00.000000Z"},
                                 {"latency_ms", 1500},
                                 {"status", "ok"},
                                 {"cache_hit", false},
                                 {"request_model", "m"},
                                 {"response_model", "m-2026"},
                                 {"finish_reason", "stop"},
                                 {"request_id", "r1"},
                                 {"input_tokens", 0},
                                 {"output_tokens", 7},
                                 {"cost_usd", 0.25}};
    EXPECT_EQ(call().dump(), expected.dump());
}

TEST_F(AskModel, TheAnswerKnowsWhichCallItCameFromAndWhenThatBegan) {
    worker.model.answers = {"because"};
    worker.model.delay = 1s;
    ModelAnswer answer = ask();
    EXPECT_EQ(answer.call_id, "call-1");
    EXPECT_EQ(answer.call_started_at, "2026-01-01T00:00:00.000000Z") << "the start, not the end";
}

TEST_F(AskModel, TheReplyIsKeptAsItCameTogetherWithItsRound) {
    worker.model.answers = {"because"};
    ask(Json::Object{{"seen", 7}});
    Json stored = kept_reply();
    EXPECT_EQ(stored["round"]["seen"].as_integer(), 7);
    stored.set("call_id", "paid-call");
    stored.set("started_at", "2025-12-31T00:00:00Z");

    std::optional<ModelAnswer> again = stored_answer(stored);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->text, "because");
    EXPECT_EQ(again->call_id, "paid-call");
    EXPECT_EQ(again->call_started_at, "2025-12-31T00:00:00Z");
}

TEST_F(AskModel, WithoutAReplyThereIsNoStoredAnswer) {
    for (auto reply : {"null", "{}", R"({"text": null})", "[]"})
        EXPECT_FALSE(stored_answer(Json::parse(reply))) << reply;
}

TEST_F(AskModel, AFailedExchangeIsLoggedWithoutAReplyAndPassedOn) {
    core::Error failure{ErrorKind::server, "overloaded"};
    failure.http_status = 503;
    failure.retry_after = 90s;
    worker.model.failures = {failure};
    try {
        ask();
        FAIL() << "the failure is passed on";
    } catch (const core::Failure& passed) {
        EXPECT_EQ(passed.error().kind, ErrorKind::server);
        EXPECT_GE(passed.error().retry_after, 90s);
        EXPECT_LE(passed.error().retry_after, 91s) << "the vendor's word, and a little jitter";
    }
    EXPECT_EQ(call()["status"].as_string(), "error");
    EXPECT_EQ(call()["error"].as_string(), "overloaded");
    EXPECT_EQ(call()["http_status"].as_integer(), 503);
    EXPECT_TRUE(kept_reply().is_null()) << "there is nothing to use again";
}

TEST_F(AskModel, AnExchangeWithoutAnHttpAnswerIsLoggedWithoutAStatus) {
    worker.model.failures = {{ErrorKind::network, "connection cut"}};
    EXPECT_THROW(ask(), core::Failure);
    EXPECT_EQ(call().find("http_status"), nullptr);
}

TEST_F(AskModel, ABusyDatabaseDoesNotLoseThePaidReply) {
    worker.model.answers = {"because"};
    for (int i = 0; i < 1000; ++i) worker.store.troubles.push_back({ErrorKind::busy, "locked"});
    EXPECT_EQ(ask().text, "because") << "however long somebody holds a lock";
    EXPECT_EQ(worker.model.requests.size(), 1u);
    EXPECT_EQ(kept_reply()["text"].as_string(), "because");
}

// A question to a provider that costs money.
struct AskPaidModel : AskModel {
    ModelAnswer ask(bool keeps = true) {
        ModelAnswer answer;
        auto asking = [](Context& ctx, ModelRequest request,
                         ModelAnswer& out) -> async::Task<void> {
            ClaimedTask task{"w", 1, 1, "extract", {}, 1};
            TaskCalls log(ctx, task);
            out = co_await ask_model(ctx, log, request, Json());
        };
        auto provider = std::make_shared<const Json>(Json::parse(R"({
            "name": "openai", "settings": {"model": "m"},
            "prompt": {"id": "p1", "name": "match", "system": "", "template": "{{item}}",
                       "answer_schema": {}}})"));
        ModelRequest request{"match", Json::Object{{"item", "x"}}, provider, "w"};
        if (keeps)
            request.read = [](const std::string& text) {
                if (text == "nonsense") throw core::Failure(ErrorKind::protocol, "unreadable");
            };
        worker.loop.run(asking(worker.ctx, request, answer));
        return answer;
    }
    static Leave stored(const std::string& text) { return {text, "m-2026", "", {}}; }
    static Leave refused(std::chrono::seconds wait) {
        core::Error refusal{ErrorKind::over_budget, "the day's budget is used up"};
        refusal.retry_after = wait;
        return {{}, "", "", refusal};
    }
};

TEST_F(AskPaidModel, TheRecordNamesItsReservationAndTheAnswerToBeKept) {
    worker.store.prepared_leaves = {{{}, "", "r1", {}}};
    worker.model.answers = {"because"};
    EXPECT_EQ(ask().text, "because");
    ASSERT_EQ(worker.store.outlays.size(), 1u);
    EXPECT_EQ(worker.store.outlays[0].model, "m");
    EXPECT_EQ(call()["reservation"].as_string(), "r1");
    EXPECT_EQ(call()["kept"]["key"].as_string(), worker.store.outlays[0].key);
    EXPECT_EQ(call()["kept"]["text"].as_string(), "because");
    EXPECT_FALSE(call()["cache_hit"].as_bool());
}

TEST_F(AskPaidModel, ARequestThatNeverLeftHasCostNothing) {
    worker.store.prepared_leaves = {{{}, "", "r1", {}}, {{}, "", "r2", {}}};
    core::Error unsent{ErrorKind::refused, "a credential's environment variable is not set"};
    unsent.unsent = true;
    worker.model.failures = {unsent};
    EXPECT_THROW(ask(), core::Failure);
    EXPECT_EQ(call()["cost_usd"].as_number(), 0);
    EXPECT_EQ(call()["reservation"].as_string(), "r1") << "so that it is free again";
    EXPECT_EQ(call()["request_model"].as_string(), "m") << "outages are counted by model";
}

TEST_F(AskPaidModel, WhatALostAnswerHasCostIsNotKnown) {
    worker.store.prepared_leaves = {{{}, "", "r1", {}}};
    worker.model.failures = {{ErrorKind::refused, "the answer was lost"}};
    EXPECT_THROW(ask(), core::Failure);
    EXPECT_EQ(call().find("cost_usd"), nullptr);
}

TEST_F(AskPaidModel, AStoredAnswerIsGivenWithoutAskingAnybody) {
    worker.store.prepared_leaves = {stored("because")};
    EXPECT_EQ(ask().text, "because");
    EXPECT_TRUE(worker.model.requests.empty());
    EXPECT_TRUE(call()["cache_hit"].as_bool());
    EXPECT_EQ(call()["cost_usd"].as_number(), 0);
    EXPECT_EQ(call()["input_tokens"].as_integer(), 0);
    EXPECT_EQ(call()["request_model"].as_string(), "m");
    EXPECT_EQ(call()["response_model"].as_string(), "m-2026");
    EXPECT_EQ(call().find("kept"), nullptr) << "it is kept already";
    EXPECT_EQ(kept_reply()["text"].as_string(), "because");
}

TEST_F(AskPaidModel, AStoredAnswerThatCannotBeReadIsAskedForAgain) {
    worker.store.prepared_leaves = {stored("nonsense"), {{}, "", "r1", {}}};
    worker.model.answers = {"because"};
    EXPECT_EQ(ask().text, "because");
    ASSERT_EQ(worker.store.outlays.size(), 2u);
    EXPECT_EQ(worker.store.outlays[1].key, "") << "this time no stored one will do";
    EXPECT_EQ(call()["kept"]["text"].as_string(), "because");
    EXPECT_EQ(call()["reservation"].as_string(), "r1");
}

TEST_F(AskPaidModel, AnAnswerOfNoUseIsNotKept) {
    worker.model.answers = {"nonsense"};
    ask();
    EXPECT_EQ(call().find("kept"), nullptr);
}

TEST_F(AskPaidModel, WithoutAReaderNoAnswerIsKeptOrTakenFromTheStore) {
    worker.model.answers = {"because"};
    ask(false);
    EXPECT_EQ(worker.store.outlays.at(0).key, "");
    EXPECT_EQ(call().find("kept"), nullptr);
}

TEST_F(AskPaidModel, AUsedUpBudgetIsPassedOnAndNothingIsAskedOrLogged) {
    worker.store.prepared_leaves = {refused(5h)};
    try {
        ask();
        FAIL() << "the refusal is passed on";
    } catch (const core::Failure& passed) {
        EXPECT_EQ(passed.error().kind, ErrorKind::over_budget);
        EXPECT_GE(passed.error().retry_after, 5h);
    }
    EXPECT_TRUE(worker.model.requests.empty());
    EXPECT_EQ(worker.store.count("call"), 0);
}

TEST_F(AskPaidModel, WhatOthersHaveReservedIsWaitedFor) {
    worker.store.prepared_leaves = {refused(1s), refused(1s), {{}, "", "r1", {}}};
    worker.model.answers = {"because"};
    EXPECT_EQ(ask().text, "because");
    EXPECT_EQ(worker.store.count("call"), 1);
}

TEST_F(AskPaidModel, EveryTryHasAReservationOfItsOwn) {
    worker.store.prepared_leaves = {{{}, "", "r1", {}}, {{}, "", "r2", {}}};
    worker.model.failures = {{ErrorKind::server, "overloaded"}};
    worker.model.answers = {"because"};
    ask();
    ASSERT_EQ(worker.store.count("call"), 2);
    EXPECT_EQ(worker.store.told[0].answer["call"]["reservation"].as_string(), "r1");
    EXPECT_EQ(worker.store.told[1].answer["call"]["reservation"].as_string(), "r2");
}

TEST_F(AskModel, TheBuiltInProviderNeedsNoLeave) {
    worker.model.answers = {"because"};
    ask();
    EXPECT_TRUE(worker.store.outlays.empty());
}

}  // namespace
}  // namespace headway::pipeline
