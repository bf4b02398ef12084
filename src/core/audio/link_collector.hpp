#pragma once

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string>

#include "core/audio/page_links.hpp"

namespace headway::core {

template <std::size_t N>
bool is_one_of(const std::string_view (&known)[N], std::string_view text) {
    return std::find(std::begin(known), std::end(known), text) != std::end(known);
}

// Gathers what a page refers to; the readers of each kind of page share it.
class LinkCollector {
  public:
    explicit LinkCollector(const WebLink& page) : page_(page), base_(page) {}

    // <base href>: what references are relative to from now on. Another origin than the page's is
    // heeded for references alone.
    void set_base(std::string_view reference);
    const WebLink& base() const { return base_; }

    // Takes a reference for what its name says it is.
    void add(std::string_view reference);
    // Takes it for what the page says it is; a link leads to one thing, and audio outweighs a
    // guess.
    void add(LinkKind kind, std::string_view reference);
    void add(LinkKind kind, const WebLink& link);
    void note(std::string text) { found_.note = std::move(text); }

    PageLinks take() && { return std::move(found_); }

  private:
    bool is_upwards(const WebLink& link) const;

    const WebLink& page_;
    WebLink base_;
    PageLinks found_;
    std::map<std::string, std::size_t> places_;  // in found_.links, by URL
};

// What a link's name tells; no value for what is certainly neither audio nor a page.
std::optional<LinkKind> kind_of_name(const WebLink& link);

void read_html_links(std::string_view body, LinkCollector& links);
void read_xml_links(std::string_view body, LinkCollector& links);
void read_json_links(std::string_view body, LinkCollector& links);
void read_line_links(std::string_view body, LinkCollector& links);

}  // namespace headway::core
