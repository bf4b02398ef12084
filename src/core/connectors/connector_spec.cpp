#include "core/connectors/connector_spec.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/url.hpp"
#include "core/connectors/connector_request.hpp"

namespace headway::core {
namespace {

[[noreturn]] void reject(const std::string& path, const std::string& what) {
    throw Failure(Error{ErrorKind::invalid, "the connector spec is not valid", path + ": " + what});
}

void require(bool condition, const std::string& path, const std::string& what) {
    if (!condition) reject(path, what);
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
        require(declared, std::string("auth/") + part, "must name one of the spec's credentials");
    };
    if (spec.kind == AuthKind::basic) {
        needs("username", spec.username);
        needs("password", spec.password);
    } else if (spec.kind != AuthKind::none) {
        needs("token", spec.token);
    }
    require(spec.kind != AuthKind::header || !spec.header.empty(), "auth/header", "is missing");
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
    bool in_body = pagination["send"]["in"].as_string() == "body";
    return {true, pagination["next"].as_string(), in_body, pagination["send"]["at"].as_string()};
}

RequestSpec read_request(const Json& request, const std::string& path,
                         const std::vector<AnswerRule>& common) {
    RequestSpec spec{request["method"].as_string(),
                     request["path"].as_string(),
                     request["query"],
                     request["headers"],
                     request["body"],
                     request["records"].as_string(),
                     read_pagination(request["pagination"], path + "/pagination"),
                     read_answers(request["answers"])};
    spec.answers.insert(spec.answers.end(), common.begin(), common.end());
    require(spec.method == "POST" || (spec.body.is_null() && !spec.pagination.in_body), path,
            "a GET request has no body");
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

bool has_type(const Json& value, const std::string& type) {
    if (type == "boolean") return value.is_bool();
    if (type == "integer") return value.is_integer();
    return value.is_string();
}

}  // namespace

ConnectorSpec parse_connector_spec(const Json& spec) {
    std::string violation = schema_violation(spec);
    if (!violation.empty())
        throw Failure(Error{ErrorKind::invalid, "the connector spec is not valid", violation});

    ConnectorSpec parsed;
    const Json& settings = spec["settings"];
    if (spec["base_url"].is_string()) {
        parsed.base_url = parse_base_url(spec["base_url"].as_string()).str();
    } else {
        parsed.base_url_setting = spec["base_url"]["setting"].as_string();
        require(settings[parsed.base_url_setting].text_or("type", "") == "url", "base_url/setting",
                "must name a setting of type url");
    }
    for (const auto& [name, about] : spec["credentials"].members())
        parsed.credentials.push_back(name);
    parsed.auth = read_auth(spec["auth"], parsed.credentials);
    for (const Json& budget : spec["budgets"].items())
        parsed.budgets.push_back({static_cast<int>(budget["requests"].as_integer()),
                                  std::chrono::seconds(budget["seconds"].as_integer())});

    auto answers = read_answers(spec["answers"]);
    for (const auto& [name, request] : spec["requests"].as_object())
        parsed.requests.emplace(name, read_request(request, "requests/" + name, answers));

    const Json& list = spec["list"];
    parsed.list = {list["request"].as_string(), list["id"].as_string(), list.text_or("at", ""),
                   std::chrono::seconds(list.integer_or("overlap_seconds", 0))};
    require(parsed.requests.contains(parsed.list.request), "list/request", "names no request");
    for (const auto& [name, child] : spec["children"].members()) {
        parsed.children.push_back({name, child["request"].as_string(),
                                   static_cast<int>(child.integer_or("batch", 1)),
                                   child["key"].as_string()});
        require(parsed.requests.contains(parsed.children.back().request),
                "children/" + name + "/request", "names no request");
    }
    check_placeholders(parsed, settings);
    return parsed;
}

Json complete_settings(const Json& spec, const Json& given) {
    const Json& declared = spec["settings"];
    auto wrong = [](const std::string& name, const std::string& what) {
        throw Failure(Error{ErrorKind::invalid, "the connector's settings are not valid",
                            "\"" + name + "\" " + what});
    };
    for (const auto& [name, value] : given.members()) {
        if (!declared.find(name)) wrong(name, "is no setting of this connector type");
        std::string type = declared[name]["type"].as_string();
        if (!has_type(value, type)) wrong(name, "must be of type " + type);
        if (type == "url") parse_base_url(value.as_string());
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
