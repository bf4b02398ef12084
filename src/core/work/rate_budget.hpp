#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "core/base/timestamp.hpp"

namespace headway::core {

// At most `requests` in any span of `window`. A connector may have several at once
// (3 a second and 10,000 a day).
struct RateLimit {
    int requests;
    std::chrono::seconds window;
    std::string group = {};  // of the requests that count; "" when all do
};

// How often a connector has asked lately, kept in one database row that all workers share. Each
// limit's window is counted in slices, so the state is small whatever the limit; a partly expired
// slice counts in full, which makes a limit stricter by at most one slice, a sixtieth of the
// window, and the quarter of a second that requests may be late by; never looser.
class RateLedger {
  public:
    RateLedger() = default;
    explicit RateLedger(const Json& state);
    Json state() const;

    // Takes one request at `now` if every limit allows it; else takes nothing and returns the
    // earliest moment that may.
    std::optional<Timestamp> take(const std::vector<RateLimit>& limits, Timestamp now);

    // How many requests each limit by itself allows at `now`.
    std::vector<std::int64_t> left(const std::vector<RateLimit>& limits, Timestamp now) const;

  private:
    struct Meter {
        std::int64_t window = 0;         // seconds; tells whose meter it is when limits change
        std::int64_t newest = 0;         // number of the newest slice since the epoch
        std::vector<std::int64_t> used;  // per slice, newest last
    };
    // The meters of these limits, in their order: those known by their window, else new ones.
    void arrange(const std::vector<RateLimit>& limits);
    static void advance(Meter& meter, std::int64_t current);

    std::vector<Meter> meters_;  // parallel to the limits
};

}  // namespace headway::core
