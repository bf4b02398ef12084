#pragma once

#include <array>

namespace headway::core {

// The lists of an answer about a conversation, and of ai_insights.
struct ItemKind {
    const char* list;
    const char* type;
    bool needs_words;  // a wish must be spoken; trouble can be seen
};
inline constexpr std::array<ItemKind, 3> kItemKinds = {
    {{"feature_requests", "feature_request", true},
     {"bug_reports", "bug_report", false},
     {"pain_points", "pain_point", false}}};
inline constexpr std::array<const char*, 6> kPhraseLists = {
    "topics", "action_items", "concerns", "requests", "feedback", "preferences"};

}  // namespace headway::core
