#pragma once

#include <string>
#include <string_view>

namespace headway::core {

// The target of rel="next" in the value of Link headers (RFC 8288), "" when there is none.
std::string next_link(std::string_view header);

// The path and query of a link, which is an absolute URL of `origin` (scheme://host:port) or begins
// with a slash; characters that no URL holds are percent-encoded. Throws Failure(protocol) for
// another origin and for anything else.
std::string link_within(std::string_view link, const std::string& origin);

// A path and query without one parameter; "" names none.
std::string without_parameter(std::string_view link, std::string_view parameter);

}  // namespace headway::core
