#pragma once

#include "pg/guard.hpp"

namespace headway::pg {

// Throws SqlFailure 25001 unless the procedure was called where it may commit: by a CALL of its
// own, outside a transaction block.
void require_non_atomic(FunctionCallInfo call, const char* procedure);

}  // namespace headway::pg
