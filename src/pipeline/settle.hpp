#pragma once

#include <functional>
#include <type_traits>

#include "pipeline/context.hpp"

namespace headway::pipeline {

// One call of the Store that writes what a flow has found out.
using Settlement = std::function<core::Json()>;

constexpr int kBusyTries = 5;
constexpr std::chrono::milliseconds kBusyPause{100};

// Awaits what `make` makes (a Task), again after a moment when the database is busy (a lock that
// somebody holds, a deadlock): what the network has answered shall not be lost to that. Throws the
// last Failure. `make` must outlive the coroutine.
template <class Make>
std::invoke_result_t<Make> while_busy(Context& ctx, const Make& make) {
    for (int tries = 1; tries < kBusyTries; ++tries) {
        try {
            auto made = make();
            co_return co_await std::move(made);
        } catch (const core::Failure& failure) {
            if (failure.error().kind != core::ErrorKind::busy) throw;
        }
        co_await ctx.loop.sleep_for(kBusyPause * tries);
    }
    auto made = make();
    co_return co_await std::move(made);
}

// The same as long as the database is busy, however long: for what has been paid for.
template <class Make>
std::invoke_result_t<Make> when_free(Context& ctx, const Make& make) {
    for (;;) {
        try {
            auto tried = while_busy(ctx, make);
            co_return co_await std::move(tried);
        } catch (const core::Failure& failure) {
            if (failure.error().kind != core::ErrorKind::busy) throw;
        }
        co_await ctx.loop.sleep_for(kBusyPause * 10);
    }
}

// The same as while_busy() for one call of the Store.
async::Task<core::Json> settle(Context& ctx, Settlement settlement);

// The same as long as the database is busy, and for some seconds when it refuses, in which other
// tasks may end: for what must be written, since the task is ours until it is.
async::Task<void> settle_at_last(Context& ctx, Settlement settlement);

}  // namespace headway::pipeline
