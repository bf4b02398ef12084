#include "core/connectors/span.hpp"

#include <cmath>

namespace headway::core {
namespace {

using std::chrono::seconds;

// Below these a list has few pages, and every span costs one of its own.
constexpr seconds kShortest = std::chrono::days(7);
constexpr std::int64_t kFewRecords = 1000;

// Each span is a quarter shorter than the one before it: calls are denser the newer they are, and
// a window often reaches further back than they do.
constexpr double kShrink = 0.75;

// How much of a window the last `count` of `all` spans are.
double share_of_last(int count, int all) {
    return (std::pow(kShrink, all - count) - std::pow(kShrink, all)) / (1 - std::pow(kShrink, all));
}

int count_of(const ListSpec& list, double length) {
    int count = 1;
    while (count < list.spans &&
           length * share_of_last(1, count + 1) >= static_cast<double>(kShortest.count()))
        ++count;
    return count;
}

}  // namespace

// A cut is a whole second, since vendors round times to that.
std::vector<Span> spans_of(const ListSpec& list, Span window, std::int64_t most_records) {
    double length = std::chrono::duration<double>(window.to - window.from).count();
    int count = most_records < kFewRecords ? 1 : count_of(list, length);
    std::vector<Span> spans;
    for (int left = count - 1; left > 0; --left) {
        seconds rest(static_cast<std::int64_t>(length * share_of_last(left, count)));
        Timestamp cut = std::chrono::floor<seconds>(window.to) - rest;
        spans.push_back({window.from, cut});
        window.from = cut;
    }
    spans.push_back(window);
    return spans;
}

}  // namespace headway::core
