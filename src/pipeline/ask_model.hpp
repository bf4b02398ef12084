#pragma once

#include <optional>
#include <string>

#include "pipeline/call_log.hpp"
#include "pipeline/context.hpp"

namespace headway::pipeline {

struct ModelAnswer {
    std::string text;
    std::string call_id;
    std::string call_started_at;
    std::string provider = {};                // who gave it: the fallback, perhaps
    std::optional<std::int64_t> tokens = {};  // in and out together; unknown for a stored answer
};

// The answer that an earlier attempt of the task was given already (`reply`: the task's column).
std::optional<ModelAnswer> stored_answer(const core::Json& reply);

// Whether `read` can make anything of a stored answer. If not, it was the reason why the earlier
// attempt failed, and the model is asked again.
template <class F>
bool is_readable(const ModelAnswer& answer, F&& read) {
    try {
        read(answer.text);
        return true;
    } catch (const core::Failure&) {
        return false;
    }
}

// Asks the model, again as core::decide_retry says, and its provider's fallback once it has failed
// for good. Every exchange is logged, together with its answer and `round` (what a flow needs to go
// on with it after a crash), before the answer is given. `log` must outlive the coroutine. Throws
// Failure: the first provider's, unless the fallback only asks to wait.
async::Task<ModelAnswer> ask_model(Context& ctx, CallLog& log, ModelRequest request,
                                   core::Json round);

}  // namespace headway::pipeline
