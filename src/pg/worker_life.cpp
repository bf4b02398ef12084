#include "pg/worker_life.hpp"

#include <csignal>

#include "pg/extension.hpp"
#include "pg/latch_port.hpp"

namespace headway::pg {
namespace {

void work_and_log(void (*work)(const WorkerOrigin&)) {
    try {
        work(origin_of(*MyBgworkerEntry));
    } catch (const OtherVersion& other) {
        std::string detail = other.detail();
        server_call([&] {
            ereport(LOG, (errmsg("headway worker leaves: %s", other.what()),
                          errdetail_internal("%s", detail.c_str()), errhint("%s", other.hint())));
        });
    } catch (const StopRequested&) {
    } catch (const PgError& error) {
        if (error.is_interrupt()) return;
        int state = error.sqlstate();
        server_call([state] {
            ereport(LOG, (errmsg("headway worker leaves after error %s", unpack_sql_state(state))));
        });
    } catch (const core::Failure& failure) {
        const char* message = failure.what();
        server_call([message] { ereport(LOG, (errmsg("headway worker leaves: %s", message))); });
    }
}

}  // namespace

void live_as_worker(void (*work)(const WorkerOrigin&)) {
    pqsignal(SIGTERM, request_stop);
    pqsignal(SIGHUP, SignalHandlerForConfigReload);
    BackgroundWorkerUnblockSignals();
    WorkerOrigin origin = origin_of(*MyBgworkerEntry);
    BackgroundWorkerInitializeConnectionByOid(origin.database, origin.role, 0);
    entry([work] { work_and_log(work); });
    proc_exit(0);
}

}  // namespace headway::pg
