#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/audio/web_link.hpp"

namespace headway::core {

// What may be behind a link, as far as the page tells.
enum class LinkKind {
    audio,  // its name or the page says that it is audio
    maybe,  // its content type will tell
    page,   // another page or folder
    next,   // the rest of this listing
};

struct PageLink {
    LinkKind kind;
    WebLink link;
};

// The links of a page in its order, each once. `unreadable` counts references to the web that are
// no URL; `note` says what of the page could not be followed.
struct PageLinks {
    std::vector<PageLink> links = {};
    std::size_t unreadable = 0;
    std::string note = {};
};

// Reads the links of what was found at an address: an HTML page or a server's directory listing, an
// S3 bucket's listing, an RSS or Atom feed, JSON of any shape, an M3U playlist, or a text with one
// URL on each line. Throws Failure(protocol) for what is none of these.
PageLinks read_page_links(std::string_view body, std::string_view content_type,
                          const WebLink& page);

// At most so many bytes of a page are read.
constexpr std::size_t kMostPageBytes = 8 << 20;

}  // namespace headway::core
