#pragma once

#include <string>
#include <string_view>

#include "pg/guard.hpp"

namespace headway::pg {

// What linking says of recordings (SQL: headway._decide_part): the bytes of a headway._link[] from
// those of a uuid[], which all processes of a server read alike. Needs an SPI connection. Throws
// PgError.
std::string decide_links(pg_uuid_t workspace, std::string_view ids);

// The bytes of an array, and an array in the current memory context.
std::string bytes_of_array(Datum array);
Datum array_of_bytes(std::string_view bytes);

}  // namespace headway::pg
