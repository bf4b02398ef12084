#pragma once

#include <string>

#include "pg/guard.hpp"

namespace headway::pg {

// Runs a connector type's mapper over records (jsonb) and settings (jsonb) and returns its drafts
// as a jsonb array. The function is foreign code: it runs as headway_mapper, who may do nothing but
// execute mappers, read-only, in a security-restricted context, for 5 seconds at most (SqlFailure
// 8W013).
Datum run_mapper(const std::string& qualified_name, Datum records, Datum settings);

}  // namespace headway::pg
