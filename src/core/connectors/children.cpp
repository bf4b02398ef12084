#include "core/connectors/children.hpp"

#include "core/connectors/record_text.hpp"

namespace headway::core {
namespace {

bool is_wanted(const ChildSpec& child, const Json& record) {
    return (child.when.empty() || is_filled(record.at(child.when))) &&
           (child.unless.empty() || !is_filled(record.at(child.unless)));
}

}  // namespace

ParentIds parents_of(const ChildSpec& child, const std::vector<Parent>& parents) {
    ParentIds wanted;
    for (const Parent& parent : parents) {
        if (!is_wanted(child, parent.record)) continue;
        std::string value =
            child.parent.empty() ? parent.id : text_of(parent.record.at(child.parent));
        if (!value.empty()) wanted[value].push_back(parent.id);
    }
    return wanted;
}

Joined join_children(const ChildSpec& child, const Json::Array& records, const ParentIds& asked) {
    Joined joined;
    for (const auto& [value, ids] : asked)
        for (const std::string& id : ids) joined.by_parent[id];
    bool all_are_its_own = child.key.empty() && asked.size() == 1 && child.batch == 1;
    for (const Json& record : records) {
        auto parent = all_are_its_own ? asked.begin() : asked.find(text_of(record.at(child.key)));
        if (parent == asked.end()) ++joined.strangers;
        else
            for (const std::string& id : parent->second) joined.by_parent[id].push_back(record);
    }
    return joined;
}

}  // namespace headway::core
