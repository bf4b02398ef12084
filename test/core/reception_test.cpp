#include "core/webhooks/reception.hpp"

#include <gtest/gtest.h>

#include "core/base/encoding.hpp"
#include "core/connectors/connector_spec.hpp"
#include "failure_of.hpp"
#include "fakes/gong_like.hpp"

namespace headway::core {
namespace {

// A type whose webhooks are proven by a token: a call that ended is looked up a minute later, a
// report brings its record along.
Json hooked_spec() {
    Json spec = test::gong_like_spec();
    spec.put("/credentials/hook", Json::parse(R"({"optional": true})"));
    spec.set("webhook", Json::parse(R"({
      "verify": {"kind": "token", "credential": "hook", "headers": ["X-Token"]},
      "handshake": "X-Handshake",
      "delivery": "/uuid",
      "event": "/event",
      "sequence": {"of": "/session", "at": "/n"},
      "events": [
        {"where": {"/test": [true]}, "ignore": true},
        {"where": {"/event": ["/calls/*/ended", "/calls/*/gone*"], "/why": ["done", 7]},
         "lookup": {"request": "calls", "id": "/session", "after_seconds": 60}},
        {"where": {"/event": ["report"]}, "record": ["/report", "/report/0", ""]}
      ]})"));
    return spec;
}

Receiver receiver() {
    return {read_webhook(hooked_spec()), "/id", std::string("secret"), "", 1000};
}

Reception received(const std::string& body, const char* headers = R"({"x-token": "secret"})") {
    return receive(receiver(), Json::parse(headers), body, Timestamp{});
}

std::string outcome(const Reception& reception) {
    return std::to_string(reception.status) + ' ' + reception.outcome +
           (reception.reason.empty() ? "" : ": " + reception.reason);
}

TEST(Reception, AnEventWithAnIdIsToBeLookedUpLater) {
    Reception got = received(
        R"({"uuid": "u1", "event": "/calls/7/ended", "why": "done", "session": "s1", "n": 5})");
    EXPECT_EQ(outcome(got), "200 accepted");
    EXPECT_EQ(got.work.dump(), R"({"lookup":"s1","request":"calls"})");
    EXPECT_EQ(got.after.count(), 60);
    EXPECT_EQ(got.id, "u1");
    EXPECT_EQ(got.event, "/calls/7/ended");
    EXPECT_EQ(got.subject, "s1");
    EXPECT_EQ(got.sequence, Json(5));
}

TEST(Reception, ARecordThatIsBroughtAlongIsFoundWhereverItMayStand) {
    for (auto body :
         {R"({"event": "report", "report": {"id": 12}})",
          R"({"event": "report", "report": [{"id": 12}]})", R"({"event": "report", "id": 12})"}) {
        Reception got = received(body);
        EXPECT_EQ(outcome(got), "200 accepted") << body;
        EXPECT_EQ(got.work["given"]["id"], Json(12)) << body;
    }
    EXPECT_EQ(outcome(received(R"({"event": "report", "report": {"id": null}})")),
              "400 refused: the body has no record with an id");
}

TEST(Reception, AllConditionsOfARuleMustHold) {
    auto about = [](const std::string& event, const std::string& why) {
        return received(R"({"session": "s", "event": ")" + event + R"(", "why": )" + why + "}");
    };
    EXPECT_EQ(about("/calls/7/ended", "7").outcome, "accepted");
    EXPECT_EQ(about("/calls//gone/x", "7").outcome, "accepted");
    for (auto [event, why] : {std::pair("/calls/7/ended", "8"),
                              {"/calls/7/began", "7"},
                              {"x/calls/7/ended", "7"},
                              {"/calls/ended", "7"},
                              {"/calls/7/ended", "null"},
                              {"/calls/7/ended", "\"7\""}}) {
        Reception got = about(event, why);
        EXPECT_EQ(outcome(got), "200 ignored: not an event that says anything new");
        EXPECT_TRUE(got.work.is_null());
    }
}

TEST(Reception, TheFirstRuleThatAppliesDecides) {
    EXPECT_EQ(outcome(received(R"({"test": true, "event": "report", "report": {"id": 1}})")),
              "200 ignored: an event to be left out");
}

TEST(Reception, WithoutAnIdOfItsOwnADeliveryHasItsBodysHash) {
    std::string body = R"({"event": "report", "id": 12})";
    EXPECT_EQ(received(body).id, hex_encode(sha256(body)));
}

TEST(Reception, AHandshakeIsEchoedAndNeedsNoProof) {
    Reception got = received("", R"({"x-handshake": "abc 123"})");
    EXPECT_EQ(outcome(got), "200 ignored: a handshake");
    EXPECT_EQ(got.echo.dump(), R"({"X-Handshake":"abc 123"})");
    EXPECT_EQ(got.id, "") << "nothing says that it is the vendor's";
    got = received(R"({"event": "report", "id": 1})",
                   R"({"x-handshake": "abc", "x-token": "secret"})");
    EXPECT_EQ(outcome(got), "200 accepted");
    EXPECT_EQ(got.echo.dump(), R"({"X-Handshake":"abc"})");
}

TEST(Reception, AnEchoCannotAddHeadersOrGrow) {
    EXPECT_EQ(outcome(received("", R"({"x-handshake": "a\r\nSet-Cookie: b"})")),
              "400 refused: the handshake is malformed");
    std::string longer = R"({"x-handshake": ")" + std::string(501, 'a') + "\"}";
    EXPECT_EQ(outcome(received("", longer.c_str())), "400 refused: the handshake is malformed");
}

TEST(Reception, NothingIsReadBeforeItIsProven) {
    Reception got = received("no JSON", R"({"x-token": "wrong"})");
    EXPECT_EQ(outcome(got), "401 refused: the token is wrong");
    EXPECT_EQ(got.id, "");
    EXPECT_EQ(outcome(received("")), "400 refused: the body is no JSON");
    EXPECT_EQ(outcome(received("{\"a\"")), "400 refused: the body is no JSON");
}

TEST(Reception, SizesAreBounded) {
    EXPECT_EQ(outcome(received(std::string(1001, ' '))), "413 refused: it is too large");
    EXPECT_EQ(outcome(received(R"({"uuid": ")" + std::string(201, 'a') + "\"}")),
              "400 refused: its id is too long");
    EXPECT_EQ(received(R"({"event": ")" + std::string(300, 'a') + "\"}").event.size(), 200u);
}

