#include "core/connectors/connector_request.hpp"

#include <algorithm>

#include "core/base/encoding.hpp"
#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/base/url.hpp"

namespace headway::core {
namespace {

bool is_placeholder_object(const Json& value) {
    return value.is_object() && value.as_object().size() == 1 && value.find("$");
}

Json value_of(const std::string& placeholder, const RequestValues& values) {
    if (placeholder == "window.from") return format_timestamp(values.window_from);
    if (placeholder == "window.to") return format_timestamp(values.window_to);
    if (placeholder == "parents") return Json::Array(values.parents.begin(), values.parents.end());
    if (placeholder == "parent") return values.parents.empty() ? Json() : Json(values.parents[0]);
    return values.settings[placeholder.substr(std::string("settings.").size())];
}

Json fill(const Json& pattern, const RequestValues& values) {
    if (is_placeholder_object(pattern)) return value_of(pattern["$"].as_string(), values);
    if (pattern.is_array()) {
        Json::Array items;
        for (const Json& item : pattern.items()) items.push_back(fill(item, values));
        return items;
    }
    if (!pattern.is_object()) return pattern;
    Json::Object members;
    for (const auto& [name, member] : pattern.members()) {
        Json value = fill(member, values);
        if (!value.is_null()) members.emplace_back(name, std::move(value));
    }
    return members;
}

std::string as_text(const Json& value) {
    return value.is_string() ? value.as_string() : value.dump();
}

// Arrays repeat their key, as most APIs expect.
std::string query_string(const Json& query) {
    std::string text;
    auto add = [&text](const std::string& key, const Json& value) {
        text +=
            (text.empty() ? '?' : '&') + percent_encode(key) + '=' + percent_encode(as_text(value));
    };
    for (const auto& [key, value] : query.members()) {
        if (!value.is_array()) add(key, value);
        for (const Json& item : value.items()) add(key, item);
    }
    return text;
}

std::string fill_path(std::string path, const RequestValues& values) {
    for (std::size_t open; (open = path.find('{')) != std::string::npos;) {
        std::size_t close = std::min(path.find('}', open), path.size());
        std::string value = as_text(value_of(path.substr(open + 1, close - open - 1), values));
        path.replace(open, close - open + 1, percent_encode(value));
    }
    // A client takes "/calls/../media" for "/media"; values come from the vendor.
    for (std::string_view segment : split(path, '/'))
        if (segment == "." || segment == "..")
            throw Failure(Error{ErrorKind::invalid, "the vendor's id leads to another path", path});
    return path;
}

// The last word on a header wins: a template's over ours, the credentials over both.
void set_header(Outgoing& out, const std::string& name, std::string value) {
    for (auto& [known, present] : out.headers)
        if (lower(known) == lower(name)) {
            present = std::move(value);
            return;
        }
    out.headers.emplace_back(name, std::move(value));
}

void add_auth(Outgoing& out, const AuthSpec& auth, const Json& credentials) {
    auto secret = [&](const std::string& name) { return credentials.text_or(name, ""); };
    switch (auth.kind) {
        case AuthKind::none: return;
        case AuthKind::basic:
            set_header(
                out, "Authorization",
                "Basic " + base64_encode(secret(auth.username) + ':' + secret(auth.password)));
            return;
        case AuthKind::bearer:
            set_header(out, "Authorization", "Bearer " + secret(auth.token));
            return;
        case AuthKind::header: set_header(out, auth.header, secret(auth.token)); return;
    }
}

// A line break in a header would let a value add headers of its own.
void check_headers(const Outgoing& out) {
    for (const auto& [name, value] : out.headers) {
        if (!is_header_name(name))
            throw Failure(ErrorKind::invalid, "a header's name is not valid");
        if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
            throw Failure(ErrorKind::invalid, "header " + name + " holds a line break");
    }
}

void collect(const Json& pattern, std::vector<std::string>& names) {
    if (is_placeholder_object(pattern)) {
        names.push_back(pattern["$"].is_string() ? pattern["$"].as_string() : "$");
        return;
    }
    for (const Json& item : pattern.items()) collect(item, names);
    for (const auto& [name, member] : pattern.members()) collect(member, names);
}

}  // namespace

Outgoing build_request(const ConnectorSpec& spec, const RequestSpec& request,
                       const RequestValues& values) {
    Json query = fill(request.query, values);
    Json body = fill(request.body, values);
    const Pagination& pages = request.pagination;
    if (!values.cursor.empty() && pages.in_body) body.put(pages.at, values.cursor);
    if (!values.cursor.empty() && !pages.in_body) query.set(pages.at, values.cursor);

    Outgoing out;
    out.method = request.method;
    out.url =
        base_url_of(spec, values.settings) + fill_path(request.path, values) + query_string(query);
    set_header(out, "Accept", "application/json");
    if (request.method == "POST") {
        set_header(out, "Content-Type", "application/json");
        out.body = body.is_null() ? "{}" : body.dump();
    }
    Json headers = fill(request.headers, values);
    for (const auto& [name, value] : headers.members()) set_header(out, name, as_text(value));
    add_auth(out, spec.auth, values.credentials);
    check_headers(out);
    return out;
}

std::vector<std::string> placeholders(const RequestSpec& request) {
    std::vector<std::string> names;
    for (const Json* pattern : {&request.query, &request.headers, &request.body})
        collect(*pattern, names);
    for (std::size_t at = 0; (at = request.path.find('{', at)) != std::string::npos; ++at)
        names.push_back(request.path.substr(at + 1, request.path.find('}', at) - at - 1));
    return names;
}

bool is_header_name(std::string_view name) {
    constexpr std::string_view kTokenChars =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~";
    return !name.empty() && name.find_first_not_of(kTokenChars) == std::string_view::npos;
}

bool is_placeholder(const std::string& name) {
    return name == "window.from" || name == "window.to" || name == "parents" || name == "parent";
}

}  // namespace headway::core
