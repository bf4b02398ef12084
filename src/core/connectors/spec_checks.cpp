#include "core/connectors/spec_checks.hpp"

#include "core/base/error.hpp"

namespace headway::core {

void reject(const std::string& path, const std::string& what) {
    throw Failure(Error{ErrorKind::invalid, "the connector spec is not valid", path + ": " + what});
}

void require(bool condition, const std::string& path, const std::string& what) {
    if (!condition) reject(path, what);
}

std::string read_pointer(const Json& pointer, const std::string& path) {
    require(pointer.as_string().empty() || pointer.as_string()[0] == '/', path,
            "a pointer is empty or begins with /");
    return pointer.as_string();
}

}  // namespace headway::core
