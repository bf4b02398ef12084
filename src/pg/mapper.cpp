#include "pg/mapper.hpp"

#include <cstring>

#include "pg/restricted.hpp"

namespace headway::pg {
namespace {

struct MapperCall {
    const char* sql;
    Datum records;
    Datum settings;
};

// Copies the result out of SPI's memory.
Datum call_mapper(void* argument) {
    auto* call = static_cast<MapperCall*>(argument);
    Datum values[2] = {call->records, call->settings};
    Oid types[2] = {JSONBOID, JSONBOID};
    SPI_connect();
    if (SPI_execute_with_args(call->sql, 2, types, values, nullptr, true, 1) != SPI_OK_SELECT ||
        SPI_processed != 1)
        elog(ERROR, "headway: a mapper returned nothing");
    bool is_null = false;
    Datum drafts = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null);
    Datum copy = SPI_datumTransfer(drafts, false, -1);
    SPI_finish();
    return copy;
}

// PL/pgSQL's "WHEN OTHERS" lets two kinds of errors through, cancels and failed assertions. Raised
// by a mapper they are its failure like any other; a cancel of the server's own is none.
bool is_genuine(const PgError& error) {
    if (error.is_interrupt()) {
        const char* raised_in = error.data().funcname;
        return raised_in && std::strcmp(raised_in, "ProcessInterrupts") == 0;
    }
    return error.sqlstate() != ERRCODE_ASSERT_FAILURE;
}

}  // namespace

Datum run_mapper(const std::string& qualified_name, Datum records, Datum settings) {
    // One row more than there are records is enough to see that it gives too many.
    std::string sql = "SELECT coalesce(jsonb_agg(to_jsonb(d)), '[]') FROM (SELECT * FROM " +
                      qualified_name + "($1, $2) LIMIT jsonb_array_length($1) + 1) d";
    MapperCall call{sql.c_str(), records, settings};
    try {
        return run_restricted("headway_mapper", call_mapper, &call);
    } catch (const TookTooLong&) {
        throw SqlFailure("8W013",
                         {core::ErrorKind::timeout, "the mapper took longer than 5 seconds",
                          qualified_name, "Give it less to do."});
    } catch (const PgError& error) {
        if (is_genuine(error)) throw;
        throw SqlFailure("39000", {core::ErrorKind::invalid, "the mapper raised an error",
                                   unpack_sql_state(error.sqlstate())});
    }
}

}  // namespace headway::pg
