#pragma once

#include <functional>
#include <optional>
#include <string>

#include "pipeline/call_log.hpp"
#include "pipeline/context.hpp"

namespace headway::pipeline {

// What one exchange with a provider came to.
struct Exchanged {
    core::Json figures = core::Json::object();  // as llm_calls has them: models, tokens, ids
    core::Json reply = {};                      // kept with the task; null when nothing usable came
    std::optional<core::Error> failure = {};
};

// One exchange; what it refers to outlives the call of exchange_paid().
using Exchange = std::function<async::Task<Exchanged>()>;

// The row in llm_calls of the exchange that succeeded.
struct PaidCall {
    std::string id;
    std::string started_at;
};

// Every exchange that a vendor is paid for goes through here, again as core::decide_retry says.
// Each has a place among the exchanges under way, and its row in llm_calls before its outcome is
// given.
async::Task<core::Result<PaidCall>> exchange_paid(Context& ctx, CallLog& log, std::string purpose,
                                                  std::string provider, Exchange exchange);

}  // namespace headway::pipeline
