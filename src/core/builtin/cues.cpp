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

template <class List>
bool contains(const List& list, std::string_view word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace

Cue find_cue(const std::vector<std::string>& words) {
    static const auto& blockers = *new PhraseList(kBlockers);
    if (blockers.any_stands_in(words)) return {};
    auto best = cue_phrases().strongest(words);
    return best.pattern ? Cue{best.kind, best.weight, best.end - 1, best.pattern} : Cue{};
}

bool Cue::says(std::string_view word) const { return pattern && pattern->names(word); }

bool is_wish_word(std::string_view word) { return contains(kWishWords, word); }

bool confirms_existing(const std::vector<std::string>& words) {
    static const auto& confirmations = *new PhraseList(kConfirmations);
    bool denies = std::any_of(words.begin(), words.end(),
                              [](const std::string& word) { return contains(kDenials, word); });
    return !denies && confirmations.any_stands_in(words);
}

}  // namespace headway::core
