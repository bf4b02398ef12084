#include "core/base/phrase_pattern.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace headway::core {
namespace {

constexpr std::size_t kGap = 3;  // words that "*" may stand for

template <class Words>
Initials initials_in(const Words& words) {
    Initials initials;
    for (std::string_view word : words)
        if (!word.empty()) initials.set(static_cast<unsigned char>(word.front()));
    return initials;
}

}  // namespace

Initials initials_of(const std::vector<std::string>& words) { return initials_in(words); }

PhrasePattern::Alternatives::Alternatives(std::string_view notation)
    : words_(split(notation, '|')), initials_(initials_in(words_)) {}

bool PhrasePattern::Alternatives::hold(std::string_view word) const {
    if (word.empty() || !initials_.test(static_cast<unsigned char>(word.front()))) return false;
    return std::any_of(words_.begin(), words_.end(), [&](std::string_view one) {
        if (one.ends_with('~')) return word.starts_with(one.substr(0, one.size() - 1));
        return word == one;
    });
}

PhrasePattern::PhrasePattern(std::string_view notation) {
    for (std::string_view part : split(notation, ' ')) {
        if (part == "^") anchored_ = true;
        else parts_.push_back(part == "*" ? Alternatives() : Alternatives(part));
    }
}

std::size_t PhrasePattern::find_end(const std::vector<std::string>& words) const {
    std::size_t starts = anchored_ ? std::min<std::size_t>(1, words.size()) : words.size();
    for (std::size_t at = 0; at < starts; ++at)
        if (std::size_t end = match(words, at, 0); end != npos) return end;
    return npos;
}

// Where the parts from `part` on end when they are matched at `at`.
std::size_t PhrasePattern::match(const std::vector<std::string>& words, std::size_t at,
                                 std::size_t part) const {
    if (part == parts_.size()) return at;
    if (!parts_[part].is_gap()) {
        bool fits = at < words.size() && parts_[part].hold(words[at]);
        return fits ? match(words, at + 1, part + 1) : npos;
    }
    for (std::size_t gap = 0; gap <= kGap && at + gap <= words.size(); ++gap)
        if (std::size_t end = match(words, at + gap, part + 1); end != npos) return end;
    return npos;
}

bool PhrasePattern::may_stand_in(const Initials& initials) const {
    return std::all_of(parts_.begin(), parts_.end(), [&](const Alternatives& part) {
        return part.is_gap() || (part.initials() & initials).any();
    });
}

bool PhrasePattern::names(std::string_view word) const {
    return std::any_of(parts_.begin(), parts_.end(),
                       [&](const Alternatives& part) { return part.hold(word); });
}

bool PhraseList::any_stands_in(const std::vector<std::string>& words) const {
    const Initials initials = initials_of(words);
    return std::any_of(patterns_.begin(), patterns_.end(), [&](const PhrasePattern& pattern) {
        return pattern.may_stand_in(initials) && pattern.find_end(words) != PhrasePattern::npos;
    });
}

}  // namespace headway::core
