#include "pg/extension.hpp"

#include "pg/version.hpp"

namespace headway::pg {
namespace {

struct Row {
    Oid oid = InvalidOid;
    char* version = nullptr;  // in the current memory context
};

// The server keeps no cache of this catalog, so each look sees what is committed now.
Row look() {
    Row row;
    ScanKeyData name;
    ScanKeyInit(&name, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ,
                CStringGetDatum("headway"));
    Relation catalog = table_open(ExtensionRelationId, AccessShareLock);
    SysScanDesc scan = systable_beginscan(catalog, ExtensionNameIndexId, true, nullptr, 1, &name);
    HeapTuple tuple = systable_getnext(scan);
    if (HeapTupleIsValid(tuple)) {
        bool is_null = false;
        Datum version =
            heap_getattr(tuple, Anum_pg_extension_extversion, RelationGetDescr(catalog), &is_null);
        row.oid = reinterpret_cast<Form_pg_extension>(GETSTRUCT(tuple))->oid;
        row.version = is_null ? pstrdup("") : TextDatumGetCString(version);
    }
    systable_endscan(scan);
    table_close(catalog, AccessShareLock);
    return row;
}

std::string version_of(const Row& row) { return row.version ? row.version : ""; }

}  // namespace

std::string OtherVersion::detail() const {
    return "The library is " + std::string(library_version()) +
           ", the extension in this database " + extension_ + ".";
}

const char* OtherVersion::hint() {
    return "Run ALTER EXTENSION headway UPDATE; sessions that used headway before must connect "
           "again.";
}

std::string extension_version() {
    return version_of(server_call([] { return look(); }));
}

std::string hold_extension() {
    static Oid known = InvalidOid;  // spares the look before the lock
    Row row = server_call([] {
        if (!OidIsValid(known)) known = look().oid;
        for (;;) {
            if (!OidIsValid(known)) return Row();
            LockDatabaseObject(ExtensionRelationId, known, 0, ShareLock);
            Row found = look();
            if (found.oid == known) return found;
            known = found.oid;  // dropped, and perhaps created again
        }
    });
    return version_of(row);
}

}  // namespace headway::pg
