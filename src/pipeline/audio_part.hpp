#pragma once

#include <optional>
#include <string>

#include "net/http.hpp"
#include "pipeline/storage.hpp"

namespace headway::pipeline {

// So much of a recording as one exchange may carry: a file of its own made of `header` and a slice.
struct AudioPart {
    std::string file_name;
    std::string header;
    net::FileSlice slice;
    double begins_s = 0;
    std::optional<double> seconds;  // where the file tells
    std::int64_t ends_at = 0;       // in bytes of sound, where the next part begins
    bool is_last = true;
};

bool is_wav(const LocalFile& file);

// The part of a file that begins after `done` bytes of sound. A WAV file that is too large is cut
// where it is quiet; another one is Failure(too_large).
AudioPart part_of(const LocalFile& file, std::int64_t done);

}  // namespace headway::pipeline
