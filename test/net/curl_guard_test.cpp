// Where requests may go, whatever a URL, an answer or the environment says.

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "net/scripts.hpp"

namespace headway::net {
namespace {

using namespace test;
using namespace std::chrono_literals;

TEST(CurlGuard, TlsIsNeverDoneWithout) {
    TinyServer server([](Connection& connection) { connection.send(plain("plain words")); });
    NetLoop net;
    EXPECT_EQ(kind(net.fetch(to("https://" + server.host()))), "network")
        << "a server that speaks no TLS is no https server";
}

TEST(CurlGuard, APrivateAddressIsForbiddenUnlessItIsAllowed) {
    TinyServer server(always(plain("inside")));
    std::string port = ":" + std::to_string(server.port());
    NetLoop net;
    for (auto host :
         {"127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0",
          "[::1]", "[::ffff:127.0.0.1]", "[::]", "10.0.0.1", "192.168.0.1", "169.254.169.254",
          "[fd00:ec2::254]", "[fe80::1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]"}) {
        HttpRequest request = to("https://" + std::string(host) + port);
        request.allow_private = false;
        request.total_timeout = 5s;
        core::Result<HttpResponse> refused = net.fetch(request);
        EXPECT_EQ(kind(refused), "forbidden") << host;
        EXPECT_TRUE(!refused.ok() && refused.error().unsent) << host;
    }
    EXPECT_EQ(server.connections(), 0) << "nobody has even knocked";
    EXPECT_EQ(got(net.fetch(to(server.url()))).body, "inside");
}

TEST(CurlGuard, PlainHttpIsForbiddenUnlessItIsAllowed) {
    TinyServer server(always(plain("inside")));
    NetLoop net;
    HttpRequest request = to(server.url());
    request.allow_private = false;
    EXPECT_EQ(kind(net.fetch(request)), "forbidden");
    EXPECT_EQ(server.connections(), 0);
}

TEST(CurlGuard, NothingButHttpIsEverSpoken) {
    NetLoop net;
    for (bool allow : {false, true})
        for (auto url :
             {"file:///etc/hostname", "FILE:///etc/hostname", "file://localhost/etc/hostname",
              "ftp://127.0.0.1/x", "gopher://127.0.0.1/x", "dict://127.0.0.1/x",
              "telnet://127.0.0.1", "ldap://127.0.0.1", "scp://127.0.0.1/x", "smtp://127.0.0.1",
              "tftp://127.0.0.1/x"}) {
            HttpRequest request = to(url);
            request.allow_private = allow;
            EXPECT_EQ(kind(net.fetch(request)), "forbidden") << url;
        }
}

TEST(CurlGuard, ARedirectIsNotFollowed) {
    TinyServer target(always(plain("the other side")));
    for (int status : {301, 302, 303, 307, 308}) {
        TinyServer server([&](Connection& connection) {
            Received request;
            while (connection.receive(request))
                connection.answer(status, "go away", "Location: " + target.url("/x") + "\r\n");
        });
        NetLoop net;
        HttpResponse response = got(net.fetch(to(server.url())));
        EXPECT_EQ(response.status, status);
        EXPECT_EQ(response.headers["location"], target.url("/x"));
        EXPECT_EQ(server.connections(), 1);
    }
    EXPECT_EQ(target.connections(), 0);
}

// The server's environment is the administrator's, not the extension's.
TEST(CurlGuard, ProxiesOfTheEnvironmentAreNotObeyed) {
    int dead;
    { dead = TinyServer(always("")).port(); }
    constexpr const char* kNames[] = {"http_proxy", "https_proxy", "all_proxy",
                                      "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"};
    std::map<std::string, std::string> before;
    for (auto name : kNames) {
        if (const char* value = getenv(name)) before[name] = value;
        setenv(name, ("http://127.0.0.1:" + std::to_string(dead)).c_str(), 1);
    }
    {
        TinyServer server(always(plain("direct"))),
            tls([](Connection&connection) { connection.send("no TLS here\r\n"); });
        NetLoop net;
        EXPECT_EQ(got(net.fetch(to(server.url()))).body, "direct");
        EXPECT_EQ(kind(net.fetch(to("https://" + tls.host()))), "network");
        EXPECT_EQ(tls.connections(), 1) << "https went straight to the server too";
    }
    for (auto name : kNames) unsetenv(name);
    for (const auto& [name, value] : before) setenv(name.c_str(), value.c_str(), 1);
}

}  // namespace
}  // namespace headway::net
