#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headway::core {

// A word or number of a transcript, with what stands around it.
struct SpokenWord {
    std::string text;           // lower case, without a number's ending
    std::optional<int> number;  // "15", "15th", "fifteen", "twenty-five", "first"
    bool ordinal = false;       // "15th", "first"
    bool digits = false;        // written with digits
    char before = ' ';          // the byte in front of it
    // The byte behind it when the next word follows directly; a blank, or kStop for another mark in
    // between.
    char joint = ' ';
};

constexpr char kStop = ';';

// The words of a text in order, at most `most`. Numbers that are said in words are one word each.
// Letters other than ASCII end a word: what is looked for here is English.
std::vector<SpokenWord> spoken_words(std::string_view text, std::size_t most);

}  // namespace headway::core
