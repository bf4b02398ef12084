#include "core/linking/link_judgement.hpp"

#include <algorithm>

#include "core/base/claims.hpp"
#include "core/base/error.hpp"

namespace headway::core {

LinkJudgement read_link_judgement(std::string_view answer, const Json& candidates) {
    Json json = parse_answer(answer);
    if (!json["confidence"].is_number())
        throw Failure(ErrorKind::protocol,
                      "the judge's answer has not the form that was asked for");
    LinkJudgement judgement;
    judgement.confidence = claimed_number(json["confidence"], 0);
    judgement.reasoning = claimed_text(json.text_or("reasoning", ""), kLongestReasoning);
    std::string named = json.text_or("candidate", "");
    const Json::Array& offered = candidates.items();
    if (std::any_of(offered.begin(), offered.end(),
                    [&](const Json& c) { return c.text_or("id", "") == named; }))
        judgement.candidate = named;
    return judgement;
}

}  // namespace headway::core
