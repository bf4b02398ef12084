#include "pipeline/retry_pause.hpp"

#include "core/work/retry.hpp"

namespace headway::pipeline {

async::Task<std::optional<core::Error>> pause_before_retry(Context& ctx, core::Error error,
                                                           int tries) {
    core::RetryDecision next = core::decide_retry(error, tries, ctx.dice(), core::RetryPolicy());
    if (next.action == core::RetryDecision::Action::later)
        error.retry_after = std::chrono::ceil<std::chrono::seconds>(next.delay);
    if (next.action != core::RetryDecision::Action::again) co_return error;
    co_await ctx.loop.sleep_for(next.delay);
    co_return std::nullopt;
}

}  // namespace headway::pipeline
