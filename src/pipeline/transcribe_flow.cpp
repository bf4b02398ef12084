#include "core/base/url.hpp"
#include "pipeline/flows.hpp"
#include "pipeline/recorded_audio.hpp"
#include "pipeline/settle.hpp"
#include "pipeline/transcriber.hpp"

namespace headway::pipeline {
namespace {

using core::ErrorKind;
using core::Failure;
using core::Json;

Json heard_json(const core::Transcription& heard, const Provider& provider) {
    Json json = Json::Object{{"language", heard.language.empty() ? Json() : Json(heard.language)},
                             {"provider", provider_name(provider)}};
    json.set("turns", core::turns_to_json(heard.turns));
    if (heard.audio_seconds) json.set("audio_seconds", *heard.audio_seconds);
    return json;
}

// A row of llm_calls.
Json call_of(const SpeechRequest& request, const core::Result<SpeechReply>& result,
             const std::string& started_at, std::int64_t latency_ms) {
    Json call = Json::Object{{"purpose", "transcribe"},
                             {"provider", provider_name(request.provider)},
                             {"started_at", started_at},
                             {"latency_ms", latency_ms},
                             {"status", result.ok() ? "ok" : "error"},
                             {"cache_hit", false}};
    const Json& model = (*request.provider)["settings"]["model"];
    if (model.is_string()) call.set("request_model", model);
    if (!result.ok()) {
        call.set("error", result.error().message);
        if (result.error().http_status != 0) call.set("http_status", result.error().http_status);
        return call;
    }
    const core::Transcription& heard = *result.value().heard;
    call.set("response_model", heard.model);
    call.set("request_id", heard.request_id);
    if (heard.audio_seconds) call.set("audio_seconds", *heard.audio_seconds);
    return call;
}

// One step of the vendor's, and its row in llm_calls unless the vendor is still at it.
async::Task<SpeechReply> listen(Context& ctx, const ClaimedTask& task,
                                const SpeechRequest& request) {
    async::Gate::Place place = co_await ctx.exchanges.enter();
    std::string started_at = core::format_timestamp(ctx.now());
    async::TimePoint start = ctx.loop.clock().now();
    core::Result<SpeechReply> result = co_await ctx.transcriber.transcribe(request);
    if (result.ok() && !result.value().heard) co_return result.value();
    auto latency =
        std::chrono::duration_cast<std::chrono::milliseconds>(ctx.loop.clock().now() - start);
    Json call = call_of(request, result, started_at, latency.count());
    Json reply;
    if (result.ok())
        reply = Json::Object{{"heard", heard_json(*result.value().heard, request.provider)}};
    CallRecord made{&task, task.workspace, std::move(call), std::move(reply)};
    auto record = [&] { return ctx.batches.calls.make(made); };
    co_await when_free(ctx, record);
    co_return std::move(result).value_or_throw();
}

}  // namespace

//   what an earlier attempt has heard --------------------------> settle
//   what the vendor was given --> ask for it --> not yet: postpone ^
//   nothing: bring the recording, give it to the vendor ------------/
async::Task<void> transcribe(Context& ctx, ClaimedTask task) {
    Json input = ctx.store.input_transcribe(task);
    if (input.is_null()) co_return;
    Json heard = input["reply"]["heard"];
    if (heard.is_null()) {
        if (input["provider"].is_null())
            throw Failure(core::Error{ErrorKind::refused,
                                      "no speech provider is set",
                                      {},
                                      "Use headway_set_provider('speech', ...), then "
                                      "headway_retry()."});
        SpeechRequest request;
        request.workspace = task.workspace;
        request.provider = std::make_shared<const Json>(input["provider"]);
        request.progress = input["reply"]["progress"];
        RecordedAudio audio(ctx, task);
        if (request.progress.is_null() || request.progress.bool_or("needs_audio", false)) {
            auto bringing = audio.bring(input["audio"], request);
            co_await std::move(bringing);
        }
        SpeechReply reply = co_await listen(ctx, task, request);
        if (!reply.heard) {
            Json kept = Json::Object{{"progress", reply.progress}};
            Settlement postpone = [&] {
                ctx.store.postpone(task, kept, reply.again_in);
                return Json();
            };
            co_await settle(ctx, postpone);
            co_return;
        }
        heard = heard_json(*reply.heard, request.provider);
    }
    Settlement settlement = [&] {
        ctx.store.settle_transcribe(task, heard);
        return Json();
    };
    co_await settle(ctx, settlement);
}

}  // namespace headway::pipeline
