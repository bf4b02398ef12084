#include "core/base/address.hpp"

#include <algorithm>

namespace headway::core {
namespace {

struct Range {
    std::uint32_t network;
    int bits;
};

// RFC 6890 and its updates; 192.88.99.0/24 is the retired 6to4 relay.
constexpr Range kReserved[] = {
    {0x00000000, 8},  {0x0A000000, 8},  {0x64400000, 10}, {0x7F000000, 8},  {0xA9FE0000, 16},
    {0xAC100000, 12}, {0xC0000000, 24}, {0xC0000200, 24}, {0xC0586300, 24}, {0xC0A80000, 16},
    {0xC6120000, 15}, {0xC6336400, 24}, {0xCB007100, 24}, {0xE0000000, 4},  {0xF0000000, 4},
};

std::uint32_t ipv4_at(const Ipv6Bytes& a, std::size_t at) {
    return (std::uint32_t{a[at]} << 24) | (std::uint32_t{a[at + 1]} << 16) |
           (std::uint32_t{a[at + 2]} << 8) | a[at + 3];
}

bool starts_with(const Ipv6Bytes& address, std::initializer_list<std::uint8_t> prefix) {
    return std::equal(prefix.begin(), prefix.end(), address.begin());
}

}  // namespace

bool is_public_ipv4(std::uint32_t address) {
    return std::none_of(std::begin(kReserved), std::end(kReserved), [address](Range range) {
        return (address ^ range.network) >> (32 - range.bits) == 0;
    });
}

bool is_public_ipv6(const Ipv6Bytes& a) {
    if (starts_with(a, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}))
        return is_public_ipv4(ipv4_at(a, 12));
    if (starts_with(a, {0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0}))
        return is_public_ipv4(ipv4_at(a, 12));
    if (starts_with(a, {0x20, 0x02})) return is_public_ipv4(ipv4_at(a, 2));
    bool global_unicast = (a[0] & 0xE0) == 0x20;                   // 2000::/3
    bool special = starts_with(a, {0x20, 0x01, 0x00}) ||           // 2001::/24, Teredo among them
                   starts_with(a, {0x20, 0x01, 0x01}) ||           // rest of 2001::/23
                   starts_with(a, {0x20, 0x01, 0x0D, 0xB8}) ||     // documentation
                   (starts_with(a, {0x3F, 0xFF}) && a[2] < 0x10);  // documentation, 3fff::/20
    return global_unicast && !special;
}

}  // namespace headway::core
