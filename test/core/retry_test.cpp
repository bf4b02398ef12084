#include "core/work/retry.hpp"

#include <gtest/gtest.h>

namespace headway::core {
namespace {

using Action = RetryDecision::Action;
using namespace std::chrono_literals;

const RetryPolicy kPolicy{4, 12, 500ms, 3s, 10s};

Error failed(ErrorKind kind) { return {kind, "it failed"}; }
Error told_to_wait(ErrorKind kind, std::chrono::seconds wait) {
    return {kind, "it failed", {}, {}, 429, wait};
}

TEST(Retry, WhatNeverHelpsIsGivenUpAtOnce) {
    for (ErrorKind kind : {ErrorKind::invalid, ErrorKind::refused, ErrorKind::forbidden,
                           ErrorKind::too_large, ErrorKind::lost}) {
        EXPECT_FALSE(is_retryable(kind)) << name(kind);
        for (int tries : {1, 2, 3, 4, 100})
            EXPECT_EQ(decide_retry(failed(kind), tries, 0.5, kPolicy).action, Action::give_up)
                << name(kind);
        EXPECT_EQ(decide_retry(told_to_wait(kind, 1s), 1, 0.5, kPolicy).action, Action::give_up)
            << name(kind) << " with Retry-After";
    }
}

TEST(Retry, AnOutageSaysNothingAboutTheQuestion) {
    for (ErrorKind kind : {ErrorKind::server, ErrorKind::timeout, ErrorKind::rate_limited,
                           ErrorKind::network, ErrorKind::busy, ErrorKind::lost})
        EXPECT_TRUE(is_of_the_moment(kind)) << name(kind);
    for (ErrorKind kind :
         {ErrorKind::refused, ErrorKind::too_large, ErrorKind::protocol, ErrorKind::over_budget})
        EXPECT_FALSE(is_of_the_moment(kind)) << name(kind);
}

TEST(Retry, WhatOneCanDoWithoutIsWaitedForWhenItIsOursOrComesInMinutes) {
    for (ErrorKind kind :
         {ErrorKind::over_budget, ErrorKind::busy, ErrorKind::internal, ErrorKind::lost})
        EXPECT_TRUE(is_worth_waiting(failed(kind))) << name(kind);
    for (ErrorKind kind : {ErrorKind::refused, ErrorKind::server, ErrorKind::network})
        EXPECT_FALSE(is_worth_waiting(failed(kind))) << name(kind);
    core::Error asked = failed(ErrorKind::rate_limited);
    EXPECT_TRUE(is_worth_waiting(asked));
    asked.retry_after = std::chrono::minutes(5);
    EXPECT_TRUE(is_worth_waiting(asked));
    asked.retry_after = std::chrono::minutes(6);
    EXPECT_FALSE(is_worth_waiting(asked));
}

TEST(Retry, WhatMayPassIsTriedAgainUntilTheTriesAreUsedUp) {
    for (ErrorKind kind : {ErrorKind::protocol, ErrorKind::timeout, ErrorKind::network,
                           ErrorKind::server, ErrorKind::busy, ErrorKind::internal}) {
        EXPECT_TRUE(is_retryable(kind)) << name(kind);
        for (int tries : {1, 2, 3})
            EXPECT_EQ(decide_retry(failed(kind), tries, 0.5, kPolicy).action, Action::again)
                << name(kind) << ' ' << tries;
        for (int tries : {4, 5, 1000})
            EXPECT_EQ(decide_retry(failed(kind), tries, 0.5, kPolicy).action, Action::give_up)
                << name(kind) << ' ' << tries;
    }
}

TEST(Retry, SomebodyElseMaySucceedUnlessTheFaultIsOursOrPasses) {
    for (auto kind : {ErrorKind::refused, ErrorKind::too_large, ErrorKind::protocol,
                      ErrorKind::timeout, ErrorKind::network, ErrorKind::server})
        EXPECT_TRUE(is_anothers_chance(kind)) << name(kind);
    for (auto kind : {ErrorKind::invalid, ErrorKind::forbidden, ErrorKind::rate_limited,
                      ErrorKind::busy, ErrorKind::internal, ErrorKind::lost})
        EXPECT_FALSE(is_anothers_chance(kind)) << name(kind);
}

TEST(Retry, AnOutageOutlastsTheRequestAndOneConversationsRefusalDoesNot) {
    for (auto kind : {ErrorKind::server, ErrorKind::network, ErrorKind::timeout})
        EXPECT_TRUE(is_lasting({kind, ""})) << name(kind);
    Error wrong_key{ErrorKind::refused, ""};
    wrong_key.http_status = 401;
    EXPECT_TRUE(is_lasting(wrong_key));
    for (auto kind : {ErrorKind::refused, ErrorKind::too_large, ErrorKind::protocol,
                      ErrorKind::rate_limited, ErrorKind::invalid})
        EXPECT_FALSE(is_lasting({kind, ""})) << name(kind);
}

TEST(Retry, AStaleCursorIsNotAskedForAgain) {
    EXPECT_EQ(decide_retry(failed(ErrorKind::expired), 1, 0.5, kPolicy).action, Action::give_up);
    EXPECT_TRUE(is_retryable(ErrorKind::expired)) << "the list may start again";
}

TEST(Retry, BeingAskedToWaitIsNoFailure) {
    EXPECT_EQ(decide_retry(failed(ErrorKind::rate_limited), 1, 0.5, kPolicy).action, Action::again);
    RetryDecision late = decide_retry(failed(ErrorKind::rate_limited), 4, 0.5, kPolicy);
    EXPECT_EQ(late.action, Action::later);
    EXPECT_GT(late.delay, 0ms);
    EXPECT_EQ(decide_retry(told_to_wait(ErrorKind::over_budget, 5h), 1, 0.5, kPolicy).action,
              Action::later)
        << "a used-up budget is no failure";
    EXPECT_EQ(decide_retry(told_to_wait(ErrorKind::rate_limited, 1s), 4, 0.5, kPolicy).action,
              Action::again)
        << "it is known how long";
    late = decide_retry(told_to_wait(ErrorKind::rate_limited, 1s), kPolicy.max_waits, 0.5, kPolicy);
    EXPECT_EQ(late.action, Action::later);
    EXPECT_GE(late.delay, 1s);
    EXPECT_LT(late.delay, 1s + kPolicy.base) << "no longer than it was asked to";
    EXPECT_EQ(decide_retry(told_to_wait(ErrorKind::server, 1s), 4, 0.5, kPolicy).action,
              Action::give_up)
        << "a server in trouble is one";
}

TEST(Retry, TheDelayIsAnywhereBetweenNothingAndTheDoubledBase) {
    struct Case {
        int tries;
        std::chrono::milliseconds most;
    };
    const RetryPolicy patient{10, 12, 500ms, 3s, 10s};
    for (auto [tries, most] : {Case{1, 500ms}, {2, 1s}, {3, 2s}, {4, 3s}, {5, 3s}, {9, 3s}}) {
        EXPECT_EQ(decide_retry(failed(ErrorKind::server), tries, 0, patient).delay, 0ms) << tries;
        auto longest = decide_retry(failed(ErrorKind::server), tries, 0.999, patient).delay;
        EXPECT_LT(longest, most) << tries;
        EXPECT_GE(longest, most * 99 / 100) << tries;
        EXPECT_NEAR(static_cast<double>(
                        decide_retry(failed(ErrorKind::server), tries, 0.5, patient).delay.count()),
                    static_cast<double>(most.count()) / 2, 1);
    }
}

TEST(RetryAfterHint, IsObeyedWithSomeJitterOnTop) {
    for (ErrorKind kind : {ErrorKind::rate_limited, ErrorKind::server, ErrorKind::timeout})
        for (double random : {0.0, 0.5, 0.999}) {
            RetryDecision next = decide_retry(told_to_wait(kind, 4s), 1, random, kPolicy);
            EXPECT_EQ(next.action, Action::again);
            EXPECT_GE(next.delay, 4s) << "never sooner than asked";
            EXPECT_LT(next.delay, 4s + kPolicy.base);
        }
}

TEST(RetryAfterHint, BeyondThePatienceTheTaskComesLater) {
    EXPECT_EQ(decide_retry(told_to_wait(ErrorKind::rate_limited, 10s), 1, 0.5, kPolicy).action,
              Action::again);
    for (auto wait :
         {std::chrono::seconds(11s), std::chrono::seconds(3h), std::chrono::seconds(24h * 7)}) {
        RetryDecision next =
            decide_retry(told_to_wait(ErrorKind::rate_limited, wait), 1, 0.999, kPolicy);
        EXPECT_EQ(next.action, Action::later);
        EXPECT_GE(next.delay, wait);
        EXPECT_LT(next.delay, wait + kPolicy.base);
        EXPECT_EQ(decide_retry(told_to_wait(ErrorKind::server, wait), 1, 0, kPolicy).action,
                  Action::later);
    }
}

// A vendor that answers every request with "429, Retry-After: 0" would otherwise be asked for ever.
TEST(RetryAfterHint, GivesNoTriesBeyondThoseOfThePolicy) {
    struct Case {
        ErrorKind kind;
        int most;
    };
    for (auto [kind, most] :
         {Case{ErrorKind::rate_limited, kPolicy.max_waits}, {ErrorKind::server, kPolicy.max_tries}})
        for (auto wait : {0s, 1s})
            for (int tries : {most, most + 1, 1000})
                EXPECT_NE(decide_retry(told_to_wait(kind, wait), tries, 0.5, kPolicy).action,
                          Action::again)
                    << name(kind) << ", try " << tries;
}

TEST(TaskBackoff, GrowsWithTheAttemptsAndStaysBounded) {
    for (double random : {0.0, 0.5, 0.999}) {
        std::chrono::milliseconds before{0};
        for (int attempts : {1, 2, 3, 4, 5, 6, 10, 100, 1'000'000}) {
            auto delay = task_backoff(failed(ErrorKind::server), attempts, random);
            EXPECT_GT(delay, 0ms);
            EXPECT_GE(delay, before) << "attempt " << attempts;
            EXPECT_LE(delay, 1h) << "attempt " << attempts;
            before = delay;
        }
    }
    EXPECT_LT(task_backoff(failed(ErrorKind::server), 1, 0),
              task_backoff(failed(ErrorKind::server), 1, 0.999))
        << "clients are spread out";
}

TEST(TaskBackoff, IsNeverShorterThanAsked) {
    EXPECT_GE(task_backoff(told_to_wait(ErrorKind::server, 7200s), 1, 0), 7200s);
    EXPECT_GE(task_backoff(told_to_wait(ErrorKind::server, 0s), 3, 0),
              task_backoff(failed(ErrorKind::server), 3, 0));
}

}  // namespace
}  // namespace headway::core
