#include "pg/mapper.hpp"

#include <csignal>
#include <cstring>

namespace headway::pg {
namespace {

constexpr int kLimitMs = 5000;
constexpr int kMostCancels = 2000;  // then the session ends

volatile sig_atomic_t cancels = 0;
TimeoutId timeout = MAX_TIMEOUTS;

// In a signal handler: asks for a cancel, as the server's own statement timeout does; again every
// millisecond, since a mapper may catch one, but not one in each of its lines.
void on_timeout() {
    cancels = cancels + 1;
    if (cancels > kMostCancels) ProcDiePending = true;
    QueryCancelPending = true;
    InterruptPending = true;
    SetLatch(MyLatch);
}

struct Restriction {
    Oid user;
    int security;
    int guc_nesting;
};

Restriction restrict_to_mapper() {
    Restriction before;
    Oid mapper = get_role_oid("headway_mapper", false);
    GetUserIdAndSecContext(&before.user, &before.security);
    SetUserIdAndSecContext(
        mapper, before.security | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
    before.guc_nesting = NewGUCNestLevel();
    set_config_option("search_path", "pg_catalog, headway, pg_temp", PGC_USERSET, PGC_S_SESSION,
                      GUC_ACTION_SAVE, true, 0, false);
    set_config_option("transaction_read_only", "on", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
                      true, 0, false);
    return before;
}

void lift(const Restriction& before) {
    AtEOXact_GUC(false, before.guc_nesting);
    SetUserIdAndSecContext(before.user, before.security);
}

// Copies the result out of SPI's memory.
Datum call_mapper(const char* sql, Datum records, Datum settings) {
    Datum values[2] = {records, settings};
    Oid types[2] = {JSONBOID, JSONBOID};
    SPI_connect();
    if (SPI_execute_with_args(sql, 2, types, values, nullptr, true, 1) != SPI_OK_SELECT ||
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
    std::string sql =
        "SELECT coalesce(jsonb_agg(to_jsonb(d)), '[]') FROM " + qualified_name + "($1, $2) d";
    if (timeout == MAX_TIMEOUTS)
        timeout = server_call([] { return RegisterTimeout(USER_TIMEOUT, on_timeout); });
    cancels = 0;
    try {
        Datum drafts = server_call([&] {
            enable_timeout_every(timeout,
                                 TimestampTzPlusMilliseconds(GetCurrentTimestamp(), kLimitMs), 1);
            Restriction before = restrict_to_mapper();
            Datum result = call_mapper(sql.c_str(), records, settings);
            lift(before);
            disable_timeout(timeout, false);
            return result;
        });
        if (cancels > 0) QueryCancelPending = false;  // it went off as the mapper was returning
        return drafts;
    } catch (const PgError& error) {
        server_call([] { disable_timeout(timeout, false); });
        if (cancels == 0 && is_genuine(error)) throw;
        if (cancels > 0) QueryCancelPending = false;
        if (cancels > 0)
            throw SqlFailure("8W013",
                             {core::ErrorKind::timeout, "the mapper took longer than 5 seconds",
                              qualified_name, "Give it less to do."});
        throw SqlFailure("39000", {core::ErrorKind::invalid, "the mapper raised an error",
                                   unpack_sql_state(error.sqlstate())});
    }
}

}  // namespace headway::pg
