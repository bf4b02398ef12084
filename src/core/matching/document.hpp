#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace headway::core {

// How close a document is to a query: BM25 (unbounded) and the n-gram cosine (0..1).
struct Scores {
    double bm25 = 0;
    double ngrams = 0;
};

// What matching compares: a feature, or an item that may become one.
struct Document {
    std::string id;
    std::string title;
    std::string description;
    std::vector<std::string> quotes = {};  // customers' own words; ranking does not read them
    std::optional<Scores> scores = {};     // as an index found them for the item in question
    std::optional<double> cosine = {};     // of its embedding and the item's
};

inline bool holds(const std::vector<Document>& documents, const std::string& id) {
    return std::any_of(documents.begin(), documents.end(),
                       [&](const Document& document) { return document.id == id; });
}

}  // namespace headway::core
