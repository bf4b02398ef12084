#pragma once

#include <string>

#include "async/task.hpp"
#include "pipeline/context.hpp"

namespace headway::pipeline {

// A question that a session has handed to this worker and waits to have answered: the network's
// part of a synchronous verb. `kind` is one of
//   match    {item, candidates, language, shortlist_size, threshold, provider} -> a decision
//   extract  {title, language, turns, insiders, themes, customer, threshold,
//            chunk_tokens, provider} -> ai_insights
//   test     {source} -> {ok, status, latency_ms, detail}
//   sign     {storage, bucket, key, seconds} -> a URL
// all with `workspace`.
class Inquirer {
  public:
    virtual ~Inquirer() = default;
    virtual bool is_waiting() const = 0;
};

// Answers it into `answer`: {"answer": ...}, or {"error": {kind, message, detail, hint}}. What is
// asked of a model is logged whatever becomes of the session; once that is gone, nothing further is
// asked, and what costs nothing is left. What is passed by reference must outlive the coroutine.
async::Task<void> answer_inquiry(Context& ctx, const Inquirer& inquirer, core::Json inquiry,
                                 core::Json& answer);

}  // namespace headway::pipeline
