#include "core/base/encoding.hpp"

#include <openssl/evp.h>

#include "core/base/error.hpp"

namespace headway::core {

std::string base64_encode(std::string_view bytes) {
    std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                 reinterpret_cast<const unsigned char*>(bytes.data()),
                                 static_cast<int>(bytes.size()));
    out.resize(static_cast<std::size_t>(length));
    return out;
}

std::string base64_decode(std::string_view text) {
    std::string out(3 * (text.size() / 4) + 3, '\0');
    int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                 reinterpret_cast<const unsigned char*>(text.data()),
                                 static_cast<int>(text.size()));
    std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    if (length >= static_cast<int>(padding)) {
        out.resize(static_cast<std::size_t>(length) - padding);
        // OpenSSL's decoder forgives blanks, stray padding and stray bits.
        if (base64_encode(out) == text) return out;
    }
    throw Failure(ErrorKind::invalid, "not base64");
}

std::string base64url_decode(std::string_view text) {
    std::string usual(text);
    for (char& c : usual) {
        if (c == '+' || c == '/' || c == '=') throw Failure(ErrorKind::invalid, "not base64url");
        c = c == '-' ? '+' : c == '_' ? '/' : c;
    }
    usual.append((4 - usual.size() % 4) % 4, '=');
    return base64_decode(usual);
}

std::string hex_encode(std::string_view bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    for (unsigned char byte : bytes) {
        out += kDigits[byte >> 4];
        out += kDigits[byte & 15];
    }
    return out;
}

std::string sha256(std::string_view bytes) {
    std::string digest(32, '\0');
    if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()),
                   nullptr, EVP_sha256(), nullptr) != 1)
        throw Failure(ErrorKind::invalid, "SHA-256 is not available");
    return digest;
}

Sha256Stream::Sha256Stream() : context_(EVP_MD_CTX_new()) {
    auto* context = static_cast<EVP_MD_CTX*>(context_.get());
    if (!context || EVP_DigestInit_ex(context, EVP_sha256(), nullptr) != 1)
        throw Failure(ErrorKind::invalid, "SHA-256 is not available");
}

void Sha256Stream::Free::operator()(void* context) const {
    EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context));
}

void Sha256Stream::add(std::string_view bytes) {
    EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_.get()), bytes.data(), bytes.size());
}

std::string Sha256Stream::digest() {
    std::string digest(32, '\0');
    EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_.get()),
                       reinterpret_cast<unsigned char*>(digest.data()), nullptr);
    return digest;
}

}  // namespace headway::core
