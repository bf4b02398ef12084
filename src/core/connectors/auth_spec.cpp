// How requests carry the credentials, as a spec says it.

#include <algorithm>

#include "core/connectors/spec_parts.hpp"

namespace headway::core {
namespace {

using Names = std::vector<std::string>;

AuthKind read_kind(const Json& auth) {
    static const std::map<std::string, AuthKind> kKinds = {
        {"none", AuthKind::none},
        {"basic", AuthKind::basic},
        {"bearer", AuthKind::bearer},
        {"header", AuthKind::header},
        {"query", AuthKind::query},
        {"oauth2_client_credentials", AuthKind::oauth2_client_credentials},
        {"oauth2_refresh_token", AuthKind::oauth2_refresh_token},
        {"jwt_grant", AuthKind::jwt_grant},
        {"session", AuthKind::session}};
    auto known = kKinds.find(auth.text_or("kind", ""));
    require_spec(known != kKinds.end(), "auth/kind", "is no kind of auth");
    return known->second;
}

std::string read_credential(const Json& auth, const char* member, const Names& credentials) {
    std::string name = auth.text_or(member, "");
    require_spec(std::find(credentials.begin(), credentials.end(), name) != credentials.end(),
                 std::string("auth/") + member, "must name one of the spec's credentials");
    return name;
}

std::string read_plain(const Json& auth, const char* member, std::string fallback) {
    std::string text = auth.text_or(member, fallback);
    require_spec(text.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos,
                 std::string("auth/") + member, "must be a single line");
    return text;
}

// A token goes where it usually goes unless the spec names a header; then it goes there as it is.
void read_header(const Json& auth, bool may_be_usual, AuthSpec& spec) {
    spec.header = read_header_if_any(auth, "header", "auth");
    require_spec(may_be_usual || !spec.header.empty(), "auth/header",
                 "must be the name of a header");
    bool usual = spec.header.empty();
    if (usual) spec.header = "Authorization";
    spec.prefix = read_plain(auth, "prefix", usual ? "Bearer " : "");
}

MintSpec read_mint(const Json& auth, AuthKind kind, const Names& credentials) {
    MintSpec mint;
    require_spec(auth["path"].is_string(), "auth/path", "is missing");
    mint.path = read_path(auth["path"], "auth/path");
    mint.group = auth.text_or("group", "");
    if (kind == AuthKind::session) {
        require_spec(auth["body"].is_object(), "auth/body", "must be a template");
        mint.body = auth["body"];
        mint.token = read_pointer_if_any(auth, "token", "auth");
        require_spec(!mint.token.empty(), "auth/token", "must point to the token in the answer");
        mint.expires_in = read_pointer_if_any(auth, "expires_in", "auth");
        mint.lifetime = std::chrono::seconds(auth.integer_or("lifetime_seconds", 3600));
        return mint;
    }
    mint.client_id = read_credential(auth, "client_id", credentials);
    mint.client_secret = read_credential(auth, "client_secret", credentials);
    mint.client_in_body = auth.text_or("client_in", "basic") == "body";
    mint.form = auth["form"];
    if (kind == AuthKind::oauth2_refresh_token)
        mint.refresh_token = read_credential(auth, "refresh_token", credentials);
    if (kind == AuthKind::jwt_grant)
        mint.assertion = read_credential(auth, "assertion", credentials);
    return mint;
}

}  // namespace

AuthSpec read_auth(const Json& auth, const Names& credentials) {
    AuthSpec spec;
    spec.kind = read_kind(auth);
    switch (spec.kind) {
        case AuthKind::none: break;
        case AuthKind::basic:
            spec.username = read_credential(auth, "username", credentials);
            spec.password = read_credential(auth, "password", credentials);
            spec.username_suffix = auth.text_or("username_suffix", "");
            break;
        case AuthKind::bearer:
            spec.token = read_credential(auth, "token", credentials);
            spec.header = "Authorization";
            spec.prefix = "Bearer ";
            break;
        case AuthKind::header:
            spec.token = read_credential(auth, "token", credentials);
            read_header(auth, false, spec);
            break;
        case AuthKind::query:
            spec.token = read_credential(auth, "token", credentials);
            spec.parameter = auth.text_or("parameter", "");
            require_spec(!spec.parameter.empty(), "auth/parameter", "must name a query parameter");
            break;
        default: spec.mint = read_mint(auth, spec.kind, credentials); read_header(auth, true, spec);
    }
    return spec;
}

void check_auth_members(const Json& auth) {
    auto only = [&](std::initializer_list<std::string_view> allowed) {
        check_members(auth, "auth", allowed);
    };
    switch (read_kind(auth)) {
        case AuthKind::none: return only({"kind"});
        case AuthKind::basic: return only({"kind", "username", "password", "username_suffix"});
        case AuthKind::bearer: return only({"kind", "token"});
        case AuthKind::header: return only({"kind", "token", "header", "prefix"});
        case AuthKind::query: return only({"kind", "token", "parameter"});
        case AuthKind::oauth2_client_credentials:
            return only({"kind", "path", "group", "client_id", "client_secret", "client_in", "form",
                         "header", "prefix"});
        case AuthKind::oauth2_refresh_token:
            return only({"kind", "path", "group", "client_id", "client_secret", "client_in", "form",
                         "header", "prefix", "refresh_token"});
        case AuthKind::jwt_grant:
            return only({"kind", "path", "group", "client_id", "client_secret", "client_in", "form",
                         "header", "prefix", "assertion"});
        case AuthKind::session:
            return only({"kind", "path", "group", "body", "token", "expires_in", "lifetime_seconds",
                         "header", "prefix"});
    }
}

}  // namespace headway::core
