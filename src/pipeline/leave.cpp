#include "pipeline/leave.hpp"

#include "pipeline/settle.hpp"

namespace headway::pipeline {
namespace {

// For the record of the exchange to be written, once it has ended.
constexpr std::chrono::seconds kRecordTime{60};

}  // namespace

async::Task<Leave> leave_for(Context& ctx, WantedLeave wanted) {
    wanted.outlay.longest += kRecordTime;
    auto ask = [&] { return ctx.batches.leaves.make(wanted); };
    co_return co_await while_busy(ctx, ask);
}

void settle_with(core::Json& call, const Leave& leave) {
    if (!leave.reservation.empty()) call.set("reservation", leave.reservation);
}

void set_failure(core::Json& call, const core::Error& failure) {
    call.set("error", failure.message);
    if (failure.http_status != 0) call.set("http_status", failure.http_status);
    if (failure.unsent) call.set("cost_usd", 0);
}

}  // namespace headway::pipeline
