#pragma once

#include <string_view>
#include <vector>

namespace headway::core {

// The sentences of what somebody said, in order and without the blanks around them; views into
// `text`. Speech without punctuation is cut at a blank after some 400 bytes.
std::vector<std::string_view> sentences_of(std::string_view text);

}  // namespace headway::core
