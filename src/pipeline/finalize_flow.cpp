#include "pipeline/flows.hpp"
#include "pipeline/settle.hpp"

namespace headway::pipeline {

async::Task<void> finalize(Context& ctx, ClaimedTask task) {
    Settlement settlement = [&] {
        ctx.store.settle_finalize(task);
        return core::Json();
    };
    co_await settle(ctx, settlement);
}

}  // namespace headway::pipeline
