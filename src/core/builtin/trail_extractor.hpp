#pragma once

#include <string>

#include "core/conversation/extraction.hpp"

namespace headway::core {

// The built-in provider's answer about a session of which there is a trail of events and no speech.
// What was clicked in rage, or in vain more than once, is a pain point; a click that raised an
// error is a bug. Each is proved by its line of the trail. It never makes a wish of them.
std::string extract_from_trail(const Conversation& conversation);

}  // namespace headway::core
