#include "core/builtin/relevance.hpp"

#include <algorithm>
#include <array>

#include "core/builtin/cues.hpp"
#include "core/builtin/theme_guess.hpp"
#include "core/conversation/language.hpp"
#include "core/conversation/sentences.hpp"
#include "core/conversation/trail.hpp"

namespace headway::core {
namespace {

constexpr double kHint = 0.5;     // of a single word
constexpr double kOnTheme = 0.4;  // of a sentence about a theme, without any
constexpr double kSomeTheme = 0.5;
constexpr std::size_t kFewestWords = 12;  // by insiders' opposite; fewer tell nothing

// Words, without their endings, that wishes and complaints are made of. Sorted.
constexpr auto kHints = std::to_array<std::string_view>({
    "add",        "annoy",    "awkward", "bad",   "better",  "broke",   "bug",     "cannot",
    "complain",   "complic",  "confus",  "could", "crash",   "cumber",  "delay",   "difficul",
    "disappoint", "drop",     "duplic",  "error", "expect",  "fail",    "featur",  "fix",
    "freez",      "frustrat", "hard",    "hate",  "hope",    "improv",  "inconv",  "instead",
    "issu",       "lack",     "lag",     "late",  "lose",    "lost",    "love",    "manual",
    "miss",       "need",     "nice",    "pain",  "prefer",  "problem", "request", "require",
    "should",     "slow",     "stop",    "stuck", "suggest", "support", "terrib",  "tired",
    "trouble",    "unable",   "useless", "want",  "waste",   "weird",   "why",     "wish",
    "workaround", "wrong",
});

bool is_hint(std::string_view word) {
    auto after = std::upper_bound(kHints.begin(), kHints.end(), word);
    return after != kHints.begin() && word.starts_with(*std::prev(after));
}

// As many as tell the language.
std::string first_words(const std::vector<Turn>& turns) {
    std::string words;
    for (const Turn& turn : turns) {
        words.append(turn.text, 0, kTellingBytes) += '\n';
        if (words.size() >= kTellingBytes) break;
    }
    return words;
}

double relevance_of_trail(const std::vector<Turn>& turns) {
    bool troubled = std::any_of(turns.begin(), turns.end(), [](const Turn& turn) {
        return read_trail_line(turn.text).has_value();
    });
    return troubled ? 1 : 0;
}

double relevance_of_sentence(std::string_view sentence, const Concepts& concepts,
                             const ThemeGuesser& guesser, const std::vector<std::string>& words) {
    if (Cue cue = find_cue(words); cue.kind != CueKind::none) return cue.weight;
    if (std::any_of(words.begin(), words.end(), is_hint)) return kHint;
    WeightedConcepts about;
    for (std::string& concept_name : concepts.of(sentence))
        about.emplace_back(std::move(concept_name), 1);
    return guesser.guess(about).confidence >= kSomeTheme ? kOnTheme : 0;
}

}  // namespace

double relevance_of(const Conversation& conversation) {
    if (conversation.is_trail()) return relevance_of_trail(conversation.turns);
    if (detect_language(first_words(conversation.turns)) != "en") return 1;

    const Concepts concepts;
    const ThemeGuesser guesser(conversation.themes, concepts);
    double relevance = 0;
    std::size_t said = 0;
    for (const Turn& turn : conversation.turns) {
        if (conversation.is_insider(turn.speaker)) continue;
        for (std::string_view sentence : sentences_of(turn.text)) {
            const std::vector<std::string> words = spoken(sentence).words;
            said += words.size();
            relevance =
                std::max(relevance, relevance_of_sentence(sentence, concepts, guesser, words));
            if (relevance == 1) return relevance;
        }
    }
    return said < kFewestWords ? 1 : relevance;
}

}  // namespace headway::core
