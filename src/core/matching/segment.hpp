#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/matching/keys.hpp"

namespace headway::core {

// That a document has a key, and what that adds to its score for a query with this key. Stored as
// it lies in memory.
struct Posting {
    std::uint16_t document;  // index into the segment's documents
    std::uint16_t weight;    // in steps of kWeightStep

    static constexpr double kMostWeight = 2.2;
    static constexpr double kWeightStep = kMostWeight / 65535;
};
static_assert(sizeof(Posting) == 4);

// An inverted index of some documents, the part of a larger index that came about together. For a
// term the weight is BM25's without the inverse document frequency; for an n-gram the coordinate of
// the document's unit TF-IDF vector, with the frequencies among these documents.
class Segment {
  public:
    static constexpr std::size_t kMostDocuments = 16384;

    Segment() = default;
    Segment(std::span<const Document> documents, const Terms& terms);

    std::size_t documents() const { return documents_; }
    const std::vector<Key>& keys() const { return keys_; }  // ascending
    std::span<const Posting> postings(std::size_t key_index) const;
    std::span<const Posting> postings_of(Key key) const;

  private:
    std::size_t documents_ = 0;
    std::vector<Key> keys_;
    std::vector<std::size_t> begins_;  // of each key's postings, and the end
    std::vector<Posting> postings_;
};

}  // namespace headway::core
