#pragma once

#include "async/task.hpp"
#include "pipeline/context.hpp"

namespace headway::pipeline {

// The steps of a run, one coroutine each. They throw core::Failure; task_runner deals with it.
async::Task<void> list(Context& ctx, ClaimedTask task);        // a page of the vendor's list
async::Task<void> receive(Context& ctx, ClaimedTask task);     // what a webhook told
async::Task<void> detail(Context& ctx, ClaimedTask task);      // what completes the listed records
async::Task<void> extract(Context& ctx, ClaimedTask task);     // read one conversation
async::Task<void> match(Context& ctx, ClaimedTask task);       // decide about one item
async::Task<void> judge_link(Context& ctx, ClaimedTask task);  // ask whose call one was
async::Task<void> discover(Context& ctx, ClaimedTask task);    // look at a page for audio
async::Task<void> transfer(Context& ctx, ClaimedTask task);    // bring a file over and store it
async::Task<void> transcribe(Context& ctx, ClaimedTask task);  // have a recording heard
async::Task<void> analyse(Context& ctx, ClaimedTask task);     // what a call came to
async::Task<void> embed(Context& ctx, ClaimedTask task);       // turn features into vectors
async::Task<void> finalize(Context& ctx, ClaimedTask task);    // close the run

}  // namespace headway::pipeline
