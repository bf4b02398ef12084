// Calls pg_cron in somebody's name: it takes the role that calls for the one that a job runs as.
// What a job does is the caller's own business, so jobs are made for the caller of a verb alone;
// those of headway's, which carry its name, are looked after and removed in their owners' names.

#include "pg/as_worker.hpp"
#include "pg/spi.hpp"

namespace headway::pg {
namespace {

struct Statement {
    const char* sql;
    int parameters;
    Oid* types;
    Datum* values;
};

struct Answer {
    bool is_null = true;
    Datum value = 0;  // of a type that is passed by value
};

// An ERROR on the way leaves the changed user to the abort of the (sub)transaction, which restores
// it, as it does for SECURITY DEFINER functions.
Answer ask_as(Oid role, const Statement& statement) {
    return server_call([&] {
        Answer answer;
        Oid before;
        int security;
        GetUserIdAndSecContext(&before, &security);
        SetUserIdAndSecContext(
            role, security | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
        SPI_connect();
        if (SPI_execute_with_args(statement.sql, statement.parameters, statement.types,
                                  statement.values, nullptr, false, 1) != SPI_OK_SELECT)
            elog(ERROR, "headway: pg_cron gives no answer");
        if (SPI_processed == 1)
            answer.value =
                SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &answer.is_null);
        SPI_finish();
        SetUserIdAndSecContext(before, security);
        return answer;
    });
}

#define HEADWAY_JOB                                                                    \
    " FROM cron.job j WHERE j.jobid = $1 AND j.username = current_user AND j.jobname " \
    "LIKE 'headway: %'"

// About a job of ours: (owner name, job bigint).
Answer ask_about_job(const char* sql, FunctionCallInfo fcinfo) {
    Oid owner = server_call([&] { return get_role_oid(NameStr(*PG_GETARG_NAME(0)), false); });
    Oid types[1] = {INT8OID};
    Datum values[1] = {PG_GETARG_DATUM(1)};
    return ask_as(owner, {sql, 1, types, values});
}

Datum result_of(const Answer& answer, FunctionCallInfo fcinfo) {
    fcinfo->isnull = answer.is_null;
    return answer.value;
}

}  // namespace
}  // namespace headway::pg

extern "C" {

PG_FUNCTION_INFO_V1(headway_cron_schedule);
PG_FUNCTION_INFO_V1(headway_cron_unschedule);
PG_FUNCTION_INFO_V1(headway_cron_is_active);

Datum headway_cron_schedule(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] {
        if (!OidIsValid(verb_caller()))
            throw headway::core::Failure(headway::core::ErrorKind::internal,
                                         "a job is made for the caller of a verb only");
        Oid types[3] = {TEXTOID, TEXTOID, TEXTOID};
        Datum values[3] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), PG_GETARG_DATUM(2)};
        Statement schedule{"SELECT cron.schedule($1, $2, $3)", 3, types, values};
        return result_of(ask_as(verb_caller(), schedule), fcinfo);
    });
}

Datum headway_cron_unschedule(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] {
        return result_of(ask_about_job("SELECT cron.unschedule(j.jobid)" HEADWAY_JOB, fcinfo),
                         fcinfo);
    });
}

Datum headway_cron_is_active(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry(
        [&] { return result_of(ask_about_job("SELECT j.active" HEADWAY_JOB, fcinfo), fcinfo); });
}
}
