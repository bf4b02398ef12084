#pragma once

#include <string>
#include <string_view>

namespace headway::core {

// HMAC-SHA256: 32 raw bytes.
std::string hmac_sha256(std::string_view key, std::string_view message);

// Whether two texts are the same, in a time that does not tell where they differ.
bool is_same_secret(std::string_view given, std::string_view known);

// Whether `signature` is an RSASSA-PKCS1-v1_5 signature with SHA-256 over the message. The key is a
// public RSA key in DER (SubjectPublicKeyInfo), in base64, with or without PEM's lines around it.
// Throws Failure(invalid) when it is none.
bool verifies_rs256(std::string_view public_key, std::string_view message,
                    std::string_view signature);

}  // namespace headway::core
