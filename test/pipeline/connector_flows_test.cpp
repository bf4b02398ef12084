#include <gtest/gtest.h>

#include "core/base/text.hpp"
#include "core/connectors/connector_page.hpp"
#include "fakes/fake_ports.hpp"
#include "fakes/gong_like.hpp"
#include "pipeline/flows.hpp"
#include "pipeline/task_runner.hpp"

namespace headway::pipeline {
namespace {

using core::Json;
using test::FakeWorker;
using test::Live;
using namespace std::chrono_literals;

ClaimedTask task_of(const std::string& kind, const std::string& payload = "{}") {
    return {"w", 1, 1, kind, Json::parse(payload), 1};
}

std::string page(const std::string& ids, const std::string& next = "") {
    std::string calls;
    for (auto id : core::split(ids, ',')) {
        if (id.empty()) continue;
        calls += (calls.empty() ? "" : ",") + std::string(R"({"id":")") + std::string(id) +
                 R"(","started":"2025-12-30T10:00:00Z"})";
    }
    return R"({"calls":[)" + calls + R"(],"page":{)" +
           (next.empty() ? "" : R"("next":")" + next + "\"") + "}}";
}

struct ConnectorFlows : ::testing::Test {
    ConnectorFlows() { worker.store.source = test::gong_like_source(); }
    void run(ClaimedTask task) {
        worker.loop.run(run_task(worker.ctx, std::move(task)));
        EXPECT_EQ(Live::count, 0) << "every exchange has ended";
    }
    const test::FakeStore::Told& last() const { return worker.store.told.back(); }

    FakeWorker worker;
};

TEST_F(ConnectorFlows, AListedPageIsSettledWithItsRecordsAndTheNextCursor) {
    worker.http.answer(200, page("1,2,3", "next-cursor"));
    run(task_of("list"));
    ASSERT_EQ(worker.store.count("list"), 1);
    EXPECT_EQ(last().answer["records"].items().size(), 3u);
    EXPECT_EQ(last().answer["records"].items()[0]["id"].as_string(), "1");
    EXPECT_EQ(last().answer["next_cursor"].as_string(), "next-cursor");
    EXPECT_EQ(last().answer["marks"].items().size(), 1u);
    EXPECT_EQ(last().answer["min_at"].as_string(), "2025-12-30T10:00:00.000000Z");
}

TEST_F(ConnectorFlows, ARecordThatAWebhookBroughtIsSettledLikeAListedOneOfAnyTime) {
    run(task_of("receive", R"({"given": {"id": "7", "started": "2019-01-01T00:00:00Z"}})"));
    EXPECT_TRUE(worker.http.requests.empty()) << "nothing is left to ask for";
    ASSERT_EQ(worker.store.count("list"), 1);
    EXPECT_EQ(last().answer["records"].items().at(0)["id"].as_string(), "7");
    EXPECT_EQ(last().answer["next_cursor"].as_string(), "");
}

TEST_F(ConnectorFlows, AnIdThatAWebhookToldIsLookedUpThroughAllPages) {
    worker.store.source.put("/spec/requests/one", Json::parse(R"({
        "method": "GET", "path": "/v2/calls/{parent}", "records": "/calls",
        "pagination": {"kind": "cursor", "next": "/page/next", "send": {"in": "query", "at": "cursor"}}})"));
    worker.http.answer(200, page("1", "more"));
    worker.http.answer(200, page("2"));
    run(task_of("receive", R"({"lookup": "s/1", "request": "one"})"));
    EXPECT_EQ(worker.http.requests.at(0).url, "https://api.vendor.example/v2/calls/s%2F1");
    ASSERT_EQ(worker.store.count("list"), 1);
    EXPECT_EQ(last().answer["records"].items().size(), 2u);
}

