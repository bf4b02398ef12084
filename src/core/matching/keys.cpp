#include "core/matching/keys.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "core/base/text.hpp"

namespace headway::core {
namespace {

constexpr double kTitleWeight = 3;

// One length finds what 3 to 5 together find, at a third of the size (measured on two sets of
// duplicate reports, see bench/retrieval).
constexpr std::size_t kGram = 4;

// The beginning of a description says what it is about; what follows are logs and examples, whose
// words only add noise (measured on the same sets).
constexpr std::size_t kReadOfDescription = 500;

enum class Kind : Key { term = 0, ngram = 1 };

Key key_of(std::string_view text, Kind kind) {
    std::uint64_t hash = 14695981039346656037u;  // FNV-1a
    for (unsigned char byte : text) hash = (hash ^ byte) * 1099511628211u;
    return (static_cast<Key>(hash) & ~Key{1}) | static_cast<Key>(kind);
}

void add_ngrams(const std::string& word, double weight, std::vector<KeyCount>& counts) {
    std::string bounded = ' ' + word + ' ';
    std::size_t last = bounded.size() > kGram ? bounded.size() - kGram : 0;
    for (std::size_t at = 0; at <= last; ++at)
        counts.push_back(
            {key_of(std::string_view(bounded).substr(at, kGram), Kind::ngram), weight});
}

void add_text(std::string_view text, double weight, const Terms& terms,
              std::vector<KeyCount>& counts) {
    for (const std::string& term : terms.of(text))
        counts.push_back({key_of(term, Kind::term), weight});
    for (const std::string& word : Terms::words(text)) add_ngrams(word, weight, counts);
}

}  // namespace

double damped(double count) { return 1 + std::log(count); }

std::vector<KeyCount> keys_of(const Document& document, const Terms& terms) {
    std::vector<KeyCount> counts;
    add_text(document.title, kTitleWeight, terms, counts);
    add_text(clip(document.description, kReadOfDescription), 1, terms, counts);
    std::sort(counts.begin(), counts.end(),
              [](const KeyCount& a, const KeyCount& b) { return a.key < b.key; });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (kept && counts[kept - 1].key == counts[i].key)
            counts[kept - 1].count += counts[i].count;
        else counts[kept++] = counts[i];
    }
    counts.resize(kept);
    return counts;
}

}  // namespace headway::core
