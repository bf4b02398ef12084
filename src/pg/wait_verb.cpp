// CALL headway_wait(run): commits between its looks, so that it holds no snapshot while it waits.

#include <string>

#include "core/base/json.hpp"
#include "pg/procedure.hpp"
#include "pg/spi.hpp"

namespace headway::pg {
namespace {

using core::Json;

constexpr long kLookEveryMs = 100;
constexpr int kSpeakEveryLooks = 10;  // at most once a second

// A memory context for one look, so that a wait of hours needs no more than one of seconds.
class LookMemory {
  public:
    LookMemory() {
        context_ = server_call([] {
            return AllocSetContextCreate(CurrentMemoryContext, "headway look",
                                         ALLOCSET_SMALL_SIZES);
        });
        outer_ = MemoryContextSwitchTo(context_);
    }
    ~LookMemory() {
        MemoryContextSwitchTo(outer_);
        MemoryContextDelete(context_);
    }
    LookMemory(const LookMemory&) = delete;
    LookMemory& operator=(const LookMemory&) = delete;

  private:
    MemoryContext context_;
    MemoryContext outer_;
};

Json look_at(std::string_view run) {
    LookMemory memory;
    return query_json("SELECT headway._run_status(current_user, $1::pg_catalog.uuid)", {run});
}

Json status_of(std::string_view run) {
    Json status = look_at(run);
    server_call([] { SPI_commit(); });
    return status;
}

// "12/50 calls, 7 features, 2 matched, $0.04"
std::string progress_line(const Json& status) {
    std::int64_t dealt_with = status["processed"].as_integer() + status["skipped"].as_integer() +
                              status["failed"].as_integer();
    std::string line = std::to_string(dealt_with) + '/' +
                       std::to_string(status["total"].as_integer()) + " calls, " +
                       std::to_string(status["features_created"].as_integer()) + " features, " +
                       std::to_string(status["features_matched"].as_integer()) + " matched";
    if (status["cost_usd"].is_null()) return line;
    char cost[32];
    snprintf(cost, sizeof cost, ", $%.2f", status["cost_usd"].as_number());
    return line + cost;
}

void say(const std::string& line) {
    const char* text = line.c_str();
    server_call([text] { ereport(INFO, (errmsg_internal("%s", text))); });
}

bool is_over(const Json& status) {
    const std::string& state = status["state"].as_string();
    return state == "done" || state == "failed" || state == "cancelled";
}

void warn_of_bad_end(std::string_view run, const Json& status) {
    const std::string& state = status["state"].as_string();
    if (state == "done") return;
    std::string ending =
        "the run " + state + (status["error"].is_null() ? "" : ": " + status["error"].as_string());
    std::string hint = "SELECT * FROM headway.log WHERE run_id = '" + std::string(run) +
                       "'; headway_retry() tries failed tasks again.";
    const char* text = ending.c_str();
    const char* hint_text = hint.c_str();
    server_call([=] { ereport(WARNING, (errmsg_internal("%s", text), errhint("%s", hint_text))); });
}

void pause() {
    server_call([] {
        WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, kLookEveryMs,
                  PG_WAIT_EXTENSION);
        ResetLatch(MyLatch);
        CHECK_FOR_INTERRUPTS();
    });
}

void wait_for(std::string_view run, TimestampTz until) {
    std::string said;
    for (int look = 0;; ++look) {
        Json status = status_of(run);
        std::string line = progress_line(status);
        bool over = is_over(status);
        if (line != said && (over || look % kSpeakEveryLooks == 0)) {
            say(line);
            said = line;
        }
        if (over) return warn_of_bad_end(run, status);
        if (GetCurrentTimestamp() >= until)
            throw SqlFailure("8W011",
                             {core::ErrorKind::timeout, "the run is still going on", line,
                              "It goes on without you, unless headway_stop() holds: look again "
                              "with headway_run_status()."});
        pause();
    }
}

TimestampTz deadline(FunctionCallInfo fcinfo) {
    if (PG_ARGISNULL(1)) return DT_NOEND;
    return server_call([&] {
        return DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval,
                                                       TimestampTzGetDatum(GetCurrentTimestamp()),
                                                       PG_GETARG_DATUM(1)));
    });
}

}  // namespace
}  // namespace headway::pg

extern "C" {

PG_FUNCTION_INFO_V1(headway_wait);

Datum headway_wait(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] {
        require_non_atomic(fcinfo, "headway_wait");
        if (PG_ARGISNULL(0))
            throw SqlFailure(
                "8W010", {headway::core::ErrorKind::invalid, "unknown run", "The run is NULL."});
        char* run = server_call(
            [&] { return DatumGetCString(DirectFunctionCall1(uuid_out, PG_GETARG_DATUM(0))); });
        server_call([] { SPI_connect_ext(SPI_OPT_NONATOMIC); });
        wait_for(run, deadline(fcinfo));
        server_call([] { SPI_finish(); });
        return static_cast<Datum>(0);
    });
}
}
