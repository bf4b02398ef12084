#pragma once

#include <string>

#include "core/connectors/connector_page.hpp"
#include "pipeline/context.hpp"

namespace headway::pipeline {

// A connector ready to be asked: spec, settings, window, opened credentials (none where an access
// token takes their place).
struct Source {
    std::string workspace;
    std::string connector_id;
    core::ConnectorSpec spec;
    core::RequestValues values;
    std::int64_t most_records = 0;  // that the run wants
    // How long a flow waits for room in the rate budgets. A flow that has got something already
    // waits longer: its task would have to begin anew.
    std::chrono::seconds patience{10};
    // How long it leaves a place in the budgets to others. The list's next page, which all else
    // hangs on, shall not stand in line with the details of the pages before it.
    std::chrono::milliseconds courtesy{0};
};

// Where the source's credentials may go: scheme://host:port.
std::string origin_of(const Source& source);

// What a vendor has answered, and which limit it stated for its budget before.
struct Heard {
    core::Answer answer;
    std::optional<core::RateLimit> stated;
};

// One exchange with a source's vendor, within the rate budgets of `group`. Throws
// Failure(rate_limited) when they have no room for longer than the source is patient. `sink`: takes
// the body of a large file.
async::Task<core::Result<Heard>> ask_vendor(Context& ctx, const Source& source,
                                            const std::string& group, core::Outgoing outgoing,
                                            net::BodySink* sink = nullptr);

// Keeps what the answer says of the vendor's own budget, so that all workers obey it. `error`: what
// the answer was read as, null when it is none; one that asks to wait is told for how long. A
// database that is busy for long costs this, not the answer.
async::Task<void> heed_answer(Context& ctx, const Source& source, const std::string& group,
                              const Heard& heard, core::Error* error);

}  // namespace headway::pipeline
