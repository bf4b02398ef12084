#pragma once

#include <functional>

#include "async/event_port.hpp"
#include "pg/guard.hpp"

namespace headway::pg {

// Thrown by the port when this process shall stop what it does: on SIGTERM, on a cancel (for a
// background worker), when its database is to be dropped or the extension is gone.
struct StopRequested : std::exception {
    const char* what() const noexcept override { return "the worker shall stop"; }
};

// SIGTERM's handler in a background worker: the next look at the interrupts, in SQL or in the port,
// ends what is done in a way that lets C++ unwind. (The server's own handler would end the process
// on the spot.)
void request_stop(int signal);

// EventPort of a server process: its latch, the postmaster's life and one descriptor. Every wait
// answers the server's interrupts, so that a barrier (DROP DATABASE elsewhere), a cancel or a
// shutdown is never held up by the network.
class LatchPort : public async::EventPort {
  public:
    // `on_wake` is called when the latch was set: somebody queued work.
    LatchPort(const async::Clock& clock, std::function<void()> on_wake);
    ~LatchPort() override;
    void wait(int fd, std::optional<async::TimePoint> until) override;
    // Makes ready to wait for this descriptor; wait() does so itself when it has not been done.
    void open(int fd);

  private:
    void answer_interrupts();

    const async::Clock& clock_;
    std::function<void()> on_wake_;
    WaitEventSet* events_ = nullptr;
    int fd_ = -1;
};

}  // namespace headway::pg
