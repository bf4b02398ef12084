#pragma once

#include "core/conversation/extraction.hpp"

namespace headway::core {

// How likely it is that somebody in a conversation asks for something, by its words alone, from 0
// (nothing sounds like it) to 1: a look that costs nothing, before a model is paid for reading. It
// errs on the side of reading: any word of wishing, of trouble or of a theme counts, and what it
// cannot judge (another language than English, too little text) is 1.
double relevance_of(const Conversation& conversation);

}  // namespace headway::core
