#pragma once

#include "async/event_loop.hpp"
#include "async/gate.hpp"
#include "process/programs.hpp"

namespace headway::process {

// Programs as child processes of this one.
class ChildPrograms : public Programs {
  public:
    // `directory`: where the programs are.
    ChildPrograms(async::EventLoop& loop, std::string directory)
        : loop_(loop), directory_(std::move(directory)) {}

    bool has(const std::string& name) const override;
    async::Task<core::Result<ProgramEnd>> run(Program program) override;

  private:
    async::EventLoop& loop_;
    const std::string directory_;
    const int places_ = 2;
    async::Gate gate_{loop_, places_};
};

}  // namespace headway::process
