#pragma once

#include "pipeline/builtin_model.hpp"
#include "pipeline/openai_model.hpp"

namespace headway::pipeline {

// All providers that this version has: a request goes to the one that it names.
class Models : public Model {
  public:
    Models(net::HttpClient& http, Secrets& secrets, const async::Clock& clock,
           const core::Settings& settings)
        : openai_(http, secrets, clock, settings) {}
    async::Task<core::Result<ModelReply>> ask(const ModelRequest& request) override;

  private:
    BuiltinModel builtin_;
    OpenAiModel openai_;
};

}  // namespace headway::pipeline
