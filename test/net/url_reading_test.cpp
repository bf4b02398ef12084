// core::parse_base_url promises that its reading of the host is certainly the HTTP client's reading
// too: here both read the same texts.

#include <curl/curl.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <random>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/base/url.hpp"

namespace headway::net {
namespace {

struct Place {
    std::string scheme, host;
    int port;
    bool operator==(const Place&) const = default;
};

void PrintTo(const Place& place, std::ostream* out) {
    *out << place.scheme << ' ' << place.host << ' ' << place.port;
}

std::optional<core::BaseUrl> ours(std::string_view text) {
    try {
        return core::parse_base_url(text);
    } catch (const core::Failure&) {
        return std::nullopt;
    }
}

std::optional<Place> clients(const std::string& text) {
    std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), curl_url_cleanup);
    if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return std::nullopt;
    auto part = [&](CURLUPart which) {
        char* found = nullptr;
        if (curl_url_get(url.get(), which, &found, CURLU_DEFAULT_PORT) != CURLUE_OK)
            return std::string();
        std::unique_ptr<char, decltype(&curl_free)> owner(found, curl_free);
        return core::lower(found);
    };
    std::string host = part(CURLUPART_HOST);
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    return Place{part(CURLUPART_SCHEME), host, std::stoi(part(CURLUPART_PORT))};
}

// What we accept, the client must read in the same way, as it was given and as we write it.
void expect_one_reading(const std::string& text) {
    auto url = ours(text);
    if (!url) return;
    Place place{url->scheme, url->host, url->port};
    EXPECT_EQ(clients(text), place) << "'" << text << "'";
    EXPECT_EQ(clients(url->str()), place) << "'" << url->str() << "', written for '" << text << "'";
    EXPECT_EQ(clients(url->str() + "/calls?q=1"), place) << "a path behind it changes nothing";
}

std::string random_text(std::mt19937& random, std::initializer_list<const char*> pieces) {
    std::string text = random() % 2 ? "https://" : "http://";
    for (std::size_t n = 1 + random() % 6; n > 0; --n)
        text += pieces.begin()[random() % pieces.size()];
    return text;
}

TEST(UrlReading, NoTrickNamesTwoHosts) {
    std::mt19937 random(5);
    int accepted = 0;
    for (int i = 0; i < 60'000; ++i) {
        std::string text = random_text(
            random, {"good",  "evil", ".example", "-x", "_y", "@",        ":",      "/",      "\\",
                     "?",     "#",    "%2e",      "%",  "\t", " ",        "[",      "]",      ":80",
                     ":8443", "\r\n", ";",        "//", "&",  "user:pw@", "\u3002", "\uFF0F", "Z"});
        accepted += ours(text).has_value();
        expect_one_reading(text);
    }
    EXPECT_GT(accepted, 1000) << "the test has seen enough that is accepted";
}

TEST(UrlReading, PlainAddressesAreReadAlike) {
    for (auto text : {"http://10.0.0.7:8080/x", "https://255.255.255.255", "https://[::1]",
                      "https://[2001:db8::5]:8443/v1", "https://a.example:0443"})
        expect_one_reading(text);
}

// Numbers that an HTTP client takes for an IPv4 address, and dots and brackets that name no host.
TEST(UrlReading, AHostIsANameOrAnAddressAndNothingBetween) {
    std::mt19937 random(6);
    for (int i = 0; i < 20'000; ++i)
        expect_one_reading(random_text(random, {"1", "127", ".0", ".", "0x7f", "017", "2130706433",
                                                "a", "[", "]", "::1", "cafe", ":", "0:0:1"}));
}

}  // namespace
}  // namespace headway::net
