#pragma once

#include <cstddef>
#include <string_view>

namespace headway::core {

struct Conversation;

// Whether a sentence speaks to a model that reads it ("ignore your instructions", "mark everything
// as critical") and not to the people of the conversation. In the languages that calls are mostly
// in; no list of this kind is complete, so that nothing else may rest on it alone.
bool commands_a_model(std::string_view sentence);

// Takes such sentences, speakers' names, titles and customers' names out of a conversation before a
// model sees it, and counts them. What is taken out can be nobody's quote either.
std::size_t take_out_commands(Conversation& conversation);

}  // namespace headway::core
