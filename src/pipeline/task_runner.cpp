#include "pipeline/task_runner.hpp"

#include <map>

#include "core/work/retry.hpp"
#include "pipeline/flows.hpp"
#include "pipeline/settle.hpp"

namespace headway::pipeline {
namespace {

using Flow = async::Task<void> (*)(Context&, ClaimedTask);

Flow flow_of(const std::string& kind) {
    static const std::map<std::string, Flow> kFlows = {{"list", &list},
                                                       {"detail", &detail},
                                                       {"extract", &extract},
                                                       {"match", &match},
                                                       {"finalize", &finalize}};
    auto flow = kFlows.find(kind);
    if (flow == kFlows.end())
        throw core::Failure(core::ErrorKind::invalid, "a task of an unknown kind");
    return flow->second;
}

void settle_failure(Context& ctx, const ClaimedTask& task, const core::Error& error) {
    switch (error.kind) {
        case core::ErrorKind::lost: return;
        case core::ErrorKind::rate_limited:
            // Being told to wait is no failure.
            return ctx.store.defer(task, error,
                                   error.retry_after.value_or(std::chrono::seconds(60)));
        default:
            if (!core::is_retryable(error.kind)) return ctx.store.fail(task, error, std::nullopt);
            return ctx.store.fail(task, error,
                                  core::task_backoff(error, task.attempts, ctx.dice()));
    }
}

}  // namespace

async::Task<void> run_task(Context& ctx, ClaimedTask task) {
    core::Error error{core::ErrorKind::lost, {}};
    try {
        async::Task<void> flow = flow_of(task.kind)(ctx, task);
        co_await std::move(flow);
        co_return;
    } catch (const core::Failure& failure) {
        error = failure.error();
    }
    Settlement settlement = [&] {
        settle_failure(ctx, task, error);
        return core::Json();
    };
    co_await settle(ctx, settlement);
}

}  // namespace headway::pipeline
