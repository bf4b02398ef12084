#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "core/base/encoding.hpp"

namespace headway::test {

// A fresh RSA key: what a vendor signs with.
class RsaSigner {
  public:
    RsaSigner() : key_(EVP_RSA_gen(2048), EVP_PKEY_free) {}

    // As Gong shows it: bare base64 of the key's DER.
    std::string public_key() const {
        unsigned char* der = nullptr;
        int length = i2d_PUBKEY(key_.get(), &der);
        std::string base64 =
            core::base64_encode({reinterpret_cast<char*>(der), std::size_t(length)});
        OPENSSL_free(der);
        return base64;
    }

    std::string sign(const std::string& message) const {
        std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(),
                                                                       EVP_MD_CTX_free);
        std::string signature(256, '\0');
        std::size_t length = signature.size();
        EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key_.get());
        EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                       reinterpret_cast<const unsigned char*>(message.data()), message.size());
        return signature;
    }

    // A JSON Web Token.
    std::string token(const std::string& head, const std::string& claims) const {
        std::string signed_part = base64url(head) + '.' + base64url(claims);
        return signed_part + '.' + base64url(sign(signed_part));
    }

    static std::string base64url(const std::string& bytes) {
        std::string text = core::base64_encode(bytes);
        while (text.ends_with('=')) text.pop_back();
        for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
        return text;
    }

  private:
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

}  // namespace headway::test
