#include "core/conversation/claims.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace headway::core {

std::string claimed_text(const Json& value, std::size_t longest) {
    if (!value.is_string()) return {};
    return std::string(clip_words(trim(value.as_string()), longest));
}

double claimed_number(const Json& value, double lowest) {
    return value.is_number() ? std::clamp(value.as_number(), lowest, 1.0) : 0.0;
}

std::string claimed_word(const Json& value, std::initializer_list<const char*> allowed,
                         const char* otherwise) {
    std::string text = lower(claimed_text(value, 40));
    return std::find(allowed.begin(), allowed.end(), text) != allowed.end() ? text : otherwise;
}

}  // namespace headway::core
