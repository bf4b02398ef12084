#pragma once

#include <string>

#include "core/base/json.hpp"

namespace headway::core {

// A value that somebody has set, as an error may show it: a number's digits, cut when there are
// many, and of everything else, which may be a secret, only what it is ("a text").
std::string shown(const Json& value);

}  // namespace headway::core
