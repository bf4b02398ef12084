#include "async/task_group.hpp"

namespace headway::async {

void TaskGroup::spawn(std::int64_t key, Task<void> work) {
    reap();
    children_.push_back({key, false, std::nullopt});
    auto child = std::prev(children_.end());
    child->task.emplace(watch(child, std::move(work)));
    ++running_;
    child->task->start();
}

Task<void> TaskGroup::watch(std::list<Child>::iterator child, Task<void> work) {
    try {
        co_await std::move(work);
    } catch (...) {
        on_error_(std::current_exception());
    }
    child->finished = true;
    --running_;
    changed_.set();
}

void TaskGroup::cancel(std::int64_t key) {
    running_ -= std::erase_if(
        children_, [key](const Child& child) { return child.key == key && !child.finished; });
}

std::vector<std::int64_t> TaskGroup::keys() const {
    std::vector<std::int64_t> keys;
    for (const Child& child : children_)
        if (!child.finished) keys.push_back(child.key);
    return keys;
}

void TaskGroup::cancel_all() {
    children_.clear();
    running_ = 0;
}

// A finished child is destroyed here and not in watch(), which still runs inside its frame.
void TaskGroup::reap() {
    std::erase_if(children_, [](const Child& child) { return child.finished; });
}

Task<void> TaskGroup::drain() {
    while (running_ > 0) co_await changed_.wait();
    reap();
}

}  // namespace headway::async
