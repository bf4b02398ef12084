#pragma once

#include "pipeline/model.hpp"

namespace headway::pipeline {

// The provider that needs no key and no network: answers at once, costs nothing, says what it is.
class BuiltinModel : public Model {
  public:
    async::Task<core::Result<ModelReply>> ask(const ModelRequest& request) override;
};

}  // namespace headway::pipeline
