#pragma once

#include "pipeline/context.hpp"

namespace headway::pipeline {

// After try number `tries` (from 1) of an exchange has failed: waits until the next one, as
// core::decide_retry says, and gives nothing; or at once the error to give up with, which tells
// when to come back where that is what is asked for.
async::Task<std::optional<core::Error>> pause_before_retry(Context& ctx, core::Error error,
                                                           int tries);

}  // namespace headway::pipeline
