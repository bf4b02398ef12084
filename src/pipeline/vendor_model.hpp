#pragma once

#include <optional>

#include "core/models/model_vendors.hpp"
#include "pipeline/model.hpp"
#include "pipeline/provider_exchange.hpp"

namespace headway::pipeline {

// The language models of all vendors, and servers that speak as they do.
class VendorModel : public Model {
  public:
    explicit VendorModel(ProviderExchange& exchange) : exchange_(exchange) {}
    async::Task<core::Result<ModelReply>> ask(const ModelRequest& request) override;

  private:
    // A provider as it is asked: many requests in a row are for the same one.
    struct Endpoint {
        Provider provider;
        const core::ModelVendor& vendor;
        core::ModelSettings settings;
        core::BaseUrl base;
        core::Prompt prompt;
    };
    using SharedEndpoint = std::shared_ptr<const Endpoint>;

    SharedEndpoint endpoint_of(const Provider& provider);

    ProviderExchange& exchange_;
    SharedEndpoint latest_;
};

}  // namespace headway::pipeline
