#pragma once

#include <string>

#include "core/conversation/extraction.hpp"

namespace headway::core {

// The built-in provider's answer to an extraction, in the form every model answers in. It reads
// English by cue phrases and word overlap: it needs no key and no network, misses what is said
// indirectly, and is deterministic. docs/explanation/builtin-provider.md says how it decides and
// how well it does.
std::string builtin_extract(const Conversation& conversation);

}  // namespace headway::core
