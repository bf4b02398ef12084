#include "core/base/claims.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace headway::core {

Json parse_answer(std::string_view answer) {
    Json json = parse_foreign_json(answer).value;
    if (!json.is_object())
        throw Failure(ErrorKind::protocol, "the model's answer is no JSON object");
    return json;
}

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
