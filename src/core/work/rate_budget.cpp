#include "core/work/rate_budget.hpp"

#include <algorithm>
#include <numeric>

namespace headway::core {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

constexpr std::int64_t kSlices = 60;
constexpr std::int64_t kLongestWindow = 31'536'000;
// No vendor's wait is kept for longer than a week: a stop further ahead is a clock's that was set
// back since.
constexpr std::chrono::days kLongestStop{8};

// The vendor counts when requests arrive, we when they leave: a first request that had to connect
// arrives late and meets its successors. The margin is the lateness that is forgiven.
constexpr microseconds kMargin{120'000};

microseconds slice_length(const RateLimit& limit) { return (limit.window + kMargin) / kSlices; }

}  // namespace

RateLedger::RateLedger(const Json& state) {
    for (const Json& meter : (state.is_array() ? state : state["meters"]).items()) {
        Meter& added = meters_.emplace_back();
        added.group = meter.text_or("group", "");
        added.window = meter.integer_or("window", 0);
        added.newest = std::max<std::int64_t>(meter.integer_or("newest", 0), 0);
        for (const Json& count : meter["used"].items())
            added.used.push_back(std::clamp<std::int64_t>(count.as_integer(), 0, INT32_MAX));
        added.used.resize(kSlices + 1, 0);
    }
    for (const auto& [group, limit] : state["stated"].members())
        stated_[group] = {
            static_cast<int>(
                std::clamp<std::int64_t>(limit["requests"].as_integer(), 1, INT32_MAX)),
            seconds(std::clamp<std::int64_t>(limit["window"].as_integer(), 1, kLongestWindow)),
            group};
    for (const auto& [group, until] : state["stops"].members())
        stops_[group] = Timestamp(microseconds(until.as_integer()));
}

Json RateLedger::state() const {
    Json state = Json::object(), stated = Json::object(), stops = Json::object();
    Json::Array meters;
    for (const Meter& meter : meters_) {
        Json::Array used(meter.used.begin(), meter.used.end());
        meters.push_back(Json::Object{{"group", meter.group},
                                      {"window", meter.window},
                                      {"newest", meter.newest},
                                      {"used", std::move(used)}});
    }
    for (const auto& [group, limit] : stated_)
        stated.set(group,
                   Json::Object{{"requests", limit.requests}, {"window", limit.window.count()}});
    for (const auto& [group, until] : stops_) stops.set(group, until.time_since_epoch().count());
    state.set("meters", std::move(meters));
    state.set("stated", std::move(stated));
    state.set("stops", std::move(stops));
    return state;
}

void RateLedger::arrange(const std::vector<RateLimit>& limits) {
    std::vector<Meter> arranged;
    for (const RateLimit& limit : limits) {
        auto known = std::find_if(meters_.begin(), meters_.end(), [&](const Meter& meter) {
            return meter.window == limit.window.count() && meter.group == limit.group;
        });
        // kSlices whole slices and the one under way cover any span of the window's length.
        arranged.push_back(known != meters_.end() ? *known
                                                  : Meter{limit.group, limit.window.count(), 0,
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

std::vector<RateLimit> RateLedger::with_stated(std::vector<RateLimit> limits) const {
    for (const auto& by_group : stated_) {
        const auto& stated = by_group.second;
        auto ours = std::find_if(limits.begin(), limits.end(), [&](const RateLimit& limit) {
            return limit.group == stated.group && limit.window == stated.window;
        });
        if (ours == limits.end()) limits.push_back(stated);
        else ours->requests = std::min(ours->requests, stated.requests);
    }
    return limits;
}

// When a meter that has moved on to now has room for one more; no value when it has.
std::optional<Timestamp> RateLedger::free_at(const Meter& meter, const RateLimit& limit) {
    std::int64_t used = std::accumulate(meter.used.begin(), meter.used.end(), std::int64_t{0});
    if (used < limit.requests) return std::nullopt;
    std::size_t oldest = 0;
    for (std::int64_t excess = used - limit.requests + 1; excess > 0; ++oldest)
        excess -= meter.used[oldest];
    std::int64_t free_slice = meter.newest + static_cast<std::int64_t>(oldest);
    return Timestamp{free_slice * slice_length(limit)};
}

std::optional<Timestamp> RateLedger::take(const std::vector<RateLimit>& given, Timestamp now,
                                          const std::string& group) {
    std::vector<RateLimit> limits = with_stated(given);
    arrange(limits);
    std::erase_if(stops_, [&](const auto& stop) { return stop.second <= now; });
    std::optional<Timestamp> wait_until = stopped_until(group, now);
    auto counts = [&](const RateLimit& limit) {
        return limit.group.empty() || limit.group == group;
    };
    for (std::size_t i = 0; i < limits.size(); ++i) {
        advance(meters_[i], now.time_since_epoch() / slice_length(limits[i]));
        if (!counts(limits[i])) continue;
        if (auto free = free_at(meters_[i], limits[i]))
            wait_until = std::max(wait_until.value_or(*free), *free);
    }
    if (!wait_until)
        for (std::size_t i = 0; i < limits.size(); ++i)
            if (counts(limits[i])) ++meters_[i].used.back();
    return wait_until;
}

std::vector<std::int64_t> RateLedger::left(const std::vector<RateLimit>& limits,
                                           Timestamp now) const {
    RateLedger then = *this;
    std::vector<RateLimit> stricter = with_stated(limits);
    then.arrange(stricter);
    std::vector<std::int64_t> left;
    for (std::size_t i = 0; i < limits.size(); ++i) {
        Meter& meter = then.meters_[i];
        advance(meter, now.time_since_epoch() / slice_length(stricter[i]));
        std::int64_t used = std::accumulate(meter.used.begin(), meter.used.end(), std::int64_t{0});
        left.push_back(std::max<std::int64_t>(stricter[i].requests - used, 0));
    }
    return left;
}

void RateLedger::heed(const RateNotice& notice) {
    if (notice.stated) stated_[notice.group] = *notice.stated;
    else stated_.erase(notice.group);
    if (!notice.stop) return;
    Timestamp& stop = stops_[notice.stops_all ? "" : notice.group];
    stop = std::max(stop, *notice.stop);
}

std::optional<Timestamp> RateLedger::stopped_until(const std::string& group, Timestamp now) const {
    std::optional<Timestamp> until;
    for (const std::string& name : {std::string(), group})
        if (auto stop = stops_.find(name);
            stop != stops_.end() && stop->second > now && stop->second < now + kLongestStop)
            until = std::max(until.value_or(stop->second), stop->second);
    return until;
}

std::optional<RateLimit> RateLedger::stated(const std::string& group) const {
    auto limit = stated_.find(group);
    return limit == stated_.end() ? std::nullopt : std::optional(limit->second);
}

}  // namespace headway::core
