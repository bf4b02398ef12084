#include "core/work/rate_budget.hpp"

#include <algorithm>
#include <numeric>

namespace headway::core {
namespace {

using std::chrono::microseconds;

constexpr std::int64_t kSlices = 60;

// The vendor counts when requests arrive, we when they leave: a first request that had to connect
// arrives late and meets its successors. The margin is the lateness that is forgiven.
constexpr microseconds kMargin{250'000};

microseconds slice_length(const RateLimit& limit) { return (limit.window + kMargin) / kSlices; }

}  // namespace

RateLedger::RateLedger(const Json& state) {
    for (const Json& meter : state.items()) {
        Meter& added = meters_.emplace_back();
        added.newest = meter.integer_or("newest", 0);
        for (const Json& count : meter["used"].items()) added.used.push_back(count.as_integer());
    }
}

Json RateLedger::state() const {
    Json::Array state;
    for (const Meter& meter : meters_) {
        Json::Array used(meter.used.begin(), meter.used.end());
        state.push_back(Json::Object{{"newest", meter.newest}, {"used", std::move(used)}});
    }
    return state;
}

std::optional<Timestamp> RateLedger::take(const std::vector<RateLimit>& limits, Timestamp now) {
    meters_.resize(limits.size());
    std::optional<Timestamp> wait_until;
    for (std::size_t i = 0; i < limits.size(); ++i) {
        Meter& meter = meters_[i];
        // A clock that went back keeps counting into the newest slice.
        std::int64_t current =
            std::max(now.time_since_epoch() / slice_length(limits[i]), meter.newest);
        // kSlices whole slices and the one under way cover any span of the window's length.
        meter.used.resize(kSlices + 1, 0);
        std::int64_t gone = std::min(current - meter.newest, kSlices + 1);
        meter.used.erase(meter.used.begin(), meter.used.begin() + gone);
        meter.used.resize(kSlices + 1, 0);
        meter.newest = current;

        std::int64_t used = std::accumulate(meter.used.begin(), meter.used.end(), std::int64_t{0});
        if (used < limits[i].requests) continue;
        std::size_t oldest = 0;
        for (std::int64_t excess = used - limits[i].requests + 1; excess > 0; ++oldest)
            excess -= meter.used[oldest];
        std::int64_t free_slice = current + static_cast<std::int64_t>(oldest);
        Timestamp free_at{free_slice * slice_length(limits[i])};
        wait_until = std::max(wait_until.value_or(free_at), free_at);
    }
    if (!wait_until)
        for (Meter& meter : meters_) ++meter.used.back();
    return wait_until;
}

}  // namespace headway::core
