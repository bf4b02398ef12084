#pragma once

#include <string>

#include "core/base/settings.hpp"

namespace headway::pg {

// Declares headway's settings to the server; once, when the library is loaded.
void define_settings();

// Their values now.
core::Settings read_settings();
int worker_limit() noexcept;  // headway.max_workers
// headway.key_file, or the default beside the data directory.
std::string key_file();

}  // namespace headway::pg
