#pragma once

#include <string>
#include <vector>

#include "pipeline/context.hpp"

namespace headway::pipeline {

// Has ffmpeg write the file `to`, of so many bytes at most, from the file `from`. `what`: what the
// file is, for whoever has to install ffmpeg. Throws Failure(refused) with the reason why that
// cannot be.
async::Task<void> convert_audio(Context& ctx, std::vector<std::string> arguments, std::string from,
                                std::string to, std::uint64_t most_bytes, std::string what);

}  // namespace headway::pipeline
