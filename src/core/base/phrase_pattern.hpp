#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace headway::core {

// A pattern over the words of a sentence: "a|b" is either word, "a~" any word that begins so, "*"
// up to three words of any kind, "^" the sentence's beginning.
class PhrasePattern {
  public:
    explicit PhrasePattern(std::string_view notation);

    // The index behind the pattern's last word where it first stands in the sentence, or npos.
    std::size_t find_end(const std::vector<std::string>& words) const;
    bool stands_in(const std::vector<std::string>& words) const { return find_end(words) != npos; }
    // Whether the pattern names the word (and does not only leave a gap for it).
    bool names(std::string_view word) const;

    static constexpr std::size_t npos = std::string::npos;

  private:
    using Alternatives = std::vector<std::string_view>;  // none: a gap

    std::size_t match(const std::vector<std::string>& words, std::size_t at,
                      std::size_t part) const;

    bool anchored_ = false;
    std::vector<Alternatives> parts_;
};

}  // namespace headway::core
