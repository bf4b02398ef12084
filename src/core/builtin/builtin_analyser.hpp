#pragma once

#include <string>

#include "core/conversation/extraction.hpp"

namespace headway::core {

// The built-in provider's answer to an analysis of a call, in the form every model answers in. It
// reads English by phrases and families of cues (call_objections.hpp, call_outcome.hpp), tells what
// kind of thing was said and cannot sum it up. docs/explanation/builtin-provider.md says how it
// decides and how well it does.
std::string builtin_analyse(const Conversation& conversation);

}  // namespace headway::core
