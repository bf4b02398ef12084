#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace headway::core {

constexpr std::size_t kTellingBytes = 20'000;  // of a text, from its beginning

// The language that a text is in, as ISO 639-1 ("en", "de", "ja"); "" when it does not tell, being
// too short, mixed, or in a language that is not known here. Looks at the first kTellingBytes only.
std::string detect_language(std::string_view text);

}  // namespace headway::core
