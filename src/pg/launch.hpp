#pragma once

#include "pg/guard.hpp"

namespace headway::pg {

// Makes sure that, when this transaction commits, a worker of this database looks at the queue:
// wakes those that run and launches one if fewer than headway.max_workers do. Called by verbs that
// queue work. Throws PgError.
void wake_at_commit();

// The OID of the role headway_worker. Throws PgError when it is gone.
Oid worker_role();

}  // namespace headway::pg
