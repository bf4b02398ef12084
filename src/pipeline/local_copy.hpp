#pragma once

#include <string>

#include "pipeline/storage.hpp"

namespace headway::pipeline {

// Writes what was fetched to a file that only the server's user may read. Throws Failure.
LocalFile write_copy(const std::string& path, std::string_view content);
// What a file has from `offset` on, at most `size` bytes. Throws Failure.
std::string read_part(const std::string& path, std::uint64_t offset, std::size_t size);

}  // namespace headway::pipeline
