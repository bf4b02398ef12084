#include "core/base/timestamp.hpp"

#include <gtest/gtest.h>

namespace headway::core {
namespace {

using namespace std::chrono;

Timestamp moment(int y, unsigned m, unsigned d, int h = 0, int min = 0, int s = 0, int us = 0) {
    return sys_days(year(y) / m / d) + hours(h) + minutes(min) + seconds(s) + microseconds(us);
}

std::string read(std::string_view text) {
    auto at = parse_timestamp(text);
    return at ? format_timestamp(*at) : "none";
}

TEST(Timestamp, ReadsTheSpellingsOfVendors) {
    EXPECT_EQ(parse_timestamp("2026-06-10T21:50:07Z"), moment(2026, 6, 10, 21, 50, 7));
    EXPECT_EQ(parse_timestamp("2026-06-10T21:50:07.428Z"), moment(2026, 6, 10, 21, 50, 7, 428'000));
    EXPECT_EQ(parse_timestamp("2026-06-10T21:50:07.428123Z"),
              moment(2026, 6, 10, 21, 50, 7, 428'123));
    EXPECT_EQ(parse_timestamp("2026-06-10T21:50:07-07:00"), moment(2026, 6, 11, 4, 50, 7));
    EXPECT_EQ(parse_timestamp("2026-06-10T21:50:07.428+02:00"),
              moment(2026, 6, 10, 19, 50, 7, 428'000));
    EXPECT_EQ(parse_timestamp("2026-06-10T21:50:07+0530"), moment(2026, 6, 10, 16, 20, 7));
    EXPECT_EQ(parse_timestamp("2026-06-10 21:50:07+00:00"), moment(2026, 6, 10, 21, 50, 7));
    EXPECT_EQ(parse_timestamp("2026-06-10t21:50:07z"), moment(2026, 6, 10, 21, 50, 7));
    EXPECT_EQ(parse_timestamp("2026-06-10T21:50:07,5Z"), moment(2026, 6, 10, 21, 50, 7, 500'000));
    EXPECT_EQ(parse_timestamp("2026-06-10T21:50Z"), moment(2026, 6, 10, 21, 50));
}

TEST(Timestamp, NanosecondsAreRoundedDownToMicroseconds) {
    EXPECT_EQ(read("2026-06-10T21:50:07.999999999Z"), "2026-06-10T21:50:07.999999Z");
    EXPECT_EQ(read("1969-12-31T23:59:59.9999999Z"), "1969-12-31T23:59:59.999999Z");
}

TEST(Timestamp, ATimeWithoutOffsetIsRefused) {
    for (auto text :
         {"2026-06-10T21:50:07", "2026-06-10T21:50:07.428", "2026-06-10 21:50", "2026-06-10"})
        EXPECT_EQ(read(text), "none") << text << " could be anywhere on earth";
}

TEST(Timestamp, KnowsTheCalendar) {
    EXPECT_EQ(read("2024-02-29T12:00:00Z"), "2024-02-29T12:00:00.000000Z");
    EXPECT_EQ(read("2000-02-29T12:00:00Z"), "2000-02-29T12:00:00.000000Z");
    for (auto text : {"2026-02-29T12:00:00Z", "1900-02-29T12:00:00Z", "2026-04-31T12:00:00Z",
                      "2026-00-10T12:00:00Z", "2026-13-10T12:00:00Z", "2026-06-00T12:00:00Z",
                      "2026-06-32T12:00:00Z", "2026-06-10T24:30:00Z", "2026-06-10T25:00:00Z",
                      "2026-06-10T12:60:00Z", "2026-06-10T12:00:61Z"})
        EXPECT_EQ(read(text), "none") << text << " is no moment";
}

TEST(Timestamp, AnOffsetMayMoveADateOverTheYear) {
    EXPECT_EQ(read("2025-12-31T23:30:00-01:00"), "2026-01-01T00:30:00.000000Z");
    EXPECT_EQ(read("2026-01-01T00:30:00+01:00"), "2025-12-31T23:30:00.000000Z");
}

TEST(Timestamp, RefusesWhatOnlyLooksLikeOne) {
    for (auto text : {"", "Z", "now", "1767225600", "2026-6-10T21:50:07Z", "26-06-10T21:50:07Z",
                      "2026/06/10T21:50:07Z", "2026-06-10T21.50.07Z", "2026-06-10T21:50:07Z ",
                      " 2026-06-10T21:50:07Z", "2026-06-10T21:50:07Zulu", "2026-06-10T21:50:07+",
                      "2026-06-10T21:50:07+2", "2026-06-10T-1:50:07Z", "-026-06-10T21:50:07Z",
                      "2026-06-10T21:50:07.4x8Z", "2026-06-10T21:50:07 UTC", "2026-06-10T21:50:7Z"})
        EXPECT_EQ(read(text), "none") << "'" << text << "'";
}

TEST(Timestamp, RefusesAnOffsetThatNoClockHasAndAPointWithoutDigits) {
    for (auto text :
         {"2026-06-10T21:50:07+99:99", "2026-06-10T21:50:07+02:60", "2026-06-10T21:50:07.Z"})
        EXPECT_EQ(read(text), "none") << text;
}

// ISO 8601 lets the minutes of an offset go, and PostgreSQL itself writes offsets so.
TEST(Timestamp, ReadsAnOffsetOfWholeHours) {
    EXPECT_EQ(read("2026-06-10 21:50:07+02"), "2026-06-10T19:50:07.000000Z");
}

TEST(Timestamp, WhatIsWrittenIsReadBack) {
    for (Timestamp at : {moment(1970, 1, 1), moment(1969, 7, 20, 20, 17, 40, 1),
                         moment(2026, 12, 31, 23, 59, 59, 999'999), moment(1, 1, 1),
                         moment(9999, 12, 31, 23, 59, 59)})
        EXPECT_EQ(parse_timestamp(format_timestamp(at)), at) << format_timestamp(at);
}

TEST(HttpDate, ReadsTheFormThatServersMustSend) {
    EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), moment(1994, 11, 6, 8, 49, 37));
    EXPECT_EQ(parse_http_date("Thu, 29 Feb 2024 23:59:59 GMT"), moment(2024, 2, 29, 23, 59, 59));
}

TEST(HttpDate, RefusesEverythingElse) {
    for (auto text :
         {"", "120", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET",
          "Sun, 06 Nov 1994 08:49:37 GMT+1", "Sunday, 06-Nov-94 08:49:37 GMT",
          "Sun Nov  6 08:49:37 1994", "Sun, 6 Nov 1994 08:49:37 GMT",
          "Sun, 06 Now 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
          "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT", "1994-11-06T08:49:37Z"})
        EXPECT_FALSE(parse_http_date(text)) << text;
}

}  // namespace
}  // namespace headway::core
