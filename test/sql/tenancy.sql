\set ECHO none
\i test/setup.psql
-- Two tenants side by side: what one sees and does never reaches the other.
SELECT plan(31);

CREATE ROLE alice IN ROLE headway_operator;
CREATE ROLE bob IN ROLE headway_operator;
CREATE ROLE rita IN ROLE headway_reader;
CREATE ROLE team;
GRANT team TO alice;

SET ROLE alice;
SELECT lives_ok($$ SELECT headway_add_workspace('acme', 'at', 'Europe/Vienna') $$, 'An operator adds a workspace.');
SELECT is((SELECT default_region FROM headway.workspaces), 'AT', 'Its region is kept in upper case.');
SELECT is(headway_default_region(), 'AT', 'It is the current region.');
SELECT isnt(headway_add_theme('Reporting', 'Reports and exports'), NULL, 'A theme is added to it.');
SELECT lives_ok($$ SELECT headway_ingest_transcript('a-1', 'Ann: I would love to export reports to Excel.') $$, 'A transcript is ingested.');
SELECT is((SELECT requested_by FROM headway.runs), 'alice', 'The run remembers who asked.');
SELECT throws_ok($$ SELECT headway_add_workspace('acme') $$, '8W002', 'the name is taken', 'A name is taken once.');
SELECT throws_ok($$ SELECT headway_add_workspace('x', 'Austria') $$, '8W002', 'not a region', 'A region has two letters.');
SELECT throws_ok($$ SELECT headway_add_workspace('x', 'AT', 'Europe/Nowhere') $$, '8W002', 'unknown time zone', 'A time zone must exist.');

SET ROLE bob;
SELECT throws_ok($$ SELECT headway_workspace() $$, '8W001', 'there is no workspace yet', 'Who is a member of nothing has no workspace.');
SELECT throws_ok($$ SELECT headway_add_workspace('acme') $$, '8W002', 'the name is taken', 'A name is taken for all, also for those who do not see it.');
SELECT lives_ok($$ SELECT headway_add_workspace('bobs') $$, 'Bob adds his own.');
SELECT results_eq($$ SELECT name FROM headway.workspaces $$, $$ VALUES ('bobs') $$, 'He sees his own workspace only.');
SELECT is_empty($$ SELECT * FROM headway.messages $$, 'He sees no message of Alice''s.');
SELECT is_empty($$ SELECT * FROM headway.runs UNION ALL SELECT * FROM headway.runs $$, 'Nor a run of hers.');
SELECT is_empty($$ SELECT * FROM headway.run_progress $$, 'Views show no more than tables.');
SELECT throws_ok($$ SELECT headway_ingest_transcript('b-1', 'x y', workspace => 'acme') $$, '8W001', 'unknown workspace', 'He cannot write into her workspace.');
SELECT throws_ok($$ SELECT headway_add_member('bob', 'acme') $$, '8W001', 'unknown workspace', 'He cannot let himself in.');
SELECT throws_ok(format($$ INSERT INTO headway.themes (workspace_id, name) VALUES (%L, 'mine') $$, gen_random_uuid()), '42501', NULL,
    'He cannot write a theme into a workspace that is not his.');
SELECT throws_ok($$ INSERT INTO headway.workspaces (name) VALUES ('direct') $$, '42501', NULL, 'Nor write the tables that verbs write.');
SELECT throws_ok($$ SELECT headway._add_member('alice', 'bob', 'acme') $$, '42501', NULL, 'Twins, which believe the caller they are told, are out of his reach.');
SELECT throws_ok($$ SELECT * FROM headway._credentials $$, '42501', NULL, 'So are sealed credentials.');
SELECT throws_ok($$ SELECT headway._workspace('alice', NULL) $$, '8W001', 'there is no workspace yet', 'Asking in her name finds nothing.');

RESET ROLE;
CREATE FUNCTION bobs_door(text) RETURNS uuid LANGUAGE sql SECURITY DEFINER AS 'SELECT headway_ingest_transcript($1, ''Bo: We keep asking for exports.'')';
ALTER FUNCTION bobs_door(text) OWNER TO bob;
GRANT EXECUTE ON FUNCTION bobs_door(text) TO alice;
SET ROLE alice;
SELECT isnt(bobs_door('through-the-door'), NULL, 'A SECURITY DEFINER function of an app works with its owner''s membership.');
RESET ROLE;
SELECT is((SELECT w.name FROM headway.messages m JOIN headway.workspaces w ON w.id = m.workspace_id WHERE external_id = 'through-the-door'), 'bobs',
    'The verb saw the function''s owner, not the session''s role.');

SET ROLE alice;
SELECT lives_ok($$ SELECT headway_add_member('rita') $$, 'A member lets a reader in.');
SELECT throws_ok($$ SELECT headway_add_member('nobody_at_all') $$, '42704', NULL, 'Only roles that exist become members.');
SET ROLE rita;
SELECT results_eq($$ SELECT external_id FROM headway.messages $$, $$ VALUES ('a-1') $$, 'A reader reads.');
SELECT throws_ok($$ SELECT headway_add_theme('nope') $$, '42501', NULL, 'And does not write.');

SET ROLE alice;
SELECT lives_ok($$ SELECT headway_remove_member('rita') $$, 'A member is removed.');
SELECT throws_ok($$ SELECT headway_remove_member('alice') $$, '8W002', 'a workspace keeps its last member', 'The last one stays.');

SELECT * FROM finish();
ROLLBACK;
