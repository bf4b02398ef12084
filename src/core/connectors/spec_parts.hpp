#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.hpp"
#include "core/connectors/connector_spec.hpp"

namespace headway::core {

// The parts that a spec is read from. All of them throw Failure(invalid), whose detail begins with
// the path of the offending part.

[[noreturn]] void reject_spec(const std::string& path, const std::string& what);
inline void require_spec(bool condition, const std::string& path, const std::string& what) {
    if (!condition) reject_spec(path, what);
}

void check_names(const Json& object, const std::string& path);
// No member but these; for the parts whose members depend on their kind.
void check_members(const Json& object, const std::string& path,
                   std::initializer_list<std::string_view> allowed);
std::string read_pointer(const Json& pointer, const std::string& path);
// The same for an optional member of `object`; "" when it is not there. The whole value, "", is no
// answer to what is asked.
std::string read_pointer_if_any(const Json& object, const char* member, const std::string& path);
std::string read_path(const Json& given, const std::string& path);
// The header's name in the optional member, "" when it is not there.
std::string read_header_if_any(const Json& object, const char* member, const std::string& path);

// By topic. `credentials`: their names; `has_body`: whether the request has one to put a value
// into.
AuthSpec read_auth(const Json& auth, const std::vector<std::string>& credentials);
Pagination read_pagination(const Json& pagination, const std::string& path, bool has_body);
ListSpec read_list(const Json& list, const ConnectorSpec& spec);
std::vector<ChildSpec> read_children(const Json& children, const ConnectorSpec& spec);
void read_budgets(const Json& spec, ConnectorSpec& parsed);
void read_requests(const Json& spec, ConnectorSpec& parsed);
// Whether all that the templates mention has a value, and each group a budget.
void check_requests(const ConnectorSpec& spec, const Json& settings);
void check_settings(const Json& settings);
// Which members auth and pagination may have. Only for what somebody writes: a type that was
// registered with one more goes on.
void check_auth_members(const Json& auth);
void check_pagination_members(const Json& pagination, const std::string& path);
// "" when `value` is of the setting's type, else what is wrong with it.
std::string type_mismatch(const Json& value, const std::string& type);

}  // namespace headway::core
