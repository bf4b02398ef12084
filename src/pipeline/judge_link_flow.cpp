#include "core/linking/link_judgement.hpp"
#include "pipeline/ask_model.hpp"
#include "pipeline/flows.hpp"
#include "pipeline/settle.hpp"

namespace headway::pipeline {
namespace {

using core::Json;

Json link_answer(const core::LinkJudgement& judgement, const ModelAnswer& answer,
                 const Json& question) {
    Json json = Json::Object{{"among", question["among"]},
                             {"confidence", judgement.confidence},
                             {"reasoning", judgement.reasoning},
                             {"call_id", answer.call_id}};
    if (!judgement.candidate.empty()) json.set("candidate", judgement.candidate);
    return json;
}

}  // namespace

async::Task<void> judge_link(Context& ctx, ClaimedTask task) {
    Settlement look = [&] { return ctx.store.input_judge_link(task); };
    Json input = co_await settle(ctx, look);
    if (input.is_null()) co_return;
    const Json& question = input["question"];
    auto read = [&](const std::string& text) {
        return core::read_link_judgement(text, question["candidates"]);
    };

    std::optional<ModelAnswer> answer = stored_answer(input["reply"]);
    if (!answer || !is_readable(*answer, read)) {
        ModelRequest request{"link", question, std::make_shared<const Json>(input["provider"]),
                             task.workspace, read};
        TaskCalls log(ctx, task);
        auto asking = ask_model(ctx, log, std::move(request), Json());
        answer = co_await std::move(asking);
    }
    Json judged = link_answer(read(answer->text), *answer, question);
    Settlement end = [&] {
        ctx.store.settle_judge_link(task, judged);
        return Json();
    };
    co_await settle(ctx, end);
}

}  // namespace headway::pipeline
