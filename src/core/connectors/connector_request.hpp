#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/base/result.hpp"
#include "core/connectors/connector_spec.hpp"
#include "core/connectors/template.hpp"

namespace headway::core {

// A request ready to be sent. `headers`, `url` and `body` hold secrets: never log them.
struct Outgoing {
    std::string method;
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};

// `access_token` is what a kind of auth that mints one goes by.
Outgoing build_request(const ConnectorSpec& spec, const RequestSpec& request,
                       const RequestValues& values, const std::string& access_token = {});

// A GET for what a record refers to by its address, such as a recording's sound, with the source's
// credentials. They go to the API's own origin and, where that is called platform or api, to its
// sibling called media. Throws Failure(forbidden) for any other address.
Outgoing media_request(const ConnectorSpec& spec, const std::string& uri,
                       const RequestValues& values, const std::string& access_token);

// The last word on a header wins.
void set_header(Outgoing& out, const std::string& name, std::string value);
// A line break in a header would let a value add headers of its own. Throws Failure(invalid).
void check_headers(const Outgoing& out);

// "a=1&a=2&b=x": an array repeats its key, as most APIs expect.
std::string encode_form(const Json& members);
std::string basic_credentials(const std::string& username, const std::string& password);

// A token of RFC 9110, which can hold no line break.
bool is_header_name(std::string_view name);

}  // namespace headway::core
