#include "core/connectors/connector_request.hpp"

#include "core/base/encoding.hpp"
#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/base/url.hpp"
#include "core/connectors/link.hpp"
#include "core/connectors/paging.hpp"

namespace headway::core {
namespace {

// A request on its way to its final form.
struct Draft {
    Json query, headers, body;

    void put(const Slot& slot, const Json& value) {
        if (slot.in == Slot::In::body) return body.put(slot.at, value);
        (slot.in == Slot::In::query ? query : headers).set(slot.at, value);
    }
};

void add_body(Outgoing& out, const RequestSpec& request, const Json& body) {
    if (request.method != "POST") return;
    set_header(out, "Content-Type",
               request.is_form ? "application/x-www-form-urlencoded" : "application/json");
    if (request.is_form) out.body = encode_form(body);
    else out.body = body.is_null() ? "{}" : body.dump();
}

// What a kind of auth adds to the headers; `token` is the access token of a kind that mints one.
// media.example.com for platform.example.com and api.example.com; others stay what they are.
std::string media_host(const std::string& host) {
    std::size_t dot = host.find('.');
    std::string name = host.substr(0, dot);
    bool has_sibling = dot != std::string::npos && (name == "platform" || name == "api");
    return has_sibling ? "media" + host.substr(dot) : host;
}

void add_auth(Outgoing& out, const AuthSpec& auth, const Json& credentials,
              const std::string& token) {
    auto secret = [&](const std::string& name) { return credentials.text_or(name, ""); };
    switch (auth.kind) {
        case AuthKind::none:
        case AuthKind::query: return;
        case AuthKind::basic:
            return set_header(out, "Authorization",
                              basic_credentials(secret(auth.username) + auth.username_suffix,
                                                secret(auth.password)));
        case AuthKind::bearer:
        case AuthKind::header:
            return set_header(out, auth.header, auth.prefix + secret(auth.token));
        default: return set_header(out, auth.header, auth.prefix + token);
    }
}

}  // namespace

Outgoing media_request(const ConnectorSpec& spec, const std::string& uri,
                       const RequestValues& values, const std::string& access_token) {
    BaseUrl base = parse_base_url(base_url_of(spec, values.settings));
    base.path.clear();
    if (!uri.starts_with(base.str() + '/')) base.host = media_host(base.host);
    if (!uri.starts_with(base.str() + '/'))
        throw Failure(ErrorKind::forbidden, "the recording lies on a foreign host");
    Outgoing out{"GET", base.str() + link_within(uri, base.origin()), {{"Accept", "*/*"}}, {}};
    add_auth(out, spec.auth, values.credentials, access_token);
    check_headers(out);
    return out;
}

Outgoing build_request(const ConnectorSpec& spec, const RequestSpec& request,
                       const RequestValues& values, const std::string& access_token) {
    Draft draft{fill_template(request.query, values), fill_template(request.headers, values),
                fill_template(request.body, values)};
    for (const auto& [slot, value] : page_values(request.pagination, values.cursor))
        draft.put(slot, value);
    std::string base = base_url_of(spec, values.settings);
    std::string link = linked_page(request.pagination, values.cursor);

    Outgoing out;
    out.method = request.method;
    out.url = base + fill_path(request.path, values);
    std::string query = encode_form(draft.query);
    if (!link.empty()) {
        BaseUrl origin = parse_base_url(base);
        origin.path.clear();
        out.url = origin.str() + link;
        query.clear();  // the link has it already
    }
    if (spec.auth.kind == AuthKind::query) {
        Json secret = values.credentials.text_or(spec.auth.token, "");
        query += (query.empty() ? "" : "&") +
                 encode_form(Json::Object{{spec.auth.parameter, std::move(secret)}});
    }
    if (!query.empty()) out.url += (out.url.find('?') == std::string::npos ? '?' : '&') + query;
    set_header(out, "Accept", "application/json");
    add_body(out, request, draft.body);
    for (const auto& [name, value] : draft.headers.members()) set_header(out, name, as_text(value));
    add_auth(out, spec.auth, values.credentials, access_token);
    check_headers(out);
    return out;
}

void set_header(Outgoing& out, const std::string& name, std::string value) {
    for (auto& [known, present] : out.headers)
        if (lower(known) == lower(name)) {
            present = std::move(value);
            return;
        }
    out.headers.emplace_back(name, std::move(value));
}

void check_headers(const Outgoing& out) {
    for (const auto& [name, value] : out.headers) {
        if (!is_header_name(name))
            throw Failure(ErrorKind::invalid, "a header's name is not valid");
        if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
            throw Failure(ErrorKind::invalid, "header " + name + " holds a line break");
    }
}

std::string encode_form(const Json& members) {
    std::string text;
    auto add = [&text](const std::string& key, const Json& value) {
        text +=
            (text.empty() ? "" : "&") + percent_encode(key) + '=' + percent_encode(as_text(value));
    };
    for (const auto& [key, value] : members.members()) {
        if (!value.is_array()) add(key, value);
        for (const Json& item : value.items()) add(key, item);
    }
    return text;
}

std::string basic_credentials(const std::string& username, const std::string& password) {
    return "Basic " + base64_encode(username + ':' + password);
}

bool is_header_name(std::string_view name) {
    constexpr std::string_view kTokenChars =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~";
    return !name.empty() && name.find_first_not_of(kTokenChars) == std::string_view::npos;
}

}  // namespace headway::core
