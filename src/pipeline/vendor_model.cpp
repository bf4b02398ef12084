#include "pipeline/vendor_model.hpp"

namespace headway::pipeline {

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
        ModelReply reply{at->vendor.read(answer.value(), exchange_.now())};
        reply.request_model = at->settings.model;
        co_return reply;
    } catch (const core::Failure& failure) {
        co_return failure.error();
    }
}

}  // namespace headway::pipeline
