#include "core/connectors/connector_spec.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/url.hpp"
#include "core/connectors/connector_request.hpp"
#include "core/connectors/spec_checks.hpp"

namespace headway::core {
namespace {

bool only(std::string_view text, std::string_view allowed) {
    return text.find_first_not_of(allowed) == std::string_view::npos;
}

constexpr std::string_view kNameChars = "abcdefghijklmnopqrstuvwxyz0123456789_";

void check_name(const std::string& name, const std::string& path) {
    require(!name.empty() && name.size() <= 63 && only(name, kNameChars) && name[0] >= 'a', path,
            "a name is made of a-z, 0-9 and _, begins with a letter and has at most 63 characters");
}

void check_names(const Json& object, const std::string& path) {
    for (const auto& [name, member] : object.members()) check_name(name, path);
}

std::string read_path(const Json& given, const std::string& path) {
    constexpr std::string_view kPathChars =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/{}";
    require(given.as_string().starts_with('/') && only(given.as_string(), kPathChars), path,
            "a path begins with / and holds letters, digits, -._~/ and {placeholders}");
    return given.as_string();
}

AuthSpec read_auth(const Json& auth, const std::vector<std::string>& credentials) {
    static const std::map<std::string, AuthKind> kKinds = {{"none", AuthKind::none},
                                                           {"basic", AuthKind::basic},
                                                           {"bearer", AuthKind::bearer},
                                                           {"header", AuthKind::header}};
    std::string kind = auth.text_or("kind", "");
    auto known = kKinds.find(kind);
    require(known != kKinds.end(), "auth/kind",
            "\"" + kind + "\" has its place in the format but is not built into this version");
    AuthSpec spec{known->second, auth.text_or("username", ""), auth.text_or("password", ""),
                  auth.text_or("token", ""), auth.text_or("header", "")};
    auto needs = [&](const char* part, const std::string& name) {
        bool declared =
            std::find(credentials.begin(), credentials.end(), name) != credentials.end();
        require(declared, std::string("auth/") + part,
                "must name one of the spec's credentials, and none that is optional");
    };
    if (spec.kind == AuthKind::basic) {
        needs("username", spec.username);
        needs("password", spec.password);
    } else if (spec.kind != AuthKind::none) {
        needs("token", spec.token);
    }
    require(spec.kind != AuthKind::header || is_header_name(spec.header), "auth/header",
            "must be the name of a header");
    return spec;
}

std::vector<AnswerRule> read_answers(const Json& answers) {
    static const std::map<std::string, Verdict> kVerdicts = {
        {"empty", Verdict::empty},
        {"retry", Verdict::retry},
        {"fail", Verdict::fail},
        {"restart", Verdict::restart},
        {"rate_limited", Verdict::rate_limited}};
    std::vector<AnswerRule> rules;
    for (const Json& rule : answers.items())
        rules.push_back({static_cast<int>(rule["status"].as_integer()),
                         rule.text_or("contains", ""), kVerdicts.at(rule["then"].as_string())});
    return rules;
}

Pagination read_pagination(const Json& pagination, const std::string& path) {
    std::string kind = pagination.is_null() ? "none" : pagination["kind"].as_string();
    require(kind == "none" || kind == "cursor", path + "/kind",
            "\"" + kind + "\" has its place in the format but is not built into this version");
    if (kind == "none") return {};
    require(pagination.find("next") && pagination.find("send"), path,
            "a cursor needs \"next\" and \"send\"");
    const Json& send = pagination["send"];
    bool in_body = send["in"].as_string() == "body";
    std::string at = send["at"].as_string();
    require(
        in_body ? at.starts_with('/') : !at.empty(), path,
        in_body ? "\"at\" must be a pointer into the body" : "\"at\" must name a query parameter");
    return {true, read_pointer(pagination["next"], path + "/next"), in_body, std::move(at)};
}

RequestSpec read_request(const Json& request, const std::string& path,
                         const std::vector<AnswerRule>& common) {
    RequestSpec spec{request["method"].as_string(),
                     read_path(request["path"], path + "/path"),
                     request["query"],
                     request["headers"],
                     request["body"],
                     read_pointer(request["records"], path + "/records"),
                     read_pagination(request["pagination"], path + "/pagination"),
                     read_answers(request["answers"])};
    spec.answers.insert(spec.answers.end(), common.begin(), common.end());
    require(spec.method == "POST" || (spec.body.is_null() && !spec.pagination.in_body), path,
            "a GET request has no body");
    for (const auto& [name, value] : spec.headers.members())
        require(is_header_name(name), path + "/headers", "holds a name that is no header's");
    return spec;
}

void check_placeholders(const ConnectorSpec& spec, const Json& settings) {
    for (const auto& [name, request] : spec.requests)
        for (const std::string& placeholder : placeholders(request)) {
            bool setting =
                placeholder.starts_with("settings.") && settings.find(placeholder.substr(9));
            require(setting || is_placeholder(placeholder), "requests/" + name,
                    "\"" + placeholder + "\" is no value that a request can use");
        }
}

// "" when `value` is of the setting's type, else what is wrong with it.
std::string type_mismatch(const Json& value, const std::string& type) {
    bool fits = type == "boolean"   ? value.is_bool()
                : type == "integer" ? value.is_integer()
                                    : value.is_string();
    if (!fits) return "must be of type " + type;
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
            require(mismatch.empty(), "settings/" + name + "/default", mismatch);
        }
}

void read_base_url(const Json& spec, ConnectorSpec& parsed) {
    const Json& base_url = spec["base_url"];
    if (base_url.is_string()) {
        std::string mismatch = type_mismatch(base_url, "url");
        require(mismatch.empty(), "base_url", mismatch);
        parsed.base_url = parse_base_url(base_url.as_string()).str();
    } else {
        parsed.base_url_setting = base_url["setting"].as_string();
        require(spec["settings"][parsed.base_url_setting].text_or("type", "") == "url",
                "base_url/setting", "must name a setting of type url");
    }
}

void read_requests(const Json& spec, ConnectorSpec& parsed) {
    auto answers = read_answers(spec["answers"]);
    check_names(spec["requests"], "requests");
    for (const auto& [name, request] : spec["requests"].as_object())
        parsed.requests.emplace(name, read_request(request, "requests/" + name, answers));
}

void read_list(const Json& list, ConnectorSpec& parsed) {
    parsed.list = {list["request"].as_string(), read_pointer(list["id"], "list/id"), "",
                   std::chrono::seconds(list.integer_or("overlap_seconds", 0))};
    if (list.find("at")) parsed.list.at = read_pointer(list["at"], "list/at");
    require(parsed.requests.contains(parsed.list.request), "list/request", "names no request");
}

void read_children(const Json& children, ConnectorSpec& parsed) {
    check_names(children, "children");
    for (const auto& [name, child] : children.members()) {
        std::string path = "children/" + name;
        parsed.children.push_back({name, child["request"].as_string(),
                                   static_cast<int>(child.integer_or("batch", 1)),
                                   read_pointer(child["key"], path + "/key")});
        require(parsed.requests.contains(parsed.children.back().request), path + "/request",
                "names no request");
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
    for (const Json& budget : spec["budgets"].items())
        parsed.budgets.push_back({static_cast<int>(budget["requests"].as_integer()),
                                  std::chrono::seconds(budget["seconds"].as_integer())});
    read_requests(spec, parsed);
    read_list(spec["list"], parsed);
    read_children(spec["children"], parsed);
    if (spec.find("webhook")) parsed.webhook = read_webhook(spec);
    check_placeholders(parsed, spec["settings"]);
    return parsed;
}

ConnectorSpec parse_connector_spec(const Json& spec) {
    std::string violation = schema_violation(spec);
    if (!violation.empty())
        throw Failure(Error{ErrorKind::invalid, "the connector spec is not valid", violation});
    return read_connector_spec(spec);
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

std::string base_url_of(const ConnectorSpec& spec, const Json& settings) {
    if (!spec.base_url.empty()) return spec.base_url;
    return parse_base_url(settings.text_or(spec.base_url_setting, "")).str();
}

}  // namespace headway::core
