#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "core/connectors/connector_spec.hpp"

namespace headway::core {

// A listed record that child requests complete.
struct Parent {
    std::string id;
    Json record;
};

// What stands for the parent in a child request, and whose it is: several records may share it.
using ParentIds = std::map<std::string, std::vector<std::string>>;

// The parents that a child request is made for.
ParentIds parents_of(const ChildSpec& child, const std::vector<Parent>& parents);

// A child request's records by the parents' ids. Records that name no known parent are dropped and
// counted.
struct Joined {
    std::map<std::string, Json::Array> by_parent;
    std::size_t strangers = 0;
};
// `asked`: those that the request was made for.
Joined join_children(const ChildSpec& child, const Json::Array& records, const ParentIds& asked);

}  // namespace headway::core
