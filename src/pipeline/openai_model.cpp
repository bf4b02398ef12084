#include "pipeline/openai_model.hpp"

#include "core/base/url.hpp"
#include "core/models/openai.hpp"

namespace headway::pipeline {
namespace {

ModelReply reply_of(core::Completion got, const std::string& asked_model) {
    ModelReply reply;
    reply.text = std::move(got.text);
    reply.request_model = asked_model;
    reply.response_model = got.model;
    reply.finish_reason = got.finish_reason;
    reply.request_id = got.request_id;
    reply.input_tokens = got.input_tokens;
    reply.output_tokens = got.output_tokens;
    reply.cached_tokens = got.cached_tokens;
    reply.reasoning_tokens = got.reasoning_tokens;
    reply.failure = got.failure;
    return reply;
}

}  // namespace

const OpenAiModel::Endpoint& OpenAiModel::endpoint_of(const Provider& provider) {
    if (!latest_ || latest_->provider != provider) {
        auto settings = core::OpenAiSettings::from_json((*provider)["settings"]);
        core::BaseUrl base = core::parse_base_url(settings.base_url);
        core::Prompt prompt = core::Prompt::from_json((*provider)["prompt"]);
        latest_ = {provider, std::move(settings), std::move(base), std::move(prompt)};
    }
    return *latest_;
}

net::HttpRequest OpenAiModel::http_request(const ModelRequest& request) {
    const auto& [provider, settings, base, prompt] = endpoint_of(request.provider);
    const core::Json& sealed = (*provider)["credentials"];
    std::string key;
    if (!sealed.is_null())
        key = secrets_.open(request.workspace, sealed, base.origin()).text_or("api_key", "");
    core::Outgoing out = core::openai_request(settings, key, prompt,
                                              core::render(prompt, request.purpose, request.input));
    net::HttpRequest http;
    http.method = out.method;
    http.url = out.url;
    http.headers = std::move(out.headers);
    http.body = std::move(out.body);
    http.total_timeout = settings.timeout;
    http.stall_timeout = settings.timeout;  // nothing comes while the model thinks
    http.max_response_bytes = settings_.max_response_bytes;
    http.allow_private = core::names_host(settings_.allowed_private_hosts, base);
    return http;
}

async::Task<core::Result<ModelReply>> OpenAiModel::ask(const ModelRequest& request) {
    try {
        core::Result<net::HttpResponse> response = co_await http_.send(http_request(request));
        if (!response.ok()) co_return response.error();
        const net::HttpResponse& got = response.value();
        auto now = std::chrono::time_point_cast<std::chrono::microseconds>(clock_.today());
        co_return reply_of(core::read_openai_answer({got.status, got.headers, got.body}, now),
                           (*request.provider)["settings"].text_or("model", ""));
    } catch (const core::Failure& failure) {
        co_return failure.error();
    }
}

}  // namespace headway::pipeline
