#include "core/base/address.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace headway::core {
namespace {

std::uint32_t ipv4(const char* text) {
    in_addr address;
    if (inet_pton(AF_INET, text, &address) != 1) throw std::invalid_argument(text);
    return ntohl(address.s_addr);
}

Ipv6Bytes ipv6(const std::string& text) {
    in6_addr address;
    if (inet_pton(AF_INET6, text.c_str(), &address) != 1) throw std::invalid_argument(text);
    Ipv6Bytes bytes;
    std::copy_n(address.s6_addr, bytes.size(), bytes.begin());
    return bytes;
}

// The first and the last address of each range of IANA's IPv4 special-purpose registry and
// multicast.
struct Range {
    const char *name, *first, *last;
};
constexpr Range kReserved[] = {
    {"this network", "0.0.0.0", "0.255.255.255"},
    {"private 10/8", "10.0.0.0", "10.255.255.255"},
    {"shared", "100.64.0.0", "100.127.255.255"},
    {"loopback", "127.0.0.0", "127.255.255.255"},
    {"link-local and metadata", "169.254.0.0", "169.254.255.255"},
    {"private 172.16/12", "172.16.0.0", "172.31.255.255"},
    {"protocol assignments", "192.0.0.0", "192.0.0.255"},
    {"documentation 1", "192.0.2.0", "192.0.2.255"},
    {"6to4 relays", "192.88.99.0", "192.88.99.255"},
    {"private 192.168/16", "192.168.0.0", "192.168.255.255"},
    {"benchmarking", "198.18.0.0", "198.19.255.255"},
    {"documentation 2", "198.51.100.0", "198.51.100.255"},
    {"documentation 3", "203.0.113.0", "203.0.113.255"},
    {"multicast, reserved and broadcast", "224.0.0.0", "255.255.255.255"},
};

TEST(Ipv4, NoSpecialRangeIsPublicFromItsFirstAddressToItsLast) {
    for (const Range& range : kReserved) {
        std::uint32_t first = ipv4(range.first), last = ipv4(range.last);
        for (std::uint32_t address : {first, first + (last - first) / 2, last})
            EXPECT_FALSE(is_public_ipv4(address)) << range.name;
    }
}

TEST(Ipv4, TheNeighboursOfSpecialRangesArePublic) {
    for (const Range& range : kReserved) {
        if (std::uint32_t first = ipv4(range.first); first != 0) {
            EXPECT_TRUE(is_public_ipv4(first - 1)) << "before " << range.name;
        }
        if (std::uint32_t last = ipv4(range.last); last != 0xFFFFFFFF) {
            EXPECT_TRUE(is_public_ipv4(last + 1)) << "after " << range.name;
        }
    }
    EXPECT_TRUE(is_public_ipv4(ipv4("8.8.8.8")));
}

TEST(Ipv4, TheAddressesThatAttackersAskForAreNotPublic) {
    for (auto address : {"127.0.0.1", "169.254.169.254", "169.254.170.2", "100.100.100.200",
                         "192.168.1.1", "0.0.0.0", "255.255.255.255"})
        EXPECT_FALSE(is_public_ipv4(ipv4(address))) << address;
}

TEST(Ipv6, NoSpecialRangeIsPublic) {
    for (auto address : {
             "::",
             "::1",
             "::2",
             "::ffff",  // unspecified, loopback
             "::7f00:1",
             "::0808:0808",       // IPv4-compatible, retired
             "::ffff:0:808:808",  // translated
             "64:ff9b:1::",
             "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
             "64:ff9b:1::808:808",  // local NAT64
             "100::",
             "100::ffff:ffff:ffff:ffff",
             "100:0:0:1::1",  // discard, dummy
             "2001::",
             "2001:0:ffff::1",
             "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",  // protocol assignments
             "2001:2::1",
             "2001:10::1",
             "2001:20::1",  // benchmarking, ORCHID
             "2001:db8::",
             "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",  // documentation
             "3fff::",
             "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",  // documentation
             "5f00::",
             "5f00::1",  // segment routing
             "fc00::",
             "fd12:3456:789a::1",
             "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",  // unique local
             "fd00:ec2::254",                            // cloud metadata
             "fe80::",
             "fe80::1",
             "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",  // link-local
             "fec0::1",
             "ff00::",
             "ff02::1",
             "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",  // site-local, multicast
             "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
             "4000::",
             "8000::1",  // unassigned
         })
        EXPECT_FALSE(is_public_ipv6(ipv6(address))) << address;
}

TEST(Ipv6, TheNeighboursOfSpecialRangesArePublic) {
    for (auto address : {"2001:200::", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::",
                         "2000::1", "2001:4860:4860::8888", "2003::1", "2606:4700::1111",
                         "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::"})
        EXPECT_TRUE(is_public_ipv6(ipv6(address))) << address;
}

// An address that carries an IPv4 address is as public as that one is.
TEST(Ipv6, EmbeddedIpv4AddressesCountAsThemselves) {
    auto hex = [](std::uint32_t address) {
        char text[16];
        std::snprintf(text, sizeof text, "%x:%x", address >> 16, address & 0xFFFF);
        return std::string(text);
    };
    auto embeddings = [&](std::uint32_t address) {
        return std::vector<Ipv6Bytes>{ipv6("::ffff:" + hex(address)),
                                      ipv6("64:ff9b::" + hex(address)),
                                      ipv6("2002:" + hex(address) + "::1")};
    };
    for (const Range& range : kReserved)
        for (const char* edge : {range.first, range.last})
            for (const Ipv6Bytes& address : embeddings(ipv4(edge)))
                EXPECT_FALSE(is_public_ipv6(address)) << range.name << ' ' << edge;
    for (auto open : {"8.8.8.8", "1.1.1.1", "172.32.0.0", "11.0.0.0"})
        for (const Ipv6Bytes& address : embeddings(ipv4(open)))
            EXPECT_TRUE(is_public_ipv6(address)) << open;
}

}  // namespace
}  // namespace headway::core
