#include "core/audio/page_links.hpp"

#include "core/audio/audio_format.hpp"
#include "core/audio/link_collector.hpp"
#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace headway::core {
namespace {

using Reader = void (*)(std::string_view, LinkCollector&);

// By what the bytes look like first: servers serve feeds as text and listings as anything.
Reader reader_for(std::string_view body, std::string_view content_type) {
    std::string type = media_type(content_type);
    std::string looks = sniff(body.substr(0, kSniffedBytes)).other;
    if (looks == "an XML document" && type.find("html") == std::string::npos)
        return &read_xml_links;
    if (looks == "JSON" && !type.ends_with("html")) return &read_json_links;
    if (looks == "a playlist" || type.find("mpegurl") != std::string::npos) return &read_line_links;
    if (looks == "a web page" || type.find("html") != std::string::npos) return &read_html_links;
    if (looks == "a marked-up text")
        return type.ends_with("xml") ? &read_xml_links : &read_html_links;
    if (looks == "a text" || type.starts_with("text/")) return &read_line_links;
    return nullptr;
}

}  // namespace

void read_line_links(std::string_view body, LinkCollector& links) {
    if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
    bool is_list = body.starts_with("#EXTM3U");
    for (std::string_view line : split(body, '\n')) {
        std::string_view reference = trim(line);
        if (reference.starts_with("#EXT-X-"))
            links.note("the playlist streams one recording in pieces, which are not put together");
        if (reference.empty() || reference.starts_with('#')) continue;
        // A PLS playlist has them as File1=...
        auto equals = reference.find('=');
        if (reference.starts_with("File") && equals != std::string_view::npos && equals < 10)
            reference.remove_prefix(equals + 1);
        bool is_web = reference.starts_with("http://") || reference.starts_with("https://");
        if (is_web || is_list || format_of_name(reference)) links.add(reference);
    }
}

PageLinks read_page_links(std::string_view body, std::string_view content_type,
                          const WebLink& page) {
    Reader read = reader_for(body, content_type);
    if (!read)
        throw Failure(Error{ErrorKind::protocol,
                            "what is there is neither audio nor a page of links",
                            "It looks like " + sniff(body.substr(0, kSniffedBytes)).other + "."});
    LinkCollector links(page);
    read(body, links);
    return std::move(links).take();
}

}  // namespace headway::core
