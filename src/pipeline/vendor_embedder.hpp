#pragma once

#include "pipeline/embedder.hpp"
#include "pipeline/provider_exchange.hpp"

namespace headway::pipeline {

// All providers of embeddings that this version has, the built-in one among them.
class VendorEmbedder : public Embedder {
  public:
    explicit VendorEmbedder(ProviderExchange& exchange) : exchange_(exchange) {}
    core::EmbeddingLimits limits(const Provider& provider) const override;
    async::Task<core::Result<core::Embeddings>> embed(const EmbedRequest& request) override;

  private:
    ProviderExchange& exchange_;
};

}  // namespace headway::pipeline
