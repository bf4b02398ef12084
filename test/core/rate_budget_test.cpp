#include "core/work/rate_budget.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "core/base/error.hpp"

namespace headway::core {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

const Timestamp kStart{1'767'225'600s};
constexpr microseconds kLateness = 300ms;  // what a limit may be stricter by, besides a slice

// When the limits themselves allow the next request, given those that were made.
Timestamp needed(const std::vector<RateLimit>& limits, const std::vector<Timestamp>& taken) {
    Timestamp at = kStart;
    for (const RateLimit& limit : limits)
        if (auto count = static_cast<std::size_t>(limit.requests); taken.size() >= count)
            at = std::max(at, taken[taken.size() - count] + limit.window);
    return at;
}

void expect_kept(const RateLimit& limit, const std::vector<Timestamp>& taken) {
    auto count = static_cast<std::size_t>(limit.requests);
    for (std::size_t i = count; i < taken.size(); ++i)
        if (taken[i] - taken[i - count] < limit.window)
            FAIL() << limit.requests + 1 << " requests within " << limit.window.count()
                   << " s, the last of them number " << i;
}

// Asks at random times and checks every answer; returns when requests were let through.
std::vector<Timestamp> ask(const std::vector<RateLimit>& limits, int times, unsigned seed,
                           microseconds slack) {
    std::mt19937 random(seed);
    RateLedger ledger;
    std::vector<Timestamp> taken;
    Timestamp now = kStart + microseconds(random() % 10'000'000);
    for (int i = 0; i < times; ++i) {
        if (auto wait = ledger.take(limits, now)) {
            EXPECT_GT(*wait, now) << "a wait lies ahead";
            EXPECT_LE(*wait - needed(limits, taken), slack)
                << "nobody waits much longer than needed";
            if (random() % 4 == 0) {
                EXPECT_TRUE(ledger.take(limits, now + (*wait - now) / 2))
                    << "half-way through nothing is free";
            }
            if (random() % 4 == 0) ledger = RateLedger(Json::parse(ledger.state().dump()));
            EXPECT_TRUE(ledger.take(limits, *wait - 1us)) << "the moment is the earliest one";
            now = *wait;
            EXPECT_EQ(ledger.take(limits, now), std::nullopt) << "and then a request is free";
        }
        taken.push_back(now);
        // Bursts, trickles and pauses.
        const microseconds kPauses[] = {0us, 900us, 40ms, 350ms, 5s};
        now += kPauses[random() % std::size(kPauses)] * (random() % 3);
    }
    return taken;
}

TEST(RateBudget, NoSlidingWindowEverHoldsMoreThanAllowed) {
    const std::vector<std::vector<RateLimit>> kSets = {{{1, 1s}},
                                                       {{3, 1s}},
                                                       {{10, 1s}},
                                                       {{7, 10s}},
                                                       {{100, 60s}},
                                                       {{3, 1s}, {50, 60s}},
                                                       {{50, 60s}, {3, 1s}},
                                                       {{2, 1s}, {20, 30s}, {200, 3600s}}};
    for (const auto& limits : kSets)
        for (unsigned seed = 1; seed <= 5; ++seed) {
            microseconds longest =
                std::max_element(limits.begin(), limits.end(), [](auto& a, auto& b) {
                    return a.window < b.window;
                })->window;
            auto taken = ask(limits, 600, seed, longest / 30 + kLateness);
            for (const RateLimit& limit : limits) expect_kept(limit, taken);
        }
}

TEST(RateBudget, ThreeASecondAndTenThousandADayHoldTogether) {
    const std::vector<RateLimit> limits = {{3, 1s}, {10'000, 86'400s}};
    RateLedger ledger;
    std::vector<Timestamp> taken;
    Timestamp now = kStart;
    while (taken.size() < 10'050) {
        if (auto wait = ledger.take(limits, now)) now = *wait;
        else taken.push_back(now);
    }
    for (const RateLimit& limit : limits) expect_kept(limit, taken);
    EXPECT_LT(taken[9'999] - kStart, 2h) << "the day's budget can be used up early";
    EXPECT_GE(taken[10'000] - kStart, 24h) << "and then the day has to pass";
    EXPECT_LE(taken[10'000] - kStart, 24h + 30min) << "but not much more";
}

TEST(RateBudget, ALimitIsStricterByAtMostOneSliceAndTheMargin) {
    for (const RateLimit& limit : {RateLimit{3, 1s}, RateLimit{1, 1s}, RateLimit{10, 5s}})
        ask({limit}, 200, 1, microseconds(limit.window) / 60 + 255ms);
}

TEST(RateBudget, WithoutLimitsEverythingIsFree) {
    RateLedger ledger;
    for (int i = 0; i < 100; ++i) EXPECT_EQ(ledger.take({}, kStart), std::nullopt);
}

TEST(RateBudget, ARefusedRequestCostsNothing) {
    const std::vector<RateLimit> limits = {{1, 1s}, {2, 3600s}};
    RateLedger ledger;
    EXPECT_FALSE(ledger.take(limits, kStart));
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(ledger.take(limits, kStart));
    EXPECT_FALSE(ledger.take(limits, kStart + 5s)) << "the hour's second request is still there";
}

TEST(RateBudget, TheStateIsSmallAndSurvivesARoundTrip) {
    const std::vector<RateLimit> limits = {{1000, 1s}, {100'000, 86'400s}};
    RateLedger ledger;
    for (int i = 0; i < 5000; ++i) ledger.take(limits, kStart + i * 1ms);
    EXPECT_LT(ledger.state().dump().size(), 2000u);
    RateLedger copy(Json::parse(ledger.state().dump()));
    for (int i = 0; i < 5000; ++i)
        ASSERT_EQ(ledger.take(limits, kStart + 5s + i * 1ms),
                  copy.take(limits, kStart + 5s + i * 1ms));
}

TEST(RateBudget, ADamagedStateDoesNoHarm) {
    const std::vector<RateLimit> limits = {{3, 1s}, {10, 60s}};
    for (auto damaged : {"null", "{}", "5", "\"x\"", "[]", "[null]", "[5,6,7,8]", "[{}]",
                         R"([{"newest":null,"used":null}])", R"([{"newest":"x","used":[]}])",
                         R"([{"newest":0,"used":["x"]}])", R"([{"newest":0,"used":{}}])",
                         R"([{"newest":-5,"used":[1,2,3]}])", R"([{"newest":1.5,"used":[1]}])"}) {
        try {
            RateLedger ledger(Json::parse(damaged));
            int free = 0;
            for (int i = 0; i < 100; ++i) {
                auto wait = ledger.take(limits, kStart);
                free += !wait;
                if (wait) {
                    EXPECT_GT(*wait, kStart) << damaged;
                    EXPECT_LT(*wait, kStart + 2min) << damaged;
                }
            }
            EXPECT_LT(free, 30) << damaged << ": the limits still mean something";
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.error().kind, ErrorKind::protocol) << damaged << " may be refused";
        }
    }
}

// Arithmetic overflows: undefined behaviour, and a wait that lies in the past makes the flow spin.
TEST(RateBudget, AStateFromAnImpossibleFutureDoesNoHarm) {
    for (auto damaged : {R"([{"newest":9223372036854775807,"used":[3]}])",
                         R"([{"newest":1000000000000000,"used":[3]}])"}) {
        RateLedger ledger(Json::parse(damaged));
        for (int i = 0; i < 10; ++i)
            if (auto wait = ledger.take({{3, 1s}}, kStart)) {
                EXPECT_GT(*wait, kStart);
                EXPECT_LT(*wait, kStart + 1min);
            }
    }
}

// A connector type may be registered again with other budgets while its ledger stays in its row.
TEST(RateBudget, OtherBudgetsThanLastTimeAreKeptFromThenOn) {
    const std::vector<RateLimit> before = {{3, 1s}}, after = {{5, 86'400s}, {3, 1s}};
    RateLedger ledger;
    for (int i = 0; i < 3; ++i) ledger.take(before, kStart);
    int free = 0;
    for (int i = 0; i < 20; ++i) {
        Timestamp now = kStart + 10s * i;
        if (auto wait = ledger.take(after, now)) {
            EXPECT_GT(*wait, now);
            EXPECT_LT(*wait, now + 25h);
        } else {
            ++free;
        }
    }
    EXPECT_LE(free, 5);
    EXPECT_GT(free, 0);
}

TEST(RateBudget, AClockThatGoesBackLetsNothingExtraThrough) {
    const std::vector<RateLimit> limits = {{3, 10s}};
    RateLedger ledger;
    int free = 0;
    // The clock is set back again and again, while in truth no ten seconds pass.
    for (auto now : {kStart, kStart + 1s, kStart - 3s, kStart + 2s, kStart - 5s, kStart + 3s})
        free += !ledger.take(limits, now);
    EXPECT_EQ(free, 3);
    EXPECT_FALSE(ledger.take(limits, kStart + 15s)) << "once the time has come, all goes on";
}

TEST(RateBudget, AClockThatWentBackADayDoesNotStopAConnectorForADay) {
    RateLedger ledger;
    for (int i = 0; i < 3; ++i) ledger.take({{3, 1s}}, kStart);
    auto wait = ledger.take({{3, 1s}}, kStart - 86'400s);
    ASSERT_TRUE(wait);
    EXPECT_LT(*wait, kStart - 86'400s + 1min);
}

TEST(RateBudget, WhatIsLeftIsToldForEachLimit) {
    const std::vector<RateLimit> limits = {{3, 1s}, {5, 3600s}};
    RateLedger ledger;
    EXPECT_EQ(ledger.left(limits, kStart), (std::vector<std::int64_t>{3, 5})) << "all of it";
    for (int i = 0; i < 2; ++i) ledger.take(limits, kStart);
    EXPECT_EQ(ledger.left(limits, kStart), (std::vector<std::int64_t>{1, 3}));
    EXPECT_EQ(ledger.left(limits, kStart + 2s), (std::vector<std::int64_t>{3, 3}))
        << "the second is over, the hour is not";
    EXPECT_EQ(ledger.left({{1, 3600s}}, kStart), (std::vector<std::int64_t>{0}))
        << "a limit that is smaller than what was used leaves none";
}

TEST(RateGroups, CountForTheirOwnBudgetsAndForThatOfAll) {
    const std::vector<RateLimit> limits = {{1, 60s, "heavy"}, {2, 60s, "light"}, {4, 60s}};
    RateLedger ledger;
    EXPECT_FALSE(ledger.take(limits, kStart, "heavy"));
    EXPECT_TRUE(ledger.take(limits, kStart, "heavy"));
    EXPECT_FALSE(ledger.take(limits, kStart, "light")) << "one group does not wait for another";
    EXPECT_FALSE(ledger.take(limits, kStart, "light"));
    EXPECT_TRUE(ledger.take(limits, kStart, "light"));
    EXPECT_FALSE(ledger.take(limits, kStart)) << "without a group only the budget for all counts";
    EXPECT_TRUE(ledger.take(limits, kStart)) << "to which those of the groups belong";
    EXPECT_FALSE(ledger.take(limits, kStart + 62s, "heavy"));
}

TEST(RateGroups, AreToldApartInTheState) {
    const std::vector<RateLimit> before = {{1, 60s, "a"}, {1, 60s, "b"}},
                                 after = {{1, 60s, "b"}, {1, 60s, "a"}};
    RateLedger ledger;
    EXPECT_FALSE(ledger.take(before, kStart, "a"));
    RateLedger copy(Json::parse(ledger.state().dump()));
    EXPECT_FALSE(copy.take(after, kStart, "b"));
    EXPECT_TRUE(copy.take(after, kStart, "a"));
}

TEST(RateStops, HoldForTheGroupOrForAllUntilTheyAreOver) {
    RateLedger ledger;
    ledger.heed({"heavy", {}, kStart + 30s});
    EXPECT_EQ(ledger.take({}, kStart, "heavy"), kStart + 30s);
    EXPECT_FALSE(ledger.take({}, kStart, "light"));
    ledger.heed({"heavy", {}, kStart + 50s, true});
    RateLedger copy(Json::parse(ledger.state().dump()));
    EXPECT_EQ(copy.take({}, kStart, "light"), kStart + 50s);
    EXPECT_EQ(copy.take({}, kStart, "heavy"), kStart + 50s) << "the longer of two";
    EXPECT_EQ(copy.stopped_until("light", kStart), kStart + 50s);
    EXPECT_FALSE(copy.take({}, kStart + 50s, "heavy"));
    EXPECT_EQ(copy.state().dump(), RateLedger().state().dump()) << "what is over is forgotten";
}

TEST(RateStops, AShorterOneDoesNotEndALongerOne) {
    RateLedger ledger;
    ledger.heed({"", {}, kStart + 60s});
    ledger.heed({"", {}, kStart + 5s});
    ledger.heed({""});
    EXPECT_EQ(ledger.take({}, kStart), kStart + 60s);
}

TEST(RateStops, AClockThatWasSetBackDoesNotStopAConnectorForMonths) {
    RateLedger ledger;
    ledger.heed({"", {}, kStart + 60s});
    EXPECT_FALSE(ledger.take({}, kStart - 90 * 86'400s));
}

TEST(StatedLimits, TakeThePlaceOfLooserOnesForAsLongAsTheyAreStated) {
    const std::vector<RateLimit> limits = {{10, 60s, "heavy"}};
    RateLedger ledger;
    ledger.heed({"heavy", RateLimit{2, 60s, "heavy"}});
    RateLedger copy(Json::parse(ledger.state().dump()));
    EXPECT_EQ(copy.stated("heavy")->requests, 2);
    EXPECT_FALSE(copy.take(limits, kStart, "heavy"));
    EXPECT_FALSE(copy.take(limits, kStart, "heavy"));
    EXPECT_TRUE(copy.take(limits, kStart, "heavy"));
    copy.heed({"heavy"});
    EXPECT_FALSE(copy.stated("heavy"));
    EXPECT_FALSE(copy.take(limits, kStart, "heavy")) << "what was used before counts";
    ledger.heed({"heavy", RateLimit{20, 60s, "heavy"}});
    int free = 0;
    for (int i = 0; i < 20; ++i) free += !ledger.take(limits, kStart, "heavy");
    EXPECT_EQ(free, 10) << "a looser one does not loosen ours";
}

TEST(StatedLimits, HoldForAGroupWithoutABudget) {
    RateLedger ledger;
    ledger.heed({"light", RateLimit{1, 60s, "light"}});
    EXPECT_FALSE(ledger.take({}, kStart, "light"));
    EXPECT_TRUE(ledger.take({}, kStart, "light"));
    EXPECT_FALSE(ledger.take({}, kStart, "heavy"));
}

// An update finds ledgers that the version before has written.
TEST(RateBudget, TheStateOfAnOlderVersionIsRead) {
    std::string used = "3";
    for (int i = 0; i < 60; ++i) used = "0," + used;
    std::int64_t newest = kStart.time_since_epoch() / (microseconds(10'120'000) / 60);
    RateLedger ledger(Json::parse(R"([{"window":10,"newest":)" + std::to_string(newest) +
                                  R"(,"used":[)" + used + "]}]"));
    EXPECT_TRUE(ledger.take({{3, 10s}}, kStart)) << "what was used is still used";
    EXPECT_FALSE(ledger.take({{4, 10s}}, kStart));
}

}  // namespace
}  // namespace headway::core
