#include "pg/launch.hpp"

#include <cstring>

#include "pg/extension.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"
#include "pg/version.hpp"
#include "pg/worker_slots.hpp"

namespace headway::pg {
namespace {

struct Wish {
    bool pending = false;
    bool by_worker = false;
    Oid role = InvalidOid;
};
Wish wish;

bool launch() {
    BackgroundWorker worker = describe_worker("headway_worker_main", "headway worker",
                                              {MyDatabaseId, wish.role, DSM_HANDLE_INVALID});
    return RegisterDynamicBackgroundWorker(&worker, nullptr);
}

// A worker queues work all the time and need not ask for help with each piece.
bool tried_lately() {
    static TimestampTz tried_at = 0;
    TimestampTz now = GetCurrentTimestamp();
    if (wish.by_worker && now - tried_at < USECS_PER_SEC) return true;
    tried_at = now;
    return false;
}

// Runs after the commit record is written, where an ERROR would be a PANIC: everything that can
// fail was done in wake_at_commit(). RegisterDynamicBackgroundWorker raises none for a fixed
// description without a handle, and a WARNING does not unwind.
void at_transaction_end(XactEvent event, void*) {
    if (!wish.pending) return;
    if (event == XACT_EVENT_COMMIT && wake_workers(MyDatabaseId) < worker_limit() &&
        !tried_lately() && !launch() && !wish.by_worker)
        ereport(WARNING,
                (errmsg("no slot for a background worker is free; the work stays queued"),
                 errhint("Raise max_worker_processes, wait for the next headway_tick(), or run "
                         "CALL headway_work().")));
    if (event == XACT_EVENT_PRE_PREPARE)
        ereport(WARNING, (errmsg("the work of a prepared transaction begins with the next "
                                 "headway_tick() after its commit")));
    if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
        wish.pending = false;
}

void warn_of_stop() {
    if (MyBackendType == B_BG_WORKER) return;
    server_call([] {
        ereport(WARNING, (errmsg("the workers are stopped; the work stays queued"),
                          errhint("Release them with: SELECT headway_start();")));
    });
}

// The worker is launched all the same: its library may be newer than this session's.
void warn_of_other_version() {
    if (MyBackendType == B_BG_WORKER) return;  // which looks at each of its transactions
    std::string version = extension_version();
    if (version == library_version()) return;
    OtherVersion other(version);
    std::string detail = other.detail();
    server_call([&] {
        ereport(WARNING, (errcode(MAKE_SQLSTATE('8', 'W', '0', '1', '8')),
                          errmsg("%s; workers stay away until they agree", other.what()),
                          errdetail_internal("%s", detail.c_str()), errhint("%s", other.hint())));
    });
}

}  // namespace

BackgroundWorker describe_worker(const char* main_function, const char* type,
                                 const WorkerOrigin& origin) {
    BackgroundWorker worker;
    std::memset(&worker, 0, sizeof worker);
    worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
    worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
    worker.bgw_restart_time = BGW_NEVER_RESTART;
    strlcpy(worker.bgw_library_name, "headway", sizeof worker.bgw_library_name);
    strlcpy(worker.bgw_function_name, main_function, sizeof worker.bgw_function_name);
    strlcpy(worker.bgw_name, type, sizeof worker.bgw_name);
    strlcpy(worker.bgw_type, type, sizeof worker.bgw_type);
    static_assert(sizeof origin <= sizeof worker.bgw_extra);
    std::memcpy(worker.bgw_extra, &origin, sizeof origin);
    return worker;
}

WorkerOrigin origin_of(const BackgroundWorker& worker) {
    WorkerOrigin origin;
    std::memcpy(&origin, worker.bgw_extra, sizeof origin);
    return origin;
}

bool is_stopped() {
    return query_value("SELECT EXISTS (SELECT FROM headway._state s WHERE s.is_stopped)::text",
                       {}) == "true";
}

Oid worker_role() {
    return server_call([] { return get_role_oid("headway_worker", false); });
}

void wake_at_commit() {
    if (wish.pending || IsBinaryUpgrade) return;
    attach_worker_slots();
    server_call([] { SPI_connect(); });
    bool stopped = is_stopped();
    server_call([] { SPI_finish(); });
    if (stopped) return warn_of_stop();
    warn_of_other_version();
    wish.by_worker = MyBackendType == B_BG_WORKER;
    wish.role = worker_role();
    // Once a process: registering in every transaction would slow a long session down for ever.
    static bool registered = false;
    if (!registered) {
        server_call([] { RegisterXactCallback(at_transaction_end, nullptr); });
        registered = true;
    }
    wish.pending = true;
}

}  // namespace headway::pg
