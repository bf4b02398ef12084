#include "core/builtin/builtin_judge.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "core/builtin/similarity.hpp"
#include "core/conversation/trail.hpp"

namespace headway::core {
namespace {

constexpr double kSame = 0.24;     // similarity that counts as the same wish: confidence 0.7
constexpr double kPerhaps = 0.17;  // from here on a person should look
constexpr double kThreshold = 0.7;

// Two lines of trails share most of their words whatever was clicked: of those only the subject
// counts.
std::string telling_words(const std::string& text) {
    auto event = read_trail_line(text);
    return event ? event->subject() : text;
}

std::vector<std::string> texts_of(const Document& document) {
    std::vector<std::string> texts;
    for (const std::string& quote : document.quotes) texts.push_back(telling_words(quote));
    texts.push_back(telling_words(document.title) + ' ' + document.description);
    return texts;
}

double closeness(const Concepts& concepts, const Document& item, const Document& feature) {
    double best = 0;
    for (const std::string& a : texts_of(item))
        for (const std::string& b : texts_of(feature))
            best = std::max(best, similarity(concepts, a, b));
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
