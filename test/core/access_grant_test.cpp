#include "core/connectors/access_grant.hpp"

#include <gtest/gtest.h>

namespace headway::core {
namespace {

using std::chrono::seconds;

const Timestamp kNow = *parse_timestamp("2026-06-10T12:00:00Z");

ConnectorSpec api(AuthKind kind) {
    ConnectorSpec spec;
    spec.base_url = "https://api.example.com/v2";
    spec.auth.kind = kind;
    spec.auth.mint = MintSpec{};
    spec.auth.mint->path = "/oauth/{settings.realm}/token";
    spec.auth.mint->client_id = "id";
    spec.auth.mint->client_secret = "secret";
    return spec;
}

RequestValues values() {
    RequestValues values;
    values.settings = Json::parse(R"({"realm":"a/b","scopes":["x","y"]})");
    values.credentials =
        Json::parse(R"({"id":"me","secret":"s&t","refresh":"r1","jwt":"e.y.J","user":"ann"})");
    return values;
}

std::string header(const Outgoing& out, const std::string& name) {
    for (const auto& [key, value] : out.headers)
        if (key == name) return value;
    return {};
}

TEST(GrantRequest, EachGrantIsAForm) {
    ConnectorSpec spec = api(AuthKind::oauth2_client_credentials);
    Outgoing out = grant_request(spec, values());
    EXPECT_EQ(out.method, "POST");
    EXPECT_EQ(out.url, "https://api.example.com/v2/oauth/a%2Fb/token");
    EXPECT_EQ(out.body, "grant_type=client_credentials");
    EXPECT_EQ(header(out, "Content-Type"), "application/x-www-form-urlencoded");
    EXPECT_EQ(header(out, "Authorization"), "Basic bWU6cyZ0");

    spec.auth.mint->client_in_body = true;
    spec.auth.mint->form = Json::parse(R"({"scope":{"$":"settings.scopes"},"audience":"api"})");
    out = grant_request(spec, values());
    EXPECT_EQ(out.body,
              "grant_type=client_credentials&client_id=me&client_secret=s%26t&scope=x&scope=y&"
              "audience=api");
    EXPECT_EQ(header(out, "Authorization"), "");

    spec = api(AuthKind::oauth2_refresh_token);
    spec.auth.mint->refresh_token = "refresh";
    EXPECT_EQ(grant_request(spec, values()).body, "grant_type=refresh_token&refresh_token=r1");

    spec = api(AuthKind::jwt_grant);
    spec.auth.mint->assertion = "jwt";
    EXPECT_EQ(grant_request(spec, values()).body,
              "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=e.y.J");
}

TEST(GrantRequest, ASessionsLoginIsATemplateWithSecrets) {
    ConnectorSpec spec = api(AuthKind::session);
    spec.auth.mint->body = Json::parse(
        R"({"login":{"name":{"$":"credentials.user"},"password":{"$":"credentials.secret"}},"realm":{"$":"settings.realm"}})");
    Outgoing out = grant_request(spec, values());
    EXPECT_EQ(out.body, R"({"login":{"name":"ann","password":"s&t"},"realm":"a/b"})");
    EXPECT_EQ(header(out, "Content-Type"), "application/json");
    EXPECT_EQ(header(out, "Authorization"), "");
}

Result<Grant> read(int status, const std::string& body, MintSpec mint = {}) {
    return read_grant(mint, {status, {{"retry-after", "7"}}, body}, kNow);
}

TEST(ReadGrant, TakesTokenAndLifetime) {
    auto grant = read(
        200,
        R"({"access_token":"t1","expires_in":7199,"token_type":"bearer","refresh_token":"r2"})");
    ASSERT_TRUE(grant.ok());
    EXPECT_EQ(grant.value().token, "t1");
    EXPECT_EQ(grant.value().lifetime, seconds(7199));
    EXPECT_EQ(grant.value().refresh_token, "") << "who does not refresh keeps no refresh token";
    MintSpec refreshing;
    refreshing.refresh_token = "refresh";
    EXPECT_EQ(read(200, R"({"access_token":"t1","refresh_token":"r2"})", refreshing)
                  .value()
                  .refresh_token,
              "r2");
    for (auto lifetime : {"null", "0", "-5", R"("soon")", "{}"})
        EXPECT_EQ(read(200, std::string(R"({"access_token":"t","expires_in":)") + lifetime + "}")
                      .value()
                      .lifetime,
                  seconds(3600))
            << lifetime;
    EXPECT_EQ(read(200, R"({"access_token":"t","expires_in":"60"})").value().lifetime, seconds(60));
    EXPECT_LE(read(200, R"({"access_token":"t","expires_in":99999999999999})").value().lifetime,
              std::chrono::days(366));
    MintSpec session;
    session.token = "/data/0/token";
    session.expires_in = "";
    session.lifetime = seconds(90);
    EXPECT_EQ(read(200, R"({"data":[{"token":"s1"}],"expires_in":5})", session).value().token,
              "s1");
    EXPECT_EQ(read(200, R"({"data":[{"token":"s1"}],"expires_in":5})", session).value().lifetime,
              seconds(90));
}

TEST(ReadGrant, WhatIsNoTokenIsABrokenContract) {
    for (auto body : {"", "<html>", "{}", R"({"access_token":null})", R"({"access_token":""})",
                      R"({"access_token":["t"]})", R"({"access_token":"a\r\nHost: b"})",
                      R"({"access_token":"caf\u00e9"})"}) {
        auto grant = read(200, body);
        ASSERT_FALSE(grant.ok()) << body;
        EXPECT_EQ(grant.error().kind, ErrorKind::protocol) << body;
    }
}

TEST(ReadGrant, ARefusalSaysWhyAndShowsNothingElse) {
    Error error =
        read(400, R"({"error":"invalid_grant","error_description":"token r1 of ann is used up"})")
            .error();
    EXPECT_EQ(error.kind, ErrorKind::refused);
    EXPECT_EQ(error.detail, "invalid_grant");
    EXPECT_NE(error.hint.find("headway_set_credentials"), std::string::npos);
    EXPECT_EQ((error.message + error.hint).find("ann"), std::string::npos);
    EXPECT_EQ(read(401, R"({"error":"who is ann?"})").error().detail, "")
        << "only the codes that everybody knows are shown";
    EXPECT_EQ(read(429, "").error().kind, ErrorKind::rate_limited);
    EXPECT_EQ(read(429, "").error().retry_after, seconds(7));
    EXPECT_EQ(read(503, "").error().kind, ErrorKind::server);
}

TEST(FreshFor, LeavesAMargin) {
    EXPECT_EQ(fresh_for(seconds(7200)), seconds(7140));
    EXPECT_EQ(fresh_for(seconds(60)), seconds(54));
    EXPECT_EQ(fresh_for(seconds(1)), seconds(1));
}

}  // namespace
}  // namespace headway::core
