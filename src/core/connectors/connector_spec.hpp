#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "core/connectors/connector_webhook.hpp"
#include "core/work/rate_budget.hpp"

namespace headway::core {

// A connector type's spec, read and checked. The format is docs/reference/connector-spec.md; its
// JSON schema is connector_schema.cpp.

// The last four mint an access token by a request of their own.
enum class AuthKind {
    none,
    basic,
    bearer,
    header,
    query,
    oauth2_client_credentials,
    oauth2_refresh_token,
    jwt_grant,
    session
};

// How an access token is minted. Credentials are given by their names; "" where the kind has none.
struct MintSpec {
    std::string path;  // after the base URL
    std::string group;
    std::string client_id;
    std::string client_secret;
    bool client_in_body = false;
    std::string refresh_token;
    std::string assertion;
    Json form;                               // template of further fields
    Json body;                               // session: template of the login
    std::string token = "/access_token";     // pointers into the answer
    std::string expires_in = "/expires_in";  // "" when the answer does not say
    std::chrono::seconds lifetime{3600};     // when the answer does not say
};

struct AuthSpec {
    AuthKind kind = AuthKind::none;
    std::string username;  // basic: names of credentials
    std::string password;
    std::string token;                 // bearer, header, query: name of a credential
    std::string header;                // the header that carries the secret
    std::string prefix = {};           // text before the secret
    std::string parameter = {};        // query: the parameter that carries the secret
    std::string username_suffix = {};  // basic: text after the username
    std::optional<MintSpec> mint = {};
};

// What an answer means beyond its status.
enum class Verdict { empty, retry, fail, restart, rate_limited, refresh };

struct AnswerRule {
    int status;
    std::string contains;  // "" matches any body
    Verdict then;
};

// Where a value of a request goes: a query parameter's or header's name, or a pointer into the
// body.
struct Slot {
    enum class In { query, body, header };
    In in = In::query;
    std::string at;
};

struct PageSize {
    Slot send;
    std::int64_t value;
};

enum class PageKind { none, cursor, page, offset, next_url, link_header };

struct Pagination {
    PageKind kind = PageKind::none;
    std::string next;        // cursor, next_url: pointer to what leads to the next page
    Slot send = {};          // cursor, page, offset: where it goes
    std::int64_t first = 0;  // page: the first page's number
    std::optional<PageSize> size = {};
    std::string more = {};   // pointer to whether there are further pages, "" when nothing says so
    std::string end = {};    // pointer to whether this page is the last one, the same
    std::string pages = {};  // pointer to how many pages there are, likewise
    std::string total = {};  // pointer to how many records there are, likewise
};

struct RequestSpec {
    std::string method;
    std::string path;
    Json query;  // templates, see template.hpp
    Json headers;
    Json body;
    std::string records;  // pointer to the array of records, or to the one record
    Pagination pagination;
    std::vector<AnswerRule> answers;  // the spec's own rules follow those of the request
    std::string group = {};           // of the rate budgets
    bool is_form = false;             // how the body is encoded: a form instead of JSON
};

enum class TimeForm { iso, unix_seconds, unix_ms, date };

// Who keeps a list within the window that was asked for: the vendor, who is checked, or we.
enum class WindowRule { asked, filtered };

struct ListSpec {
    std::string request;
    std::string id;                   // pointer to a record's id
    std::string at;                   // pointer to a record's time, "" when it has none
    std::chrono::seconds overlap{0};  // how far before the last run's end the next one looks again
    TimeForm at_as = TimeForm::iso;
    WindowRule window = WindowRule::asked;
    bool newest_first = false;  // filtered: a page that ends before the window is the last one
    int spans = 1;              // into how many a long window may be cut, see span.hpp
};

// Further requests that complete the listed records: `batch` parents at a time.
struct ChildSpec {
    std::string name;
    std::string request;
    int batch;
    std::string key;  // pointer to the parent's value in the child's records; "": all are its own
    std::string parent = {};  // pointer to that value in the parent's record; "": its id
    std::string when = {};    // pointers: only for records with something there, and not for those
    std::string unless = {};  // "" for all
};

// Which headers state the vendor's own budget; "" for those that it does not send.
struct RateHeaders {
    std::string limit, remaining, window, reset;  // names in lower case
    bool any() const { return !(limit + remaining + window + reset).empty(); }
};

struct ConnectorSpec {
    std::string base_url;                  // fixed, or
    std::string base_url_setting;          // the name of the setting that holds it
    std::vector<std::string> credentials;  // that requests need
    std::vector<std::string> optional_credentials;
    AuthSpec auth;
    std::vector<RateLimit> budgets;
    RateHeaders rate_headers;
    std::chrono::seconds penalty{30};  // how long a 429 without Retry-After stops
    std::map<std::string, RequestSpec> requests;
    ListSpec list;
    std::vector<ChildSpec> children;
    std::optional<WebhookSpec> webhook;
};

// Reads what somebody wrote. Throws Failure(invalid): `detail` begins with the path of the
// offending part.
ConnectorSpec parse_connector_spec(const Json& spec);

// Reads what was parsed when its connector type was registered: without the schema's check, which
// is dear. Throws Failure.
ConnectorSpec read_connector_spec(const Json& spec);

// The first difference from the format's JSON schema as "path: what is wrong", or "".
std::string schema_violation(const Json& spec);

// The settings a connector of this type starts with: those given, completed by the spec's defaults.
// Throws Failure(invalid) naming an unknown, missing or ill-typed setting.
Json complete_settings(const Json& spec, const Json& given);

// The base URL that a connector with these settings talks to. Throws Failure(invalid).
std::string base_url_of(const ConnectorSpec& spec, const Json& settings);

}  // namespace headway::core
