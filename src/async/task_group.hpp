#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <list>
#include <optional>
#include <vector>

#include "async/event_loop.hpp"
#include "async/task.hpp"

namespace headway::async {

// Owns children that run side by side. Destroying the group cancels those that still run. A child's
// exception goes to the error sink; the others go on.
class TaskGroup {
  public:
    using ErrorSink = std::function<void(std::exception_ptr)>;

    TaskGroup(EventLoop& loop, ErrorSink on_error)
        : changed_(loop), on_error_(std::move(on_error)) {}

    // Starts a child at once. `key` names it for cancel(), which no child may call on itself.
    void spawn(std::int64_t key, Task<void> work);
    void cancel(std::int64_t key);
    void cancel_all();
    std::vector<std::int64_t> keys() const;  // of those that still run

    std::size_t size() const { return children_.size(); }

    // Ends when a child has ended since the last wait, or `until` has passed.
    // (One coroutine may wait at a time.)
    auto change_until(TimePoint until) {
        finished_.clear();
        return changed_.wait_until(until);
    }
    void nudge() { changed_.set(); }  // ends the wait for another reason
    Task<void> drain();               // until no child is left

  private:
    struct Child {
        std::int64_t key;
        std::optional<Task<void>> task;
    };

    Task<void> watch(std::list<Child>::iterator child, Task<void> work);

    Signal changed_;
    ErrorSink on_error_;
    std::list<Child> children_;  // those that run
    // Cleared later, and not in watch(), which still runs inside the child's frame.
    std::list<Child> finished_;
};

}  // namespace headway::async
