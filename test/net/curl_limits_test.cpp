// Servers that say too much, nothing, or nonsense.

#include <gtest/gtest.h>

#include "net/gzip.hpp"
#include "net/scripts.hpp"

namespace headway::net {
namespace {

using namespace test;
using namespace std::chrono_literals;

TEST(CurlLimits, TheSizeCapHoldsForPlainBytes) {
    TinyServer server(always(plain(std::string(100'000, 'z'))));
    NetLoop net;
    HttpRequest request = to(server.url());
    request.max_response_bytes = 100'000;
    EXPECT_EQ(got(net.fetch(request)).body.size(), 100'000u) << "the cap itself is allowed";
    request.max_response_bytes = 99'999;
    EXPECT_EQ(kind(net.fetch(request)), "too_large");
}

TEST(CurlLimits, AnEndlessBodyIsCutOffAtTheCap) {
    TinyServer server([](Connection& connection) {
        Received request;
        connection.receive(request);
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while (connection.send("1000\r\n" + std::string(0x1000, 'q') + "\r\n")) {
        }
    });
    NetLoop net;
    HttpRequest request = to(server.url());
    request.max_response_bytes = 1'000'000;
    EXPECT_EQ(kind(net.fetch(request)), "too_large");
    EXPECT_TRUE(server.saw_closed(1)) << "and the connection is given up";
}

TEST(CurlLimits, TheSizeCapHoldsForUnpackedBytes) {
    std::string bomb = gzip_bomb(40'000);
    ASSERT_LT(bomb.size(), 80'000u);
    TinyServer server(always(plain(bomb, "Content-Encoding: gzip\r\n")));
    NetLoop net;
    HttpRequest request = to(server.url());
    request.max_response_bytes = 1'000'000;
    EXPECT_EQ(kind(net.fetch(request)), "too_large");
    request.max_response_bytes = 1 + 258 * 40'000;
    EXPECT_EQ(got(net.fetch(request)).body.size(), 10'320'001u);
}

TEST(CurlLimits, AServerThatNeverAnswersIsATimeout) {
    for (auto before :
         {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123"}) {
        TinyServer server(silent_after(before));
        NetLoop net;
        HttpRequest request = to(server.url());
        request.total_timeout = 150ms;
        auto start = net.clock.now();
        EXPECT_EQ(kind(net.fetch(request)), "timeout") << before;
        EXPECT_GE(net.clock.now() - start, 150ms);
        EXPECT_LT(net.clock.now() - start, 10s) << "long before the other limits";
        EXPECT_TRUE(server.saw_closed(1));
    }
}

TEST(CurlLimits, ASilenceInTheMiddleIsATimeout) {
    TinyServer server(silent_after("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123"));
    NetLoop net;
    HttpRequest request = to(server.url());
    request.stall_timeout = 1s;
    auto start = net.clock.now();
    EXPECT_EQ(kind(net.fetch(request)), "timeout");
    EXPECT_LT(net.clock.now() - start, 20s) << "long before the total timeout of 30 s";
}

TEST(CurlLimits, AConnectionThatIsNeverTakenIsATimeout) {
    // A listener whose queue is full drops what comes.
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* where = reinterpret_cast<sockaddr*>(&address);
    ASSERT_TRUE(bind(listener, where, size) == 0 && listen(listener, 0) == 0 &&
                getsockname(listener, where, &size) == 0);
    std::vector<int> crowd;
    bool full = false;
    for (int i = 0; i < 16 && !full; ++i) {
        crowd.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        connect(crowd.back(), where, size);
        pollfd wanted{crowd.back(), POLLOUT, 0};
        full = poll(&wanted, 1, 100) == 0;
    }
    if (full) {
        NetLoop net;
        HttpRequest request = to("http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)));
        request.connect_timeout = 150ms;
        auto start = net.clock.now();
        EXPECT_EQ(kind(net.fetch(request)), "timeout");
        EXPECT_LT(net.clock.now() - start, 10s);
    }
    for (int one : crowd) close(one);
    close(listener);
    if (!full) GTEST_SKIP() << "this system takes connections that nobody accepts";
}

TEST(CurlLimits, ARefusedConnectionIsANetworkError) {
    int port;
    { port = TinyServer(always("")).port(); }
    NetLoop net;
    HttpRequest request =
        to("http://127.0.0.1:" + std::to_string(port) + "/secret-path?key=hunter2");
    request.headers = {{"Authorization", "Bearer hunter2"}};
    auto result = net.fetch(request);
    EXPECT_EQ(kind(result), "network");
    std::string said = result.error().message + result.error().detail + result.error().hint;
    EXPECT_EQ(said.find("hunter2"), std::string::npos) << "an error holds no secret";
    EXPECT_EQ(said.find("secret-path"), std::string::npos);
}

TEST(CurlLimits, ACutConnectionIsANetworkError) {
    for (auto bytes : {"", "HTTP/1.1 20", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
                       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
                       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
        TinyServer server(cut_after(bytes));
        NetLoop net;
        EXPECT_EQ(kind(net.fetch(to(server.url()))), "network") << bytes;
    }
}

// libcurl takes the end of the line for the end of the headers: a 200 without a body.
TEST(CurlLimits, AConnectionCutWithinTheHeadersIsANetworkError) {
    for (auto bytes : {"HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Le",
                       "HTTP/1.1 200 OK\r\nX-Half: head\r\n"}) {
        TinyServer server(cut_after(bytes));
        NetLoop net;
        EXPECT_EQ(kind(net.fetch(to(server.url()))), "network") << bytes;
    }
}

TEST(CurlLimits, WhatIsNoHttpIsNoResponse) {
    for (auto bytes : {"hello\r\n", "SSH-2.0-OpenSSH\r\n", "HTTP/9.9 200 OK\r\n\r\n", "\r\n\r\n"}) {
        TinyServer server(cut_after(bytes));
        NetLoop net;
        EXPECT_NE(kind(net.fetch(to(server.url()))), "response") << bytes;
    }
}

// Forbidden is what our own guard refuses, and is never tried again; this is a vendor's or a line's
// fault.
TEST(CurlLimits, WhatIsNoHttpIsNotOurOwnGuardsRefusal) {
    for (auto bytes : {"hello\r\n", "SSH-2.0-OpenSSH\r\n", "HTTP/9.9 200 OK\r\n\r\n"}) {
        TinyServer server(cut_after(bytes));
        NetLoop net;
        EXPECT_NE(kind(net.fetch(to(server.url()))), "forbidden") << bytes;
    }
}

TEST(CurlLimits, TooManyHeadersEndTheExchange) {
    TinyServer server([](Connection& connection) {
        Received request;
        connection.receive(request);
        connection.send("HTTP/1.1 200 OK\r\n");
        for (int i = 0; connection.send("X-Flood-" + std::to_string(i) + ": words\r\n"); ++i) {
        }
    });
    NetLoop net;
    auto start = net.clock.now();
    EXPECT_NE(kind(net.fetch(to(server.url()))), "response");
    EXPECT_LT(net.clock.now() - start, 20s) << "and not the timeout does it";
    EXPECT_TRUE(server.saw_closed(1));
}

TEST(CurlLimits, AnEndlessHeaderEndsTheExchange) {
    for (std::string piece : {"word ", "same: name\r\n"}) {
        TinyServer server([piece](Connection& connection) {
            Received request;
            connection.receive(request);
            std::string pieces;
            while (pieces.size() < 10'000) pieces += piece;
            connection.send("HTTP/1.1 200 OK\r\nX-Endless: ");
            while (connection.send(pieces)) {
            }
        });
        NetLoop net;
        auto start = net.clock.now();
        EXPECT_NE(kind(net.fetch(to(server.url()))), "response");
        EXPECT_LT(net.clock.now() - start, 20s) << "and not the timeout does it: " << piece;
    }
}

TEST(CurlLimits, AHundredHeadersAreFine) {
    std::string headers;
    for (int i = 0; i < 100; ++i)
        headers += "X-" + std::to_string(i) + ": " + std::string(100, 'v') + "\r\n";
    TinyServer server(always(plain("ok", headers)));
    NetLoop net;
    EXPECT_EQ(got(net.fetch(to(server.url()))).headers.size(), 101u);
}

}  // namespace
}  // namespace headway::net
