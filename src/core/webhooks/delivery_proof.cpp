#include "core/webhooks/delivery_proof.hpp"

#include <charconv>
#include <cmath>

#include "core/base/encoding.hpp"
#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/base/url.hpp"
#include "core/secrets/signature.hpp"

namespace headway::core {
namespace {

constexpr std::chrono::seconds kTolerance{300};  // what Standard Webhooks' libraries allow

const Refusal kMissing{401, "what shall prove the sender is missing"};
const Refusal kMalformed{401, "what shall prove the sender is malformed"};
const Refusal kWrongSignature{401, "the signature is wrong"};
const Refusal kBadKey{503, "the connector's credential for webhooks is no key"};

double seconds_of(Timestamp time) {
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

std::optional<std::string_view> first_of(const std::vector<std::string>& names,
                                         const Delivery& delivery) {
    for (const std::string& name : names)
        if (auto value = delivery.headers.find(name)) return value;
    return std::nullopt;
}

// ---- Standard Webhooks ----

// "" when the secret is none.
std::string signing_key(std::string_view secret) {
    constexpr std::string_view kPrefix = "whsec_";
    if (secret.starts_with(kPrefix)) secret.remove_prefix(kPrefix.size());
    try {
        return base64_decode(secret);
    } catch (const Failure&) {
        return {};
    }
}

std::optional<Refusal> check_time(std::string_view text, Timestamp now) {
    std::int64_t sent = 0;
    auto end = text.data() + text.size();
    auto read = std::from_chars(text.data(), end, sent);
    if (read.ec != std::errc{} || read.ptr != end) return kMalformed;
    if (std::abs(seconds_of(now) - static_cast<double>(sent)) > kTolerance.count())
        return Refusal{401, "the timestamp is more than five minutes from now"};
    return std::nullopt;
}

std::optional<Refusal> check_standard(std::string_view secret, const Delivery& delivery,
                                      Timestamp now) {
    auto id = delivery.headers.find("webhook-id");
    auto time = delivery.headers.find("webhook-timestamp");
    auto signatures = delivery.headers.find("webhook-signature");
    if (!id || id->empty() || !time || !signatures) return kMissing;
    std::string key = signing_key(secret);
    if (key.empty()) return kBadKey;
    std::string message = std::string(*id) + '.' + std::string(*time) + '.';
    std::string wanted = "v1," + base64_encode(hmac_sha256(key, message.append(delivery.body)));
    bool signed_by_it = false;
    for (std::string_view signature : split(*signatures, ' '))
        signed_by_it |= is_same_secret(signature, wanted);
    return signed_by_it ? check_time(*time, now) : kWrongSignature;
}

// ---- a JSON Web Token, RS256 ----

struct Token {
    Json head;
    Json claims;  // not to be believed before the signature is checked
    std::string signature;
    std::string_view signed_part;
};

std::optional<Token> read_token(std::string_view text) {
    auto parts = split(text, '.');
    if (parts.size() != 3) return std::nullopt;
    try {
        return Token{Json::parse(base64url_decode(parts[0])),
                     Json::parse(base64url_decode(parts[1])), base64url_decode(parts[2]),
                     text.substr(0, parts[0].size() + 1 + parts[1].size())};
    } catch (const Failure&) {
        return std::nullopt;
    }
}

std::string_view without_scheme(std::string_view value) {
    constexpr std::string_view kScheme = "bearer ";
    return lower(value.substr(0, kScheme.size())) == kScheme ? trim(value.substr(kScheme.size()))
                                                             : value;
}

std::optional<Refusal> check_signature(const Token& token, const std::string& public_key) {
    // No other algorithm, and no extension that would have to be understood.
    if (token.head["alg"] != Json("RS256") || token.head.find("crit")) return kMalformed;
    try {
        if (verifies_rs256(public_key, token.signed_part, token.signature)) return std::nullopt;
        return kWrongSignature;
    } catch (const Failure&) {
        return kBadKey;
    }
}

bool is_for(const Json& claim, const std::string& url) {
    return claim.is_string() &&
           (claim.as_string() == url || percent_decode(claim.as_string()) == url);
}

std::optional<Refusal> check_jwt(const ProofSpec& spec, const ProofKeys& keys,
                                 const Delivery& delivery, Timestamp now) {
    auto value = first_of(spec.headers, delivery);
    if (!value) return kMissing;
    std::optional<Token> token = read_token(without_scheme(*value));
    if (!token) return kMalformed;
    if (auto refusal = check_signature(*token, keys.secret)) return refusal;
    const Json& expiry = token->claims["exp"];
    if (!expiry.is_number()) return kMalformed;
    if (expiry.as_number() <= seconds_of(now)) return Refusal{401, "the token has expired"};
    if (token->claims[spec.hash_claim] != Json(hex_encode(sha256(delivery.body))))
        return Refusal{401, "the token is for another body"};
    if (spec.url_claim.empty()) return std::nullopt;
    if (keys.url.empty())
        return Refusal{503, "the connector's settings do not say where it receives"};
    if (!is_for(token->claims[spec.url_claim], keys.url))
        return Refusal{401, "the token is for another address"};
    return std::nullopt;
}

// ---- a token that is always the same ----

std::optional<Refusal> check_token(const ProofSpec& spec, std::string_view secret,
                                   const Delivery& delivery) {
    if (!first_of(spec.headers, delivery)) return kMissing;
    for (const std::string& name : spec.headers) {
        auto value = delivery.headers.find(name);
        if (value && is_same_secret(*value, secret)) return std::nullopt;
    }
    return Refusal{401, "the token is wrong"};
}

}  // namespace

std::optional<Refusal> check_proof(const ProofSpec& spec, const ProofKeys& keys,
                                   const Delivery& delivery, Timestamp now) {
    switch (spec.kind) {
        case ProofKind::standard: return check_standard(keys.secret, delivery, now);
        case ProofKind::jwt_rs256: return check_jwt(spec, keys, delivery, now);
        case ProofKind::token: return check_token(spec, keys.secret, delivery);
    }
    return kMalformed;
}

}  // namespace headway::core
