#include "pipeline/access_token.hpp"

#include <gtest/gtest.h>

#include "async/task_group.hpp"
#include "fakes/fake_ports.hpp"
#include "fakes/gong_like.hpp"
#include "pipeline/dispatcher.hpp"
#include "pipeline/task_runner.hpp"

namespace headway::pipeline {
namespace {

using core::Json;
using test::FakeWorker;
using test::Live;
using namespace std::chrono_literals;

const char* kCalls = R"({"calls":[{"id":"1","started":"2025-12-30T10:00:00Z"}],"page":{}})";

struct AccessTokens : ::testing::Test {
    AccessTokens() {
        worker.store.source = test::gong_like_source();
        worker.store.source.put("/spec/credentials",
                                Json::parse(R"({"id":{},"secret":{},"refresh":{}})"));
        worker.store.source.put("/spec/auth",
                                Json::parse(R"({"kind":"oauth2_refresh_token","path":"/token",
            "client_id":"id","client_secret":"secret","refresh_token":"refresh","group":"auth"})"));
        worker.store.source.put("/spec/budgets",
                                Json::parse(R"([{"requests":5,"seconds":60,"group":"auth"}])"));
        worker.secrets.credentials = Json::parse(R"({"id":"me","secret":"s","refresh":"r1"})");
    }
    void grant(const std::string& token, const std::string& refresh = "r1") {
        worker.http.answer(200, R"({"access_token":")" + token +
                                    R"(","expires_in":100,"refresh_token":")" + refresh + "\"}");
    }
    void run(int tasks = 1) {
        async::TaskGroup group(worker.loop,
                               [](std::exception_ptr) { ADD_FAILURE() << "no task throws"; });
        for (int i = 1; i <= tasks; ++i)
            group.spawn(i, run_task(worker.ctx, {"w", i, 1, "list", Json::object(), 1}));
        worker.loop.run(group.drain());
        EXPECT_EQ(Live::count, 0) << "every exchange has ended";
    }
    // What a request went by, "" for those that mint.
    std::string bearer(std::size_t request) {
        for (const auto& [name, value] : worker.http.requests.at(request).headers)
            if (name == "Authorization" && value.starts_with("Bearer ")) return value.substr(7);
        return {};
    }
    int mints() {
        int n = 0;
        for (const auto& request : worker.http.requests) n += request.url.ends_with("/token");
        return n;
    }

