#pragma once

#include <string>

namespace headway::core {

// Throws Failure(invalid): what a provider is to be set to does not fit. `why` may name settings,
// never hold their values.
[[noreturn]] void refuse_settings(const std::string& why);
// The same for one that is unknown, or has a value that does not fit.
[[noreturn]] void refuse_setting(const std::string& name);

}  // namespace headway::core
