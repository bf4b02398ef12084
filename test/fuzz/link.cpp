// Where a vendor says that the next page is: Link headers and URLs.
#include <algorithm>

#include "core/base/text.hpp"
#include "core/connectors/link.hpp"
#include "core/connectors/paging.hpp"
#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace headway;
    const std::string origin = "https://api.example.com:443";
    std::string text(fuzz::text_of(bytes, size));
    auto follow = [&](const std::string& link) {
        std::string path = core::link_within(link, origin);
        fuzz::promise(path.starts_with('/'));
        for (char c : path) fuzz::promise(c > ' ' && c <= '~' && c != '\\' && c != '#');
        std::string kept = core::without_parameter(path, "key");
        std::string query = kept.substr(std::min(kept.find('?'), kept.size() - 1) + 1);
        for (std::string_view parameter : core::split(query, '&'))
            fuzz::promise(!parameter.starts_with("key="));
        fuzz::promise(core::link_within(kept, origin) == kept || kept.starts_with("//"));
    };
    fuzz::may_refuse([&] { follow(text); });
    fuzz::may_refuse([&] { follow(core::next_link(text)); });
    core::Pagination pages;
    pages.kind = core::PageKind::link_header;
    std::map<std::string, std::string> headers = {{"link", text}};
    core::Json body;
    fuzz::may_refuse([&] { core::next_cursor(pages, "", {headers, body, 1}, {origin, "key"}); });
    pages.kind = core::PageKind::page;
    fuzz::may_refuse([&] { core::next_cursor(pages, text, {headers, body, 1}, {origin, ""}); });
    return 0;
}
