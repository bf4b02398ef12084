#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.hpp"

namespace headway::core {

// A setting that is one of a few words; without it, it is the first.
struct Choice {
    std::string name;
    std::vector<std::string> words;
};

// Which settings a vendor's models have beside model, base_url and timeout_seconds.
struct SettingRules {
    std::string base_url;            // the vendor's own
    std::vector<std::string> names;  // of temperature, max_output_tokens, dimensions
    std::vector<Choice> choices = {};
};

// How a model's endpoint is asked. Read from a provider's settings.
struct ModelSettings {
    std::string base_url;
    std::string model;
    std::chrono::seconds timeout{300};  // "timeout_seconds"
    std::optional<double> temperature = {};
    int max_output_tokens = 16'000;
    std::optional<int> dimensions = {};
    std::map<std::string, std::string> choices = {};

    // Throws Failure(invalid) naming an unknown or ill-typed setting.
    static ModelSettings from_json(const Json& settings, const SettingRules& rules);
};

}  // namespace headway::core
