#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace headway::core {

// RFC 4648 base64 with padding. Decoding throws Failure(invalid) for anything but that.
std::string base64_encode(std::string_view bytes);
std::string base64_decode(std::string_view text);
// The same with - and _, and without padding, as JWTs have it.
std::string base64url_decode(std::string_view text);
std::string hex_encode(std::string_view bytes);  // lower case
std::string sha256(std::string_view bytes);      // 32 raw bytes

// The same of what comes piece by piece.
class Sha256Stream {
  public:
    Sha256Stream();
    void add(std::string_view bytes);
    std::string digest();  // once, at the end

  private:
    struct Free {
        void operator()(void* context) const;
    };
    std::unique_ptr<void, Free> context_;
};

}  // namespace headway::core
