#pragma once

#include <string>
#include <vector>

#include "core/matching/search.hpp"

namespace headway::core {

// A document's place in a shortlist. `score` is the fused score that decides the order; the others
// explain it.
struct Ranked {
    std::size_t document;  // index into the ranker's documents
    double score;
    double bm25;
    double ngrams;
    std::optional<double> cosine;
};

// Ranks documents for a query: BM25 over stemmed terms, titles counted three times, and the cosine
// of character n-gram TF-IDF vectors (words bounded, titles counted three times), fused by
// reciprocal rank; and the cosine of embeddings, where documents have one. Documents that an index
// has found bring their scores; the others are scored here, all of them, with the frequencies among
// them and in the index.
class Ranker {
  public:
    // `known`: the index's frequencies of the query's keys.
    Ranker(std::vector<Document> documents, const Terms& terms, Frequencies known = {});

    // The `count` best, best first; documents with nothing in common are left out.
    std::vector<Ranked> rank(const Document& query, std::size_t count) const;
    const std::vector<Document>& documents() const { return documents_; }

  private:
    std::vector<Scores> scores(const Document& query) const;

    std::vector<Document> documents_;
    const Terms& terms_;
    Frequencies known_;
    std::vector<std::size_t> unscored_;  // indexes into documents_, in their order
    std::vector<Segment> segments_;      // of those
};

// Segments of documents at hand, as many as they need.
std::vector<Segment> segments_of(const std::vector<Document>& documents, const Terms& terms);

}  // namespace headway::core