TEST_F(ConnectorFlows, TheRequestCarriesAuthWindowAndCursorInTheBody) {
    worker.http.answer(200, page("1"));
    run(task_of("list", R"({"cursor":"abc"})"));
    const net::HttpRequest& sent = worker.http.requests.at(0);
    EXPECT_EQ(sent.url, "https://api.vendor.example/v2/calls");
    Json body = Json::parse(sent.body);
    EXPECT_EQ(body["cursor"].as_string(), "abc");
    EXPECT_EQ(body["filter"]["from"].as_string(), "2025-12-25T00:00:00.000000Z");
    EXPECT_EQ(body["filter"].find("team"), nullptr) << "an unset setting is left out";
    bool authorised = false;
    for (const auto& [name, value] : sent.headers)
        authorised |= name == "Authorization" && value == "Basic a2V5OnNlY3JldA==";
    EXPECT_TRUE(authorised);
    EXPECT_FALSE(sent.allow_private);
}

TEST_F(ConnectorFlows, AnEmptyListMayComeAs404) {
    worker.http.answer(404, R"({"errors":["nothing found here"]})");
    run(task_of("list"));
    ASSERT_EQ(worker.store.count("list"), 1);
    EXPECT_TRUE(last().answer["records"].items().empty());
}

TEST_F(ConnectorFlows, AReal404FailsForGoodWithAHint) {
    worker.http.answer(404, "<html>no such path</html>");
    run(task_of("list"));
    ASSERT_EQ(worker.store.count("fail"), 1);
    EXPECT_EQ(last().answer["kind"].as_string(), "refused");
    EXPECT_FALSE(last().answer["again"].as_bool());
}

TEST_F(ConnectorFlows, ServerErrorsAreRetriedWithinTheExchange) {
    worker.http.answer(500, "");
    worker.http.fail(core::ErrorKind::network);
    worker.http.answer(200, page("1"));
    run(task_of("list"));
    EXPECT_EQ(worker.store.count("list"), 1);
    EXPECT_EQ(worker.http.requests.size(), 3u);
}

TEST_F(ConnectorFlows, AfterThreeTriesTheAttemptFailsAndComesAgainLater) {
    for (int i = 0; i < 3; ++i) worker.http.answer(503, "");
    run(task_of("list"));
    ASSERT_EQ(worker.store.count("fail"), 1);
    EXPECT_TRUE(last().answer["again"].as_bool());
}

TEST_F(ConnectorFlows, AShortRetryAfterIsWaitedFor) {
    worker.http.answer(429, "", {{"retry-after", "4"}});
    worker.http.answer(200, page("1"));
    async::TimePoint start = worker.clock.now();
    run(task_of("list"));
    EXPECT_EQ(worker.store.count("list"), 1);
    EXPECT_GE(worker.clock.now() - start, 4s);
}

TEST_F(ConnectorFlows, ALongRetryAfterIsStoredAndNotSlept) {
    worker.http.answer(429, "", {{"retry-after", "10800"}});
    async::TimePoint start = worker.clock.now();
    run(task_of("list"));
    ASSERT_EQ(worker.store.count("defer"), 1);
    EXPECT_GE(last().answer["seconds"].as_integer(), 10800);
    EXPECT_LT(worker.clock.now() - start, 1s);
}

TEST_F(ConnectorFlows, ABudgetThatHasRoomSoonIsWaitedForOneThatHasNotDefersTheTask) {
    worker.store.budget_waits = {worker.ctx.now() + 1s};
    worker.http.answer(200, page("1"));
    run(task_of("list"));
    EXPECT_EQ(worker.store.count("list"), 1);

    worker.store.budget_waits = {worker.ctx.now() + 2h};
    run(task_of("list"));
    ASSERT_EQ(worker.store.count("defer"), 1);
    EXPECT_EQ(worker.http.requests.size(), 1u) << "nothing was sent";
}

TEST_F(ConnectorFlows, DetailsLeaveAPlaceInTheBudgetToTheNextPage) {
    auto waited = [&](ClaimedTask task, const std::string& answer) {
        worker.store.budget_waits = {worker.ctx.now() + 1s};
        worker.http.answer(200, answer);
        async::TimePoint start = worker.clock.now();
        run(std::move(task));
        return worker.clock.now() - start;
    };
    auto by_list = waited(task_of("list"), page("1"));
    auto by_details = waited(task_of("detail", R"({"records":[{"id":"1","record":{}}]})"),
                             R"({"transcripts":[]})");
    EXPECT_EQ(worker.store.count("detail"), 1);
    EXPECT_GT(by_details, by_list);
    EXPECT_LT(by_details, by_list + 100ms) << "not for long, where nobody wants it";
}

