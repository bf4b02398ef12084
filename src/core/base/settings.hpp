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
};

}  // namespace headway::core
