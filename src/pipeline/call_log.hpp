#pragma once

#include <string>

#include "pipeline/context.hpp"

namespace headway::pipeline {

// Where the exchanges with a model are logged that somebody asks for, and whether the answers are
// still wanted.
class CallLog {
  public:
    virtual ~CallLog() = default;
    // Writes a row of llm_calls and returns its id. `reply` is what came back, for those who keep
    // answers until they are settled; null when nothing usable did.
    virtual async::Task<std::string> record(core::Json call, core::Json reply) = 0;
    // If not, what has been asked is logged and nothing more is asked.
    virtual bool is_wanted() const { return true; }
};

// The calls of a task, which keeps the last answer.
class TaskCalls : public CallLog {
  public:
    TaskCalls(Context& ctx, const ClaimedTask& task) : ctx_(ctx), task_(task) {}
    async::Task<std::string> record(core::Json call, core::Json reply) override {
        CallRecord record{&task_, task_.workspace, std::move(call), std::move(reply)};
        return ctx_.batches.calls.make(std::move(record));
    }

  protected:
    Context& ctx_;
    const ClaimedTask& task_;
};

}  // namespace headway::pipeline
