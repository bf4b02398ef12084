#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/phrase_pattern.hpp"

namespace headway::core {

// A phrase, in the notation of PhrasePattern, what it is a sign of, and how surely: 0 to 1.
template <class Kind>
struct Phrase {
    Kind kind;
    double weight;
    std::string_view pattern;
};

// The phrases of a table, compiled.
template <class Kind>
class PhraseTable {
  public:
    struct Hit {
        Kind kind;
        double weight;
        std::size_t end;  // the index behind the phrase's last word
        const PhrasePattern* pattern;
    };

    template <class Phrases>
    explicit PhraseTable(const Phrases& phrases) {
        for (const Phrase<Kind>& phrase : phrases)
            compiled_.push_back({phrase.kind, phrase.weight, PhrasePattern(phrase.pattern)});
    }

    // The heaviest phrase in a sentence, the first of equals; weight 0 when there is none.
    Hit strongest(const std::vector<std::string>& words) const {
        Hit best{};
        const Initials initials = initials_of(words);
        for (const Compiled& phrase : compiled_) {
            if (phrase.weight <= best.weight || !phrase.pattern.may_stand_in(initials)) continue;
            std::size_t end = phrase.pattern.find_end(words);
            if (end != PhrasePattern::npos)
                best = {phrase.kind, phrase.weight, end, &phrase.pattern};
        }
        return best;
    }

  private:
    struct Compiled {
        Kind kind;
        double weight;
        PhrasePattern pattern;
    };
    std::vector<Compiled> compiled_;
};

}  // namespace headway::core
