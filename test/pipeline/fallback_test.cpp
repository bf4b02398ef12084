// Who is asked when a provider has failed for good.
#include <gtest/gtest.h>

#include "fakes/fake_ports.hpp"
#include "pipeline/ask_model.hpp"

namespace headway::pipeline {
namespace {

using core::ErrorKind;
using core::Json;
using namespace std::chrono_literals;

const core::Error kQuota{ErrorKind::refused, "the quota is used up", {}, {}, 429};

struct Fallback : ::testing::Test {
    ModelAnswer ask(const char* fallback = R"({"name": "anthropic", "settings": {"model": "b"}})") {
        ModelAnswer answer;
        Json provider = Json::parse(R"({"name": "openai", "settings": {"model": "a"},
                                        "prompt": {"id": "p1", "name": "extract", "system": "",
                                                   "template": "", "answer_schema": {}}})");
        provider.set("fallback", Json::parse(fallback));
        auto asking = [](Context& ctx, ClaimedTask task, Provider asked,
                         ModelAnswer& out) -> async::Task<void> {
            ModelRequest request{"extract", Json::object(), asked, "w"};
            TaskCalls log(ctx, task);
            out = co_await ask_model(ctx, log, request, Json());
        };
        ClaimedTask task{"w", 1, 1, "extract", {}, 1};
        worker.loop.run(asking(worker.ctx, task, std::make_shared<const Json>(provider), answer));
        return answer;
    }
    core::Error failure() {
        try {
            ask();
        } catch (const core::Failure& failure) {
            return failure.error();
        }
        return {ErrorKind::internal, "nothing has failed"};
    }
    Json call(std::size_t number) const { return worker.store.told.at(number).answer["call"]; }

    test::FakeWorker worker;
};

TEST_F(Fallback, AnswersWhenTheFirstHasFailedForGood) {
    worker.model.failures = {kQuota};
    worker.model.answers = {"because"};
    ModelAnswer answer = ask();
    EXPECT_EQ(answer.text, "because");
    EXPECT_EQ(answer.provider, "anthropic");
    EXPECT_EQ(answer.call_id, "call-2") << "the decision points to the call that it came from";
    const Json& asked = *worker.model.requests.at(1).provider;
    EXPECT_EQ(asked["settings"]["model"].as_string(), "b");
    EXPECT_EQ(asked["prompt"]["id"].as_string(), "p1") << "the question is the same";
}

TEST_F(Fallback, EachAttemptIsLoggedUnderItsOwnProvider) {
    worker.model.failures = {kQuota};
    worker.model.answers = {"because"};
    ask();
    EXPECT_EQ(call(0)["provider"].as_string(), "openai");
    EXPECT_EQ(call(0)["error"].as_string(), "the quota is used up");
    EXPECT_EQ(call(1)["provider"].as_string(), "anthropic");
    EXPECT_EQ(call(1)["status"].as_string(), "ok");
}

TEST_F(Fallback, AnOutageIsSatOutForAsLongAsEver) {
    for (int i = 0; i < 3; ++i) worker.model.failures.push_back({ErrorKind::server, "down"});
    worker.model.answers = {"because"};
    EXPECT_EQ(ask().provider, "anthropic");
    EXPECT_EQ(worker.model.requests.size(), 4u) << "three tries with the first, one with the other";
}

TEST_F(Fallback, IsNotAskedWhileWaitingIsAllThatItTakes) {
    core::Error slow{ErrorKind::rate_limited, "slow down"};
    slow.retry_after = 90s;
    worker.model.failures = {slow};
    EXPECT_EQ(failure().kind, ErrorKind::rate_limited);
    EXPECT_EQ(worker.model.requests.size(), 1u);
}

TEST_F(Fallback, CannotMendWhatIsWrongOnOurSide) {
    worker.model.failures = {{ErrorKind::forbidden, "given for another host"}};
    EXPECT_EQ(failure().kind, ErrorKind::forbidden);
    EXPECT_EQ(worker.model.requests.size(), 1u);
}

TEST_F(Fallback, WhenBothFailTheFirstIsToBeMended) {
    worker.model.failures = {kQuota, {ErrorKind::refused, "wrong key"}};
    EXPECT_EQ(failure().message, "the quota is used up");
    EXPECT_EQ(call(1)["error"].as_string(), "wrong key") << "and the other is in the log";
}

TEST_F(Fallback, ThatAsksToWaitIsWaitedFor) {
    core::Error slow{ErrorKind::rate_limited, "slow down"};
    slow.retry_after = 90s;
    worker.model.failures = {kQuota, slow};
    EXPECT_EQ(failure().kind, ErrorKind::rate_limited) << "the task comes back to it";
}

TEST_F(Fallback, IsAskedAloneForAMinute) {
    worker.model.failures = {kQuota};
    worker.model.answers = {"one", "two", "three"};
    ask();
    EXPECT_EQ(ask().provider, "anthropic");
    EXPECT_EQ(worker.model.requests.size(), 3u) << "the first was asked once";
    auto pause = [](async::EventLoop& loop) -> async::Task<void> { co_await loop.sleep_for(61s); };
    worker.loop.run(pause(worker.loop));
    EXPECT_EQ(ask().provider, "openai") << "and is asked again after that";
}

TEST_F(Fallback, AfterOneConversationsRefusalTheFirstIsAskedAsBefore) {
    worker.model.failures = {{ErrorKind::refused, "the model refused to answer"}};
    worker.model.answers = {"one", "two"};
    EXPECT_EQ(ask().provider, "anthropic");
    EXPECT_EQ(ask().provider, "openai");
}

TEST_F(Fallback, ThatFailsWhileTheFirstRestsTellsOfTheFirst) {
    worker.model.failures = {kQuota, {ErrorKind::refused, "wrong key"}};
    EXPECT_EQ(failure().message, "the quota is used up");
    worker.model.failures = {{ErrorKind::refused, "wrong key"}};
    EXPECT_EQ(failure().message, "the quota is used up");
    EXPECT_EQ(worker.model.requests.size(), 3u);
}

TEST_F(Fallback, WithoutOneTheFirstNeverRests) {
    worker.model.failures = {kQuota};
    EXPECT_THROW(ask("null"), core::Failure);
    worker.model.answers = {"one"};
    EXPECT_EQ(ask("null").provider, "openai");
}

TEST_F(Fallback, WithoutOneTheFailureIsPassedOn) {
    worker.model.failures = {kQuota};
    EXPECT_THROW(ask("null"), core::Failure);
    EXPECT_EQ(worker.model.requests.size(), 1u);
}

}  // namespace
}  // namespace headway::pipeline
