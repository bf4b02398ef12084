\set ECHO none
\i test/setup.psql
-- The rules that every object must keep, so that the tables can be distributed and dumped later and
-- nobody sees or does more than meant.
SELECT plan(23);

CREATE TEMP VIEW members AS
SELECT d.classid, d.objid FROM pg_depend d
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'headway');
CREATE TEMP VIEW tables AS
SELECT c.oid, c.oid::regclass::text AS name, c.relrowsecurity FROM pg_class c
WHERE c.relnamespace = 'headway'::regnamespace AND c.relkind = 'r';
CREATE TEMP VIEW tenant_tables AS
SELECT t.* FROM tables t WHERE name = 'headway.workspaces'
   OR (name NOT IN ('headway.workspace_members', 'headway._workspace_names', 'headway.prompts')  -- the same on every node
       AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attname = 'workspace_id'));
CREATE TEMP VIEW functions AS
SELECT p.oid::regprocedure::text AS name, p.* FROM pg_proc p JOIN members m ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid;

SELECT is_empty($$ SELECT tgname FROM pg_trigger WHERE tgrelid IN (SELECT oid FROM tables) AND NOT tgisinternal $$, 'No table has a trigger.');
SELECT is_empty($$ SELECT polname FROM pg_policy WHERE polrelid IN (SELECT oid FROM tables) AND NOT polpermissive $$, 'No policy is restrictive.');
SELECT is_empty($$ SELECT name FROM tables WHERE NOT relrowsecurity $$, 'Every table has row-level security.');
SELECT is_empty($$ SELECT polrelid::regclass FROM pg_policy WHERE polrelid IN (SELECT oid FROM tables)
    AND pg_get_expr(polqual, polrelid) ~* 'select' $$, 'No policy has a subquery.');
SELECT is_empty($$ SELECT t.name, a.attname, i.indexrelid::regclass FROM tenant_tables t JOIN pg_index i ON i.indrelid = t.oid AND i.indisunique
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]
    WHERE a.attname <> CASE t.name WHEN 'headway.workspaces' THEN 'id' ELSE 'workspace_id' END $$,
    'The workspace comes first in every primary key and unique index of a tenant table.');
SELECT is_empty($$ SELECT t.name, k.conname FROM tenant_tables t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f'
    JOIN tenant_tables r ON r.oid = k.confrelid
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.conkey[1]
    JOIN pg_attribute b ON b.attrelid = r.oid AND b.attnum = k.confkey[1]
    WHERE a.attname <> 'workspace_id' OR b.attname <> CASE r.name WHEN 'headway.workspaces' THEN 'id' ELSE 'workspace_id' END $$,
    'Every foreign key between tenant tables begins with the workspace.');
SELECT is_empty($$ SELECT conrelid::regclass, confrelid::regclass FROM pg_constraint WHERE contype = 'f' AND confrelid IN (SELECT oid FROM tenant_tables)
    AND conrelid IN (SELECT oid FROM tables) AND conrelid NOT IN (SELECT oid FROM tenant_tables) $$, 'No table without a workspace points to one with it.');
SELECT is_empty($$ SELECT conname FROM pg_constraint WHERE conrelid IN (SELECT oid FROM tables) AND contype = 'f' AND confdeltype IN ('n', 'd') $$,
    'No foreign key sets columns to NULL or to a default.');
SELECT is_empty($$ WITH RECURSIVE reach (start, at) AS (
        SELECT conrelid, confrelid FROM pg_constraint WHERE contype = 'f' AND conrelid IN (SELECT oid FROM tables) AND conrelid <> confrelid
        UNION SELECT r.start, k.confrelid FROM reach r JOIN pg_constraint k ON k.conrelid = r.at AND k.contype = 'f' AND k.conrelid <> k.confrelid
    ) SELECT start::regclass FROM reach WHERE start = at $$, 'Foreign keys form no cycle between tables.');
SELECT is_empty($$ SELECT t.name, a.attname FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type y ON y.oid = a.atttypid WHERE y.typname ~ '^(reg|oid)' $$, 'No column holds an oid.');
SELECT is_empty($$ SELECT t.name, a.attname FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid WHERE a.attidentity <> '' AND a.atttypid <> 'bigint'::regtype $$,
    'Identity columns are bigint.');
SELECT is_empty($$ SELECT name FROM tenant_tables t WHERE name NOT IN ('headway.workspaces') AND NOT EXISTS (
        SELECT FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attname = 'workspace_id' AND a.attnotnull AND a.atttypid = 'uuid'::regtype) $$,
    'workspace_id is a uuid and never NULL.');
