#pragma once

#include <bitset>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace headway::core {

// The first bytes of words: most patterns are told from these not to stand in a sentence.
using Initials = std::bitset<256>;
Initials initials_of(const std::vector<std::string>& words);

// A pattern over the words of a sentence: "a|b" is either word, "a~" any word that begins so, "*"
// up to three words of any kind, "^" the sentence's beginning.
class PhrasePattern {
  public:
    explicit PhrasePattern(std::string_view notation);

    // The index behind the pattern's last word where it first stands in the sentence, or npos.
    std::size_t find_end(const std::vector<std::string>& words) const;
    // False when it stands in no sentence of words that begin so.
    bool may_stand_in(const Initials& initials) const;
    // Whether the pattern names the word (and does not only leave a gap for it).
    bool names(std::string_view word) const;

    static constexpr std::size_t npos = std::string::npos;

  private:
    // Words one of which stands at a place; none of them is a gap.
    class Alternatives {
      public:
        Alternatives() = default;
        explicit Alternatives(std::string_view notation);

        bool is_gap() const { return words_.empty(); }
        bool hold(std::string_view word) const;
        const Initials& initials() const { return initials_; }

      private:
        std::vector<std::string_view> words_;
        Initials initials_;
    };

    std::size_t match(const std::vector<std::string>& words, std::size_t at,
                      std::size_t part) const;

    bool anchored_ = false;
    std::vector<Alternatives> parts_;
};

class PhraseList {
  public:
    template <class Notations>
    explicit PhraseList(const Notations& notations)
        : patterns_(notations.begin(), notations.end()) {}

    bool any_stands_in(const std::vector<std::string>& words) const;

  private:
    std::vector<PhrasePattern> patterns_;
};

}  // namespace headway::core
