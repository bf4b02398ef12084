#include "pg/mapper.hpp"

#include <csignal>
#include <cstring>

namespace headway::pg {
namespace {

constexpr int kLimitMs = 5000;

volatile sig_atomic_t running = false;
volatile sig_atomic_t timed_out = false;
TimeoutId timeout = MAX_TIMEOUTS;

// In a signal handler: asks for a cancel, as the server's own statement timeout does.
void on_timeout() {
    timed_out = true;
    QueryCancelPending = true;
    InterruptPending = true;
    SetLatch(MyLatch);
}

// A mapper may catch the cancel; then the next one waits behind its exception block.
void on_caught(SubXactEvent event, SubTransactionId, SubTransactionId, void*) {
    if (event == SUBXACT_EVENT_ABORT_SUB && running && timed_out) on_timeout();
}

void prepare() {
    if (timeout != MAX_TIMEOUTS) return;
    timeout = RegisterTimeout(USER_TIMEOUT, on_timeout);
    RegisterSubXactCallback(on_caught, nullptr);
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
    // What a mapper says, at whatever level, is about its records. Above ERROR there is only what
    // ends the process.
    set_config_option("log_min_messages", "fatal", PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE, true,
                      0, false);
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
    timed_out = false;
    try {
        Datum drafts = server_call([&] {
            prepare();
            enable_timeout_after(timeout, kLimitMs);
            running = true;
            Restriction before = restrict_to_mapper();
            Datum result = call_mapper(sql.c_str(), records, settings);
            lift(before);
            running = false;
            disable_timeout(timeout, false);
            return result;
        });
        if (timed_out) QueryCancelPending = false;  // it went off as the mapper was returning
        return drafts;
    } catch (const PgError& error) {
        running = false;
        server_call([] { disable_timeout(timeout, false); });
        if (!timed_out && is_genuine(error)) throw;
        if (!timed_out)
            throw SqlFailure("39000", {core::ErrorKind::invalid, "the mapper raised an error",
                                       unpack_sql_state(error.sqlstate())});
        QueryCancelPending = false;
        throw SqlFailure("8W013",
                         {core::ErrorKind::timeout, "the mapper took longer than 5 seconds",
                          qualified_name, "Give it less to do."});
    }
}

}  // namespace headway::pg
