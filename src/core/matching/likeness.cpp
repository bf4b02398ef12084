#include "core/matching/likeness.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace headway::core {
namespace {

std::string two_digits(double value) {
    char text[16];
    std::snprintf(text, sizeof text, "%.2f", value);
    return text;
}

Judgement linked(const Document& feature, const Bands& bands) {
    return {true, feature.id, std::min(*feature.cosine, 1.0),
            "Its likeness to this feature, " + two_digits(*feature.cosine) +
                ", reaches auto_match, " + two_digits(bands.auto_match) + "."};
}

Judgement unlike(double highest, const Bands& bands) {
    return {false,
            {},
            1 - std::max(highest, 0.0),
            "The likest known feature comes to " + two_digits(highest) + ", less than auto_new, " +
                two_digits(bands.auto_new) + "."};
}

}  // namespace

std::optional<double> cosine(std::span<const float> a, std::span<const float> b) {
    if (a.size() != b.size()) return std::nullopt;
    double product = 0, square_a = 0, square_b = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        product += double{a[i]} * b[i];
        square_a += double{a[i]} * a[i];
        square_b += double{b[i]} * b[i];
    }
    double cosine = product / std::sqrt(square_a * square_b);
    if (!std::isfinite(cosine)) return std::nullopt;
    return std::clamp(cosine, -1.0, 1.0);
}

// When several reach auto_match, vectors cannot tell them apart: then words must agree with them
// on which it is.
std::optional<Judgement> evident(const std::vector<Document>& candidates,
                                 const std::vector<Document>& compared, const Bands& bands) {
    if (candidates.empty()) return std::nullopt;
    double highest = -1;
    for (const Document& feature : compared) {
        if (!feature.cosine) return std::nullopt;
        highest = std::max(highest, *feature.cosine);
    }
    if (highest < bands.auto_new) return unlike(highest, bands);
    auto first = std::find_if(candidates.begin(), candidates.end(), [&](const Document& feature) {
        return feature.cosine && *feature.cosine >= bands.auto_match;
    });
    if (first == candidates.end() || *first->cosine < highest) return std::nullopt;
    return linked(*first, bands);
}

}  // namespace headway::core
