#pragma once

#include <sys/resource.h>

#include <cstddef>

namespace headway::pg {

// As long as it lives, this process gets no more than `bytes` of memory beside what it has: further
// allocations fail, which the server reports as an error like any other. Stacks are not counted, so
// that nothing dies for want of one.
class MemoryBound {
  public:
    explicit MemoryBound(std::size_t bytes);
    ~MemoryBound();
    MemoryBound(const MemoryBound&) = delete;
    MemoryBound& operator=(const MemoryBound&) = delete;

  private:
    rlimit before_{};
    bool is_set_ = false;
};

}  // namespace headway::pg
