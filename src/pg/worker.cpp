#include "pg/worker.hpp"

#include "pg/engine.hpp"

namespace headway::pg {
namespace {

// After a stop; an error of ours leaves the tasks to _reclaim(), which counts the attempt, or it
// would come back for ever. A pending shutdown or cancel would end the very transaction that
// returns the tasks.
void put_back(SpiStore& store) {
    sig_atomic_t die = std::exchange(ProcDiePending, false);
    sig_atomic_t cancel = std::exchange(QueryCancelPending, false);
    try {
        store.put_back();
        store.end_life();
    } catch (...) {
        // The lock is released with the session, and what is held is then reclaimed by others.
    }
    if (die) ProcDiePending = true;
    if (cancel) QueryCancelPending = true;
    if (die || cancel) InterruptPending = true;
}

}  // namespace

void run_worker(Transactions& transactions, pipeline::Dispatcher::Limits limits,
                const Scope& scope) {
    pipeline::Dispatcher* to_nudge = nullptr;
    Engine engine(transactions, scope, [&to_nudge] {
        if (to_nudge) to_nudge->nudge();
    });
    SpiStore& store = engine.store;
    store.begin_life();
    try {
        pipeline::Dispatcher dispatcher(engine.ctx, limits);
        to_nudge = &dispatcher;
        engine.loop.run(dispatcher.run());
        to_nudge = nullptr;
    } catch (const StopRequested&) {
        put_back(store);
        throw;
    } catch (const PgError& error) {
        if (error.is_interrupt()) put_back(store);
        throw;
    }
    store.end_life();
}

}  // namespace headway::pg
