#include "pg/transaction.hpp"

#include <utility>

namespace headway::pg {
namespace {

// What a database, a role or a session may set must not change what our statements mean: without
// this, a caller's search_path would run the caller's functions as headway_worker.
constexpr std::pair<const char*, const char*> kSettings[] = {
    {"search_path", "pg_catalog, pg_temp"},
    {"row_security", "on"},
    // A lock that somebody holds for long is waited for between tries, not inside one: meanwhile
    // the other exchanges go on.
    {"lock_timeout", "200ms"},
    // No statement of ours runs for as long as it takes to compile one.
    {"jit", "off"},
};
constexpr std::pair<const char*, const char*> kWorkerSettings[] = {
    {"default_transaction_isolation", "read committed"},
    {"default_transaction_read_only", "off"},
    {"synchronous_commit", "off"},
    {"application_name", "headway worker"},
};

}  // namespace

WorkerTransactions::WorkerTransactions(const char* activity) : activity_(activity) {
    server_call([] {
        for (auto [name, value] : kSettings)
            SetConfigOption(name, value, PGC_USERSET, PGC_S_OVERRIDE);
        for (auto [name, value] : kWorkerSettings)
            SetConfigOption(name, value, PGC_USERSET, PGC_S_OVERRIDE);
    });
}

void WorkerTransactions::begin() {
    server_call([this] {
        SetCurrentStatementStartTimestamp();
        StartTransactionCommand();
        choose_snapshot();
        SPI_connect();
        PushActiveSnapshot(GetTransactionSnapshot());
        pgstat_report_activity(STATE_RUNNING, activity_);
    });
}

void WorkerTransactions::commit() {
    server_call([] {
        PopActiveSnapshot();
        SPI_finish();
        CommitTransactionCommand();
        // Without this, autovacuum would never learn what the worker does to the tables.
        pgstat_report_stat(false);
        pgstat_report_activity(STATE_IDLE, nullptr);
    });
}

void WorkerTransactions::abort() {
    server_call([] {
        AbortCurrentTransaction();
        pgstat_report_activity(STATE_IDLE, nullptr);
    });
}

// A subtransaction inside the procedure's own transaction: an ERROR rolls it back and leaves the
// procedure able to go on.
void ProcedureTransactions::begin() {
    memory_ = CurrentMemoryContext;
    owner_ = CurrentResourceOwner;
    GetUserIdAndSecContext(&caller_, &caller_security_);
    server_call([this] {
        BeginInternalSubTransaction(nullptr);
        settings_ = NewGUCNestLevel();
        for (auto [name, value] : kSettings)
            set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
                              false);
        SetUserIdAndSecContext(worker_role_, caller_security_ | SECURITY_LOCAL_USERID_CHANGE);
        SPI_connect();
        PushActiveSnapshot(GetTransactionSnapshot());
    });
}

void ProcedureTransactions::commit() {
    server_call([this] {
        PopActiveSnapshot();
        SPI_finish();
        AtEOXact_GUC(true, settings_);
        ReleaseCurrentSubTransaction();
        leave();
        SPI_commit();
    });
}

// If the commit itself has failed, the subtransaction is gone and the server has begun anew.
void ProcedureTransactions::abort() {
    server_call([this] {
        if (IsSubTransaction()) RollbackAndReleaseCurrentSubTransaction();
        leave();
        SPI_rollback();
    });
}

void ProcedureTransactions::leave() {
    SetUserIdAndSecContext(caller_, caller_security_);
    MemoryContextSwitchTo(memory_);
    CurrentResourceOwner = owner_;
}

}  // namespace headway::pg
