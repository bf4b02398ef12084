#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/connectors/connector_request.hpp"
#include "core/connectors/connector_spec.hpp"
#include "core/connectors/paging.hpp"

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

// Which page was asked for, and what a link to the next one is held against.
struct AskedPage {
    std::string cursor;
    LinkRules links;
};
AskedPage asked_page(const ConnectorSpec& spec, const RequestValues& values);

// What an answer says, by the spec's rules and then by its status. `now` is for Retry-After dates.
Result<Page> read_page(const RequestSpec& request, const Answer& answer, Timestamp now,
                       const AskedPage& asked = {});

// The error that an answer is without any rule, and with one.
Error status_error(const Answer& answer, Timestamp now);

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
    std::size_t left_out = 0;  // records outside the window, of a list that we filter
};

// Reads ids and times out of a page and checks the page against what was asked. Where the vendor
// keeps the window, a record outside of it means that the server ignored the filter
// (Failure(protocol)), since then nobody can say which records it left out.
ListedPage read_list(const ListSpec& list, Page page, const RequestValues& asked);

// A short name for a cursor or for a page, fit to be remembered: it tells whether one came back.
std::string cursor_mark(const std::string& cursor);
std::string page_mark(const Json::Array& records);

}  // namespace headway::core
