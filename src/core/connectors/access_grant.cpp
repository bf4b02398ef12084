#include "core/connectors/access_grant.hpp"

#include <algorithm>
#include <charconv>

#include "core/base/error.hpp"
#include "core/connectors/record_text.hpp"

namespace headway::core {
namespace {

using std::chrono::seconds;

const char* grant_type(AuthKind kind) {
    switch (kind) {
        case AuthKind::oauth2_refresh_token: return "refresh_token";
        case AuthKind::jwt_grant: return "urn:ietf:params:oauth:grant-type:jwt-bearer";
        default: return "client_credentials";
    }
}

// RFC 6749 and 7523: a form, the client's name and secret in a header or in the form.
void add_oauth(Outgoing& out, const AuthSpec& auth, const RequestValues& values) {
    const MintSpec& mint = *auth.mint;
    auto secret = [&](const std::string& name) { return values.credentials.text_or(name, ""); };
    Json form = Json::object();
    form.set("grant_type", grant_type(auth.kind));
    if (!mint.refresh_token.empty()) form.set("refresh_token", secret(mint.refresh_token));
    if (!mint.assertion.empty()) form.set("assertion", secret(mint.assertion));
    if (mint.client_in_body) {
        form.set("client_id", secret(mint.client_id));
        form.set("client_secret", secret(mint.client_secret));
    } else {
        set_header(out, "Authorization",
                   basic_credentials(secret(mint.client_id), secret(mint.client_secret)));
    }
    Json further = fill_template(mint.form, values);
    for (const auto& [name, value] : further.members()) form.set(name, value);
    set_header(out, "Content-Type", "application/x-www-form-urlencoded");
    out.body = encode_form(form);
}

// The code of a refusal, if it is one of RFC 6749's: those say nothing about anybody.
std::string error_code(const std::string& body) {
    static constexpr std::string_view kCodes[] = {"invalid_request",        "invalid_client",
                                                  "invalid_grant",          "unauthorized_client",
                                                  "unsupported_grant_type", "invalid_scope"};
    try {
        std::string code = text_of(parse_foreign_json(body).value.find("error"));
        return std::count(std::begin(kCodes), std::end(kCodes), code) > 0 ? code : "";
    } catch (const Failure&) {
        return {};
    }
}

Error refusal(const Answer& answer, Timestamp now) {
    Error error = status_error(answer, now);
    error.message = "the vendor gave no access token: HTTP status " + std::to_string(answer.status);
    error.detail = error_code(answer.body);
    if (error.kind == ErrorKind::refused)
        error.hint = "Check the credentials with headway_set_credentials().";
    return error;
}

seconds lifetime_of(const MintSpec& mint, const Json& body) {
    constexpr std::int64_t kLongest = 31'536'000;
    std::string text = mint.expires_in.empty() ? "" : text_of(body.at(mint.expires_in));
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number > 0 ? seconds(std::min(number, kLongest)) : mint.lifetime;
}

}  // namespace

Outgoing grant_request(const ConnectorSpec& spec, const RequestValues& values) {
    Outgoing out;
    out.method = "POST";
    out.url = base_url_of(spec, values.settings) + fill_path(spec.auth.mint->path, values);
    set_header(out, "Accept", "application/json");
    if (spec.auth.kind == AuthKind::session) {
        set_header(out, "Content-Type", "application/json");
        out.body = fill_template(spec.auth.mint->body, values).dump();
    } else {
        add_oauth(out, spec.auth, values);
    }
    check_headers(out);
    return out;
}

Result<Grant> read_grant(const MintSpec& mint, const Answer& answer, Timestamp now) {
    if (answer.status < 200 || answer.status > 299) return refusal(answer, now);
    try {
        Json body = parse_foreign_json(answer.body).value;
        Grant grant{text_of(body.at(mint.token)), lifetime_of(mint, body), ""};
        // It goes into a header.
        bool is_token =
            !grant.token.empty() && std::all_of(grant.token.begin(), grant.token.end(),
                                                [](char c) { return c >= ' ' && c <= '~'; });
        if (!is_token)
            return Error{ErrorKind::protocol, "the vendor's answer holds no access token",
                         mint.token};
        if (!mint.refresh_token.empty()) grant.refresh_token = text_of(body.find("refresh_token"));
        return grant;
    } catch (const Failure& failure) {
        return failure.error();
    }
}

seconds fresh_for(seconds lifetime) { return lifetime - std::min(seconds(60), lifetime / 10); }

}  // namespace headway::core
