#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace headway::core {

class PhrasePattern;

enum class CueKind { none, request, bug, pain };

// A phrase that marks a sentence as a wish, a defect or a complaint.
struct Cue {
    CueKind kind = CueKind::none;
    double weight = 0;     // 0..1: how surely the phrase means that
    std::size_t last = 0;  // the last of the words it covers
    const PhrasePattern* pattern = nullptr;

    // Whether the phrase itself holds the word (and not only a gap in it).
    bool says(std::string_view word) const;
};

// The strongest cue in a sentence, given as Concepts::spoken_words. Sentences about what is solved,
// what was, or what somebody else should do carry none.
Cue find_cue(const std::vector<std::string>& words);

// Whether a word of a request's cue only expresses the wish ("use", "support") and not its subject.
bool is_wish_word(std::string_view word);

// Whether a reply confirms that something exists already ("yes, it's under settings").
bool confirms_existing(const std::vector<std::string>& words);

}  // namespace headway::core