    FakeWorker worker;
};

TEST_F(AccessTokens, OneIsMintedKeptAndUsed) {
    grant("t1");
    worker.http.answer(200, kCalls);
    run();
    EXPECT_EQ(worker.store.count("list"), 1);
    ASSERT_EQ(worker.http.requests.size(), 2u);
    EXPECT_EQ(worker.http.requests[0].url, "https://api.vendor.example/token");
    EXPECT_EQ(worker.http.requests[0].body, "grant_type=refresh_token&refresh_token=r1");
    EXPECT_EQ(bearer(1), "t1");
    ASSERT_EQ(worker.store.kept.size(), 1u);
    EXPECT_EQ(worker.store.kept[0]["fresh_seconds"].as_integer(), 90);
    EXPECT_EQ(worker.store.kept[0]["minted_with"].as_string(), "k");
    EXPECT_TRUE(worker.store.kept[0]["credentials"].is_null()) << "the refresh token is the same";
    EXPECT_EQ(worker.store.reserved, (std::vector<std::string>{"auth", ""}));
    worker.http.answer(200, kCalls);
    run();
    EXPECT_EQ(mints(), 1) << "the next task takes the same";
    EXPECT_EQ(bearer(2), "t1");
}

TEST_F(AccessTokens, ManyTasksWaitForOneMint) {
    worker.http.delay = 1s;
    grant("t1");
    for (int i = 0; i < 20; ++i) worker.http.answer(200, kCalls);
    run(20);
    EXPECT_EQ(worker.store.count("list"), 20);
    EXPECT_EQ(mints(), 1);
}

TEST_F(AccessTokens, OneThatAnotherWorkerMintsIsWaitedFor) {
    worker.store.is_minting = true;
    int waits = 0;
    worker.port.on_wait = [&] {
        if (++waits == 5)
            worker.store.token = worker.secrets.seal("w", "o", Json::Object{{"token", "theirs"}});
    };
    worker.http.answer(200, kCalls);
    run();
    EXPECT_EQ(worker.store.count("list"), 1);
    EXPECT_EQ(bearer(0), "theirs");
}

TEST_F(AccessTokens, OneThatIsNeverMintedIsNotWaitedForForEver) {
    worker.store.is_minting = true;
    run();
    ASSERT_EQ(worker.store.count("defer"), 1) << "it was no fault of the task's";
    EXPECT_TRUE(worker.http.requests.empty());
}

TEST_F(AccessTokens, ARotatedRefreshTokenIsKeptWithTheAccessToken) {
    grant("t1", "r2");
    worker.http.answer(200, kCalls);
    run();
    ASSERT_EQ(worker.store.kept.size(), 1u);
    EXPECT_EQ(worker.store.kept[0]["credentials"]["open"].dump(),
              R"({"id":"me","secret":"s","refresh":"r2"})");
}

TEST_F(AccessTokens, ATokenThatIsRefusedIsMintedAnewOnce) {
    worker.store.token = worker.secrets.seal("w", "o", Json::Object{{"token", "old"}});
    worker.http.answer(401, "");
    grant("new");
    worker.http.answer(200, kCalls);
    run();
    EXPECT_EQ(worker.store.count("list"), 1);
    EXPECT_EQ(worker.store.dropped, std::vector<std::string>{"s1"})
        << "exactly the one that was refused";
    EXPECT_EQ(bearer(0), "old");
    EXPECT_EQ(bearer(2), "new");
}

TEST_F(AccessTokens, OneThatIsRefusedAsSoonAsItIsMintedFailsTheTask) {
    worker.store.token = worker.secrets.seal("w", "o", Json::Object{{"token", "old"}});
    worker.http.answer(401, "");
    grant("new");
    worker.http.answer(401, "");
    run();
    ASSERT_EQ(worker.store.count("fail"), 1);
    EXPECT_FALSE(worker.store.told.back().answer["again"].as_bool());
    EXPECT_EQ(worker.store.dropped.size(), 1u);
    EXPECT_EQ(mints(), 1);
}

TEST_F(AccessTokens, ARefusedMintFailsAllThatWaitAndGivesTheLeaseBack) {
    worker.http.delay = 1s;
    worker.http.answer(400, R"({"error":"invalid_grant"})");
    run(5);
    EXPECT_EQ(worker.store.count("fail"), 5);
    EXPECT_EQ(mints(), 1) << "not each of them asks with credentials that are not taken";
    EXPECT_FALSE(worker.store.is_minting);
    EXPECT_NE(worker.store.told.back().answer["message"].as_string().find("HTTP status 400"),
              std::string::npos);
}

TEST_F(AccessTokens, APassingFaultOfTheVendorIsTriedAgainWithinTheMint) {
    worker.http.answer(503, "");
    worker.http.fail(core::ErrorKind::network);
    grant("t1");
    worker.http.answer(200, kCalls);
    run();
    EXPECT_EQ(worker.store.count("list"), 1);
    EXPECT_EQ(mints(), 3);
}

TEST_F(AccessTokens, WhatTheVendorHasGrantedIsKeptHoweverBusyTheDatabaseIs) {
    for (int i = 0; i < 30; ++i)
        worker.store.token_troubles.push_back({core::ErrorKind::busy, "locked"});
    grant("t1", "r2");
    worker.http.answer(200, kCalls);
    run();
    EXPECT_EQ(worker.store.count("list"), 1);
    EXPECT_EQ(mints(), 1);
    EXPECT_EQ(worker.store.kept.size(), 1u);
}

TEST_F(AccessTokens, AMintOutlivesTheTaskThatBeganIt) {
    worker.http.delay = 1s;
    grant("t1", "r2");
    {
        async::Task<void> flow = run_task(worker.ctx, {"w", 1, 1, "list", Json::object(), 1});
        flow.start();
        worker.loop.run(
            [](FakeWorker& w) -> async::Task<void> { co_await w.loop.sleep_for(500ms); }(worker));
        EXPECT_EQ(Live::count, 1);
    }
    EXPECT_EQ(Live::count, 1) << "the vendor may have taken the old refresh token back already";
    worker.loop.run(worker.ctx.shared_work.drain());
    EXPECT_EQ(worker.store.kept.size(), 1u);
}

TEST_F(AccessTokens, AWorkerDoesNotLeaveWhileOneIsMinted) {
    worker.http.delay = 10s;
    grant("t1", "r2");
    worker.store.queue.push_back({"w", 1, 1, "list", Json::object(), 1});
    worker.store.on_look = [&] {
        if (worker.http.requests.size() == 1) worker.store.held.clear();  // the run is cancelled
    };
    Dispatcher dispatcher(worker.ctx, {});
    worker.loop.run(dispatcher.run());
    EXPECT_TRUE(worker.store.told.empty()) << "the task has not ended in order";
    EXPECT_EQ(worker.store.kept.size(), 1u) << "the grant is kept";
}

TEST_F(AccessTokens, ATokenIsInNoErrorAndNoPayload) {
    worker.store.token = worker.secrets.seal("w", "o", Json::Object{{"token", "s3cret"}});
    worker.http.answer(403, "s3cret");
    run();
    ASSERT_EQ(worker.store.count("fail"), 1);
    EXPECT_EQ(worker.store.told.back().answer.dump().find("s3cret"), std::string::npos);
}

}  // namespace
}  // namespace headway::pipeline
