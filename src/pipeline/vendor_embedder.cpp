#include "pipeline/vendor_embedder.hpp"

#include "core/models/model_vendors.hpp"

namespace headway::pipeline {
namespace {

constexpr core::EmbeddingLimits kBuiltinLimits{
    .texts = 1000, .bytes = 1'000'000, .bytes_per_text = 8000};

bool is_builtin(const Provider& provider) { return provider_name(provider) == "builtin"; }

}  // namespace

core::EmbeddingLimits VendorEmbedder::limits(const Provider& provider) const {
    if (is_builtin(provider)) return kBuiltinLimits;
    return core::embedding_vendor(provider_name(provider)).limits;
}

async::Task<core::Result<core::Embeddings>> VendorEmbedder::embed(const EmbedRequest& request) {
    if (is_builtin(request.provider)) co_return core::builtin_embeddings(request.texts);
    try {
        const core::Json& provider = *request.provider;
        const core::EmbeddingVendor& vendor = core::embedding_vendor(provider["name"].as_string());
        auto settings = core::ModelSettings::from_json(provider["settings"], vendor.rules());
        core::BaseUrl base = core::parse_base_url(settings.base_url);
        std::string key = exchange_.key(request.workspace, request.provider, base);
        core::Outgoing out = vendor.request(settings, key, request.texts);
        auto sending = exchange_.send(std::move(out), base, settings.timeout);
        core::Result<core::Answer> answer = co_await std::move(sending);
        if (!answer.ok()) co_return answer.error();
        core::Embeddings got = vendor.read(answer.value(), request.texts.size(), exchange_.now());
        if (got.model.empty()) got.model = settings.model;
        co_return got;
    } catch (const core::Failure& failure) {
        co_return failure.error();
    }
}

}  // namespace headway::pipeline
