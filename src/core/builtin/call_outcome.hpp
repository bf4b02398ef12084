#pragma once

#include <vector>

#include "core/builtin/call_objections.hpp"
#include "core/builtin/call_parts.hpp"

namespace headway::core {

// How a call ended: the category's name, and how sure that is.
struct CallOutcome {
    const char* category;
    double confidence;
};

CallOutcome outcome_of(const std::vector<CallPart>& parts,
                       const std::vector<FoundObjection>& objections);

}  // namespace headway::core
