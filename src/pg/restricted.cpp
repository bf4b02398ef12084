#include "pg/restricted.hpp"

#include <csignal>

#include "pg/memory_bound.hpp"

namespace headway::pg {
namespace {

constexpr int kLimitMs = 5000;
constexpr std::size_t kMemory = std::size_t{512} << 20;
constexpr const char* kTemporaryFiles = "1GB";

volatile sig_atomic_t running = false;
volatile sig_atomic_t timed_out = false;
TimeoutId timeout = MAX_TIMEOUTS;

// In a signal handler: asks for a cancel, as the server's own statement timeout does.
void on_timeout() {
    timed_out = true;
    QueryCancelPending = true;
    InterruptPending = true;
    SetLatch(MyLatch);
}

// What runs may catch the cancel; then the next one waits behind its exception block.
void on_caught(SubXactEvent event, SubTransactionId, SubTransactionId, void*) {
    if (event == SUBXACT_EVENT_ABORT_SUB && running && timed_out) on_timeout();
}

void prepare() {
    if (timeout != MAX_TIMEOUTS) return;
    timeout = RegisterTimeout(USER_TIMEOUT, on_timeout);
    RegisterSubXactCallback(on_caught, nullptr);
}

struct Restriction {
    Oid user;
    int security;
    int guc_nesting;
};

Restriction restrict_to(const char* role) {
    Restriction before;
    Oid user = get_role_oid(role, false);
    GetUserIdAndSecContext(&before.user, &before.security);
    SetUserIdAndSecContext(
        user, before.security | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
    before.guc_nesting = NewGUCNestLevel();
    set_config_option("search_path", "pg_catalog, headway, pg_temp", PGC_USERSET, PGC_S_SESSION,
                      GUC_ACTION_SAVE, true, 0, false);
    set_config_option("transaction_read_only", "on", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
                      true, 0, false);
    set_config_option("temp_file_limit", kTemporaryFiles, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE,
                      true, 0, false);
    // What it says, at whatever level, is about customers. Above ERROR there is only what ends the
    // process.
    set_config_option("log_min_messages", "fatal", PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE, true,
                      0, false);
    return before;
}

void lift(const Restriction& before) {
    AtEOXact_GUC(false, before.guc_nesting);
    SetUserIdAndSecContext(before.user, before.security);
}

}  // namespace

Datum run_restricted(const char* role, Datum (*call)(void* argument), void* argument) {
    // Within another, which foreign code may well call a verb for: the outer one's time is going.
    if (running)
        return server_call([&] {
            Restriction before = restrict_to(role);
            Datum value = call(argument);
            lift(before);
            return value;
        });
    timed_out = false;
    MemoryBound memory(kMemory);
    try {
        Datum result = server_call([&] {
            prepare();
            enable_timeout_after(timeout, kLimitMs);
            running = true;
            Restriction before = restrict_to(role);
            Datum value = call(argument);
            lift(before);
            running = false;
            disable_timeout(timeout, false);
            return value;
        });
        if (timed_out) QueryCancelPending = false;  // it went off as the call was returning
        return result;
    } catch (const PgError&) {
        running = false;
        server_call([] { disable_timeout(timeout, false); });
        if (!timed_out) throw;
        QueryCancelPending = false;
        throw TookTooLong{};
    }
}

}  // namespace headway::pg
