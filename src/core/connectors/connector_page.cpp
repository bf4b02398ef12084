#include "core/connectors/connector_page.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/base/encoding.hpp"
#include "core/base/url.hpp"
#include "core/connectors/record_text.hpp"

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

Error verdict_error(Verdict verdict, const Answer& answer, Timestamp now) {
    Error error = status_error(answer, now);
    if (verdict == Verdict::restart) error.kind = ErrorKind::expired;
    if (verdict == Verdict::retry) error.kind = ErrorKind::server;
    if (verdict == Verdict::rate_limited) error.kind = ErrorKind::rate_limited;
    if (verdict == Verdict::fail) error.kind = ErrorKind::refused;
    if (verdict == Verdict::refresh) error.kind = ErrorKind::stale_token;
    return error;
}

// The records that an answer holds: a list, or one object.
Json::Array take_records(Json& body, const std::string& pointer) {
    Json* records = body.at(pointer);
    if (records && records->is_object()) return Json::Array{std::move(*records)};
    if (!records || !records->is_array())
        throw Failure(Error{ErrorKind::protocol, "the answer has no list of records", pointer});
    return std::move(records->as_array());
}

Page read_body(const RequestSpec& request, const Answer& answer, const AskedPage& asked) {
    ForeignJson body = parse_foreign_json(answer.body);
    const Json* records = std::as_const(body.value).at(request.records);
    std::size_t count = records && records->is_array() ? records->items().size() : 1;
    Page page{{}, {}, body.repairs, answer.body.size(), answer.status};
    page.next_cursor = next_cursor(request.pagination, asked.cursor,
                                   {answer.headers, body.value, count}, asked.links);
    page.records = take_records(body.value, request.records);
    return page;
}

// Where a record lies in time; an overlap with the window's ends counts as within.
bool is_before(const ListedRecord& record, const RequestValues& asked) {
    return record.at && *record.at < asked.window_from - kWindowSlack;
}
bool is_outside(const ListedRecord& record, const RequestValues& asked) {
    return is_before(record, asked) || (record.at && *record.at >= asked.window_to + kWindowSlack);
}

void note_time(ListedPage& listed, const ListedRecord& record) {
    if (!record.at) return;
    listed.min_at = std::min(listed.min_at.value_or(*record.at), *record.at);
    listed.max_at = std::max(listed.max_at.value_or(*record.at), *record.at);
}

[[noreturn]] void refuse_window(const ListedPage& listed, const RequestValues& asked) {
    throw Failure(Error{ErrorKind::protocol, "the vendor ignored the time window",
                        "asked for " + format_timestamp(asked.window_from) + " to " +
                            format_timestamp(asked.window_to) + ", got records from " +
                            format_timestamp(*listed.min_at) + " to " +
                            format_timestamp(*listed.max_at)});
}

}  // namespace

AskedPage asked_page(const ConnectorSpec& spec, const RequestValues& values) {
    return {values.cursor,
            {parse_base_url(base_url_of(spec, values.settings)).origin(), spec.auth.parameter}};
}

Error status_error(const Answer& answer, Timestamp now) {
    return {kind_of_status(answer.status),
            "the vendor answered with HTTP status " + std::to_string(answer.status),
            {},
            hint_for_status(answer.status),
            answer.status,
            retry_after(answer, now)};
}

Result<Page> read_page(const RequestSpec& request, const Answer& answer, Timestamp now,
                       const AskedPage& asked) {
    for (const AnswerRule& rule : request.answers) {
        if (rule.status != answer.status || answer.body.find(rule.contains) == std::string::npos)
            continue;
        if (rule.then == Verdict::empty) return Page{{}, {}, 0, answer.body.size(), answer.status};
        return verdict_error(rule.then, answer, now);
    }
    if (answer.status < 200 || answer.status > 299) return status_error(answer, now);
    try {
        return read_body(request, answer, asked);
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
    bool ends_before = false, outside = false;
    for (Json& record : page.records) {
        ListedRecord item{text_of(record.at(list.id)), {}, {}};
        if (!list.at.empty()) item.at = read_time(record.at(list.at), list.at_as);
        if (item.at) ends_before = is_before(item, asked);
        bool strange = is_outside(item, asked);
        if (strange && list.window == WindowRule::filtered) {
            ++listed.left_out;
            continue;
        }
        outside |= strange;
        note_time(listed, item);
        item.record = std::move(record);
        listed.records.push_back(std::move(item));
    }
    if (outside) refuse_window(listed, asked);
    if (list.newest_first && ends_before) listed.next_cursor.clear();
    return listed;
}

std::string cursor_mark(const std::string& cursor) {
    return hex_encode(sha256(cursor)).substr(0, 16);
}

std::string page_mark(const Json::Array& records) { return cursor_mark(Json(records).dump()); }

}  // namespace headway::core
