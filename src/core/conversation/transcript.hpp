#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.hpp"

namespace headway::core {

// What one speaker said in one go. Times are seconds from the start of the recording.
struct Turn {
    std::string speaker;  // "" when unknown
    std::optional<double> start_s;
    std::optional<double> end_s;
    std::string text;
};

// Reads a plain-text transcript. Lines of the form "Name: words", also with a clock in front
// ("[00:12:03] Name: words") or behind the name ("Name (12:03): words"), begin a turn; other lines
// continue it. A text without such lines is one turn of an unknown speaker. Linear in its length.
std::vector<Turn> parse_turns(std::string_view transcript);

// The stored form: [{speaker, start_s, end_s, text}], absent parts left out.
Json turns_to_json(const std::vector<Turn>& turns);
// Throws Failure(protocol) when `turns` has another shape.
std::vector<Turn> turns_from_json(const Json& turns);

}  // namespace headway::core
