#include "pipeline/dispatcher.hpp"

#include <algorithm>
#include <set>

#include "pipeline/task_runner.hpp"

namespace headway::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr seconds kKeepAlive{1};
// A worker that stays gets its first requests on their way before it looks after dead workers.
constexpr milliseconds kFirstKeepAlive{50};
// Claims cost a transaction: several freed places are filled by one, unless few are free for long.
constexpr milliseconds kClaimPause{25};
// The first of many tasks are on their way to the network before the next ones are claimed.
constexpr int kMostAtOnce = 200;
constexpr milliseconds kDryPause{50};
constexpr milliseconds kLockedPause{500};
// A delay longer than this is the tick's business.
constexpr minutes kWorthStaying{1};

}  // namespace

Dispatcher::Dispatcher(Context& ctx, Limits limits)
    : ctx_(ctx), limits_(limits), group_(ctx.loop, [this](std::exception_ptr error) {
          if (!broken_) broken_ = error;
      }) {}

async::Task<void> Dispatcher::run() {
    idle_since_ = now();
    alive_due_ = limits_.stay ? now() + kFirstKeepAlive : now();
    for (;;) {
        if (now() >= alive_due_) keep_alive();
        if (next_claim() <= now()) claim();
        if (broken_) std::rethrow_exception(broken_);
        if (ctx_.broken_work) std::rethrow_exception(ctx_.broken_work);
        if (may_leave()) co_return;
        std::size_t running = group_.size();
        co_await group_.change_until(next_look());
        if (running > 0) idle_since_ = now();
        if (group_.size() < running) dry_ = false;  // a task that ends may leave others behind
    }
}

void Dispatcher::nudge() {
    dry_ = false;
    group_.nudge();
}

void Dispatcher::claim() {
    int most = std::min(capacity(), kMostAtOnce);
    claimed_at_ = now();
    std::vector<ClaimedTask> tasks;
    try {
        tasks = ctx_.store.claim(most);
        dry_ = static_cast<int>(tasks.size()) < most;
        if (dry_) look_ahead(tasks.empty());
    } catch (const core::Failure& failure) {
        if (failure.error().kind != core::ErrorKind::busy) throw;
        dry_ = true;
        next_due_ = claimed_at_ + kLockedPause;
    }
    claimed_ += static_cast<std::int64_t>(tasks.size());
    for (ClaimedTask& task : tasks) {
        std::int64_t id = task.id;
        group_.spawn(id, run_task(ctx_, std::move(task)));
    }
}

// Not at once again: what is due and was not to be had is just being claimed by another worker. And
// what was claimed gets on its way before anybody asks what will be due.
void Dispatcher::look_ahead(bool found_nothing) {
    next_due_ = claimed_at_ + kDryPause;
    if (!found_nothing) return;
    auto due = ctx_.store.next_due();
    if (due) next_due_ = claimed_at_ + std::max<async::Duration>(*due - ctx_.now(), kDryPause);
    else next_due_.reset();
}

// Also stops what is no longer ours: cancelled, or taken over while this process was held up. A
// lock on the queue costs a look; what is under way needs no database.
void Dispatcher::keep_alive() try {
    alive_due_ = now() + kKeepAlive;
    std::vector<std::int64_t> held = ctx_.store.keep_alive();
    std::set<std::int64_t> ours(held.begin(), held.end());
    for (std::int64_t key : group_.keys())
        if (!ours.contains(key)) group_.cancel(key);
} catch (const core::Failure& failure) {
    if (failure.error().kind != core::ErrorKind::busy) throw;
}

// Half as many again as may talk to the network: while those do, the others are read and settled.
int Dispatcher::capacity() const {
    std::int64_t most = ctx_.settings.max_concurrency + ctx_.settings.max_concurrency / 2;
    std::int64_t room = most - static_cast<std::int64_t>(group_.size());
    if (limits_.most_tasks) room = std::min(room, *limits_.most_tasks - claimed_);
    return static_cast<int>(std::max<std::int64_t>(room, 0));
}

async::TimePoint Dispatcher::next_claim() const {
    if (capacity() == 0) return async::TimePoint::max();
    if (dry_) return next_due_.value_or(async::TimePoint::max());
    bool many_are_free = capacity() * 3 >= ctx_.settings.max_concurrency;
    return many_are_free ? claimed_at_ : claimed_at_ + kClaimPause;
}

bool Dispatcher::may_leave() const {
    if (group_.size() + ctx_.shared_work.size() > 0) return false;
    if (limits_.most_tasks && claimed_ >= *limits_.most_tasks) return true;
    if (!dry_) return false;
    if (!limits_.stay) return true;
    if (is_worth_staying()) return false;
    return now() - idle_since_ >= patience();
}

// Long enough to look after dead workers and to be given what they held.
async::Duration Dispatcher::patience() const {
    return std::max<async::Duration>(ctx_.settings.worker_idle_timeout, 2 * kFirstKeepAlive);
}

bool Dispatcher::is_worth_staying() const {
    return next_due_ && *next_due_ - now() <= kWorthStaying;
}

async::TimePoint Dispatcher::next_look() const {
    async::TimePoint look = std::min(alive_due_, next_claim());
    if (group_.size() + ctx_.shared_work.size() == 0 && dry_ && !is_worth_staying())
        look = std::min(look, idle_since_ + patience());
    return std::max(look, now());
}

}  // namespace headway::pipeline
