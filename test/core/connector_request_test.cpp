#include "core/connectors/connector_request.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "failure_of.hpp"

namespace headway::core {
namespace {

using test::failure_of;

// A spec with a fixed host whose one request is what a test needs.
ConnectorSpec api() {
    ConnectorSpec spec;
    spec.base_url = "https://api.example.com/v2";
    return spec;
}

RequestSpec post(const char* body) {
    RequestSpec request{};
    request.method = "POST";
    request.path = "/calls";
    request.body = Json::parse(body);
    return request;
}

RequestSpec get(const std::string& path, const char* query = "{}") {
    RequestSpec request{};
    request.method = "GET";
    request.path = path;
    request.query = Json::parse(query);
    return request;
}

RequestValues values() {
    RequestValues values;
    values.settings = Json::parse(
        R"({"team":"A & B","limit":50,"deep":true,"none":null,"tags":["x","y z"],"evil":"a\r\nHost: b"})");
    values.credentials = Json::parse(R"({"user":"ann","pass":"p:w","token":"t0ken"})");
    values.window_from = *parse_timestamp("2026-01-01T00:00:00Z");
    values.window_to = *parse_timestamp("2026-02-01T12:30:00.5Z");
    values.parents = {"c1", "c/2"};
    return values;
}

std::vector<std::string> header(const Outgoing& out, const std::string& name) {
    std::vector<std::string> found;
    for (const auto& [key, value] : out.headers)
        if (key == name) found.push_back(value);
    return found;
}

TEST(RequestTemplate, PlaceholdersBecomeValuesOfTheirOwnType) {
    Outgoing out = build_request(
        api(),
        post(
            R"({"from":{"$":"window.from"},"to":{"$":"window.to"},"ids":{"$":"parents"},"first":{"$":"parent"},
        "deep":{"inside":[{"$":"settings.limit"},{"x":{"$":"settings.deep"}},"plain"]}})"),
        values());
    EXPECT_EQ(
        Json::parse(out.body),
        Json::parse(R"({"from":"2026-01-01T00:00:00.000000Z","to":"2026-02-01T12:30:00.500000Z",
        "ids":["c1","c/2"],"first":"c1","deep":{"inside":[50,{"x":true},"plain"]}})"));
    EXPECT_EQ(out.method, "POST");
    EXPECT_EQ(out.url, "https://api.example.com/v2/calls");
    EXPECT_EQ(header(out, "Content-Type"), std::vector<std::string>{"application/json"});
}

TEST(RequestTemplate, AMemberWithoutValueIsLeftOut) {
    Outgoing out = build_request(
        api(),
        post(R"({"a":{"$":"settings.none"},"b":{"c":{"$":"settings.absent"},"d":1},"e":null})"),
        values());
    EXPECT_EQ(out.body, R"({"b":{"d":1}})");
    RequestSpec request =
        get("/calls", R"({"a":{"$":"settings.none"},"b":{"$":"settings.absent"}})");
    request.headers = Json::parse(R"({"X-Team":{"$":"settings.absent"}})");
    out = build_request(api(), request, values());
    EXPECT_EQ(out.url, "https://api.example.com/v2/calls");
    EXPECT_TRUE(header(out, "X-Team").empty());
}

TEST(RequestTemplate, APostWithoutBodySendsAnEmptyObjectAndAGetSendsNothing) {
    EXPECT_EQ(build_request(api(), post("null"), values()).body, "{}");
    Outgoing out = build_request(api(), get("/calls"), values());
    EXPECT_EQ(out.body, "");
    EXPECT_TRUE(header(out, "Content-Type").empty());
}

TEST(RequestQuery, IsEncodedAndArraysRepeatTheirKey) {
    auto url = [](const char* query) {
        return build_request(api(), get("/calls", query), values()).url;
    };
    EXPECT_EQ(url(R"({"team":{"$":"settings.team"},"n":5,"yes":true})"),
              "https://api.example.com/v2/calls?team=A%20%26%20B&n=5&yes=true");
    EXPECT_EQ(url(R"({"tag":{"$":"settings.tags"}})"),
              "https://api.example.com/v2/calls?tag=x&tag=y%20z");
    EXPECT_EQ(url(R"({"id":{"$":"parents"}})"), "https://api.example.com/v2/calls?id=c1&id=c%2F2");
    EXPECT_EQ(url(R"({"a=b&c":"#?"})"), "https://api.example.com/v2/calls?a%3Db%26c=%23%3F");
    EXPECT_EQ(url(R"({"none":[]})"), "https://api.example.com/v2/calls");
    EXPECT_EQ(url(R"({"big":12345678901234567890})"),
              "https://api.example.com/v2/calls?big=12345678901234567890");
    EXPECT_EQ(url(R"({"evil":{"$":"settings.evil"}})"),
              "https://api.example.com/v2/calls?evil=a%0D%0AHost%3A%20b");
}

TEST(RequestPath, HoldsEncodedValues) {
    auto url = [](const std::string& parent) {
        RequestValues with = values();
        with.parents = {parent};
        return build_request(api(), get("/calls/{parent}/media"), with).url;
    };
    EXPECT_EQ(url("c1"), "https://api.example.com/v2/calls/c1/media");
    EXPECT_EQ(url("a/b?c#d"), "https://api.example.com/v2/calls/a%2Fb%3Fc%23d/media");
    EXPECT_EQ(url("../../admin"), "https://api.example.com/v2/calls/..%2F..%2Fadmin/media");
    EXPECT_EQ(url("a b\r\n%2f"), "https://api.example.com/v2/calls/a%20b%0D%0A%252f/media");
    EXPECT_EQ(url("{parent}"), "https://api.example.com/v2/calls/%7Bparent%7D/media")
        << "a value is no template";
    EXPECT_EQ(url("\u00E9"), "https://api.example.com/v2/calls/%C3%A9/media");
    EXPECT_EQ(build_request(api(), get("/{settings.team}/{settings.limit}"), values()).url,
              "https://api.example.com/v2/A%20%26%20B/50");
}

// An HTTP client takes "/calls/../media" for "/media"; ids come from the vendor.
TEST(RequestPath, AnIdCannotClimbOutOfItsPlace) {
    for (auto id : {"..", "."}) {
        RequestValues with = values();
        with.parents = {id};
        EXPECT_EQ(
            failure_of([&] { build_request(api(), get("/calls/{parent}/media"), with); }).kind,
            ErrorKind::invalid)
            << id;
    }
}

TEST(RequestCursor, GoesWhereTheSpecSaysAndOnlyWhenThereIsOne) {
    RequestSpec in_body = post(R"({"page":{"size":10,"cursor":"stale"}})");
    in_body.pagination = {PageKind::cursor, "/next", {Slot::In::body, "/page/cursor"}};
    RequestSpec in_query = get("/calls", R"({"size":10,"after":"stale"})");
    in_query.pagination = {PageKind::cursor, "/next", {Slot::In::query, "after"}};
    RequestValues first = values(), later = values();
    later.cursor = "a/b+c==";

    EXPECT_EQ(build_request(api(), in_body, later).body,
              R"({"page":{"size":10,"cursor":"a/b+c=="}})");
    EXPECT_EQ(build_request(api(), in_query, later).url,
              "https://api.example.com/v2/calls?size=10&after=a%2Fb%2Bc%3D%3D");
    EXPECT_EQ(build_request(api(), in_body, first).body,
              R"({"page":{"size":10,"cursor":"stale"}})");
    in_body.body = in_query.query = Json();
    EXPECT_EQ(build_request(api(), in_body, later).body, R"({"page":{"cursor":"a/b+c=="}})")
        << "the body is made for it";
    EXPECT_EQ(build_request(api(), in_query, later).url,
              "https://api.example.com/v2/calls?after=a%2Fb%2Bc%3D%3D");
    EXPECT_EQ(build_request(api(), in_query, first).url, "https://api.example.com/v2/calls");
}

TEST(RequestAuth, EachKindHasItsHeader) {
    ConnectorSpec spec = api();
    EXPECT_TRUE(header(build_request(spec, get("/x"), values()), "Authorization").empty());
    spec.auth = {AuthKind::basic, "user", "pass", "", ""};
    EXPECT_EQ(header(build_request(spec, get("/x"), values()), "Authorization"),
              std::vector<std::string>{"Basic YW5uOnA6dw=="});
    spec.auth = {AuthKind::bearer, "", "", "token", "Authorization", "Bearer "};
    EXPECT_EQ(header(build_request(spec, get("/x"), values()), "Authorization"),
              std::vector<std::string>{"Bearer t0ken"});
    spec.auth = {AuthKind::header, "", "", "token", "X-Api-Key"};
    EXPECT_EQ(header(build_request(spec, get("/x"), values()), "X-Api-Key"),
              std::vector<std::string>{"t0ken"});
    EXPECT_TRUE(header(build_request(spec, get("/x"), values()), "Authorization").empty());
}

TEST(RequestAuth, NoSecretStandsInTheUrlOrTheBody) {
    ConnectorSpec spec = api();
    spec.auth = {AuthKind::bearer, "", "", "token", "Authorization", "Bearer "};
    Outgoing out = build_request(spec, post(R"({"a":1})"), values());
    EXPECT_EQ((out.url + out.body).find("t0ken"), std::string::npos);
}

TEST(RequestHeaders, ComeFromTheTemplate) {
    RequestSpec request = get("/x");
    request.headers = Json::parse(
        R"({"X-Team":{"$":"settings.team"},"X-Limit":{"$":"settings.limit"},"X-Version":"2026-01"})");
    Outgoing out = build_request(api(), request, values());
    EXPECT_EQ(header(out, "X-Team"), std::vector<std::string>{"A & B"});
    EXPECT_EQ(header(out, "X-Limit"), std::vector<std::string>{"50"});
    EXPECT_EQ(header(out, "X-Version"), std::vector<std::string>{"2026-01"});
    EXPECT_EQ(header(out, "Accept"), std::vector<std::string>{"application/json"});
}

TEST(RequestHeaders, AValueCannotAddAHeaderOfItsOwn) {
    RequestSpec request = get("/x");
    request.headers = Json::parse(R"({"X-Team":{"$":"settings.evil"}})");
    EXPECT_EQ(failure_of([&] { build_request(api(), request, values()); }).kind,
              ErrorKind::invalid);

    ConnectorSpec spec = api();
    spec.auth = {AuthKind::bearer, "", "", "token", "Authorization", "Bearer "};
    for (const std::string& token : {std::string("hunter2\r\nHost: evil"), std::string("hunter2\n"),
                                     std::string("\rhunter2"), std::string("hunter2\0x", 9)}) {
        RequestValues with = values();
        with.credentials.set("token", token);
        Error error = failure_of([&] { build_request(spec, get("/x"), with); });
        EXPECT_EQ(error.kind, ErrorKind::invalid);
        EXPECT_EQ((error.message + error.detail + error.hint).find("hunter2"), std::string::npos)
            << "the secret is not shown";
    }
}

TEST(RequestHeaders, ANameCannotAddAHeaderOfItsOwn) {
    for (auto name : {"X-A: 1\r\nEvil", "Evil\n", "X\rY"}) {
        RequestSpec request = get("/x");
        request.headers = Json::Object{{name, "1"}};
        EXPECT_EQ(failure_of([&] { build_request(api(), request, values()); }).kind,
                  ErrorKind::invalid);
    }
}

TEST(RequestHeaders, ATemplatesHeaderTakesThePlaceOfOurs) {
    RequestSpec request = get("/x");
    request.headers = Json::parse(R"({"Accept":"application/vnd.api+json"})");
    EXPECT_EQ(header(build_request(api(), request, values()), "Accept"),
              std::vector<std::string>{"application/vnd.api+json"});
}

TEST(RequestUrl, TheHostComesFromTheSettingWhereTheSpecSaysSo) {
    ConnectorSpec spec;
    spec.base_url_setting = "base_url";
    RequestValues with = values();
    with.settings.set("base_url", "https://eu.example.com:8443/api/");
    EXPECT_EQ(build_request(spec, get("/calls"), with).url,
              "https://eu.example.com:8443/api/calls");
    with.settings.set("base_url", "https://user@evil.example");
    EXPECT_EQ(failure_of([&] { build_request(spec, get("/calls"), with); }).kind,
              ErrorKind::invalid);
}

TEST(RequestTemplate, TimesComeInTheFormThatIsAskedFor) {
    Outgoing out = build_request(
        api(), post(R"({"a":{"$":"window.from","as":"unix"},"b":{"$":"window.to","as":"unix"},
        "c":{"$":"window.to","as":"unix_ms"},"d":{"$":"window.to","as":"date"},"e":{"$":"window.from","as":"iso"}})"),
        values());
    EXPECT_EQ(Json::parse(out.body),
              Json::parse(R"({"a":1767225600,"b":1769949001,"c":1769949000500,"d":"2026-02-01",
        "e":"2026-01-01T00:00:00.000000Z"})"))
        << "an end that is no whole second is rounded up, or the last second would be missing";
}

TEST(RequestBody, MayBeAForm) {
    RequestSpec request =
        post(R"({"q":"a b&c","tag":{"$":"settings.tags"},"n":5,"none":{"$":"settings.none"}})");
    request.is_form = true;
    Outgoing out = build_request(api(), request, values());
    EXPECT_EQ(out.body, "q=a%20b%26c&tag=x&tag=y%20z&n=5");
    EXPECT_EQ(header(out, "Content-Type"),
              std::vector<std::string>{"application/x-www-form-urlencoded"});
}

TEST(RequestCursor, MayGoIntoAHeader) {
    RequestSpec request = get("/x");
    request.pagination = {PageKind::cursor, "/next", {Slot::In::header, "X-Cursor"}};
    RequestValues later = values();
    later.cursor = "abc";
    EXPECT_EQ(header(build_request(api(), request, later), "X-Cursor"),
              std::vector<std::string>{"abc"});
    later.cursor = "abc\r\nHost: evil";
    EXPECT_EQ(failure_of([&] { build_request(api(), request, later); }).kind, ErrorKind::invalid);
}

TEST(RequestAuth, PrefixSuffixAndQueryAreTextAroundTheSecret) {
    ConnectorSpec spec = api();
    spec.auth = {AuthKind::header, "", "", "token", "Authorization", "Token token="};
    EXPECT_EQ(header(build_request(spec, get("/x"), values()), "Authorization"),
              std::vector<std::string>{"Token token=t0ken"});
    spec.auth = {AuthKind::basic, "user", "pass", "", "", "", "", "/token"};
    EXPECT_EQ(header(build_request(spec, get("/x"), values()), "Authorization"),
              std::vector<std::string>{"Basic YW5uL3Rva2VuOnA6dw=="});
    spec.auth = {AuthKind::query, "", "", "token", "", "", "api_key"};
    EXPECT_EQ(build_request(spec, get("/x"), values()).url,
              "https://api.example.com/v2/x?api_key=t0ken");
    EXPECT_EQ(build_request(spec, get("/x", R"({"a":1})"), values()).url,
              "https://api.example.com/v2/x?a=1&api_key=t0ken");
}

TEST(RequestAuth, AMintedTokenStandsWhereTheSpecSays) {
    ConnectorSpec spec = api();
    spec.auth = {AuthKind::session, "", "", "", "X-Session", "s="};
    EXPECT_EQ(header(build_request(spec, get("/x"), values(), "minted"), "X-Session"),
              std::vector<std::string>{"s=minted"});
}

TEST(Placeholders, AreFoundInEveryTemplateOfARequest) {
    RequestSpec request = post(R"({"a":[{"b":{"$":"window.from"}}],"$":"not alone","c":1})");
    request.path = "/x/{parent}/{settings.team}";
    request.query = Json::parse(R"({"q":{"$":"window.to"}})");
    request.headers = Json::parse(R"({"h":{"$":"settings.limit"}})");
    std::vector<std::string> names = placeholders(request);
    std::sort(names.begin(), names.end());
    EXPECT_EQ(names, (std::vector<std::string>{"parent", "settings.limit", "settings.team",
                                               "window.from", "window.to"}));
    for (auto name : {"window.from", "window.to", "parents", "parent"})
        EXPECT_TRUE(is_placeholder(name));
    for (auto name : {"window", "settings.team", "cursor", "", "Window.from"})
        EXPECT_FALSE(is_placeholder(name));
}

TEST(MediaRequest, AsksTheApiAndItsSiblingForSound) {
    ConnectorSpec spec = api();
    spec.auth.kind = AuthKind::bearer;
    spec.auth.header = "Authorization";
    spec.auth.prefix = "Bearer ";
    spec.auth.token = "key";
    RequestValues with;
    with.credentials = Json::Object{{"key", "k"}};
    auto asked = [&](const std::string& uri) { return media_request(spec, uri, with, ""); };
    EXPECT_EQ(asked("https://api.example.com/rec/1?a=b").url, "https://api.example.com/rec/1?a=b");
    Outgoing sibling = asked("https://media.example.com/rec/1");
    EXPECT_EQ(sibling.url, "https://media.example.com/rec/1");
    EXPECT_EQ(sibling.headers.back().second, "Bearer k");
    for (const char* foreign :
         {"https://evil.example/rec/1", "https://media.example.com.evil.example/rec",
          "https://media.example.com@evil.example/", "http://api.example.com/rec/1",
          "https://example.com/rec", "https://media.evil.com/rec", "/rec/1", ""})
        EXPECT_EQ(failure_of([&] { asked(foreign); }).kind, ErrorKind::forbidden) << foreign;
}

TEST(MediaRequest, AHostOfAnotherNameHasNoSibling) {
    ConnectorSpec spec = api();
    spec.base_url = "https://acme.co.uk";
    EXPECT_EQ(failure_of([&] { media_request(spec, "https://media.co.uk/rec", {}, ""); }).kind,
              ErrorKind::forbidden);
}

}  // namespace
}  // namespace headway::core
