#include "pg/link_decision.hpp"

#include <cstring>

#include "pg/spi.hpp"

namespace headway::pg {

std::string bytes_of_array(Datum array) {
    auto* plain = server_call([&] { return PG_DETOAST_DATUM(array); });
    return std::string(reinterpret_cast<const char*>(plain), VARSIZE(plain));
}

Datum array_of_bytes(std::string_view bytes) {
    void* array = server_call([&] { return palloc(bytes.size()); });
    std::memcpy(array, bytes.data(), bytes.size());
    return PointerGetDatum(array);
}

std::string decide_links(pg_uuid_t workspace, std::string_view ids) {
    Rows rows("SELECT headway._decide_part($1, $2)", {Value{UUIDOID, UUIDPGetDatum(&workspace)},
                                                      Value{UUIDARRAYOID, array_of_bytes(ids)}});
    std::string links = bytes_of_array(rows.datum(0, 1));
    rows.free();
    return links;
}

}  // namespace headway::pg
