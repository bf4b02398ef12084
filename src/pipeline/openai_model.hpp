#pragma once

#include <optional>

#include "async/clock.hpp"
#include "core/base/settings.hpp"
#include "core/base/url.hpp"
#include "core/models/openai.hpp"
#include "net/http.hpp"
#include "pipeline/model.hpp"
#include "pipeline/ports.hpp"

namespace headway::pipeline {

// Any endpoint that speaks OpenAI's chat completions: the vendor's own, and local servers.
class OpenAiModel : public Model {
  public:
    OpenAiModel(net::HttpClient& http, Secrets& secrets, const async::Clock& clock,
                const core::Settings& settings)
        : http_(http), secrets_(secrets), clock_(clock), settings_(settings) {}
    async::Task<core::Result<ModelReply>> ask(const ModelRequest& request) override;

  private:
    // A provider as it is asked: many requests in a row are for the same one.
    struct Endpoint {
        Provider provider;
        core::OpenAiSettings settings;
        core::BaseUrl base;
        core::Prompt prompt;
    };

    const Endpoint& endpoint_of(const Provider& provider);
    net::HttpRequest http_request(const ModelRequest& request);

    net::HttpClient& http_;
    Secrets& secrets_;
    const async::Clock& clock_;
    const core::Settings& settings_;
    std::optional<Endpoint> latest_;
};

}  // namespace headway::pipeline
