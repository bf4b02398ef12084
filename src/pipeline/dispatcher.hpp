#pragma once

#include <cstdint>
#include <exception>
#include <optional>

#include "async/task_group.hpp"
#include "pipeline/context.hpp"

namespace headway::pipeline {

// The life of a worker: claims tasks, runs them side by side, and ends when there has been nothing
// to do for a while. Destroying it cancels what runs; Store::put_back() then returns it to the
// queue.
class Dispatcher {
  public:
    struct Limits {
        std::optional<std::int64_t> most_tasks;  // leave after so many
        // Whether to stay for work that falls due soon and for a while after the last task (a
        // background worker), or to leave once nothing is due (CALL headway_work).
        bool stay = true;
    };

    Dispatcher(Context& ctx, Limits limits);

    // Ends in peace, or with the first error that is not a task's own failure.
    async::Task<void> run();
    // Somebody queued work: look at once.
    void nudge();

  private:
    void claim();
    void look_ahead(bool found_nothing);
    void keep_alive();
    int capacity() const;
    async::TimePoint next_claim() const;  // the end of time when there is no reason for one
    bool may_leave() const;
    async::Duration patience() const;  // with an empty queue
    bool is_worth_staying() const;     // something falls due soon
    async::TimePoint next_look() const;
    async::TimePoint now() const { return ctx_.loop.clock().now(); }

    Context& ctx_;
    Limits limits_;
    std::exception_ptr broken_;
    std::int64_t claimed_ = 0;
    bool dry_ = false;               // the last claim found less than it asked for
    async::TimePoint idle_since_{};  // when a task ran last
    async::TimePoint claimed_at_{};
    async::TimePoint alive_due_{};
    std::optional<async::TimePoint> next_due_;  // known while dry
    async::TaskGroup group_;
};

}  // namespace headway::pipeline
