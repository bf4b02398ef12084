#pragma once

#include <string>

#include "core/matching/judgement.hpp"

namespace headway::core {

// The built-in provider's answer to the question whether an item is one of some features: the
// feature whose words, or one of whose mentions, come closest. Its confidence is 0.7 exactly where
// two wordings of one wish and two different wishes were hardest to tell apart.
std::string builtin_judge(const MatchQuestion& question);

}  // namespace headway::core
