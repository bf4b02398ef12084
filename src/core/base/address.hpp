#pragma once

#include <array>
#include <cstdint>

namespace headway::core {

using Ipv6Bytes = std::array<std::uint8_t, 16>;

// Whether a resolved address belongs to the public internet. Everything that IANA's special-purpose
// registries reserve (loopback, private, link-local with the clouds' metadata service, shared,
// multicast, documentation, benchmarks ...) does not, nor does an IPv6 address that embeds such an
// IPv4 address (mapped, 6to4, NAT64).
bool is_public_ipv4(std::uint32_t address);  // host byte order
bool is_public_ipv6(const Ipv6Bytes& address);

}  // namespace headway::core
