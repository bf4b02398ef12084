#include "core/matching/ranking.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "core/base/text.hpp"

namespace headway::core {
namespace {

constexpr double kTitleWeight = 3;
constexpr double kK1 = 1.2;
constexpr double kB = 0.75;
constexpr double kFusion = 60;  // the usual constant of reciprocal-rank fusion
constexpr std::size_t kShortestGram = 3;
constexpr std::size_t kLongestGram = 5;

// The beginning of a description says what it is about; what follows are logs and examples, whose
// words only add noise (measured on two sets of duplicate reports, see bench/).
constexpr std::size_t kReadOfDescription = 500;

using Counts = std::unordered_map<std::uint64_t, double>;

std::uint64_t hash_of(std::string_view text) {
    std::uint64_t hash = 14695981039346656037u;  // FNV-1a
    for (unsigned char byte : text) hash = (hash ^ byte) * 1099511628211u;
    return hash;
}

std::string_view beginning(const Document& document) {
    return clip(document.description, kReadOfDescription);
}

Counts weighted_terms(const Document& document, const Terms& terms) {
    Counts counts;
    for (const std::string& term : terms.of(document.title)) counts[hash_of(term)] += kTitleWeight;
    for (const std::string& term : terms.of(beginning(document))) counts[hash_of(term)] += 1;
    return counts;
}

// N-grams of each word with a blank on either side, so that none reaches over two words.
void count_ngrams(std::string_view text, double weight, Counts& counts) {
    for (const std::string& word : Terms::words(text)) {
        std::string bounded = ' ' + word + ' ';
        for (std::size_t n = kShortestGram; n <= kLongestGram; ++n) {
            for (std::size_t at = 0; at + n <= bounded.size(); ++at)
                counts[hash_of(std::string_view(bounded).substr(at, n))] += weight;
            if (bounded.size() <= n) break;
        }
    }
}

Counts ngrams(const Document& document) {
    Counts counts;
    count_ngrams(document.title, kTitleWeight, counts);
    count_ngrams(beginning(document), 1, counts);
    return counts;
}

double damped(double count) { return 1 + std::log(count); }

std::vector<std::size_t> order_of(const std::vector<double>& scores) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < scores.size(); ++i)
        if (scores[i] > 0) order.push_back(i);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
    return order;
}

}  // namespace

Ranker::Ranker(std::vector<Document> documents, const Terms& terms)
    : documents_(std::move(documents)), terms_(terms) {
    double total = 0;
    for (std::uint32_t i = 0; i < documents_.size(); ++i) {
        double length = 0;
        for (const auto& [term, count] : weighted_terms(documents_[i], terms_)) {
            term_index_[term].push_back({i, static_cast<float>(count)});
            length += count;
        }
        lengths_.push_back(length);
        total += length;
        for (const auto& [gram, count] : ngrams(documents_[i]))
            ngram_index_[gram].push_back({i, static_cast<float>(damped(count))});
    }
    mean_length_ = documents_.empty() ? 0 : total / static_cast<double>(documents_.size());

    // Turn n-gram counts into unit vectors.
    auto size = static_cast<double>(documents_.size());
    std::vector<double> squares(documents_.size(), 0);
    for (auto& [gram, postings] : ngram_index_) {
        double idf = std::log((1 + size) / (1 + static_cast<double>(postings.size()))) + 1;
        for (Posting& posting : postings) {
            posting.weight *= static_cast<float>(idf);
            squares[posting.document] += double{posting.weight} * posting.weight;
        }
    }
    for (auto& [gram, postings] : ngram_index_)
        for (Posting& posting : postings)
            posting.weight /= static_cast<float>(std::sqrt(squares[posting.document]));
}

std::vector<double> Ranker::bm25(const Document& query) const {
    std::vector<double> scores(documents_.size(), 0);
    auto size = static_cast<double>(documents_.size());
    for (const auto& [term, count] : weighted_terms(query, terms_)) {
        auto found = term_index_.find(term);
        if (found == term_index_.end()) continue;
        auto frequency = static_cast<double>(found->second.size());
        double idf = std::log(1 + (size - frequency + 0.5) / (frequency + 0.5));
        for (const Posting& posting : found->second) {
            double saturation = kK1 * (1 - kB + kB * lengths_[posting.document] / mean_length_);
            scores[posting.document] +=
                idf * damped(count) * posting.weight * (kK1 + 1) / (posting.weight + saturation);
        }
    }
    return scores;
}

std::vector<double> Ranker::ngram_cosine(const Document& query) const {
    std::vector<double> scores(documents_.size(), 0);
    auto size = static_cast<double>(documents_.size());
    double square = 0;
    for (const auto& [gram, count] : ngrams(query)) {
        auto found = ngram_index_.find(gram);
        double frequency =
            found == ngram_index_.end() ? 0 : static_cast<double>(found->second.size());
        double weight = damped(count) * (std::log((1 + size) / (1 + frequency)) + 1);
        square += weight * weight;
        if (found == ngram_index_.end()) continue;
        for (const Posting& posting : found->second)
            scores[posting.document] += weight * posting.weight;
    }
    for (double& score : scores) score /= std::sqrt(std::max(square, 1e-12));
    return scores;
}

std::vector<Ranked> Ranker::rank(const Document& query, std::size_t count) const {
    std::vector<double> by_terms = bm25(query);
    std::vector<double> by_ngrams = ngram_cosine(query);
    std::vector<double> fused(documents_.size(), 0);
    for (const auto* scores : {&by_terms, &by_ngrams}) {
        auto order = order_of(*scores);
        for (std::size_t place = 0; place < order.size(); ++place)
            fused[order[place]] += 1 / (kFusion + static_cast<double>(place) + 1);
    }
    std::vector<Ranked> ranked;
    for (std::size_t document : order_of(fused)) {
        if (ranked.size() == count) break;
        ranked.push_back({document, fused[document], by_terms[document], by_ngrams[document]});
    }
    return ranked;
}

}  // namespace headway::core
