#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "core/base/json.hpp"
#include "core/matching/segment.hpp"

namespace headway::core {

// How many documents there are, and how many of them have a key.
struct Frequencies {
    std::int64_t documents = 0;
    std::map<Key, std::int64_t> of = {};

    Json to_json() const;
    static Frequencies from_json(const Json& json);
};

// A key of the query that is worth reading, and what it weighs.
struct Wanted {
    Key key;
    float weight;
};

// What the documents of a segment have come to.
struct Board {
    explicit Board(std::size_t documents) : bm25(documents, 0), ngrams(documents, 0) {}
    void read(const Wanted& wanted, std::span<const Posting> postings);

    std::vector<float> bm25, ngrams;
};

// One query over the segments of an index: first what is known of its keys is counted, then the
// postings that are worth reading are. The rarest keys are read first and the commonest not at all
// once enough is read, so that the work does not grow with the documents for ever.
class Search {
  public:
    Search(const Document& query, const Terms& terms);

    std::vector<Key> keys() const;
    void count(const Frequencies& known);
    void count(const Segment& segment);
    const Frequencies& frequencies() const { return frequencies_; }

    // To be called when all is counted.
    void weigh();
    const Wanted* find(Key key) const;  // nothing when it is not worth reading
    Board read(const Segment& segment) const;

  private:
    void want_rarest(std::vector<Wanted> keys);

    std::vector<KeyCount> query_;
    Frequencies frequencies_;
    std::vector<Wanted> wanted_;  // by key
};

// A document of one of several boards.
struct Hit {
    std::size_t board;
    std::size_t document;
    Scores scores;
};
// The `count` best by terms and the `count` best by n-grams, in the order of the documents.
std::vector<Hit> best_hits(const std::vector<Board>& boards, std::size_t count);

}  // namespace headway::core
