// The requests that a connector makes, as a spec says them.

#include <algorithm>

#include "core/connectors/connector_request.hpp"
#include "core/connectors/spec_parts.hpp"

namespace headway::core {
namespace {

std::vector<AnswerRule> read_answers(const Json& answers) {
    static const std::map<std::string, Verdict> kVerdicts = {
        {"empty", Verdict::empty},
        {"retry", Verdict::retry},
        {"fail", Verdict::fail},
        {"restart", Verdict::restart},
        {"rate_limited", Verdict::rate_limited},
        {"refresh", Verdict::refresh}};
    std::vector<AnswerRule> rules;
    for (const Json& rule : answers.items())
        rules.push_back({static_cast<int>(rule["status"].as_integer()),
                         rule.text_or("contains", ""), kVerdicts.at(rule["then"].as_string())});
    return rules;
}

bool is_scalar(const Json& value) {
    return !value.is_array() && (!value.is_object() || value.find("$"));
}

// A form is a flat list of names and values, some of them repeated.
bool is_flat(const Json& body) {
    return std::all_of(body.members().begin(), body.members().end(), [](const auto& member) {
        const auto& items = member.second.items();
        return is_scalar(member.second) ||
               (member.second.is_array() && std::all_of(items.begin(), items.end(), is_scalar));
    });
}

RequestSpec read_request(const Json& request, const std::string& path,
                         const std::vector<AnswerRule>& common) {
    bool is_post = request["method"].as_string() == "POST";
    bool has_body = request.find("body") || request.text_or("encoding", "json") == "form" ||
                    request["pagination"]["send"].text_or("in", "") == "body";
    require_spec(is_post || !has_body, path, "a GET request has no body");
    RequestSpec spec{request["method"].as_string(),
                     read_path(request["path"], path + "/path"),
                     request["query"],
                     request["headers"],
                     request["body"],
                     read_pointer(request["records"], path + "/records"),
                     read_pagination(request["pagination"], path + "/pagination", is_post),
                     read_answers(request["answers"]),
                     request.text_or("group", ""),
                     request.text_or("encoding", "json") == "form"};
    spec.answers.insert(spec.answers.end(), common.begin(), common.end());
    require_spec(!spec.is_form || is_flat(spec.body), path + "/body",
                 "a form has names and values, nothing inside of them");
    for (const auto& [name, value] : spec.headers.members())
        require_spec(is_header_name(name), path + "/headers", "holds a name that is no header's");
    return spec;
}

void check_group(const ConnectorSpec& spec, const std::string& group, const std::string& path) {
    bool known = group.empty() || spec.rate_headers.any() ||
                 std::any_of(spec.budgets.begin(), spec.budgets.end(),
                             [&](const RateLimit& limit) { return limit.group == group; });
    require_spec(known, path + "/group", "is the group of no budget");
}

void check_templates(std::initializer_list<const Json*> templates, const std::string& path) {
    for (const Json* pattern : templates)
        if (std::string wrong = ill_formed_placeholder(*pattern); !wrong.empty())
            reject_spec(path, "\"" + wrong + "\" does not come in that form");
}

bool is_list_setting(const std::string& placeholder, const Json& settings) {
    return placeholder.starts_with("settings.") &&
           settings[placeholder.substr(9)].text_or("type", "") == "list";
}

void check_request(const RequestSpec& request, const std::string& path, const Json& settings) {
    check_templates({&request.query, &request.headers, &request.body}, path);
    for (const std::string& placeholder : placeholders(request)) {
        bool setting = placeholder.starts_with("settings.") && settings.find(placeholder.substr(9));
        require_spec(setting || is_placeholder(placeholder), path,
                     "\"" + placeholder + "\" is no value that a request can use");
    }
    RequestSpec no_lists{{}, request.path, {}, request.headers, {}, {}, {}, {}};
    for (const std::string& placeholder : placeholders(no_lists))
        require_spec(!is_list_setting(placeholder, settings), path,
                     "\"" + placeholder + "\" is a list, which a path or a header cannot hold");
}

void check_mint(const ConnectorSpec& spec, const Json& settings) {
    const MintSpec& mint = *spec.auth.mint;
    check_group(spec, mint.group, "auth");
    check_templates({&mint.form, &mint.body}, "auth");
    RequestSpec request{"POST", mint.path, mint.form, {}, mint.body, {}, {}, {}};
    for (const std::string& placeholder : placeholders(request)) {
        bool setting = placeholder.starts_with("settings.") && settings.find(placeholder.substr(9));
        bool secret = placeholder.starts_with("credentials.") &&
                      std::count(spec.credentials.begin(), spec.credentials.end(),
                                 placeholder.substr(12)) > 0;
        require_spec(setting || secret, "auth",
                     "\"" + placeholder + "\" is no value that a request for a token can use");
    }
}

}  // namespace

void read_requests(const Json& spec, ConnectorSpec& parsed) {
    auto answers = read_answers(spec["answers"]);
    if (parsed.auth.mint) answers.push_back({401, "", Verdict::refresh});
    check_names(spec["requests"], "requests");
    for (const auto& [name, request] : spec["requests"].as_object())
        parsed.requests.emplace(name, read_request(request, "requests/" + name, answers));
}

void check_requests(const ConnectorSpec& spec, const Json& settings) {
    for (const auto& [name, request] : spec.requests) {
        check_request(request, "requests/" + name, settings);
        check_group(spec, request.group, "requests/" + name);
        bool refreshes =
            std::any_of(request.answers.begin(), request.answers.end(),
                        [](const AnswerRule& rule) { return rule.then == Verdict::refresh; });
        require_spec(spec.auth.mint || !refreshes, "requests/" + name,
                     "\"refresh\" is for kinds of auth that mint a token");
    }
    if (spec.auth.mint) check_mint(spec, settings);
}

}  // namespace headway::core
