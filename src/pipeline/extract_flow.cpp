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

    ModelRequest request{"extract", conversation.to_json()};
    ModelAnswer answer = co_await ask_model(ctx, task, request, input["reply"]);
    core::Extraction found =
        core::read_extraction(answer.text, conversation, input["threshold"].as_number());

    Json settled = extract_answer(std::move(found), answer);
    Settlement settlement = [&] { return ctx.store.settle_extract(task, settled); };
    co_await settle(ctx, settlement);
}

}  // namespace headway::pipeline
