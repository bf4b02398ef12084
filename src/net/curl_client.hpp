#pragma once

#include <memory>
#include <optional>

#include "async/event_loop.hpp"
#include "net/http.hpp"

namespace headway::net {

// HttpClient over one libcurl multi handle, driven by the loop it is attached to: pooled
// connections, HTTP/2 where the server has it, certificates always verified, no proxy or netrc
// from the server's environment. The address is checked after the name is resolved, so no DNS
// answer leads to a private network.
class CurlClient : public HttpClient, public async::EventSource {
  public:
    explicit CurlClient(async::EventLoop& loop, long max_connections_per_host = 100);
    ~CurlClient() override;

    async::Task<core::Result<HttpResponse>> send(HttpRequest request) override;

    int fd() const override;
    std::optional<async::TimePoint> due() const override;
    void process() override;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace headway::net
