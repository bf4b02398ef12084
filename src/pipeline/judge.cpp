#include "pipeline/judge.hpp"

#include <algorithm>

#include "core/matching/ranking.hpp"

namespace headway::pipeline {
namespace {

using core::Document;
using core::Json;

// The task of an undecided item; none for a feature.
std::optional<std::int64_t> task_of(const std::string& id) {
    constexpr std::string_view kPrefix = "task:";
    if (!id.starts_with(kPrefix)) return std::nullopt;
    return std::stoll(id.substr(kPrefix.size()));
}

Json shown_as(const core::Ranked& ranked, const Document& feature) {
    Json shown = Json::Object{{"name", feature.title},
                              {"score", ranked.score},
                              {"bm25", ranked.bm25},
                              {"ngrams", ranked.ngrams}};
    if (ranked.cosine) shown.set("cosine", *ranked.cosine);
    if (auto task = task_of(feature.id)) shown.set("task_id", *task);
    else shown.set("feature_id", feature.id);
    return shown;
}

template <class Part>
std::optional<Part> part_of(const Json& json) {
    return json.is_object() ? std::optional(Part::from_json(json)) : std::nullopt;
}

// What customers said about a feature tells the judge more than its name.
void add_quotes(Context& ctx, const std::string& workspace, std::vector<Document>& features) {
    Json::Array ids;
    for (const Document& feature : features)
        if (!task_of(feature.id)) ids.push_back(feature.id);
    if (ids.empty()) return;
    Json quotes = ctx.store.feature_quotes(workspace, ids);
    for (Document& feature : features)
        for (const Json& quote : quotes[feature.id].items())
            feature.quotes.push_back(quote.as_string());
}

}  // namespace

std::vector<Document> documents_from_json(const Json& list) {
    std::vector<Document> documents;
    for (const Json& feature : list.items()) {
        documents.push_back({feature["id"].as_string(), feature["title"].as_string(),
                             feature.text_or("description", "")});
        for (const Json& quote : feature["quotes"].items())
            documents.back().quotes.push_back(quote.as_string());
        if (feature["bm25"].is_number())
            documents.back().scores = {feature["bm25"].as_number(), feature["ngrams"].as_number()};
        if (feature["cosine"].is_number()) documents.back().cosine = feature["cosine"].as_number();
    }
    return documents;
}

Embedding Embedding::from_json(const Json& json) {
    return {std::make_shared<const Json>(json["provider"]),
            json["model"].as_string(),
            {json["auto_match"].as_number(), json["auto_new"].as_number()}};
}

JointRules JointRules::from_json(const Json& json) {
    return {std::make_shared<const Json>(json["provider"]),
            static_cast<std::size_t>(json["items"].as_integer()),
            static_cast<std::size_t>(json["tokens"].as_integer())};
}

MatchCase MatchCase::from_json(const std::string& workspace, const Json& input) {
    const Json& found = input["item"];
    Document item{{}, found["title"].as_string(), found.text_or("description", "")};
    if (found["quote"].is_string()) item.quotes.push_back(found["quote"].as_string());
    std::vector<Document> candidates = documents_from_json(input["candidates"]);
    for (Document& undecided : documents_from_json(input["undecided"]))
        candidates.push_back(std::move(undecided));
    return {workspace,
            found["type"].as_string(),
            std::move(item),
            std::move(candidates),
            core::Frequencies::from_json(input["known"]),
            input.text_or("language", "english"),
            static_cast<std::size_t>(input["shortlist_size"].as_integer()),
            input["threshold"].as_number(),
            std::make_shared<const Json>(input["provider"]),
            part_of<Embedding>(input["embedding"]),
            part_of<JointRules>(input["joint"]),
            input["scope"]};
}

void MatchCase::merge(const std::vector<Document>& appeared) {
    for (const Document& feature : appeared) {
        auto known = std::find_if(candidates.begin(), candidates.end(),
                                  [&](const Document& d) { return d.id == feature.id; });
        if (known == candidates.end()) candidates.push_back(feature);
        else *known = feature;
    }
}

Json Round::to_json() const {
    return Json::Object{{"question", question.to_json()}, {"shown", shown}, {"seen", seen}};
}

Round Round::from_json(const Json& json) {
    return {core::MatchQuestion::from_json(json["question"]), json["shown"],
            json["seen"].as_integer()};
}

Round next_round(Context& ctx, const MatchCase& matter, const std::vector<Document>* fresh,
                 std::int64_t seen) {
    core::Terms terms(matter.language);
    core::Ranker ranker(matter.candidates, terms, matter.known);
    Round round{{matter.type, matter.item, {}, matter.language}, Json::array(), seen};
    for (const core::Ranked& ranked : ranker.rank(matter.item, matter.shortlist_size)) {
        const Document& feature = matter.candidates[ranked.document];
        if (fresh && !core::holds(*fresh, feature.id)) continue;
        round.question.candidates.push_back(feature);
        round.shown.as_array().push_back(shown_as(ranked, feature));
    }
    if (matter.embedding) {
        std::vector<Document> compared;
        for (const Document& feature : matter.candidates)
            if (!fresh || core::holds(*fresh, feature.id)) compared.push_back(feature);
        round.evident = core::evident(round.question.candidates, compared, matter.embedding->bands);
    }
    if (!round.evident) add_quotes(ctx, matter.workspace, round.question.candidates);
    return round;
}

void Verdict::show(const Round& round) {
    for (const Json& feature : round.shown.items()) shown_.as_array().push_back(feature);
}

void Verdict::see(const Round& round, double auto_match) {
    bool is_first = shown_.as_array().empty();
    show(round);
    if (!is_first && !round.evident->is_duplicate) return;
    judgement_ = *round.evident;
    decided_by_ = "similarity";
    needed_ = auto_match;
    call_id_.clear();
}

void Verdict::hear(const Round& round, const ModelAnswer& answer) {
    core::Judgement said = core::read_judgement(answer.text, round.question);
    show(round);
    if (answer.tokens) tokens_ = tokens_.value_or(0) + *answer.tokens;
    if (!call_id_.empty() && !said.is_duplicate) return;
    judgement_ = said;
    decided_by_ = judge_name(answer.provider);
    needed_.reset();
    call_id_ = answer.call_id;
}

Json Verdict::to_json(double threshold, std::int64_t seen) const {
    const double needed = needed_.value_or(threshold);
    Json answer = Json::Object{{"shortlist", shown_},
                               {"is_duplicate", judgement_.is_duplicate},
                               {"confidence", judgement_.confidence},
                               {"reasoning", judgement_.reasoning},
                               {"threshold", needed},
                               {"outcome", core::outcome_of(judgement_, needed)},
                               {"decided_by", decided_by_},
                               {"seen", seen}};
    const std::string& matching = judgement_.matching_feature_id;
    if (auto task = task_of(matching)) answer.set("matching_task", *task);
    else if (!matching.empty()) answer.set("matching_feature_id", matching);
    if (!call_id_.empty()) answer.set("call_id", call_id_);
    if (tokens_) answer.set("tokens", *tokens_);
    return answer;
}

async::Task<void> judge(Context& ctx, CallLog& log, const MatchCase& matter, const Round& round,
                        Verdict& verdict) {
    if (round.question.candidates.empty()) co_return;
    if (round.evident) co_return verdict.see(round, matter.embedding->bands.auto_match);
    auto read = [&round](const std::string& text) { core::read_judgement(text, round.question); };
    ModelRequest request{"match", round.question.to_json(), matter.provider, matter.workspace,
                         read};
    auto asking = ask_model(ctx, log, std::move(request), round.to_json());
    ModelAnswer answer = co_await std::move(asking);
    verdict.hear(round, answer);
}

}  // namespace headway::pipeline
