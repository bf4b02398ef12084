#pragma once

#include <string>
#include <string_view>

#include "core/base/json.hpp"

namespace headway::core {

// What a model says about which of some candidates a call was about.
struct LinkJudgement {
    std::string candidate;  // "" when it named none
    double confidence = 0;
    std::string reasoning;
};

// Reads a judge's answer {candidate, confidence, reasoning}. A candidate that was not among
// `candidates` ([{id, ...}]) is none, whatever the judge says. Throws Failure(protocol) for what is
// no such answer.
LinkJudgement read_link_judgement(std::string_view answer, const Json& candidates);

}  // namespace headway::core
