#include "core/matching/joint_judgement.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "core/base/claims.hpp"
#include "core/base/error.hpp"

namespace headway::core {

Json joint_question(const std::vector<MatchQuestion>& questions) {
    Json::Array features, items;
    std::set<std::string> listed;
    for (const MatchQuestion& question : questions) {
        const Json json = question.to_json();
        Json::Array ids;
        for (const Json& candidate : json["candidates"].items()) {
            ids.push_back(candidate["id"]);
            if (listed.insert(candidate["id"].as_string()).second) features.push_back(candidate);
        }
        items.push_back(Json::Object{{"number", items.size() + 1},
                                     {"type", json["type"]},
                                     {"item", json["item"]},
                                     {"candidates", std::move(ids)}});
    }
    return Json::Object{{"language", questions.at(0).language},
                        {"features", std::move(features)},
                        {"items", std::move(items)}};
}

std::vector<MatchQuestion> single_questions(const Json& joint) {
    std::map<std::string, const Json*> features;
    for (const Json& feature : joint["features"].items())
        features[feature["id"].as_string()] = &feature;
    std::vector<MatchQuestion> questions;
    for (Json question : joint["items"].items()) {
        Json::Array candidates;
        for (const Json& id : question["candidates"].items())
            candidates.push_back(*features.at(id.as_string()));
        question.set("candidates", std::move(candidates));
        question.set("language", joint["language"]);
        questions.push_back(MatchQuestion::from_json(question));
    }
    return questions;
}

namespace {

enum class Named { nothing, own, anothers, nobodys };

Named named_in(const Json& judgement, std::size_t own,
               const std::vector<MatchQuestion>& questions) {
    if (!judgement["matching_feature_id"].is_string()) return Named::nothing;
    const std::string& id = judgement["matching_feature_id"].as_string();
    auto offers = [&](const MatchQuestion& question) { return question.offers(id); };
    if (offers(questions[own])) return Named::own;
    return std::any_of(questions.begin(), questions.end(), offers) ? Named::anothers
                                                                   : Named::nobodys;
}

bool can_be_read(const std::string& text, const MatchQuestion& question) {
    try {
        read_judgement(text, question);
        return true;
    } catch (const Failure&) {
        return false;
    }
}

[[noreturn]] void mixed_up() {
    throw Failure(ErrorKind::protocol,
                  "the judge's answer does not tell whose judgements they are");
}

// Whose it is, by its number.
std::size_t owner_of(const Json& judgement, std::size_t count) {
    const Json& number = judgement["number"];
    if (!number.is_integer() || number.as_integer() < 1 ||
        static_cast<std::size_t>(number.as_integer()) > count)
        mixed_up();
    return static_cast<std::size_t>(number.as_integer()) - 1;
}

}  // namespace

std::vector<std::optional<std::string>> split_judgements(
    std::string_view answer, const std::vector<MatchQuestion>& questions) {
    const Json json = parse_answer(answer);
    if (!json["judgements"].is_array()) mixed_up();
    std::vector<std::optional<std::string>> parts(questions.size());
    std::set<std::size_t> seen, unusable;
    for (const Json& judgement : json["judgements"].items()) {
        std::size_t own = owner_of(judgement, questions.size());
        Named named = named_in(judgement, own, questions);
        if (named == Named::anothers) mixed_up();
        parts[own] = judgement.dump();
        bool is_second = !seen.insert(own).second;
        if (is_second || named == Named::nobodys || !can_be_read(*parts[own], questions[own]))
            unusable.insert(own);
    }
    for (std::size_t own : unusable) parts[own].reset();
    return parts;
}

}  // namespace headway::core
