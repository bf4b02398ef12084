#pragma once

#include <optional>
#include <string>

#include "pipeline/context.hpp"

namespace headway::pipeline {

struct ModelAnswer {
    std::string text;
    std::string call_id;
    std::string call_started_at;
};

// The answer that an earlier attempt of the task was given already (`reply`: the task's column).
std::optional<ModelAnswer> stored_answer(const core::Json& reply);

// Whether `read` can make anything of a stored answer. If not, it was the reason why the earlier
// attempt failed, and the model is asked again.
template <class F>
bool is_readable(const ModelAnswer& answer, F&& read) {
    try {
        read(answer);
        return true;
    } catch (const core::Failure&) {
        return false;
    }
}

// Asks the model about a task, again as core::decide_retry says. Every exchange is logged, and an
// answer stored together with `round` (what the flow needs to go on with it after a crash), before
// anybody looks at it. Throws Failure.
async::Task<ModelAnswer> ask_model(Context& ctx, const ClaimedTask& task, ModelRequest request,
                                   core::Json round);

}  // namespace headway::pipeline
