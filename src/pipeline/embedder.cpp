#include "pipeline/embedder.hpp"

#include <iterator>

#include "pipeline/paid_exchange.hpp"

namespace headway::pipeline {
namespace {

using core::Json;

async::Task<Exchanged> embed_once(Context& ctx, const EmbedRequest& request,
                                  core::Embeddings& got) {
    Exchanged made;
    core::Result<core::Embeddings> result = co_await ctx.embedder.embed(request);
    made.figures.set("request_model", model_name(request.provider));
    made.failure = result.ok() ? result.value().failure : std::optional(result.error());
    if (!result.ok()) co_return made;
    got = result.value();
    made.figures.set("response_model", got.model);
    made.figures.set("request_id", got.request_id);
    if (got.tokens) made.figures.set("input_tokens", *got.tokens);
    if (provider_name(request.provider) == "builtin") made.figures.set("cost_usd", 0);
    co_return made;
}

// No text has more tokens than bytes.
std::optional<Cost> cost_of(const EmbedRequest& request) {
    const Json& provider = *request.provider;
    if (provider_name(request.provider) == "builtin") return std::nullopt;
    core::Outlay outlay{provider["name"].as_string(), provider["settings"].text_or("model", "")};
    for (const std::string& text : request.texts)
        outlay.input_tokens += static_cast<std::int64_t>(text.size());
    outlay.longest = std::chrono::seconds(
        provider["settings"].integer_or("timeout_seconds", core::ModelSettings().timeout.count()));
    return Cost{{request.workspace, std::move(outlay)}};
}

// Vectors of two models, or of two sizes, cannot be compared.
void append(core::Embeddings& all, core::Embeddings got) {
    if (!all.vectors.empty() && !got.vectors.empty() &&
        (all.model != got.model || all.vectors[0].size() != got.vectors[0].size()))
        throw core::Failure(core::ErrorKind::protocol,
                            "the model's vendor has answered with two models");
    all.model = got.model;
    all.request_id = got.request_id;
    if (got.tokens) all.tokens = all.tokens.value_or(0) + *got.tokens;
    std::move(got.vectors.begin(), got.vectors.end(), std::back_inserter(all.vectors));
}

}  // namespace

async::Task<core::Embeddings> embed_texts(Context& ctx, CallLog& log, EmbedRequest request) {
    const core::EmbeddingLimits limits = ctx.embedder.limits(request.provider);
    const auto texts = core::embeddable(std::move(request.texts), limits.bytes_per_text);
    core::Embeddings all;
    for (std::size_t first = 0; first < texts.size(); first += request.texts.size()) {
        auto from = texts.begin() + static_cast<std::ptrdiff_t>(first);
        auto count = static_cast<std::ptrdiff_t>(core::batch_size(texts, first, limits));
        request.texts.assign(from, from + count);
        core::Embeddings got;
        Exchange exchange = [&] { return embed_once(ctx, request, got); };
        auto paying = exchange_paid(ctx, log, "embed", provider_name(request.provider), exchange,
                                    cost_of(request));
        core::Result<PaidCall> paid = co_await std::move(paying);
        if (!paid.ok()) throw core::Failure(paid.error());
        append(all, std::move(got));
    }
    co_return all;
}

}  // namespace headway::pipeline
