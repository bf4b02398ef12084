#pragma once

#include <poll.h>

#include <optional>
#include <stdexcept>

#include "net/curl_client.hpp"

namespace headway::test {

// The event loop's port over poll(2). A test that waits for something that never comes ends with an
// exception instead of hanging.
class PollPort : public async::EventPort {
  public:
    explicit PollPort(const async::Clock& clock)
        : clock_(clock), deadline_(clock.now() + std::chrono::seconds(60)) {}

    void wait(int fd, std::optional<async::TimePoint> until) override {
        if (clock_.now() > deadline_) throw std::runtime_error("the test has waited for a minute");
        auto left = std::chrono::ceil<std::chrono::milliseconds>(
            std::min(until.value_or(deadline_), deadline_) - clock_.now());
        pollfd wanted{fd, POLLIN, 0};
        ::poll(&wanted, fd >= 0 ? 1 : 0, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    }

  private:
    const async::Clock& clock_;
    async::TimePoint deadline_;
};

// A client with the real clock and real sockets, and nothing else.
struct NetLoop {
    explicit NetLoop(long most_connections = 100) : http(loop, most_connections) {}

    core::Result<net::HttpResponse> fetch(net::HttpRequest request) {
        std::optional<core::Result<net::HttpResponse>> answer;
        loop.run(fetch_into(std::move(request), answer));
        return std::move(*answer);
    }
    async::Task<void> fetch_into(net::HttpRequest request,
                                 std::optional<core::Result<net::HttpResponse>>& answer) {
        core::Result<net::HttpResponse> got = co_await http.send(std::move(request));
        answer.emplace(std::move(got));
    }

    async::SystemClock clock;
    PollPort port{clock};
    async::EventLoop loop{port, clock};
    net::CurlClient http;
};

}  // namespace headway::test
