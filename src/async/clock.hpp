#pragma once

#include <chrono>

namespace headway::async {

using Duration = std::chrono::steady_clock::duration;
using TimePoint = std::chrono::steady_clock::time_point;

// Where time comes from. Nothing below the composition root reads a clock of its own, so tests
// decide what time it is.
class Clock {
  public:
    virtual ~Clock() = default;
    virtual TimePoint now() const = 0;                                // for waiting
    virtual std::chrono::system_clock::time_point today() const = 0;  // for dates
};

class SystemClock : public Clock {
  public:
    TimePoint now() const override { return std::chrono::steady_clock::now(); }
    std::chrono::system_clock::time_point today() const override {
        return std::chrono::system_clock::now();
    }
};

}  // namespace headway::async
