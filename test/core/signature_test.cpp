#include "core/secrets/signature.hpp"

#include <gtest/gtest.h>

#include "core/base/encoding.hpp"
#include "failure_of.hpp"
#include "fakes/rsa_signer.hpp"

namespace headway::core {
namespace {

using test::failure_of;

// RFC 7515, appendix A.2.
constexpr const char* kPublicKey =
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd/wWJcyQoTbji9k0"
    "l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL+yRT+SFd2lZS+pCgNMsD1W/YpRPEwOWvG6b32690r2j"
    "Z47soMZo9wGzjb/7OMg0LOL+bSf63kpaSHSXndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTBEMa2R2CapHg665xsmtdV"
    "MTBQY4uDZlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxXFvUK+DWNmoudF8NAco9/h9iaGNj8q2ethFkMLs91kzk2PAcD"
    "TW9gb54h4FRWyuXpoQIDAQAB";
constexpr const char* kSigned =
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNv"
    "bS9pc19yb290Ijp0cnVlfQ";
constexpr const char* kSignature =
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5j"
    "ujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L"
    "07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEU"
    "ipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

// RFC 4231, test cases 1 and 2.
TEST(HmacSha256, IsAsPublished) {
    EXPECT_EQ(hex_encode(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(hex_encode(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(SameSecret, TellsEqualFromDifferentTexts) {
    EXPECT_TRUE(is_same_secret("secret", "secret"));
    EXPECT_FALSE(is_same_secret("secreT", "secret"));
    EXPECT_FALSE(is_same_secret("secre", "secret"));
    EXPECT_FALSE(is_same_secret("", "secret"));
}

TEST(Rs256, VerifiesAsPublished) {
    EXPECT_TRUE(verifies_rs256(kPublicKey, kSigned, base64url_decode(kSignature)));
}

TEST(Rs256, EveryFlippedBitIsNoticed) {
    std::string signature = base64url_decode(kSignature);
    for (std::size_t at : {std::size_t(0), signature.size() / 2, signature.size() - 1}) {
        std::string other = signature;
        other[at] ^= 1;
        EXPECT_FALSE(verifies_rs256(kPublicKey, kSigned, other)) << "byte " << at;
    }
    EXPECT_FALSE(verifies_rs256(kPublicKey, std::string(kSigned) + ' ', signature));
    for (std::string other : {std::string(), signature + '\0', signature.substr(1)})
        EXPECT_FALSE(verifies_rs256(kPublicKey, kSigned, other)) << other.size() << " bytes";
}

TEST(Rs256, TakesTheKeyWithPemLinesAroundIt) {
    std::string key = kPublicKey;
    std::string pem = "-----BEGIN PUBLIC KEY-----\r\n" + key.substr(0, 64) + "\r\n" +
                      key.substr(64) + "\n-----END PUBLIC KEY-----\n";
    EXPECT_TRUE(verifies_rs256(pem, kSigned, base64url_decode(kSignature)));
}

TEST(Rs256, AnotherKeyDoesNotFit) {
    test::RsaSigner other;
    EXPECT_FALSE(verifies_rs256(other.public_key(), kSigned, base64url_decode(kSignature)));
    EXPECT_TRUE(verifies_rs256(other.public_key(), kSigned, other.sign(kSigned)));
}

TEST(Rs256, WhatIsNoPublicRsaKeyIsRefused) {
    // An elliptic curve's key, a shortened one and one with something behind it.
    std::string curve =
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEWb9+BpsmHwmcYhBfyGONCK5IVq/"
        "y3qoSjYRvWoXFqQcXlM3XFFL4jqDO/"
        "lbq31N1CQfKI1/nCIpv+1rzD1zEVQ==";
    for (std::string key : {std::string(), std::string("not a key"), curve,
                            base64_encode(base64_decode(kPublicKey).substr(0, 200)),
                            base64_encode(base64_decode(kPublicKey) + "x")})
        EXPECT_EQ(failure_of([&] { verifies_rs256(key, kSigned, "x"); }).kind, ErrorKind::invalid)
            << key;
}

}  // namespace
}  // namespace headway::core
