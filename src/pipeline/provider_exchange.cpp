#include "pipeline/provider_exchange.hpp"

#include "pipeline/local_copy.hpp"

namespace headway::pipeline {
namespace {

constexpr std::chrono::minutes kLongestFetch{30};

}  // namespace

core::Json ProviderExchange::credentials(const std::string& workspace, const Provider& provider,
                                         const core::BaseUrl& base) {
    const core::Json& sealed = (*provider)["credentials"];
    try {
        return sealed.is_null() ? core::Json() : secrets_.open(workspace, sealed, base.origin());
    } catch (const core::Failure& failure) {
        core::Error error = failure.error();
        error.unsent = true;
        throw core::Failure(std::move(error));
    }
}

std::string ProviderExchange::key(const std::string& workspace, const Provider& provider,
                                  const core::BaseUrl& base) {
    return credentials(workspace, provider, base).text_or("api_key", "");
}

net::HttpRequest ProviderExchange::request(core::Outgoing out, const core::BaseUrl& base,
                                           std::chrono::seconds timeout) const {
    net::HttpRequest http;
    http.method = out.method;
    http.url = out.url;
    http.headers = std::move(out.headers);
    http.body = std::move(out.body);
    http.total_timeout = timeout;
    http.max_response_bytes = settings_.max_response_bytes;
    http.allow_private = core::names_host(settings_.allowed_private_hosts, base);
    return http;
}

async::Task<core::Result<core::Answer>> ProviderExchange::send(core::Outgoing out,
                                                               core::BaseUrl base,
                                                               std::chrono::seconds timeout,
                                                               std::optional<net::FileSlice> file,
                                                               std::string body_end) {
    net::HttpRequest http = request(std::move(out), base, timeout);
    http.file = std::move(file);
    http.body_end = std::move(body_end);
    http.stall_timeout = timeout;  // nothing comes while the model thinks
    core::Result<net::HttpResponse> response = co_await http_.send(std::move(http));
    if (!response.ok()) co_return response.error();
    const net::HttpResponse& got = response.value();
    co_return core::Answer{got.status, got.headers, got.body};
}

async::Task<core::Result<ProviderExchange::Fetched>> ProviderExchange::fetch(core::Outgoing out,
                                                                             core::BaseUrl base,
                                                                             std::string path) {
    ArrivingCopy copy(std::move(path), settings_.max_audio_bytes);
    net::HttpRequest http = request(std::move(out), base, kLongestFetch);
    http.sink = &copy;
    core::Result<net::HttpResponse> response = co_await http_.send(std::move(http));
    if (!response.ok()) co_return response.error();
    const net::HttpResponse& got = response.value();
    Fetched fetched{{got.status, got.headers, copy.refusal()}};
    if (got.status / 100 == 2) fetched.file = copy.file();
    co_return fetched;
}

}  // namespace headway::pipeline
