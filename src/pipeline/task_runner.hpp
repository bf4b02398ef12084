#pragma once

#include "async/task.hpp"
#include "pipeline/context.hpp"

namespace headway::pipeline {

// Runs the flow of a claimed task to its end and settles its failure, whatever it is: the one place
// that catches core::Failure. Anything else (a server error, a stop) passes through.
async::Task<void> run_task(Context& ctx, ClaimedTask task);

}  // namespace headway::pipeline
