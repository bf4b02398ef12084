#include "core/secrets/keyring.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>

#include "core/base/encoding.hpp"
#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace headway::core {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr char kVersion = 1;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string random_bytes(std::size_t count) {
    std::string random(count, '\0');
    if (RAND_bytes(bytes(random), static_cast<int>(count)) != 1)
        throw Failure(ErrorKind::invalid, "the system has no random bytes");
    return random;
}

// Each part preceded by its length, so that no two scopes share an encoding.
std::string associated_data(const SealScope& scope) {
    std::string data;
    for (const std::string* part : {&scope.workspace_id, &scope.row_id, &scope.origin})
        data += std::to_string(part->size()) + ':' + *part;
    return data;
}

void require(bool condition) {
    if (!condition) throw Failure(ErrorKind::forbidden, "a sealed value does not open");
}

}  // namespace

Keyring Keyring::parse(std::string_view file) {
    Keyring ring;
    int number = 0;
    for (std::string_view line : split(file, '\n')) {
        ++number;
        line = trim(line);
        if (line.empty() || line.starts_with('#')) continue;
        auto blank = line.find(' ');
        Key key;
        try {
            key = {std::string(line.substr(0, blank)),
                   base64_decode(trim(line.substr(std::min(blank, line.size()))))};
        } catch (const Failure&) {
        }
        if (key.bytes.size() != kKeyBytes || ring.find(key.id))
            throw Failure(ErrorKind::invalid,
                          "line " + std::to_string(number) + " of the key file is not a key");
        ring.keys_.push_back(std::move(key));
    }
    return ring;
}

std::string Keyring::serialize() const {
    std::string file =
        "# headway's keyring: the last key seals, older ones still open. Keep it out of backups "
        "of\n"
        "# the database; without it the sealed credentials are lost.\n";
    for (const Key& key : keys_) file += key.id + ' ' + base64_encode(key.bytes) + '\n';
    return file;
}

const Key& Keyring::newest() const {
    if (keys_.empty()) throw Failure(ErrorKind::invalid, "the key file holds no key");
    return keys_.back();
}

const Key* Keyring::find(std::string_view id) const {
    auto found = std::find_if(keys_.begin(), keys_.end(), [&](const Key& k) { return k.id == id; });
    return found == keys_.end() ? nullptr : &*found;
}

const std::string& Keyring::add_random() {
    keys_.push_back({hex_encode(random_bytes(8)), random_bytes(kKeyBytes)});
    return keys_.back().id;
}

std::string fingerprint(const Key& key) { return hex_encode(sha256(key.bytes)).substr(0, 16); }

std::string random_row_id() {
    std::string random = random_bytes(16);
    random[6] = static_cast<char>((random[6] & 0x0f) | 0x40);  // version 4
    random[8] = static_cast<char>((random[8] & 0x3f) | 0x80);
    std::string id = hex_encode(random);
    for (std::size_t at : {8, 13, 18, 23}) id.insert(at, "-");
    return id;
}

std::string seal(const Key& key, const SealScope& scope, std::string_view plain) {
    std::string nonce = random_bytes(kNonceBytes);
    std::string aad = associated_data(scope);
    std::string secret(plain.size(), '\0');
    std::string tag(kTagBytes, '\0');
    int length = 0;
    Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    require(EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes(key.bytes),
                               bytes(nonce)) == 1);
    require(EVP_EncryptUpdate(cipher.get(), nullptr, &length, bytes(aad),
                              static_cast<int>(aad.size())) == 1);
    require(EVP_EncryptUpdate(cipher.get(), bytes(secret), &length, bytes(plain),
                              static_cast<int>(plain.size())) == 1);
    require(EVP_EncryptFinal_ex(cipher.get(), bytes(secret) + length, &length) == 1);
    require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag.data()) == 1);
    return kVersion + nonce + secret + tag;
}

std::string open_seal(const Key& key, const SealScope& scope, std::string_view sealed) {
    require(sealed.size() >= 1 + kNonceBytes + kTagBytes && sealed[0] == kVersion);
    std::string_view nonce = sealed.substr(1, kNonceBytes);
    std::string_view secret =
        sealed.substr(1 + kNonceBytes, sealed.size() - 1 - kNonceBytes - kTagBytes);
    std::string tag(sealed.substr(sealed.size() - kTagBytes));
    std::string aad = associated_data(scope);
    std::string plain(secret.size(), '\0');
    int length = 0;
    Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    require(EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes(key.bytes),
                               bytes(nonce)) == 1);
    require(EVP_DecryptUpdate(cipher.get(), nullptr, &length, bytes(aad),
                              static_cast<int>(aad.size())) == 1);
    require(EVP_DecryptUpdate(cipher.get(), bytes(plain), &length, bytes(secret),
                              static_cast<int>(secret.size())) == 1);
    require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1);
    require(EVP_DecryptFinal_ex(cipher.get(), bytes(plain) + length, &length) == 1);
    return plain;
}

}  // namespace headway::core
