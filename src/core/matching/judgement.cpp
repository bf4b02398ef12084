#include "core/matching/judgement.hpp"

#include "core/base/claims.hpp"
#include "core/base/error.hpp"

namespace headway::core {
namespace {

Json document_json(const Document& document) {
    return Json::Object{{"id", document.id},
                        {"title", document.title},
                        {"description", document.description},
                        {"quotes", Json::Array(document.quotes.begin(), document.quotes.end())}};
}

Document document_from(const Json& json) {
    Document document{json.text_or("id", ""), json.text_or("title", ""),
                      json.text_or("description", "")};
    for (const Json& quote : json["quotes"].items()) document.quotes.push_back(quote.as_string());
    return document;
}

}  // namespace

Json MatchQuestion::to_json() const {
    Json::Array list;
    for (const Document& candidate : candidates) list.push_back(document_json(candidate));
    return Json::Object{{"type", type},
                        {"item", document_json(item)},
                        {"candidates", std::move(list)},
                        {"language", language}};
}

MatchQuestion MatchQuestion::from_json(const Json& json) {
    MatchQuestion question{
        json.text_or("type", ""), document_from(json["item"]), {}, json.text_or("language", "")};
    for (const Json& candidate : json["candidates"].items())
        question.candidates.push_back(document_from(candidate));
    return question;
}

bool MatchQuestion::offers(const std::string& id) const { return holds(candidates, id); }

Judgement read_judgement(std::string_view answer, const MatchQuestion& question) {
    Json json = parse_answer(answer);
    if (!json["is_duplicate"].is_bool() || !json["confidence"].is_number())
        throw Failure(ErrorKind::protocol,
                      "the judge's answer has not the form that was asked for");
    Judgement judgement{json["is_duplicate"].as_bool(),
                        {},
                        claimed_number(json["confidence"], 0),
                        claimed_text(json["reasoning"], kLongestReasoning)};
    if (json["matching_feature_id"].is_string())
        judgement.matching_feature_id = json["matching_feature_id"].as_string();

    if (!question.offers(judgement.matching_feature_id)) {
        judgement.matching_feature_id.clear();
        judgement.is_duplicate = false;
    }
    return judgement;
}

const char* outcome_of(const Judgement& judgement, double threshold) {
    if (!judgement.is_duplicate) return "created";
    return judgement.confidence >= threshold ? "linked" : "review";
}

}  // namespace headway::core
