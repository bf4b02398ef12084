#pragma once

#include "pipeline/model.hpp"

namespace headway::pipeline {

// The provider that needs no key and no network: answers at once, costs nothing, says what it is.
class BuiltinModel : public Model {
  public:
    std::string provider() const override { return "builtin"; }
    std::string decided_by() const override { return "builtin"; }
    async::Task<core::Result<ModelReply>> ask(ModelRequest request) override;
};

}  // namespace headway::pipeline
