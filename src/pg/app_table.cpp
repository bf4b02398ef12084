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
    for (int i = 0; i < found->natts; ++i)
        if (TupleDescAttr(found, i)->atttypid != TupleDescAttr(into->setDesc, i)->atttypid)
            elog(ERROR, "headway: column %d of an app's table has another type", i + 1);
    for (uint64 i = 0; i < SPI_processed; ++i)
        tuplestore_puttuple(into->setResult, SPI_tuptable->vals[i]);
    SPI_finish();
    return 0;
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
            throw SqlFailure("8W020",
                             {headway::core::ErrorKind::timeout,
                              "a table of the app's took longer than 5 seconds", reader,
                              "See headway_use_customers() for the indexes that it needs."});
        }
    });
}
}
