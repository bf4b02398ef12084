#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/matching/judgement.hpp"

namespace headway::core {

// The cosine of two vectors; none when their sizes differ or one has no length.
std::optional<double> cosine(std::span<const float> a, std::span<const float> b);

// What likeness, a cosine of embeddings, needs no judge.
struct Bands {
    double auto_match;  // as alike as this, an item is a mention of the feature
    double auto_new;    // less like all features than this, it is a new one
};

// What likeness alone tells of an item; nothing when a judge must say. `candidates`: the shortlist,
// best first. `compared`: all that the item was held against, those of the shortlist among them.
std::optional<Judgement> evident(const std::vector<Document>& candidates,
                                 const std::vector<Document>& compared, const Bands& bands);

}  // namespace headway::core
