#include "core/audio/web_link.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace headway::core {
namespace {

// Ends the scheme of an absolute URL; npos where there is none.
std::size_t scheme_end(std::string_view reference) {
    static constexpr std::string_view kSchemeChars =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-";
    auto end = reference.find_first_not_of(kSchemeChars);
    bool is_scheme = end != std::string_view::npos && end > 0 && reference[end] == ':';
    return is_scheme ? end : std::string_view::npos;
}

// Line breaks and tabs within a reference mean nothing, nor do blanks around it.
std::string tidied(std::string_view reference) {
    std::string kept;
    for (char c : reference)
        if (c != '\t' && c != '\n' && c != '\r') kept += c;
    return std::string(trim(kept));
}

// RFC 3986, 5.2.4.
std::string without_dots(std::string_view path) {
    std::vector<std::string_view> kept;
    auto segments = split(path.substr(1), '/');
    for (std::size_t i = 0; i < segments.size(); ++i) {
        std::string plain = percent_decode(segments[i]);
        bool is_last = i + 1 == segments.size();
        if (plain == ".." && !kept.empty()) kept.pop_back();
        if (plain != "." && plain != "..") kept.push_back(segments[i]);
        else if (is_last) kept.push_back("");
    }
    std::string joined;
    for (std::string_view segment : kept) joined += '/' + std::string(segment);
    return joined.empty() ? "/" : joined;
}

WebLink with_target(BaseUrl base, std::string_view target) {
    std::string_view path = target.substr(0, target.find('?'));
    std::string_view query = target.substr(path.size());
    return {std::move(base), without_dots(encode_strays(path)),
            query == "?" ? "" : encode_strays(query)};
}

}  // namespace

WebLink parse_web_link(std::string_view text) {
    std::string tidy = tidied(text);
    std::string_view url = std::string_view(tidy).substr(0, tidy.find('#'));
    auto authority = url.find("://");
    auto target = authority == std::string_view::npos
                      ? url.size()
                      : std::min(url.find_first_of("/?", authority + 3), url.size());
    BaseUrl base = parse_base_url(url.substr(0, target));
    std::string slash = url.substr(target).starts_with('/') ? "" : "/";
    return with_target(std::move(base), slash + std::string(url.substr(target)));
}

std::optional<WebLink> resolve_link(std::string_view reference, const WebLink& page) {
    std::string tidy = tidied(reference);
    std::string_view text = std::string_view(tidy).substr(0, tidy.find('#'));
    if (text.empty()) return tidy.empty() ? std::nullopt : std::optional(page);
    try {
        if (scheme_end(text) != std::string_view::npos) return parse_web_link(text);
        if (text.starts_with("//"))
            return parse_web_link(page.base.scheme + ':' + std::string(text));
        std::string before;
        if (text.starts_with('?')) before = page.path;
        else if (!text.starts_with('/')) before = folder_of(page.path);
        return with_target(page.base, before + std::string(text));
    } catch (const Failure&) {
        return std::nullopt;
    }
}

std::string_view folder_of(std::string_view path) { return path.substr(0, path.rfind('/') + 1); }

std::string file_name_of(const WebLink& link) {
    return sanitize_utf8(percent_decode(link.path.substr(folder_of(link.path).size()))).text;
}

}  // namespace headway::core
