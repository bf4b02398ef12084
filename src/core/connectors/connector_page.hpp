#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/connectors/connector_request.hpp"
#include "core/connectors/connector_spec.hpp"

namespace headway::core {

// An HTTP answer as the connector engine needs it; header names in lower case.
struct Answer {
    int status;
    std::map<std::string, std::string> headers;
    std::string body;
};

struct Page {
    Json::Array records;
    std::string next_cursor;  // "" on the last page
    std::size_t repairs = 0;  // characters replaced because they were no text
    std::size_t bytes = 0;    // of the answer
    int status = 0;           // as HTTP has it
};

// An id or a time as vendors write it, a text or a number; "" for anything else.
std::string text_of(const Json* value);

// What an answer says, by the spec's rules and then by its status. `now` is for Retry-After dates.
Result<Page> read_page(const RequestSpec& request, const Answer& answer, Timestamp now);

// Seconds to wait that an answer asks for, from Retry-After in either of its two forms.
std::optional<std::chrono::seconds> retry_after(const Answer& answer, Timestamp now);

// A listed record with what the engine itself must know of it.
struct ListedRecord {
    std::string id;  // "" when the record has none
    std::optional<Timestamp> at;
    Json record;
};

struct ListedPage {
    std::vector<ListedRecord> records;
    std::string next_cursor;
    std::optional<Timestamp> min_at, max_at;
    std::size_t repairs = 0;
};

// Reads ids and times out of a page and checks the page against what was asked: a record outside
// the window means that the server ignored the filter (Failure(protocol)), since then nobody can
// say which records it left out.
ListedPage read_list(const ListSpec& list, Page page, const RequestValues& asked);

// A short name for a cursor or for a page, fit to be remembered: it tells whether one came back.
std::string cursor_mark(const std::string& cursor);
std::string page_mark(const Json::Array& records);

// Groups a child request's records by parent id. Records that name no known parent are dropped
// and counted.
struct Joined {
    std::map<std::string, Json::Array> by_parent;
    std::size_t strangers = 0;
};
Joined join_children(const ChildSpec& child, const Json::Array& records,
                     const std::vector<std::string>& parents);

}  // namespace headway::core
