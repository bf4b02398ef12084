#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/matching/terms.hpp"

namespace headway::core {

// A sentence as it is spoken: words in lower case, contractions spelled out ("we'd" -> "we would"),
// fillers left out; with the place in the text that each word comes from.
struct Spoken {
    std::vector<std::string> words;
    std::vector<std::size_t> begin, end;  // byte offsets, parallel to words
};
Spoken spoken(std::string_view text);

// The built-in provider's idea of what a text is about: its stemmed terms, with different words for
// the same thing in everyday software talk folded into one ("xlsx", "spreadsheet" and "Excel";
// "SSO" and "single sign-on"). A short list of our own; it knows English only.
class Concepts {
  public:
    Concepts();
    std::vector<std::string> of(std::string_view text) const;  // in order, repeats kept

  private:
    Terms terms_;
};

// Whether a concept is so common that sharing it says little.
bool is_everyday(std::string_view concept_name);

}  // namespace headway::core