TEST(Reception, HeadersThatAreNoneAreRefused) {
    EXPECT_EQ(outcome(received("{}", "null")), "400 refused: the headers are no JSON object");
}

TEST(Reception, WithoutASecretTheConnectorIsNotReady) {
    Receiver unready = receiver();
    unready.secret = Error{ErrorKind::refused, "the connector lacks it"};
    Reception got = receive(unready, Json::parse(R"({"x-token": ""})"), "{}", Timestamp{});
    EXPECT_EQ(outcome(got), "503 refused: the connector lacks it");
}

// ---- the spec's part ----

std::string defect(const std::string& pointer, const char* json) {
    Json spec = hooked_spec();
    spec.put(pointer, Json::parse(json));
    return test::failure_of([&] { parse_connector_spec(spec); }).detail;
}

TEST(WebhookSpec, IsReadAsAPartOfTheConnectorSpec) {
    ConnectorSpec spec = parse_connector_spec(hooked_spec());
    ASSERT_TRUE(spec.webhook);
    EXPECT_EQ(spec.webhook->proof.credential, "hook");
    EXPECT_EQ(spec.credentials, (std::vector<std::string>{"access_key", "secret_key"}));
    EXPECT_EQ(spec.optional_credentials, std::vector<std::string>{"hook"});
    EXPECT_FALSE(parse_connector_spec(test::gong_like_spec()).webhook);
}

TEST(WebhookSpec, DefectsAreNamedByTheirPath) {
    for (auto [pointer, value, path] :
         {std::tuple("/webhook/verify/kind", R"("magic")", "webhook/verify/kind"),
          {"/webhook/verify/credential", R"("other")", "webhook/verify/credential: "},
          {"/webhook/verify/headers", R"(["a b"])", "webhook/verify/headers: "},
          {"/webhook/verify/url", R"({"claim": "u", "setting": "other"})",
           "webhook/verify/url/setting: "},
          {"/webhook/handshake", R"("a:b")", "webhook/handshake: "},
          {"/webhook/delivery", R"("uuid")", "webhook/delivery: "},
          {"/webhook/events", R"([{"lookup": {"request": "other", "id": ""}}])",
           "webhook/events/0/lookup/request: "},
          {"/webhook/events", R"([{"ignore": true, "record": [""]}])", "webhook/events/0: "},
          {"/webhook/events", R"([{"ignore": true}, {}])", "webhook/events/1: "},
          {"/webhook/events", R"([{"ignore": true, "where": {"event": ["x"]}}])",
           "webhook/events/0/where: "},
          {"/webhook/more", "1", "webhook"}})
        EXPECT_TRUE(defect(pointer, value).starts_with(path))
            << pointer << " gives: " << defect(pointer, value);
}

TEST(WebhookSpec, RequestsDoNotRelyOnAnOptionalCredential) {
    EXPECT_TRUE(defect("/auth/password", R"("hook")").starts_with("auth/password: "));
}

}  // namespace
}  // namespace headway::core
