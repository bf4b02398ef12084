#include "core/secrets/signature.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/x509.h>

#include <memory>

#include "core/base/encoding.hpp"
#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace headway::core {
namespace {

using PublicKey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Digest = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

// Without "-----BEGIN ...-----" lines and blanks.
std::string base64_of_pem(std::string_view text) {
    std::string base64;
    for (std::string_view line : split(text, '\n'))
        if (line = trim(line); !line.starts_with("-----")) base64 += line;
    return base64;
}

PublicKey read_public_key(std::string_view text) {
    std::string der = base64_decode(base64_of_pem(text));
    const unsigned char* at = bytes(der);
    PublicKey key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())), EVP_PKEY_free);
    ERR_clear_error();  // the queue is the whole process's
    if (!key || at != bytes(der) + der.size() || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA)
        throw Failure(ErrorKind::invalid, "not a public RSA key");
    return key;
}

}  // namespace

std::string hmac_sha256(std::string_view key, std::string_view message) {
    std::string digest(32, '\0');
    if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes(message),
              message.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr))
        throw Failure(ErrorKind::invalid, "HMAC-SHA256 is not available");
    return digest;
}

bool is_same_secret(std::string_view given, std::string_view known) {
    return given.size() == known.size() &&
           CRYPTO_memcmp(given.data(), known.data(), known.size()) == 0;
}

bool verifies_rs256(std::string_view public_key, std::string_view message,
                    std::string_view signature) {
    PublicKey key = read_public_key(public_key);
    Digest digest(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    bool fits =
        EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
        EVP_DigestVerify(digest.get(), bytes(signature), signature.size(), bytes(message),
                         message.size()) == 1;
    ERR_clear_error();
    return fits;
}

}  // namespace headway::core
