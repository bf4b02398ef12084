// The settings of a connector type: their types, and a connector's values.

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/shown_value.hpp"
#include "core/base/url.hpp"
#include "core/connectors/spec_parts.hpp"

namespace headway::core {
namespace {

bool fits(const Json& value, const std::string& type) {
    if (type == "boolean") return value.is_bool();
    if (type == "integer") return value.is_integer();
    if (type != "list") return value.is_string();
    return value.is_array() && std::all_of(value.items().begin(), value.items().end(),
                                           [](const Json& item) { return item.is_string(); });
}

}  // namespace

std::string type_mismatch(const Json& value, const std::string& type) {
    if (!fits(value, type))
        return (type == "list" ? "must be an array of texts" : "must be of type " + type) +
               ", and is " + shown(value);
    try {
        if (type == "url") parse_base_url(value.as_string());
    } catch (const Failure& failure) {
        return "is no base URL: " + failure.error().detail;
    }
    return {};
}

void check_settings(const Json& settings) {
    check_names(settings, "settings");
    for (const auto& [name, about] : settings.members())
        if (const Json* value = about.find("default")) {
            std::string mismatch = type_mismatch(*value, about["type"].as_string());
            require_spec(mismatch.empty(), "settings/" + name + "/default", mismatch);
        }
}

Json complete_settings(const Json& spec, const Json& given) {
    const Json& declared = spec["settings"];
    auto wrong = [](const std::string& name, const std::string& what) {
        throw Failure(Error{ErrorKind::invalid, "the connector's settings are not valid",
                            "\"" + name + "\" " + what});
    };
    if (!given.is_object() && !given.is_null())
        throw Failure(ErrorKind::invalid, "the connector's settings are no JSON object");
    for (const auto& [name, value] : given.members()) {
        if (!declared.find(name)) wrong(name, "is no setting of this connector type");
        std::string mismatch = type_mismatch(value, declared[name]["type"].as_string());
        if (!mismatch.empty()) wrong(name, mismatch);
    }
    Json complete = given;
    for (const auto& [name, about] : declared.members()) {
        if (given.find(name)) continue;
        if (about.bool_or("required", false)) wrong(name, "is required");
        if (about.find("default")) complete.set(name, about["default"]);
    }
    return complete;
}

}  // namespace headway::core
