#include "core/connectors/connector_page.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "core/base/encoding.hpp"

namespace headway::core {
namespace {

// Vendors round; a record this far outside the window is no sign of an ignored filter.
constexpr std::chrono::seconds kWindowSlack{1};

ErrorKind kind_of_status(int status) {
    if (status == 429) return ErrorKind::rate_limited;
    if (status == 408) return ErrorKind::timeout;
    if (status >= 500) return ErrorKind::server;
    return ErrorKind::refused;
}

std::string hint_for_status(int status) {
    if (status == 401 || status == 403)
        return "Check the credentials with headway_set_credentials() and what they may see.";
    if (status == 404) return "Check the connector's base_url.";
    if (status >= 300 && status < 400) return "Redirects are not followed: use the final base_url.";
    return {};
}

Error status_error(const Answer& answer, Timestamp now) {
    return {kind_of_status(answer.status),
            "the vendor answered with HTTP status " + std::to_string(answer.status),
            {},
            hint_for_status(answer.status),
            answer.status,
            retry_after(answer, now)};
}

Error verdict_error(Verdict verdict, const Answer& answer, Timestamp now) {
    Error error = status_error(answer, now);
    if (verdict == Verdict::restart) error.kind = ErrorKind::expired;
    if (verdict == Verdict::retry) error.kind = ErrorKind::server;
    if (verdict == Verdict::rate_limited) error.kind = ErrorKind::rate_limited;
    if (verdict == Verdict::fail) error.kind = ErrorKind::refused;
    return error;
}

}  // namespace

std::string text_of(const Json* value) {
    if (!value || value->is_null()) return {};
    if (value->is_string()) return value->as_string();
    return value->is_number() ? value->dump() : std::string();
}

Result<Page> read_page(const RequestSpec& request, const Answer& answer, Timestamp now) {
    for (const AnswerRule& rule : request.answers) {
        if (rule.status != answer.status || answer.body.find(rule.contains) == std::string::npos)
            continue;
        if (rule.then == Verdict::empty) return Page{{}, {}, 0, answer.body.size(), answer.status};
        return verdict_error(rule.then, answer, now);
    }
    if (answer.status < 200 || answer.status > 299) return status_error(answer, now);
    try {
        ForeignJson body = parse_foreign_json(answer.body);
        Json* records = body.value.at(request.records);
        if (!records || !records->is_array())
            return Error{ErrorKind::protocol, "the answer has no list of records", request.records};
        Page page{{}, {}, body.repairs, answer.body.size(), answer.status};
        if (request.pagination.has_cursor)
            page.next_cursor = text_of(body.value.at(request.pagination.next));
        page.records = std::move(records->as_array());
        return page;
    } catch (const Failure& failure) {
        return failure.error();
    }
}

std::optional<std::chrono::seconds> retry_after(const Answer& answer, Timestamp now) {
    auto header = answer.headers.find("retry-after");
    if (header == answer.headers.end()) return std::nullopt;
    const std::string& text = header->second;
    constexpr std::chrono::seconds kLongest = std::chrono::days(7);
    if (!text.empty() && text.find_first_not_of("0123456789") == std::string::npos) {
        long seconds = 0;
        bool fits =
            std::from_chars(text.data(), text.data() + text.size(), seconds).ec == std::errc{};
        return fits ? std::min(std::chrono::seconds(seconds), kLongest) : kLongest;
    }
    auto date = parse_http_date(text);
    if (!date) return std::nullopt;
    return std::clamp(std::chrono::ceil<std::chrono::seconds>(*date - now), std::chrono::seconds(0),
                      kLongest);
}

ListedPage read_list(const ListSpec& list, Page page, const RequestValues& asked) {
    ListedPage listed{{}, std::move(page.next_cursor), {}, {}, page.repairs};
    for (Json& record : page.records) {
        ListedRecord item{text_of(record.at(list.id)), {}, {}};
        if (!list.at.empty()) item.at = parse_timestamp(text_of(record.at(list.at)));
        item.record = std::move(record);
        if (item.at) {
            listed.min_at = std::min(listed.min_at.value_or(*item.at), *item.at);
            listed.max_at = std::max(listed.max_at.value_or(*item.at), *item.at);
        }
        listed.records.push_back(std::move(item));
    }
    bool outside = (listed.min_at && *listed.min_at < asked.window_from - kWindowSlack) ||
                   (listed.max_at && *listed.max_at >= asked.window_to + kWindowSlack);
    if (outside)
        throw Failure(Error{ErrorKind::protocol, "the vendor ignored the time window",
                            "asked for " + format_timestamp(asked.window_from) + " to " +
                                format_timestamp(asked.window_to) + ", got records from " +
                                format_timestamp(*listed.min_at) + " to " +
                                format_timestamp(*listed.max_at)});
    return listed;
}

std::string cursor_mark(const std::string& cursor) {
    return hex_encode(sha256(cursor)).substr(0, 16);
}

std::string page_mark(const Json::Array& records) { return cursor_mark(Json(records).dump()); }

Joined join_children(const ChildSpec& child, const Json::Array& records,
                     const std::vector<std::string>& parents) {
    Joined joined;
    for (const std::string& parent : parents) joined.by_parent[parent];
    for (const Json& record : records) {
        std::string key = text_of(record.at(child.key));
        auto parent = joined.by_parent.find(key);
        if (key.empty() || parent == joined.by_parent.end()) ++joined.strangers;
        else parent->second.push_back(record);
    }
    return joined;
}

}  // namespace headway::core
