#include "core/base/shown_value.hpp"

namespace headway::core {
namespace {

constexpr std::size_t kMostDigits = 30;

std::string cut(const std::string& digits) {
    if (digits.size() <= kMostDigits) return digits;
    return digits.substr(0, kMostDigits) + "... (" + std::to_string(digits.size()) + " characters)";
}

}  // namespace

std::string shown(const Json& value) {
    if (value.is_number()) return cut(value.dump());
    if (value.is_string()) return "a text";
    if (value.is_bool()) return "a boolean";
    if (value.is_array()) return "an array";
    if (value.is_object()) return "an object";
    return "null";
}

}  // namespace headway::core
