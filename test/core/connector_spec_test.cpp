#include "core/connectors/connector_spec.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>

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
    EXPECT_EQ(calls.pagination.kind, PageKind::cursor);
    EXPECT_EQ(calls.pagination.send.in, Slot::In::body);
    EXPECT_EQ(calls.pagination.next, "/page/next");
    EXPECT_EQ(calls.pagination.send.at, "/cursor");
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
    EXPECT_EQ(spec.requests.at("items").pagination.kind, PageKind::none);
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

// A kind of auth with all that it needs, and its credentials.
Json minting(const char* auth) {
    Json spec = with("/credentials", R"({"id":{},"secret":{},"refresh":{},"jwt":{}})");
    spec.put("/auth", Json::parse(auth));
    return spec;
}

TEST(ConnectorSpec, ReadsTheKindsOfAuthThatMintAToken) {
    AuthSpec auth = parse_connector_spec(minting(R"({"kind":"oauth2_client_credentials",
        "path":"/oauth/token","client_id":"id","client_secret":"secret"})"))
                        .auth;
    ASSERT_TRUE(auth.mint);
    EXPECT_EQ(auth.mint->path, "/oauth/token");
    EXPECT_FALSE(auth.mint->client_in_body);
    EXPECT_EQ(auth.header, "Authorization");
    EXPECT_EQ(auth.prefix, "Bearer ");
    EXPECT_EQ(auth.mint->lifetime, std::chrono::seconds(3600));

    auth =
        parse_connector_spec(minting(R"({"kind":"oauth2_refresh_token","path":"/t","client_id":"id",
        "client_secret":"secret","refresh_token":"refresh","client_in":"body",
        "header":"X-Token","form":{"scope":"calls"}})"))
            .auth;
    EXPECT_EQ(auth.mint->refresh_token, "refresh");
    EXPECT_TRUE(auth.mint->client_in_body);
    EXPECT_EQ(auth.header, "X-Token");
    EXPECT_EQ(auth.prefix, "") << "only the usual header has the usual prefix";

    auth = parse_connector_spec(minting(R"({"kind":"jwt_grant","path":"/t","client_id":"id",
        "client_secret":"secret","assertion":"jwt"})"))
               .auth;
    EXPECT_EQ(auth.mint->assertion, "jwt");

    auth = parse_connector_spec(
               minting(R"({"kind":"session","path":"/login","body":{"user":{"$":"credentials.id"}},
        "token":"/data/token","header":"X-Session","lifetime_seconds":60})"))
               .auth;
    EXPECT_EQ(auth.mint->token, "/data/token");
    EXPECT_EQ(auth.mint->expires_in, "");
    EXPECT_EQ(auth.mint->lifetime, std::chrono::seconds(60));
}

TEST(ConnectorSpec, ATokenThatIsRefusedIsMintedAnewByDefault) {
    const char* auth =
        R"({"kind":"jwt_grant","path":"/t","client_id":"id","client_secret":"secret","assertion":"jwt"})";
    auto answers = parse_connector_spec(minting(auth)).requests.at("calls").answers;
    EXPECT_EQ(answers.back().status, 401);
    EXPECT_EQ(answers.back().then, Verdict::refresh);
    Json spec = with("/answers", R"([{"status":401,"then":"refresh"}])");
    EXPECT_TRUE(begins_with_path(defect(spec), "requests/calls")) << "basic auth mints nothing";
}

