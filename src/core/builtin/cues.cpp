#include "core/builtin/cues.hpp"

#include <algorithm>

#include "core/builtin/cue_phrases.hpp"

namespace headway::core {
namespace {

// Compiled once; never destroyed, since the server may end a process without unwinding.
const PhraseTable<CueKind>& cue_phrases() {
    static const auto& compiled = *new PhraseTable<CueKind>(kCuePhrases);
    return compiled;
}

template <class Table>
const std::vector<PhrasePattern>& compile(const Table& table) {
    return *new std::vector<PhrasePattern>(table.begin(), table.end());
}

bool any_stands(const std::vector<PhrasePattern>& patterns, const std::vector<std::string>& words) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const PhrasePattern& pattern) { return pattern.stands_in(words); });
}

template <class List>
bool contains(const List& list, std::string_view word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace

Cue find_cue(const std::vector<std::string>& words) {
    static const auto& blockers = compile(kBlockers);
    if (any_stands(blockers, words)) return {};
    auto best = cue_phrases().strongest(words);
    return best.pattern ? Cue{best.kind, best.weight, best.end - 1, best.pattern} : Cue{};
}

bool Cue::says(std::string_view word) const { return pattern && pattern->names(word); }

bool is_wish_word(std::string_view word) { return contains(kWishWords, word); }

bool confirms_existing(const std::vector<std::string>& words) {
    static const auto& confirmations = compile(kConfirmations);
    bool denies = std::any_of(words.begin(), words.end(),
                              [](const std::string& word) { return contains(kDenials, word); });
    return !denies && any_stands(confirmations, words);
}

}  // namespace headway::core
