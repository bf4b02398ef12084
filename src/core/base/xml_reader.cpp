#include "core/base/xml_reader.hpp"

#include <algorithm>
#include <charconv>

#include "core/base/text.hpp"

namespace headway::core {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

// The character that stands between & and ;, "" when it is none.
std::string entity(std::string_view name) {
    if (name == "amp") return "&";
    if (name == "lt") return "<";
    if (name == "gt") return ">";
    if (name == "quot") return "\"";
    if (name == "apos") return "'";
    if (!name.starts_with('#')) return {};
    bool is_hex = name.starts_with("#x") || name.starts_with("#X");
    std::string_view digits = name.substr(is_hex ? 2 : 1);
    std::uint32_t code = 0;
    auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, is_hex ? 16 : 10);
    bool is_character = error == std::errc{} && end == digits.data() + digits.size() && code > 0 &&
                        code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
    std::string out;
    if (is_character) append_utf8(out, static_cast<char32_t>(code));
    return out;
}

std::string resolved(std::string_view text) {
    constexpr std::size_t kLongestEntity = 12;
    std::string out;
    while (!text.empty()) {
        auto amp = std::min(text.find('&'), text.size());
        out += text.substr(0, amp);
        text.remove_prefix(amp);
        if (text.empty()) break;
        auto end = text.substr(0, kLongestEntity).find(';');
        std::string character =
            end == std::string_view::npos ? std::string() : entity(text.substr(1, end - 1));
        out += character.empty() ? "&" : character;
        text.remove_prefix(character.empty() ? 1 : end + 1);
    }
    return out;
}

std::string_view local(std::string_view name) {
    auto colon = name.rfind(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

// Up to where a tag ends, outside of quotation marks.
std::size_t tag_end(std::string_view text) {
    char quote = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (quote) quote = text[at] == quote ? '\0' : quote;
        else if (text[at] == '"' || text[at] == '\'') quote = text[at];
        else if (text[at] == '>') return at;
    }
    return text.size();
}

std::string_view take(std::string_view& rest, std::size_t size) {
    std::string_view taken = rest.substr(0, size);
    rest.remove_prefix(std::min(size, rest.size()));
    return taken;
}

}  // namespace

// Past a comment, an instruction or a declaration, or into the text of a CDATA section.
bool XmlReader::skip_aside() {
    auto past = [this](std::string_view end) {
        auto at = rest_.find(end);
        rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at + end.size());
    };
    if (rest_.starts_with("<![CDATA[")) {
        rest_.remove_prefix(9);
        text_ += rest_.substr(0, rest_.find("]]>"));
        past("]]>");
    } else if (rest_.starts_with("<!--")) {
        past("-->");
    } else if (rest_.starts_with("<?")) {
        past("?>");
    } else if (rest_.starts_with("<!")) {
        past(">");
    } else {
        return false;
    }
    return true;
}

bool XmlReader::next() {
    text_.clear();
    for (;;) {
        text_ += resolved(take(rest_, std::min(rest_.find('<'), rest_.size())));
        if (rest_.empty()) return false;
        if (!skip_aside()) break;
    }
    rest_.remove_prefix(1);
    std::size_t end = tag_end(rest_);
    read_tag(rest_.substr(0, end));
    take(rest_, end + 1);
    return true;
}

void XmlReader::read_tag(std::string_view tag) {
    attributes_.clear();
    bool closes = tag.starts_with('/'), is_empty = tag.ends_with('/');
    is_start_ = !closes;
    is_end_ = closes || is_empty;
    if (closes) tag.remove_prefix(1);
    else if (is_empty) tag.remove_suffix(1);
    name_ = local(take(tag, std::min(tag.find_first_of(kBlanks), tag.size())));
    for (;;) {
        take(tag, std::min(tag.find_first_not_of(kBlanks), tag.size()));
        auto equals = tag.find('=');
        if (equals == std::string_view::npos) return;
        std::string name(local(trim(tag.substr(0, equals))));
        take(tag, equals + 1);
        take(tag, std::min(tag.find_first_not_of(kBlanks), tag.size()));
        char quote = tag.empty() ? '\0' : tag[0];
        bool is_quoted = quote == '"' || quote == '\'';
        if (is_quoted) tag.remove_prefix(1);
        auto end = is_quoted ? tag.find(quote) : tag.find_first_of(kBlanks);
        attributes_.emplace_back(name, resolved(take(tag, std::min(end, tag.size()))));
        if (is_quoted) take(tag, 1);
    }
}

std::string XmlReader::attribute(std::string_view name) const {
    for (const auto& [key, value] : attributes_)
        if (key == name) return value;
    return {};
}

}  // namespace headway::core
