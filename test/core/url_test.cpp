#include "core/base/url.hpp"

#include <gtest/gtest.h>

#include "failure_of.hpp"

namespace headway::core {
namespace {

using test::failure_of;

std::string read(std::string_view text) {
    try {
        BaseUrl url = parse_base_url(text);
        return url.scheme + ' ' + url.host + ' ' + std::to_string(url.port) + ' ' + url.path;
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.error().kind, ErrorKind::invalid);
        return "refused";
    }
}

TEST(BaseUrl, ReadsPlainOnes) {
    EXPECT_EQ(read("https://api.example.com"), "https api.example.com 443 ");
    EXPECT_EQ(read("https://api.example.com/"), "https api.example.com 443 ");
    EXPECT_EQ(read("https://api.example.com/v2/eu//"), "https api.example.com 443 /v2/eu");
    EXPECT_EQ(read("http://localhost:8080/v1"), "http localhost 8080 /v1");
    EXPECT_EQ(read("http://10.0.0.7"), "http 10.0.0.7 80 ");
    EXPECT_EQ(read("https://[2001:db8::1]:8443/x"), "https 2001:db8::1 8443 /x");
    EXPECT_EQ(read("https://[::1]"), "https ::1 443 ");
    EXPECT_EQ(read("HTTPS://API.Example.COM/V2"), "https api.example.com 443 /V2")
        << "only the path keeps its case";
    EXPECT_EQ(read("https://under_score-1.example"), "https under_score-1.example 443 ");
}

TEST(BaseUrl, RefusesOtherSchemesAndNone) {
    for (auto text :
         {"", "api.example.com", "//api.example.com", "ftp://x.example", "file:///etc/passwd",
          "httpss://x.example", "https:/x.example", "https:x.example", " https://x.example",
          "\thttps://x.example", "javascript://x", "gopher://x.example", "http+unix://x",
          "://x.example", "http\t://x.example", "view-source:https://x.example"})
        EXPECT_EQ(read(text), "refused") << "'" << text << "'";
}

// Each of these is read as another host by one client or the other.
TEST(BaseUrl, RefusesWhatCouldNameTwoHosts) {
    using namespace std::string_view_literals;
    for (auto text : {"https://user@evil.example"sv,
                      "https://user:secret@evil.example"sv,
                      "https://good.example@evil.example"sv,
                      "https://good.example:443@evil.example"sv,
                      "https://good.example:@evil.example"sv,
                      "https://@evil.example"sv,
                      "https://good.example\\@evil.example"sv,
                      "https://good.example\\.evil.example"sv,
                      "https:\\\\evil.example"sv,
                      "https:/\\evil.example"sv,
                      "https://\\evil.example"sv,
                      "https://good.example#@evil.example"sv,
                      "https://good.example?@evil.example"sv,
                      "https://good.example;@evil.example"sv,
                      "https://good.example,evil.example"sv,
                      "https:///evil.example"sv,
                      "https:////evil.example"sv,
                      "https://"sv,
                      "https:///"sv,
                      "https://:443"sv,
                      "https://good.example\t.evil.example"sv,
                      "https://good.exa\nmple"sv,
                      "https://good.example\r\nHost: evil"sv,
                      "https://good.example "sv,
                      "https:// good.example"sv,
                      "https://good.example\0.evil.example"sv,
                      "https://good%2eexample"sv,
                      "https://evil.example%2f.good.example"sv,
                      "https://good.example%00"sv,
                      "https://g\u00F6od.example"sv,
                      "https://good\u3002example"sv,
                      "https://good.example\uFF0Fevil"sv,
                      "https://\u212Aelvin.example"sv,
                      "https://good.example\xFF"sv,
                      "https://good.example&evil"sv,
                      "https://good.example'"sv,
                      "https://good.example\""sv,
                      "https://<good>"sv,
                      "https://good.example|x"sv,
                      "https://{good}"sv,
                      "https://*.example"sv,
                      "https://good.example$"sv,
                      "https://!good"sv,
                      "https://(good)"sv})
        EXPECT_EQ(read(text), "refused") << "'" << text << "'";
}

TEST(BaseUrl, RefusesBrokenBrackets) {
    for (auto text :
         {"https://[::1", "https://::1", "https://[::1]evil.example", "https://[::1]]",
          "https://[[::1]]", "https://[::1%25eth0]", "https://[fe80::1%eth0]", "https://[]",
          "https://x[::1]", "https://[::1]@evil", "https://[::1].evil.example", "https://[v1.x]",
          "https://[::1]:", "https://[::g]"})
        EXPECT_EQ(read(text), "refused") << text;
}

TEST(BaseUrl, BracketsHoldAnIpv6AddressAndNothingElse) {
    for (auto text : {"https://[cafe]", "https://[127.0.0.1]", "https://[:]", "https://[....]",
                      "https://[1:2]"})
        EXPECT_EQ(read(text), "refused") << text;
}

// An HTTP client takes each of these for an address written another way, or for no host at all.
TEST(BaseUrl, RefusesHostsThatAClientWouldReadDifferently) {
    for (auto text :
         {"http://2130706433", "http://0x7f.1", "http://127.1", "http://0177.0.0.1",
          "http://127.0.0.1.", "https://..", "https://.example.com", "https://a..example.com"})
        EXPECT_EQ(read(text), "refused") << text;
}

TEST(BaseUrl, APortIsANumberFrom1To65535) {
    EXPECT_EQ(read("https://x.example:1"), "https x.example 1 ");
    EXPECT_EQ(read("https://x.example:65535"), "https x.example 65535 ");
    for (auto text :
         {"https://x.example:", "https://x.example:0", "https://x.example:65536",
          "https://x.example:-1", "https://x.example:+443", "https://x.example:443x",
          "https://x.example: 443", "https://x.example:443 ", "https://x.example:99999999999",
          "https://x.example:4:4", "https://x.example:0x1bb", "https://x.example:４"})
        EXPECT_EQ(read(text), "refused") << text;
}

TEST(BaseUrl, APathIsPlain) {
    EXPECT_EQ(read("https://x.example/a-b_c.d~e/9"), "https x.example 443 /a-b_c.d~e/9");
    for (auto text :
         {"https://x.example/?q=1", "https://x.example/a?q", "https://x.example?q",
          "https://x.example/#f", "https://x.example#f", "https://x.example/../admin",
          "https://x.example/a/..", "https://x.example/%2e%2e/admin", "https://x.example/a%2fb",
          "https://x.example/a b", "https://x.example/a\\b", "https://x.example/a\tb",
          "https://x.example/a\r\nb", "https://x.example/@evil.example", "https://x.example/a;b",
          "https://x.example/a:b", "https://x.example/\u00FC", "https://x.example/{parent}",
          "https://x.example/a&b"})
        EXPECT_EQ(read(text), "refused") << text;
}

TEST(BaseUrl, WritesThePortOnlyWhereItIsNotTheUsualOne) {
    EXPECT_EQ(parse_base_url("https://x.example:443/v2/").str(), "https://x.example/v2");
    EXPECT_EQ(parse_base_url("http://x.example:80").str(), "http://x.example");
    EXPECT_EQ(parse_base_url("http://x.example:443").str(), "http://x.example:443");
    EXPECT_EQ(parse_base_url("https://x.example:8443/v2").str(), "https://x.example:8443/v2");
    EXPECT_EQ(parse_base_url("https://[::1]:80/v2").str(), "https://[::1]:80/v2");
    EXPECT_EQ(parse_base_url("https://[::1]").str(), "https://[::1]");
}

TEST(BaseUrl, TheOriginAlwaysNamesThePort) {
    EXPECT_EQ(parse_base_url("https://X.example/v2").origin(), "https://x.example:443");
    EXPECT_EQ(parse_base_url("http://x.example").origin(), "http://x.example:80");
    EXPECT_EQ(parse_base_url("https://[2001:DB8::1]/v2").origin(), "https://[2001:db8::1]:443");
}

TEST(BaseUrl, WhatItWritesItReadsTheSame) {
    for (auto text : {"https://x.example:8443/v2/", "http://LOCALHOST", "https://[::1]:99/a/b",
                      "http://x.example:443//", "https://1.2.3.4"}) {
        BaseUrl once = parse_base_url(text), twice = parse_base_url(once.str());
        EXPECT_EQ(once.origin(), twice.origin());
        EXPECT_EQ(once.path, twice.path);
    }
}

TEST(BaseUrl, SaysNothingOfWhatItRefuses) {
    Error error = failure_of([] { parse_base_url("https://user:hunter2@x.example"); });
    EXPECT_EQ((error.message + error.detail + error.hint).find("hunter2"), std::string::npos)
        << "it may hold a password";
}

TEST(NamesHost, MatchesAWholeHostWithOrWithoutItsPort) {
    BaseUrl url = parse_base_url("http://crm.internal:8080");
    for (auto list : {"crm.internal", "crm.internal:8080", "a.internal,crm.internal",
                      "a.internal, crm.internal:8080 b.internal", "  crm.internal  ",
                      "CRM.Internal", ",,crm.internal,,"})
        EXPECT_TRUE(names_host(list, url)) << "'" << list << "'";
    for (auto list :
         {"", " ", ",", "crm", "internal", ".internal", "*.internal", "*", "xcrm.internal",
          "crm.internal.evil.example", "crm.internal:80", "crm.internal:", "crm.internal:808",
          "crm.internal:80800", "http://crm.internal", "crm.internal/", "crm.internal."})
        EXPECT_FALSE(names_host(list, url)) << "'" << list << "'";
}

TEST(NamesHost, KnowsTheUsualPorts) {
    EXPECT_TRUE(names_host("crm.internal:443", parse_base_url("https://crm.internal")));
    EXPECT_FALSE(names_host("crm.internal:443", parse_base_url("http://crm.internal")));
    EXPECT_TRUE(names_host("::1", parse_base_url("http://[::1]:8080")));
}

TEST(NamesHost, TabsAndLineBreaksAreBlanksToo) {
    EXPECT_TRUE(names_host("a.internal\tcrm.internal", parse_base_url("https://crm.internal")));
    EXPECT_TRUE(names_host("a.internal,\ncrm.internal", parse_base_url("https://crm.internal")));
}

TEST(NamesHost, AnIpv6AddressIsNotTakenForAnotherOneWithAPort) {
    EXPECT_FALSE(names_host("fd00::1:443", parse_base_url("https://[fd00::1]")))
        << "the list names the host fd00::1:443";
    EXPECT_TRUE(names_host("[fd00::1]:8443", parse_base_url("https://[fd00::1]:8443")));
}

TEST(PercentEncode, LeavesTheUnreservedAndNothingElse) {
    EXPECT_EQ(percent_encode("AZaz09-._~"), "AZaz09-._~");
    EXPECT_EQ(percent_encode("a b/c?d&e=f#g%h+i"), "a%20b%2Fc%3Fd%26e%3Df%23g%25h%2Bi");
    EXPECT_EQ(percent_encode("\u00E9\U0001F600"), "%C3%A9%F0%9F%98%80");
    EXPECT_EQ(percent_encode(std::string("\r\n\0", 3)), "%0D%0A%00");
    EXPECT_EQ(percent_encode("\xFF{}[]@:"), "%FF%7B%7D%5B%5D%40%3A");
}

TEST(PercentDecode, UndoesEncodingAndLeavesWhatIsNoEscape) {
    EXPECT_EQ(percent_decode("a%20b%2Fc"), "a b/c");
    EXPECT_EQ(percent_decode("100%"), "100%");
    EXPECT_EQ(percent_decode("%4"), "%4");
    EXPECT_EQ(percent_decode("%zz%4g%-1"), "%zz%4g%-1");
    EXPECT_EQ(percent_decode(percent_encode("\x01 \xC3\xA9?&")), "\x01 \xC3\xA9?&");
}

}  // namespace
}  // namespace headway::core
