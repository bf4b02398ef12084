#include "pipeline/settle.hpp"

namespace headway::pipeline {
namespace {

constexpr int kTries = 5;
constexpr std::chrono::milliseconds kPause{100};
constexpr std::chrono::seconds kLongPause{1};
constexpr int kMostRefusals = 10;

}  // namespace

async::Task<core::Json> settle(Context& ctx, Settlement settlement) {
    for (int tries = 1; tries < kTries; ++tries) {
        try {
            co_return settlement();
        } catch (const core::Failure& failure) {
            if (failure.error().kind != core::ErrorKind::busy) throw;
        }
        co_await ctx.loop.sleep_for(kPause * tries);
    }
    co_return settlement();
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
