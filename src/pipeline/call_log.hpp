#pragma once

#include <string>

#include "pipeline/ports.hpp"

namespace headway::pipeline {

// Where the exchanges with a model are logged that somebody asks for, and whether the answers are
// still wanted.
class CallLog {
  public:
    virtual ~CallLog() = default;
    // Writes a row of llm_calls and returns its id. `reply` is what came back, for those who keep
    // answers until they are settled; null when nothing usable did.
    virtual std::string record(const core::Json& call, const core::Json& reply) = 0;
    // If not, what has been asked is logged and nothing more is asked.
    virtual bool is_wanted() const { return true; }
};

// The calls of a task, which keeps the last answer.
class TaskCalls : public CallLog {
  public:
    TaskCalls(Store& store, const ClaimedTask& task) : store_(store), task_(task) {}
    std::string record(const core::Json& call, const core::Json& reply) override {
        return store_.record_call(task_, call, reply);
    }

  private:
    Store& store_;
    const ClaimedTask& task_;
};

}  // namespace headway::pipeline
