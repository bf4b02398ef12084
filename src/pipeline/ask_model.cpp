#include "pipeline/ask_model.hpp"

#include "core/models/outlay.hpp"
#include "core/work/retry.hpp"
#include "pipeline/paid_exchange.hpp"

namespace headway::pipeline {
namespace {

using core::Json;

void set_known(Json& json, const char* key, const std::optional<std::int64_t>& value) {
    if (value) json.set(key, *value);
}

Json figures_of(const ModelReply& reply) {
    Json figures = Json::Object{{"request_model", reply.request_model},
                                {"response_model", reply.model},
                                {"finish_reason", reply.finish_reason},
                                {"request_id", reply.request_id}};
    set_known(figures, "input_tokens", reply.input_tokens);
    set_known(figures, "output_tokens", reply.output_tokens);
    set_known(figures, "cached_tokens", reply.cached_tokens);
    set_known(figures, "cache_write_tokens", reply.cache_write_tokens);
    set_known(figures, "reasoning_tokens", reply.reasoning_tokens);
    if (reply.cost_usd) figures.set("cost_usd", *reply.cost_usd);
    return figures;
}

std::optional<std::int64_t> tokens_of(const ModelReply& reply) {
    if (!reply.input_tokens || !reply.output_tokens) return std::nullopt;
    return *reply.input_tokens + *reply.output_tokens;
}

bool is_usable(const ModelRequest& request, const std::string& text) {
    return is_readable(ModelAnswer{text, {}, {}}, request.read);
}

Exchanged exchanged(const ModelRequest& request, const Json& round,
                    const core::Result<ModelReply>& result) {
    Exchanged made;
    made.failure = result.ok() ? result.value().failure : std::optional(result.error());
    if (result.ok()) made.figures = figures_of(result.value());
    else made.figures.set("request_model", model_name(request.provider));
    const Json& prompt = (*request.provider)["prompt"]["id"];
    if (prompt.is_string()) made.figures.set("prompt_id", prompt);
    if (!made.failure)
        made.reply = Json::Object{{"text", result.value().text},
                                  {"round", round},
                                  {"provider", provider_name(request.provider)}};
    return made;
}

// `key`: under which the answer is kept if it is of use; "" when it is not to be.
async::Task<Exchanged> ask_once(Context& ctx, const ModelRequest& request, const Json& round,
                                const std::string& key, ModelReply& got) {
    core::Result<ModelReply> result = co_await ctx.model.ask(request);
    Exchanged made = exchanged(request, round, result);
    if (result.ok()) got = result.value();
    if (!made.failure && !key.empty() && is_usable(request, got.text))
        made.figures.set("kept", Json::Object{{"key", key}, {"text", got.text}});
    co_return made;
}

// A stored answer as if it had just come: nothing was sent for it.
std::optional<Exchanged> replay(const ModelRequest& request, const Json& round, const Leave& leave,
                                ModelReply& got) {
    if (!is_usable(request, *leave.answer)) return std::nullopt;
    got = ModelReply{};
    got.text = *leave.answer;
    got.request_model = model_name(request.provider);
    got.model = leave.model;
    got.input_tokens = got.output_tokens = 0;
    got.cost_usd = 0;
    Exchanged made = exchanged(request, round, got);
    made.figures.set("cache_hit", true);
    return made;
}

// The built-in provider costs nothing and answers at once.
std::optional<Cost> cost_of(const ModelRequest& request) {
    if (provider_name(request.provider) == "builtin") return std::nullopt;
    Cost cost{
        {request.workspace, core::outlay_of(*request.provider, request.purpose, request.input)}};
    if (!request.read) cost.wanted.outlay.key.clear();
    return cost;
}

async::Task<core::Result<ModelAnswer>> ask_provider(Context& ctx, CallLog& log,
                                                    const ModelRequest& request,
                                                    const Json& round) {
    ModelReply got;
    std::string provider = provider_name(request.provider);
    std::optional<Cost> cost = cost_of(request);
    std::string key = cost ? cost->wanted.outlay.key : "";
    if (cost) cost->replay = [&](const Leave& leave) { return replay(request, round, leave, got); };
    Exchange exchange = [&] { return ask_once(ctx, request, round, key, got); };
    auto paying = exchange_paid(ctx, log, request.purpose, provider, exchange, cost);
    core::Result<PaidCall> paid = co_await std::move(paying);
    if (!paid.ok()) co_return paid.error();
    const PaidCall& call = paid.value();
    co_return ModelAnswer{got.text, call.id, call.started_at, provider, tokens_of(got)};
}

// The provider itself, unless it rests.
async::Task<core::Result<ModelAnswer>> ask_first(Context& ctx, CallLog& log,
                                                 const ModelRequest& request, const Json& round) {
    const std::string who = request.workspace + ' ' + provider_name(request.provider);
    std::optional<core::Error> reason = ctx.resting.reason(who, ctx.loop.clock().now());
    if (reason && has_fallback(request.provider)) co_return *reason;
    core::Result<ModelAnswer> answer = co_await ask_provider(ctx, log, request, round);
    if (!answer.ok() && core::is_lasting(answer.error()))
        ctx.resting.rest(who, answer.error(), ctx.loop.clock().now());
    co_return answer;
}

}  // namespace

std::optional<ModelAnswer> stored_answer(const Json& reply) {
    if (!reply["text"].is_string()) return std::nullopt;
    return ModelAnswer{reply["text"].as_string(), reply.text_or("call_id", ""),
                       reply.text_or("started_at", ""), reply.text_or("provider", "")};
}

async::Task<ModelAnswer> ask_model(Context& ctx, CallLog& log, ModelRequest request, Json round) {
    core::Result<ModelAnswer> first = co_await ask_first(ctx, log, request, round);
    bool is_anothers = !first.ok() && core::is_anothers_chance(first.error().kind);
    if (!is_anothers || !has_fallback(request.provider))
        co_return std::move(first).value_or_throw();
    request.provider = *fallback_of(request.provider);
    core::Result<ModelAnswer> second = co_await ask_provider(ctx, log, request, round);
    if (second.ok()) co_return second.value();
    core::ErrorKind kind = second.error().kind;
    bool must_wait = kind == core::ErrorKind::rate_limited || kind == core::ErrorKind::over_budget;
    throw core::Failure(must_wait ? second.error() : first.error());
}

}  // namespace headway::pipeline
