#pragma once

#include <vector>

#include "core/connectors/connector_spec.hpp"

namespace headway::core {

// A part of a time window; its end belongs to the next one.
struct Span {
    Timestamp from;
    Timestamp to;
};

// The spans of a window whose lists are read side by side, oldest first; the window itself where
// one list will do. Each page of a list must wait for the one before it, so that a vendor who
// refuses much is asked less often by one list than its budget allows. `most_records`: what the
// run wants at most.
std::vector<Span> spans_of(const ListSpec& list, Span window, std::int64_t most_records);

}  // namespace headway::core
