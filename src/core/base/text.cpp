#include "core/base/text.hpp"

#include <utf8proc.h>

#include <algorithm>

namespace headway::core {
namespace {

// The code point at `at` and its length in bytes, which is negative or 0 where none is well-formed.
utf8proc_ssize_t decode(std::string_view text, std::size_t at, utf8proc_int32_t& code_point) {
    return utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at,
                            static_cast<utf8proc_ssize_t>(text.size() - at), &code_point);
}

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

bool is_decimal(char32_t c) {
    return utf8proc_category(static_cast<utf8proc_int32_t>(c)) == UTF8PROC_CATEGORY_ND;
}

bool is_apostrophe(char32_t c) {
    return c == '\'' || c == '`' || c == 0xB4 || c == 0x2018 || c == 0x2019 || c == 0x2BC;
}

}  // namespace

Sanitized sanitize_utf8(std::string_view text) {
    Sanitized result;
    result.text.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        auto rest = text.substr(at);
        auto ascii = std::find_if_not(rest.begin(), rest.end(), is_ascii) - rest.begin();
        utf8proc_int32_t code_point;
        if (auto length = ascii > 0 ? ascii : decode(text, at, code_point); length > 0) {
            result.text.append(text, at, static_cast<std::size_t>(length));
            at += static_cast<std::size_t>(length);
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
    utf8proc_int32_t code_point;
    auto length = decode(text, at, code_point);
    at += length > 0 ? static_cast<std::size_t>(length) : 1;
    return length > 0 ? static_cast<char32_t>(code_point) : U'\uFFFD';
}

void append_utf8(std::string& out, char32_t c) {
    utf8proc_uint8_t bytes[4];
    auto length = utf8proc_encode_char(static_cast<utf8proc_int32_t>(c), bytes);
    out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
}

char32_t to_lower(char32_t c) {
    return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
}

std::string lower(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        auto byte = static_cast<unsigned char>(text[at]);
        if (byte >= 0x80) {
            append_utf8(out, to_lower(next_code_point(text, at)));
            continue;
        }
        out += static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte);
        ++at;
    }
    return out;
}

bool is_space(char32_t c) {
    if (c < 0x80) return c == ' ' || (c >= 9 && c <= 13);
    auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
    bool separator = category >= UTF8PROC_CATEGORY_ZS && category <= UTF8PROC_CATEGORY_ZP;
    return separator || c == 0x85 || c == 0x200B || c == 0xFEFF;
}

bool is_line_break(char32_t c) {
    return (c >= 0x0A && c <= 0x0D) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

int digit_value(char32_t c) {
    if (!is_decimal(c)) return -1;
    char32_t zero = c;  // Unicode puts the ten digits of a script in a row, and some rows in a row
    while (is_decimal(zero - 1)) --zero;
    return static_cast<int>((c - zero) % 10);
}

bool is_invisible(char32_t c) {
    return utf8proc_category(static_cast<utf8proc_int32_t>(c)) == UTF8PROC_CATEGORY_CF;
}

bool is_word(char32_t c) {
    if (c < 0x80) return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
}

bool is_unspaced(char32_t c) {
    return (c >= 0x0E00 && c <= 0x0EFF) || (c >= 0x1000 && c <= 0x109F) ||
           (c >= 0x1780 && c <= 0x17FF) || (c >= 0x2E80 && c <= 0x9FFF) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3FFFF);
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
        if (is_apostrophe(c)) continue;  // so that "don't" equals "dont"
        if (is_word(c)) {
            if (blank && !folded.text.empty()) append(' ', from);
            blank = false;
            append(c, from);
        } else {
            blank = true;
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

std::string_view clip_words(std::string_view text, std::size_t max_bytes) {
    std::string_view cut = clip(text, max_bytes);
    bool between_words = cut.size() == text.size() || text[cut.size()] == ' ';
    return between_words ? cut : cut.substr(0, std::min(cut.find_last_of(' '), cut.size()));
}

}  // namespace headway::core
