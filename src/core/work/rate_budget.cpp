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
        added.window = meter.integer_or("window", 0);
        added.newest = std::max<std::int64_t>(meter.integer_or("newest", 0), 0);
        for (const Json& count : meter["used"].items())
            added.used.push_back(std::clamp<std::int64_t>(count.as_integer(), 0, INT32_MAX));
        added.used.resize(kSlices + 1, 0);
    }
}

Json RateLedger::state() const {
    Json::Array state;
    for (const Meter& meter : meters_) {
        Json::Array used(meter.used.begin(), meter.used.end());
        state.push_back(Json::Object{
            {"window", meter.window}, {"newest", meter.newest}, {"used", std::move(used)}});
    }
    return state;
}

void RateLedger::arrange(const std::vector<RateLimit>& limits) {
    std::vector<Meter> arranged;
    for (const RateLimit& limit : limits) {
        auto known = std::find_if(meters_.begin(), meters_.end(), [&](const Meter& meter) {
            return meter.window == limit.window.count();
        });
        // kSlices whole slices and the one under way cover any span of the window's length.
        arranged.push_back(known != meters_.end() ? *known
                                                  : Meter{limit.window.count(), 0,
                                                          std::vector<std::int64_t>(kSlices + 1)});
    }
    meters_ = std::move(arranged);
}

// Lets the slices go that have left the window. A clock that was set back a little keeps counting
// into the newest slice; one that was set back further than the window begins anew, with all that
// was used as if it were used just now.
void RateLedger::advance(Meter& meter, std::int64_t current) {
    if (meter.newest - current > kSlices) {
        std::int64_t used = std::accumulate(meter.used.begin(), meter.used.end(), std::int64_t{0});
        meter.used.assign(kSlices + 1, 0);
        meter.used.back() = used;
        meter.newest = current;
    }
    std::int64_t gone = std::clamp<std::int64_t>(current - meter.newest, 0, kSlices + 1);
    meter.used.erase(meter.used.begin(), meter.used.begin() + gone);
    meter.used.resize(kSlices + 1, 0);
    meter.newest = std::max(meter.newest, current);
}

std::optional<Timestamp> RateLedger::take(const std::vector<RateLimit>& limits, Timestamp now) {
    arrange(limits);
    std::optional<Timestamp> wait_until;
    for (std::size_t i = 0; i < limits.size(); ++i) {
        Meter& meter = meters_[i];
        advance(meter, now.time_since_epoch() / slice_length(limits[i]));
        std::int64_t used = std::accumulate(meter.used.begin(), meter.used.end(), std::int64_t{0});
        if (used < limits[i].requests) continue;
        std::size_t oldest = 0;
        for (std::int64_t excess = used - limits[i].requests + 1; excess > 0; ++oldest)
            excess -= meter.used[oldest];
        std::int64_t free_slice = meter.newest + static_cast<std::int64_t>(oldest);
        Timestamp free_at{free_slice * slice_length(limits[i])};
        wait_until = std::max(wait_until.value_or(free_at), free_at);
    }
    if (!wait_until)
        for (Meter& meter : meters_) ++meter.used.back();
    return wait_until;
}

std::vector<std::int64_t> RateLedger::left(const std::vector<RateLimit>& limits,
                                           Timestamp now) const {
    RateLedger then = *this;
    then.arrange(limits);
    std::vector<std::int64_t> left;
    for (std::size_t i = 0; i < limits.size(); ++i) {
        Meter& meter = then.meters_[i];
        advance(meter, now.time_since_epoch() / slice_length(limits[i]));
        std::int64_t used = std::accumulate(meter.used.begin(), meter.used.end(), std::int64_t{0});
        left.push_back(std::max<std::int64_t>(limits[i].requests - used, 0));
    }
    return left;
}

}  // namespace headway::core
