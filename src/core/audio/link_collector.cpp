#include "core/audio/link_collector.hpp"

#include "core/audio/audio_format.hpp"
#include "core/base/text.hpp"

namespace headway::core {
namespace {

constexpr std::string_view kPages[] = {"htm",  "html", "xhtml", "xml", "rss", "atom",
                                       "json", "m3u",  "m3u8",  "pls", "txt"};
// What programs are called that answer with whatever was asked for.
constexpr std::string_view kPrograms[] = {"php", "asp", "aspx", "ashx", "jsp", "do", "cgi", "pl"};

// The links of Apache's listings that sort them: the same page again.
bool is_sorting(const WebLink& link) {
    return link.query.starts_with("?C=") && link.query.size() <= 10;
}

bool is_nearer(LinkKind kind, LinkKind than) {
    auto rank = [](LinkKind k) {
        return k == LinkKind::audio ? 3 : k == LinkKind::next ? 2 : k == LinkKind::maybe ? 1 : 0;
    };
    return rank(kind) > rank(than);
}

}  // namespace

std::optional<LinkKind> kind_of_name(const WebLink& link) {
    std::string file = file_name_of(link);
    if (format_of_name(file)) return LinkKind::audio;
    if (file.empty()) return link.query.empty() ? LinkKind::page : LinkKind::maybe;
    auto dot = file.rfind('.');
    if (dot == std::string::npos) return LinkKind::maybe;
    std::string extension = lower(file.substr(dot + 1));
    if (is_one_of(kPages, extension)) return LinkKind::page;
    bool is_extension = extension.size() <= 5 && extension.find(' ') == std::string::npos;
    if (is_one_of(kPrograms, extension) || !is_extension) return LinkKind::maybe;
    return std::nullopt;
}

void LinkCollector::set_base(std::string_view reference) {
    if (auto base = resolve_link(reference, page_)) base_ = *base;
}

// The page itself, or a folder that it lies in.
bool LinkCollector::is_upwards(const WebLink& link) const {
    if (link.origin() != page_.origin()) return false;
    if (link.path == page_.path) return link.query == page_.query || is_sorting(link);
    return link.query.empty() && link.path.ends_with('/') && page_.path.starts_with(link.path);
}

void LinkCollector::add(std::string_view reference) {
    auto link = resolve_link(reference, base_);
    if (!link) {
        found_.unreadable += lower(trim(reference)).starts_with("http");
        return;
    }
    if (auto kind = kind_of_name(*link)) add(*kind, *link);
}

void LinkCollector::add(LinkKind kind, std::string_view reference) {
    if (auto link = resolve_link(reference, base_)) add(kind, *link);
    else found_.unreadable += !trim(reference).empty();
}

void LinkCollector::add(LinkKind kind, const WebLink& link) {
    if (kind != LinkKind::audio && is_upwards(link)) return;
    auto [place, is_new] = places_.emplace(link.str(), found_.links.size());
    if (is_new) found_.links.push_back({kind, link});
    LinkKind& known = found_.links[place->second].kind;
    if (is_nearer(kind, known)) known = kind;
}

}  // namespace headway::core
