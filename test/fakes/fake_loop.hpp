#pragma once

#include <functional>
#include <vector>

#include "async/event_loop.hpp"

namespace headway::test {

// A clock that stands still until somebody moves it.
class FakeClock : public async::Clock {
  public:
    async::TimePoint now() const override { return now_; }
    std::chrono::system_clock::time_point today() const override { return today_; }
    void advance(async::Duration by) {
        now_ += by;
        today_ += std::chrono::duration_cast<std::chrono::system_clock::duration>(by);
    }

  private:
    async::TimePoint now_{std::chrono::hours(1)};
    // 2026-01-01T00:00:00Z
    std::chrono::system_clock::time_point today_{std::chrono::seconds(1'767'225'600)};
};

struct Stuck : std::runtime_error {
    Stuck() : std::runtime_error("the loop waits for something that never comes") {}
};

// A port for which waiting is moving the clock: tests of hours take microseconds.
class FakePort : public async::EventPort {
  public:
    explicit FakePort(FakeClock& clock) : clock_(clock) {}
    void wait(int, std::optional<async::TimePoint> until) override {
        ++waits;
        if (on_wait) on_wait();
        if (std::exchange(woken_, false)) return;
        if (!until) throw Stuck();
        if (*until > clock_.now()) clock_.advance(*until - clock_.now());
    }

    // Ends the wait without moving the clock, as a signal does; for on_wait.
    void wake() { woken_ = true; }

    std::function<void()> on_wait;
    int waits = 0;

  private:
    FakeClock& clock_;
    bool woken_ = false;
};

// Everything a test of coroutines needs.
struct FakeLoop {
    FakeClock clock;
    FakePort port{clock};
    async::EventLoop loop{port, clock};
};

// Counts living objects, to prove that frames and what they hold are destroyed.
struct Live {
    static inline int count = 0;
    Live() { ++count; }
    Live(const Live&) { ++count; }
    ~Live() { --count; }
};

}  // namespace headway::test
