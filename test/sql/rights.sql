\set ECHO none
\i test/setup.psql
-- Who may do what: this test's expected output is the list. r = SELECT, a = INSERT, w = UPDATE,
-- d = DELETE; the roles are the group roles, never a login.
\pset tuples_only false
\pset footer off
\pset format aligned

SELECT c.relname AS "table or view", max(p.may) FILTER (WHERE p.role = 'headway_worker') AS worker, max(p.may) FILTER (WHERE p.role = 'headway_mapper') AS mapper,
       max(p.may) FILTER (WHERE p.role = 'headway_reader') AS reader, max(p.may) FILTER (WHERE p.role = 'headway_operator') AS operator
FROM pg_class c
CROSS JOIN LATERAL (
    SELECT r.rolname AS role, concat(CASE WHEN has_table_privilege(r.oid, c.oid, 'SELECT') THEN 'r' END, CASE WHEN has_any_column_privilege(r.oid, c.oid, 'INSERT') THEN 'a' END,
           CASE WHEN has_any_column_privilege(r.oid, c.oid, 'UPDATE') THEN 'w' END, CASE WHEN has_table_privilege(r.oid, c.oid, 'DELETE') THEN 'd' END) AS may
    FROM pg_roles r WHERE r.rolname IN ('headway_worker', 'headway_mapper', 'headway_reader', 'headway_operator')) p
WHERE c.relnamespace = 'headway'::regnamespace AND c.relkind IN ('r', 'v')
GROUP BY c.relname ORDER BY c.relname COLLATE "C";

-- Where not all columns are meant.
SELECT r.rolname AS role, a.attrelid::regclass AS "table", string_agg(a.attname, ', ' ORDER BY a.attnum) AS "columns that it may not write"
FROM pg_roles r, pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE r.rolname IN ('headway_worker', 'headway_mapper', 'headway_reader', 'headway_operator') AND c.relnamespace = 'headway'::regnamespace
  AND c.relkind = 'r' AND a.attnum > 0 AND has_any_column_privilege(r.oid, c.oid, 'UPDATE') AND NOT has_column_privilege(r.oid, c.oid, a.attnum, 'UPDATE')
GROUP BY 1, 2;

SELECT p.proname AS "verb or function", CASE WHEN has_function_privilege('headway_worker', p.oid, 'EXECUTE') THEN 'x' END AS worker,
       CASE WHEN has_function_privilege('headway_mapper', p.oid, 'EXECUTE') THEN 'x' END AS mapper,
       CASE WHEN has_function_privilege('headway_reader', p.oid, 'EXECUTE') THEN 'x' END AS reader,
       CASE WHEN has_function_privilege('headway_operator', p.oid, 'EXECUTE') THEN 'x' END AS operator
FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'headway'
ORDER BY p.proname COLLATE "C", p.pronargs;

SELECT rolname AS role, rolcanlogin AS login, rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls AS powerful,
       (SELECT count(*) FROM pg_auth_members m WHERE m.roleid = r.oid) AS granted_to
FROM pg_roles r WHERE rolname IN ('headway_worker', 'headway_mapper', 'headway_reader', 'headway_operator') ORDER BY 1;
ROLLBACK;
