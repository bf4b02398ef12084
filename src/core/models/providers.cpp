#include "core/models/providers.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/models/openai.hpp"

namespace headway::core {
namespace {

struct ProviderEntry {
    std::string purpose;
    std::string name;
    ProviderSetup (*set_up)(const Json& settings);
};

void refuse_settings(const Json& settings) {
    if (!settings.members().empty())
        throw Failure(Error{ErrorKind::invalid, "the provider's settings are not valid",
                            "This provider has no settings."});
}

// What needs no key and no network.
ProviderSetup own(const Json& settings) {
    refuse_settings(settings);
    return {};
}

ProviderSetup own_by_default(const Json& settings) {
    refuse_settings(settings);
    return {.is_default = true};
}

// The vendor wants a key; a server of one's own may.
ProviderSetup keyed(const std::string& base_url, const std::string& vendors_url) {
    ProviderSetup setup{.base_url = parse_base_url(base_url)};
    (base_url == vendors_url ? setup.credentials : setup.optional) = {"api_key"};
    return setup;
}

ProviderSetup openai(const Json& settings) {
    return keyed(OpenAiSettings::from_json(settings).base_url, OpenAiSettings().base_url);
}

const std::vector<ProviderEntry>& entries() {
    static const std::vector<ProviderEntry> kEntries = {
        {"llm", "openai", &openai},
        {"llm", "builtin", &own_by_default},
        {"embedding", "builtin", &own},
        {"embedding", "none", &own_by_default},
        {"storage", "filesystem", &own_by_default},
    };
    return kEntries;
}

// Names in the order of the entries, each once.
std::string list_of(const std::vector<std::string>& names) {
    std::string list;
    for (auto name = names.begin(); name != names.end(); ++name)
        if (std::find(names.begin(), name, *name) == name)
            list += (list.empty() ? "" : ", ") + *name;
    return list;
}

}  // namespace

ProviderSetup set_up_provider(const std::string& purpose, const std::string& provider,
                              const Json& settings) {
    std::vector<std::string> purposes, providers;
    for (const ProviderEntry& entry : entries()) {
        purposes.push_back(entry.purpose);
        if (entry.purpose != purpose) continue;
        if (entry.name == provider) return entry.set_up(settings);
        providers.push_back(entry.name);
    }
    if (providers.empty())
        throw Failure(Error{ErrorKind::invalid, "there is no provider for this purpose", purpose,
                            "This version has providers for: " + list_of(purposes) + '.'});
    throw Failure(Error{ErrorKind::invalid, "unknown provider", provider,
                        "For " + purpose + " this version has: " + list_of(providers) + '.'});
}

}  // namespace headway::core
