// Many exchanges at once, and exchanges that are given up.

#include <gtest/gtest.h>

#include "async/task_group.hpp"
#include "net/scripts.hpp"

namespace headway::net {
namespace {

using async::Task;
using async::TaskGroup;
using namespace test;
using namespace std::chrono_literals;

TinyServer::Script echo() {
    return [](Connection& connection) {
        Received request;
        while (connection.receive(request))
            connection.answer(200, "you asked for " + request.target);
    };
}

TinyServer::Script silence() {
    return [](Connection& connection) { connection.hang(); };
}

Task<void> fetch_checked(NetLoop& net, std::string base, int number, int& right) {
    std::string target = "/item/" + std::to_string(number);
    HttpRequest request = to(base + target);
    core::Result<HttpResponse> answer = co_await net.http.send(std::move(request));
    right += answer.ok() && answer.value().body == "you asked for " + target;
}

Task<void> drain(TaskGroup& group) { co_await group.drain(); }

int fetch_many(NetLoop& net, const std::string& base, int count) {
    int right = 0;
    TaskGroup group(net.loop, [](std::exception_ptr) { ADD_FAILURE() << "no exchange throws"; });
    for (int i = 0; i < count; ++i) group.spawn(i, fetch_checked(net, base, i, right));
    net.loop.run(drain(group));
    return right;
}

TEST(CurlConcurrency, TwoHundredAtOnceEachGetTheirOwnAnswer) {
    TinyServer server(echo());
    NetLoop net;
    std::string base = "http://" + server.host();
    EXPECT_EQ(fetch_many(net, base, 200), 200);
    EXPECT_EQ(fetch_many(net, base, 200), 200) << "and once more over the same client";
    EXPECT_LE(server.most_at_once(), 100);
    EXPECT_LT(server.connections(), 200) << "most over connections that it had already";
}

TEST(CurlConcurrency, NoMoreConnectionsThanAllowed) {
    TinyServer server(echo());
    NetLoop net(4);
    EXPECT_EQ(fetch_many(net, "http://" + server.host(), 60), 60);
    EXPECT_LE(server.most_at_once(), 4);
}

TEST(CurlConcurrency, AHangingHostDoesNotHoldUpTheOthers) {
    TinyServer hanging(silence()), quick(echo());
    NetLoop net;
    int right = 0, never = 0;
    TaskGroup group(net.loop, [](std::exception_ptr) { ADD_FAILURE() << "no exchange throws"; });
    for (int i = 0; i < 20; ++i)
        group.spawn(i, fetch_checked(net, "http://" + hanging.host(), i, never));
    EXPECT_EQ(group.size(), 20u);
    EXPECT_EQ(fetch_many(net, "http://" + quick.host(), 20), 20);
    EXPECT_EQ(group.size(), 20u) << "those that hang still hang";
    group.cancel_all();
    EXPECT_EQ(right + never, 0);
}

// Ends once the server has taken `wanted` connections.
Task<void> until_connected(NetLoop& net, TinyServer& server, int wanted) {
    while (server.connections() < wanted) co_await net.loop.sleep_for(2ms);
}

TEST(CurlConcurrency, DestroyingATaskClosesItsConnectionAtOnce) {
    TinyServer server(silence());
    NetLoop net;
    int never = 0;
    {
        Task<void> task = fetch_checked(net, "http://" + server.host(), 1, never);
        task.start();
        net.loop.run(until_connected(net, server, 1));
        auto start = net.clock.now();
        { Task<void> gone = std::move(task); }
        EXPECT_LT(net.clock.now() - start, 2s) << "nobody waits for the server";
    }
    EXPECT_TRUE(server.saw_closed(1)) << "and the server sees it";
    EXPECT_EQ(never, 0);
}

TEST(CurlConcurrency, ATaskMayBeDestroyedAtAnyPoint) {
    TinyServer server(silence()), answering(echo());
    NetLoop net;
    int right = 0;
    { Task<void> unstarted = fetch_checked(net, "http://" + server.host(), 1, right); }
    {
        Task<void> unconnected = fetch_checked(net, "http://" + server.host(), 1, right);
        unconnected.start();
    }
    {
        Task<void> looking_up = fetch_checked(net, "http://look-up.invalid", 1, right);
        looking_up.start();
        auto start = net.clock.now();
        { Task<void> gone = std::move(looking_up); }
        EXPECT_LT(net.clock.now() - start, 2s) << "nobody waits for the name";
    }
    EXPECT_EQ(right, 0);
    EXPECT_EQ(fetch_many(net, "http://" + answering.host(), 10), 10)
        << "the client is as good as before";
}

TEST(CurlConcurrency, AHundredHangingOnesAreGivenUpTogether) {
    TinyServer server(silence());
    NetLoop net;
    int never = 0;
    {
        TaskGroup group(net.loop,
                        [](std::exception_ptr) { ADD_FAILURE() << "no exchange throws"; });
        for (int i = 0; i < 100; ++i)
            group.spawn(i, fetch_checked(net, "http://" + server.host(), i, never));
        net.loop.run(until_connected(net, server, 100));
    }
    EXPECT_TRUE(server.saw_closed(100));
    EXPECT_EQ(never, 0);
}

TEST(CurlConcurrency, OneOfSeveralMayBeCancelled) {
    TinyServer hanging(silence()), quick(echo());
    NetLoop net;
    int right = 0, never = 0;
    TaskGroup group(net.loop, [](std::exception_ptr) { ADD_FAILURE() << "no exchange throws"; });
    group.spawn(1, fetch_checked(net, "http://" + hanging.host(), 1, never));
    net.loop.run(until_connected(net, hanging, 1));
    for (int i = 2; i < 10; ++i)
        group.spawn(i, fetch_checked(net, "http://" + quick.host(), i, right));
    group.cancel(1);
    net.loop.run(drain(group));
    EXPECT_EQ(right, 8);
    EXPECT_EQ(never, 0);
    EXPECT_TRUE(hanging.saw_closed(1));
}

TEST(CurlConcurrency, AfterAFailureTheClientWorksOn) {
    TinyServer quick(echo());
    NetLoop net;
    for (int i = 0; i < 5; ++i) {
        HttpRequest refused = to("https://127.0.0.1:1");
        refused.allow_private = false;
        EXPECT_FALSE(net.fetch(refused).ok());
        EXPECT_EQ(fetch_many(net, "http://" + quick.host(), 3), 3);
    }
}

}  // namespace
}  // namespace headway::net
