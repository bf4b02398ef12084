#pragma once

#include <string>
#include <string_view>

namespace headway::core {

// The language that a text is in, as ISO 639-1 ("en", "de", "ja"); "" when it does not tell, being
// too short, mixed, or in a language that is not known here. Looks at the first words only.
std::string detect_language(std::string_view text);

}  // namespace headway::core
