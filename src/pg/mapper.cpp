#include "pg/mapper.hpp"

#include <csignal>

namespace headway::pg {
namespace {

constexpr int kLimitMs = 5000;

volatile sig_atomic_t timed_out = false;
TimeoutId timeout = MAX_TIMEOUTS;

// In a signal handler: asks for a cancel, as the server's own statement timeout does.
void on_timeout() {
    timed_out = true;
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

}  // namespace

Datum run_mapper(const std::string& qualified_name, Datum records, Datum settings) {
    std::string sql =
        "SELECT coalesce(jsonb_agg(to_jsonb(d)), '[]') FROM " + qualified_name + "($1, $2) d";
    if (timeout == MAX_TIMEOUTS)
        timeout = server_call([] { return RegisterTimeout(USER_TIMEOUT, on_timeout); });
    timed_out = false;
    try {
        Datum drafts = server_call([&] {
            enable_timeout_after(timeout, kLimitMs);
            Restriction before = restrict_to_mapper();
            Datum result = call_mapper(sql.c_str(), records, settings);
            lift(before);
            disable_timeout(timeout, false);
            return result;
        });
        if (timed_out) QueryCancelPending = false;  // it went off as the mapper was returning
        return drafts;
    } catch (const PgError& error) {
        server_call([] { disable_timeout(timeout, false); });
        // A cancel that was ours is this mapper's failure; a cancel by a person stays one.
        if (!timed_out || error.sqlstate() != ERRCODE_QUERY_CANCELED) throw;
        throw SqlFailure("8W013",
                         {core::ErrorKind::timeout, "the mapper took longer than 5 seconds",
                          qualified_name, "Give it less to do for one record."});
    }
}

}  // namespace headway::pg
