#pragma once

#include <string>

#include "pipeline/context.hpp"

namespace headway::pipeline {

struct ModelAnswer {
    std::string text;
    std::string call_id;
    std::string call_started_at;
};

// Asks the model about a task, or takes the answer that an earlier attempt of the task was given to
// the same question (`stored`: the task's reply column). Every exchange is logged before its answer
// is looked at. Throws Failure.
async::Task<ModelAnswer> ask_model(Context& ctx, const ClaimedTask& task, ModelRequest request,
                                   core::Json stored);

}  // namespace headway::pipeline
