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

enum class AuthKind { none, basic, bearer, header };

struct AuthSpec {
    AuthKind kind = AuthKind::none;
    std::string username;  // basic: names of credentials
    std::string password;
    std::string token;   // bearer, header: name of a credential
    std::string header;  // header: the header's name
};

// What an answer means beyond its status.
enum class Verdict { empty, retry, fail, restart, rate_limited };

struct AnswerRule {
    int status;
    std::string contains;  // "" matches any body
    Verdict then;
};

struct Pagination {
    bool has_cursor = false;
    std::string next;      // pointer to the next cursor in the answer
    bool in_body = false;  // where the cursor goes: body or query
    std::string at;        // pointer into the body, or the query parameter's name
};

struct RequestSpec {
    std::string method;
    std::string path;
    Json query;  // templates, see request.hpp
    Json headers;
    Json body;
    std::string records;  // pointer to the array of records
    Pagination pagination;
    std::vector<AnswerRule> answers;  // the spec's own rules follow those of the request
};

struct ListSpec {
    std::string request;
    std::string id;                   // pointer to a record's id
    std::string at;                   // pointer to a record's time, "" when it has none
    std::chrono::seconds overlap{0};  // how far before the last run's end the next one looks again
};

// Further requests that complete the listed records: `batch` parents at a time, joined by the
// parent's id, which `key` points to in the child's records.
struct ChildSpec {
    std::string name;
    std::string request;
    int batch;
    std::string key;
};

struct ConnectorSpec {
    std::string base_url;                  // fixed, or
    std::string base_url_setting;          // the name of the setting that holds it
    std::vector<std::string> credentials;  // that requests need
    std::vector<std::string> optional_credentials;
    AuthSpec auth;
    std::vector<RateLimit> budgets;
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