TEST_F(ConnectorFlows, ACursorThatComesBackIsAnError) {
    worker.http.answer(200, page("1", "again"));
    run(task_of("list", R"({"cursor":"again","marks":[")" + core::cursor_mark("again") + R"("]})"));
    ASSERT_EQ(worker.store.count("fail"), 1);
    EXPECT_EQ(last().answer["message"].as_string(), "the vendor repeats a cursor");
}

TEST_F(ConnectorFlows, APageThatComesBackIsAnError) {
    worker.http.answer(200, page("1", "fresh"));
    worker.store.outcomes["list"] = {Json::Object{{"repeated", true}}};
    run(task_of("list"));
    ASSERT_EQ(worker.store.count("fail"), 1);
    EXPECT_EQ(last().answer["message"].as_string(), "the vendor repeats a page");
}

TEST_F(ConnectorFlows, RecordsOutsideTheWindowMeanThatTheFilterWasIgnored) {
    worker.http.answer(200, R"({"calls":[{"id":"1","started":"2025-01-01T00:00:00Z"}],"page":{}})");
    run(task_of("list"));
    ASSERT_EQ(worker.store.count("fail"), 1);
    EXPECT_EQ(last().answer["message"].as_string(), "the vendor ignored the time window");
}

TEST_F(ConnectorFlows, AListOverALongWindowGivesWayToOneOverEachSpan) {
    worker.store.source.put("/spec/list/spans", 4);
    worker.store.source.set("window_from", "2025-12-01T00:00:00Z");
    worker.store.source.set("max_items", 5000);
    run(task_of("list"));
    EXPECT_TRUE(worker.http.requests.empty()) << "that costs no request";
    ASSERT_EQ(worker.store.count("split"), 1);
    EXPECT_EQ(
        last().answer.dump(),
        R"([{"span":{"n":1,"from":"2025-12-01T00:00:00.000000Z","to":"2025-12-14T09:43:48.000000Z"}},)"
        R"({"span":{"n":2,"from":"2025-12-14T09:43:48.000000Z","to":"2025-12-24T11:01:38.000000Z"}},)"
        R"({"span":{"n":3,"from":"2025-12-24T11:01:38.000000Z","to":"2026-01-01T00:00:00.000000Z"}}])");
}

TEST_F(ConnectorFlows, AListThatHasBegunIsNotSplit) {
    worker.store.source.put("/spec/list/spans", 4);
    worker.store.source.set("window_from", "2025-12-01T00:00:00Z");
    worker.store.source.set("max_items", 5000);
    for (auto payload :
         {R"({"span":{"n":1}})", R"({"cursor":"c","page":2})", R"({"restarted":true})"}) {
        worker.http.answer(200, page("1"));
        run(task_of("list", payload));
    }
    EXPECT_EQ(worker.store.count("list"), 3);
    EXPECT_EQ(worker.store.count("split"), 0);
}

TEST_F(ConnectorFlows, AnExpiredCursorStartsTheListAgain) {
    worker.http.answer(400, R"({"errors":["cursor has expired"]})");
    run(task_of("list", R"({"cursor":"old"})"));
    EXPECT_EQ(worker.store.count("restart"), 1);
}

TEST_F(ConnectorFlows, MalformedJsonIsTriedAgainAndThenFailsTheAttempt) {
    for (int i = 0; i < 3; ++i) worker.http.answer(200, R"({"calls":[{"id":)");
    run(task_of("list"));
    ASSERT_EQ(worker.store.count("fail"), 1);
    EXPECT_EQ(last().answer["kind"].as_string(), "protocol");
    EXPECT_TRUE(last().answer["again"].as_bool());
}

