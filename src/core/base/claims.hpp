#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/base/json.hpp"

namespace headway::core {

// What a model claims, bounded and of the type that was asked for, whatever it has sent.

constexpr std::size_t kLongestTitle = 200;
constexpr std::size_t kLongestText = 2000;
constexpr std::size_t kLongestReasoning = 1000;

// The object that a model has answered with. Throws Failure(protocol) when it is none.
Json parse_answer(std::string_view answer);
// A text without blanks around it, cut at a word; "" for anything that is no text.
std::string claimed_text(const Json& value, std::size_t longest);
// A number from `lowest` to 1; 0 for anything that is no number.
double claimed_number(const Json& value, double lowest);
// One of the allowed words, whatever its case; `otherwise` for everything else.
std::string claimed_word(const Json& value, std::initializer_list<const char*> allowed,
                         const char* otherwise);

}  // namespace headway::core
