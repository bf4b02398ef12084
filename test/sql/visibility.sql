\set ECHO none
\i test/setup.psql
-- A backend keeps what a role sees, so here it changes under its eyes: each answer is that of its own moment.
SELECT plan(24);

CREATE ROLE ada IN ROLE headway_operator;
CREATE ROLE rita IN ROLE headway_reader;
CREATE ROLE team;
SELECT headway_add_workspace('acme') AS w \gset
SELECT headway_add_member('ada') \gset ignored_
SELECT headway_add_theme('Reporting') \gset ignored_
CREATE FUNCTION seen(who name) RETURNS bigint LANGUAGE sql STABLE AS 'SELECT cardinality(headway.visible_workspaces(who))::bigint';
CREATE FUNCTION themes_of(who name) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    EXECUTE format('SET LOCAL ROLE %I', who);
    SELECT count(*) INTO n FROM headway.themes;
    RESET ROLE;
    RETURN n;
END $$;

-- In one transaction.
SELECT is(themes_of('rita'), 0::bigint, 'Who is no member sees nothing.');
SELECT headway_add_member('rita') \gset ignored_
SELECT is(themes_of('rita'), 1::bigint, 'Who becomes one sees the workspace in the same transaction.');
SELECT headway_remove_member('rita') \gset ignored_
SELECT is(themes_of('rita'), 0::bigint, 'And sees it no longer when that ends.');
INSERT INTO headway.workspace_members (workspace_id, member) VALUES (:'w', 'rita');
SELECT is(themes_of('rita'), 1::bigint, 'The table may be written without the verbs.');
UPDATE headway.workspace_members SET member = 'team' WHERE member = 'rita';
SELECT is(themes_of('rita'), 0::bigint, 'Every kind of write counts.');

-- What roles are is no matter of these tables.
GRANT team TO rita;
SELECT is(themes_of('rita'), 1::bigint, 'The membership of a role is that of its members.');
REVOKE team FROM rita;
SELECT is(themes_of('rita'), 0::bigint, 'Until they are members no more.');
ALTER ROLE team RENAME TO crew;
GRANT crew TO rita;
SELECT is(seen('rita'), 0::bigint, 'A member that has another name is none any more.');
ALTER ROLE crew RENAME TO team;
SELECT is(seen('rita'), 1::bigint, 'And is one again under its name.');
REVOKE team FROM rita;
ALTER ROLE rita SUPERUSER;
SELECT is(seen('rita'), 1::bigint, 'A superuser sees all.');
ALTER ROLE rita NOSUPERUSER;
SELECT is(seen('rita'), 0::bigint, 'While it is one.');

-- In subtransactions.
SAVEPOINT before;
SELECT headway_add_member('rita') \gset ignored_
SELECT seen('rita') AS inside \gset
ROLLBACK TO before;
SELECT is(ARRAY[:inside, seen('rita')], ARRAY[1, 0]::bigint[], 'What is rolled back is not seen.');
SELECT headway_add_member('rita') \gset ignored_
SELECT seen('rita') AS outside \gset
SAVEPOINT before;
SELECT headway_remove_member('rita') \gset ignored_
SELECT seen('rita') AS inside \gset
ROLLBACK TO before;
SELECT is(ARRAY[:outside, :inside, seen('rita')], ARRAY[1, 0, 1]::bigint[], 'Nor is it gone.');
RELEASE before;
SELECT is(seen('rita'), 1::bigint, 'It stays when the savepoint goes.');
SAVEPOINT before;
SELECT headway_remove_member('rita') \gset ignored_
RELEASE before;
SELECT is(seen('rita'), 0::bigint, 'What is released counts for all that follows.');
DO $$
DECLARE
    told bigint[] := ARRAY[seen('rita')];
BEGIN
    FOR i IN 1..2 LOOP  -- the second one begins where the first one did
        BEGIN
            INSERT INTO headway.workspace_members (workspace_id, member) SELECT id, 'rita' FROM headway.workspaces;
            told := told || seen('rita');
            RAISE EXCEPTION 'away with it';
        EXCEPTION WHEN raise_exception THEN
            told := told || seen('rita');
        END;
    END LOOP;
    PERFORM set_config('test.told', told::text, true);
END $$;
SELECT is(current_setting('test.told'), '{0,1,0,1,0}', 'A block with an EXCEPTION is a subtransaction.');

-- In one statement, and in a cursor that goes on while the world does.
SELECT is(ARRAY[seen('ada'), seen('rita'), seen('ada'), seen('team')], ARRAY[1, 0, 1, 1]::bigint[], 'Each role has its own answer.');
SELECT is(headway.visible_workspaces(NULL), NULL, 'No role has none.');
DECLARE old CURSOR FOR SELECT cardinality(headway.visible_workspaces('rita')) FROM generate_series(1, 3);
FETCH old \gset before_
SELECT headway_add_member('rita') \gset ignored_
FETCH old \gset after_
SELECT is(ARRAY[:before_cardinality, seen('rita'), :after_cardinality], ARRAY[0, 1, 0]::bigint[], 'A cursor sees what was when it was opened.');
FETCH old \gset again_
SELECT is(ARRAY[:again_cardinality, seen('rita')], ARRAY[0, 1]::bigint[], 'And leaves its answer to nobody else.');
CLOSE old;

-- SET ROLE and what runs with its owner's rights.
SET ROLE rita;
SELECT is((SELECT count(*) FROM headway.themes), 1::bigint, 'A reader reads.');
SELECT throws_ok($$ SELECT headway._visible_workspaces('ada') $$, '42501', NULL, 'But asks through the function for all only.');
RESET ROLE;

-- In parallel workers.
SELECT count(set_config(name, value, true)) FROM (VALUES ('min_parallel_table_scan_size', '0'), ('parallel_setup_cost', '0'), ('parallel_tuple_cost', '0'),
    ('max_parallel_workers_per_gather', '2'), (CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'force_parallel_mode' ELSE 'debug_parallel_query' END, 'on')) s(name, value) \gset ignored_
SET ROLE rita;
SELECT is((SELECT count(*) FROM headway.themes), 1::bigint, 'The same goes for parallel workers, which see what their leader has written.');
RESET ROLE;
SELECT headway_remove_member('rita') \gset ignored_
SET ROLE rita;
SELECT is((SELECT count(*) FROM headway.themes), 0::bigint, 'And what it has taken back.');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
