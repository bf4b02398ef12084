#pragma once

#include <gtest/gtest.h>

#include <string>

#include "net/poll_loop.hpp"
#include "net/tiny_server.hpp"

namespace headway::test {

// A request that may go to this machine.
inline net::HttpRequest to(const std::string& url) {
    net::HttpRequest request;
    request.url = url;
    request.allow_private = true;
    request.total_timeout = std::chrono::seconds(30);
    return request;
}

// The response; an error in its place fails the test.
inline net::HttpResponse got(const core::Result<net::HttpResponse>& result) {
    EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message);
    return result.ok() ? result.value() : net::HttpResponse{};
}

// The error's kind, or "response".
inline std::string kind(const core::Result<net::HttpResponse>& result) {
    return result.ok() ? "response" : core::name(result.error().kind);
}

inline std::string plain(const std::string& body, const std::string& headers = "") {
    return "HTTP/1.1 200 OK\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

// Answers every request of a connection in the same way.
inline TinyServer::Script always(std::string answer) {
    return [answer](Connection& connection) {
        Received request;
        while (connection.receive(request) && connection.send(answer)) {
        }
    };
}

// Reads a request, sends `bytes` and cuts the line.
inline TinyServer::Script cut_after(std::string bytes) {
    return [bytes](Connection& connection) {
        Received request;
        if (connection.receive(request)) connection.send(bytes);
    };
}

// Reads a request, sends `bytes` and says nothing more.
inline TinyServer::Script silent_after(std::string bytes) {
    return [bytes](Connection& connection) {
        Received request;
        if (connection.receive(request) && connection.send(bytes)) connection.hang();
    };
}

}  // namespace headway::test
