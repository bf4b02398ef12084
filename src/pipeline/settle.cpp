#include "pipeline/settle.hpp"

namespace headway::pipeline {
namespace {

constexpr std::chrono::seconds kLongPause{1};
constexpr int kMostRefusals = 10;

}  // namespace

async::Task<core::Json> settle(Context& ctx, Settlement settlement) {
    auto make = [&settlement]() -> async::Task<core::Json> { co_return settlement(); };
    co_return co_await while_busy(ctx, make);
}

async::Task<void> settle_at_last(Context& ctx, Settlement settlement) {
    for (int refused = 0;;) {
        try {
            co_await settle(ctx, settlement);
            co_return;
        } catch (const core::Failure& failure) {
            if (failure.error().kind != core::ErrorKind::busy && ++refused == kMostRefusals) throw;
        }
        co_await ctx.loop.sleep_for(kLongPause);
    }
}

}  // namespace headway::pipeline
