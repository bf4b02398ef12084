#pragma once

#include "pg/server.hpp"

namespace headway::pg {

// The role that called the verb under way, which works as headway_worker meanwhile; InvalidOid
// outside of such a verb.
Oid verb_caller() noexcept;

}  // namespace headway::pg
