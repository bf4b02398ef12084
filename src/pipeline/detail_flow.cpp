#include "pipeline/fetch.hpp"
#include "pipeline/flows.hpp"
#include "pipeline/settle.hpp"

namespace headway::pipeline {

using core::Json;

async::Task<void> detail(Context& ctx, ClaimedTask task) {
    std::optional<Source> source = source_of(ctx, task);
    if (!source) co_return;
    std::vector<std::string> parents;
    for (const Json& record : task.payload["records"].items())
        parents.push_back(record["id"].as_string());

    std::map<std::string, Json> children;  // parent's id -> {child request: [records]}
    std::size_t strangers = 0;
    std::size_t repairs = 0;
    for (const core::ChildSpec& child : source->spec.children) {
        core::RequestValues values = source->values;
        values.parents = parents;
        const core::RequestSpec& request = source->spec.requests.at(child.request);
        core::Page page = co_await fetch_all(ctx, *source, request, values);
        core::Joined joined = core::join_children(child, page.records, parents);
        for (auto& [parent, records] : joined.by_parent)
            children[parent].set(child.name, std::move(records));
        strangers += joined.strangers;
        repairs += page.repairs;
    }

    Json by_parent = Json::object();
    for (auto& [parent, records] : children) by_parent.set(parent, std::move(records));
    Json answer = Json::Object{
        {"children", std::move(by_parent)}, {"strangers", strangers}, {"repairs", repairs}};
    Settlement settlement = [&] { return ctx.store.settle_detail(task, answer); };
    co_await settle(ctx, settlement);
}

}  // namespace headway::pipeline
