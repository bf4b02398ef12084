// Bodies that are taken as they arrive.

#include <gtest/gtest.h>

#include "net/gzip.hpp"
#include "net/scripts.hpp"

namespace headway::net {
namespace {

using namespace test;

struct Taker : BodySink {
    bool begin(const HttpResponse& head) override {
        statuses.push_back(head.status);
        auto type = head.headers.find("content-type");
        content_type = type == head.headers.end() ? "" : type->second;
        return wants_body;
    }
    bool take(std::string_view bytes) override {
        body += bytes;
        if (throws) throw std::bad_alloc();
        return body.size() < most;
    }
    std::vector<int> statuses;
    std::string content_type, body;
    std::size_t most = std::string::npos;
    bool wants_body = true, throws = false;
};

HttpRequest into(Taker& taker, const TinyServer& server) {
    HttpRequest request = to(server.url());
    request.sink = &taker;
    request.max_response_bytes = 10;  // of what stands in memory, which is nothing
    return request;
}

TEST(CurlSink, TakesTheBodyAfterTheHead) {
    TinyServer server(always(plain(std::string(300'000, 'z'), "Content-Type: audio/wav\r\n")));
    NetLoop net;
    Taker taker;
    HttpResponse response = got(net.fetch(into(taker, server)));
    EXPECT_EQ(taker.statuses, std::vector<int>{200});
    EXPECT_EQ(taker.content_type, "audio/wav");
    EXPECT_EQ(taker.body.size(), 300'000u);
    EXPECT_TRUE(response.body.empty() && !response.was_stopped);
}

TEST(CurlSink, StopsWhenItHasEnough) {
    TinyServer server([](Connection& connection) {
        Received request;
        connection.receive(request);
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while (connection.send("1000\r\n" + std::string(0x1000, 'q') + "\r\n")) {
        }
    });
    NetLoop net;
    Taker taker;
    taker.most = 100'000;
    HttpResponse response = got(net.fetch(into(taker, server)));
    EXPECT_EQ(response.status, 200);
    EXPECT_TRUE(response.was_stopped);
    EXPECT_TRUE(server.saw_closed(1)) << "the connection is given up";
}

TEST(CurlSink, RefusesABodyByItsHead) {
    TinyServer server([](Connection& connection) {
        Received request;
        connection.receive(request);
        connection.answer(404, std::string(1000, 'x'));
    });
    NetLoop net;
    Taker taker;
    taker.wants_body = false;
    EXPECT_EQ(got(net.fetch(into(taker, server))).status, 404);
    EXPECT_EQ(taker.body, "");
}

TEST(CurlSink, TakesWhatIsSentAsItIs) {
    std::string packed = gzip_bomb(10);
    TinyServer server([&](Connection& connection) {
        Received request;
        connection.receive(request);
        connection.answer(
            200, request.header("accept-encoding").empty() ? packed : "asked for another form");
    });
    NetLoop net;
    Taker taker;
    got(net.fetch(into(taker, server)));
    EXPECT_EQ(taker.body, packed);
}

TEST(CurlSink, KeepsWhatCameBeforeACutAndEndsWithWhatItThrows) {
    TinyServer server([](Connection& connection) {
        Received request;
        connection.receive(request);
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf");
    });
    NetLoop net;
    Taker taker;
    EXPECT_EQ(kind(net.fetch(into(taker, server))), "network");
    EXPECT_EQ(taker.body, "half");
    taker.throws = true;
    EXPECT_EQ(kind(net.fetch(into(taker, server))), "network");
}

}  // namespace
}  // namespace headway::net
