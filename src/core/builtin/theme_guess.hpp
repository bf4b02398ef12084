#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "core/builtin/concepts.hpp"
#include "core/conversation/extraction.hpp"

namespace headway::core {

// Concepts with weights: a sentence, and what stands around it.
using WeightedConcepts = std::vector<std::pair<std::string, double>>;

struct ThemeGuess {
    const Theme* theme = nullptr;  // nullptr: nothing in common with any theme
    double confidence = 0;         // 0..1
};

// Guesses a theme by the concepts that a text shares with a theme's name (counted twice) and
// description. A concept that several themes mention counts less for each of them. Confidence grows
// with what is shared and with the lead over the second-best theme.
class ThemeGuesser {
  public:
    ThemeGuesser(const std::vector<Theme>& themes, const Concepts& concepts);
    ThemeGuess guess(const WeightedConcepts& text) const;

  private:
    const std::vector<Theme>& themes_;
    std::vector<std::unordered_map<std::string, double>> weights_;  // per theme
};

}  // namespace headway::core
