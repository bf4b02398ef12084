#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/url.hpp"

namespace headway::core {

// A URL of the web as a request takes it: the host in the one form that parse_base_url() knows, the
// rest percent-encoded where no URL could hold it, without a fragment.
struct WebLink {
    BaseUrl base;            // without a path
    std::string path;        // begins with a slash, has no dot segments
    std::string query = {};  // with its question mark, or ""

    std::string origin() const { return base.origin(); }
    std::string str() const { return base.str() + path + query; }
};

// An absolute URL. Throws Failure(invalid).
WebLink parse_web_link(std::string_view text);

// What a reference means on a page of that address (RFC 3986, and the blanks that HTML forgives);
// no value for what is no http or https URL.
std::optional<WebLink> resolve_link(std::string_view reference, const WebLink& page);

// The folder of a path: all up to its last slash.
std::string_view folder_of(std::string_view path);
// The name at the end of a URL's path, decoded; "" for a folder.
std::string file_name_of(const WebLink& link);

}  // namespace headway::core
