#include "core/base/url.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace headway::core {
namespace {

constexpr std::string_view kNameChars =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
constexpr std::string_view kPathChars =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";

bool only(std::string_view text, std::string_view allowed) {
    return text.find_first_not_of(allowed) == std::string_view::npos;
}

void require(bool condition, const char* what) {
    if (!condition)
        throw Failure(Error{ErrorKind::invalid, "not a base URL", std::string("it ") + what});
}

int parse_port(std::string_view digits) {
    int port = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    require(
        error == std::errc{} && end == digits.data() + digits.size() && port > 0 && port < 65536,
        "has a port that is no port");
    return port;
}

bool is_address(int family, const std::string& host) {
    in6_addr address;
    return inet_pton(family, host.c_str(), &address) == 1;
}

// A client takes a host whose last label is a number for an IPv4 address, in whatever notation.
bool ends_in_number(std::string_view host) {
    std::string_view last = host.substr(host.find_last_of('.') + 1);
    return only(last, "0123456789") || last.starts_with("0x");
}

// Letters beyond ASCII go before lower case turns some of them into ASCII.
std::string read_name(std::string_view text) {
    require(!text.empty(), "names no host");
    require(only(text, kNameChars), "has a host that is no host");
    std::string host = lower(text);
    for (std::string_view label : split(host, '.'))
        require(!label.empty(), "has a host that is no host");
    require(!ends_in_number(host) || is_address(AF_INET, host), "has an address that is none");
    return host;
}

// The host as a URL holds it.
std::string bracketed(const std::string& host) {
    return host.find(':') == std::string::npos ? host : '[' + host + ']';
}

}  // namespace

std::string BaseUrl::origin() const {
    return scheme + "://" + bracketed(host) + ':' + std::to_string(port);
}

std::string BaseUrl::str() const {
    std::string text = origin();
    std::string usual = scheme == "https" ? ":443" : ":80";
    if (text.ends_with(usual)) text.resize(text.size() - usual.size());
    return text + path;
}

BaseUrl parse_base_url(std::string_view text) {
    BaseUrl url;
    auto separator = text.find("://");
    require(separator != std::string_view::npos, "must begin with https://");
    url.scheme = lower(text.substr(0, separator));
    require(url.scheme == "https" || url.scheme == "http", "must begin with https://");
    text.remove_prefix(separator + 3);

    std::string_view authority = text.substr(0, text.find_first_of("/?#"));
    std::string_view path = text.substr(authority.size());
    std::string_view port;
    if (authority.starts_with('[')) {
        auto bracket = authority.find(']');
        require(bracket != std::string_view::npos, "has a host that is no host");
        url.host = lower(authority.substr(1, bracket - 1));
        require(is_address(AF_INET6, url.host), "has an address that is none");
        port = authority.substr(bracket + 1);
    } else {
        auto colon = std::min(authority.find(':'), authority.size());
        url.host = read_name(authority.substr(0, colon));
        port = authority.substr(colon);
    }
    require(port.empty() || port.starts_with(':'), "has a host that is no host");
    url.port = port.empty() ? (url.scheme == "https" ? 443 : 80) : parse_port(port.substr(1));

    while (path.ends_with('/')) path.remove_suffix(1);
    require(only(path, kPathChars) && path.find("..") == std::string_view::npos,
            "has a path that is no plain path");
    url.path = path;
    return url;
}

bool names_host(std::string_view list, const BaseUrl& url) {
    std::string host = bracketed(url.host), with_port = host + ':' + std::to_string(url.port);
    std::string entries = lower(list);
    for (char& c : entries)
        if (std::string_view(",\t\r\n").find(c) != std::string_view::npos) c = ' ';
    for (std::string_view entry : split(entries, ' '))
        if (entry == url.host || entry == host || entry == with_port) return true;
    return false;
}

std::string percent_encode(std::string_view text) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string out;
    for (char c : text) {
        auto byte = static_cast<unsigned char>(c);
        if (only(std::string_view(&c, 1), kPathChars) && c != '/') {
            out += c;
        } else {
            out += '%';
            out += kHex[byte >> 4];
            out += kHex[byte & 15];
        }
    }
    return out;
}

std::string percent_encode_path(std::string_view path) {
    std::string encoded;
    for (std::string_view part : split(path, '/'))
        encoded += (part.data() == path.data() ? "" : "/") + percent_encode(part);
    return encoded;
}

std::string percent_decode(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        unsigned char byte = 0;
        std::string_view digits = text.substr(at).substr(1, 2);
        auto end = digits.data() + digits.size();
        bool is_escape = text[at] == '%' && digits.size() == 2 &&
                         std::from_chars(digits.data(), end, byte, 16).ptr == end;
        out += is_escape ? static_cast<char>(byte) : text[at];
        if (is_escape) at += 2;
    }
    return out;
}

std::string encode_strays(std::string_view target) {
    static constexpr std::string_view kMarks = ":?@!$&'()*+,;=%[]";
    std::string out;
    for (char c : target) {
        std::string_view one(&c, 1);
        out += only(one, kPathChars) || only(one, kMarks) ? std::string(one) : percent_encode(one);
    }
    return out;
}

}  // namespace headway::core
