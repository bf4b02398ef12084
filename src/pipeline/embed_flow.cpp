#include "pipeline/embedding.hpp"
#include "pipeline/flows.hpp"
#include "pipeline/settle.hpp"

namespace headway::pipeline {

async::Task<void> embed(Context& ctx, ClaimedTask task) {
    Settlement look = [&] { return ctx.store.input_embed(task); };
    core::Json input = co_await settle(ctx, look);
    if (input.is_null()) co_return;
    const Embedding embedding = Embedding::from_json(input);
    TaskCalls log(ctx, task);
    auto embedding_them = embed_missing(ctx, log, task.workspace, embedding, input["missing"]);
    co_await std::move(embedding_them);
    Settlement end = [&] {
        ctx.store.settle_embed(task, input);
        return core::Json();
    };
    co_await settle(ctx, end);
}

}  // namespace headway::pipeline
