#pragma once

#include <type_traits>

#include "pg/guard.hpp"

namespace headway::pg {

// How a process begins and ends its short transactions. Inside one, SPI is connected, a snapshot is
// active and the current user is headway_worker.
class Transactions {
  public:
    virtual ~Transactions() = default;
    virtual void begin() = 0;
    virtual void commit() = 0;
    virtual void abort() = 0;
};

// In a background worker, whose session is headway_worker's.
class WorkerTransactions : public Transactions {
  public:
    // Fixes the session's settings for good. `activity` is what pg_stat_activity shows meanwhile.
    explicit WorkerTransactions(const char* activity = "headway: keeping the queue");
    void begin() override;
    void commit() override;
    void abort() override;

  protected:
    // Chooses another snapshot than the newest, right after the transaction has begun; may raise
    // an ERROR.
    virtual void choose_snapshot() {}

  private:
    const char* activity_;
};

// In a procedure that somebody called (CALL headway_work): between our transactions the caller's is
// open, as always in a procedure, but it holds no snapshot. Works as headway_worker meanwhile.
class ProcedureTransactions : public Transactions {
  public:
    explicit ProcedureTransactions(Oid worker_role) : worker_role_(worker_role) {}
    void begin() override;
    void commit() override;
    void abort() override;

  private:
    void leave();  // back to the caller's user, memory and resources

    Oid worker_role_;
    Oid caller_ = InvalidOid;
    int caller_security_ = 0;
    int settings_ = 0;  // the level to which the settings go back
    MemoryContext memory_ = nullptr;
    ResourceOwner owner_ = nullptr;
};

// Runs `work` in a transaction of its own: committed when it returns, aborted when it throws.
template <class F>
auto in_transaction(Transactions& transactions, F&& work) -> std::invoke_result_t<F> {
    try {
        transactions.begin();
        if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
            work();
            transactions.commit();
            return;
        } else {
            auto value = work();
            transactions.commit();
            return value;
        }
    } catch (...) {
        transactions.abort();
        throw;
    }
}

}  // namespace headway::pg
