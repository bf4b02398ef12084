#pragma once

#include <string>

#include "async/clock.hpp"
#include "core/base/settings.hpp"
#include "core/base/url.hpp"
#include "core/connectors/connector_page.hpp"
#include "core/models/model_settings.hpp"
#include "net/http.hpp"
#include "pipeline/model.hpp"
#include "pipeline/ports.hpp"
#include "pipeline/storage.hpp"

namespace headway::pipeline {

// The way to a provider's endpoint. Its key goes only where it was given for.
class ProviderExchange {
  public:
    ProviderExchange(net::HttpClient& http, Secrets& secrets, const async::Clock& clock,
                     const core::Settings& settings)
        : http_(http), secrets_(secrets), clock_(clock), settings_(settings) {}

    // What the provider was given to show who asks; null for one that wants nothing.
    core::Json credentials(const std::string& workspace, const Provider& provider,
                           const core::BaseUrl& base);
    // "" for a server that wants none.
    std::string key(const std::string& workspace, const Provider& provider,
                    const core::BaseUrl& base);
    async::Task<core::Result<core::Answer>> send(core::Outgoing out, core::BaseUrl base,
                                                 std::chrono::seconds timeout,
                                                 std::optional<net::FileSlice> file = {},
                                                 std::string body_end = {});
    // Brings what the endpoint has to a file at `path`; the answer tells why it does not.
    struct Fetched {
        core::Answer answer;
        LocalFile file = {};  // where the answer's status is 2xx
    };
    async::Task<core::Result<Fetched>> fetch(core::Outgoing out, core::BaseUrl base,
                                             std::string path);
    core::Timestamp now() const {
        return std::chrono::time_point_cast<std::chrono::microseconds>(clock_.today());
    }

  private:
    net::HttpRequest request(core::Outgoing out, const core::BaseUrl& base,
                             std::chrono::seconds timeout) const;

    net::HttpClient& http_;
    Secrets& secrets_;
    const async::Clock& clock_;
    const core::Settings& settings_;
};

}  // namespace headway::pipeline
