#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.hpp"
#include "core/conversation/transcript.hpp"

namespace headway::core {

struct Theme {
    std::string id;
    std::string name;
    std::string description;
    bool takes_rest = false;  // what fits no theme: at most one does
};

// What the model is asked about: one conversation and the workspace's themes.
struct Conversation {
    std::string title;
    std::string language;
    std::vector<Turn> turns;
    std::vector<std::string> insiders;  // speakers known to belong to the company itself
    std::vector<Theme> themes;
    std::string customer = {};        // who it is and what it pays, "" when unknown
    std::string medium = {};          // "events": a session's trail, in which nobody speaks
    std::string title_language = {};  // which titles and descriptions are to be in
    std::size_t commands = 0;         // what was taken out since it gave a model orders

    bool is_insider(const std::string& speaker) const;
    bool is_trail() const { return medium == "events"; }
    Json to_json() const { return to_json(turns); }
    // What a model is asked, as if only `part` had been said. Which theme takes the rest is no
    // matter of the model's.
    Json to_json(const std::vector<Turn>& part) const;
    static Conversation from_json(const Json& json);
};

// A checked answer to an extraction, ready to be settled.
struct Extraction {
    // ai_insights as the table documents it: every item that could be read, quotes as found.
    Json insights;
    // Items that go on to matching: {title, description, type, urgency, theme_id,
    // theme_confidence, quote, quote_status, quote_start_s, speaker}.
    Json::Array items;
    // Items that wait for a person: the same with proposed_theme and reason (unverified_quote,
    // no_theme, low_theme_confidence).
    Json::Array unmatched;
    int quotes_total = 0;
    int quotes_verified = 0;            // verified or repaired
    double relevance = 0;               // the clearest item's theme confidence
    std::vector<std::string> problems;  // what was dropped and why, without the model's words
};

// Reads a model's answer, which is trusted in nothing: shapes are checked, lengths bounded, quotes
// looked up in the conversation, themes held against the list, and where somebody has given the
// model orders, an urgency above medium is believed only with words for it in the quote; in a trail
// of events nobody wishes for anything, so that what claims to be a feature request is dropped.
// What the model names no fitting theme for goes to the theme that takes the rest, if there is one.
// Throws Failure(protocol) only when the answer is no JSON object at all.
Extraction read_extraction(std::string_view answer, const Conversation& conversation,
                           double theme_threshold);

}  // namespace headway::core
