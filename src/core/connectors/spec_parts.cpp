#include "core/connectors/spec_parts.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/connectors/connector_request.hpp"

namespace headway::core {
namespace {

bool only(std::string_view text, std::string_view allowed) {
    return text.find_first_not_of(allowed) == std::string_view::npos;
}

constexpr std::string_view kNameChars = "abcdefghijklmnopqrstuvwxyz0123456789_";

void check_name(const std::string& name, const std::string& path) {
    require_spec(
        !name.empty() && name.size() <= 63 && only(name, kNameChars) && name[0] >= 'a', path,
        "a name is made of a-z, 0-9 and _, begins with a letter and has at most 63 characters");
}

}  // namespace

void reject_spec(const std::string& path, const std::string& what) {
    throw Failure(Error{ErrorKind::invalid, "the connector spec is not valid", path + ": " + what});
}

void check_names(const Json& object, const std::string& path) {
    for (const auto& [name, member] : object.members()) check_name(name, path);
}

void check_members(const Json& object, const std::string& path,
                   std::initializer_list<std::string_view> allowed) {
    for (const auto& [name, member] : object.members())
        require_spec(std::find(allowed.begin(), allowed.end(), name) != allowed.end(),
                     path + "/" + name, "is no member of this kind");
}

std::string read_pointer(const Json& pointer, const std::string& path) {
    require_spec(pointer.as_string().empty() || pointer.as_string()[0] == '/', path,
                 "a pointer is empty or begins with /");
    return pointer.as_string();
}

std::string read_pointer_if_any(const Json& object, const char* member, const std::string& path) {
    const Json* given = object.find(member);
    if (!given) return {};
    std::string pointer = read_pointer(*given, path + "/" + member);
    require_spec(!pointer.empty(), path + "/" + member, "must point into the answer");
    return pointer;
}

std::string read_path(const Json& given, const std::string& path) {
    constexpr std::string_view kPathChars =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/{}";
    require_spec(given.as_string().starts_with('/') && only(given.as_string(), kPathChars), path,
                 "a path begins with / and holds letters, digits, -._~/ and {placeholders}");
    return given.as_string();
}

std::string read_header_if_any(const Json& object, const char* member, const std::string& path) {
    const Json* given = object.find(member);
    if (!given) return {};
    require_spec(is_header_name(given->as_string()), path + "/" + member,
                 "must be the name of a header");
    return given->as_string();
}

}  // namespace headway::core
