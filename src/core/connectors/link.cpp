#include "core/connectors/link.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/base/url.hpp"

namespace headway::core {
namespace {

[[noreturn]] void refuse(const char* why) {
    throw Failure(Error{ErrorKind::protocol, "the link to the next page cannot be followed", why});
}

// Up to a separator that stands outside of quotation marks; takes it off the front of `rest`.
std::string_view take_until(std::string_view& rest, std::string_view separators) {
    bool quoted = false;
    std::size_t at = 0;
    for (; at < rest.size(); ++at) {
        if (rest[at] == '"') quoted = !quoted;
        else if (quoted && rest[at] == '\\') ++at;
        else if (!quoted && separators.find(rest[at]) != std::string_view::npos) break;
    }
    std::string_view taken = rest.substr(0, std::min(at, rest.size()));
    rest.remove_prefix(taken.size());
    return taken;
}

// Whether a parameter is rel, and one of its words is "next".
bool says_next(std::string_view parameter) {
    auto equals = parameter.find('=');
    if (equals == std::string_view::npos || lower(trim(parameter.substr(0, equals))) != "rel")
        return false;
    std::string words = lower(trim(parameter.substr(equals + 1)));
    std::replace(words.begin(), words.end(), '"', ' ');
    auto all = split(words, ' ');
    return std::find(all.begin(), all.end(), "next") != all.end();
}

// Whether one of a link's parameters says so; takes them off the front, with the comma behind.
bool take_parameters(std::string_view& rest) {
    bool is_next = false;
    while (!rest.empty() && rest[0] != ',') {
        rest.remove_prefix(1);  // the semicolon
        is_next |= says_next(take_until(rest, ";,"));
    }
    return is_next;
}

}  // namespace

std::string next_link(std::string_view header) {
    while (!header.empty()) {
        auto open = header.find('<');
        auto close = header.find('>', std::min(open, header.size()));
        if (close == std::string_view::npos) return {};
        std::string target(header.substr(open + 1, close - open - 1));
        header.remove_prefix(close + 1);
        if (take_parameters(header)) return target;
    }
    return {};
}

std::string link_within(std::string_view link, const std::string& origin) {
    link = link.substr(0, link.find('#'));
    if (!link.starts_with('/')) {
        auto authority = link.find("://");
        if (authority == std::string_view::npos)
            refuse("It is neither an https:// URL nor a path.");
        auto path = std::min(link.find_first_of("/?", authority + 3), link.size());
        std::string theirs;
        try {
            theirs = parse_base_url(link.substr(0, path)).origin();
        } catch (const Failure&) {
            refuse("It is no URL.");
        }
        if (theirs != origin)
            refuse("It leads to another origin than the credentials were given for.");
        link.remove_prefix(path);
    } else if (link.starts_with("//")) {
        refuse("It leads to another origin than the credentials were given for.");
    }
    return (link.starts_with('/') ? "" : "/") + encode_strays(link);
}

std::string without_parameter(std::string_view link, std::string_view parameter) {
    auto question = link.find('?');
    if (parameter.empty() || question == std::string_view::npos) return std::string(link);
    std::string kept;
    for (std::string_view part : split(link.substr(question + 1), '&')) {
        std::string_view name = part.substr(0, part.find('='));
        if (name == parameter || name == percent_encode(parameter)) continue;
        kept += (kept.empty() ? '?' : '&') + std::string(part);
    }
    return std::string(link.substr(0, question)) + kept;
}

}  // namespace headway::core
