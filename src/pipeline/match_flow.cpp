#include <algorithm>

#include "core/matching/judgement.hpp"
#include "core/matching/ranking.hpp"
#include "pipeline/ask_model.hpp"
#include "pipeline/flows.hpp"
#include "pipeline/settle.hpp"

namespace headway::pipeline {
namespace {

using core::Document;
using core::Json;

std::vector<Document> documents(const Json& list) {
    std::vector<Document> documents;
    for (const Json& feature : list.items())
        documents.push_back({feature["id"].as_string(), feature["title"].as_string(),
                             feature.text_or("description", "")});
    return documents;
}

struct Shortlist {
    std::vector<Document> features;
    Json shown;  // as match_decisions.shortlist
};

// The features that the item may be, best first. Those in `fresh` only, when it is given: the
// others have been judged already.
Shortlist shortlist(const Document& item, const std::vector<Document>& candidates, std::size_t size,
                    const std::string& language, const std::vector<Document>* fresh) {
    core::Terms terms(language);
    core::Ranker ranker(candidates, terms);
    Shortlist list{{}, Json::array()};
    for (const core::Ranked& ranked : ranker.rank(item, size)) {
        const Document& feature = candidates[ranked.document];
        bool is_new = !fresh || std::any_of(fresh->begin(), fresh->end(),
                                            [&](const Document& d) { return d.id == feature.id; });
        if (!is_new) continue;
        list.features.push_back(feature);
        list.shown.as_array().push_back(Json::Object{{"feature_id", feature.id},
                                                     {"name", feature.title},
                                                     {"score", ranked.score},
                                                     {"bm25", ranked.bm25},
                                                     {"ngrams", ranked.ngrams}});
    }
    return list;
}

// What customers said about a feature tells the judge more than its name.
void add_quotes(Context& ctx, const ClaimedTask& task, std::vector<Document>& features) {
    if (features.empty()) return;
    Json::Array ids;
    for (const Document& feature : features) ids.push_back(feature.id);
    Json quotes = ctx.store.feature_quotes(task, ids);
    for (Document& feature : features)
        for (const Json& quote : quotes[feature.id].items())
            feature.quotes.push_back(quote.as_string());
}

// What the judge is asked in one round, and how far into the theme's history that reaches.
struct Round {
    core::MatchQuestion question;
    Json shown;
    std::int64_t seen = 0;

    Json to_json() const {
        return Json::Object{{"question", question.to_json()}, {"shown", shown}, {"seen", seen}};
    }
    static Round from_json(const Json& json) {
        return {core::MatchQuestion::from_json(json["question"]), json["shown"],
                json["seen"].as_integer()};
    }
};

// What all rounds together came to: a judgement that names a feature stands against later ones that
// name none.
struct Verdict {
    core::Judgement judgement{false, {}, 1, "No known feature of this theme and type is similar."};
    Json shown = Json::array();
    std::string decided_by = "similarity";  // until somebody is asked
    std::string call_id;

    void hear(const Round& round, const ModelAnswer& answer, const std::string& judge) {
        core::Judgement said = core::read_judgement(answer.text, round.question);
        for (const Json& feature : round.shown.items()) shown.as_array().push_back(feature);
        if (!call_id.empty() && !said.is_duplicate) return;
        judgement = said;
        decided_by = judge;
        call_id = answer.call_id;
    }

    Json to_answer(double threshold, std::int64_t seen) const {
        Json answer = Json::Object{{"shortlist", shown},
                                   {"is_duplicate", judgement.is_duplicate},
                                   {"confidence", judgement.confidence},
                                   {"reasoning", judgement.reasoning},
                                   {"threshold", threshold},
                                   {"outcome", core::outcome_of(judgement, threshold)},
                                   {"decided_by", decided_by},
                                   {"seen", seen}};
        if (!judgement.matching_feature_id.empty())
            answer.set("matching_feature_id", judgement.matching_feature_id);
        if (!call_id.empty()) answer.set("call_id", call_id);
        return answer;
    }
};

// A feature that stayed a candidate keeps its place; one that was changed takes its new words.
void merge(std::vector<Document>& candidates, const std::vector<Document>& appeared) {
    for (const Document& feature : appeared) {
        auto known = std::find_if(candidates.begin(), candidates.end(),
                                  [&](const Document& d) { return d.id == feature.id; });
        if (known == candidates.end()) candidates.push_back(feature);
        else *known = feature;
    }
}

// The round that an earlier attempt has had an answer to, if that can be read.
std::optional<Round> stored_round(const Json& reply) {
    std::optional<ModelAnswer> answer = stored_answer(reply);
    if (!answer) return std::nullopt;
    auto read = [&reply](const ModelAnswer& given) {
        core::read_judgement(given.text, Round::from_json(reply["round"]).question);
    };
    if (!is_readable(*answer, read)) return std::nullopt;
    return Round::from_json(reply["round"]);
}

}  // namespace

async::Task<void> match(Context& ctx, ClaimedTask task) {
    Json input = ctx.store.input_match(task);
    if (input.is_null()) co_return;
    const Json& found = input["item"];
    Document item{{}, found["title"].as_string(), found.text_or("description", "")};
    if (found.find("quote")) item.quotes.push_back(found["quote"].as_string());
    std::string language = input.text_or("language", "english");
    auto size = static_cast<std::size_t>(input["shortlist_size"].as_integer());
    double threshold = input["threshold"].as_number();
    std::vector<Document> candidates = documents(input["candidates"]);
    std::int64_t seen = input["seen"].as_integer();

    Verdict verdict;
    std::vector<Document> fresh;
    const std::vector<Document>* judge_only = nullptr;
    std::optional<Round> stored = stored_round(input["reply"]);
    for (;;) {
        if (stored) {
            verdict.hear(*stored, *stored_answer(input["reply"]), judge_name(input["provider"]));
            seen = stored->seen;
        } else {
            Shortlist list = shortlist(item, candidates, size, language, judge_only);
            add_quotes(ctx, task, list.features);
            Round round{
                {found["type"].as_string(), item, list.features, language}, list.shown, seen};
            if (!list.features.empty()) {
                ModelRequest request{"match", round.question.to_json(), input["provider"],
                                     task.workspace};
                ModelAnswer answer = co_await ask_model(ctx, task, request, round.to_json());
                verdict.hear(round, answer, judge_name(input["provider"]));
            }
        }
        stored.reset();
        Json decision = verdict.to_answer(threshold, seen);
        Settlement settlement = [&] { return ctx.store.settle_match(task, decision); };
        Json outcome = co_await settle(ctx, settlement);
        if (!outcome.find("appeared")) co_return;

        // While the judge was thinking, others created features here: those are judged as well. Or
        // the feature that it chose is gone: then everything is.
        if (decision["outcome"].as_string() == "linked") verdict = {};
        fresh = documents(outcome["appeared"]);
        merge(candidates, fresh);
        judge_only = &fresh;
        seen = outcome["seen"].as_integer();
    }
}

}  // namespace headway::pipeline
