// What a synchronous verb does with the network: nothing. It hands its inquiry to a worker of its
// own and waits for the answer, so that a cancel ends the wait at once, and a rollback undoes no
// record of what was paid for.

#include <string>

#include "pg/launch.hpp"
#include "pg/spi.hpp"
#include "pg/worker_channel.hpp"
#include "pg/worker_slots.hpp"

namespace headway::pg {
namespace {

using core::ErrorKind;
using core::Json;

constexpr WorkerChannel::Room kRoom{64 * 1024, 64 * 1024};

void require_workers() {
    if (server_call([] { return RecoveryInProgress(); }))
        throw SqlFailure("25006",
                         {ErrorKind::invalid, "a standby has no workers",
                          "This verb asks somebody over the network.", "Call it on the primary."});
    server_call([] { SPI_connect(); });
    bool stopped = is_stopped();
    server_call([] { SPI_finish(); });
    if (stopped)
        throw SqlFailure("8W015", {ErrorKind::invalid, "the workers are stopped",
                                   "This verb needs a worker to ask over the network.",
                                   "Release them with: SELECT headway_start();"});
}

BackgroundWorkerHandle* launch(const WorkerChannel& channel) {
    BackgroundWorker worker = describe_worker("headway_inquiry_main", "headway inquiry",
                                              {MyDatabaseId, worker_role(), channel.handle()});
    worker.bgw_notify_pid = MyProcPid;
    BackgroundWorkerHandle* handle = nullptr;
    bool launched = server_call([&] { return RegisterDynamicBackgroundWorker(&worker, &handle); });
    if (!launched)
        throw SqlFailure("8W015",
                         {ErrorKind::busy, "no slot for a background worker is free",
                          "max_worker_processes is " + std::to_string(max_worker_processes) +
                              ", and all of them are in use.",
                          "Raise max_worker_processes (needs a restart), or try again "
                          "when fewer workers run; headway_health() shows them."});
    return handle;
}

[[noreturn]] void throw_lost() {
    throw SqlFailure("8W016", {ErrorKind::internal, "the worker has left without an answer",
                               "It was stopped, or it could not start or connect.",
                               "Try again; the server's log has the reason."});
}

Json ask_worker(const std::string& inquiry) {
    WorkerChannel channel(kRoom);
    channel.watch(launch(channel));
    if (!channel.send(inquiry)) throw_lost();
    std::optional<std::string> reply = channel.receive();
    if (!reply) throw_lost();
    return Json::parse(*reply, 1000);
}

Json answer_of(const Json& reply) {
    const Json& error = reply["error"];
    if (error.is_null()) return reply["answer"];
    throw SqlFailure(error.text_or("sqlstate", "8W016").c_str(),
                     {ErrorKind::internal, error["message"].as_string(),
                      error["detail"].as_string(), error["hint"].as_string()});
}

}  // namespace
}  // namespace headway::pg

extern "C" {

PG_FUNCTION_INFO_V1(headway_inquire);

Datum headway_inquire(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] {
        std::string inquiry = json_of(PG_GETARG_DATUM(0)).dump();
        require_workers();
        return jsonb_datum(answer_of(ask_worker(inquiry)));
    });
}
}
