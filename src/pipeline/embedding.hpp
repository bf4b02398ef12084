#pragma once

#include "pipeline/embedder.hpp"
#include "pipeline/judge.hpp"

namespace headway::pipeline {

// Has texts turned into vectors, `missing` as Store::compare() gives them, and keeps those of each
// exchange as they come. Throws Failure, and notes it with the provider when waiting does not mend
// it. What is passed by reference must outlive the coroutine.
async::Task<void> embed_missing(Context& ctx, CallLog& log, const std::string& workspace,
                                const Embedding& embedding, core::Json missing);

// Tells an item's candidates how alike they are to it, where the workspace has a provider of
// embeddings: as many as words put first, and the others go. Those that know it already are left as
// they are. When the provider fails for good, none knows it, and the case has no embeddings any
// more. Throws Failure when it is to be waited for.
async::Task<void> find_likeness(Context& ctx, CallLog& log, MatchCase& matter);

}  // namespace headway::pipeline
