#include "core/webhooks/delivery_proof.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/base/encoding.hpp"
#include "core/secrets/signature.hpp"
#include "failure_of.hpp"
#include "fakes/rsa_signer.hpp"

namespace headway::core {
namespace {

using namespace std::chrono_literals;

Timestamp at(std::int64_t seconds) { return Timestamp(std::chrono::seconds(seconds)); }

// "" when the delivery is believed, else why it is not.
std::string verdict(const ProofSpec& spec, const ProofKeys& keys, const Json& headers,
                    std::string_view body, Timestamp now) {
    auto refusal = check_proof(spec, keys, Delivery{DeliveryHeaders(headers), body}, now);
    return refusal ? std::to_string(refusal->status) + ' ' + refusal->reason : "";
}

// ---- headers ----

TEST(DeliveryHeaders, AreFoundInAnyLetterCaseWithoutTheBlanksAround) {
    DeliveryHeaders headers(Json::parse(R"({"WebHook-ID": " m1 ", "other": ["one"]})"));
    EXPECT_EQ(headers.find("webhook-id"), "m1");
    EXPECT_EQ(headers.find("Webhook-Id"), "m1");
    EXPECT_EQ(headers.find("OTHER"), "one");
    EXPECT_EQ(headers.find("missing"), std::nullopt);
}

TEST(DeliveryHeaders, OneThatComesTwiceOrIsNoTextCountsAsMissing) {
    DeliveryHeaders headers(
        Json::parse(R"({"Id": "a", "ID": "a", "two": ["a", "b"], "n": 1, "null": null, "o": {}})"));
    for (auto name : {"id", "two", "n", "null", "o"})
        EXPECT_EQ(headers.find(name), std::nullopt) << name;
}

TEST(DeliveryHeaders, NothingButAnObjectIsTaken) {
    for (auto json : {"null", "[]", "\"a: b\"", "1"})
        EXPECT_EQ(test::failure_of([&] { DeliveryHeaders{Json::parse(json)}; }).kind,
                  ErrorKind::invalid);
}

// ---- Standard Webhooks ----

const ProofSpec kStandard{ProofKind::standard, "secret", {}, "", "", ""};

struct Signed {
    std::string secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    std::string id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    std::string time = "1614265330";
    std::string body = "{\"test\": 2432232314}";
    std::string signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    Timestamp now = at(1614265330);

