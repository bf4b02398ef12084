#pragma once

#include <functional>

#include "async/event_loop.hpp"
#include "net/curl_client.hpp"
#include "pg/keyring_file.hpp"
#include "pg/latch_port.hpp"
#include "pg/spi_store.hpp"
#include "pipeline/context.hpp"
#include "pipeline/models.hpp"
#include "pipeline/storages.hpp"
#include "pipeline/transcribers.hpp"
#include "pipeline/vendor_embedder.hpp"
#include "process/child_programs.hpp"

namespace headway::pg {

// Tells the server's file manager how many descriptors the network may use. While many are reserved
// it grants no further ones, so what else the worker needs, the port's event set, is opened first.
class ReservedDescriptors {
  public:
    ReservedDescriptors(LatchPort& port, int fd, int count);
    ~ReservedDescriptors();
    ReservedDescriptors(const ReservedDescriptors&) = delete;
    ReservedDescriptors& operator=(const ReservedDescriptors&) = delete;

  private:
    int count_;
};

// Makes the commits of one turn of the event loop durable together, before the loop waits: the
// transactions themselves do not wait for the disk (synchronous_commit is off in a worker).
class DurablePort : public LatchPort {
  public:
    using LatchPort::LatchPort;
    void wait(int fd, std::optional<async::TimePoint> until) override;

  private:
    XLogRecPtr durable_ = 0;
};

// The composition root: everything that a worker is made of, in the order in which it is needed.
// `on_wake` is called when the worker's latch was set.
struct Engine {
    Engine(Transactions& transactions, const Scope& scope, std::function<void()> on_wake);

    const core::Settings settings;
    async::SystemClock clock;
    DurablePort port;
    async::EventLoop loop;
    net::CurlClient http;
    ReservedDescriptors descriptors;
    KeyringSecrets secrets;
    pipeline::ProviderExchange exchange;
    pipeline::Models model;
    pipeline::VendorEmbedder embedder;
    pipeline::Storages storage;
    pipeline::Transcribers transcriber;
    process::ChildPrograms programs;
    SpiStore store;
    pipeline::Context ctx{store,   secrets,     http,     model, embedder,
                          storage, transcriber, programs, loop,  settings};
};

}  // namespace headway::pg
