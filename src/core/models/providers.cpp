#include "core/models/providers.hpp"

#include <algorithm>
#include <functional>

#include "core/base/error.hpp"
#include "core/base/provider_settings.hpp"
#include "core/base/shown_value.hpp"
#include "core/models/model_vendors.hpp"
#include "core/speech/speech_vendors.hpp"
#include "core/storage/s3.hpp"
#include "core/storage/supabase.hpp"

namespace headway::core {
namespace {

struct ProviderEntry {
    std::string purpose;
    std::string name;
    std::function<ProviderSetup(const Json& settings)> set_up;
};

// What needs no key and no network.
ProviderSetup own(const Json& settings, bool is_default) {
    if (!settings.members().empty()) refuse_settings("This provider has no settings.");
    return {.is_default = is_default};
}

// The vendor wants a key; a server of one's own may.
ProviderSetup keyed(const std::string& base_url, const std::string& vendors_url) {
    ProviderSetup setup{.base_url = parse_base_url(base_url)};
    (base_url == vendors_url ? setup.credentials : setup.optional) = {"api_key"};
    return setup;
}

ProviderSetup model(const Json& settings, const SettingRules& rules) {
    return keyed(ModelSettings::from_json(settings, rules).base_url, rules.base_url);
}

ProviderSetup supabase(const Json& settings) {
    return {.base_url = parse_base_url(SupabaseStorage::from_json(settings, {}).base_url),
            .credentials = {"service_key"}};
}

ProviderSetup s3(const Json& settings) {
    return {.base_url = parse_base_url(S3Settings::from_json(settings).endpoint),
            .credentials = {"access_key_id", "secret_access_key"},
            .optional = {"session_token"}};
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
    entries.push_back({"speech", "none", absent});
    for (const SpeechVendor& vendor : speech_vendors())
        entries.push_back({"speech", vendor.name, [read = vendor.settings](const Json& settings) {
                               return keyed(read(settings).base_url, read({}).base_url);
                           }});
    entries.push_back({"storage", "filesystem", absent});
    entries.push_back({"storage", "supabase", &supabase});
    entries.push_back({"storage", "s3", &s3});
    return entries;
}

const std::vector<ProviderEntry>& entries() {
    static const std::vector<ProviderEntry> kEntries = all_entries();
    return kEntries;
}

ProviderSetup set_up(const ProviderEntry& entry, const Json& settings) {
    if (!settings.is_object())
        refuse_settings("They are " + shown(settings) + '.',
                        "Settings are a JSON object, such as {\"model\": \"name\"}.");
    return entry.set_up(settings);
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
        if (entry.name == provider) return set_up(entry, settings);
        providers.push_back(entry.name);
    }
    if (providers.empty())
        throw Failure(Error{ErrorKind::invalid, "there is no provider for this purpose", purpose,
                            "This version has providers for: " + list_of(purposes) + '.'});
    throw Failure(Error{ErrorKind::invalid, "unknown provider", provider,
                        "For " + purpose + " this version has: " + list_of(providers) + '.'});
}

}  // namespace headway::core
