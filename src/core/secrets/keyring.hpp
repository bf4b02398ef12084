#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace headway::core {

// One AES-256 key. `id` names it in sealed values; the fingerprint lets people compare keyrings
// without seeing a key.
struct Key {
    std::string id;
    std::string bytes;  // 32
};

// The keys of one cluster, oldest first; the last one seals. The file form is a line per key,
// "id base64-of-32-bytes"; lines that start with # are comments.
class Keyring {
  public:
    // Throws Failure(invalid) naming the line.
    static Keyring parse(std::string_view file);
    std::string serialize() const;

    bool empty() const { return keys_.empty(); }
    const Key& newest() const;                   // Failure(invalid) when empty
    const Key* find(std::string_view id) const;  // nullptr when absent
    // Appends a fresh random key and returns its id.
    const std::string& add_random();

  private:
    std::vector<Key> keys_;
};

// First 8 bytes of the key's SHA-256 in hex.
std::string fingerprint(const Key& key);

// What a sealed value is bound to: it opens only with the same words again (AES-GCM's associated
// data), so a row that is copied to another place, or a changed base URL, does not open.
struct SealScope {
    std::string workspace_id;
    std::string row_id;
    std::string origin;  // scheme://host:port the secret may be sent to
};

// A fresh uuid for a row to be sealed.
std::string random_row_id();

// AES-256-GCM: a version byte, 12 random bytes of nonce, ciphertext, 16 bytes of tag.
std::string seal(const Key& key, const SealScope& scope, std::string_view plain);
// Throws Failure(forbidden) when key, scope or bytes are not those of the sealing.
std::string open_seal(const Key& key, const SealScope& scope, std::string_view sealed);

}  // namespace headway::core
