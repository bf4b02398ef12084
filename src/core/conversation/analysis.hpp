#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/conversation/extraction.hpp"

namespace headway::core {

// A checked answer to an analysis: how a call ended and what spoke against it, ready to be settled.
struct Analysis {
    std::string category;  // consult_scheduled, consult_not_scheduled, other_question
    double confidence = 0;
    // [{type, summary, quote, quote_status, quote_start_s, confidence,
    //   overcome: [{how, quote, quote_status, quote_start_s, confidence}]}]
    Json::Array objections;
    int quotes_total = 0;
    int quotes_verified = 0;            // verified or repaired
    std::vector<std::string> problems;  // what was dropped and why, without the model's words

    Json to_json() const;
};

// Reads a model's answer {category, category_confidence, objections: [{type, summary, quote,
// confidence, overcome: [{how, quote, confidence}]}]}, which is trusted in nothing: shapes are
// checked, lengths bounded, quotes looked up in the conversation. A quote that is not there stays,
// as unverified. A colleague raises no objection, one quote is one objection, and only where a
// consult was scheduled has anything been overcome. Throws Failure(protocol) when the answer is no
// JSON object or names none of the categories.
Analysis read_analysis(std::string_view answer, const Conversation& conversation);

}  // namespace headway::core
