#include "async/task_group.hpp"

namespace headway::async {

void TaskGroup::spawn(std::int64_t key, Task<void> work) {
    finished_.clear();
    children_.push_back({key, std::nullopt});
    auto child = std::prev(children_.end());
    child->task.emplace(watch(child, std::move(work)));
    child->task->start();
}

Task<void> TaskGroup::watch(std::list<Child>::iterator child, Task<void> work) {
    try {
        co_await std::move(work);
    } catch (...) {
        on_error_(std::current_exception());
    }
    finished_.splice(finished_.end(), children_, child);
    changed_.set();
}

void TaskGroup::cancel(std::int64_t key) {
    std::erase_if(children_, [key](const Child& child) { return child.key == key; });
}

std::vector<std::int64_t> TaskGroup::keys() const {
    std::vector<std::int64_t> keys;
    for (const Child& child : children_) keys.push_back(child.key);
    return keys;
}

void TaskGroup::cancel_all() { children_.clear(); }

Task<void> TaskGroup::drain() {
    while (!children_.empty()) co_await changed_.wait();
    finished_.clear();
}

}  // namespace headway::async
