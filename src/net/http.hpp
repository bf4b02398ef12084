#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "async/task.hpp"
#include "core/base/result.hpp"

namespace headway::net {

// One HTTP exchange, without a word about the library that carries it.
struct HttpRequest {
    std::string method = "GET";
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;  // may hold secrets: never logged
    std::string body;

    std::chrono::milliseconds connect_timeout{10'000};
    std::chrono::milliseconds total_timeout{60'000};
    std::chrono::seconds stall_timeout{30};     // without a single byte
    std::size_t max_response_bytes = 64 << 20;  // after decompression
    // Whether the address may be private, loopback or link-local, and the scheme plain http: only
    // for hosts that the administrator named.
    bool allow_private = false;
};

struct HttpResponse {
    int status = 0;
    std::map<std::string, std::string> headers;  // in lower case; of equals the last, of link all
    std::string body;
    std::chrono::milliseconds latency{0};
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
