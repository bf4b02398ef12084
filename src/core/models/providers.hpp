#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "core/base/url.hpp"

namespace headway::core {

// What it takes to set a provider.
struct ProviderSetup {
    std::optional<BaseUrl> base_url = {};       // where its secrets go; none without a network
    std::vector<std::string> credentials = {};  // the names that it needs
    std::vector<std::string> optional = {};     // those that it takes besides
    bool is_default = false;                    // what a workspace has that sets nothing
};

// The one list of what can be set for which purpose stands in providers.cpp. Throws
// Failure(invalid) for a purpose or provider that this version does not have, and for settings that
// do not fit.
ProviderSetup set_up_provider(const std::string& purpose, const std::string& provider,
                              const Json& settings);

}  // namespace headway::core
