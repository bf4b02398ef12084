#pragma once

#include <string>

namespace headway::net {

// The HTTP library and the TLS library it uses, with their versions.
std::string library_versions();

}  // namespace headway::net
