#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace headway::core {

// The settings that C++ reads, with their defaults; docs/reference/settings.md explains them.
struct Settings {
    int max_concurrency = 64;
    int max_workers = 1;
    std::chrono::milliseconds worker_idle_timeout{2'000};
    std::chrono::milliseconds request_timeout{60'000};
    std::size_t max_response_bytes = 64 << 20;
    std::string allowed_private_hosts;
    std::string storage_directory;
    std::size_t max_audio_bytes = 500 << 20;
    // What temporary files' paths begin with.
    std::string temporary_prefix;
    std::string ffmpeg_directory = "/usr/bin";
};

}  // namespace headway::core
