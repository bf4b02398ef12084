// Reads tables of the app's with the rights of the role that registered them.

#include <string>

#include "pg/restricted.hpp"
#include "pg/spi.hpp"

namespace headway::pg {
namespace {

constexpr int kParameters = 5;  // a text array and four of times

struct AppQuery {
    const char* sql;
    FunctionCallInfo call;
};

// The rows of the query, put where the caller of the set-returning function reads them.
Datum run_query(void* argument) {
    auto* query = static_cast<AppQuery*>(argument);
    FunctionCallInfo fcinfo = query->call;
    auto* into = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
    Oid types[kParameters] = {TEXTARRAYOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZARRAYOID,
                              TIMESTAMPTZARRAYOID, TIMESTAMPTZARRAYOID};
    Datum values[kParameters];
    char nulls[kParameters];
    for (int i = 0; i < kParameters; ++i) {
        values[i] = fcinfo->args[i + 2].value;
        nulls[i] = fcinfo->args[i + 2].isnull ? 'n' : ' ';
    }
    SPI_connect();
    if (SPI_execute_with_args(query->sql, kParameters, types, values, nulls, true, 0) !=
        SPI_OK_SELECT)
        elog(ERROR, "headway: a query of an app's table is none");
    TupleDesc found = SPI_tuptable->tupdesc;
    if (found->natts != into->setDesc->natts)
        elog(ERROR, "headway: a query of an app's table gives %d columns", found->natts);
    for (int i = 0; i < found->natts; ++i) {
        Form_pg_attribute wanted = TupleDescAttr(into->setDesc, i);
        if (TupleDescAttr(found, i)->atttypid != wanted->atttypid)
            ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                            errmsg("%s has another type than when the table was registered",
                                   NameStr(wanted->attname))));
    }
    for (uint64 i = 0; i < SPI_processed; ++i)
        tuplestore_puttuple(into->setResult, SPI_tuptable->vals[i]);
    SPI_finish();
    return 0;
}

// What is gone or has changed since the table was registered: it, a column, a right, the role, or a
// value that is not what its column was said to hold. The text about a value would quote it.
bool is_about_names(const PgError& error) {
    int category = ERRCODE_TO_CATEGORY(error.sqlstate());
    return category == ERRCODE_TO_CATEGORY(ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION) ||
           category == ERRCODE_TO_CATEGORY(ERRCODE_INVALID_SCHEMA_NAME);
}

bool is_about_values(const PgError& error) {
    return ERRCODE_TO_CATEGORY(error.sqlstate()) == ERRCODE_TO_CATEGORY(ERRCODE_DATA_EXCEPTION);
}

[[noreturn]] void raise_unreadable(const PgError& error, const std::string& reader) {
    std::string why = is_about_names(error) ? error.what() : "a value does not fit";
    throw SqlFailure(
        "8W020",
        {headway::core::ErrorKind::invalid, "a table of the app's cannot be read",
         "Read as " + reader + ": " + why + " (error " + unpack_sql_state(error.sqlstate()) + ").",
         "Mend it, register the table again, or go back to headway's own with "
         "headway_use_customers(NULL) or headway_use_bookings(NULL)."});
}

}  // namespace
}  // namespace headway::pg

extern "C" {

PG_FUNCTION_INFO_V1(headway_query_as);

Datum headway_query_as(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] {
        server_call([&] { InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC); });
        std::string reader = NameStr(*PG_GETARG_NAME(0));
        std::string sql = text_of(PG_GETARG_DATUM(1));
        AppQuery query{sql.c_str(), fcinfo};
        try {
            return run_restricted(reader.c_str(), run_query, &query);
        } catch (const TookTooLong&) {
            throw SqlFailure(
                "8W020",
                {headway::core::ErrorKind::timeout,
                 "a table of the app's took longer than 5 seconds", reader,
                 "It needs an index for each column that it is searched by, and ANALYZE: see "
                 "headway_use_customers()."});
        } catch (const PgError& error) {
            if (is_about_names(error) || is_about_values(error)) raise_unreadable(error, reader);
            throw;
        }
    });
}
}
