#include "async/event_loop.hpp"

#include <algorithm>

namespace headway::async {

namespace {

// Who waited for the end of a turn, who waited for the place that he leaves: these go on without
// another look at the port.
constexpr int kSteps = 2;

}  // namespace

Suspension::~Suspension() {
    if (timer_) loop_.timers_.erase(*timer_);
    if (ready_) loop_.ready_.erase(*ready_);
    if (late_) loop_.late_.erase(*late_);
}

void Suspension::wake_at(TimePoint when) {
    if (ready_) return;
    if (timer_) loop_.timers_.erase(*timer_);
    timer_ = loop_.timers_.emplace(when, this);
}

void Suspension::wake() {
    if (ready_) return;
    if (timer_) loop_.timers_.erase(*timer_);
    timer_.reset();
    ready_ = loop_.ready_.insert(loop_.ready_.end(), this);
}

void Suspension::wake_at_end_of_turn() { late_ = loop_.late_.insert(loop_.late_.end(), this); }

void EventLoop::run(Task<void> root) {
    root.start();
    while (!root.done()) turn();
    root.take();
}

void EventLoop::turn() {
    while (!timers_.empty() && timers_.begin()->first <= clock_.now())
        timers_.begin()->second->wake();
    if (ready_.empty() && late_.empty()) {
        port_.wait(source_ ? source_->fd() : -1, next_due());
    } else {
        // Work is waiting: only look, so that a busy loop still notices its stop signal.
        port_.wait(source_ ? source_->fd() : -1, clock_.now());
    }
    if (source_) source_->process();
    resume_all(ready_, &Suspension::ready_);
    resume_all(late_, &Suspension::late_);
    // What that lets go on, and what it lets go on in turn.
    for (int step = 0; step < kSteps; ++step) resume_all(ready_, &Suspension::ready_);
}

// Resumes those that wait in the queue now; what they add to it waits for the next turn, so that no
// chain of coroutines can keep the port from being looked at.
void EventLoop::resume_all(Suspension::Queue& queue, Suspension::Place Suspension::*place) {
    for (std::size_t count = queue.size(); count > 0 && !queue.empty(); --count) {
        Suspension* suspension = queue.front();
        queue.pop_front();
        (suspension->*place).reset();
        std::exchange(suspension->coroutine_, {}).resume();
    }
}

std::optional<TimePoint> EventLoop::next_due() const {
    std::optional<TimePoint> due = source_ ? source_->due() : std::nullopt;
    if (timers_.empty()) return due;
    return std::min(due.value_or(timers_.begin()->first), timers_.begin()->first);
}

void Signal::set() {
    set_ = true;
    if (waiter_) waiter_->wake();
}

}  // namespace headway::async
