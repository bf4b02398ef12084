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

// The code point that starts at `at`, which moves behind it; U+FFFD where none does.
char32_t next_code_point(std::string_view text, std::size_t& at);
void append_utf8(std::string& out, char32_t code_point);

// Unicode's simple lower case and categories.
char32_t to_lower(char32_t code_point);
std::string lower(std::string_view text);
bool is_space(char32_t code_point);
bool is_line_break(char32_t code_point);
// The value of a decimal digit of any script; negative for anything else.
int digit_value(char32_t code_point);
// A mark that takes no room: joiners, soft hyphens, marks of direction.
bool is_invisible(char32_t code_point);
// A letter, a mark or a digit of any script.
bool is_word(char32_t code_point);
// A letter of a script that puts no blanks between words: Han, Kana, Thai, Lao, Khmer, Burmese.
bool is_unspaced(char32_t code_point);

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
// The same, cut at a blank where there is one.
std::string_view clip_words(std::string_view text, std::size_t max_bytes);

}  // namespace headway::core
