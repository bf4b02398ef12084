#pragma once

#include <string>
#include <string_view>

namespace headway::core {

// The names of stored objects, narrowed to what every provider takes and no file system misreads.
//
// A bucket: 3 to 63 of a-z, 0-9 and -, a letter or digit at both ends. A key: segments of A-Z, a-z,
// 0-9, ".", "_" and "-", joined by "/", none of them empty, "." or ".." or longer than 200; at most
// 800 altogether. Throws Failure(invalid) for anything else.
void check_bucket_name(std::string_view bucket);
void check_object_key(std::string_view key);

// Any text as one segment of a key: what may not stand there becomes "-"; "" becomes `otherwise`.
// A long one is cut before its extension.
std::string object_segment(std::string_view text, std::string_view otherwise);

}  // namespace headway::core
