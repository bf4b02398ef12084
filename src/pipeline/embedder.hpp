#pragma once

#include <string>
#include <vector>

#include "core/models/embeddings.hpp"
#include "pipeline/call_log.hpp"
#include "pipeline/model.hpp"

namespace headway::pipeline {

// Texts that a provider of embeddings is to turn into vectors.
struct EmbedRequest {
    std::vector<std::string> texts;
    Provider provider;  // {name, settings, credentials} as the database's _provider_of() gives it
    std::string workspace;  // which the credentials are sealed for
};

// Providers of embeddings. One call is one exchange; splitting and retries are embed_texts()'s.
class Embedder {
  public:
    virtual ~Embedder() = default;
    // How much one exchange may carry. Throws Failure(invalid) for an unknown provider.
    virtual core::EmbeddingLimits limits(const Provider& provider) const = 0;
    // `request` must outlive the coroutine.
    virtual async::Task<core::Result<core::Embeddings>> embed(const EmbedRequest& request) = 0;
};

// The vectors of any number of texts, in their order, in as many exchanges as that takes; all of
// one model, with the tokens of all. Each exchange is logged with the purpose "embed" and tried
// again as core::decide_retry says. `log` must outlive the coroutine. Throws Failure.
async::Task<core::Embeddings> embed_texts(Context& ctx, CallLog& log, EmbedRequest request);

}  // namespace headway::pipeline
