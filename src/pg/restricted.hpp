#pragma once

#include "pg/guard.hpp"

namespace headway::pg {

// Thrown when a restricted call was ended because it took too long.
struct TookTooLong {};

// Runs `call(argument)` with the rights of a role, as a security-restricted operation: read-only,
// with headway's search_path, nothing of what it says in the server's log, for at most five
// seconds, with no more than 512 MB of memory and 1 GB of temporary files. For code and tables that
// are somebody else's. It may do anything that server code may, and shall hold nothing that needs a
// destructor. Throws PgError and TookTooLong.
Datum run_restricted(const char* role, Datum (*call)(void* argument), void* argument);

}  // namespace headway::pg
