#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/conversation/transcript.hpp"

namespace headway::core {

// About how many tokens a text is to a language model, rather too many than too few: vendors count
// four letters of English to a token, two of other alphabets, and each Chinese character.
std::size_t estimate_tokens(std::string_view text);

// A long conversation in parts of at most `most_tokens` (at least some hundred), each of whole
// turns where these are short, else of whole sentences. A part begins with the last tenth of the
// one before it, so that what is said across a border stands in one of them as a whole. A
// conversation that fits is one part.
std::vector<std::vector<Turn>> split_turns(const std::vector<Turn>& turns, std::size_t most_tokens);

// The answers about the parts of one conversation as one about the whole, in the same form: an item
// that two parts have is there once. Throws Failure(protocol) when one is no JSON object.
std::string join_answers(const std::vector<std::string>& answers);

}  // namespace headway::core
