// Which request lists the records, and which complete them, as a spec says it.

#include <algorithm>

#include "core/connectors/spec_parts.hpp"
#include "core/connectors/template.hpp"

namespace headway::core {
namespace {

const RequestSpec& find_request(const ConnectorSpec& spec, const Json& name,
                                const std::string& path) {
    auto found = spec.requests.find(name.as_string());
    require_spec(found != spec.requests.end(), path + "/request", "names no request");
    return found->second;
}

bool uses(const RequestSpec& request, const std::string& placeholder) {
    std::vector<std::string> names = placeholders(request);
    return std::find(names.begin(), names.end(), placeholder) != names.end();
}

}  // namespace

ListSpec read_list(const Json& given, const ConnectorSpec& spec) {
    const RequestSpec& request = find_request(spec, given["request"], "list");
    require_spec(!uses(request, "parent") && !uses(request, "parents"), "list/request",
                 "names a request for the details of a record");
    ListSpec list{given["request"].as_string(), read_pointer(given["id"], "list/id"), "",
                  std::chrono::seconds(given.integer_or("overlap_seconds", 0))};
    if (given.find("at")) list.at = read_pointer(given["at"], "list/at");
    list.at_as = time_form(given.text_or("at_as", "iso"));
    if (given.text_or("window", "asked") == "filtered") list.window = WindowRule::filtered;
    list.newest_first = given.find("order") != nullptr;
    bool filtered = list.window == WindowRule::filtered;
    require_spec(!filtered || !list.at.empty(), "list/window", "\"filtered\" needs \"at\"");
    require_spec(filtered || !list.newest_first, "list/order",
                 "is of use only with \"window\": \"filtered\"");
    list.spans = static_cast<int>(given.integer_or("spans", 1));
    bool keeps_both_ends = uses(request, "window.from") && uses(request, "window.to");
    require_spec(list.spans == 1 || (keeps_both_ends && !list.at.empty() && !filtered),
                 "list/spans", "needs \"at\", and a vendor who is asked for both ends of a window");
    require_spec(list.at_as == TimeForm::iso || !list.at.empty(), "list/at_as", "needs \"at\"");
    return list;
}

std::vector<ChildSpec> read_children(const Json& given, const ConnectorSpec& spec) {
    check_names(given, "children");
    std::vector<ChildSpec> children;
    for (const auto& [name, child] : given.members()) {
        std::string path = "children/" + name;
        const RequestSpec& request = find_request(spec, child["request"], path);
        ChildSpec read{name, child["request"].as_string(),
                       static_cast<int>(child.integer_or("batch", 1)), ""};
        if (child.find("key")) read.key = read_pointer(child["key"], path + "/key");
        read.parent = read_pointer_if_any(child, "parent", path);
        read.when = read_pointer_if_any(child, "when", path);
        read.unless = read_pointer_if_any(child, "unless", path);
        require_spec(read.batch == 1 || child.find("key"), path,
                     "needs \"key\", which tells the parents of a batch apart");
        require_spec(read.batch == 1 || !uses(request, "parent"), path + "/batch",
                     "must be 1 for a request that uses {parent}");
        children.push_back(std::move(read));
    }
    return children;
}

}  // namespace headway::core
