#pragma once

#include <string>
#include <string_view>

namespace headway::core {

// The base URL of an API. Only this narrow form is accepted, so that our reading of the host is
// certainly the HTTP client's reading too: http or https, a host name or an address, no user, no
// query, no fragment.
struct BaseUrl {
    std::string scheme;  // "http" or "https"
    std::string host;    // lower case; an IPv6 address without its brackets
    int port = 0;
    std::string path;  // "" or "/prefix", without a slash at the end

    std::string origin() const;  // scheme://host:port
    std::string str() const;  // as a request needs it: the port only where it is not the usual one
};

// Throws Failure(invalid).
BaseUrl parse_base_url(std::string_view text);

// Whether `list` (headway.allowed_private_hosts: "host" or "host:port", separated by commas or
// blanks) names this URL's host.
bool names_host(std::string_view list, const BaseUrl& url);

// Percent-encodes everything but RFC 3986's unreserved characters.
std::string percent_encode(std::string_view text);
// The same for each part of a path; the slashes stay.
std::string percent_encode_path(std::string_view path);
// What is no escape stays as it is.
std::string percent_decode(std::string_view text);
// A path and query as it goes out: what no URL holds is percent-encoded, escapes stay. A backslash
// is a slash to some clients and none to others.
std::string encode_strays(std::string_view target);

}  // namespace headway::core
