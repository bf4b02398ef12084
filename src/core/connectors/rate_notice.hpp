#pragma once

#include <string>

#include "core/connectors/connector_page.hpp"
#include "core/work/rate_budget.hpp"

namespace headway::core {

// What an answer to a request of `group` says of the vendor's own budget: by the headers that the
// spec names, and by its being a refusal for too many requests; then `limited` is how long the
// vendor asks to wait. A wait of a moment, from a vendor that states no budgets, is the refused
// request's alone.
RateNotice read_rate_notice(const ConnectorSpec& spec, const std::string& group,
                            const Answer& answer, Timestamp now,
                            std::optional<std::chrono::seconds> limited);

}  // namespace headway::core
