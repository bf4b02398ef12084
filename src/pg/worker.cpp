#include "pg/worker.hpp"

#include <cstdint>
#include <memory>

#include "net/curl_client.hpp"
#include "pg/keyring_file.hpp"
#include "pg/latch_port.hpp"
#include "pg/settings.hpp"
#include "pg/spi_store.hpp"
#include "pipeline/models.hpp"

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

// Tells the server's file manager so. While many are reserved it grants no further ones, so what
// else the worker needs (the port's event set) must be open before.
class ReservedDescriptors {
  public:
    explicit ReservedDescriptors(int count) : count_(count) {
        server_call([this] {
            for (int i = 0; i < count_; ++i) ReserveExternalFD();
        });
    }
    ~ReservedDescriptors() {
        for (int i = 0; i < count_; ++i) ReleaseExternalFD();  // counts down, cannot fail
    }

  private:
    int count_;
};

// Makes the commits of one turn of the event loop durable together, before the loop waits: the
// transactions themselves do not wait for the disk (synchronous_commit is off in a worker).
class DurablePort : public LatchPort {
  public:
    using LatchPort::LatchPort;
    void wait(int fd, std::optional<async::TimePoint> until) override {
        if (XactLastCommitEnd > durable_) {
            server_call([] { XLogFlush(XactLastCommitEnd); });
            durable_ = XactLastCommitEnd;
        }
        LatchPort::wait(fd, until);
    }

  private:
    XLogRecPtr durable_ = 0;
};

// After a stop; an error of ours leaves the tasks to _reclaim(), which counts the attempt, or it
// would come back for ever. A pending shutdown or cancel would end the very transaction that
// returns the tasks.
void put_back(SpiStore& store) {
    sig_atomic_t die = std::exchange(ProcDiePending, false);
    sig_atomic_t cancel = std::exchange(QueryCancelPending, false);
    try {
        store.put_back();
        store.end_life();
    } catch (...) {
        // The lock is released with the session, and what is held is then reclaimed by others.
    }
    if (die) ProcDiePending = true;
    if (cancel) QueryCancelPending = true;
    if (die || cancel) InterruptPending = true;
}

}  // namespace

void run_worker(Transactions& transactions, pipeline::Dispatcher::Limits limits,
                const Scope& scope) {
    const core::Settings settings = read_settings();
    async::SystemClock clock;
    pipeline::Dispatcher* to_nudge = nullptr;
    DurablePort port(clock, [&to_nudge] {
        if (to_nudge) to_nudge->nudge();
    });
    async::EventLoop loop(port, clock);
    net::CurlClient http(loop, descriptors_for(settings));
    port.open(http.fd());
    ReservedDescriptors descriptors(descriptors_for(settings));
    KeyringSecrets secrets;
    pipeline::Models model(http, secrets, clock, settings);
    SpiStore store(transactions, random_worker_id(), scope);
    pipeline::Context ctx{store, secrets, http, model, loop, settings};

    store.begin_life();
    try {
        pipeline::Dispatcher dispatcher(ctx, limits);
        to_nudge = &dispatcher;
        loop.run(dispatcher.run());
        to_nudge = nullptr;
    } catch (const StopRequested&) {
        put_back(store);
        throw;
    } catch (const PgError& error) {
        if (error.is_interrupt()) put_back(store);
        throw;
    }
    store.end_life();
}

}  // namespace headway::pg
