#include "core/models/model_settings.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/provider_settings.hpp"
#include "core/base/url.hpp"

namespace headway::core {
namespace {

constexpr NumberRange kTimeout{1, 3600};
constexpr NumberRange kTemperature{0, 2, false};
constexpr NumberRange kOutputTokens{1, 10'000'000};
constexpr NumberRange kDimensions{1, 16'000};

const Choice* choice_of(const SettingRules& rules, const std::string& name) {
    for (const Choice& choice : rules.choices)
        if (choice.name == name) return &choice;
    return nullptr;
}

bool choose(ModelSettings& read, const Choice& choice, const Json& value) {
    auto has = [&](const std::string& word) { return value == Json(word); };
    if (std::none_of(choice.words.begin(), choice.words.end(), has)) return false;
    read.choices[choice.name] = value.as_string();
    return true;
}

// Whether the setting is one that the rules have, with a value that fits; a number that does not
// is refused with its range.
bool take(ModelSettings& read, const SettingRules& rules, const std::string& name,
          const Json& value) {
    if (name == "model" && value.is_string()) read.model = value.as_string();
    else if (name == "base_url" && value.is_string())
        read.base_url = parse_base_url(value.as_string()).str();
    else if (name == "timeout_seconds")
        read.timeout = std::chrono::seconds(count_setting(name, value, kTimeout));
    else if (const Choice* choice = choice_of(rules, name)) return choose(read, *choice, value);
    else if (std::find(rules.names.begin(), rules.names.end(), name) == rules.names.end())
        return false;
    else if (name == "temperature") read.temperature = number_setting(name, value, kTemperature);
    else if (name == "max_output_tokens")
        read.max_output_tokens = count_setting(name, value, kOutputTokens);
    else if (name == "dimensions") read.dimensions = count_setting(name, value, kDimensions);
    else return false;
    return true;
}

}  // namespace

ModelSettings ModelSettings::from_json(const Json& settings, const SettingRules& rules) {
    ModelSettings read{.base_url = rules.base_url, .model = {}};
    for (const Choice& choice : rules.choices) read.choices[choice.name] = choice.words.front();
    for (const auto& [name, value] : settings.members())
        if (!take(read, rules, name, value)) refuse_setting(name);
    if (read.model.empty()) refuse_settings("\"model\" is required");
    return read;
}

}  // namespace headway::core
