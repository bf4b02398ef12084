#include "core/builtin/builtin_judge.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "core/builtin/similarity.hpp"

namespace headway::core {
namespace {

constexpr double kSame = 0.24;     // similarity that counts as the same wish: confidence 0.7
constexpr double kPerhaps = 0.17;  // from here on a person should look
constexpr double kThreshold = 0.7;

double closeness(const Concepts& concepts, const Document& item, const Document& feature) {
    std::vector<std::string> said = item.quotes;
    said.push_back(item.title + ' ' + item.description);
    std::vector<std::string> known = feature.quotes;
    known.push_back(feature.title + ' ' + feature.description);
    double best = 0;
    for (const std::string& a : said)
        for (const std::string& b : known) best = std::max(best, similarity(concepts, a, b));
    return best;
}

// 0 at no similarity, kThreshold at kSame, 1 at full similarity; linear in between.
double confidence_of(double close) {
    if (close < kSame) return kThreshold * close / kSame;
    return kThreshold + (1 - kThreshold) * (close - kSame) / (1 - kSame);
}

std::string reason(double close, const Document& feature) {
    std::array<char, 64> figure;
    std::snprintf(figure.data(), figure.size(), "%.2f", close);
    return std::string("Word similarity ") + figure.data() + " to \"" + feature.title + "\" (" +
           (close >= kSame ? "the same from " : "not the same below ") + "0.24).";
}

}  // namespace

std::string builtin_judge(const MatchQuestion& question) {
    Concepts concepts;
    const Document* best = nullptr;
    double best_close = -1;
    for (const Document& candidate : question.candidates) {
        double close = closeness(concepts, question.item, candidate);
        if (close > best_close) {
            best_close = close;
            best = &candidate;
        }
    }
    bool close_enough = best && best_close >= kPerhaps;
    Json answer = Json::Object{
        {"is_duplicate", close_enough},
        {"matching_feature_id", close_enough ? Json(best->id) : Json()},
        {"confidence",
         close_enough ? confidence_of(best_close) : 1 - confidence_of(std::max(best_close, 0.0))},
        {"reasoning", best ? reason(best_close, *best) : "There is nothing to compare with."}};
    return answer.dump();
}

}  // namespace headway::core
