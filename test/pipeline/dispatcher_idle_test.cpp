#include "dispatcher_case.hpp"

namespace headway::pipeline {
namespace {

using namespace std::chrono_literals;

struct DispatcherIdle : test::DispatcherCase {
    // Task 9 cannot be claimed before then.
    void due_in(async::Duration delay) {
        worker.store.due =
            worker.ctx.now() + std::chrono::duration_cast<std::chrono::microseconds>(delay);
        auto when = worker.clock.now() + delay;
        at_each_wait = [this, when] {
            if (worker.clock.now() < when || !worker.store.due) return;
            worker.store.due.reset();
            queue(9, 9);
        };
    }
};

TEST_F(DispatcherIdle, AfterTheLastTaskItSleepsForItsIdleTimeAndLeaves) {
    queue(1, 1);
    live();
    EXPECT_EQ(worker.store.claims, (std::vector<int>{1, 0})) << "one look, and one after the task";
    EXPECT_EQ(lived(), worker.settings.worker_idle_timeout);
    EXPECT_LT(worker.port.waits, 20) << "it sleeps, it does not spin";
}

// The idle time counts from the last claim that found something, and there was none.
TEST_F(DispatcherIdle, AWorkerThatFindsNothingStaysForItsIdleTimeToo) {
    live();
    EXPECT_EQ(worker.store.claims, std::vector<int>{0});
    EXPECT_EQ(lived(), worker.settings.worker_idle_timeout);
}

// The same: a task that ran longer than the idle time has used it up.
TEST_F(DispatcherIdle, TheIdleTimeBeginsWhenTheLastTaskEnds) {
    queue(1, 1);
    worker.model.delay = 10s;
    live();
    EXPECT_EQ(lived(), 10s + worker.settings.worker_idle_timeout);
}

TEST_F(DispatcherIdle, WhoNeedNotStayLeavesAsSoonAsNothingIsDue) {
    worker.store.due = worker.ctx.now() + 1s;
    live({std::nullopt, false});
    EXPECT_EQ(lived(), 0s);
}

TEST_F(DispatcherIdle, ANudgeEndsTheIdleTimeAtOnce) {
    queue(1, 1);
    bool nudged = false;
    at_each_wait = [&] {
        if (worker.store.claims.size() < 2 || std::exchange(nudged, true)) return;
        worker.clock.advance(300ms);
        queue(2, 2);
        to_nudge->nudge();
        worker.port.wake();
    };
    worker.store.on_tell = [&](const test::FakeStore::Told& told) {
        EXPECT_EQ(lived(), told.task == 1 ? 0ms : 300ms) << "no time passes after the nudge";
    };
    live();
    EXPECT_EQ(worker.store.count("extract"), 2);
}

TEST_F(DispatcherIdle, ATaskThatFallsDueSoonIsClaimedWhenItDoes) {
    queue(1, 1);
    due_in(1500ms);
    worker.store.on_tell = [&](const test::FakeStore::Told& told) {
        EXPECT_EQ(lived(), told.task == 1 ? 0ms : 1500ms) << "not before, not a second after";
    };
    live();
    EXPECT_EQ(worker.store.count("extract"), 2);
}

// Its idle time is over after two seconds, and from then on it looks without a pause.
TEST_F(DispatcherIdle, AWorkerThatWaitsForADelayedTaskSleepsMeanwhile) {
    queue(1, 1);
    due_in(30s);
    patience = 200;
    live();
    EXPECT_EQ(worker.store.count("extract"), 2);
    EXPECT_LT(worker.port.waits, 100);
}

TEST_F(DispatcherIdle, ATaskThatFallsDueMuchLaterIsNotWaitedFor) {
    queue(1, 1);
    worker.store.due = worker.ctx.now() + 2min;
    live();
    EXPECT_EQ(lived(), worker.settings.worker_idle_timeout);
}

TEST_F(DispatcherIdle, WhatIsDueButHeldByAnotherIsNotAskedForWithoutAPause) {
    queue(1, 1);
    worker.store.due = worker.ctx.now() - 1s;
    at_each_wait = [&] {
        if (lived() >= 1s) worker.store.due.reset();
    };
    live();
    EXPECT_GT(worker.store.claims.size(), 5u);
    EXPECT_LT(worker.store.claims.size(), 30u);
}

}  // namespace
}  // namespace headway::pipeline
