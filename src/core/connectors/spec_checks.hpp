#pragma once

#include <string>
#include <string_view>

#include "core/base/json.hpp"

namespace headway::core {

// What every part of a connector spec is checked with. All throw Failure(invalid) whose detail
// begins with the path of the offending part.

[[noreturn]] void reject(const std::string& path, const std::string& what);
void require(bool condition, const std::string& path, const std::string& what);

// RFC 6901, as the spec spells it.
std::string read_pointer(const Json& pointer, const std::string& path);

}  // namespace headway::core
