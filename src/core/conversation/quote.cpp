#include "core/conversation/quote.hpp"

namespace headway::core {
namespace {

// Shorter claims occur in any transcript and prove nothing.
constexpr std::size_t kShortestQuote = 8;

// Whether a word can begin or end at `at`: at a blank, and anywhere in scripts without blanks.
bool is_word_border(std::string_view text, std::size_t at) {
    if (at == 0 || at >= text.size() || text[at - 1] == ' ' || text[at] == ' ') return true;
    return is_unspaced(next_code_point(text, at));
}

// Where `words` stand in `text` as whole words; both are folded.
std::size_t find_words(std::string_view text, std::string_view words) {
    for (std::size_t at = 0; (at = text.find(words, at)) != std::string_view::npos; ++at)
        if (is_word_border(text, at) && is_word_border(text, at + words.size())) return at;
    return std::string_view::npos;
}

}  // namespace

const char* name(QuoteStatus status) {
    switch (status) {
        case QuoteStatus::verified: return "verified";
        case QuoteStatus::repaired: return "repaired";
        case QuoteStatus::unverified: return "unverified";
    }
    return "unverified";
}

QuoteVerifier::QuoteVerifier(const std::vector<Turn>& turns) : turns_(turns) {
    folded_.reserve(turns.size());
    for (const Turn& turn : turns) folded_.push_back(fold(turn.text));
}

Quote QuoteVerifier::verify(std::string_view claimed) const {
    claimed = trim(claimed);
    std::string words = fold(claimed).text;
    if (words.size() < kShortestQuote)
        return {QuoteStatus::unverified, std::string(claimed), {}, {}};
    std::optional<Quote> similar;
    for (std::size_t i = 0; i < turns_.size(); ++i) {
        const Turn& turn = turns_[i];
        std::size_t at = find_words(folded_[i].text, words);
        if (at == std::string::npos) continue;
        if (turn.text.find(claimed) != std::string::npos)
            return {QuoteStatus::verified, std::string(claimed), turn.speaker, turn.start_s};
        if (!similar) similar = as_said(i, at, words.size());
    }
    return similar.value_or(Quote{QuoteStatus::unverified, std::string(claimed), {}, {}});
}

// From the first folded character to the end of the last one, and the punctuation behind it.
Quote QuoteVerifier::as_said(std::size_t i, std::size_t at, std::size_t size) const {
    const Turn& turn = turns_[i];
    std::size_t from = folded_[i].source[at], to = folded_[i].source[at + size - 1];
    next_code_point(turn.text, to);
    while (to < turn.text.size() &&
           std::string_view(".,;:!?").find(turn.text[to]) != std::string_view::npos)
        ++to;
    return {QuoteStatus::repaired, turn.text.substr(from, to - from), turn.speaker, turn.start_s};
}

}  // namespace headway::core
