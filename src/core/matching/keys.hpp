#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/matching/document.hpp"
#include "core/matching/terms.hpp"

namespace headway::core {

// The hash of a stemmed term or of an n-gram. It is stored: another hash needs the indexes anew.
using Key = std::int64_t;
inline bool is_ngram(Key key) { return key & 1; }

struct KeyCount {
    Key key;
    double count;  // of the title's three times
};

// What retrieval sees of a document, by key: its terms, and n-grams of its words with a blank on
// either side, so that none reaches over two words.
std::vector<KeyCount> keys_of(const Document& document, const Terms& terms);

// How much a key that occurs so often says about a document.
double damped(double count);

}  // namespace headway::core