SELECT is_empty($$ SELECT oid::regclass FROM pg_class WHERE relnamespace = 'headway'::regnamespace AND relkind = 'v'
    AND NOT coalesce('security_invoker=true' = ANY (reloptions), false) $$, 'Every view runs with its caller''s rights.');
SELECT is_empty($$ SELECT name FROM functions WHERE prokind = 'f' AND NOT EXISTS (SELECT FROM unnest(proconfig) c WHERE c LIKE 'search_path=%')
    AND NOT (name = 'headway.visible_workspaces(name)' AND probin IS NOT NULL AND NOT prosecdef) $$,
    'Every function pins its search_path, but the one that all policies call, which is C and looks nothing up by it.');
SELECT is_empty($$ SELECT name FROM functions WHERE prokind = 'f' AND EXISTS (SELECT FROM unnest(proconfig) c WHERE c LIKE 'search_path=%' AND c NOT LIKE '%pg_temp') $$,
    'pg_temp comes last in every pinned search_path.');
SELECT is_empty($$ SELECT name FROM functions WHERE prokind = 'p' AND (proconfig IS NOT NULL OR prosecdef) $$,
    'Procedures commit, so they carry no SET clause and are not SECURITY DEFINER.');
SELECT is_empty($$ SELECT name FROM functions WHERE prosrc ~ '[^E]''[^'']*[\\]' AND probin IS NULL $$,
    'No literal has a backslash, which standard_conforming_strings gives another meaning.');
SELECT is_empty($$ SELECT name FROM functions WHERE prosecdef AND proowner <> 'headway_worker'::regrole $$, 'SECURITY DEFINER functions belong to headway_worker.');
SELECT is_empty($$ SELECT f.name FROM functions f WHERE f.prosrc LIKE 'headway_as_worker%' AND NOT EXISTS (
        SELECT FROM functions t WHERE t.pronamespace = 'headway'::regnamespace AND t.proname = substr(f.proname, 8)
        AND t.pronargs = f.pronargs + 1 AND t.proargtypes[0] = 'name'::regtype AND t.proargnames[1] = 'caller') $$,
    'Every verb that works as headway_worker has a twin that learns its caller.');
SELECT is_empty($$ SELECT m.classid::regclass, pg_describe_object(m.classid, m.objid, 0) FROM members m
    LEFT JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid LEFT JOIN pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid
    CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, c.relacl,
        CASE WHEN p.oid IS NOT NULL THEN acldefault('f', p.proowner) WHEN c.oid IS NOT NULL THEN acldefault('r', c.relowner) END)) a
    WHERE a.grantee = 0 $$, 'PUBLIC has nothing.');
SELECT is_empty($$ SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace = 'headway'::regnamespace AND c.relkind IN ('r', 'S')
    AND NOT c.oid = ANY ((SELECT extconfig FROM pg_extension WHERE extname = 'headway')::oid[]) $$, 'pg_dump takes every table and sequence along.');
SELECT is_empty($$
    SELECT pg_describe_object(m.classid, m.objid, 0) FROM members m
    WHERE m.classid IN ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_namespace'::regclass) AND obj_description(m.objid, m.classid::regclass::name) IS NULL
      AND NOT EXISTS (SELECT FROM pg_class c WHERE m.classid = 'pg_class'::regclass AND c.oid = m.objid AND c.relkind IN ('S', 'c', 'i'))
    UNION ALL
    SELECT t.oid::regtype::text FROM pg_type t WHERE t.typnamespace = 'headway'::regnamespace AND t.typtype = 'c' AND obj_description(t.oid, 'pg_type') IS NULL
      AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind IN ('r', 'v'))
    UNION ALL
    SELECT i.indexrelid::regclass::text FROM pg_index i WHERE i.indrelid IN (SELECT oid FROM tables) AND obj_description(i.indexrelid, 'pg_class') IS NULL
      AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
    UNION ALL
    SELECT p.polname || ' on ' || p.polrelid::regclass FROM pg_policy p WHERE p.polrelid IN (SELECT oid FROM tables) AND obj_description(p.oid, 'pg_policy') IS NULL
    UNION ALL
    SELECT c.oid::regclass || '.' || a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'headway'::regnamespace AND c.relkind IN ('r', 'v', 'c') AND col_description(c.oid, a.attnum) IS NULL
$$, 'Every schema, table, column, view, type, index, policy and function has a comment.');
SELECT is_empty($$ SELECT name FROM functions WHERE pronamespace <> 'headway'::regnamespace
    AND obj_description(oid, 'pg_proc') !~ 'Example: ' $$, 'Every verb''s comment has an example.');

SELECT * FROM finish();
ROLLBACK;