TEST(ConnectorSpec, ADefectOfAuthIsNamedByItsPath) {
    struct Case {
        const char *auth, *path;
    };
    for (
        const Case& c : {
            Case{R"({"kind":"none","token":"id"})", "auth/token"},
            Case{R"({"kind":"bearer","token":"id","header":"X"})", "auth/header"},
            Case{R"({"kind":"query","token":"id"})", "auth/parameter"},
            Case{R"({"kind":"query","token":"nobody","parameter":"key"})", "auth/token"},
            Case{R"({"kind":"header","token":"id","header":"X-A","prefix":"a\nb"})", "auth/prefix"},
            Case{
                R"({"kind":"oauth2_client_credentials","client_id":"id","client_secret":"secret"})",
                "auth/path"},
            Case{
                R"({"kind":"oauth2_client_credentials","path":"t","client_id":"id","client_secret":"secret"})",
                "auth/path"},
            Case{R"({"kind":"oauth2_client_credentials","path":"/t","client_id":"id"})",
                 "auth/client_secret"},
            Case{
                R"({"kind":"oauth2_client_credentials","path":"/t","client_id":"id","client_secret":"secret","client_in":"url"})",
                "auth/client_in"},
            Case{
                R"({"kind":"oauth2_client_credentials","path":"/t","client_id":"id","client_secret":"secret","assertion":"jwt"})",
                "auth/assertion"},
            Case{
                R"({"kind":"oauth2_client_credentials","path":"/t","client_id":"id","client_secret":"secret","form":{"a":{"$":"window.from"}}})",
                "auth"},
            Case{
                R"({"kind":"oauth2_refresh_token","path":"/t","client_id":"id","client_secret":"secret"})",
                "auth/refresh_token"},
            Case{R"({"kind":"jwt_grant","path":"/t","client_id":"id","client_secret":"secret"})",
                 "auth/assertion"},
            Case{R"({"kind":"session","path":"/t","token":"/t"})", "auth/body"},
            Case{R"({"kind":"session","path":"/t","body":{}})", "auth/token"},
            Case{R"({"kind":"session","path":"/t","body":{},"token":""})", "auth/token"},
            Case{
                R"({"kind":"session","path":"/t","body":{"p":{"$":"credentials.nobody"}},"token":"/t"})",
                "auth"},
            Case{R"({"kind":"session","path":"/t","body":{},"token":"/t","group":"light"})",
                 "auth/group"},
        }) {
        std::string detail = defect(minting(c.auth));
        EXPECT_TRUE(begins_with_path(detail, c.path)) << c.auth << " gives: " << detail;
    }
}

TEST(ConnectorSpec, ReadsTheKindsOfPagination) {
    auto pages = [](const char* pagination) {
        return parse_connector_spec(with("/requests/calls/pagination", pagination))
            .requests.at("calls")
            .pagination;
    };
    Pagination page = pages(R"({"kind":"page","send":{"in":"query","at":"page"},"first":0,
        "size":{"send":{"in":"body","at":"/size"},"value":50},"more":"/more","pages":"/pages"})");
    EXPECT_EQ(page.kind, PageKind::page);
    EXPECT_EQ(page.first, 0);
    EXPECT_EQ(page.size->value, 50);
    EXPECT_EQ(page.more, "/more");
    EXPECT_EQ(page.pages, "/pages");
    EXPECT_EQ(pages(R"({"kind":"page","send":{"in":"query","at":"page"}})").first, 1);
    Pagination offset = pages(R"({"kind":"offset","send":{"in":"header","at":"X-Offset"},
        "size":{"send":{"in":"query","at":"limit"},"value":10},"total":"/total"})");
    EXPECT_EQ(offset.first, 0);
    EXPECT_EQ(offset.send.in, Slot::In::header);
    EXPECT_EQ(offset.total, "/total");
    EXPECT_EQ(pages(R"({"kind":"next_url","next":"/links/next"})").next, "/links/next");
    EXPECT_EQ(pages(R"({"kind":"link_header"})").kind, PageKind::link_header);
}

