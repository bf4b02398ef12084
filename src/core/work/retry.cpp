#include "core/work/retry.hpp"

#include <algorithm>

namespace headway::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

milliseconds doubling(milliseconds base, milliseconds cap, int step) {
    for (; step > 0 && base < cap; --step) base *= 2;
    return std::min(base, cap);
}

milliseconds scaled(milliseconds delay, double factor) {
    return milliseconds(
        static_cast<milliseconds::rep>(static_cast<double>(delay.count()) * factor));
}

}  // namespace

bool is_retryable(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::protocol:  // a page garbled once is usually whole the next time
        case ErrorKind::expired:
        case ErrorKind::rate_limited:
        case ErrorKind::over_budget:
        case ErrorKind::timeout:
        case ErrorKind::network:
        case ErrorKind::server:
        case ErrorKind::busy:
        case ErrorKind::internal: return true;
        case ErrorKind::invalid:
        case ErrorKind::refused:
        case ErrorKind::forbidden:
        case ErrorKind::too_large:
        case ErrorKind::stale_token:  // there is one more try, with another token, before this one
        case ErrorKind::lost: return false;
    }
    return false;
}

bool is_anothers_chance(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::refused:
        case ErrorKind::too_large:
        case ErrorKind::protocol:
        case ErrorKind::timeout:
        case ErrorKind::network:
        case ErrorKind::server: return true;
        default: return false;
    }
}

bool is_worth_waiting(const Error& error) {
    switch (error.kind) {
        case ErrorKind::over_budget:
        case ErrorKind::busy:
        case ErrorKind::internal:
        case ErrorKind::lost: return true;
        case ErrorKind::rate_limited:
            return error.retry_after.value_or(seconds(0)) <= std::chrono::minutes(5);
        default: return false;
    }
}

bool is_of_the_moment(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::rate_limited:
        case ErrorKind::timeout:
        case ErrorKind::network:
        case ErrorKind::server:
        case ErrorKind::busy:
        case ErrorKind::lost: return true;
        default: return false;
    }
}

// What the other side refuses with a good status is one conversation, not us.
bool is_lasting(const Error& error) {
    return error.kind == ErrorKind::server || error.kind == ErrorKind::network ||
           error.kind == ErrorKind::timeout ||
           (error.kind == ErrorKind::refused && error.http_status >= 400);
}

RetryDecision decide_retry(const Error& error, int tries, double random,
                           const RetryPolicy& policy) {
    using Action = RetryDecision::Action;
    if (!is_retryable(error.kind) || error.kind == ErrorKind::expired) return {Action::give_up};
    // Being told to wait is no failure: the task goes back to the queue and keeps its attempts.
    bool told_to_wait =
        error.kind == ErrorKind::rate_limited || error.kind == ErrorKind::over_budget;
    bool last_try =
        tries >= (told_to_wait && error.retry_after ? policy.max_waits : policy.max_tries);
    if (error.retry_after && (!last_try || told_to_wait || *error.retry_after > policy.patience)) {
        bool is_long = last_try || *error.retry_after > policy.patience;
        return {is_long ? Action::later : Action::again,
                *error.retry_after + scaled(told_to_wait ? policy.base / 4 : policy.base, random)};
    }
    if (last_try && told_to_wait) return {Action::later, seconds(30) + scaled(seconds(30), random)};
    if (last_try) return {Action::give_up};
    return {Action::again, scaled(doubling(policy.base, policy.cap, tries - 1), random)};
}

milliseconds task_backoff(const Error& error, int attempts, double random) {
    milliseconds delay = doubling(seconds(5), seconds(600), attempts - 1);
    delay = delay / 2 + scaled(delay / 2, random);
    return error.retry_after ? std::max<milliseconds>(delay, *error.retry_after) : delay;
}

}  // namespace headway::core
