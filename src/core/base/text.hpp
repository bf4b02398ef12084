#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace headway::core {

struct Sanitized {
    std::string text;
    std::size_t repairs = 0;
};
// Valid UTF-8 in any case: each maximal ill-formed sequence becomes one U+FFFD.
Sanitized sanitize_utf8(std::string_view text);

// Decodes the code point that starts at `at` in valid UTF-8 and moves `at` behind it.
char32_t next_code_point(std::string_view text, std::size_t& at);
void append_utf8(std::string& out, char32_t code_point);

// The simple lower case of Latin, Greek and Cyrillic letters; others come back unchanged.
char32_t to_lower(char32_t code_point);
std::string lower(std::string_view text);
bool is_space(char32_t code_point);
// A letter or a digit of any script; everything from U+00AA on that is not known punctuation
// counts.
bool is_word(char32_t code_point);

// A text reduced to what two spellings of the same words share: lower case, punctuation gone, runs
// of blanks one blank. `source` holds, for every byte, the offset in the original of the code point
// it stems from, with one more entry: the end of the original.
struct Folded {
    std::string text;
    std::vector<std::uint32_t> source;
};
Folded fold(std::string_view text);

std::string_view trim(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);
// At most `max_bytes` of `text`, cut between code points.
std::string_view clip(std::string_view text, std::size_t max_bytes);

}  // namespace headway::core
