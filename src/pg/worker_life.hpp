#pragma once

#include "pg/guard.hpp"
#include "pg/launch.hpp"

namespace headway::pg {

// The life of a background worker, from its process's first moment to its last: takes its signals,
// connects to its database, does its work, and leaves nothing to the server but a log line, and
// that without an error's text, which may quote a customer.
[[noreturn]] void live_as_worker(void (*work)(const WorkerOrigin& origin));

}  // namespace headway::pg
