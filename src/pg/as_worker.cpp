// The verbs that cross the line between tenants: headway_x(...) is executable by operators, changes
// to headway_worker and calls its twin headway._x(caller, ...), which nobody else may execute. The
// twin learns the role that really called, also when somebody's SECURITY DEFINER function did, and
// checks its membership before anything else. (A SECURITY DEFINER function could not tell it.)

#include "pg/as_worker.hpp"

#include <cstring>

#include "pg/guard.hpp"
#include "pg/launch.hpp"

namespace headway::pg {
namespace {

Oid caller_now = InvalidOid;

// Verbs may call each other: the inner one's caller is headway_worker.
class CallerScope {
  public:
    CallerScope() noexcept : before_(caller_now) { caller_now = GetUserId(); }
    ~CallerScope() { caller_now = before_; }
    CallerScope(const CallerScope&) = delete;
    CallerScope& operator=(const CallerScope&) = delete;

  private:
    Oid before_;
};

struct Twin {
    FmgrInfo function;
    Oid worker;
};

Oid twin_oid(Oid verb) {
    HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(verb));
    if (!HeapTupleIsValid(tuple)) elog(ERROR, "headway: no function has OID %u", verb);
    auto* form = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple));
    constexpr const char* kPrefix = "headway";
    const char* suffix = NameStr(form->proname) + std::strlen(kPrefix);  // "_ingest"
    Oid types[FUNC_MAX_ARGS];
    types[0] = NAMEOID;
    for (int i = 0; i < form->pronargs; ++i) types[i + 1] = form->proargtypes.values[i];
    List* name = list_make2(makeString(pstrdup("headway")), makeString(pstrdup(suffix)));
    Oid twin = LookupFuncName(name, form->pronargs + 1, types, false);
    ReleaseSysCache(tuple);
    return twin;
}

Twin* find_twin(FmgrInfo* verb) {
    if (verb->fn_extra) return static_cast<Twin*>(verb->fn_extra);
    auto* twin = static_cast<Twin*>(MemoryContextAlloc(verb->fn_mcxt, sizeof(Twin)));
    fmgr_info_cxt(twin_oid(verb->fn_oid), &twin->function, verb->fn_mcxt);
    twin->worker = get_role_oid("headway_worker", false);
    verb->fn_extra = twin;
    return twin;
}

// An ERROR on the way leaves the changed user to the abort of the (sub)transaction, which restores
// it, as it does for SECURITY DEFINER functions.
Datum call_twin(FunctionCallInfo verb) {
    Twin* twin = find_twin(verb->flinfo);
    Oid caller;
    int security;
    GetUserIdAndSecContext(&caller, &security);
    LOCAL_FCINFO(call, FUNC_MAX_ARGS);
    // A verb that returns rows has its twin put them where the caller wants them.
    InitFunctionCallInfoData(*call, &twin->function, verb->nargs + 1, verb->fncollation, nullptr,
                             verb->resultinfo);
    call->args[0].value =
        DirectFunctionCall1(namein, CStringGetDatum(GetUserNameFromId(caller, false)));
    call->args[0].isnull = false;
    for (int i = 0; i < verb->nargs; ++i) call->args[i + 1] = verb->args[i];

    SetUserIdAndSecContext(twin->worker, security | SECURITY_LOCAL_USERID_CHANGE);
    Datum result = FunctionCallInvoke(call);
    SetUserIdAndSecContext(caller, security);
    verb->isnull = call->isnull;
    return result;
}

}  // namespace

Oid verb_caller() noexcept { return caller_now; }

}  // namespace headway::pg

extern "C" {

PG_FUNCTION_INFO_V1(headway_as_worker);
PG_FUNCTION_INFO_V1(headway_as_worker_secretly);

Datum headway_as_worker(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] {
        CallerScope scope;
        return server_call([&] { return call_twin(fcinfo); });
    });
}

// For verbs that take secrets or customers' words: what others see of the statement, and what an
// error would log of it, is hidden.
Datum headway_as_worker_secretly(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry(
        [&] {
            CallerScope scope;
            return server_call([&] {
                pgstat_report_activity(
                    STATE_RUNNING,
                    "<hidden by headway: a verb that takes secrets or customers' words>");
                return call_twin(fcinfo);
            });
        },
        true);
}
}
