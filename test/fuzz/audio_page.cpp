// What an import finds under an address: the links of a page of any kind, and the kind of a file.
#include "core/audio/audio_format.hpp"
#include "core/audio/page_links.hpp"
#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace headway;
    const core::WebLink page = core::parse_web_link("https://a.example/calls/?x=1");
    // The first byte chooses what the server says that it is.
    static constexpr const char* kTypes[] = {"", "text/html", "application/xml", "application/json",
                                             "audio/x-mpegurl"};
    std::string_view text = fuzz::text_of(bytes, size);
    const char* type = text.empty() ? "" : kTypes[bytes[0] % 5];
    text.remove_prefix(text.empty() ? 0 : 1);
    core::Sniffed found = core::sniff(text);
    fuzz::promise(found.audio.has_value() != !found.other.empty());
    fuzz::may_refuse([&] {
        for (const core::PageLink& link : core::read_page_links(text, type, page).links) {
            std::string url = link.link.str();
            fuzz::promise(url.starts_with("https://") || url.starts_with("http://"));
            for (char c : url) fuzz::promise(c > ' ' && c <= '~' && c != '\\' && c != '#');
            fuzz::promise(core::parse_web_link(url).str() == url);
            fuzz::promise(core::resolve_link(url, page)->str() == url);
        }
    });
    fuzz::may_refuse([&] { core::parse_web_link(text); });
    core::resolve_link(text, page);
    return 0;
}
