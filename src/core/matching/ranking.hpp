#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/matching/terms.hpp"

namespace headway::core {

struct Document {
    std::string id;
    std::string title;
    std::string description;
    std::vector<std::string> quotes = {};  // customers' own words; ranking does not read them
};

// A document's place in a shortlist. `score` is the fused score that decides the order; the others
// explain it: BM25 (unbounded) and the n-gram cosine (0..1).
struct Ranked {
    std::size_t document;  // index into the ranker's documents
    double score;
    double bm25;
    double ngrams;
};

// Ranks a set of documents for a query: BM25 over stemmed terms, titles counted three times, and
// the cosine of character n-gram TF-IDF vectors (3 to 5 characters, words bounded, titles counted
// three times), fused by reciprocal rank. Inverse document frequencies come from the set itself.
// Exact: every document is scored; memory and time are linear in the text.
class Ranker {
  public:
    Ranker(std::vector<Document> documents, const Terms& terms);

    // The `count` best, best first; documents without any common term or n-gram are left out.
    std::vector<Ranked> rank(const Document& query, std::size_t count) const;
    const std::vector<Document>& documents() const { return documents_; }

  private:
    struct Posting {
        std::uint32_t document;
        float weight;  // BM25: weighted term frequency; n-grams: the vector's coordinate
    };
    using Index = std::unordered_map<std::uint64_t, std::vector<Posting>>;  // by hash of the term

    std::vector<double> bm25(const Document& query) const;
    std::vector<double> ngram_cosine(const Document& query) const;

    std::vector<Document> documents_;
    const Terms& terms_;
    Index term_index_;
    Index ngram_index_;
    std::vector<double> lengths_;  // in weighted terms
    double mean_length_ = 0;
};

}  // namespace headway::core
