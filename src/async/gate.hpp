#pragma once

#include <list>
#include <optional>
#include <utility>

#include "async/event_loop.hpp"

namespace headway::async {

// A number of places, one for each coroutine that does something at the same time as others; who
// finds none free waits, and is let in in the order of coming. The gate must outlive its places.
class Gate {
  public:
    // Held while inside; the destructor lets the next one in.
    class Place {
      public:
        explicit Place(Gate& gate) : gate_(&gate) {}
        Place(Place&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
        Place& operator=(Place&&) = delete;
        ~Place() {
            if (gate_) gate_->leave();
        }

      private:
        Gate* gate_;
    };

    // `places`: how many may be inside; it must outlive the gate.
    Gate(EventLoop& loop, const int& places) : loop_(loop), places_(places) {}
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;

    // place = co_await gate.enter()
    Task<Place> enter();

  private:
    struct Waiter {
        explicit Waiter(Gate& gate) : gate(gate), admitted(gate.loop_) {
            place_in_line = gate.line_.insert(gate.line_.end(), this);
        }
        Waiter(const Waiter&) = delete;
        Waiter& operator=(const Waiter&) = delete;
        ~Waiter();

        Gate& gate;
        Signal admitted;
        std::optional<std::list<Waiter*>::iterator> place_in_line;
        bool holds_place = false;  // admitted, and not yet gone on
    };

    void leave();

    EventLoop& loop_;
    const int& places_;
    int inside_ = 0;  // with those who have been let in and not gone on yet
    std::list<Waiter*> line_;
};

}  // namespace headway::async
