#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.hpp"
#include "core/matching/document.hpp"

namespace headway::core {

// What a judge is asked: whether an item is one of these features. At most shortlist_size of them.
struct MatchQuestion {
    std::string type;
    Document item;  // the id is not used; its own quote is among the quotes
    std::vector<Document> candidates;
    std::string language;

    bool offers(const std::string& id) const;  // as a candidate
    Json to_json() const;
    static MatchQuestion from_json(const Json& json);
};

struct Judgement {
    bool is_duplicate = false;
    std::string matching_feature_id;  // "" when none was named
    double confidence = 0;            // that the judgement is right
    std::string reasoning;
};

// Reads a judge's answer {is_duplicate, matching_feature_id, confidence, reasoning}. A feature that
// was not in the shortlist is no match, whatever the judge says. Throws Failure(protocol) for what
// is no such answer.
Judgement read_judgement(std::string_view answer, const MatchQuestion& question);

// What follows from a judgement: "linked", "created", or "review" (created, but the judge named a
// feature without being sure enough).
const char* outcome_of(const Judgement& judgement, double threshold);

}  // namespace headway::core
