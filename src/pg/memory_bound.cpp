#include "pg/memory_bound.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace headway::pg {
namespace {

// 0 when the system does not tell.
rlim_t data_in_use() {
    std::FILE* statm = std::fopen("/proc/self/statm", "r");
    if (!statm) return 0;
    unsigned long pages = 0;
    int read = std::fscanf(statm, "%*u %*u %*u %*u %*u %lu", &pages);
    std::fclose(statm);
    return read == 1 ? rlim_t(pages) * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace

MemoryBound::MemoryBound(std::size_t bytes) {
    rlim_t used = data_in_use();
    if (used == 0 || getrlimit(RLIMIT_DATA, &before_) != 0) return;
    rlimit bound = before_;
    bound.rlim_cur = std::min<rlim_t>(before_.rlim_cur, used + bytes);
    is_set_ = setrlimit(RLIMIT_DATA, &bound) == 0;
}

MemoryBound::~MemoryBound() {
    if (is_set_) setrlimit(RLIMIT_DATA, &before_);
}

}  // namespace headway::pg
