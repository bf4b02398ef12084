// How a list goes on from page to page, as a spec says it.

#include "core/connectors/connector_request.hpp"
#include "core/connectors/spec_parts.hpp"

namespace headway::core {
namespace {

PageKind read_kind(const Json& pagination, const std::string& path) {
    static const std::map<std::string, PageKind> kKinds = {
        {"none", PageKind::none},         {"cursor", PageKind::cursor},
        {"page", PageKind::page},         {"offset", PageKind::offset},
        {"next_url", PageKind::next_url}, {"link_header", PageKind::link_header}};
    auto known = kKinds.find(pagination.is_null() ? "none" : pagination["kind"].as_string());
    require_spec(known != kKinds.end(), path + "/kind", "is no kind of pagination");
    return known->second;
}

Slot read_slot(const Json& send, const std::string& path, bool has_body) {
    static const std::map<std::string, Slot::In> kIn = {
        {"query", Slot::In::query}, {"body", Slot::In::body}, {"header", Slot::In::header}};
    Slot slot{kIn.at(send["in"].as_string()), send["at"].as_string()};
    switch (slot.in) {
        case Slot::In::query:
            require_spec(!slot.at.empty(), path, "\"at\" must name a query parameter");
            break;
        case Slot::In::body:
            require_spec(has_body, path, "a GET request has no body");
            require_spec(slot.at.starts_with('/'), path, "\"at\" must be a pointer into the body");
            break;
        case Slot::In::header:
            require_spec(is_header_name(slot.at), path, "\"at\" must be the name of a header");
            break;
    }
    return slot;
}

PageSize read_size(const Json& size, const std::string& path, bool has_body) {
    return {read_slot(size["send"], path + "/send", has_body), size["value"].as_integer()};
}

}  // namespace

Pagination read_pagination(const Json& given, const std::string& path, bool has_body) {
    Pagination pages;
    pages.kind = read_kind(given, path);
    bool follows_cursor = pages.kind == PageKind::cursor;
    bool counts = pages.kind == PageKind::page || pages.kind == PageKind::offset;
    if (follows_cursor || pages.kind == PageKind::next_url) {
        require_spec(given["next"].is_string(), path, "needs \"next\"");
        pages.next = read_pointer(given["next"], path + "/next");
    }
    if (follows_cursor || counts) {
        require_spec(given["send"].is_object(), path, "needs \"send\"");
        pages.send = read_slot(given["send"], path + "/send", has_body);
    }
    if (counts && given.find("size"))
        pages.size = read_size(given["size"], path + "/size", has_body);
    require_spec(pages.kind != PageKind::offset || pages.size, path, "needs \"size\"");
    if (pages.kind == PageKind::page) {
        pages.first = given.integer_or("first", 1);
        pages.pages = read_pointer_if_any(given, "pages", path);
    }
    if (follows_cursor || pages.kind == PageKind::page) {
        pages.more = read_pointer_if_any(given, "more", path);
        pages.end = read_pointer_if_any(given, "end", path);
        require_spec(pages.more.empty() || pages.end.empty(), path,
                     "\"more\" and \"end\" say the same");
    }
    if (pages.kind == PageKind::offset) pages.total = read_pointer_if_any(given, "total", path);
    return pages;
}

void check_pagination_members(const Json& given, const std::string& path) {
    auto only = [&](std::initializer_list<std::string_view> allowed) {
        check_members(given, path, allowed);
    };
    switch (read_kind(given, path)) {
        case PageKind::none: return only({"kind"});
        case PageKind::cursor: return only({"kind", "next", "send", "more", "end"});
        case PageKind::page: return only({"kind", "send", "first", "size", "more", "end", "pages"});
        case PageKind::offset: return only({"kind", "send", "size", "total"});
        case PageKind::next_url: return only({"kind", "next"});
        case PageKind::link_header: return only({"kind"});
    }
}

}  // namespace headway::core
