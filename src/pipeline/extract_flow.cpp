#include "core/conversation/extraction.hpp"
#include "pipeline/ask_model.hpp"
#include "pipeline/flows.hpp"
#include "pipeline/settle.hpp"

namespace headway::pipeline {
namespace {

using core::Json;

Json extract_answer(core::Extraction found, const ModelAnswer& answer) {
    return Json::Object{{"insights", std::move(found.insights)},
                        {"items", std::move(found.items)},
                        {"unmatched", std::move(found.unmatched)},
                        {"quotes_total", found.quotes_total},
                        {"quotes_verified", found.quotes_verified},
                        {"relevance", found.relevance},
                        {"problems", Json::Array(found.problems.begin(), found.problems.end())},
                        {"call_id", answer.call_id},
                        {"call_started_at", answer.call_started_at}};
}

}  // namespace

async::Task<void> extract(Context& ctx, ClaimedTask task) {
    Json input = ctx.store.input_extract(task);
    if (input.is_null()) co_return;
    core::Conversation conversation = core::Conversation::from_json(input);

    double threshold = input["threshold"].as_number();
    auto read = [&](const ModelAnswer& answer) {
        return core::read_extraction(answer.text, conversation, threshold);
    };
    std::optional<ModelAnswer> answer = stored_answer(input["reply"]);
    if (!answer || !is_readable(*answer, read)) {
        ModelRequest request{"extract", conversation.to_json(), input["provider"], task.workspace};
        TaskCalls log(ctx.store, task);
        answer = co_await ask_model(ctx, log, request, Json());
    }
    Json settled = extract_answer(read(*answer), *answer);
    Settlement settlement = [&] { return ctx.store.settle_extract(task, settled); };
    co_await settle(ctx, settlement);
}

}  // namespace headway::pipeline
