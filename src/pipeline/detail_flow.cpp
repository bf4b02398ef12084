#include "core/connectors/children.hpp"
#include "pipeline/fetch.hpp"
#include "pipeline/flows.hpp"
#include "pipeline/settle.hpp"

namespace headway::pipeline {
namespace {

using core::Json;

// What the child requests of some records have brought so far.
struct Details {
    std::map<std::string, Json> children;  // record's id -> {child: [records]}
    std::size_t strangers = 0;
    std::size_t repairs = 0;

    void add(const core::ChildSpec& child, core::Joined joined) {
        for (auto& [parent, records] : joined.by_parent)
            children[parent].set(child.name, std::move(records));
        strangers += joined.strangers;
    }
    Json answer() && {
        Json by_parent = Json::object();
        for (auto& [parent, records] : children) by_parent.set(parent, std::move(records));
        return Json::Object{
            {"children", std::move(by_parent)}, {"strangers", strangers}, {"repairs", repairs}};
    }
};

std::vector<core::Parent> parents_in(const Json& payload) {
    std::vector<core::Parent> parents;
    for (const Json& record : payload["records"].items())
        parents.push_back({record["id"].as_string(), record["record"]});
    return parents;
}

// At most `size` of the wanted at a time, taken off their front.
core::ParentIds take_batch(core::ParentIds& wanted, int size) {
    core::ParentIds batch;
    while (!wanted.empty() && static_cast<int>(batch.size()) < size)
        batch.insert(wanted.extract(wanted.begin()));
    return batch;
}

async::Task<void> fetch_child(Context& ctx, Source& source, const core::ChildSpec& child,
                              const std::vector<core::Parent>& parents, Details& details) {
    // Each record has each child, be it empty.
    for (const core::Parent& parent : parents)
        details.children[parent.id].set(child.name, Json::array());
    const core::RequestSpec& request = source.spec.requests.at(child.request);
    core::ParentIds wanted = core::parents_of(child, parents);
    while (!wanted.empty()) {
        core::ParentIds batch = take_batch(wanted, child.batch);
        core::RequestValues values = source.values;
        for (const auto& [value, ids] : batch) values.parents.push_back(value);
        core::Page page = co_await fetch_all(ctx, source, request, values);
        details.add(child, core::join_children(child, page.records, batch));
        details.repairs += page.repairs;
    }
}

}  // namespace

async::Task<void> detail(Context& ctx, ClaimedTask task) {
    std::optional<Source> source = source_of(ctx, task);
    if (!source) co_return;
    source->courtesy = std::chrono::milliseconds(50);
    std::vector<core::Parent> parents = parents_in(task.payload);
    Details details;
    for (const core::ChildSpec& child : source->spec.children)
        co_await fetch_child(ctx, *source, child, parents, details);
    Json answer = std::move(details).answer();
    Settlement settlement = [&] { return ctx.store.settle_detail(task, answer); };
    co_await settle(ctx, settlement);
}

}  // namespace headway::pipeline
