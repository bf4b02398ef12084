#include "net/curl_client.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <mutex>

#include "fakes/temporary_folder.hpp"
#include "net/gzip.hpp"
#include "net/scripts.hpp"

namespace headway::net {
namespace {

using namespace test;
using namespace std::chrono_literals;

TEST(CurlClient, SendsAPartOfAFileBetweenTwoTexts) {
    std::mutex mutex;
    std::vector<std::string> bodies;
    TinyServer server([&](Connection& connection) {
        Received request;
        while (connection.receive(request)) {
            std::lock_guard lock(mutex);
            bodies.push_back(request.body);
            connection.answer(200, "ok");
        }
    });
    TemporaryFolder folder;
    std::string content = std::string(200'000, 'a') + std::string(700'000, 'b') + "end";
    NetLoop net;
    HttpRequest post = to(server.url("/upload"));
    post.method = "PUT";
    post.body = "<";
    post.body_end = ">";
    post.file = {folder.file("call.wav", content), 200'000, 700'000};
    got(net.fetch(post));
    post.body = post.body_end = "";
    post.file->size = 3;
    post.file->offset = 900'000;
    got(net.fetch(post));

    std::lock_guard lock(mutex);
    EXPECT_EQ(bodies.at(0), "<" + std::string(700'000, 'b') + ">");
    EXPECT_EQ(bodies.at(1), "end");
}

TEST(CurlClient, AFileThatIsShorterThanSaidIsAnErrorOfOurs) {
    TinyServer server(always(plain("never")));
    TemporaryFolder folder;
    NetLoop net;
    HttpRequest post = to(server.url("/upload"));
    post.method = "POST";
    post.file = {folder.file("call.wav", "short"), 0, 9};
    EXPECT_EQ(net.fetch(post).error().kind, core::ErrorKind::internal);
    post.file->path += ".gone";
    EXPECT_EQ(net.fetch(post).error().message, "the file to send cannot be read");
}

TEST(CurlClient, GivesStatusHeadersAndBody) {
    TinyServer server(always(plain(
        "hello", "X-Thing: One\r\nCONTENT-type:  text/plain \r\nx-thing: Two\r\nX-Empty:\r\n")));
    NetLoop net;
    HttpResponse response = got(net.fetch(to(server.url())));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "hello");
    EXPECT_EQ(response.headers["content-type"], "text/plain");
    EXPECT_EQ(response.headers["x-thing"], "Two") << "the last of equals wins";
    EXPECT_EQ(response.headers.count("x-empty"), 1u);
    EXPECT_EQ(response.headers.count("X-Thing"), 0u) << "names are in lower case";
    EXPECT_GE(response.latency, 0ms);
}

TEST(CurlClient, LinksThatStandOnLinesOfTheirOwnAreAllGiven) {
    TinyServer server(always(plain("", "Link: </1>; rel=prev\r\nlink: </3>; rel=next\r\n")));
    NetLoop net;
    EXPECT_EQ(got(net.fetch(to(server.url()))).headers["link"], "</1>; rel=prev, </3>; rel=next");
}

TEST(CurlClient, EveryStatusIsAResponse) {
    for (int status : {201, 204, 301, 304, 400, 401, 404, 429, 500, 503}) {
        bool empty = status == 204 || status == 304;
        std::string answer = "HTTP/1.1 " + std::to_string(status) + " Word\r\nRetry-After: 7\r\n" +
                             (empty ? "\r\n" : "Content-Length: 2\r\n\r\nno");
        TinyServer server(always(answer));
        NetLoop net;
        HttpResponse response = got(net.fetch(to(server.url())));
        EXPECT_EQ(response.status, status);
        EXPECT_EQ(response.headers["retry-after"], "7");
        EXPECT_EQ(response.body, empty ? "" : "no");
    }
}

TEST(CurlClient, SendsWhatItWasGiven) {
    std::mutex mutex;
    std::vector<Received> received;
    TinyServer server([&](Connection& connection) {
        Received request;
        while (connection.receive(request)) {
            std::lock_guard lock(mutex);
            received.push_back(request);
            connection.answer(200, "ok");
        }
    });
    NetLoop net;
    HttpRequest get = to(server.url("/v1/calls?from=2026-01-01%20x&id=a%2Fb"));
    get.headers = {{"Authorization", "Basic a2V5"}, {"X-Two", "words here"}};
    got(net.fetch(get));
    HttpRequest post = to(server.url("/post"));
    post.method = "POST";
    post.headers = {{"Content-Type", "application/json"}};
    post.body = std::string("{\"nul\":\"\0\"}", 11) + std::string(300'000, 'x');
    got(net.fetch(post));

    std::lock_guard lock(mutex);
    ASSERT_EQ(received.size(), 2u);
    EXPECT_EQ(received[0].method, "GET");
    EXPECT_EQ(received[0].target, "/v1/calls?from=2026-01-01%20x&id=a%2Fb");
    EXPECT_EQ(received[0].header("authorization"), "Basic a2V5");
    EXPECT_EQ(received[0].header("x-two"), "words here");
    EXPECT_EQ(received[0].header("host"), server.host());
    EXPECT_EQ(received[1].method, "POST");
    EXPECT_EQ(received[1].header("content-type"), "application/json");
    EXPECT_EQ(received[1].headers.count("expect"), 0u) << "no round trip before the body";
    EXPECT_EQ(received[1].body, post.body) << "to the byte, NULs and all";
    EXPECT_EQ(server.connections(), 1) << "the second request used the first one's connection";
}

TEST(CurlClient, APostWithoutBodySendsNone) {
    TinyServer server([](Connection& connection) {
        Received request;
        while (connection.receive(request))
            connection.answer(
                200, request.method + " " + request.header("content-length") + request.body);
    });
    NetLoop net;
    HttpRequest post = to(server.url());
    post.method = "POST";
    EXPECT_EQ(got(net.fetch(post)).body, "POST 0");
}

TEST(CurlClient, OtherMethodsCarryTheirBody) {
    TinyServer server([](Connection& connection) {
        Received request;
        while (connection.receive(request))
            connection.answer(200, request.method + " " + request.body);
    });
    NetLoop net;
    for (auto method : {"PUT", "PATCH"}) {
        HttpRequest request = to(server.url());
        request.method = method;
        request.body = "words";
        EXPECT_EQ(got(net.fetch(request)).body, method + std::string(" words"));
    }
}

// A model's vendor may have begun to work, and to charge, before the line went dead: whether to ask
// again is for the caller to decide, and to write down.
TEST(CurlClient, ARequestWithABodyIsNotRepeatedInSilence) {
    std::atomic<int> requests{0};
    TinyServer server([&requests](Connection& connection) {
        Received request;
        while (connection.receive(request) && ++requests != 2) connection.answer(200, "ok");
    });
    NetLoop net;
    HttpRequest request = to(server.url());
    request.method = "POST";
    request.body = "a question";
    EXPECT_EQ(got(net.fetch(request)).body, "ok");
    core::Result<HttpResponse> cut = net.fetch(request);
    EXPECT_EQ(kind(cut), "network");
    EXPECT_EQ(cut.ok() ? "" : cut.error().message,
              "HTTP exchange failed: the connection ended before an answer came");
    EXPECT_FALSE(cut.ok() || cut.error().unsent) << "it may have been read";
    EXPECT_EQ(requests, 2);
    EXPECT_EQ(got(net.fetch(request)).body, "ok");
}

TEST(CurlClient, KnowsOfARequestThatNeverLeft) {
    TinyServer reader([](Connection& connection) {
        Received request;
        connection.receive(request);
    });
    TinyServer plain_words([](Connection& connection) { connection.send("plain words"); });
    int nobody = TinyServer([](Connection&) {}).port();
    auto is_unsent = [](std::string url) {
        NetLoop net;
        HttpRequest request = to(std::move(url));
        request.total_timeout = 5s;
        core::Result<HttpResponse> result = net.fetch(request);
        EXPECT_FALSE(result.ok()) << url;
        return !result.ok() && result.error().unsent;
    };
    EXPECT_TRUE(is_unsent("http://127.0.0.1:" + std::to_string(nobody))) << "nobody listens";
    EXPECT_TRUE(is_unsent("http://no-such-host.invalid/")) << "there is no such name";
    EXPECT_TRUE(is_unsent("https://" + plain_words.host())) << "they did not agree on a secret";
    EXPECT_FALSE(is_unsent(reader.url())) << "it was sent, and nobody knows what became of it";
}

TEST(CurlClient, AHeadRequestWaitsForNoBody) {
    TinyServer server(silent_after("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"));
    NetLoop net;
    HttpRequest request = to(server.url());
    request.method = "HEAD";
    request.total_timeout = 1s;
    EXPECT_EQ(kind(net.fetch(request)), "response");
}

TEST(CurlClient, AnInterimResponseLeavesNoTrace) {
    TinyServer server(always("HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n" +
                             plain("done", "X-Real: 1\r\n")));
    NetLoop net;
    HttpResponse response = got(net.fetch(to(server.url())));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "done");
    EXPECT_EQ(response.headers.count("link"), 0u);
    EXPECT_EQ(response.headers["x-real"], "1");
}

TEST(CurlClient, ReadsChunkedAndUnboundedBodies) {
    TinyServer chunked(
        always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7\r\n, "
               "world\r\n0\r\n\r\n"));
    TinyServer unbounded(
        cut_after("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(500'000, 'y')));
    NetLoop net;
    EXPECT_EQ(got(net.fetch(to(chunked.url()))).body, "hello, world");
    EXPECT_EQ(got(net.fetch(to(unbounded.url()))).body, std::string(500'000, 'y'));
}

TEST(CurlClient, UnpacksGzip) {
    std::string text = R"({"calls":[]} and some more words)";
    TinyServer server(always(plain(gzip_stored(text), "Content-Encoding: gzip\r\n")));
    NetLoop net;
    EXPECT_EQ(got(net.fetch(to(server.url()))).body, text);
    TinyServer bomb(always(plain(gzip_bomb(1000), "Content-Encoding: gzip\r\n")));
    EXPECT_EQ(got(net.fetch(to(bomb.url()))).body, std::string(258'001, 'a'));
}

TEST(CurlClient, BrokenGzipIsNoResponse) {
    std::string spoiled = gzip_bomb(1000);
    spoiled[spoiled.size() / 2] ^= 0x55;
    for (const std::string& body : {std::string("this is no gzip at all"), spoiled}) {
        TinyServer server(always(plain(body, "Content-Encoding: gzip\r\n")));
        NetLoop net;
        EXPECT_EQ(kind(net.fetch(to(server.url()))), "network");
    }
}

TEST(CurlClient, TheSignalMaskIsAsItWas) {
    sigset_t before, after;
    TinyServer server(always(plain("ok")));
    NetLoop net;
    pthread_sigmask(SIG_SETMASK, nullptr, &before);
    got(net.fetch(to(server.url())));
    pthread_sigmask(SIG_SETMASK, nullptr, &after);
    for (int signal = 1; signal < SIGRTMIN; ++signal)
        EXPECT_EQ(sigismember(&before, signal), sigismember(&after, signal)) << signal;
}

}  // namespace
}  // namespace headway::net
