#pragma once

#include <coroutine>
#include <list>
#include <map>
#include <optional>

#include "async/clock.hpp"
#include "async/event_port.hpp"
#include "async/task.hpp"

namespace headway::async {

class EventLoop;

// A place where one coroutine is suspended. Its destructor leaves every queue of the loop, so a
// frame may be destroyed at any wait.
class Suspension {
  public:
    explicit Suspension(EventLoop& loop) : loop_(loop) {}
    Suspension(const Suspension&) = delete;
    Suspension& operator=(const Suspension&) = delete;
    ~Suspension();

    bool waiting() const { return static_cast<bool>(coroutine_); }
    void suspend(std::coroutine_handle<> coroutine) { coroutine_ = coroutine; }
    // At most one wake-up is pending; waking earlier cancels the timer.
    void wake_at(TimePoint when);
    // Soon, from the loop, never from within the caller.
    void wake();
    // Once all others of this turn of the loop have run.
    void wake_at_end_of_turn();

  private:
    friend class EventLoop;
    using Queue = std::list<Suspension*>;
    using Place = std::optional<Queue::iterator>;

    EventLoop& loop_;
    std::coroutine_handle<> coroutine_;
    std::optional<std::multimap<TimePoint, Suspension*>::iterator> timer_;
    Place ready_;
    Place late_;
};

// One thread's coroutines, timers and one event source over an EventPort. Not thread-safe; the
// loop must outlive every coroutine that waits on it.
class EventLoop {
  public:
    EventLoop(EventPort& port, const Clock& clock) : port_(port), clock_(clock) {}

    void attach(EventSource& source) { source_ = &source; }
    const Clock& clock() const { return clock_; }

    // Runs `root` to its end and passes on its exception, or the port's.
    void run(Task<void> root);

    // co_await loop.sleep_until(t)
    auto sleep_until(TimePoint when) { return Sleep(*this, when); }
    auto sleep_for(Duration duration) { return Sleep(*this, clock_.now() + duration); }
    // Goes on when everything else of this turn has run, before the loop looks at its port again.
    auto end_of_turn() { return EndOfTurn(*this); }

  private:
    friend class Suspension;

    class Sleep {
      public:
        Sleep(EventLoop& loop, TimePoint when) : suspension_(loop), when_(when) {}
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> coroutine) {
            suspension_.suspend(coroutine);
            suspension_.wake_at(when_);
        }
        void await_resume() const noexcept {}

      private:
        Suspension suspension_;
        TimePoint when_;
    };

    class EndOfTurn {
      public:
        explicit EndOfTurn(EventLoop& loop) : suspension_(loop) {}
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> coroutine) {
            suspension_.suspend(coroutine);
            suspension_.wake_at_end_of_turn();
        }
        void await_resume() const noexcept {}

      private:
        Suspension suspension_;
    };

    void turn();
    void resume_all(Suspension::Queue& queue, Suspension::Place Suspension::*place);
    std::optional<TimePoint> next_due() const;

    EventPort& port_;
    const Clock& clock_;
    EventSource* source_ = nullptr;
    std::multimap<TimePoint, Suspension*> timers_;
    Suspension::Queue ready_;
    Suspension::Queue late_;
};

// A flag that one coroutine can wait for: co_await signal.wait(). Setting it before the wait is
// not lost; the wait takes it.
class Signal {
  public:
    explicit Signal(EventLoop& loop) : loop_(loop) {}
    void set();

    auto wait() { return Wait(*this, std::nullopt); }
    // Also ends at `until`; co_await gives whether the signal was set.
    auto wait_until(TimePoint until) { return Wait(*this, until); }

  private:
    class Wait {
      public:
        Wait(Signal& signal, std::optional<TimePoint> until)
            : signal_(signal), suspension_(signal.loop_), until_(until) {}
        ~Wait() {
            if (signal_.waiter_ == &suspension_) signal_.waiter_ = nullptr;
        }
        bool await_ready() const noexcept { return signal_.set_; }
        void await_suspend(std::coroutine_handle<> coroutine) {
            suspension_.suspend(coroutine);
            signal_.waiter_ = &suspension_;
            if (until_) suspension_.wake_at(*until_);
        }
        bool await_resume() { return std::exchange(signal_.set_, false); }

      private:
        Signal& signal_;
        Suspension suspension_;
        std::optional<TimePoint> until_;
    };

    EventLoop& loop_;
    Suspension* waiter_ = nullptr;
    bool set_ = false;
};

}  // namespace headway::async
