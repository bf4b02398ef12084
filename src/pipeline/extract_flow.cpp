#include "core/conversation/extraction.hpp"
#include "pipeline/ask_model.hpp"
#include "pipeline/flows.hpp"
#include "pipeline/settle.hpp"

namespace headway::pipeline {
namespace {

using core::Json;

Json extract_answer(core::Extraction found, const ModelAnswer& answer) {
    Json json = Json::Object{{"quotes_total", found.quotes_total},
                             {"quotes_verified", found.quotes_verified},
                             {"relevance", found.relevance},
                             {"call_id", answer.call_id},
                             {"call_started_at", answer.call_started_at}};
    json.set("insights", std::move(found.insights));
    json.set("items", std::move(found.items));
    json.set("unmatched", std::move(found.unmatched));
    json.set("problems", Json::Array(found.problems.begin(), found.problems.end()));
    return json;
}

}  // namespace

async::Task<void> extract(Context& ctx, ClaimedTask task) {
    ExtractInput input = co_await ctx.batches.extract_inputs.make(&task);
    if (input.conversation.is_null()) co_return;
    const Json& workspace = *input.common;
    input.conversation.set("themes", workspace["themes"]);
    core::Conversation conversation = core::Conversation::from_json(input.conversation);

    double threshold = workspace["threshold"].as_number();
    auto read = [&](const ModelAnswer& answer) {
        return core::read_extraction(answer.text, conversation, threshold);
    };
    std::optional<ModelAnswer> answer = stored_answer(input.reply);
    if (!answer || !is_readable(*answer, read)) {
        Provider provider(input.common, &workspace["provider"]);
        ModelRequest request{"extract", conversation.to_json(), provider, task.workspace};
        TaskCalls log(ctx, task);
        answer = co_await ask_model(ctx, log, request, Json());
    }
    ExtractAnswer settled{&task, extract_answer(read(*answer), *answer)};
    auto end = [&] { return ctx.batches.extractions.make(settled); };
    co_await while_busy(ctx, end);
}

}  // namespace headway::pipeline
