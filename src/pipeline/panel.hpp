#pragma once

#include <optional>

#include "pipeline/judge.hpp"

namespace headway::pipeline {

// A task that is on the way to its question about an item of a message, from its begin until
// end(): so long, and no longer than a moment, those of the same message wait for it that have come
// to theirs. `task` must outlive it.
class OnItsWay {
  public:
    OnItsWay(Context& ctx, const ClaimedTask& task);
    OnItsWay(const OnItsWay&) = delete;
    OnItsWay& operator=(const OnItsWay&) = delete;
    ~OnItsWay() { end(); }

    void end();
    // Whether no other task of its message is on its way or has come to its question.
    bool is_alone() const;
    const ClaimedTask& task() const { return task_; }
    const std::string& message() const { return message_; }  // which it is about

  private:
    Context& ctx_;
    const ClaimedTask& task_;
    std::string message_;
    bool has_ended_ = false;
};

// A round of a task's, put to the judge together with those of the tasks of the same message that
// are on their way in this worker: one exchange instead of many. Ends the task's way. Nothing when
// the item must be asked about alone: because no other came along, or because the answer to all
// says nothing usable about it. `matter` must have a joint provider. Throws Failure when none can
// be had now.
async::Task<std::optional<ModelAnswer>> judge_together(Context& ctx, OnItsWay& way,
                                                       const MatchCase& matter, Round round);

}  // namespace headway::pipeline
