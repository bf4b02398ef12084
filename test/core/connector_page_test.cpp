#include "core/connectors/connector_page.hpp"

#include <gtest/gtest.h>

#include "core/base/text.hpp"
#include "failure_of.hpp"

namespace headway::core {
namespace {

using std::chrono::seconds;
using test::failure_of;

const Timestamp kNow = *parse_timestamp("2026-06-10T12:00:00Z");

RequestSpec calls() {
    RequestSpec request{};
    request.records = "/calls";
    request.pagination = {PageKind::cursor, "/page/next", {Slot::In::query, "cursor"}};
    request.answers = {
        {404, "no calls found", Verdict::empty},    {400, "cursor expired", Verdict::restart},
        {403, "slow down", Verdict::rate_limited},  {409, "", Verdict::retry},
        {200, "\"error\":\"dead\"", Verdict::fail}, {500, "gone for good", Verdict::fail}};
    return request;
}

Result<Page> read(int status, const std::string& body,
                  std::map<std::string, std::string> headers = {}) {
    return read_page(calls(), {status, std::move(headers), body}, kNow);
}

Error error_of(int status, const std::string& body) {
    auto page = read(status, body);
    EXPECT_FALSE(page.ok()) << status << " is no page";
    return page.ok() ? Error{ErrorKind::lost, "no error"} : page.error();
}

TEST(PageRules, ComeBeforeTheStatus) {
    auto empty = read(404, R"({"errors":["no calls found for the period"]})");
    ASSERT_TRUE(empty.ok()) << "this vendor's empty list is a 404";
    EXPECT_TRUE(empty.value().records.empty());
    EXPECT_EQ(empty.value().next_cursor, "");
    EXPECT_EQ(error_of(400, "the cursor expired, sorry").kind, ErrorKind::expired);
    EXPECT_EQ(error_of(403, "please slow down").kind, ErrorKind::rate_limited);
    EXPECT_EQ(error_of(409, "anything").kind, ErrorKind::server)
        << "a rule without words fits any body";
    EXPECT_EQ(error_of(200, R"({"error":"dead","calls":[]})").kind, ErrorKind::refused)
        << "even a 200 may say no";
    EXPECT_EQ(error_of(500, "gone for good").kind, ErrorKind::refused);
}

TEST(PageRules, FitOnlyTheirStatusAndTheirWords) {
    EXPECT_EQ(error_of(404, "<html>not found</html>").kind, ErrorKind::refused)
        << "a real 404 is no empty list";
    EXPECT_EQ(error_of(410, "no calls found").kind, ErrorKind::refused);
    EXPECT_EQ(error_of(400, "bad filter").kind, ErrorKind::refused);
    EXPECT_EQ(error_of(500, "").kind, ErrorKind::server);
}

TEST(PageRules, TheFirstThatFitsDecides) {
    RequestSpec request = calls();
    request.answers = {{404, "", Verdict::retry}, {404, "no calls found", Verdict::empty}};
    EXPECT_EQ(read_page(request, {404, {}, "no calls found"}, kNow).error().kind,
              ErrorKind::server);
}

TEST(PageStatus, DecidesTheKindOfError) {
    struct Case {
        int status;
        ErrorKind kind;
    };
    for (auto [status, kind] : {Case{400, ErrorKind::refused},
                                {401, ErrorKind::refused},
                                {403, ErrorKind::refused},
                                {408, ErrorKind::timeout},
                                {422, ErrorKind::refused},
                                {429, ErrorKind::rate_limited},
                                {500, ErrorKind::server},
                                {502, ErrorKind::server},
                                {503, ErrorKind::server},
                                {301, ErrorKind::refused},
                                {304, ErrorKind::refused}}) {
        Error error = error_of(status, "");
        EXPECT_EQ(error.kind, kind) << status;
        EXPECT_EQ(error.http_status, status);
    }
}

TEST(PageStatus, TheErrorNeverShowsTheBody) {
    for (int status : {400, 401, 500}) {
        Error error = error_of(status, "Ann Smith said hunter2");
        EXPECT_EQ((error.message + error.detail + error.hint).find("Ann"), std::string::npos);
    }
    EXPECT_NE(error_of(401, "").hint, "") << "what to do about it is known";
}

TEST(RetryAfter, IsReadInBothForms) {
    auto wait = [](const std::string& text) {
        return retry_after({429, {{"retry-after", text}}, ""}, kNow);
    };
    EXPECT_EQ(wait("0"), seconds(0));
    EXPECT_EQ(wait("120"), seconds(120));
    EXPECT_EQ(wait("Wed, 10 Jun 2026 12:02:00 GMT"), seconds(120));
    EXPECT_EQ(wait("Wed, 10 Jun 2026 11:00:00 GMT"), seconds(0))
        << "a date that has passed means now";
    for (auto text : {"", "soon", "-5", "+5", "1.5", "120s", "Wed, 10 Jun 2026"})
        EXPECT_EQ(wait(text), std::nullopt) << text;
    EXPECT_EQ(retry_after({429, {}, ""}, kNow), std::nullopt);
}

TEST(RetryAfter, IsBounded) {
    auto wait = [](const std::string& text) {
        return retry_after({429, {{"retry-after", text}}, ""}, kNow).value_or(seconds(-1));
    };
    for (auto text : {"99999999999", "9223372036854775807", "Fri, 31 Dec 9999 23:59:59 GMT"}) {
        EXPECT_GE(wait(text), std::chrono::hours(24)) << text << " is still a long wait";
        EXPECT_LE(wait(text), std::chrono::hours(24 * 31))
            << text << " does not stop a connector for good";
    }
}

TEST(RetryAfter, MoreDigitsThanAMachineHoldsAreALongWaitToo) {
    auto wait = retry_after({429, {{"retry-after", "99999999999999999999"}}, ""}, kNow);
    ASSERT_TRUE(wait);
    EXPECT_GE(*wait, std::chrono::hours(24));
}

TEST(RetryAfter, TravelsWithTheError) {
    auto page = read(503, "", {{"retry-after", "7"}});
    EXPECT_EQ(page.error().retry_after, seconds(7));
    page = read(403, "slow down", {{"retry-after", "8"}});
    EXPECT_EQ(page.error().retry_after, seconds(8));
}

TEST(PageRecords, AreReadWithTheNextCursor) {
    auto page = read(200, R"({"calls":[{"id":"1"},{"id":"2"}],"page":{"next":"abc"}})");
    ASSERT_TRUE(page.ok());
    EXPECT_EQ(page.value().records.size(), 2u);
    EXPECT_EQ(page.value().next_cursor, "abc");
    EXPECT_EQ(page.value().repairs, 0u);
    EXPECT_EQ(read(201, R"({"calls":[]})").value().next_cursor, "") << "no cursor: the last page";
    EXPECT_EQ(read(200, R"({"calls":[],"page":{"next":null}})").value().next_cursor, "");
    EXPECT_EQ(read(200, R"({"calls":[],"page":{"next":""}})").value().next_cursor, "");
    EXPECT_EQ(read(200, R"({"calls":[],"page":{"next":12345678901234567890}})").value().next_cursor,
              "12345678901234567890");
}

TEST(PageRecords, MayBeTheWholeAnswer) {
    RequestSpec request{};
    EXPECT_EQ(read_page(request, {200, {}, "[1,2,3]"}, kNow).value().records.size(), 3u);
}

TEST(PageRecords, OneObjectIsOneRecord) {
    auto page = read(200, R"({"calls":{"id":1},"page":{"next":"abc"}})");
    ASSERT_TRUE(page.ok());
    ASSERT_EQ(page.value().records.size(), 1u);
    EXPECT_EQ(page.value().records[0].dump(), R"({"id":1})");
    EXPECT_EQ(page.value().next_cursor, "abc");
}

TEST(PageRecords, WhatIsNoListIsABrokenContract) {
    for (auto body :
         {R"({"calls":7})", R"({"calls":null})", R"({"calls":"none"})", "{}", "[]", "null", "",
          "<html>", R"({"calls":[)", "\xFF\xFE", R"({"calls":[]} trailing)"})
        EXPECT_EQ(error_of(200, body).kind, ErrorKind::protocol) << body;
}

TEST(PageRecords, OneBadCharacterDoesNotCostThePage) {
    auto page = read(200,
                     "{\"calls\":[{\"id\":\"1\",\"a\":\"caf\xE9\",\"b\":\"\\ud83d\",\"c\":"
                     "\"x\\u0000y\",\"d\":\"fine\"}]}");
    ASSERT_TRUE(page.ok());
    EXPECT_EQ(page.value().repairs, 3u);
    const Json& record = page.value().records.at(0);
    EXPECT_EQ(record["a"].as_string(), "caf\uFFFD");
    EXPECT_EQ(record["b"].as_string(), "\uFFFD");
    EXPECT_EQ(record["c"].as_string(), "x\uFFFDy");
    EXPECT_EQ(record["d"].as_string(), "fine");
}

TEST(PageRecords, DeepNestingIsRefused) {
    std::string deep =
        R"({"calls":[)" + std::string(100'000, '[') + std::string(100'000, ']') + "]}";
    EXPECT_EQ(error_of(200, deep).kind, ErrorKind::protocol);
}

TEST(PageRecords, BigIntegersKeepEveryDigit) {
    auto body =
        R"({"calls":[{"id":9007199254740993,"n":123456789012345678901234567890,"x":0.30000000000000001}]})";
    EXPECT_EQ(
        read(200, body).value().records.at(0).dump(),
        R"({"id":9007199254740993,"n":123456789012345678901234567890,"x":0.30000000000000001})");
}

const ListSpec kList{"calls", "/id", "/started", seconds(0)};

RequestValues june() {
    RequestValues values;
    values.window_from = *parse_timestamp("2026-06-01T00:00:00Z");
    values.window_to = *parse_timestamp("2026-06-08T00:00:00Z");
    return values;
}

ListedPage list(const std::string& records) {
    return read_list(kList, Page{Json::parse(records).as_array(), "next", 2}, june());
}
ListedPage list_at(const std::string& time) {
    return list(R"([{"id":"1","started":")" + time + R"("}])");
}

TEST(ListedPage, KnowsEachRecordsIdAndTime) {
    ListedPage listed = list(
        R"([{"id":"b","started":"2026-06-03T00:00:00+02:00"},{"id":9007199254740993,"started":"2026-06-02T00:00:00Z"},
                                 {"started":"2026-06-04T00:00:00Z"},{"id":"c"},
                                 {"id":"d","started":"yesterday"},"stray"])");
    ASSERT_EQ(listed.records.size(), 6u) << "no record is dropped";
    EXPECT_EQ(listed.records[0].id, "b");
    EXPECT_EQ(listed.records[0].at, parse_timestamp("2026-06-02T22:00:00Z"));
    EXPECT_EQ(listed.records[1].id, "9007199254740993");
    EXPECT_EQ(listed.records[2].id, "");
    EXPECT_FALSE(listed.records[3].at);
    EXPECT_FALSE(listed.records[4].at);
    EXPECT_EQ(listed.records[5].record, Json("stray"));
    EXPECT_EQ(listed.min_at, parse_timestamp("2026-06-02T00:00:00Z"));
    EXPECT_EQ(listed.max_at, parse_timestamp("2026-06-04T00:00:00Z"));
    EXPECT_EQ(listed.next_cursor, "next");
    EXPECT_EQ(listed.repairs, 2u);
}

TEST(ListedPage, ARecordOutsideTheWindowMeansThatTheFilterWasIgnored) {
    for (auto time : {"2026-05-31T23:59:58Z", "2025-06-03T00:00:00Z", "2026-06-08T00:00:02Z",
                      "2027-06-03T00:00:00Z"}) {
        Error error = failure_of([&] { list_at(time); });
        EXPECT_EQ(error.kind, ErrorKind::protocol) << time;
    }
    EXPECT_EQ(
        failure_of([] {
            list(
                R"([{"id":"1","started":"2026-06-03T00:00:00Z"},{"id":"2","started":"2020-01-01T00:00:00Z"}])");
        }).kind,
        ErrorKind::protocol)
        << "one is enough";
}

TEST(ListedPage, VendorsRoundSoASecondIsForgiven) {
    for (auto time : {"2026-05-31T23:59:59Z", "2026-06-01T00:00:00Z", "2026-06-07T23:59:59.999999Z",
                      "2026-06-08T00:00:00Z", "2026-06-08T00:00:00.999Z"})
        EXPECT_EQ(list_at(time).records.size(), 1u) << time;
    EXPECT_EQ(failure_of([] { list_at("2026-05-31T23:59:58.999999Z"); }).kind, ErrorKind::protocol);
    EXPECT_EQ(failure_of([] { list_at("2026-06-08T00:00:01.000001Z"); }).kind, ErrorKind::protocol);
}

TEST(ListedPage, WithoutTimesNothingIsChecked) {
    ListSpec timeless = kList;
    timeless.at = "";
    ListedPage listed = read_list(
        timeless,
        Page{Json::parse(R"([{"id":"1","started":"2020-01-01T00:00:00Z"}])").as_array(), "", 0},
        june());
    EXPECT_EQ(listed.records.size(), 1u);
    EXPECT_FALSE(listed.min_at || listed.max_at);
    EXPECT_TRUE(list("[]").records.empty());
}

ListedPage filtered(const std::string& records, bool newest_first = false,
                    TimeForm form = TimeForm::iso) {
    ListSpec list = kList;
    list.window = WindowRule::filtered;
    list.newest_first = newest_first;
    list.at_as = form;
    return read_list(list, Page{Json::parse(records).as_array(), "next", 0}, june());
}

TEST(FilteredList, LeavesOutWhatLiesOutsideTheWindowAndCountsIt) {
    ListedPage listed = filtered(
        R"([{"id":"1","started":"2026-06-09T00:00:00Z"},{"id":"2","started":"2026-06-03T00:00:00Z"},
                                     {"id":"3","started":"2020-01-01T00:00:00Z"},{"id":"4"}])");
    ASSERT_EQ(listed.records.size(), 2u);
    EXPECT_EQ(listed.records[0].id, "2");
    EXPECT_EQ(listed.records[1].id, "4") << "what has no time is not ours to leave out";
    EXPECT_EQ(listed.left_out, 2u);
    EXPECT_EQ(listed.max_at, parse_timestamp("2026-06-03T00:00:00Z"));
    EXPECT_EQ(listed.next_cursor, "next") << "a list in no order goes on";
}

TEST(FilteredList, NewestFirstEndsWithThePageThatEndsBeforeTheWindow) {
    const char* ends_before =
        R"([{"id":"1","started":"2026-06-03T00:00:00Z"},{"id":"2","started":"2026-05-03T00:00:00Z"}])";
    EXPECT_EQ(filtered(ends_before, true).next_cursor, "");
    EXPECT_EQ(filtered(ends_before, true).records.size(), 1u);
    EXPECT_EQ(filtered(R"([{"id":"1","started":"2026-06-09T00:00:00Z"}])", true).next_cursor,
              "next")
        << "its window is still to come";
    EXPECT_EQ(filtered(R"([{"id":"1"}])", true).next_cursor, "next");
}

TEST(ListedPage, TimesMayBeNumbers) {
    auto at = [](const char* time, TimeForm form) {
        auto listed = filtered(std::string(R"([{"id":"1","started":)") + time + "}]", false, form);
        return listed.max_at;
    };
    auto june_third = parse_timestamp("2026-06-03T00:00:00Z");
    EXPECT_EQ(at("1780444800", TimeForm::unix_seconds), june_third);
    EXPECT_EQ(at("1780444800.25", TimeForm::unix_seconds), june_third);
    EXPECT_EQ(at("1.7804448e9", TimeForm::unix_seconds), june_third);
    EXPECT_EQ(at(R"("1780444800")", TimeForm::unix_seconds), june_third);
    EXPECT_EQ(at("1780444800000", TimeForm::unix_ms), june_third);
    for (auto time :
         {"-1", "1e300", R"("soon")", R"("2026-06-03T00:00:00Z")", "true", "[1]", R"("")"})
        EXPECT_EQ(at(time, TimeForm::unix_seconds), std::nullopt) << time;
}

TEST(CursorMark, TellsCursorsApartInFewCharacters) {
    EXPECT_EQ(cursor_mark("abc"), cursor_mark("abc"));
    EXPECT_NE(cursor_mark("abc"), cursor_mark("abd"));
    EXPECT_LE(cursor_mark(std::string(100'000, 'x')).size(), 64u);
    EXPECT_EQ(cursor_mark("secret-cursor").find("secret"), std::string::npos);
}

}  // namespace
}  // namespace headway::core
