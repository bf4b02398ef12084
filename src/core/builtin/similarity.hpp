#pragma once

#include <string_view>

#include "core/builtin/concepts.hpp"

namespace headway::core {

// How much two short texts are about the same thing, 0..1: the cosine of their concepts, in which
// everyday words count little. Two wordings of one wish reach about 0.25 and more.
double similarity(const Concepts& concepts, std::string_view a, std::string_view b);

}  // namespace headway::core
