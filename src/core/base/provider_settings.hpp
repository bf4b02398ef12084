#pragma once

#include <cstdint>
#include <string>

#include "core/base/json.hpp"

namespace headway::core {

// Which numbers a setting takes, both ends included.
struct NumberRange {
    std::int64_t least;
    std::int64_t most;
    bool is_whole = true;
};

// Throws Failure(invalid): what a provider is to be set to does not fit. `why` may name settings
// and hold numbers, never other values of theirs.
[[noreturn]] void refuse_settings(const std::string& why, const std::string& hint = {});
// The same for one that is unknown, or has a value that does not fit.
[[noreturn]] void refuse_setting(const std::string& name);
// The number that a setting is. Throws Failure(invalid) that tells the range when it is no such
// number.
double number_setting(const std::string& name, const Json& value, const NumberRange& range);
int count_setting(const std::string& name, const Json& value, const NumberRange& range);

}  // namespace headway::core
