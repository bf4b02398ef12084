#include <gtest/gtest.h>

#include "fakes/fake_ports.hpp"
#include "pipeline/task_runner.hpp"

namespace headway::pipeline {
namespace {

using core::ErrorKind;
using core::Json;
using test::FakeWorker;
using namespace std::chrono_literals;

struct TaskFailure : ::testing::Test {
    TaskFailure() {
        worker.store.extract_input =
            Json::parse(R"({"turns": [], "themes": [], "threshold": 0.8})");
    }
    void run(const std::string& kind, int attempts = 1) {
        worker.loop.run(run_task(worker.ctx, ClaimedTask{"w", 1, 1, kind, {}, attempts}));
    }
    // An extract task whose exchange fails.
    void fail_with(core::Error error, int attempts = 1) {
        worker.model.failures.assign(3, error);
        worker.store.told.clear();
        run("extract", attempts);
    }
    const test::FakeStore::Told& last() const { return worker.store.told.back(); }
    std::chrono::milliseconds delay() const {
        return std::chrono::milliseconds(last().answer["milliseconds"].as_integer());
    }

    FakeWorker worker;
};

TEST_F(TaskFailure, ARateLimitedTaskGoesBackForAsLongAsItWasAskedToWait) {
    core::Error error{ErrorKind::rate_limited, "slow down"};
    error.retry_after = 90s;
    fail_with(error, 5);
    EXPECT_EQ(last().what, "defer") << "deferring keeps the attempts";
    EXPECT_GE(last().answer["seconds"].as_integer(), 90);
    EXPECT_LE(last().answer["seconds"].as_integer(), 91);
    EXPECT_EQ(worker.store.count("fail"), 0);
}

TEST_F(TaskFailure, AUsedUpBudgetIsWaitedForAndKeepsTheAttempts) {
    core::Error error{ErrorKind::over_budget, "the day's budget is used up"};
    error.retry_after = 5h;
    fail_with(error, 5);
    EXPECT_EQ(last().what, "defer");
    EXPECT_EQ(last().answer["kind"].as_string(), "over_budget");
    EXPECT_GE(last().answer["seconds"].as_integer(), 5 * 3600);
}

TEST_F(TaskFailure, ARateLimitWithoutATimeMeansUpToAMinute) {
    fail_with({ErrorKind::rate_limited, "slow down"});
    EXPECT_EQ(last().what, "defer");
    EXPECT_GE(last().answer["seconds"].as_integer(), 30);
    EXPECT_LE(last().answer["seconds"].as_integer(), 61);
}

TEST_F(TaskFailure, WhatCannotSucceedFailsAtOnceAndForGood) {
    for (ErrorKind kind :
         {ErrorKind::invalid, ErrorKind::refused, ErrorKind::forbidden, ErrorKind::too_large}) {
        fail_with({kind, "no"});
        ASSERT_EQ(last().what, "fail") << core::name(kind);
        EXPECT_EQ(last().answer["kind"].as_string(), core::name(kind));
        EXPECT_FALSE(last().answer["again"].as_bool()) << core::name(kind);
    }
}

TEST_F(TaskFailure, WhatMaySucceedComesAgainLater) {
    for (ErrorKind kind : {ErrorKind::protocol, ErrorKind::timeout, ErrorKind::network,
                           ErrorKind::server, ErrorKind::internal}) {
        fail_with({kind, "not now"});
        ASSERT_EQ(last().what, "fail") << core::name(kind);
        EXPECT_TRUE(last().answer["again"].as_bool()) << core::name(kind);
    }
}

TEST_F(TaskFailure, TheDelayGrowsWithTheAttempts) {
    fail_with({ErrorKind::server, "down"}, 1);
    EXPECT_GE(delay(), 2500ms);
    EXPECT_LE(delay(), 5s);
    fail_with({ErrorKind::server, "down"}, 4);
    EXPECT_GE(delay(), 20s);
    EXPECT_LE(delay(), 40s);
}

TEST_F(TaskFailure, AServerThatNamesATimeIsNotAskedBefore) {
    core::Error error{ErrorKind::server, "down for maintenance"};
    error.retry_after = 3600s;
    fail_with(error);
    EXPECT_GE(delay(), 1h);
}

// The database counts the attempts and knows how many a task has (test/sql/queue.sql).
TEST_F(TaskFailure, ThatAnAttemptWasTheLastIsTheDatabasesDecision) {
    fail_with({ErrorKind::server, "down"}, 5);
    EXPECT_TRUE(last().answer["again"].as_bool());
}

TEST_F(TaskFailure, ALostTaskIsDroppedWithoutAWord) {
    worker.store.on_tell = [](const test::FakeStore::Told& told) {
        if (told.what == "finalize") throw core::Failure(ErrorKind::lost, "somebody else's");
    };
    run("finalize");
    EXPECT_TRUE(worker.store.told.empty());
}

TEST_F(TaskFailure, ATaskOfAnUnknownKindFailsForGood) {
    run("transmogrify");
    ASSERT_EQ(last().what, "fail");
    EXPECT_EQ(last().answer["kind"].as_string(), "invalid");
    EXPECT_FALSE(last().answer["again"].as_bool());
}

TEST_F(TaskFailure, AFailureIsWrittenAgainWhileTheDatabaseIsBusy) {
    worker.store.on_tell = [tries = 0](const test::FakeStore::Told& told) mutable {
        if (told.what == "fail" && ++tries < 5) throw core::Failure(ErrorKind::busy, "locked");
    };
    fail_with({ErrorKind::refused, "no"});
    EXPECT_EQ(worker.store.count("fail"), 1);
}

TEST_F(TaskFailure, WhatIsNoFailureOfTheTaskPassesThroughAndIsNotHeldAgainstIt) {
    worker.store.on_tell = [](const test::FakeStore::Told&) { throw std::bad_alloc(); };
    EXPECT_THROW(run("finalize"), std::bad_alloc);
    EXPECT_TRUE(worker.store.told.empty());
}

}  // namespace
}  // namespace headway::pipeline
