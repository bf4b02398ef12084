#include "pipeline/settle.hpp"

#include <gtest/gtest.h>

#include "fakes/fake_ports.hpp"
#include "pipeline/task_runner.hpp"

namespace headway::pipeline {
namespace {

using core::ErrorKind;
using test::FakeWorker;
using namespace std::chrono_literals;

// Finalizing is nothing but a settlement.
struct Settling : ::testing::Test {
    void run() { worker.loop.run(run_task(worker.ctx, ClaimedTask{"w", 7, 1, "finalize", {}, 1})); }
    const test::FakeStore::Told& last() const { return worker.store.told.back(); }

    FakeWorker worker;
};

TEST_F(Settling, FinalizingClosesTheRunAndNothingElse) {
    run();
    ASSERT_EQ(worker.store.told.size(), 1u);
    EXPECT_EQ(last().what, "finalize");
    EXPECT_EQ(last().task, 7);
}

TEST_F(Settling, ASettlementWaitsForABusyDatabaseAboutASecond) {
    for (int i = 0; i < 4; ++i) worker.store.troubles.push_back({ErrorKind::busy, "locked"});
    async::TimePoint start = worker.clock.now();
    run();
    EXPECT_EQ(last().what, "finalize");
    EXPECT_EQ(worker.clock.now() - start, 1s);
}

TEST_F(Settling, ASettlementThatStaysBusyGivesTheTaskBackForLater) {
    for (int i = 0; i < 5; ++i) worker.store.troubles.push_back({ErrorKind::busy, "locked"});
    run();
    ASSERT_EQ(worker.store.told.size(), 1u);
    EXPECT_EQ(last().what, "defer") << "a lock that somebody holds costs no attempt";
    EXPECT_EQ(last().answer["kind"].as_string(), "busy");
}

TEST_F(Settling, WhatTheDatabaseRefusesIsNotTriedAgainAtOnce) {
    worker.store.troubles = {{ErrorKind::internal, "a constraint"}};
    async::TimePoint start = worker.clock.now();
    run();
    EXPECT_EQ(worker.clock.now(), start);
    ASSERT_EQ(last().what, "fail");
    EXPECT_EQ(last().answer["kind"].as_string(), "internal");
    EXPECT_TRUE(last().answer["again"].as_bool());
}

}  // namespace
}  // namespace headway::pipeline
