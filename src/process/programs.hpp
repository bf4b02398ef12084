#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "async/task.hpp"
#include "core/base/result.hpp"

namespace headway::process {

// A program of the server that is run on a file that nobody trusts.
struct Program {
    std::string name;                    // in headway.ffmpeg_directory
    std::vector<std::string> arguments;  // as they are, never through a shell
    std::string reads;                   // the one file that it may read
    std::string writes = {};             // the one file that it may write, which exists; or none
    std::chrono::seconds most_time{60};
    std::chrono::seconds most_cpu_time{60};
    std::uint64_t most_written = 1 << 20;  // bytes
};

struct ProgramEnd {
    int exit_code = 0;         // negative: the signal that ended it
    bool was_stopped = false;  // it took longer than it might
    std::string output = {};   // the first part of it
    std::string complaints = {};
};

// Runs programs as processes of their own, without a network and without a way to the server's
// files, at most a few at once. Destroying the task kills the program.
class Programs {
  public:
    virtual ~Programs() = default;
    virtual bool has(const std::string& name) const = 0;
    virtual async::Task<core::Result<ProgramEnd>> run(Program program) = 0;
};

}  // namespace headway::process