    std::string verdict() const {
        Json headers = Json::Object{
            {"webhook-id", id}, {"webhook-timestamp", time}, {"webhook-signature", signature}};
        return core::verdict(kStandard, {secret, ""}, headers, body, now);
    }
};

TEST(StandardWebhook, ThePublishedOneIsBelieved) {
    EXPECT_EQ(Signed().verdict(), "");
    Signed other{"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
                 "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
                 "1649367553",
                 R"({"email":"test@example.com","username":"test_user"})",
                 "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
                 at(1649367553)};
    EXPECT_EQ(other.verdict(), "");
}

TEST(StandardWebhook, OneFittingSignatureOfSeveralIsEnough) {
    Signed one;
    one.signature = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v1a,xx " + one.signature;
    EXPECT_EQ(one.verdict(), "");
}

TEST(StandardWebhook, NoOtherSignatureFits) {
    for (auto signature : {"v1,", "v1,dawfeoifkpqwoekfpqoekf", "", " ",
                           "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
                           "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
                           "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1Oe="}) {
        Signed one;
        one.signature = signature;
        EXPECT_EQ(one.verdict(), "401 the signature is wrong") << signature;
    }
}

TEST(StandardWebhook, IdTimeAndBodyAreAllSigned) {
    for (auto change : std::initializer_list<void (*)(Signed&)>{
             [](Signed& one) { one.id += 'x'; }, [](Signed& one) { one.time = "1614265331"; },
             [](Signed& one) { one.body += ' '; },
             [](Signed& one) { one.secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"; }}) {
        Signed one;
        change(one);
        EXPECT_EQ(one.verdict(), "401 the signature is wrong");
    }
}

TEST(StandardWebhook, ItMayBeFiveMinutesOldOrEarly) {
    Signed one;
    for (auto shift : {-300s, 0s, 300s}) {
        one.now = at(1614265330) + shift;
        EXPECT_EQ(one.verdict(), "");
    }
    for (auto shift : {-301s, 301s, 86400s}) {
        one.now = at(1614265330) + shift;
        EXPECT_EQ(one.verdict(), "401 the timestamp is more than five minutes from now");
    }
}

TEST(StandardWebhook, ATimeThatIsNoneIsRefusedThoughItIsSigned) {
    for (auto time : {"", "soon", "1614265330.5", "+1614265330", "99999999999999999999"}) {
        Signed one;
        one.time = time;
        std::string key = base64_decode(one.secret.substr(6));
        one.signature =
            "v1," + base64_encode(hmac_sha256(key, one.id + '.' + one.time + '.' + one.body));
        EXPECT_EQ(one.verdict(), "401 what shall prove the sender is malformed") << time;
    }
}

TEST(StandardWebhook, WithoutItsHeadersNothingIsProven) {
    Json headers = Json::parse(R"({"webhook-id": "m", "webhook-timestamp": "1"})");
    EXPECT_EQ(verdict(kStandard, {"whsec_AAAA", ""}, headers, "", at(1)),
              "401 what shall prove the sender is missing");
}

TEST(StandardWebhook, AnEmptyOrUnreadableSecretOpensNothing) {
    for (auto secret : {"whsec_", "whsec_not base64", "whsec_MfKQ"}) {
        Signed one;
        one.secret = secret;
        EXPECT_NE(one.verdict(), "") << secret;
    }
    Signed one;
    one.secret = "whsec_";
    EXPECT_EQ(one.verdict(), "503 the connector's credential for webhooks is no key");
}

// Vectors that lie beside the project; without them there is nothing to compare.
TEST(StandardWebhook, AgreesWithPublishedVectorsWhereTheyAreThere) {
    const std::filesystem::path path = "../shared/samples/webhooks/standard_webhooks_vectors.json";
    if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    const Json published = Json::parse(text.str());
    for (const Json& vector : published["hmac_sha256"].items()) {
        const std::string& time = vector["timestamp"].as_string();
        Signed one{
            vector["secret"].as_string(),  vector["msg_id"].as_string(),    time,
            vector["payload"].as_string(), vector["signature"].as_string(), at(std::stoll(time))};
        EXPECT_EQ(one.verdict(), "") << one.id;
    }
}

// ---- RS256 ----

struct Jwt : ::testing::Test {
    std::string token() const { return signer.token(head, claims.dump()); }
    std::string verdict(const std::string& header) const {
        return core::verdict(spec, keys, Json::Object{{"authorization", header}}, body, at(1000));
    }
    std::string verdict() const { return verdict(token()); }

    test::RsaSigner signer;
    std::string body = R"({"callData": {}})";
    std::string head = R"({"alg":"RS256","typ":"JWT"})";
    Json claims = Json::Object{{"webhook_url", "https://app.example/hooks/gong?key=a b"},
                               {"body_sha256", hex_encode(sha256(body))},
                               {"exp", 1001}};
    ProofSpec spec{ProofKind::jwt_rs256, "key",         {"Authorization"},
                   "body_sha256",        "webhook_url", "webhook_url"};
    ProofKeys keys{signer.public_key(), "https://app.example/hooks/gong?key=a b"};
};

TEST_F(Jwt, AFittingOneIsBelievedWithAndWithoutItsScheme) {
    EXPECT_EQ(verdict(), "");
    EXPECT_EQ(verdict("Bearer " + token()), "");
    EXPECT_EQ(verdict("bearer   " + token()), "");
}

TEST_F(Jwt, ItsAddressMayBePercentEncoded) {
    claims.set("webhook_url", "https://app.example/hooks/gong?key=a%20b");
    EXPECT_EQ(verdict(), "");
}

TEST_F(Jwt, NoOtherAlgorithmIsTaken) {
    for (auto other :
         {R"({"alg":"none"})", R"({"alg":"HS256"})", R"({"alg":"rs256"})", R"({"alg":"RS512"})",
          R"({"alg":["RS256"]})", "{}", "[]", R"({"alg":"RS256","crit":["exp"]})"}) {
        head = other;
        EXPECT_EQ(verdict(), "401 what shall prove the sender is malformed") << other;
    }
}

TEST_F(Jwt, ThePublicKeyIsNoSecretToSignWith) {
    std::string part = test::RsaSigner::base64url(R"({"alg":"HS256"})") + '.' +
                       test::RsaSigner::base64url(claims.dump());
    std::string forged =
        part + '.' + test::RsaSigner::base64url(hmac_sha256(signer.public_key(), part));
    EXPECT_EQ(verdict(forged), "401 what shall prove the sender is malformed");
}

TEST_F(Jwt, AnotherKeysSignatureIsWrong) {
    EXPECT_EQ(verdict(test::RsaSigner().token(head, claims.dump())), "401 the signature is wrong");
    std::string unsigned_token = token();
    EXPECT_EQ(verdict(unsigned_token.substr(0, unsigned_token.rfind('.') + 1)),
              "401 the signature is wrong");
}

TEST_F(Jwt, ItHoldsForItsBodyOnly) {
    std::string before = token();
    body += ' ';
    EXPECT_EQ(verdict(before), "401 the token is for another body");
    claims.set("body_sha256", nullptr);
    EXPECT_EQ(verdict(), "401 the token is for another body");
}

TEST_F(Jwt, ItHoldsUntilItExpires) {
    claims.set("exp", 1000);
    EXPECT_EQ(verdict(), "401 the token has expired");
    for (Json never : {Json(), Json("1001"), Json(true)}) {
        claims.set("exp", never);
        EXPECT_EQ(verdict(), "401 what shall prove the sender is malformed");
    }
}

TEST_F(Jwt, ItHoldsForItsAddressOnly) {
    for (Json other : {Json("https://app.example/hooks/other"), Json(), Json(1)}) {
        claims.set("webhook_url", other);
        EXPECT_EQ(verdict(), "401 the token is for another address");
    }
    keys.url = "";
    EXPECT_EQ(verdict(), "503 the connector's settings do not say where it receives");
}

TEST_F(Jwt, WhatIsNoTokenIsMalformed) {
    std::string whole = token();
    for (std::string other : {std::string(), std::string("a.b"), std::string(".."), whole + ".x",
                              whole + '=', "Basic " + whole, '!' + whole, std::string("Bearer ")})
        EXPECT_EQ(verdict(other), "401 what shall prove the sender is malformed") << other;
    EXPECT_EQ(core::verdict(spec, keys, Json::object(), body, at(1)),
              "401 what shall prove the sender is missing");
}

TEST_F(Jwt, AConnectorsKeyThatIsNoneIsItsOwnFault) {
    keys.secret = "not a key";
    EXPECT_EQ(verdict(), "503 the connector's credential for webhooks is no key");
}

// ---- a token that is always the same ----

TEST(TokenProof, IsTakenFromAnyOfItsHeaders) {
    ProofSpec spec{
        ProofKind::token, "token", {"Verification-Token", "Validation-Token"}, "", "", ""};
    auto judged = [&](const char* headers) {
        return verdict(spec, {"a secret", ""}, Json::parse(headers), "{}", at(1));
    };
    EXPECT_EQ(judged(R"({"verification-token": "a secret"})"), "");
    EXPECT_EQ(judged(R"({"validation-token": "a secret"})"), "");
    EXPECT_EQ(judged(R"({"verification-token": "x", "validation-token": "a secret"})"), "");
    EXPECT_EQ(judged(R"({"verification-token": "another"})"), "401 the token is wrong");
    EXPECT_EQ(judged(R"({"verification-token": ""})"), "401 the token is wrong");
    EXPECT_EQ(judged(R"({"authorization": "a secret"})"),
              "401 what shall prove the sender is missing");
}

}  // namespace
}  // namespace headway::core
