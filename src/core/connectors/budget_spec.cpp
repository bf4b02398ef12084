// How often a vendor may be asked, as a spec says it.

#include "core/base/text.hpp"
#include "core/connectors/spec_parts.hpp"

namespace headway::core {

void read_budgets(const Json& spec, ConnectorSpec& parsed) {
    for (const Json& budget : spec["budgets"].items())
        parsed.budgets.push_back({static_cast<int>(budget["requests"].as_integer()),
                                  std::chrono::seconds(budget["seconds"].as_integer()),
                                  budget.text_or("group", "")});
    const Json& headers = spec["rate_headers"];
    auto name = [&](const char* member) {
        return lower(read_header_if_any(headers, member, "rate_headers"));
    };
    parsed.rate_headers = {name("limit"), name("remaining"), name("window"), name("reset")};
    require_spec(headers.is_null() || headers.find("limit") || headers.find("remaining"),
                 "rate_headers", "needs \"limit\" or \"remaining\"");
    parsed.penalty = std::chrono::seconds(spec.integer_or("penalty_seconds", 30));
}

}  // namespace headway::core
