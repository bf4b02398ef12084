#include "pipeline/provider_exchange.hpp"

namespace headway::pipeline {

core::Json ProviderExchange::credentials(const std::string& workspace, const Provider& provider,
                                         const core::BaseUrl& base) {
    const core::Json& sealed = (*provider)["credentials"];
    return sealed.is_null() ? core::Json() : secrets_.open(workspace, sealed, base.origin());
}

std::string ProviderExchange::key(const std::string& workspace, const Provider& provider,
                                  const core::BaseUrl& base) {
    return credentials(workspace, provider, base).text_or("api_key", "");
}

async::Task<core::Result<core::Answer>> ProviderExchange::send(core::Outgoing out,
                                                               core::BaseUrl base,
                                                               std::chrono::seconds timeout,
                                                               std::optional<net::FileSlice> file,
                                                               std::string body_end) {
    net::HttpRequest http;
    http.method = out.method;
    http.url = out.url;
    http.headers = std::move(out.headers);
    http.body = std::move(out.body);
    http.file = std::move(file);
    http.body_end = std::move(body_end);
    http.total_timeout = timeout;
    http.stall_timeout = timeout;  // nothing comes while the model thinks
    http.max_response_bytes = settings_.max_response_bytes;
    http.allow_private = core::names_host(settings_.allowed_private_hosts, base);
    core::Result<net::HttpResponse> response = co_await http_.send(std::move(http));
    if (!response.ok()) co_return response.error();
    const net::HttpResponse& got = response.value();
    co_return core::Answer{got.status, got.headers, got.body};
}

}  // namespace headway::pipeline
