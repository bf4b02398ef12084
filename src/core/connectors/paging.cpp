#include "core/connectors/paging.hpp"

#include <charconv>
#include <limits>
#include <optional>

#include "core/base/error.hpp"
#include "core/connectors/link.hpp"
#include "core/connectors/record_text.hpp"

namespace headway::core {
namespace {

std::optional<std::int64_t> number_in(const std::string& text) {
    std::int64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

// The number that a page was asked for with.
std::int64_t place_of(const Pagination& pages, const std::string& cursor) {
    if (cursor.empty()) return pages.first;
    auto place = number_in(cursor);
    if (!place || *place < 0 || *place > std::numeric_limits<std::int32_t>::max())
        throw Failure(ErrorKind::protocol, "the list's next page has no number");
    return *place;
}

std::optional<std::int64_t> stated_number(const std::string& pointer, const Json& body) {
    return pointer.empty() ? std::nullopt : number_in(text_of(body.at(pointer)));
}

std::optional<bool> stated_bool(const std::string& pointer, const Json& body) {
    const Json* value = pointer.empty() ? nullptr : body.at(pointer);
    return value && value->is_bool() ? std::optional(value->as_bool()) : std::nullopt;
}

// Whether the answer says that there are further pages; no value when it does not say.
std::optional<bool> stated_more(const Pagination& pages, std::int64_t next, const Json& body) {
    if (auto more = stated_bool(pages.more, body)) return *more;
    if (auto end = stated_bool(pages.end, body)) return !*end;
    if (auto count = stated_number(pages.pages, body)) return next - pages.first < *count;
    if (auto total = stated_number(pages.total, body)) return next < *total;
    return std::nullopt;
}

// Vendors give fewer records than they are asked for, so that a short page is the last one only
// where nothing else is said.
std::string next_place(const Pagination& pages, const std::string& cursor, const PageEnd& seen) {
    if (seen.records == 0) return {};
    std::int64_t place = place_of(pages, cursor);
    std::int64_t next =
        pages.kind == PageKind::page ? place + 1 : place + static_cast<std::int64_t>(seen.records);
    bool is_short = pages.size && static_cast<std::int64_t>(seen.records) < pages.size->value;
    return stated_more(pages, next, seen.body).value_or(!is_short) ? std::to_string(next) : "";
}

std::string follow(const std::string& link, const LinkRules& rules) {
    return link.empty()
               ? link
               : without_parameter(link_within(link, rules.origin), rules.secret_parameter);
}

}  // namespace

std::vector<std::pair<Slot, Json>> page_values(const Pagination& pages, const std::string& cursor) {
    std::vector<std::pair<Slot, Json>> values;
    bool counts = pages.kind == PageKind::page || pages.kind == PageKind::offset;
    if (counts) values.emplace_back(pages.send, place_of(pages, cursor));
    if (pages.kind == PageKind::cursor && !cursor.empty()) values.emplace_back(pages.send, cursor);
    if (pages.size) values.emplace_back(pages.size->send, pages.size->value);
    return values;
}

std::string linked_page(const Pagination& pages, const std::string& cursor) {
    bool links = pages.kind == PageKind::next_url || pages.kind == PageKind::link_header;
    return links ? cursor : "";
}

std::string next_cursor(const Pagination& pages, const std::string& cursor, const PageEnd& seen,
                        const LinkRules& rules) {
    switch (pages.kind) {
        case PageKind::none: return {};
        case PageKind::cursor:
            return stated_more(pages, 0, seen.body).value_or(true)
                       ? text_of(seen.body.at(pages.next))
                       : "";
        case PageKind::page:
        case PageKind::offset: return next_place(pages, cursor, seen);
        case PageKind::next_url: return follow(text_of(seen.body.at(pages.next)), rules);
        case PageKind::link_header: {
            auto header = seen.headers.find("link");
            return header == seen.headers.end() ? "" : follow(next_link(header->second), rules);
        }
    }
    return {};
}

}  // namespace headway::core
