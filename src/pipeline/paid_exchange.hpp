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

// What an exchange may cost, and what it comes to by a stored answer to the same question: nothing
// when that cannot be used. Without it, an exchange is free.
struct Cost {
    WantedLeave wanted;
    std::function<std::optional<Exchanged>(const Leave&)> replay = {};
};

// One exchange; what it refers to outlives the call of exchange_paid().
using Exchange = std::function<async::Task<Exchanged>()>;

// The row in llm_calls of the exchange that succeeded.
struct PaidCall {
    std::string id;
    std::string started_at;
};

// Every exchange with a model that is paid for goes through here (a transcriber takes several steps
// for one recording, see transcribe_flow), again as core::decide_retry says.
// Each has leave to cost what it may, a place among the exchanges under way, and its row in
// llm_calls before its outcome is given. Fails with over_budget, and without a row, when no budget
// has room for it.
async::Task<core::Result<PaidCall>> exchange_paid(Context& ctx, CallLog& log, std::string purpose,
                                                  std::string provider, Exchange exchange,
                                                  std::optional<Cost> cost = {});

}  // namespace headway::pipeline
