#include "core/base/phrase_pattern.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace headway::core {
namespace {

constexpr std::size_t kGap = 3;  // words that "*" may stand for

bool holds(const std::vector<std::string_view>& alternatives, std::string_view word) {
    return std::any_of(alternatives.begin(), alternatives.end(), [&](std::string_view one) {
        if (one.ends_with('~')) return word.starts_with(one.substr(0, one.size() - 1));
        return word == one;
    });
}

}  // namespace

PhrasePattern::PhrasePattern(std::string_view notation) {
    for (std::string_view part : split(notation, ' ')) {
        if (part == "^") anchored_ = true;
        else parts_.push_back(part == "*" ? Alternatives{} : split(part, '|'));
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
    if (!parts_[part].empty()) {
        bool fits = at < words.size() && holds(parts_[part], words[at]);
        return fits ? match(words, at + 1, part + 1) : npos;
    }
    for (std::size_t gap = 0; gap <= kGap && at + gap <= words.size(); ++gap)
        if (std::size_t end = match(words, at + gap, part + 1); end != npos) return end;
    return npos;
}

bool PhrasePattern::names(std::string_view word) const {
    return std::any_of(parts_.begin(), parts_.end(),
                       [&](const Alternatives& part) { return holds(part, word); });
}

}  // namespace headway::core
