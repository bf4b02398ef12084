#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/base/json.hpp"
#include "core/base/timestamp.hpp"
#include "core/connectors/connector_spec.hpp"

namespace headway::core {

// A request ready to be sent. `headers` hold the credentials: never log them.
struct Outgoing {
    std::string method;
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};

// What the templates of a request may draw from. In a template, {"$": "window.from"} stands for a
// value; a member whose value is null is left out. In a path, {parent} is replaced.
struct RequestValues {
    Json settings;
    Json credentials;  // name -> secret text
    Timestamp window_from{};
    Timestamp window_to{};
    std::vector<std::string> parents;  // ids, for child requests
    std::string cursor;                // "" on the first page
};

Outgoing build_request(const ConnectorSpec& spec, const RequestSpec& request,
                       const RequestValues& values);

// The placeholders that a request's templates mention, and whether one has a meaning other than
// "settings.<name>".
std::vector<std::string> placeholders(const RequestSpec& request);
bool is_placeholder(const std::string& name);

// A token of RFC 9110, which can hold no line break.
bool is_header_name(std::string_view name);

}  // namespace headway::core