TEST_F(ConnectorFlows, DetailsAreJoinedToTheirRecordsOverAllPages) {
    worker.http.answer(
        200,
        R"({"transcripts":[{"callId":"b","text":"two"},{"callId":"zzz"}],"page":{"next":"p2"}})");
    worker.http.answer(200, R"({"transcripts":[{"callId":"a","text":"one"}],"page":{}})");
    run(task_of(
        "detail",
        R"({"records":[{"id":"a","record":{}},{"id":"b","record":{}},{"id":"c","record":{}}]})"));
    ASSERT_EQ(worker.store.count("detail"), 1);
    const Json& children = last().answer["children"];
    EXPECT_EQ(children["a"]["transcripts"].items().at(0)["text"].as_string(), "one");
    EXPECT_EQ(children["b"]["transcripts"].items().at(0)["text"].as_string(), "two");
    EXPECT_TRUE(children["c"]["transcripts"].items().empty());
    EXPECT_EQ(last().answer["strangers"].as_integer(), 1);
    EXPECT_EQ(Json::parse(worker.http.requests[0].body)["ids"].items().size(), 3u);
}

TEST_F(ConnectorFlows, APageOfDetailsThatComesBackUnderAFreshCursorIsAnError) {
    for (auto next : {"p2", "p3", "p4"})
        worker.http.answer(200, std::string(R"({"transcripts":[{"callId":"a"}],"page":{"next":")") +
                                    next + R"("}})");
    run(task_of("detail", R"({"records":[{"id":"a","record":{}}]})"));
    ASSERT_EQ(worker.store.count("fail"), 1);
    EXPECT_EQ(last().answer["message"].as_string(), "the vendor repeats a page");
    EXPECT_EQ(worker.http.requests.size(), 2u);
}

TEST_F(ConnectorFlows, ChildrenOneByOneAreAskedForOnlyWhereTheyAreNeeded) {
    Json child =
        Json::parse(R"({"request":"insights","parent":"/rec/id","when":"/rec","unless":"/text"})");
    worker.store.source.put(
        "/spec/requests/insights",
        Json::parse(R"({"method":"GET","path":"/v2/{parent}/insights","records":""})"));
    worker.store.source.put("/spec/children/insights", child);
    worker.http.answer(200, R"({"transcripts":[],"page":{}})");
    worker.http.answer(200, R"({"summary":"one"})");
    run(task_of(
        "detail",
        R"({"records":[{"id":"a","record":{"rec":{"id":7}}},{"id":"b","record":{"rec":null}},
                                         {"id":"c","record":{"rec":{"id":8},"text":"is there"}}]})"));
    ASSERT_EQ(worker.store.count("detail"), 1);
    ASSERT_EQ(worker.http.requests.size(), 2u);
    EXPECT_EQ(worker.http.requests[1].url, "https://api.vendor.example/v2/7/insights");
    const Json& children = last().answer["children"];
    EXPECT_EQ(children["a"]["insights"].dump(), R"([{"summary":"one"}])");
    EXPECT_EQ(children["b"]["insights"].dump(), "[]") << "each record has each child, be it empty";
    EXPECT_EQ(children["c"]["insights"].dump(), "[]");
}

TEST_F(ConnectorFlows, AListThatWeFilterStopsWhenAPageComesBack) {
    worker.store.source.put("/spec/list/window", "filtered");
    std::string old =
        R"({"calls":[{"id":"1","started":"2020-01-01T00:00:00Z"}],"page":{"next":"c2"}})";
    worker.http.answer(200, old);
    run(task_of("list"));
    ASSERT_EQ(worker.store.count("list"), 1);
    EXPECT_TRUE(last().answer["records"].items().empty());
    EXPECT_EQ(last().answer["left_out"].as_integer(), 1);
    Json marks = last().answer["marks"];
    worker.http.answer(
        200, R"({"calls":[{"id":"1","started":"2020-01-01T00:00:00Z"}],"page":{"next":"c3"}})");
    run(task_of("list", Json(Json::Object{{"cursor", "c2"}, {"marks", marks}}).dump()));
    ASSERT_EQ(worker.store.count("fail"), 1);
    EXPECT_EQ(last().answer["message"].as_string(), "the vendor repeats a page");
}

TEST_F(ConnectorFlows, ABusyDatabaseIsAskedAgainAndTheAnswerIsNotLost) {
    worker.http.answer(200, page("1"));
    for (int i = 0; i < 3; ++i) worker.store.troubles.push_back({core::ErrorKind::busy, "locked"});
    run(task_of("list"));
    EXPECT_EQ(worker.store.count("list"), 1);
    EXPECT_EQ(worker.http.requests.size(), 1u);
}

