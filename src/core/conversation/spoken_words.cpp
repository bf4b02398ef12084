#include "core/conversation/spoken_words.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace headway::core {
namespace {

using NumberWord = std::pair<std::string_view, int>;

constexpr std::array kCardinals = {
    NumberWord{"one", 1},       NumberWord{"two", 2},        NumberWord{"three", 3},
    NumberWord{"four", 4},      NumberWord{"five", 5},       NumberWord{"six", 6},
    NumberWord{"seven", 7},     NumberWord{"eight", 8},      NumberWord{"nine", 9},
    NumberWord{"ten", 10},      NumberWord{"eleven", 11},    NumberWord{"twelve", 12},
    NumberWord{"thirteen", 13}, NumberWord{"fourteen", 14},  NumberWord{"fifteen", 15},
    NumberWord{"sixteen", 16},  NumberWord{"seventeen", 17}, NumberWord{"eighteen", 18},
    NumberWord{"nineteen", 19}, NumberWord{"twenty", 20},    NumberWord{"thirty", 30},
    NumberWord{"forty", 40},    NumberWord{"fifty", 50},     NumberWord{"sixty", 60},
    NumberWord{"seventy", 70},  NumberWord{"eighty", 80},    NumberWord{"ninety", 90}};

constexpr std::array kOrdinals = {
    NumberWord{"first", 1},       NumberWord{"second", 2},       NumberWord{"third", 3},
    NumberWord{"fourth", 4},      NumberWord{"fifth", 5},        NumberWord{"sixth", 6},
    NumberWord{"seventh", 7},     NumberWord{"eighth", 8},       NumberWord{"ninth", 9},
    NumberWord{"tenth", 10},      NumberWord{"eleventh", 11},    NumberWord{"twelfth", 12},
    NumberWord{"thirteenth", 13}, NumberWord{"fourteenth", 14},  NumberWord{"fifteenth", 15},
    NumberWord{"sixteenth", 16},  NumberWord{"seventeenth", 17}, NumberWord{"eighteenth", 18},
    NumberWord{"nineteenth", 19}, NumberWord{"twentieth", 20},   NumberWord{"thirtieth", 30}};

template <std::size_t N>
std::optional<int> look_up(const std::array<NumberWord, N>& words, std::string_view word) {
    for (const auto& [name, value] : words)
        if (name == word) return value;
    return std::nullopt;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// "15th" -> 15 and "th"; the text keeps what follows the digits, as in "7pm".
void read_digits(SpokenWord& word) {
    std::size_t end = 0;
    int value = 0;
    while (end < word.text.size() && is_digit(word.text[end])) {
        if (end == 6) return;  // longer ones are no date, time or party
        value = value * 10 + (word.text[end++] - '0');
    }
    word.number = value;
    word.digits = true;
    word.text.erase(0, end);
    if (word.text == "st" || word.text == "nd" || word.text == "rd" || word.text == "th") {
        word.ordinal = true;
        word.text.clear();
    }
}

void read_number(SpokenWord& word) {
    if (is_digit(word.text[0])) return read_digits(word);
    word.number = look_up(kCardinals, word.text);
    if (word.number) return;
    word.number = look_up(kOrdinals, word.text);
    word.ordinal = word.number.has_value();
}

// "twenty five" and "twenty-first" are one number.
bool continues(const SpokenWord& tens, const SpokenWord& ones) {
    return !tens.digits && !tens.ordinal && tens.number && *tens.number >= 20 &&
           *tens.number % 10 == 0 && !ones.digits && ones.number && *ones.number < 10 &&
           (tens.joint == ' ' || tens.joint == '-');
}

void append(std::vector<SpokenWord>& words, SpokenWord word) {
    read_number(word);
    if (!words.empty() && continues(words.back(), word)) {
        words.back().number = *words.back().number + *word.number;
        words.back().ordinal = word.ordinal;
        words.back().joint = word.joint;
        return;
    }
    words.push_back(std::move(word));
}

}  // namespace

std::vector<SpokenWord> spoken_words(std::string_view text, std::size_t most) {
    std::vector<SpokenWord> words;
    std::size_t at = 0;
    while (words.size() < most) {
        while (at < text.size() && !is_digit(text[at]) && !is_letter(text[at])) ++at;
        if (at == text.size()) break;
        SpokenWord word;
        word.before = at > 0 ? text[at - 1] : ' ';
        for (; at < text.size() && (is_digit(text[at]) || is_letter(text[at])); ++at)
            word.text += is_letter(text[at]) ? static_cast<char>(text[at] | 0x20) : text[at];
        bool joined = at + 1 < text.size() && (is_digit(text[at + 1]) || is_letter(text[at + 1]));
        if (joined) word.joint = text[at];
        else if (at < text.size() && text[at] != ' ' && text[at] != '\n') word.joint = kStop;
        append(words, std::move(word));
    }
    return words;
}

}  // namespace headway::core
