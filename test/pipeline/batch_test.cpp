#include "pipeline/batch.hpp"

#include <gtest/gtest.h>

#include "async/task_group.hpp"
#include "fakes/fake_loop.hpp"

namespace headway::pipeline {
namespace {

using core::ErrorKind;
using core::Failure;
using namespace std::chrono_literals;

// Doubles numbers, together with whoever asks in the same turn.
struct Batching : ::testing::Test {
    async::Task<void> ask(int number) {
        try {
            replies[number] = co_await batch.make(number);
        } catch (const Failure& failure) {
            failures[number] = core::name(failure.error().kind);
        }
    }
    async::Task<void> later(int number) {
        co_await fake.loop.sleep_for(1s);
        co_await ask(number);
    }
    void run() {
        auto root = [](async::TaskGroup& all) -> async::Task<void> { co_await all.drain(); };
        fake.loop.run(root(group));
        if (broken) std::rethrow_exception(broken);
    }
    void ask_all(int count) {
        for (int number = 1; number <= count; ++number) group.spawn(number, ask(number));
    }

    test::FakeLoop fake;
    std::vector<std::vector<int>> calls;
    std::function<void(const std::vector<int>&)> on_call;
    std::map<int, int> replies;
    std::map<int, std::string> failures;
    std::exception_ptr broken;
    Batch<int, int> batch{fake.loop, [this](const std::vector<const int*>& numbers) {
                              std::vector<int> asked, doubled;
                              for (const int* number : numbers) asked.push_back(*number);
                              calls.push_back(asked);
                              if (on_call) on_call(asked);
                              for (int number : asked) doubled.push_back(2 * number);
                              return doubled;
                          }};
    async::TaskGroup group{fake.loop, [this](std::exception_ptr error) { broken = error; }};
};

TEST_F(Batching, WhatIsWantedInOneTurnIsOneCall) {
    ask_all(3);
    run();
    EXPECT_EQ(calls, (std::vector<std::vector<int>>{{1, 2, 3}}));
    EXPECT_EQ(replies, (std::map<int, int>{{1, 2}, {2, 4}, {3, 6}}));
}

TEST_F(Batching, WhatIsWantedLaterIsAnotherCall) {
    ask_all(1);
    group.spawn(2, later(2));
    run();
    EXPECT_EQ(calls, (std::vector<std::vector<int>>{{1}, {2}}));
}

TEST_F(Batching, ACallIsForSixtyFourAtMost) {
    ask_all(134);
    run();
    ASSERT_EQ(calls.size(), 3u);
    EXPECT_EQ(calls[0].size(), 64u);
    EXPECT_EQ(calls[2].size(), 6u);
    EXPECT_EQ(replies.size(), 134u);
}

TEST_F(Batching, AFailureThatOneCausesStaysWithThatOne) {
    on_call = [](const std::vector<int>& asked) {
        if (std::find(asked.begin(), asked.end(), 2) != asked.end())
            throw Failure(ErrorKind::internal, "two cannot be doubled");
    };
    ask_all(3);
    run();
    EXPECT_EQ(failures, (std::map<int, std::string>{{2, "internal"}}));
    EXPECT_EQ(replies, (std::map<int, int>{{1, 2}, {3, 6}}));
}

TEST_F(Batching, ALockInTheWayIsInTheWayOfAllAndNotWaitedForOnceForEach) {
    on_call = [](const std::vector<int>&) { throw Failure(ErrorKind::busy, "locked"); };
    ask_all(3);
    run();
    EXPECT_EQ(calls.size(), 1u);
    EXPECT_EQ(failures.size(), 3u);
}

TEST_F(Batching, WhatIsNoFailureReachesEverybody) {
    struct Stop : std::exception {};
    on_call = [](const std::vector<int>&) { throw Stop(); };
    ask_all(2);
    EXPECT_THROW(run(), Stop);
    EXPECT_EQ(calls.size(), 1u);
}

TEST_F(Batching, ACancelledRequestIsNotMade) {
    ask_all(3);
    group.cancel(2);
    run();
    EXPECT_EQ(calls, (std::vector<std::vector<int>>{{1, 3}}));
}

TEST_F(Batching, WhenAllAreCancelledNoCallIsMade) {
    ask_all(2);
    group.cancel(1);
    group.cancel(2);
    group.spawn(3, later(3));
    run();
    EXPECT_EQ(calls, (std::vector<std::vector<int>>{{3}}));
}

}  // namespace
}  // namespace headway::pipeline
