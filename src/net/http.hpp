#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/task.hpp"
#include "core/base/result.hpp"

namespace headway::net {

struct HttpResponse {
    int status = 0;
    std::map<std::string, std::string> headers;  // in lower case; of equals the last, of link all
    std::string body;
    std::chrono::milliseconds latency{0};
    bool was_stopped = false;  // by the request's sink

    // A header's value by its name in lower case, "" where there is none.
    std::string header(const std::string& name) const {
        auto found = headers.find(name);
        return found == headers.end() ? std::string() : found->second;
    }
};

// Takes a body as it arrives, so that it never stands in memory. Called in the middle of a library
// that cannot be unwound: what it throws ends the exchange.
class BodySink {
  public:
    virtual ~BodySink() = default;
    // The status and headers have come; false stops the exchange before the body.
    virtual bool begin(const HttpResponse& head) = 0;
    virtual bool take(std::string_view bytes) = 0;  // false stops it here
};

// A part of a file that is sent. It is read as it goes out; one that cannot be read to its end is
// an error of kind internal.
struct FileSlice {
    std::string path;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

// One HTTP exchange, without a word about the library that carries it.
struct HttpRequest {
    std::string method = "GET";
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;  // may hold secrets: never logged
    // The body: `body`, then the file, then `body_end`.
    std::string body;
    std::optional<FileSlice> file = {};
    std::string body_end = {};

    std::chrono::milliseconds connect_timeout{10'000};
    std::chrono::milliseconds total_timeout{60'000};
    std::chrono::seconds stall_timeout{30};     // without a single byte
    std::size_t max_response_bytes = 64 << 20;  // after decompression
    // Whether the address may be private, loopback or link-local, and the scheme plain http: only
    // for hosts that the administrator named.
    bool allow_private = false;
    // Where the body goes instead of into the response, as it is sent, without compression. Must
    // outlive the exchange.
    BodySink* sink = nullptr;
};

// Failures come back as errors of kind network, timeout, too_large or forbidden; an HTTP status,
// whatever it is, is a response. Redirects are not followed. Destroying the task cancels the
// exchange at once.
class HttpClient {
  public:
    virtual ~HttpClient() = default;
    virtual async::Task<core::Result<HttpResponse>> send(HttpRequest request) = 0;
};

}  // namespace headway::net
