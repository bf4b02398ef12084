#include "async/gate.hpp"

namespace headway::async {

Task<Gate::Place> Gate::enter() {
    if (inside_ < places_) {
        ++inside_;
    } else {
        Waiter waiter(*this);
        co_await waiter.admitted.wait();
        waiter.holds_place = false;
    }
    co_return Place(*this);
}

void Gate::leave() {
    if (line_.empty()) {
        --inside_;
        return;
    }
    Waiter* next = line_.front();
    line_.pop_front();
    next->place_in_line.reset();
    next->holds_place = true;
    next->admitted.set();
}

// Whoever is cancelled leaves the line, or hands on the place it was just given.
Gate::Waiter::~Waiter() {
    if (place_in_line) gate.line_.erase(*place_in_line);
    if (holds_place) gate.leave();
}

}  // namespace headway::async
