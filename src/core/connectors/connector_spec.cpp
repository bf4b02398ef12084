#include "core/connectors/connector_spec.hpp"

#include "core/base/error.hpp"
#include "core/base/url.hpp"
#include "core/connectors/spec_parts.hpp"

namespace headway::core {
namespace {

void read_base_url(const Json& spec, ConnectorSpec& parsed) {
    const Json& base_url = spec["base_url"];
    if (base_url.is_string()) {
        std::string mismatch = type_mismatch(base_url, "url");
        require_spec(mismatch.empty(), "base_url", mismatch);
        parsed.base_url = parse_base_url(base_url.as_string()).str();
    } else {
        parsed.base_url_setting = base_url["setting"].as_string();
        require_spec(spec["settings"][parsed.base_url_setting].text_or("type", "") == "url",
                     "base_url/setting", "must name a setting of type url");
    }
}

}  // namespace

ConnectorSpec read_connector_spec(const Json& spec) {
    ConnectorSpec parsed;
    check_settings(spec["settings"]);
    read_base_url(spec, parsed);
    check_names(spec["credentials"], "credentials");
    for (const auto& [name, about] : spec["credentials"].members())
        (about.bool_or("optional", false) ? parsed.optional_credentials : parsed.credentials)
            .push_back(name);
    parsed.auth = read_auth(spec["auth"], parsed.credentials);
    read_budgets(spec, parsed);
    read_requests(spec, parsed);
    parsed.list = read_list(spec["list"], parsed);
    parsed.children = read_children(spec["children"], parsed);
    if (spec.find("webhook")) parsed.webhook = read_webhook(spec);
    check_requests(parsed, spec["settings"]);
    return parsed;
}

ConnectorSpec parse_connector_spec(const Json& spec) {
    std::string violation = schema_violation(spec);
    if (!violation.empty())
        throw Failure(Error{ErrorKind::invalid, "the connector spec is not valid", violation});
    check_auth_members(spec["auth"]);
    for (const auto& [name, request] : spec["requests"].members())
        check_pagination_members(request["pagination"], "requests/" + name + "/pagination");
    return read_connector_spec(spec);
}

std::string base_url_of(const ConnectorSpec& spec, const Json& settings) {
    if (!spec.base_url.empty()) return spec.base_url;
    return parse_base_url(settings.text_or(spec.base_url_setting, "")).str();
}

}  // namespace headway::core
