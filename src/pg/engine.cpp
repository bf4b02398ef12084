#include "pg/engine.hpp"

#include <cstdint>

#include "pg/settings.hpp"

namespace headway::pg {
namespace {

std::int64_t random_worker_id() {
    std::int64_t id = 0;
    if (!pg_strong_random(&id, sizeof id))
        throw core::Failure(core::ErrorKind::internal, "the system has no random bytes");
    return id & INT64_MAX;
}

// How many descriptors the network may use, beside those that the server's files need.
int descriptors_for(const core::Settings& settings) {
    return std::min(settings.max_concurrency + 8, max_safe_fds * 2 / 3);
}

}  // namespace

ReservedDescriptors::ReservedDescriptors(LatchPort& port, int fd, int count) : count_(count) {
    port.open(fd);
    server_call([this] {
        for (int i = 0; i < count_; ++i) ReserveExternalFD();
    });
}

ReservedDescriptors::~ReservedDescriptors() {
    for (int i = 0; i < count_; ++i) ReleaseExternalFD();  // counts down, cannot fail
}

void DurablePort::wait(int fd, std::optional<async::TimePoint> until) {
    if (XactLastCommitEnd > durable_) {
        server_call([] { XLogFlush(XactLastCommitEnd); });
        durable_ = XactLastCommitEnd;
    }
    LatchPort::wait(fd, until);
}

Engine::Engine(Transactions& transactions, const Scope& scope, std::function<void()> on_wake)
    : settings(read_settings()),
      port(clock, std::move(on_wake)),
      loop(port, clock),
      http(loop, descriptors_for(settings)),
      descriptors(port, http.fd(), descriptors_for(settings)),
      exchange(http, secrets, clock, settings),
      model(exchange),
      embedder(exchange),
      storage(exchange, loop, settings),
      transcriber(exchange),
      programs(loop, settings.ffmpeg_directory),
      store(transactions, random_worker_id(), scope) {}

}  // namespace headway::pg
