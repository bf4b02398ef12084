#include <cmath>

#include "core/base/text.hpp"
#include "core/matching/terms.hpp"
#include "core/models/embeddings.hpp"

namespace headway::core {
namespace {

constexpr std::size_t kSize = 256;
constexpr std::size_t kReadBytes = 2000;  // of a text; its beginning says what it is about
constexpr std::size_t kGram = 4;
constexpr double kWordWeight = 2;  // a word against one of its parts

std::uint64_t hash_of(std::string_view text) {
    std::uint64_t hash = 14695981039346656037u;  // FNV-1a
    for (unsigned char byte : text) hash = (hash ^ byte) * 1099511628211u;
    return hash ^ (hash >> 29);
}

// A sign of its own for each part keeps two that share a place from looking alike.
void add(std::vector<double>& sums, std::string_view part, double weight) {
    std::uint64_t hash = hash_of(part);
    sums[hash % kSize] += (hash >> 63 ? -1 : 1) * weight;
}

void add_word(std::vector<double>& sums, const std::string& word) {
    if (Terms::is_stop_word(word)) return;
    add(sums, word, kWordWeight);
    std::string bounded = ' ' + word + ' ';
    for (std::size_t at = 0; at + kGram <= bounded.size(); ++at)
        add(sums, std::string_view(bounded).substr(at, kGram), 1);
}

std::vector<float> vector_of(std::string_view text) {
    std::vector<double> sums(kSize, 0);
    for (const std::string& word : Terms::words(clip(text, kReadBytes))) add_word(sums, word);
    double square = 0;
    for (double sum : sums) square += sum * sum;
    if (square == 0) sums[0] = square = 1;  // nothing but stop words: alike among themselves
    std::vector<float> vector;
    for (double sum : sums) vector.push_back(static_cast<float>(sum / std::sqrt(square)));
    return vector;
}

}  // namespace

Embeddings builtin_embeddings(const std::vector<std::string>& texts) {
    Embeddings made{.model = "builtin-1", .tokens = 0};
    for (const std::string& text : texts) made.vectors.push_back(vector_of(text));
    return made;
}

}  // namespace headway::core