TEST_F(ConnectorFlows, ATaskThatIsSomebodyElsesByNowSendsNothing) {
    worker.store.source = Json();
    run(task_of("list"));
    EXPECT_TRUE(worker.http.requests.empty());
    EXPECT_TRUE(worker.store.told.empty());
}

TEST_F(ConnectorFlows, WhileTheVendorAskedToWaitNothingIsSent) {
    worker.store.keeps_ledger = true;
    worker.store.ledger.heed({"", {}, worker.ctx.now() + 120s});
    run(task_of("list"));
    ASSERT_EQ(worker.store.count("defer"), 1);
    EXPECT_GE(last().answer["seconds"].as_integer(), 120);
    EXPECT_TRUE(worker.http.requests.empty());
}

TEST_F(ConnectorFlows, ARefusalForTooManyRequestsStopsAllWorkersThatObeyTheLedger) {
    worker.store.keeps_ledger = true;
    worker.http.answer(429, "");
    run(task_of("list"));
    ASSERT_EQ(worker.store.count("defer"), 1) << "thirty seconds are not slept";
    EXPECT_GE(last().answer["seconds"].as_integer(), 30);
    ASSERT_EQ(worker.store.notices.size(), 1u);
    EXPECT_TRUE(worker.store.notices[0].stops_all);
    run(task_of("list"));
    EXPECT_EQ(worker.http.requests.size(), 1u) << "another task does not ask meanwhile";
    worker.clock.advance(31s);
    worker.http.answer(200, page("1"));
    run(task_of("list"));
    EXPECT_EQ(worker.store.count("list"), 1);
}

TEST_F(ConnectorFlows, WhatTheVendorStatesOfItsBudgetIsKeptOnce) {
    worker.store.source.put("/spec/budgets",
                            Json::parse(R"([{"requests":10,"seconds":60,"group":"heavy"}])"));
    worker.store.source.put("/spec/requests/calls/group", "heavy");
    worker.store.source.put("/spec/rate_headers",
                            Json::parse(R"({"limit":"X-Limit","remaining":"X-Left"})"));
    worker.store.keeps_ledger = true;
    for (int i = 0; i < 3; ++i) {
        worker.http.answer(200, page("1"), {{"x-limit", "5"}, {"x-left", "4"}});
        run(task_of("list"));
    }
    EXPECT_EQ(worker.store.count("list"), 3);
    EXPECT_EQ(worker.store.reserved, (std::vector<std::string>{"heavy", "heavy", "heavy"}));
    ASSERT_EQ(worker.store.notices.size(), 1u) << "what is known is not written again";
    EXPECT_EQ(worker.store.notices[0].stated->requests, 5);
    worker.http.answer(200, page("1"), {{"x-limit", "20"}, {"x-left", "4"}});
    run(task_of("list"));
    ASSERT_EQ(worker.store.notices.size(), 2u);
    EXPECT_FALSE(worker.store.notices[1].stated) << "ours holds again";
}

TEST_F(ConnectorFlows, ATaskThatHasGotSomethingWaitsLongerForTheRest) {
    worker.store.source.put("/spec/children/transcripts/batch", 1);
    worker.http.answer(200, R"({"transcripts":[{"callId":"a"}],"page":{}})");
    worker.http.answer(200, R"({"transcripts":[{"callId":"b"}],"page":{}})");
    worker.http.delay = 1s;
    bool first = true;
    worker.port.on_wait = [&] {  // while the first answer is under way
        if (worker.http.requests.size() == 1 && std::exchange(first, false))
            worker.store.budget_waits = {worker.ctx.now() + 50s};
    };
    run(task_of("detail", R"({"records":[{"id":"a","record":{}},{"id":"b","record":{}}]})"));
    EXPECT_EQ(worker.store.count("detail"), 1)
        << "the first answer would have to be asked for again";
    EXPECT_EQ(worker.store.count("defer"), 0);
}

TEST_F(ConnectorFlows, DestroyingAFlowCancelsItsExchange) {
    worker.http.delay = 1h;
    {
        async::Task<void> flow = list(worker.ctx, task_of("list"));
        flow.start();
        EXPECT_EQ(Live::count, 1);
    }
    EXPECT_EQ(Live::count, 0);
}

}  // namespace
}  // namespace headway::pipeline
