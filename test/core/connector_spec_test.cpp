#include "core/connectors/connector_spec.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "failure_of.hpp"
#include "fakes/gong_like.hpp"

namespace headway::core {
namespace {

using test::failure_of;
using test::gong_like_spec;

Json with(const std::string& pointer, const Json& value) {
    Json spec = gong_like_spec();
    spec.put(pointer, value);
    return spec;
}

Json with(const std::string& pointer, const char* json) { return with(pointer, Json::parse(json)); }

Json without(const std::string& pointer) {
    Json spec = gong_like_spec();
    auto cut = pointer.rfind('/');
    auto& members = const_cast<Json*>(spec.at(pointer.substr(0, cut)))->as_object();
    std::erase_if(members, [&](const Json::Member& member) {
        return member.first == pointer.substr(cut + 1);
    });
    return spec;
}

std::string defect(const Json& spec) {
    Error error = failure_of([&] { parse_connector_spec(spec); });
    EXPECT_EQ(error.kind, ErrorKind::invalid);
    return error.detail;
}

bool begins_with_path(const std::string& detail, const std::string& path) {
    return detail.starts_with(path + ":");
}

TEST(ConnectorSpec, AValidOneIsReadWhole) {
    ConnectorSpec spec = parse_connector_spec(gong_like_spec());
    EXPECT_EQ(spec.base_url_setting, "base_url");
    EXPECT_EQ(spec.base_url, "");
    EXPECT_EQ(spec.credentials, (std::vector<std::string>{"access_key", "secret_key"}));
    EXPECT_EQ(spec.auth.kind, AuthKind::basic);
    EXPECT_EQ(spec.auth.username, "access_key");
    EXPECT_EQ(spec.auth.password, "secret_key");
    ASSERT_EQ(spec.budgets.size(), 1u);
    EXPECT_EQ(spec.budgets[0].requests, 3);
    EXPECT_EQ(spec.budgets[0].window, std::chrono::seconds(1));
    const RequestSpec& calls = spec.requests.at("calls");
    EXPECT_EQ(calls.method, "POST");
    EXPECT_EQ(calls.path, "/v2/calls");
    EXPECT_EQ(calls.records, "/calls");
    EXPECT_TRUE(calls.pagination.has_cursor && calls.pagination.in_body);
    EXPECT_EQ(calls.pagination.next, "/page/next");
    EXPECT_EQ(calls.pagination.at, "/cursor");
    EXPECT_EQ(spec.list.request, "calls");
    EXPECT_EQ(spec.list.id, "/id");
    EXPECT_EQ(spec.list.at, "/started");
    ASSERT_EQ(spec.children.size(), 1u);
    EXPECT_EQ(spec.children[0].name, "transcripts");
    EXPECT_EQ(spec.children[0].batch, 100);
    EXPECT_EQ(spec.children[0].key, "/callId");
}

TEST(ConnectorSpec, TheSmallestOneIsEnough) {
    ConnectorSpec spec = parse_connector_spec(Json::parse(R"({
      "base_url": "https://api.example.com/v1/", "auth": {"kind": "none"},
      "requests": {"items": {"method": "GET", "path": "/items", "records": ""}},
      "list": {"request": "items", "id": "/id"}})"));
    EXPECT_EQ(spec.base_url, "https://api.example.com/v1");
    EXPECT_FALSE(spec.requests.at("items").pagination.has_cursor);
    EXPECT_EQ(spec.list.at, "");
    EXPECT_EQ(spec.list.overlap.count(), 0);
    EXPECT_TRUE(spec.budgets.empty() && spec.children.empty() && spec.credentials.empty());
}

TEST(ConnectorSpec, ARequestsOwnAnswerRulesComeBeforeTheCommonOnes) {
    Json rules = Json::parse(R"([{"status": 404, "then": "retry"}])");
    auto answers =
        parse_connector_spec(with("/requests/calls/answers", rules)).requests.at("calls").answers;
    ASSERT_EQ(answers.size(), 3u);
    EXPECT_EQ(answers[0].then, Verdict::retry);
    EXPECT_EQ(answers[1].then, Verdict::empty);
    EXPECT_EQ(answers[1].contains, "nothing found");
    EXPECT_EQ(answers[2].then, Verdict::restart);
}

TEST(ConnectorSpec, ReadsTheOtherKindsOfAuth) {
    Json bearer = Json::parse(R"({"kind":"bearer","token":"access_key"})");
    EXPECT_EQ(parse_connector_spec(with("/auth", bearer)).auth.kind, AuthKind::bearer);
    Json header = Json::parse(R"({"kind":"header","token":"access_key","header":"X-Api-Key"})");
    AuthSpec auth = parse_connector_spec(with("/auth", header)).auth;
    EXPECT_EQ(auth.kind, AuthKind::header);
    EXPECT_EQ(auth.header, "X-Api-Key");
    EXPECT_EQ(auth.token, "access_key");
}

TEST(ConnectorSpec, ADefectIsNamedByItsPath) {
    struct Case {
        const char *pointer, *value, *path;
    };
    for (const Case& c : {
             Case{"/base_url", R"("ftp://x.example")", "base_url"},
             Case{"/base_url", "5", "base_url"},
             Case{"/base_url/setting", R"("team")", "base_url/setting"},
             Case{"/base_url/setting", R"("absent")", "base_url/setting"},
             Case{"/settings/team/type", R"("color")", "settings/team/type"},
             Case{"/settings/team/extra", "1", "settings/team"},
             Case{"/credentials/access_key", "1", "credentials/access_key"},
             Case{"/auth/kind", R"("magic")", "auth/kind"},
             Case{"/auth/username", R"("nobody")", "auth/username"},
             Case{"/auth/password", R"("nobody")", "auth/password"},
             Case{"/auth", R"({"kind":"bearer"})", "auth/token"},
             Case{"/auth", R"({"kind":"header","token":"access_key"})", "auth/header"},
             Case{"/auth", R"({"kind":"header","token":"access_key","header":"X Y"})",
                  "auth/header"},
             Case{"/budgets", R"([{"requests":1,"seconds":1},{"requests":0,"seconds":1}])",
                  "budgets/1/requests"},
             Case{"/budgets", R"([{"requests":1.5,"seconds":1}])", "budgets/0/requests"},
             Case{"/budgets", R"([{"requests":1,"seconds":0}])", "budgets/0/seconds"},
             Case{"/budgets", "{}", "budgets"},
             Case{"/answers", R"([{"status":99,"then":"empty"}])", "answers/0/status"},
             Case{"/answers", R"([{"status":404,"then":"smile"}])", "answers/0/then"},
             Case{"/answers", R"([{"status":404,"contains":"","then":"empty"}])",
                  "answers/0/contains"},
             Case{"/requests/calls/method", R"("DELETE")", "requests/calls/method"},
             Case{"/requests/calls/path", R"("v2/calls")", "requests/calls/path"},
             Case{"/requests/calls/path", R"("/v2?x=1")", "requests/calls/path"},
             Case{"/requests/calls/path", R"("/v2\r\nX: y")", "requests/calls/path"},
             Case{"/requests/calls/records", R"("calls")", "requests/calls/records"},
             Case{"/requests/calls/query", R"("a=b")", "requests/calls/query"},
             Case{"/requests/calls/extra", "1", "requests/calls"},
             Case{"/requests/calls/method", R"("GET")", "requests/calls"},
             Case{"/requests/calls/pagination/kind", R"("spiral")",
                  "requests/calls/pagination/kind"},
             Case{"/requests/calls/pagination", R"({"kind":"cursor","next":"/n"})",
                  "requests/calls/pagination"},
             Case{"/requests/calls/pagination/send/in", R"("header")",
                  "requests/calls/pagination/send/in"},
             Case{"/requests/calls/answers", R"([{"status":404}])", "requests/calls/answers/0"},
             Case{"/list/request", R"("absent")", "list/request"},
             Case{"/list/id", R"("id")", "list/id"},
             Case{"/list/overlap_seconds", "-1", "list/overlap_seconds"},
             Case{"/children/transcripts/request", R"("absent")", "children/transcripts/request"},
             Case{"/children/transcripts/batch", "0", "children/transcripts/batch"},
             Case{"/children/transcripts/batch", "1001", "children/transcripts/batch"},
         }) {
        std::string detail = defect(with(c.pointer, c.value));
        EXPECT_TRUE(begins_with_path(detail, c.path))
            << c.pointer << " = " << c.value << " gives: " << detail;
    }
}

TEST(ConnectorSpec, WhatIsMissingIsNamed) {
    for (auto pointer :
         {"/base_url", "/auth", "/requests", "/list", "/auth/kind", "/requests/calls/method",
          "/requests/calls/path", "/requests/calls/records", "/list/request", "/list/id",
          "/children/transcripts/key"}) {
        std::string detail = defect(without(pointer)),
                    name = std::string(pointer).substr(std::string(pointer).rfind('/') + 1);
        EXPECT_NE(detail.find(name), std::string::npos) << pointer << " gives: " << detail;
    }
}

TEST(ConnectorSpec, WhatIsNoObjectIsNoSpec) {
    for (auto json : {"null", "[]", "1", R"("https://x.example")", "{}"})
        EXPECT_NE(defect(Json::parse(json)), "");
}

TEST(ConnectorSpec, APlaceholderMustHaveAMeaning) {
    for (auto name :
         {"window.start", "settings.absent", "settings.", "credentials.access_key", "cursor", ""}) {
        std::string detail = defect(with("/requests/calls/body/filter/from/$", Json(name)));
        EXPECT_TRUE(begins_with_path(detail, "requests/calls")) << name << " gives: " << detail;
    }
    EXPECT_TRUE(begins_with_path(defect(with("/requests/calls/path", R"("/v2/{absent}/x")")),
                                 "requests/calls"));
    EXPECT_TRUE(begins_with_path(defect(with("/requests/calls/query", R"({"q":{"$":7}})")),
                                 "requests/calls"));
    EXPECT_TRUE(begins_with_path(defect(with("/requests/calls/headers", R"({"X-A":{"$":"nope"}})")),
                                 "requests/calls"));
    parse_connector_spec(with("/requests/transcripts/path", R"("/v2/{parent}/{settings.team}")"));
}

TEST(ConnectorSpec, KindsThatAreNotBuiltInAreRefusedAsSuch) {
    for (auto kind :
         {"query", "oauth2_client_credentials", "oauth2_refresh_token", "jwt_grant", "session"}) {
        std::string detail = defect(with("/auth/kind", Json(kind)));
        EXPECT_TRUE(begins_with_path(detail, "auth/kind")) << detail;
        EXPECT_NE(detail.find("not built"), std::string::npos) << detail;
    }
    for (auto kind : {"page", "offset", "next_url", "link_header"}) {
        std::string detail = defect(with("/requests/calls/pagination/kind", Json(kind)));
        EXPECT_TRUE(begins_with_path(detail, "requests/calls/pagination/kind")) << detail;
        EXPECT_NE(detail.find("not built"), std::string::npos) << detail;
    }
    EXPECT_EQ(defect(with("/auth/kind", R"("magic")")).find("not built"), std::string::npos)
        << "no part of the format at all";
}

TEST(ConnectorSpec, EveryDefectBeginsWithItsPath) {
    EXPECT_TRUE(
        begins_with_path(defect(with("/base_url", R"("https://user@x.example")")), "base_url"));
    EXPECT_TRUE(defect(with("/settings/Team", R"({"type":"string"})")).starts_with("settings"));
    EXPECT_TRUE(defect(with("/requests/Calls", R"({"method":"GET","path":"/","records":""})"))
                    .starts_with("requests"));
}

TEST(ConnectorSpec, ABudgetThatNoIntegerHoldsIsRefused) {
    EXPECT_TRUE(
        begins_with_path(defect(with("/budgets", R"([{"requests":4294967296,"seconds":1}])")),
                         "budgets/0/requests"));
    EXPECT_TRUE(
        begins_with_path(defect(with("/budgets", R"([{"requests":4294967295,"seconds":1}])")),
                         "budgets/0/requests"));
}

TEST(ConnectorSpec, ACursorInTheBodyIsSentToAPointer) {
    EXPECT_TRUE(begins_with_path(defect(with("/requests/calls/pagination/send/at", R"("cursor")")),
                                 "requests/calls/pagination"));
    EXPECT_TRUE(begins_with_path(defect(with("/requests/calls/pagination/send/at", R"("")")),
                                 "requests/calls/pagination"));
}

TEST(ConnectorSpec, AHeadersNameIsAName) {
    for (auto headers :
         {R"({"X-A\r\nEvil":"1"})", R"({"X-A: 1\nEvil":"1"})", R"({"":"1"})", R"({"X A":"1"})"})
        EXPECT_TRUE(begins_with_path(defect(with("/requests/calls/headers", headers)),
                                     "requests/calls/headers"));
}

// The schema's patterns are matched by a recursive regular expression: a long text overflows the
// stack, in a server the whole of it goes down. In a process of its own, so that the others go on.
TEST(ConnectorSpecDeathTest, ALongTextIsNoDanger) {
    for (auto pointer : {"/requests/calls/path", "/requests/calls/records", "/list/id"})
        EXPECT_EXIT(
            {
                try {
                    parse_connector_spec(with(pointer, Json("/" + std::string(1'000'000, 'a'))));
                } catch (const Failure&) {
                }
                _exit(0);
            },
            ::testing::ExitedWithCode(0), "")
            << pointer;
}

TEST(ConnectorSettings, AreCompletedByTheDefaults) {
    Json spec = with(
        "/settings",
        R"({"base_url":{"type":"url","default":"https://api.example.com"},"team":{"type":"string"},
                                      "limit":{"type":"integer","default":50},
                                      "deep":{"type":"boolean","default":false}})");
    Json complete = complete_settings(spec, Json::parse(R"({"limit":7,"deep":true})"));
    EXPECT_EQ(complete["base_url"].as_string(), "https://api.example.com");
    EXPECT_EQ(complete["limit"].as_integer(), 7);
    EXPECT_TRUE(complete["deep"].as_bool());
    EXPECT_EQ(complete.find("team"), nullptr);
    EXPECT_EQ(complete_settings(spec, Json())["limit"].as_integer(), 50);
}

TEST(ConnectorSettings, UnknownMissingAndIllTypedOnesAreNamed) {
    Json spec = gong_like_spec();
    auto complaint = [&](const char* given) {
        Error error = failure_of([&] { complete_settings(spec, Json::parse(given)); });
        EXPECT_EQ(error.kind, ErrorKind::invalid) << given;
        return error.detail;
    };
    EXPECT_NE(complaint(R"({"team":"a"})").find("base_url"), std::string::npos);
    EXPECT_NE(complaint("{}").find("base_url"), std::string::npos);
    EXPECT_NE(complaint(R"({"base_url":"https://x.example","tema":"a"})").find("tema"),
              std::string::npos);
    EXPECT_NE(complaint(R"({"base_url":"https://x.example","team":5})").find("team"),
              std::string::npos);
    EXPECT_NE(complaint(R"({"base_url":"https://x.example","team":null})").find("team"),
              std::string::npos);
    EXPECT_NE(complaint(R"({"base_url":true})").find("base_url"), std::string::npos);
    complaint(R"({"base_url":"https://user@x.example"})");
    complaint(R"({"base_url":"not a url"})");
}

TEST(ConnectorSettings, ADefaultHasTheTypeOfItsSetting) {
    EXPECT_NE(defect(with("/settings/limit", R"({"type":"integer","default":"many"})")), "");
    EXPECT_NE(defect(with("/settings/base_url", R"({"type":"url","default":"not a url"})")), "");
}

TEST(ConnectorSettings, WhatIsNoObjectIsRefused) {
    Json spec = without("/settings/base_url/required");
    for (auto given : {"[]", R"("x")", "5"})
        EXPECT_EQ(failure_of([&] { complete_settings(spec, Json::parse(given)); }).kind,
                  ErrorKind::invalid)
            << given;
}

TEST(ConnectorSettings, TheBaseUrlComesFromTheSpecOrTheSetting) {
    Json settings = Json::parse(R"({"base_url":"HTTPS://Eu.example.com:443/v2/"})");
    EXPECT_EQ(base_url_of(parse_connector_spec(gong_like_spec()), settings),
              "https://eu.example.com/v2");
    EXPECT_EQ(base_url_of(parse_connector_spec(with("/base_url", R"("https://fixed.example.com")")),
                          settings),
              "https://fixed.example.com");
    EXPECT_EQ(failure_of([] { base_url_of(parse_connector_spec(gong_like_spec()), Json()); }).kind,
              ErrorKind::invalid);
}

}  // namespace
}  // namespace headway::core
