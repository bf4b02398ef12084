#include "core/matching/search.hpp"

#include <algorithm>
#include <cmath>

namespace headway::core {
namespace {

// Of terms, and of n-grams: what a query reads at most, in some milliseconds.
constexpr std::int64_t kMostPostings = 400'000;

double share(std::int64_t documents, std::int64_t frequency) {
    return (1 + static_cast<double>(documents)) / (1 + static_cast<double>(frequency));
}

// The places of the `count` largest positive scores.
std::vector<std::pair<std::size_t, std::size_t>> largest(const std::vector<Board>& boards,
                                                         std::vector<float> Board::*scores,
                                                         std::size_t count) {
    struct Place {
        float score;
        std::size_t board, document;
    };
    std::vector<Place> heap;  // the smallest of the best on top
    auto better = [](const Place& a, const Place& b) {
        if (a.score != b.score) return a.score > b.score;
        return std::pair(a.board, a.document) < std::pair(b.board, b.document);
    };
    for (std::size_t board = 0; count > 0 && board < boards.size(); ++board) {
        const std::vector<float>& of = boards[board].*scores;
        for (std::size_t i = 0; i < of.size(); ++i) {
            if (of[i] <= 0 || (heap.size() == count && of[i] <= heap.front().score)) continue;
            if (heap.size() == count) {
                std::pop_heap(heap.begin(), heap.end(), better);
                heap.pop_back();
            }
            heap.push_back({of[i], board, i});
            std::push_heap(heap.begin(), heap.end(), better);
        }
    }
    std::vector<std::pair<std::size_t, std::size_t>> places;
    for (const Place& place : heap) places.emplace_back(place.board, place.document);
    return places;
}

}  // namespace

Json Frequencies::to_json() const {
    Json::Array keys;
    for (const auto& [key, count] : of) keys.push_back(Json::Array{key, count});
    return Json::Object{{"documents", documents}, {"of", std::move(keys)}};
}

Frequencies Frequencies::from_json(const Json& json) {
    Frequencies known{json.integer_or("documents", 0)};
    for (const Json& entry : json["of"].items())
        known.of[entry.items()[0].as_integer()] = entry.items()[1].as_integer();
    return known;
}

Search::Search(const Document& query, const Terms& terms) : query_(keys_of(query, terms)) {}

std::vector<Key> Search::keys() const {
    std::vector<Key> keys;
    for (const KeyCount& entry : query_) keys.push_back(entry.key);
    return keys;
}

void Search::count(const Frequencies& known) {
    frequencies_.documents += known.documents;
    for (const auto& [key, count] : known.of) frequencies_.of[key] += count;
}

void Search::count(const Segment& segment) {
    frequencies_.documents += static_cast<std::int64_t>(segment.documents());
    for (const KeyCount& entry : query_)
        if (auto found = segment.postings_of(entry.key).size())
            frequencies_.of[entry.key] += static_cast<std::int64_t>(found);
}

void Search::weigh() {
    std::vector<Wanted> terms, ngrams;
    double square = 0;
    for (const KeyCount& entry : query_) {
        auto found = frequencies_.of.find(entry.key);
        std::int64_t frequency = found == frequencies_.of.end() ? 0 : found->second;
        auto odds = static_cast<double>(frequencies_.documents - frequency) + 0.5;
        double idf = is_ngram(entry.key)
                         ? std::log(share(frequencies_.documents, frequency)) + 1
                         : std::log(1 + odds / (static_cast<double>(frequency) + 0.5));
        double weight = damped(entry.count) * idf;
        if (is_ngram(entry.key)) square += weight * weight;
        if (frequency == 0) continue;
        (is_ngram(entry.key) ? ngrams : terms).push_back({entry.key, static_cast<float>(weight)});
    }
    for (Wanted& ngram : ngrams) ngram.weight /= static_cast<float>(std::sqrt(square));
    want_rarest(std::move(terms));
    want_rarest(std::move(ngrams));
    std::sort(wanted_.begin(), wanted_.end(),
              [](const Wanted& a, const Wanted& b) { return a.key < b.key; });
}

void Search::want_rarest(std::vector<Wanted> keys) {
    std::sort(keys.begin(), keys.end(), [this](const Wanted& a, const Wanted& b) {
        return std::pair(frequencies_.of[a.key], a.key) < std::pair(frequencies_.of[b.key], b.key);
    });
    std::int64_t total = 0;
    for (const Wanted& wanted : keys) {
        total += frequencies_.of[wanted.key];
        if (total > kMostPostings && &wanted != &keys.front()) return;
        wanted_.push_back(wanted);
    }
}

void Board::read(const Wanted& wanted, std::span<const Posting> postings) {
    std::vector<float>& scores = is_ngram(wanted.key) ? ngrams : bm25;
    float step = wanted.weight * static_cast<float>(Posting::kWeightStep);
    for (const Posting& posting : postings)
        if (posting.document < scores.size())
            scores[posting.document] += step * static_cast<float>(posting.weight);
}

const Wanted* Search::find(Key key) const {
    auto found = std::lower_bound(wanted_.begin(), wanted_.end(), key,
                                  [](const Wanted& wanted, Key k) { return wanted.key < k; });
    return found != wanted_.end() && found->key == key ? &*found : nullptr;
}

Board Search::read(const Segment& segment) const {
    Board board(segment.documents());
    for (const Wanted& wanted : wanted_) board.read(wanted, segment.postings_of(wanted.key));
    return board;
}

std::vector<Hit> best_hits(const std::vector<Board>& boards, std::size_t count) {
    auto places = largest(boards, &Board::bm25, count);
    auto by_ngrams = largest(boards, &Board::ngrams, count);
    places.insert(places.end(), by_ngrams.begin(), by_ngrams.end());
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    std::vector<Hit> hits;
    for (auto [board, document] : places)
        hits.push_back(
            {board,
             document,
             {boards[board].bm25[document], std::min<double>(boards[board].ngrams[document], 1)}});
    return hits;
}

}  // namespace headway::core
