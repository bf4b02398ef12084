#include "core/matching/segment.hpp"

#include <algorithm>
#include <cmath>

namespace headway::core {
namespace {

constexpr double kK1 = 1.2;  // BM25's usual constants
constexpr double kB = 0.75;
static_assert(Posting::kMostWeight >= kK1 + 1);

struct Entry {
    Key key;
    std::uint32_t document;
    float weight;
};

std::vector<Entry> entries_of(std::span<const Document> documents, const Terms& terms) {
    std::vector<Entry> entries;
    for (std::uint32_t i = 0; i < documents.size(); ++i)
        for (const KeyCount& found : keys_of(documents[i], terms))
            entries.push_back({found.key, i, static_cast<float>(found.count)});
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
        return a.key != b.key ? a.key < b.key : a.document < b.document;
    });
    return entries;
}

// A document's weighted count of terms becomes what BM25 multiplies the inverse frequency with.
void weigh_terms(std::vector<Entry>& entries, std::size_t documents) {
    std::vector<double> lengths(documents, 0);
    double total = 0;
    for (const Entry& entry : entries) {
        if (is_ngram(entry.key)) continue;
        lengths[entry.document] += double{entry.weight};
        total += double{entry.weight};
    }
    double mean = total / static_cast<double>(documents);
    for (Entry& entry : entries) {
        if (is_ngram(entry.key)) continue;
        double count = entry.weight, length = lengths[entry.document];
        double saturation = kK1 * (1 - kB + kB * length / mean);
        entry.weight = static_cast<float>(count * (kK1 + 1) / (count + saturation));
    }
}

void weigh_ngrams(std::vector<Entry>& entries, const std::vector<std::size_t>& begins,
                  std::size_t documents) {
    std::vector<double> squares(documents, 0);
    for (std::size_t run = 0; run + 1 < begins.size(); ++run) {
        if (!is_ngram(entries[begins[run]].key)) continue;
        auto frequency = static_cast<double>(begins[run + 1] - begins[run]);
        double idf = std::log((1 + static_cast<double>(documents)) / (1 + frequency)) + 1;
        for (std::size_t i = begins[run]; i < begins[run + 1]; ++i) {
            double weight = damped(entries[i].weight) * idf;
            squares[entries[i].document] += weight * weight;
            entries[i].weight = static_cast<float>(weight);
        }
    }
    for (Entry& entry : entries)
        if (is_ngram(entry.key))
            entry.weight /= static_cast<float>(std::sqrt(squares[entry.document]));
}

}  // namespace

Segment::Segment(std::span<const Document> documents, const Terms& terms)
    : documents_(documents.size()) {
    std::vector<Entry> entries = entries_of(documents, terms);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (!keys_.empty() && keys_.back() == entries[i].key) continue;
        keys_.push_back(entries[i].key);
        begins_.push_back(i);
    }
    begins_.push_back(entries.size());
    weigh_terms(entries, documents_);
    weigh_ngrams(entries, begins_, documents_);
    for (const Entry& entry : entries)
        postings_.push_back(
            {static_cast<std::uint16_t>(entry.document),
             static_cast<std::uint16_t>(std::lround(entry.weight / Posting::kWeightStep))});
}

std::span<const Posting> Segment::postings(std::size_t key_index) const {
    return std::span(postings_).subspan(begins_[key_index],
                                        begins_[key_index + 1] - begins_[key_index]);
}

std::span<const Posting> Segment::postings_of(Key key) const {
    auto found = std::lower_bound(keys_.begin(), keys_.end(), key);
    if (found == keys_.end() || *found != key) return {};
    return postings(static_cast<std::size_t>(found - keys_.begin()));
}

}  // namespace headway::core
