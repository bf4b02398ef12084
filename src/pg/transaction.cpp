#include "pg/transaction.hpp"

namespace headway::pg {

void WorkerTransactions::begin() {
    server_call([] {
        SetCurrentStatementStartTimestamp();
        StartTransactionCommand();
        SPI_connect();
        PushActiveSnapshot(GetTransactionSnapshot());
        pgstat_report_activity(STATE_RUNNING, "headway: keeping the queue");
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
        SetUserIdAndSecContext(worker_role_, caller_security_ | SECURITY_LOCAL_USERID_CHANGE);
        SPI_connect();
        PushActiveSnapshot(GetTransactionSnapshot());
    });
}

void ProcedureTransactions::commit() {
    server_call([this] {
        PopActiveSnapshot();
        SPI_finish();
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
