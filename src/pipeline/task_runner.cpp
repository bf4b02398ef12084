#include "pipeline/task_runner.hpp"

#include <map>
#include <new>
#include <stdexcept>

#include "core/work/retry.hpp"
#include "pipeline/flows.hpp"
#include "pipeline/settle.hpp"

namespace headway::pipeline {
namespace {

using Flow = async::Task<void> (*)(Context&, ClaimedTask);

Flow flow_of(const std::string& kind) {
    static const std::map<std::string, Flow> kFlows = {
        {"list", &list},         {"receive", &receive},   {"detail", &detail},
        {"extract", &extract},   {"match", &match},       {"judge_link", &judge_link},
        {"discover", &discover}, {"transfer", &transfer}, {"transcribe", &transcribe},
        {"analyse", &analyse},   {"embed", &embed},       {"finalize", &finalize}};
    auto flow = kFlows.find(kind);
    if (flow == kFlows.end())
        throw core::Failure(core::ErrorKind::invalid, "a task of an unknown kind");
    return flow->second;
}

void settle_failure(Context& ctx, const ClaimedTask& task, const core::Error& error) {
    switch (error.kind) {
        case core::ErrorKind::lost: return;
        case core::ErrorKind::busy:
            // Somebody holds a lock for long: no fault of the task's.
            return ctx.store.defer(task, error, std::chrono::seconds(5));
        case core::ErrorKind::rate_limited:
        case core::ErrorKind::over_budget:
            // Being told to wait is no failure.
            return ctx.store.defer(task, error,
                                   error.retry_after.value_or(std::chrono::seconds(60)));
        default:
            if (!core::is_retryable(error.kind)) return ctx.store.fail(task, error, std::nullopt);
            return ctx.store.fail(task, error,
                                  core::task_backoff(error, task.attempts, ctx.dice()));
    }
}

// A flow's end: nothing, or why it failed. Stops and the server's interrupts pass through.
async::Task<std::optional<core::Error>> failure_of(Context& ctx, const ClaimedTask& task) {
    try {
        async::Task<void> flow = flow_of(task.kind)(ctx, task);
        co_await std::move(flow);
        co_return std::nullopt;
    } catch (const core::Failure& failure) {
        co_return failure.error();
    } catch (const std::bad_alloc&) {
        co_return core::Error{core::ErrorKind::internal, "out of memory"};
    } catch (const std::logic_error&) {
        co_return core::Error{core::ErrorKind::internal, "an unexpected exception was thrown"};
    } catch (const std::runtime_error&) {
        co_return core::Error{core::ErrorKind::internal, "an unexpected exception was thrown"};
    }
}

}  // namespace

async::Task<void> run_task(Context& ctx, ClaimedTask task) {
    co_await ctx.loop.sleep_for({});  // between two tasks the loop looks at its port
    std::optional<core::Error> error = co_await failure_of(ctx, task);
    if (!error) co_return;
    Settlement settlement = [&] {
        try {
            settle_failure(ctx, task, *error);
        } catch (const core::Failure& failure) {
            if (failure.error().kind == core::ErrorKind::busy) throw;
            settle_failure(ctx, task, {core::ErrorKind::internal, "its error cannot be written"});
        }
        return core::Json();
    };
    co_await settle_at_last(ctx, settlement);
}

}  // namespace headway::pipeline
