#pragma once

#include "pg/guard.hpp"

namespace headway::pg {

// Makes sure that, when this transaction commits, a worker of this database looks at the queue:
// wakes those that run and launches one if fewer than headway.max_workers do. Called by verbs that
// queue work. Throws PgError.
void wake_at_commit();

// How a background worker of ours learns what it is for.
struct WorkerOrigin {
    Oid database;
    Oid role;            // whom it works as
    dsm_handle channel;  // to the session that it serves, or DSM_HANDLE_INVALID
};
BackgroundWorker describe_worker(const char* main_function, const char* type,
                                 const WorkerOrigin& origin);
WorkerOrigin origin_of(const BackgroundWorker& worker);

// Whether headway_stop() holds. Needs an SPI connection.
bool is_stopped();

// The OID of the role headway_worker. Throws PgError when it is gone.
Oid worker_role();

}  // namespace headway::pg
