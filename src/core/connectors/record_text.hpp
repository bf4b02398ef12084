#pragma once

#include <string>

#include "core/base/json.hpp"

namespace headway::core {

// A vendor's id, cursor or other small word as text: a text or a number; "" for anything else.
inline std::string text_of(const Json* value) {
    if (!value || value->is_null()) return {};
    if (value->is_string()) return value->as_string();
    return value->is_number() ? value->dump() : std::string();
}

// Whether there is something: not null, false or empty.
inline bool is_filled(const Json* value) {
    if (!value || value->is_null()) return false;
    if (value->is_bool()) return value->as_bool();
    if (value->is_string()) return !value->as_string().empty();
    return value->is_number() || !value->items().empty() || !value->members().empty();
}

}  // namespace headway::core
