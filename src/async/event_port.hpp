#pragma once

#include <optional>

#include "async/clock.hpp"

namespace headway::async {

// The one thing between the event loop and the operating system. In the server it is a latch,
// the postmaster's life and one file descriptor; in tests a fake that moves a clock.
class EventPort {
  public:
    virtual ~EventPort() = default;
    // Blocks until `fd` is readable (-1: none), wake() was called or `until` has passed; may return
    // early for no reason. Throws to end the loop, for example when the process shall stop.
    virtual void wait(int fd, std::optional<TimePoint> until) = 0;
};

// A producer of completions that the loop drives: an HTTP client with its sockets and timers.
class EventSource {
  public:
    virtual ~EventSource() = default;
    virtual int fd() const = 0;                        // readable when there is something to do
    virtual std::optional<TimePoint> due() const = 0;  // next time process() must run anyway
    virtual void process() = 0;                        // does what is possible without waiting
};

}  // namespace headway::async
