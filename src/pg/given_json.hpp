#pragma once

#include "core/base/json.hpp"
#include "pg/server.hpp"

namespace headway::pg {

// A jsonb that somebody gives a verb. Unlike json_of() it takes numbers that no double can hold
// (1e400): their value is infinite, and their digits are there for the error that tells of them.
// Throws Failure(invalid) for one that is nested too deeply.
core::Json given_json(Datum jsonb);

}  // namespace headway::pg
