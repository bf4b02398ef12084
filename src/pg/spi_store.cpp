#include "pg/spi_store.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "pg/extension.hpp"
#include "pg/latch_port.hpp"
#include "pg/spi.hpp"
#include "pg/version.hpp"

namespace headway::pg {
namespace {

using core::Json;
using pipeline::ClaimedTask;

constexpr int kReclaimEvery = 10;  // calls of keep_alive, that is seconds

// The function and line that raised an error. The rest of an error's context may quote data.
std::string place_of(const ErrorData& error) {
    if (!error.context) return {};
    for (std::string_view line : core::split(error.context, '\n'))
        if (line.starts_with("PL/pgSQL function")) return std::string(line);
    return {};
}

std::string as_seconds(std::chrono::milliseconds delay) {
    return std::to_string(static_cast<double>(delay.count()) / 1000);
}

std::optional<core::Timestamp> as_timestamp(const std::optional<std::string>& text) {
    return text ? core::parse_timestamp(*text) : std::nullopt;
}

}  // namespace

// What the database could not do, by whether it may be able to a moment later.
core::Failure SpiStore::as_failure(const PgError& error) {
    int state = error.sqlstate();
    int category = ERRCODE_TO_CATEGORY(state);
    bool passing =
        category == ERRCODE_TO_CATEGORY(ERRCODE_TRANSACTION_ROLLBACK) ||    // deadlock
        category == ERRCODE_TO_CATEGORY(ERRCODE_INSUFFICIENT_RESOURCES) ||  // disk, memory
        state == ERRCODE_LOCK_NOT_AVAILABLE;
    // Only the code: the text may quote what a customer said.
    core::Error described{passing ? core::ErrorKind::busy : core::ErrorKind::internal,
                          std::string("the database raised error ") + unpack_sql_state(state)};
    described.detail = place_of(error.data());
    if (state == ERRCODE_LOCK_NOT_AVAILABLE) {
        described.message = "the worker needs a row that somebody else has locked";
        described.hint =
            "If it was your own transaction, with which no worker can catch up, commit "
            "that first.";
    }
    return core::Failure(described);
}

// Between transactions anything may have happened to the database, so each begins with a look.
// Who is leaving puts back what it holds before, during and after an update alike.
void SpiStore::check_surroundings(bool leaving) {
    if (RecoveryInProgress()) throw StopRequested();
    std::string version = leaving ? extension_version() : hold_extension();
    if (version.empty()) throw StopRequested();
    if (!leaving && version != library_version()) throw OtherVersion(version);
    bool must_leave = server_call([] {
        // DROP, RENAME and CREATE ... TEMPLATE lock the database and wait for its sessions to
        // leave.
        LOCKTAG database;
        SET_LOCKTAG_OBJECT(database, InvalidOid, DatabaseRelationId, MyDatabaseId, 0);
        if (LockAcquire(&database, RowExclusiveLock, false, true) == LOCKACQUIRE_NOT_AVAIL)
            return true;
        LockRelease(&database, RowExclusiveLock, false);
        return false;
    });
    if (must_leave) throw StopRequested();
}

Json SpiStore::error_json(const core::Error& error) {
    Json json = Json::Object{{"kind", core::name(error.kind)}, {"message", error.message}};
    if (!error.detail.empty()) json.set("detail", error.detail);
    if (!error.hint.empty()) json.set("hint", error.hint);
    if (error.http_status != 0) json.set("http_status", error.http_status);
    return json;
}

Json SpiStore::ask(const char* sql, const ClaimedTask& task) {
    return run([&] { return query_json(sql, {task.workspace, task.id, task.token}); });
}

void SpiStore::act(const char* sql, const ClaimedTask& task) {
    run([&] { query(sql, {task.workspace, task.id, task.token}); });
}

void SpiStore::act(const char* sql, const ClaimedTask& task, const Json& answer) {
    std::string given = answer.dump();
    run([&] { query(sql, {task.workspace, task.id, task.token, given}); });
}

Json SpiStore::tell(const char* sql, const ClaimedTask& task, const Json& answer) {
    std::string text = answer.dump();
    return run([&] { return query_json(sql, {task.workspace, task.id, task.token, text}); });
}

// A mapper is foreign code and may let go of all of the session's advisory locks, the one among
// them that tells that this worker lives. The transaction's own hold it cannot release; the
// session's is taken again whatever happened.
Json SpiStore::tell_mapping(const char* sql, const ClaimedTask& task, const Json& answer) {
    auto take_again = [this] {
        run([&] {
            query("SELECT pg_advisory_xact_lock($1)", {worker_id_});
            query("SELECT pg_advisory_unlock($1)", {worker_id_});
            query("SELECT pg_advisory_lock($1)", {worker_id_});
        });
    };
    std::string text = answer.dump();
    try {
        Json told = run([&] {
            query("SELECT pg_advisory_xact_lock($1)", {worker_id_});
            return query_json(sql, {task.workspace, task.id, task.token, text});
        });
        take_again();
        return told;
    } catch (const core::Failure&) {
        take_again();
        throw;
    }
}

void SpiStore::begin_life() {
    run([&] { query("SELECT pg_advisory_lock($1)", {worker_id_}); });
    lives_ = true;
}

void SpiStore::end_life() {
    lives_ = false;
    run([&] { query("SELECT pg_advisory_unlock($1)", {worker_id_}); });
}

std::vector<ClaimedTask> SpiStore::claim(int most) {
    auto rows = run([&] {
        return query("SELECT headway._claim_any($1, $2::int, $3::name)",
                     {worker_id_, std::int64_t{most}, scope()});
    });
    std::vector<ClaimedTask> tasks;
    for (const auto& row : rows) {
        Json task = Json::parse(*row, 1000);
        tasks.push_back({task["workspace"].as_string(), task["id"].as_integer(),
                         task["token"].as_integer(), task["kind"].as_string(), task["payload"],
                         static_cast<int>(task["attempts"].as_integer())});
    }
    // Older ones first, whatever order the rows came in: the same queue is worked off the same way.
    std::sort(tasks.begin(), tasks.end(),
              [](const ClaimedTask& a, const ClaimedTask& b) { return a.id < b.id; });
    return tasks;
}

std::optional<core::Timestamp> SpiStore::next_due() {
    return as_timestamp(run([&] {
        return query_value(
            "SELECT to_char(headway._next_due($1::name) AT TIME ZONE 'UTC', "
            "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
            {scope()});
    }));
}

std::vector<std::int64_t> SpiStore::keep_alive() {
    if (keep_alive_calls_++ % kReclaimEvery == 0)
        run([&] { query("SELECT headway._reclaim($1)", {worker_id_}); });
    auto rows = run([&] { return query("SELECT headway._renew($1)", {worker_id_}); });
    std::vector<std::int64_t> held;
    for (const auto& row : rows) held.push_back(std::stoll(*row));
    return held;
}

void SpiStore::look_around() {
    run([] {});
}

// Also after an update: what is called from here on keeps its name and arguments in every version.
void SpiStore::put_back() {
    leaving_ = true;
    run([&] { query("SELECT headway._put_back($1)", {worker_id_}); });
}

Json SpiStore::input_source(const ClaimedTask& task) {
    return ask("SELECT headway._input_source($1::uuid, $2, $3)", task);
}

Json SpiStore::settle_list(const ClaimedTask& task, const Json& answer) {
    return tell_mapping("SELECT headway._settle_list($1::uuid, $2, $3, $4::jsonb)", task, answer);
}

void SpiStore::split_list(const ClaimedTask& task, const Json& spans) {
    act("SELECT headway._split_list($1::uuid, $2, $3, $4::jsonb)", task, spans);
}

void SpiStore::restart_list(const ClaimedTask& task) {
    act("SELECT headway._restart_list($1::uuid, $2, $3)", task);
}

Json SpiStore::settle_detail(const ClaimedTask& task, const Json& answer) {
    return tell_mapping("SELECT headway._settle_detail($1::uuid, $2, $3, $4::jsonb)", task, answer);
}

void SpiStore::settle_finalize(const ClaimedTask& task) {
    act("SELECT headway._settle_finalize($1::uuid, $2, $3)", task);
}

Json SpiStore::input_match(const ClaimedTask& task) {
    return ask("SELECT headway._input_match($1::uuid, $2, $3)", task);
}

Json SpiStore::fold_features(const std::string& workspace, const std::string& theme,
                             const std::string& type) {
    return run([&] {
        return query_json("SELECT to_jsonb(headway._fold($1::uuid, $2::uuid, $3))",
                          {workspace, theme, type});
    });
}

Json SpiStore::feature_quotes(const std::string& workspace, const Json& features) {
    std::string ids = features.dump();
    return run([&] {
        return query_json("SELECT headway._feature_quotes($1::uuid, $2::jsonb)", {workspace, ids});
    });
}

Json SpiStore::settle_match(const ClaimedTask& task, const Json& answer) {
    return tell("SELECT headway._settle_match($1::uuid, $2, $3, $4::jsonb)", task, answer);
}

Json SpiStore::input_judge_link(const ClaimedTask& task) {
    return ask("SELECT headway._input_judge_link($1::uuid, $2, $3)", task);
}

void SpiStore::settle_judge_link(const ClaimedTask& task, const Json& answer) {
    act("SELECT headway._settle_judge_link($1::uuid, $2, $3, $4::jsonb)", task, answer);
}

Json SpiStore::input_transcribe(const ClaimedTask& task) {
    return ask("SELECT headway._input_transcribe($1::uuid, $2, $3)", task);
}

void SpiStore::settle_transcribe(const ClaimedTask& task, const Json& heard) {
    act("SELECT headway._settle_transcribe($1::uuid, $2, $3, $4::jsonb)", task, heard);
}

Json SpiStore::input_analyse(const ClaimedTask& task) {
    return ask("SELECT headway._input_analyse($1::uuid, $2, $3)", task);
}

void SpiStore::settle_analyse(const ClaimedTask& task, const Json& answer) {
    act("SELECT headway._settle_analyse($1::uuid, $2, $3, $4::jsonb)", task, answer);
}

void SpiStore::postpone(const ClaimedTask& task, const Json& reply,
                        std::chrono::milliseconds delay) {
    std::string kept = reply.dump();
    std::string seconds = as_seconds(delay);
    run([&] {
        query(
            "SELECT headway._postpone($1::uuid, $2, $3, $4::jsonb, make_interval(secs => "
            "$5::float8))",
            {task.workspace, task.id, task.token, kept, seconds});
    });
}

void SpiStore::fail(const ClaimedTask& task, const core::Error& error,
                    std::optional<std::chrono::milliseconds> delay) {
    std::string problem = error_json(error).dump();
    std::string seconds = delay ? as_seconds(*delay) : "";
    Param again_in = delay ? Param(std::string_view(seconds)) : Param();
    run([&] {
        query(
            "SELECT headway._fail($1::uuid, $2, $3, $4::jsonb, make_interval(secs => $5::float8))",
            {task.workspace, task.id, task.token, problem, again_in});
    });
}

void SpiStore::defer(const ClaimedTask& task, const core::Error& error,
                     std::chrono::milliseconds delay) {
    std::string problem = error_json(error).dump();
    std::string seconds = as_seconds(delay);
    run([&] {
        query(
            "SELECT headway._defer($1::uuid, $2, $3, $4::jsonb, make_interval(secs => $5::float8))",
            {task.workspace, task.id, task.token, problem, seconds});
    });
}

}  // namespace headway::pg
