"""What the server knows of an extension's objects, by name and in words, so that two databases can be compared."""

from typing import Any

import psycopg

Catalog = dict[str, list[str]]

# Everything in schema headway, and the verbs wherever they are. Grants are compared as sets.
ACL = "(SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest({}) a)"
OPTIONS = "ARRAY(SELECT o FROM unnest(a.attoptions) o WHERE o ~ '^n_distinct')"  # some servers keep books of their own there
OURS = "c.relnamespace = 'headway'::regnamespace"
MEMBER = """EXISTS (SELECT FROM pg_depend d WHERE d.classid = '{0}'::regclass AND d.objid = {1} AND d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass
             AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'headway'))"""

QUERIES = {
    "extension": "SELECT extversion, extrelocatable, extnamespace::regnamespace, extowner::regrole FROM pg_extension WHERE extname = 'headway'",
    "members": """SELECT pg_describe_object(classid, objid, objsubid) FROM pg_depend WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass
                  AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'headway')""",
    "dumped": """SELECT t.rel::regclass, t.condition FROM pg_extension e, unnest(e.extconfig, e.extcondition) t (rel, condition) WHERE e.extname = 'headway'""",
    "schemas": f"SELECT nspname, nspowner::regrole, {ACL.format('nspacl')} FROM pg_namespace WHERE nspname IN ('headway', 'public')",
    "relations": f"""SELECT c.oid::regclass, c.relkind, c.relpersistence, c.relowner::regrole, c.reloptions, c.relrowsecurity, c.relforcerowsecurity,
                     c.relreplident, c.relispartition, {ACL.format('c.relacl')} FROM pg_class c WHERE {OURS}""",
    "columns": f"""SELECT c.oid::regclass, row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum), a.attname, format_type(a.atttypid, a.atttypmod),
                   a.attnotnull, a.attidentity, a.attgenerated, a.attstorage, a.attcompression, a.attstattarget, {OPTIONS}, a.attcollation::regcollation,
                   pg_get_expr(f.adbin, f.adrelid), {ACL.format('a.attacl')}
                   FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef f ON f.adrelid = c.oid AND f.adnum = a.attnum
                   WHERE {OURS} AND c.relkind <> 'i' AND a.attnum > 0 AND NOT a.attisdropped""",
    "constraints": """SELECT conrelid::regclass, contypid::regtype, conname, contype, pg_get_constraintdef(oid), convalidated, condeferrable, condeferred
                      FROM pg_constraint WHERE connamespace = 'headway'::regnamespace""",
    "indexes": f"""SELECT pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisclustered, i.indisreplident, c.reloptions
                   FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE {OURS}""",
    "sequences": """SELECT s.sequencename, s.data_type, s.start_value, s.min_value, s.max_value, s.increment_by, s.cycle, s.cache_size,
                    pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid) FROM pg_sequences s
                    LEFT JOIN pg_depend d ON d.objid = format('%I.%I', schemaname, sequencename)::regclass AND d.deptype IN ('i', 'a') WHERE s.schemaname = 'headway'""",
    "policies": "SELECT schemaname, tablename, policyname, permissive, roles, cmd, qual, with_check FROM pg_policies WHERE schemaname = 'headway'",
    "triggers": f"SELECT pg_get_triggerdef(t.oid), t.tgenabled FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE {OURS} AND NOT t.tgisinternal",
    "rules": "SELECT tablename, rulename, definition FROM pg_rules WHERE schemaname = 'headway'",
    "views": f"SELECT c.oid::regclass, c.reloptions, pg_get_viewdef(c.oid) FROM pg_class c WHERE {OURS} AND c.relkind IN ('v', 'm')",
    "functions": f"""SELECT p.oid::regprocedure, p.prokind, p.proowner::regrole, {ACL.format('p.proacl')},
                     CASE WHEN p.prokind IN ('f', 'p') THEN pg_get_functiondef(p.oid) END
                     FROM pg_proc p WHERE p.pronamespace = 'headway'::regnamespace OR {MEMBER.format('pg_proc', 'p.oid')}""",
    "types": f"""SELECT t.oid::regtype, t.typtype, t.typowner::regrole, t.typnotnull, t.typdefault, t.typbasetype::regtype, {ACL.format('t.typacl')},
                 (SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid)
                 FROM pg_type t WHERE t.typnamespace = 'headway'::regnamespace""",
    "comments": "SELECT pg_describe_object(classoid, objoid, objsubid), description FROM pg_description WHERE objoid >= 16384",
    "initial rights": f"""SELECT pg_describe_object(classoid, objoid, objsubid), privtype, {ACL.format('initprivs')} FROM pg_init_privs
                          WHERE objoid >= 16384 OR classoid = 'pg_namespace'::regclass""",
    "default rights": f"SELECT defaclrole::regrole, defaclnamespace::regnamespace, defaclobjtype, {ACL.format('defaclacl')} FROM pg_default_acl",
}


def as_text(row: tuple) -> str:
    return " | ".join("" if value is None else str(value) for value in row)


def catalog_of(connection: psycopg.Connection[Any]) -> Catalog:
    connection.execute("SET search_path = pg_catalog")  # every name is written in full
    return {name: sorted(as_text(row) for row in connection.execute(query)) for name, query in QUERIES.items()}


def rows_of(connection: psycopg.Connection[Any]) -> Catalog:
    """All rows of all tables; of an extension that nobody has used, those that its script has put there."""
    tables = connection.execute("SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'headway'::regnamespace AND relkind = 'r'").fetchall()
    return {f"rows of {table}": sorted(as_text(row) for row in connection.execute(f"SELECT to_jsonb(t)::text FROM {table} t")) for (table,) in tables}


def differences(fresh: Catalog, updated: Catalog) -> list[str]:
    """One line for each thing that only one of the two has."""
    found = []
    for name in sorted(fresh.keys() | updated.keys()):
        left, right = fresh.get(name, []), updated.get(name, [])
        found += [f"{name}: only when fresh:     {row}" for row in left if row not in right]
        found += [f"{name}: only when updated:   {row}" for row in right if row not in left]
    return found
