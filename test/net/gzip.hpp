#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace headway::test {

inline std::uint32_t crc32_of(std::string_view bytes) {
    std::uint32_t crc = ~0u;
    for (unsigned char byte : bytes) {
        crc ^= byte;
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0xEDB88320u : 0u);
    }
    return ~crc;
}

inline std::string little_endian(std::uint32_t number, int bytes) {
    std::string out;
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(number >> (8 * i));
    return out;
}

inline std::string gzip_wrapped(const std::string& deflated, std::string_view plain) {
    return std::string("\x1F\x8B\x08\0\0\0\0\0\0\xFF", 10) + deflated +
           little_endian(crc32_of(plain), 4) +
           little_endian(static_cast<std::uint32_t>(plain.size()), 4);
}

// A short text (up to 64 kB) in gzip's form, without compression (RFC 1951, 3.2.4).
inline std::string gzip_stored(const std::string& plain) {
    auto size = static_cast<std::uint32_t>(plain.size());
    return gzip_wrapped('\x01' + little_endian(size, 2) + little_endian(~size, 2) + plain, plain);
}

// 1 + 258 * runs times the letter "a" in less than two bytes a run: a fixed-Huffman block of one
// literal and copies of length 258 from distance 1 (RFC 1951, 3.2.6).
inline std::string gzip_bomb(std::size_t runs) {
    std::string out;
    unsigned filled = 8;
    auto bit = [&](unsigned value) {
        if (filled == 8) out += '\0', filled = 0;
        out.back() =
            static_cast<char>(static_cast<unsigned char>(out.back()) | (value << filled++));
    };
    auto code = [&](unsigned value, int length) {
        while (length-- > 0) bit((value >> length) & 1);
    };
    bit(1), bit(1), bit(0);  // the last block, fixed codes
    code(0x30 + 'a', 8);     // literal
    for (std::size_t i = 0; i < runs; ++i) {
        code(0xC5, 8);  // length 258
        code(0, 5);     // distance 1
    }
    code(0, 7);  // the end
    return gzip_wrapped(out, std::string(1 + 258 * runs, 'a'));
}

}  // namespace headway::test
