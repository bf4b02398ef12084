#include "core/models/providers.hpp"

#include <algorithm>
#include <functional>

#include "core/base/error.hpp"
#include "core/models/model_vendors.hpp"

namespace headway::core {
namespace {

struct ProviderEntry {
    std::string purpose;
    std::string name;
    std::function<ProviderSetup(const Json& settings)> set_up;
};

// What needs no key and no network.
ProviderSetup own(const Json& settings, bool is_default) {
    if (!settings.members().empty())
        throw Failure(Error{ErrorKind::invalid, "the provider's settings are not valid",
                            "This provider has no settings."});
    return {.is_default = is_default};
}

// The vendor wants a key; a server of one's own may.
ProviderSetup model(const Json& settings, const SettingRules& rules) {
    std::string base_url = ModelSettings::from_json(settings, rules).base_url;
    ProviderSetup setup{.base_url = parse_base_url(base_url)};
    (base_url == rules.base_url ? setup.credentials : setup.optional) = {"api_key"};
    return setup;
}

template <class Vendor>
void add_models(std::vector<ProviderEntry>& entries, const char* purpose,
                const std::vector<Vendor>& vendors) {
    for (const Vendor& vendor : vendors)
        entries.push_back({purpose, vendor.name, [rules = vendor.rules](const Json& settings) {
                               return model(settings, rules());
                           }});
}

std::vector<ProviderEntry> all_entries() {
    auto absent = [](const Json& settings) { return own(settings, true); };
    auto present = [](const Json& settings) { return own(settings, false); };
    std::vector<ProviderEntry> entries;
    add_models(entries, "llm", model_vendors());
    entries.push_back({"llm", "builtin", absent});
    add_models(entries, "llm_fallback", model_vendors());
    entries.push_back({"llm_fallback", "builtin", present});
    entries.push_back({"llm_fallback", "none", absent});
    add_models(entries, "embedding", embedding_vendors());
    entries.push_back({"embedding", "builtin", present});
    entries.push_back({"embedding", "none", absent});
    entries.push_back({"storage", "filesystem", absent});
    return entries;
}

const std::vector<ProviderEntry>& entries() {
    static const std::vector<ProviderEntry> kEntries = all_entries();
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
