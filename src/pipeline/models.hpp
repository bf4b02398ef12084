#pragma once

#include "pipeline/builtin_model.hpp"
#include "pipeline/vendor_model.hpp"

namespace headway::pipeline {

// All providers that this version has: a request goes to the one that it names.
class Models : public Model {
  public:
    explicit Models(ProviderExchange& exchange) : vendors_(exchange) {}
    async::Task<core::Result<ModelReply>> ask(const ModelRequest& request) override;

  private:
    BuiltinModel builtin_;
    VendorModel vendors_;
};

}  // namespace headway::pipeline
