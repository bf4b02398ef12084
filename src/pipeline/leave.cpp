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

}  // namespace headway::pipeline
