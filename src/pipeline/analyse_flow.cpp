#include "core/conversation/analysis.hpp"
#include "core/storage/object_name.hpp"
#include "pipeline/ask_model.hpp"
#include "pipeline/flows.hpp"
#include "pipeline/settle.hpp"

namespace headway::pipeline {
namespace {

using core::Json;

Json settled_form(const core::Analysis& analysis, const ModelAnswer& answer) {
    Json json = analysis.to_json();
    json.set("quotes_total", analysis.quotes_total);
    json.set("quotes_verified", analysis.quotes_verified);
    json.set("problems", Json::Array(analysis.problems.begin(), analysis.problems.end()));
    json.set("call_id", answer.call_id);
    json.set("call_started_at", answer.call_started_at);
    return json;
}

// <user>/<recording>/analysis.json in the bucket for analyses.
StorageTarget target_of(const ClaimedTask& task, const Json& place) {
    StorageTarget target;
    target.workspace = task.workspace;
    if (!place["storage"].is_null())
        target.provider = std::make_shared<const Json>(place["storage"]);
    target.bucket = place["bucket"].as_string();
    target.key = core::object_segment(place["user"].as_string(), "user") + '/' +
                 place["recording_id"].as_string() + "/analysis.json";
    return target;
}

// Writes an analysis where it is kept as a file; gives its path.
async::Task<std::string> keep(Context& ctx, StorageTarget target, Json analysis) {
    std::string text = analysis.dump();
    std::string type = "application/json";
    async::Gate::Place place = co_await ctx.exchanges.enter();
    auto putting = ctx.storage.put_text(std::move(target), std::move(text), std::move(type));
    core::Result<StoredObject> kept = co_await std::move(putting);
    co_return std::move(kept).value_or_throw().path;
}

}  // namespace

async::Task<void> analyse(Context& ctx, ClaimedTask task) {
    Settlement look = [&] { return ctx.store.input_analyse(task); };
    Json input = co_await settle(ctx, look);
    if (input.is_null()) co_return;
    core::Conversation conversation = core::Conversation::from_json(input["conversation"]);
    auto read = [&](const std::string& text) { return core::read_analysis(text, conversation); };

    std::optional<ModelAnswer> answer = stored_answer(input["reply"]);
    if (!answer || !is_readable(*answer, read)) {
        ModelRequest request{"analyse", conversation.to_json(),
                             std::make_shared<const Json>(input["provider"]), task.workspace, read};
        TaskCalls log(ctx, task);
        Json round;
        auto asking = ask_model(ctx, log, request, round);
        answer = co_await std::move(asking);
    }
    core::Analysis analysis = read(answer->text);
    Json analysed = settled_form(analysis, *answer);
    if (const Json& place = input["place"]; place.is_object()) {
        Json file = analysis.to_json();
        file.set("recording_id", place["recording_id"]);
        StorageTarget target = target_of(task, place);
        std::string path = co_await keep(ctx, std::move(target), std::move(file));
        analysed.set("storage_path", path);
    }
    Settlement end = [&] {
        ctx.store.settle_analyse(task, analysed);
        return Json();
    };
    co_await settle(ctx, end);
}

}  // namespace headway::pipeline
