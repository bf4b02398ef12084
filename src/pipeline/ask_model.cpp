#include "pipeline/ask_model.hpp"

#include "core/work/retry.hpp"
#include "pipeline/settle.hpp"

namespace headway::pipeline {
namespace {

using core::Json;

void set_known(Json& json, const char* key, const std::optional<std::int64_t>& value) {
    if (value) json.set(key, *value);
}

Json call_of(const ModelRequest& request, const core::Result<ModelReply>& result,
             const std::optional<core::Error>& failure, const std::string& started_at,
             std::int64_t latency_ms) {
    Json call = Json::Object{
        {"purpose", request.purpose},         {"provider", provider_name(request.provider)},
        {"started_at", started_at},           {"latency_ms", latency_ms},
        {"status", failure ? "error" : "ok"}, {"cache_hit", false}};
    const Json& prompt = (*request.provider)["prompt"]["id"];
    if (prompt.is_string()) call.set("prompt_id", prompt);
    if (failure) call.set("error", failure->message);
    if (failure && failure->http_status != 0) call.set("http_status", failure->http_status);
    if (!result.ok()) return call;
    const ModelReply& reply = result.value();
    call.set("request_model", reply.request_model);
    call.set("response_model", reply.response_model);
    call.set("finish_reason", reply.finish_reason);
    call.set("request_id", reply.request_id);
    set_known(call, "input_tokens", reply.input_tokens);
    set_known(call, "output_tokens", reply.output_tokens);
    set_known(call, "cached_tokens", reply.cached_tokens);
    set_known(call, "reasoning_tokens", reply.reasoning_tokens);
    if (reply.cost_usd) call.set("cost_usd", *reply.cost_usd);
    return call;
}

std::optional<std::int64_t> tokens_of(const ModelReply& reply) {
    if (!reply.input_tokens || !reply.output_tokens) return std::nullopt;
    return *reply.input_tokens + *reply.output_tokens;
}

// One exchange, and its row in llm_calls: its place is kept until that is written.
struct Exchange {
    std::optional<core::Error> failure;
    ModelAnswer answer;
};

async::Task<Exchange> exchange(Context& ctx, CallLog& log, const ModelRequest& request,
                               const Json& round) {
    async::Gate::Place place = co_await ctx.exchanges.enter();
    std::string started_at = core::format_timestamp(ctx.now());
    async::TimePoint start = ctx.loop.clock().now();
    core::Result<ModelReply> result = co_await ctx.model.ask(request);
    auto latency =
        std::chrono::duration_cast<std::chrono::milliseconds>(ctx.loop.clock().now() - start);
    std::optional<core::Error> failure =
        result.ok() ? result.value().failure : std::optional(result.error());
    Json call = call_of(request, result, failure, started_at, latency.count());
    Json reply;
    if (!failure) reply = Json::Object{{"text", result.value().text}, {"round", round}};
    auto record = [&] { return log.record(call, reply); };
    std::string call_id = co_await when_free(ctx, record);
    if (failure) co_return Exchange{failure, {}};
    const ModelReply& got = result.value();
    co_return Exchange{failure, {got.text, call_id, started_at, tokens_of(got)}};
}

}  // namespace

std::optional<ModelAnswer> stored_answer(const Json& reply) {
    if (!reply["text"].is_string()) return std::nullopt;
    return ModelAnswer{reply["text"].as_string(), reply.text_or("call_id", ""),
                       reply.text_or("started_at", "")};
}

async::Task<ModelAnswer> ask_model(Context& ctx, CallLog& log, ModelRequest request, Json round) {
    const core::RetryPolicy policy;
    for (int tries = 1;; ++tries) {
        if (!log.is_wanted()) throw core::Failure(core::ErrorKind::lost, "nobody waits any more");
        Exchange made = co_await exchange(ctx, log, request, round);
        if (!made.failure) co_return made.answer;
        core::Error error = *made.failure;
        core::RetryDecision next = core::decide_retry(error, tries, ctx.dice(), policy);
        if (next.action == core::RetryDecision::Action::later)
            error.retry_after = std::chrono::ceil<std::chrono::seconds>(next.delay);
        if (next.action != core::RetryDecision::Action::again || !log.is_wanted())
            throw core::Failure(error);
        co_await ctx.loop.sleep_for(next.delay);
    }
}

}  // namespace headway::pipeline