TEST(ConnectorSpec, ADefectOfPaginationIsNamedByItsPath) {
    struct Case {
        const char *pagination, *path;
    };
    for (const Case& c : {
             Case{R"({"kind":"none","next":"/n"})", "/next"},
             Case{R"({"kind":"cursor","send":{"in":"query","at":"c"}})", ""},
             Case{R"({"kind":"cursor","next":"n","send":{"in":"query","at":"c"}})", "/next"},
             Case{R"({"kind":"cursor","next":"/n","send":{"in":"header","at":"X Y"}})", "/send"},
             Case{R"({"kind":"cursor","next":"/n","send":{"in":"query","at":"c"},"more":""})",
                  "/more"},
             Case{R"({"kind":"page"})", ""},
             Case{R"({"kind":"page","send":{"in":"query","at":"p"},"total":"/t"})", "/total"},
             Case{R"({"kind":"page","send":{"in":"query","at":"p"},"first":-1})", "/first"},
             Case{R"({"kind":"page","send":{"in":"query","at":"p"},"size":{"value":5}})", "/size"},
             Case{R"({"kind":"offset","send":{"in":"query","at":"o"}})", ""},
             Case{R"({"kind":"next_url"})", ""},
             Case{R"({"kind":"link_header","next":"/n"})", "/next"},
         }) {
        std::string detail = defect(with("/requests/calls/pagination", c.pagination));
        EXPECT_TRUE(begins_with_path(detail, std::string("requests/calls/pagination") + c.path))
            << c.pagination << " gives: " << detail;
    }
}

TEST(ConnectorSpec, GroupsHeadersAndPenaltyAreRead) {
    Json spec = with(
        "/budgets", R"([{"requests":10,"seconds":60,"group":"heavy"},{"requests":9,"seconds":1}])");
    spec.put("/requests/calls/group", "heavy");
    spec.put("/rate_headers", Json::parse(R"({"limit":"X-Rate-Limit-Limit","reset":"X-Reset"})"));
    spec.put("/penalty_seconds", 60);
    ConnectorSpec parsed = parse_connector_spec(spec);
    EXPECT_EQ(parsed.budgets[0].group, "heavy");
    EXPECT_EQ(parsed.budgets[1].group, "");
    EXPECT_EQ(parsed.requests.at("calls").group, "heavy");
    EXPECT_EQ(parsed.rate_headers.limit, "x-rate-limit-limit");
    EXPECT_EQ(parsed.rate_headers.remaining, "");
    EXPECT_EQ(parsed.penalty, std::chrono::seconds(60));
    EXPECT_EQ(parse_connector_spec(gong_like_spec()).penalty, std::chrono::seconds(30));
    EXPECT_TRUE(begins_with_path(defect(with("/requests/calls/group", R"("heavy")")),
                                 "requests/calls/group"))
        << "a group without a budget is a slip of the pen";
    EXPECT_TRUE(
        begins_with_path(defect(with("/rate_headers", R"({"window":"X"})")), "rate_headers"));
    EXPECT_TRUE(begins_with_path(defect(with("/rate_headers", R"({"limit":"X Y"})")),
                                 "rate_headers/limit"));
    EXPECT_TRUE(begins_with_path(defect(with("/penalty_seconds", "0")), "penalty_seconds"));
}

TEST(ConnectorSpec, AListThatWeFilterHasTimesToFilterBy) {
    Json spec = with("/list/window", R"("filtered")");
    spec.put("/list/order", "newest_first");
    spec.put("/list/at_as", "unix_ms");
    ListSpec list = parse_connector_spec(spec).list;
    EXPECT_EQ(list.window, WindowRule::filtered);
    EXPECT_TRUE(list.newest_first);
    EXPECT_EQ(list.at_as, TimeForm::unix_ms);
    EXPECT_TRUE(begins_with_path(defect(with("/list/order", R"("newest_first")")), "list/order"));
    Json timeless = without("/list/at");
    timeless.put("/list/window", "filtered");
    EXPECT_TRUE(begins_with_path(defect(timeless), "list/window"));
}

TEST(ConnectorSpec, AWindowIsCutOnlyForAVendorThatIsAskedForBothItsEnds) {
    EXPECT_EQ(parse_connector_spec(gong_like_spec()).list.spans, 1)
        << "nobody has said that it may";
    EXPECT_EQ(parse_connector_spec(with("/list/spans", "4")).list.spans, 4);
    auto refused = [](Json spec) {
        spec.put("/list/spans", 4);
        return begins_with_path(defect(spec), "list/spans");
    };
    EXPECT_TRUE(refused(with("/requests/calls/body", R"({"from":{"$":"window.from"}})")));
    EXPECT_TRUE(refused(with("/requests/calls/body", R"({"to":{"$":"window.to"}})")));
    EXPECT_TRUE(refused(without("/list/at"))) << "an ignored filter would not be noticed";
    EXPECT_TRUE(refused(with("/list/window", R"("filtered")"))) << "it would list all for each";
    for (auto number : {"0", "17", "1.5", R"("4")"})
        EXPECT_TRUE(begins_with_path(defect(with("/list/spans", number)), "list/spans")) << number;
}

