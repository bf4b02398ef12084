#include "core/connectors/rate_notice.hpp"

#include <gtest/gtest.h>

namespace headway::core {
namespace {

using std::chrono::seconds;
using namespace std::chrono_literals;

const Timestamp kNow = *parse_timestamp("2026-06-10T12:00:00Z");

ConnectorSpec vendor() {
    ConnectorSpec spec;
    spec.budgets = {{10, 60s, "heavy"}, {100, 60s}};
    spec.rate_headers = {"x-limit", "x-remaining", "x-window", "x-reset"};
    return spec;
}

RateNotice notice(std::map<std::string, std::string> headers, std::optional<seconds> limited = {},
                  const std::string& group = "heavy") {
    return read_rate_notice(vendor(), group, {200, std::move(headers), ""}, kNow, limited);
}

TEST(RateNotice, ALimitBelowOursIsStatedOneAboveIsNot) {
    auto stated = notice({{"x-limit", "5"}, {"x-window", "60"}}).stated;
    ASSERT_TRUE(stated);
    EXPECT_EQ(stated->requests, 5);
    EXPECT_EQ(stated->window, 60s);
    EXPECT_EQ(stated->group, "heavy");
    EXPECT_EQ(notice({{"x-limit", "5"}}).stated->window, 60s) << "without a window it is ours";
    EXPECT_FALSE(notice({{"x-limit", "10"}, {"x-window", "60"}}).stated);
    EXPECT_FALSE(notice({{"x-limit", "50"}}).stated);
    EXPECT_TRUE(notice({{"x-limit", "50"}, {"x-window", "3600"}}).stated)
        << "another window is another budget";
    EXPECT_FALSE(notice({{"x-limit", "5"}}, {}, "light").stated)
        << "without any window there is no budget";
    EXPECT_FALSE(notice({}).stated);
    for (auto limit : {"", "many", "-5", "0", "99999999999999999999"})
        EXPECT_FALSE(notice({{"x-limit", limit}}).stated) << limit;
    EXPECT_EQ(notice({{"x-limit", "5, 5;w=60"}}).stated->requests, 5);
}

TEST(RateNotice, WithNothingRemainingTheGroupWaitsForTheReset) {
    EXPECT_EQ(notice({{"x-remaining", "0"}, {"x-reset", "17"}}).stop, kNow + 17s);
    EXPECT_EQ(notice({{"x-remaining", "0"}, {"x-window", "30"}}).stop, kNow + 30s)
        << "or for a whole window";
    EXPECT_EQ(notice({{"x-remaining", "0"}}).stop, kNow + 60s);
    EXPECT_FALSE(notice({{"x-remaining", "0"}}).stops_all);
    EXPECT_FALSE(notice({{"x-remaining", "1"}, {"x-reset", "17"}}).stop);
    EXPECT_FALSE(notice({{"x-reset", "17"}}).stop);
    EXPECT_FALSE(notice({{"x-remaining", "0"}}, {}, "light").stop) << "nobody knows for how long";
    EXPECT_EQ(notice({{"x-remaining", "0"}, {"x-reset", "1781092830"}}).stop, kNow + 30s)
        << "some state the moment";
    EXPECT_LE(notice({{"x-remaining", "0"}, {"x-reset", "99999999999"}}).stop,
              kNow + std::chrono::days(7));
}

TEST(RateNotice, ARefusalStopsTheGroupWhoseBudgetItNames) {
    RateNotice stop = notice({{"x-limit", "10"}}, 45s);
    EXPECT_EQ(stop.stop, kNow + 45s);
    EXPECT_FALSE(stop.stops_all);
    EXPECT_TRUE(notice({}, 45s).stops_all) << "without those headers another limit was hit";
    EXPECT_TRUE(notice({{"x-limit", "10"}}, 45s, "").stops_all)
        << "a request without a group counts for all";
    EXPECT_EQ(notice({{"x-remaining", "0"}, {"x-reset", "60"}}, 5s).stop, kNow + 60s)
        << "the longer of two waits";
    ConnectorSpec silent = vendor();
    silent.rate_headers = {};
    EXPECT_FALSE(read_rate_notice(silent, "heavy", {429, {}, ""}, kNow, 45s).stops_all)
        << "who never sends headers cannot leave them out";
}

TEST(RateNotice, AMomentsWaitIsTheRefusedRequestsAlone) {
    ConnectorSpec silent = vendor();
    silent.rate_headers = {};
    EXPECT_FALSE(read_rate_notice(silent, "", {429, {}, ""}, kNow, 1s).stop);
    EXPECT_TRUE(read_rate_notice(silent, "", {429, {}, ""}, kNow, 3s).stop);
    EXPECT_TRUE(notice({}, 1s).stop) << "who states budgets may begin a penalty anew";
}

}  // namespace
}  // namespace headway::core
