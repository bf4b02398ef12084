#include "pipeline/ask_model.hpp"

#include "pipeline/settle.hpp"

namespace headway::pipeline {
namespace {

using core::Json;

void set_known(Json& json, const char* key, const std::optional<std::int64_t>& value) {
    if (value) json.set(key, *value);
}

Json call_of(const Model& model, const ModelRequest& request,
             const core::Result<ModelReply>& result, const std::string& started_at,
             std::int64_t latency_ms) {
    Json call = Json::Object{{"purpose", request.purpose},
                             {"provider", model.provider()},
                             {"started_at", started_at},
                             {"latency_ms", latency_ms},
                             {"status", result.ok() ? "ok" : "error"},
                             {"cache_hit", false}};
    if (!result.ok()) {
        call.set("error", result.error().message);
        if (result.error().http_status != 0) call.set("http_status", result.error().http_status);
        return call;
    }
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

}  // namespace

std::optional<ModelAnswer> stored_answer(const Json& reply) {
    if (!reply["text"].is_string()) return std::nullopt;
    return ModelAnswer{reply["text"].as_string(), reply.text_or("call_id", ""),
                       reply.text_or("started_at", "")};
}

async::Task<ModelAnswer> ask_model(Context& ctx, const ClaimedTask& task, ModelRequest request,
                                   Json round) {
    std::string started_at = core::format_timestamp(ctx.now());
    async::TimePoint start = ctx.loop.clock().now();
    core::Result<ModelReply> result = co_await ctx.model.ask(request);
    auto latency =
        std::chrono::duration_cast<std::chrono::milliseconds>(ctx.loop.clock().now() - start);
    Json call = call_of(ctx.model, request, result, started_at, latency.count());
    Json reply;
    if (result.ok()) reply = Json::Object{{"text", result.value().text}, {"round", round}};
    Settlement settlement = [&] { return Json(ctx.store.record_call(task, call, reply)); };
    Json call_id = co_await settle(ctx, settlement);
    if (!result.ok()) throw core::Failure(result.error());
    co_return ModelAnswer{result.value().text, call_id.as_string(), started_at};
}

}  // namespace headway::pipeline
