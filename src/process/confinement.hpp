#pragma once

#include <string>
#include <vector>

#include "net/descriptor.hpp"
#include "process/programs.hpp"

namespace headway::process {

// What holds a child process in: limits of the system, no sockets, and (where the kernel has
// Landlock) no file but the program's own libraries and the files that it is given. Made before the
// fork, since a child of a process with threads may do next to nothing before it becomes another
// program.
class Confinement {
  public:
    Confinement(const Program& program, const std::string& directory);

    // In the child: async-signal-safe, and for good.
    void enter() const noexcept;

  private:
    void allow(const std::string& path, std::uint64_t access);

    net::Descriptor rules_;  // none where the kernel has no Landlock
    unsigned long cpu_seconds_;
    unsigned long written_bytes_;
};

}  // namespace headway::process
