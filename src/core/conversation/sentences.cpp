#include "core/conversation/sentences.hpp"

#include <algorithm>
#include <array>

#include "core/base/text.hpp"

namespace headway::core {
namespace {

constexpr std::size_t kLongestSentence = 400;  // bytes

// Chinese and Japanese end sentences with marks of their own and no blank.
bool is_full_stop(char32_t c) { return c == 0x3002 || c == 0xFF01 || c == 0xFF1F; }

// "Dr. Amin", "Mrs. Lee": the name behind the title belongs to it.
bool ends_in_title(std::string_view words) {
    constexpr auto kTitles =
        std::to_array<std::string_view>({"Dr.", "Mr.", "Mrs.", "Ms.", "Prof.", "St."});
    std::string_view word = words.substr(words.find_last_of(' ') + 1);
    return std::find(kTitles.begin(), kTitles.end(), word) != kTitles.end();
}

// Whether the sentence that began at `from` ends with the code point `c` that lies before `behind`.
bool ends_sentence(std::string_view text, std::size_t from, std::size_t behind, char32_t c) {
    if (c == '\n' || is_full_stop(c)) return true;
    if (c == ' ') return behind - from > kLongestSentence;
    bool stop = c == '?' || c == '!';
    if (c == '.') stop = !ends_in_title(text.substr(from, behind - from));
    return stop && (behind == text.size() || text[behind] == ' ' || text[behind] == '\n');
}

}  // namespace

std::vector<std::string_view> sentences_of(std::string_view text) {
    std::vector<std::string_view> sentences;
    auto add = [&](std::size_t from, std::size_t to) {
        std::string_view sentence = trim(text.substr(from, to - from));
        if (!sentence.empty()) sentences.push_back(sentence);
    };
    std::size_t from = 0;
    for (std::size_t at = 0; at < text.size();) {
        char32_t c = next_code_point(text, at);
        if (!ends_sentence(text, from, at, c)) continue;
        add(from, at);
        from = at;
    }
    add(from, text.size());
    return sentences;
}

}  // namespace headway::core