TEST(ConnectorSpec, ChildrenOneByOneNeedNoKey) {
    ChildSpec child =
        parse_connector_spec(
            with("/children/transcripts", R"({"request":"transcripts","parent":"/recording/id",
        "when":"/recording","unless":"/transcript"})"))
            .children.at(0);
    EXPECT_EQ(child.batch, 1);
    EXPECT_EQ(child.key, "");
    EXPECT_EQ(child.parent, "/recording/id");
    EXPECT_EQ(child.when, "/recording");
    EXPECT_EQ(child.unless, "/transcript");
    EXPECT_TRUE(begins_with_path(defect(with("/requests/transcripts/path", R"("/v2/{parent}")")),
                                 "children/transcripts/batch"))
        << "one path cannot hold a batch";
    EXPECT_TRUE(begins_with_path(defect(with("/list/request", R"("transcripts")")), "list/request"))
        << "a list has no parents";
}

TEST(ConnectorSpec, AFormIsFlatAndAListStaysOutOfPathsAndHeaders) {
    Json spec = with("/requests/transcripts/encoding", R"("form")");
    EXPECT_TRUE(parse_connector_spec(spec).requests.at("transcripts").is_form);
    EXPECT_TRUE(begins_with_path(defect(with("/requests/calls/encoding", R"("form")")),
                                 "requests/calls/body"));
    spec = with("/settings/tags", R"({"type":"list","default":["a"]})");
    spec.put("/requests/calls/body/tags", Json::parse(R"({"$":"settings.tags"})"));
    parse_connector_spec(spec);
    spec.put("/requests/calls/path", "/v2/{settings.tags}");
    EXPECT_TRUE(begins_with_path(defect(spec), "requests/calls"));
    EXPECT_TRUE(begins_with_path(defect(with("/settings/tags", R"({"type":"list","default":[1]})")),
                                 "settings/tags/default"));
}

TEST(ConnectorSpec, OnlyTimesComeInAnotherForm) {
    parse_connector_spec(
        with("/requests/calls/body/filter/from", R"({"$":"window.from","as":"unix_ms"})"));
    for (auto placeholder : {R"({"$":"window.from","as":"roman"})",
                             R"({"$":"settings.team","as":"unix"})", R"({"$":"window.to","as":1})"})
        EXPECT_TRUE(begins_with_path(defect(with("/requests/calls/body/filter/from", placeholder)),
                                     "requests/calls"))
            << placeholder;
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
             Case{"/requests/calls/pagination/send/in", R"("cookie")",
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

TEST(ConnectorSpec, ANumberOutOfItsRangeIsShownWithTheRange) {
    EXPECT_EQ(defect(with("/list/spans", "17")),
              "list/spans: must be a number less than or equal to 16, and is 17");
    EXPECT_EQ(defect(with("/list/spans", "1.5")),
              "list/spans: must be of another type (numbers are whole), and is 1.5");
    Json endless = gong_like_spec();
    endless.put("/list/spans", Json::Decimal{HUGE_VAL, '1' + std::string(400, '0')});
    EXPECT_EQ(defect(endless),
              "list/spans: must be nearer to zero, and is 100000000000000000000000000000... (401 "
              "characters)");
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
    Json spec = with("/requests/transcripts/path", R"("/v2/{parent}/{settings.team}")");
    spec.put("/children/transcripts/batch", 1);
    parse_connector_spec(spec);
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
                                 "requests/calls/pagination/send"));
    EXPECT_TRUE(begins_with_path(defect(with("/requests/calls/pagination/send/at", R"("")")),
                                 "requests/calls/pagination/send"));
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
