#pragma once

#include <chrono>
#include <map>
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

// What an answer says of the vendor's own budget.
struct RateNotice {
    std::string group;                     // whose budget
    std::optional<RateLimit> stated = {};  // a limit that the spec's do not hold already
    std::optional<Timestamp> stop = {};    // nothing is to be asked until then,
    bool stops_all = false;                // by any group
};

// How often a connector has asked lately and what its vendor said about it, kept in one database
// row that all workers share. Each limit's window is counted in slices, so the state is small
// whatever the limit; a partly expired slice counts in full, which makes a limit stricter by at
// most one slice, a sixtieth of the window, and the 120 ms that requests may be late by; never
// looser.
class RateLedger {
  public:
    RateLedger() = default;
    // Also what older versions kept: an array of meters.
    explicit RateLedger(const Json& state);
    Json state() const;

    // Takes one request of `group` at `now` if every limit allows it and the vendor's, too; else
    // takes nothing and returns the earliest moment that may.
    std::optional<Timestamp> take(const std::vector<RateLimit>& limits, Timestamp now,
                                  const std::string& group = {});
    void heed(const RateNotice& notice);

    // Until when the vendor has asked the group to wait, and the limit that it states for it.
    std::optional<Timestamp> stopped_until(const std::string& group, Timestamp now) const;
    std::optional<RateLimit> stated(const std::string& group) const;

    // How many requests each limit by itself allows at `now`.
    std::vector<std::int64_t> left(const std::vector<RateLimit>& limits, Timestamp now) const;

  private:
    struct Meter {
        std::string group;               // with the window, tells whose meter it is when limits
        std::int64_t window = 0;         // change; seconds
        std::int64_t newest = 0;         // number of the newest slice since the epoch
        std::vector<std::int64_t> used;  // per slice, newest last
    };
    // The meters of these limits, in their order: those known by group and window, else new ones.
    void arrange(const std::vector<RateLimit>& limits);
    // The limits with those that the vendor states in place of looser ones.
    std::vector<RateLimit> with_stated(std::vector<RateLimit> limits) const;
    static void advance(Meter& meter, std::int64_t current);
    static std::optional<Timestamp> free_at(const Meter& meter, const RateLimit& limit);

    std::vector<Meter> meters_;                // parallel to the limits
    std::map<std::string, RateLimit> stated_;  // by group
    std::map<std::string, Timestamp> stops_;   // by group; "" stops all
};

}  // namespace headway::core
