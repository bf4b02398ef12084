// A module of test functions around the two guards: it throws every kind of exception out of
// entry(), raises every kind of error into server_call(), and counts C++ objects.

#include <new>
#include <stdexcept>
#include <string>

#include "pg/guard.hpp"

namespace {

using namespace headway;

// An object with a destructor, on frames that errors and exceptions cross.
struct Live {
    static inline int count = 0;
    std::string text = "long enough to live on the heap, so that a leak is a leak of memory too";
    Live() { ++count; }
    ~Live() { --count; }
};

// Throws kind number `kind`, from some frames down.
Datum throw_kind(int kind, int depth) {
    Live live;
    if (depth > 0) return throw_kind(kind, depth - 1);
    switch (kind) {
        case 0:
            throw core::Failure(
                core::Error{core::ErrorKind::invalid, "a failure", "its detail", "its hint"});
        case 1:
            throw pg::SqlFailure("8W999",
                                 core::Error{core::ErrorKind::invalid, "a failure with a code",
                                             "its detail", "its hint"});
        case 2: throw std::bad_alloc();
        case 3: throw std::runtime_error("a runtime error");
        case 4: throw 42;
        case 5: throw "a string";
        case 6: throw core::Failure(core::ErrorKind::invalid, std::string(10'000, 'x'));
        case 7:
            pg::server_call([] {
                ereport(ERROR, (errcode(ERRCODE_UNIQUE_VIOLATION), errmsg("a server error"),
                                errdetail("Its detail."), errhint("Its hint."),
                                errcontext("its context")));
            });
            break;
        case 8:  // caught, wrapped and thrown again
            try {
                pg::server_call([] { elog(ERROR, "an inner error"); });
            } catch (const pg::PgError& error) {
                Live in_the_handler;
                throw;
            }
            break;
        case 9:  // an exception out of an exception's handler
            try {
                throw std::logic_error("first");
            } catch (...) {
                throw std::runtime_error("second");
            }
    }
    return Int32GetDatum(kind);
}

// Raises error number `kind` inside the server.
void raise_kind(int kind) {
    switch (kind) {
        case 0: elog(ERROR, "plain"); break;
        case 1: DirectFunctionCall2(int4div, Int32GetDatum(1), Int32GetDatum(0)); break;
        case 2: palloc(MaxAllocSize + 1); break;
        case 3: DirectFunctionCall1(uuid_in, CStringGetDatum("no uuid")); break;
        case 4: pg_verify_mbstr(PG_UTF8, "\xC3\x28", 2, false); break;
        case 5: get_role_oid("no such role", false); break;
        case 6:
            ereport(ERROR, (errcode(MAKE_SQLSTATE('8', 'W', '0', '0', '1')), errmsg("own"),
                            errdetail("D"), errhint("H")));
            break;
        default:
            QueryCancelPending = true;
            InterruptPending = true;
            CHECK_FOR_INTERRUPTS();
    }
}

// Catches what raise_kind raises and describes it.
std::string catch_kind(int kind) {
    Live live;
    try {
        pg::server_call([kind] { raise_kind(kind); });
    } catch (const pg::PgError& error) {
        std::string text = std::string(unpack_sql_state(error.sqlstate())) + '|' + error.what();
        if (error.data().detail) text += std::string("|") + error.data().detail;
        if (error.data().hint) text += std::string("|") + error.data().hint;
        return text + (error.is_interrupt() ? "|interrupt" : "");
    }
    return "nothing was raised";
}

}  // namespace

extern "C" {

PG_MODULE_MAGIC;
PG_FUNCTION_INFO_V1(probe_throw);
PG_FUNCTION_INFO_V1(probe_catch);
PG_FUNCTION_INFO_V1(probe_storm);
PG_FUNCTION_INFO_V1(probe_live);
PG_FUNCTION_INFO_V1(probe_memory);

PGDLLEXPORT Datum probe_throw(PG_FUNCTION_ARGS) {
    return headway::pg::entry([&] { return throw_kind(PG_GETARG_INT32(0), 20); },
                              PG_GETARG_BOOL(1));
}

PGDLLEXPORT Datum probe_catch(PG_FUNCTION_ARGS) {
    return headway::pg::entry([&] {
        std::string text = catch_kind(PG_GETARG_INT32(0));
        return headway::pg::server_call([&] { return CStringGetTextDatum(text.c_str()); });
    });
}

// Catches `count` errors of all kinds in a row.
PGDLLEXPORT Datum probe_storm(PG_FUNCTION_ARGS) {
    return headway::pg::entry([&] {
        int count = PG_GETARG_INT32(0);
        for (int i = 0; i < count; ++i) catch_kind(i % 8);
        return Int32GetDatum(count);
    });
}

PGDLLEXPORT Datum probe_live(PG_FUNCTION_ARGS) {
    (void)fcinfo;
    PG_RETURN_INT32(Live::count);
}

// Bytes that the process holds in all memory contexts.
PGDLLEXPORT Datum probe_memory(PG_FUNCTION_ARGS) {
    (void)fcinfo;
    PG_RETURN_INT64(static_cast<int64>(MemoryContextMemAllocated(TopMemoryContext, true)));
}
}
