// The workspaces that a role sees. Every row-level policy asks for them, for each scan of an index
// anew, so the last answer is kept for as long as the same snapshot asks about the same role.

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "pg/guard.hpp"

namespace headway::pg {
namespace {

// Who is a superuser and who has whose rights is told by the server's caches, which follow no
// snapshot. They may change at any time, even while the tables are asked.
std::uint64_t changes_of_roles;

void count_change(Datum, int, uint32) { ++changes_of_roles; }

void listen_for_changes_of_roles() {
    static bool listening = false;
    if (listening) return;
    CacheRegisterSyscacheCallback(AUTHOID, count_change, 0);
    CacheRegisterSyscacheCallback(AUTHMEMROLEMEM, count_change, 0);
    CacheRegisterSyscacheCallback(DATABASEOID, count_change, 0);  // pg_database_owner
    listening = true;
}

// Looks that are equal see the same rows: they are made by one command of one (sub)transaction
// while the same others run. Of those below xmax none is ever added, so equal numbers are equal
// sets.
struct Look {
    Oid function;  // that of the extension, which may be dropped and created anew
    std::uint64_t changes_of_roles;
    std::array<char, NAMEDATALEN> role;
    LocalTransactionId transaction;
    SubTransactionId subtransaction;
    TransactionId xmin, xmax;
    std::uint32_t running;
    std::int32_t running_subtransactions;
    CommandId command;

    bool operator==(const Look&) const = default;
};

LocalTransactionId local_transaction() {
#if PG_VERSION_NUM < 170000
    return MyProc->lxid;
#else
    return MyProc->vxid.lxid;
#endif
}

std::optional<Look> look_for(Oid function, const NameData& role) {
    if (!ActiveSnapshotSet()) return std::nullopt;
    Snapshot now = GetActiveSnapshot();
    if (now->snapshot_type != SNAPSHOT_MVCC) return std::nullopt;
    Look look{
        function,  changes_of_roles, {},        local_transaction(), GetCurrentSubTransactionId(),
        now->xmin, now->xmax,        now->xcnt, now->subxcnt,        now->curcid};
    std::memcpy(look.role.data(), NameStr(role), NAMEDATALEN);
    return look;
}

// Asks the tables. By the function's OID, since a caller may have no right to look into the schema.
Datum ask(Name role) {
    Oid types[] = {NAMEOID};
    Oid function =
        GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum("_visible_workspaces"),
                        PointerGetDatum(buildoidvector(types, 1)),
                        ObjectIdGetDatum(get_namespace_oid("headway", false)));
    return PointerGetDatum(PG_DETOAST_DATUM(OidFunctionCall1(function, NameGetDatum(role))));
}

std::string bytes_of(Datum array) {
    return {static_cast<const char*>(DatumGetPointer(array)), VARSIZE(DatumGetPointer(array))};
}

Datum visible_workspaces(Oid function, Name role) {
    struct Answer {
        Look look;
        std::string ids;
    };
    static auto& last = *new std::optional<Answer>;
    server_call(listen_for_changes_of_roles);
    std::optional<Look> look = server_call([&] { return look_for(function, *role); });
    if (!look) return server_call([&] { return ask(role); });
    if (!last || last->look != *look) {
        std::string ids = bytes_of(server_call([&] { return ask(role); }));
        last = Answer{*look, std::move(ids)};
    }
    return server_call([&] {
        void* copy = palloc(last->ids.size());
        return PointerGetDatum(std::memcpy(copy, last->ids.data(), last->ids.size()));
    });
}

}  // namespace
}  // namespace headway::pg

extern "C" {

PG_FUNCTION_INFO_V1(headway_visible_workspaces);

Datum headway_visible_workspaces(PG_FUNCTION_ARGS) {
    using namespace headway::pg;
    return entry([&] { return visible_workspaces(fcinfo->flinfo->fn_oid, PG_GETARG_NAME(0)); });
}
}
