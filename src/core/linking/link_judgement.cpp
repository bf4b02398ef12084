#include "core/linking/link_judgement.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace headway::core {
namespace {

constexpr std::size_t kLongestReasoning = 1000;

}  // namespace

LinkJudgement read_link_judgement(std::string_view answer, const Json& candidates) {
    Json json = parse_foreign_json(answer).value;
    if (!json.is_object() || !json["confidence"].is_number())
        throw Failure(ErrorKind::protocol,
                      "the judge's answer has not the form that was asked for");
    LinkJudgement judgement;
    judgement.confidence = std::clamp(json["confidence"].as_number(), 0.0, 1.0);
    judgement.reasoning = clip(json.text_or("reasoning", ""), kLongestReasoning);
    std::string named = json.text_or("candidate", "");
    const Json::Array& offered = candidates.items();
    if (std::any_of(offered.begin(), offered.end(),
                    [&](const Json& c) { return c.text_or("id", "") == named; }))
        judgement.candidate = named;
    return judgement;
}

}  // namespace headway::core
