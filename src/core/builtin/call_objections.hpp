#pragma once

#include <string>
#include <vector>

#include "core/builtin/call_parts.hpp"
#include "core/builtin/call_phrases.hpp"

namespace headway::core {

// What a customer says against it.
struct FoundObjection {
    Objection type;
    double weight;
    std::string quote;
    std::size_t turn;
};

// Sentences of one turn about one thing are one objection.
std::vector<FoundObjection> objections_in(const std::vector<CallPart>& parts);

}  // namespace headway::core
