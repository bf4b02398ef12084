#include "core/base/text.hpp"

namespace headway::core {
namespace {

// Length of the well-formed sequence at `at`, or 0 (Unicode 15, table 3-7).
std::size_t sequence_length(std::string_view text, std::size_t at) {
    auto byte = [&](std::size_t i) -> unsigned {
        return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0;
    };
    auto tail = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
    unsigned lead = byte(0);
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        bool second = lead == 0xE0   ? byte(1) >= 0xA0 && byte(1) <= 0xBF
                      : lead == 0xED ? byte(1) >= 0x80 && byte(1) <= 0x9F
                                     : tail(1);
        return second && tail(2) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        bool second = lead == 0xF0   ? byte(1) >= 0x90 && byte(1) <= 0xBF
                      : lead == 0xF4 ? byte(1) >= 0x80 && byte(1) <= 0x8F
                                     : tail(1);
        return second && tail(2) && tail(3) ? 4 : 0;
    }
    return 0;
}

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool is_apostrophe(char32_t c) {
    return c == '\'' || c == '`' || c == 0xB4 || c == 0x2018 || c == 0x2019 || c == 0x2BC;
}

}  // namespace

Sanitized sanitize_utf8(std::string_view text) {
    Sanitized result;
    result.text.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        if (std::size_t length = sequence_length(text, at)) {
            result.text.append(text, at, length);
            at += length;
            continue;
        }
        result.text += kReplacement;
        ++result.repairs;
        ++at;
        while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
    }
    return result;
}

char32_t next_code_point(std::string_view text, std::size_t& at) {
    auto lead = static_cast<unsigned char>(text[at++]);
    if (lead < 0x80) return lead;
    int tails = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    char32_t code_point = lead & (0x3F >> tails);
    for (; tails > 0 && at < text.size(); --tails)
        code_point = (code_point << 6) | (static_cast<unsigned char>(text[at++]) & 0x3F);
    return code_point;
}

void append_utf8(std::string& out, char32_t c) {
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xC0 | (c >> 6));
        out += static_cast<char>(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        out += static_cast<char>(0xE0 | (c >> 12));
        out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (c & 0x3F));
    } else {
        out += static_cast<char>(0xF0 | (c >> 18));
        out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
        out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (c & 0x3F));
    }
}

char32_t to_lower(char32_t c) {
    if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
    if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return c + 32;
    // Latin Extended-A pairs upper and lower case; the pairing shifts by one at three places.
    if (c >= 0x100 && c <= 0x137 && c != 0x130 && c != 0x131) return c | 1;
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) return c % 2 == 1 ? c + 1 : c;
    if (c >= 0x14A && c <= 0x177) return c | 1;
    if (c == 0x178) return 0xFF;
    if (c >= 0x391 && c <= 0x3A9 && c != 0x3A2) return c + 32;
    if (c >= 0x410 && c <= 0x42F) return c + 32;
    if (c >= 0x400 && c <= 0x40F) return c + 80;
    return c;
}

std::string lower(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();)
        append_utf8(out, to_lower(next_code_point(text, at)));
    return out;
}

bool is_space(char32_t c) {
    return c == ' ' || (c >= 9 && c <= 13) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200B) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000 || c == 0xFEFF;
}

bool is_word(char32_t c) {
    if (c < 0x80) return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (c < 0xAA || is_space(c)) return false;
    bool latin_punctuation = c < 0xC0 && c != 0xAA && c != 0xB5 && c != 0xBA;
    bool general_punctuation = (c >= 0x2010 && c <= 0x2BFF) || c == 0xD7 || c == 0xF7;
    bool wide_punctuation = (c >= 0x3001 && c <= 0x303F) || (c >= 0xFF00 && c <= 0xFF0F) ||
                            (c >= 0xFF1A && c <= 0xFF20) || c == 0xFFFD;
    return !latin_punctuation && !general_punctuation && !wide_punctuation;
}

Folded fold(std::string_view text) {
    Folded folded;
    folded.text.reserve(text.size());
    folded.source.reserve(text.size() + 1);
    auto append = [&folded](char32_t c, std::size_t from) {
        append_utf8(folded.text, c);
        folded.source.resize(folded.text.size(), static_cast<std::uint32_t>(from));
    };
    bool blank = false;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t from = at;
        char32_t c = to_lower(next_code_point(text, at));
        if (is_word(c)) {
            if (blank && !folded.text.empty()) append(' ', from);
            blank = false;
            append(c, from);
        } else if (!is_apostrophe(c)) {
            blank = true;  // apostrophes vanish, so that "don't" equals "dont"
        }
    }
    folded.source.push_back(static_cast<std::uint32_t>(text.size()));
    return folded;
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\n\f\v";
    auto first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        auto end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::string_view clip(std::string_view text, std::size_t max_bytes) {
    if (text.size() <= max_bytes) return text;
    while (max_bytes > 0 && (static_cast<unsigned char>(text[max_bytes]) & 0xC0) == 0x80)
        --max_bytes;
    return text.substr(0, max_bytes);
}

}  // namespace headway::core
