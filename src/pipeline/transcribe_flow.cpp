#include "core/base/url.hpp"
#include "core/work/retry.hpp"
#include "pipeline/flows.hpp"
#include "pipeline/leave.hpp"
#include "pipeline/recorded_audio.hpp"
#include "pipeline/retry_pause.hpp"
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
             const std::string& model, const std::string& started_at, std::int64_t latency_ms) {
    Json call =
        Json::Object{{"purpose", "transcribe"},  {"provider", provider_name(request.provider)},
                     {"request_model", model},   {"started_at", started_at},
                     {"latency_ms", latency_ms}, {"status", result.ok() ? "ok" : "error"},
                     {"cache_hit", false}};
    if (!result.ok()) {
        core::Error failure = result.error();
        // Of a later step that could not be taken, the ones before are paid for.
        failure.unsent = failure.unsent && request.progress.is_null();
        set_failure(call, failure);
        return call;
    }
    const core::Transcription& heard = *result.value().heard;
    if (!heard.model.empty()) call.set("response_model", heard.model);
    if (!heard.request_id.empty()) call.set("request_id", heard.request_id);
    std::optional<double> seconds = heard.audio_seconds ? heard.audio_seconds : request.seconds;
    if (seconds) call.set("audio_seconds", *seconds);
    return call;
}

// Leave for all that a recording may cost: it is taken with the first step, and what is reserved
// travels with the progress to the step that ends it.
async::Task<Leave> leave_to_hear(Context& ctx, const SpeechRequest& request, core::Outlay outlay) {
    if (!request.progress.is_null()) {
        Leave taken;
        taken.reservation = request.progress.text_or("reservation", "");
        co_return taken;
    }
    for (int tries = 1;; ++tries) {
        auto asking = leave_for(ctx, WantedLeave{request.workspace, outlay});
        Leave leave = co_await std::move(asking);
        if (!leave.refusal) co_return leave;
        auto pausing = pause_before_retry(ctx, *leave.refusal, tries);
        std::optional<core::Error> end = co_await std::move(pausing);
        if (end) throw Failure(*end);
    }
}

// One step of the vendor's, and its row in llm_calls unless the vendor is still at it. A later step
// that fails, but not for good, leaves what is reserved to the next try.
async::Task<SpeechReply> listen(Context& ctx, const ClaimedTask& task,
                                const SpeechRequest& request) {
    core::Outlay outlay =
        core::speech_outlay(*request.provider, request.seconds, request.audio.size);
    std::string model = outlay.model;
    auto asking = leave_to_hear(ctx, request, std::move(outlay));
    Leave leave = co_await std::move(asking);
    async::Gate::Place place = co_await ctx.exchanges.enter();
    std::string started_at = core::format_timestamp(ctx.now());
    async::TimePoint start = ctx.loop.clock().now();
    core::Result<SpeechReply> result = co_await ctx.transcriber.transcribe(request);
    if (result.ok() && !result.value().heard) {
        SpeechReply under_way = std::move(result).value_or_throw();
        settle_with(under_way.progress, leave);
        co_return under_way;
    }
    auto latency =
        std::chrono::duration_cast<std::chrono::milliseconds>(ctx.loop.clock().now() - start);
    Json call = call_of(request, result, model, started_at, latency.count());
    bool goes_on =
        !request.progress.is_null() && !result.ok() && core::is_retryable(result.error().kind);
    if (!goes_on) settle_with(call, leave);
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
    Settlement look = [&] { return ctx.store.input_transcribe(task); };
    Json input = co_await settle(ctx, look);
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
        if (input["seconds"].is_number()) request.seconds = input["seconds"].as_number();
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
