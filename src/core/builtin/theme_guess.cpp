#include "core/builtin/theme_guess.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace headway::core {
namespace {

constexpr double kNameWeight = 2;
constexpr double kEnough = 0.7;  // shared weight at which evidence is about two thirds of certain

}  // namespace

ThemeGuesser::ThemeGuesser(const std::vector<Theme>& themes, const Concepts& concepts)
    : themes_(themes) {
    std::unordered_map<std::string, int> mentioned_by;
    for (const Theme& theme : themes) {
        auto& weights = weights_.emplace_back();
        for (const std::string& concept_name : concepts.of(theme.description))
            weights[concept_name] = 1;
        for (const std::string& concept_name : concepts.of(theme.name))
            weights[concept_name] = kNameWeight;
        for (const auto& [concept_name, weight] : weights) ++mentioned_by[concept_name];
    }
    for (auto& weights : weights_)
        for (auto& [concept_name, weight] : weights) weight /= mentioned_by[concept_name];
}

ThemeGuess ThemeGuesser::guess(const WeightedConcepts& text) const {
    // Saying a word twice is no second piece of evidence: each concept counts with its best weight.
    std::unordered_map<std::string, double> distinct;
    for (const auto& [concept_name, weight] : text) {
        double& best = distinct[concept_name];
        best = std::max(best, weight);
    }
    ThemeGuess best;
    double first = 0, second = 0;
    for (std::size_t i = 0; i < themes_.size(); ++i) {
        double score = 0;
        for (const auto& [concept_name, weight] : distinct)
            if (auto found = weights_[i].find(concept_name); found != weights_[i].end())
                score += weight * found->second;
        if (score > first) {
            second = first;
            first = score;
            best.theme = &themes_[i];
        } else {
            second = std::max(second, score);
        }
    }
    if (!best.theme) return best;
    double evidence = 1 - std::exp(-first / kEnough);
    double lead = (first - second) / first;
    best.confidence = evidence * (0.8 + 0.2 * lead);
    return best;
}

}  // namespace headway::core
