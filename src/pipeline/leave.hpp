#pragma once

#include "pipeline/context.hpp"

namespace headway::pipeline {

// Leave for one exchange that may cost money. Its record must name the reservation, with which what
// was reserved is settled; a reservation that no record names is taken for spent in the end.
async::Task<Leave> leave_for(Context& ctx, WantedLeave wanted);

// Has a call (a row of llm_calls), or the progress towards one, settle what was reserved for it.
void settle_with(core::Json& call, const Leave& leave);

// Has a call say why it failed, and that it has cost nothing if the request never left.
void set_failure(core::Json& call, const core::Error& failure);

}  // namespace headway::pipeline
