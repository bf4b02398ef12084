#pragma once

#include <algorithm>
#include <string>
#include <type_traits>
#include <vector>

#include "core/builtin/phrase_table.hpp"
#include "core/conversation/extraction.hpp"

namespace headway::core {

// A call as the built-in analyser looks at it: turn by turn, who speaks for the practice, and what
// each sentence is made of.
struct CallSentence {
    std::string text;
    std::vector<std::string> words;
};

struct CallPart {  // a turn
    bool is_staff = false;
    std::vector<CallSentence> sentences;
};

std::vector<CallPart> call_parts(const Conversation& conversation);

// The heaviest phrase of a table in a sentence.
template <const auto& phrases>
auto strongest(const std::vector<std::string>& words) {
    using Kind = std::remove_const_t<decltype(phrases[0].kind)>;
    // Compiled once; never destroyed, since the server may end a process without unwinding.
    static const auto& table = *new PhraseTable<Kind>(phrases);
    return table.strongest(words);
}

// How surely a sentence holds a phrase of a table, or any sentence of a turn.
template <const auto& phrases>
double sign(const std::vector<std::string>& words) {
    return strongest<phrases>(words).weight;
}
template <const auto& phrases>
double sign(const CallPart& part) {
    double most = 0;
    for (const CallSentence& sentence : part.sentences)
        most = std::max(most, sign<phrases>(sentence.words));
    return most;
}

// Independent signs of one thing.
inline double either(double a, double b) { return 1 - (1 - a) * (1 - b); }

}  // namespace headway::core
