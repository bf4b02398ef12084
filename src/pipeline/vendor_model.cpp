#include "pipeline/vendor_model.hpp"

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

VendorModel::SharedEndpoint VendorModel::endpoint_of(const Provider& provider) {
    if (latest_ && latest_->provider == provider) return latest_;
    const core::ModelVendor& vendor = core::model_vendor(provider_name(provider));
    auto settings = core::ModelSettings::from_json((*provider)["settings"], vendor.rules());
    core::BaseUrl base = core::parse_base_url(settings.base_url);
    core::Prompt prompt = core::Prompt::from_json((*provider)["prompt"]);
    latest_ = std::make_shared<const Endpoint>(
        Endpoint{provider, vendor, std::move(settings), std::move(base), std::move(prompt)});
    return latest_;
}

async::Task<core::Result<ModelReply>> VendorModel::ask(const ModelRequest& request) {
    try {
        SharedEndpoint at = endpoint_of(request.provider);
        std::string key = exchange_.key(request.workspace, at->provider, at->base);
        std::string question = core::render(at->prompt, request.purpose, request.input);
        core::Outgoing out = at->vendor.request(at->settings, key, at->prompt, question);
        auto sending = exchange_.send(std::move(out), at->base, at->settings.timeout);
        core::Result<core::Answer> answer = co_await std::move(sending);
        if (!answer.ok()) co_return answer.error();
        co_return reply_of(at->vendor.read(answer.value(), exchange_.now()), at->settings.model);
    } catch (const core::Failure& failure) {
        co_return failure.error();
    }
}

}  // namespace headway::pipeline
