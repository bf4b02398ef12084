#include "pipeline/paid_exchange.hpp"

#include "pipeline/leave.hpp"
#include "pipeline/retry_pause.hpp"
#include "pipeline/settle.hpp"

namespace headway::pipeline {
namespace {

using core::Json;

// One exchange with its row, and why it is of no use.
struct Attempt {
    PaidCall call;
    std::optional<core::Error> failure;
};

void add_outcome(Json& call, const Exchanged& made, std::chrono::milliseconds latency) {
    call.set("latency_ms", latency.count());
    call.set("status", made.failure ? "error" : "ok");
    call.set("cache_hit", false);
    if (made.failure) set_failure(call, *made.failure);
    for (const auto& [name, figure] : made.figures.as_object()) call.set(name, figure);
}

// Leave for an exchange, or in `stored` what it comes to without one.
async::Task<Leave> leave_to_pay(Context& ctx, const std::optional<Cost>& cost,
                                std::optional<Exchanged>& stored) {
    if (!cost) co_return Leave{};
    auto asking_first = leave_for(ctx, cost->wanted);
    Leave leave = co_await std::move(asking_first);
    if (!leave.answer) co_return leave;
    stored = cost->replay(leave);
    if (stored) co_return leave;
    WantedLeave anew = cost->wanted;
    anew.outlay.key.clear();
    auto asking = leave_for(ctx, std::move(anew));
    co_return co_await std::move(asking);
}

// Its place is kept until the row is written.
async::Task<Attempt> attempt(Context& ctx, CallLog& log, Json call, const Exchange& exchange,
                             const std::optional<Cost>& cost) {
    async::Gate::Place place = co_await ctx.exchanges.enter();
    std::optional<Exchanged> stored;
    auto asking_leave = leave_to_pay(ctx, cost, stored);
    Leave leave = co_await std::move(asking_leave);
    if (leave.refusal) co_return Attempt{{}, leave.refusal};
    settle_with(call, leave);
    std::string started_at = core::format_timestamp(ctx.now());
    async::TimePoint start = ctx.loop.clock().now();
    Exchanged made;
    if (stored) made = *std::move(stored);
    else made = co_await exchange();
    auto latency = ctx.loop.clock().now() - start;
    call.set("started_at", started_at);
    add_outcome(call, made, std::chrono::duration_cast<std::chrono::milliseconds>(latency));
    auto record = [&] { return log.record(call, made.reply); };
    std::string id = co_await when_free(ctx, record);
    co_return Attempt{{id, started_at}, made.failure};
}

}  // namespace

async::Task<core::Result<PaidCall>> exchange_paid(Context& ctx, CallLog& log, std::string purpose,
                                                  std::string provider, Exchange exchange,
                                                  std::optional<Cost> cost) {
    for (int tries = 1;; ++tries) {
        if (!log.is_wanted()) co_return core::Error{core::ErrorKind::lost, "nobody waits any more"};
        Json call = Json::Object{{"purpose", purpose}, {"provider", provider}};
        Attempt made = co_await attempt(ctx, log, std::move(call), exchange, cost);
        if (!made.failure) co_return made.call;
        if (!log.is_wanted()) co_return *made.failure;
        std::optional<core::Error> end = co_await pause_before_retry(ctx, *made.failure, tries);
        if (end) co_return *end;
    }
}

}  // namespace headway::pipeline
