#include "core/connectors/rate_notice.hpp"

#include <algorithm>
#include <charconv>

namespace headway::core {
namespace {

using std::chrono::seconds;

// Of any number that a header states; what is longer than a week is no wait.
constexpr seconds kLongest = std::chrono::days(7);

// What a vendor asks one request to wait that met too many others. The budgets' pace goes on
// meanwhile: stopping all for it would cost a budget of a few a second most of its time.
constexpr seconds kMoment{2};

const std::string* header_of(const Answer& answer, const std::string& name) {
    auto found = answer.headers.find(name);
    return name.empty() || found == answer.headers.end() ? nullptr : &found->second;
}

// A whole number that is not negative; "5, 5;window=60" and "5.0" begin with one.
std::optional<std::int64_t> number_in(const Answer& answer, const std::string& name) {
    const std::string* text = header_of(answer, name);
    if (!text) return std::nullopt;
    std::int64_t number = 0;
    auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error != std::errc{} || number < 0) return std::nullopt;
    return number;
}

// The window of the vendor's budget: as stated, or as ours for the group has it.
std::optional<seconds> window_of(const ConnectorSpec& spec, const std::string& group,
                                 const Answer& answer) {
    auto stated = number_in(answer, spec.rate_headers.window);
    if (stated && *stated > 0 && seconds(*stated) <= kLongest) return seconds(*stated);
    for (const RateLimit& limit : spec.budgets)
        if (limit.group == group) return limit.window;
    return std::nullopt;
}

std::optional<RateLimit> stated_limit(const ConnectorSpec& spec, const std::string& group,
                                      const Answer& answer) {
    auto requests = number_in(answer, spec.rate_headers.limit);
    auto window = window_of(spec, group, answer);
    if (!requests || !window || *requests == 0 || *requests > 1'000'000'000) return std::nullopt;
    RateLimit stated{static_cast<int>(*requests), *window, group};
    bool is_ours =
        std::any_of(spec.budgets.begin(), spec.budgets.end(), [&](const RateLimit& limit) {
            return limit.group == group && limit.window == *window &&
                   limit.requests <= stated.requests;
        });
    return is_ours ? std::nullopt : std::optional(stated);
}

// With nothing remaining, until when. Some state the moment instead of the seconds until then.
std::optional<Timestamp> used_up_until(const ConnectorSpec& spec, const std::string& group,
                                       const Answer& answer, Timestamp now) {
    if (number_in(answer, spec.rate_headers.remaining) != 0) return std::nullopt;
    constexpr std::int64_t kIsMoment = 1'000'000'000;
    auto reset = number_in(answer, spec.rate_headers.reset);
    if (!reset) {
        auto window = window_of(spec, group, answer);
        return window ? std::optional(now + *window) : std::nullopt;
    }
    if (*reset < kIsMoment) return now + std::min(seconds(*reset), kLongest);
    constexpr std::int64_t kLastMoment = 253'402'300'799;
    return std::min(Timestamp(seconds(std::min(*reset, kLastMoment))), now + kLongest);
}

bool has_any(const Answer& answer, const RateHeaders& headers) {
    return header_of(answer, headers.limit) || header_of(answer, headers.remaining) ||
           header_of(answer, headers.window) || header_of(answer, headers.reset);
}

}  // namespace

RateNotice read_rate_notice(const ConnectorSpec& spec, const std::string& group,
                            const Answer& answer, Timestamp now, std::optional<seconds> limited) {
    RateNotice notice{group, stated_limit(spec, group, answer),
                      used_up_until(spec, group, answer, now)};
    if (!limited || (*limited <= kMoment && !spec.rate_headers.any())) return notice;
    Timestamp wait = now + std::min(*limited, kLongest);
    notice.stop = std::max(notice.stop.value_or(wait), wait);
    notice.stops_all =
        group.empty() || (spec.rate_headers.any() && !has_any(answer, spec.rate_headers));
    return notice;
}

}  // namespace headway::core
