#pragma once

#include <functional>

#include "pipeline/context.hpp"

namespace headway::pipeline {

// One call of the Store that writes what a flow has found out.
using Settlement = std::function<core::Json()>;

// Runs a settlement, again after a moment when the database is busy (a lock that somebody holds, a
// deadlock): what the network has answered shall not be lost to that. Throws the last Failure.
async::Task<core::Json> settle(Context& ctx, Settlement settlement);

// The same as long as the database is busy, and for some seconds when it refuses, in which other
// tasks may end: for what must be written, since the task is ours until it is.
async::Task<void> settle_at_last(Context& ctx, Settlement settlement);

}  // namespace headway::pipeline
