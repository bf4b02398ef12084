#include "core/matching/ranking.hpp"

#include <algorithm>

namespace headway::core {
namespace {

constexpr double kFusion = 60;  // the usual constant of reciprocal-rank fusion

std::vector<std::size_t> order_of(const std::vector<double>& scores) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < scores.size(); ++i)
        if (scores[i] > 0) order.push_back(i);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
    return order;
}

std::vector<double> all(const std::vector<Scores>& scores, double Scores::*which) {
    std::vector<double> values;
    for (const Scores& of : scores) values.push_back(of.*which);
    return values;
}

std::vector<double> cosines(const std::vector<Document>& documents) {
    std::vector<double> values;
    for (const Document& document : documents) values.push_back(document.cosine.value_or(0));
    return values;
}

}  // namespace

std::vector<Segment> segments_of(const std::vector<Document>& documents, const Terms& terms) {
    std::vector<Segment> segments;
    std::span<const Document> left(documents);
    while (!left.empty()) {
        auto part = left.first(std::min(left.size(), Segment::kMostDocuments));
        segments.emplace_back(part, terms);
        left = left.subspan(part.size());
    }
    return segments;
}

Ranker::Ranker(std::vector<Document> documents, const Terms& terms, Frequencies known)
    : documents_(std::move(documents)), terms_(terms), known_(std::move(known)) {
    std::vector<Document> unscored;
    for (std::size_t i = 0; i < documents_.size(); ++i) {
        if (documents_[i].scores) continue;
        unscored_.push_back(i);
        unscored.push_back(documents_[i]);
    }
    segments_ = segments_of(unscored, terms_);
}

std::vector<Scores> Ranker::scores(const Document& query) const {
    Search search(query, terms_);
    search.count(known_);
    for (const Segment& segment : segments_) search.count(segment);
    search.weigh();
    std::vector<Scores> scores;
    for (const Document& document : documents_)
        scores.push_back(document.scores.value_or(Scores{}));
    auto next = unscored_.begin();
    for (const Segment& segment : segments_) {
        Board board = search.read(segment);
        for (std::size_t i = 0; i < segment.documents(); ++i)
            scores[*next++] = {board.bm25[i], std::min<double>(board.ngrams[i], 1)};
    }
    return scores;
}

std::vector<Ranked> Ranker::rank(const Document& query, std::size_t count) const {
    std::vector<Scores> of = scores(query);
    std::vector<double> fused(documents_.size(), 0);
    for (const auto& values :
         {all(of, &Scores::bm25), all(of, &Scores::ngrams), cosines(documents_)}) {
        auto order = order_of(values);
        for (std::size_t place = 0; place < order.size(); ++place)
            fused[order[place]] += 1 / (kFusion + static_cast<double>(place) + 1);
    }
    std::vector<Ranked> ranked;
    for (std::size_t document : order_of(fused)) {
        if (ranked.size() == count) break;
        ranked.push_back({document, fused[document], of[document].bm25, of[document].ngrams,
                          documents_[document].cosine});
    }
    return ranked;
}

}  // namespace headway::core
