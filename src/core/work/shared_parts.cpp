#include "core/work/shared_parts.hpp"

#include <algorithm>
#include <utility>

namespace headway::core {
namespace {

// What the assistant has before it: one that is being done and one that waits; when its answers are
// there whenever they are looked for, more, so that it never stands still while a result is used.
constexpr std::size_t kMostAsked = 2;
constexpr std::size_t kMostAskedOfTheFaster = 4;
constexpr std::size_t kMostKept = 4;

}  // namespace

std::string SharedParts::result(std::size_t part) {
    for (;;) {
        ask_ahead();
        if (auto kept = kept_.extract(part)) return std::move(kept.mapped());
        if (!is_asked(part)) return do_here(part);
        keep_answer();
    }
}

void SharedParts::ask_ahead() {
    std::size_t most = in_time_ > 2 ? kMostAskedOfTheFaster : kMostAsked;
    while (assistant_ && asked_.size() < most && next_ < parts_) {
        if (!assistant_->ask(next_)) return do_without_assistant();
        asked_.push_back(next_++);
    }
}

void SharedParts::keep_answer() {
    bool is_idle = kept_.size() >= kMostKept || next_ == parts_;
    std::optional<std::string> answer = is_idle ? assistant_->wait() : assistant_->look();
    in_time_ = answer && !is_idle ? in_time_ + 1 : 0;
    if (answer) {
        kept_[asked_.front()] = std::move(*answer);
        asked_.pop_front();
    } else if (is_idle) {
        do_without_assistant();
    } else {
        std::size_t ahead = next_;
        kept_[ahead] = do_here(ahead);
    }
}

void SharedParts::do_without_assistant() {
    assistant_.reset();
    asked_.clear();
}

bool SharedParts::is_asked(std::size_t part) const {
    return std::find(asked_.begin(), asked_.end(), part) != asked_.end();
}

std::string SharedParts::do_here(std::size_t part) {
    if (part == next_) ++next_;
    return do_(part);
}

}  // namespace headway::core
