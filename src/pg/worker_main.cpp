// The background worker's entry, and the procedure that makes a session a worker.

#include <string>

#include "pg/extension.hpp"
#include "pg/latch_port.hpp"
#include "pg/procedure.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"
#include "pg/version.hpp"
#include "pg/worker.hpp"
#include "pg/worker_life.hpp"
#include "pg/worker_slots.hpp"

namespace headway::pg {
namespace {

bool work_is_due(Transactions& transactions, const Scope& scope) {
    return in_transaction(transactions, [&] {
        if (extension_version() != library_version()) return false;
        Param caller = scope ? Param(std::string_view(*scope)) : Param();
        return query_value("SELECT EXISTS (SELECT FROM headway._due_workspaces($1::name))::text",
                           {caller}) == "true";
    });
}

// Works until nothing is due. Work that was queued while this worker was leaving found it still in
// its place and launched no other: so there is one more look once the place is free.
void work_while_due(Transactions& transactions, pipeline::Dispatcher::Limits limits,
                    const Scope& scope) {
    bool needs_slot = !scope;  // a session that works for itself is not one of the workers
    do {
        WorkerSlot slot(Duty::queue, worker_limit());
        if (needs_slot && !slot.occupied()) return;
        run_worker(transactions, limits, scope);
    } while (!limits.most_tasks && work_is_due(transactions, scope));
}

}  // namespace
}  // namespace headway::pg

extern "C" {

PGDLLEXPORT void headway_worker_main(Datum) {
    using namespace headway::pg;
    live_as_worker([](const WorkerOrigin&) {
        WorkerTransactions transactions;
        work_while_due(transactions, {}, std::nullopt);
    });
}

PG_FUNCTION_INFO_V1(headway_work);

Datum headway_work(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] {
        require_non_atomic(fcinfo, "headway_work");
        headway::pipeline::Dispatcher::Limits limits{std::nullopt, false};
        if (!PG_ARGISNULL(0)) limits.most_tasks = PG_GETARG_INT32(0);
        server_call([] { SPI_connect_ext(SPI_OPT_NONATOMIC); });
        ProcedureTransactions transactions(worker_role());
        Scope caller = server_call([] { return GetUserNameFromId(GetUserId(), false); });
        try {
            work_while_due(transactions, limits, caller);
        } catch (const OtherVersion& other) {
            throw SqlFailure("8W018", {headway::core::ErrorKind::refused, other.what(),
                                       other.detail(), other.hint()});
        } catch (const StopRequested&) {
            server_call([] { CHECK_FOR_INTERRUPTS(); });
            throw SqlFailure("8W012", {headway::core::ErrorKind::refused, "the work was stopped",
                                       "The database or the extension is about to be dropped, or "
                                       "the server is a standby."});
        }
        server_call([] { SPI_finish(); });
        return static_cast<Datum>(0);
    });
}
}
