#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/base/json.hpp"
#include "core/connectors/connector_spec.hpp"

namespace headway::core {

// From page to page. Whatever a vendor's way, all that must be remembered of it is one text, the
// cursor: what the vendor calls so, a page's number, an offset, or the rest of a URL behind the
// vendor's origin. "" stands for the first page, and for no further one.

// What a page is asked for with: the cursor, the number or the offset, and the size.
std::vector<std::pair<Slot, Json>> page_values(const Pagination& pages, const std::string& cursor);

// The path and query to ask instead of the request's own; "" where the cursor is no link.
std::string linked_page(const Pagination& pages, const std::string& cursor);

// What came back, as far as it says how to go on.
struct PageEnd {
    const std::map<std::string, std::string>& headers;  // names in lower case
    const Json& body;
    std::size_t records;
};

// What a link is held against: only the origin that the credentials were given for is followed,
// and the parameter that carries one is taken out of what is remembered.
struct LinkRules {
    std::string origin;
    std::string secret_parameter;  // "" for none
};

// The cursor of the page after `cursor`'s. Throws Failure(protocol) for a link that leads to
// another origin or that is none.
std::string next_cursor(const Pagination& pages, const std::string& cursor, const PageEnd& seen,
                        const LinkRules& rules);

}  // namespace headway::core
