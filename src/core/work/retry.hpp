#pragma once

#include <chrono>

#include "core/base/error.hpp"

namespace headway::core {

// How patient one exchange is before it hands its task back to the queue.
struct RetryPolicy {
    int max_tries = 3;
    // Of one that is told each time how long to wait: a busy vendor is no broken one.
    int max_waits = 12;
    std::chrono::milliseconds base{500};
    std::chrono::milliseconds cap{8000};
    // A wait longer than this is not slept but stored as the task's run_at.
    std::chrono::seconds patience{10};
};

struct RetryDecision {
    enum class Action { again, later, give_up };
    Action action;
    std::chrono::milliseconds delay{0};  // before the next try, or until the task's run_at
};

// What to do after try number `tries` (from 1) failed with `error`. `random` in [0, 1) spreads
// clients out (full jitter); a server's Retry-After is obeyed as given, plus jitter on top.
RetryDecision decide_retry(const Error& error, int tries, double random, const RetryPolicy& policy);

// Delay before a task whose attempt number `attempts` (from 1) failed runs again.
std::chrono::milliseconds task_backoff(const Error& error, int attempts, double random);

// Whether another attempt of the same task can succeed at all.
bool is_retryable(ErrorKind kind);

// Whether somebody else may succeed at once where one has given up: not with what is wrong on our
// side, nor while waiting is all that it takes.
bool is_anothers_chance(ErrorKind kind);

// Whether to wait for what one can do without: for a vendor that is busy for some minutes, for
// money of a budget, and for what is our own fault.
bool is_worth_waiting(const Error& error);

// Whether it says nothing about what was asked: the same may be answered at another moment.
bool is_of_the_moment(ErrorKind kind);

// Whether the next request would fail in the same way: an outage, a wrong key, no money.
bool is_lasting(const Error& error);

}  // namespace headway::core
