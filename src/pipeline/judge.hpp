#pragma once

#include <string>
#include <vector>

#include "core/matching/likeness.hpp"
#include "core/matching/search.hpp"
#include "pipeline/ask_model.hpp"

namespace headway::pipeline {

// Who turns a workspace's texts into vectors, and what likeness needs no judge.
struct Embedding {
    Provider provider;
    std::string model;  // which its vectors are of
    core::Bands bands;

    // {provider, model, auto_match, auto_new}, as _embedding() gives it.
    static Embedding from_json(const core::Json& json);
};

// Who judges several items of a message at once, and how many that are at most.
struct JointRules {
    Provider provider;        // with the prompt for several items
    std::size_t most_items;   // of one question
    std::size_t most_tokens;  // by estimate

    // {provider, items, tokens}, as _joint() gives it.
    static JointRules from_json(const core::Json& json);
};

// An item and what it is held against.
struct MatchCase {
    std::string workspace;
    std::string type;
    core::Document item;
    std::vector<core::Document> candidates;
    core::Frequencies known;  // of the item's keys in the index that the candidates are from
    std::string language;
    std::size_t shortlist_size;
    double threshold;
    Provider provider;
    std::optional<Embedding> embedding;  // none where no provider of embeddings is set
    std::optional<JointRules> joint;     // none where each item is asked about alone
    core::Json scope = {};               // where features may be sought that vectors put near it

    // {item, candidates, known, undecided, language, shortlist_size, threshold, provider,
    // embedding, joint, scope}, as _input_match() gives it. The undecided are items that are judged
    // at the same time; "task:" and the number of their task is their id.
    static MatchCase from_json(const std::string& workspace, const core::Json& input);
    // A candidate that stayed keeps its place; one that was changed takes its new words.
    void merge(const std::vector<core::Document>& appeared);
};

std::vector<core::Document> documents_from_json(const core::Json& list);

// What the judge is asked in one round, and how far into the theme's history that reaches.
struct Round {
    core::MatchQuestion question;
    core::Json shown;  // the shortlist as in match_decisions
    std::int64_t seen = 0;
    std::optional<core::Judgement> evident = {};  // what likeness says when nobody need be asked

    core::Json to_json() const;
    static Round from_json(const core::Json& json);
};

// The candidates that the item may be, best first, with what customers said about them. Those in
// `fresh` only, when it is given: the others have been judged already.
Round next_round(Context& ctx, const MatchCase& matter, const std::vector<core::Document>* fresh,
                 std::int64_t seen);

// What all rounds together came to: a judgement that names a feature stands against later ones that
// name none.
class Verdict {
  public:
    // Throws Failure(protocol) when the answer is no judgement.
    void hear(const Round& round, const ModelAnswer& answer);
    // The same by likeness alone, which is enough from `auto_match` on.
    void see(const Round& round, double auto_match);
    // As _apply_decision() takes it.
    core::Json to_json(double threshold, std::int64_t seen) const;

  private:
    void show(const Round& round);

    core::Judgement judgement_{false, {}, 1, "No known feature of this theme and type is similar."};
    core::Json shown_ = core::Json::array();
    std::string decided_by_ = "similarity";  // until somebody is asked
    std::string call_id_;
    std::optional<double> needed_;  // where that is not the judge's threshold
    std::optional<std::int64_t> tokens_;
};

// Puts a round to the judge, unless nothing is on the shortlist or likeness says it all. What is
// passed by reference must outlive the coroutine. Throws Failure.
async::Task<void> judge(Context& ctx, CallLog& log, const MatchCase& matter, const Round& round,
                        Verdict& verdict);

}  // namespace headway::pipeline
