\set ECHO none
\i test/setup.psql
-- What is given, asked for or tried again: nothing twice, and nothing left lying.
SELECT plan(23);
SET headway.key_file = '/tmp/headway-sql-test.keys';
SELECT headway_add_workspace('acme') AS w \gset
SELECT headway_add_theme('Reporting', 'Reports and exports') AS theme \gset

SELECT headway_ingest_transcript('c1', 'Bob: I wish it could export.') AS m \gset
SELECT is((SELECT count(*) FROM headway.tasks WHERE kind = 'extract'), 1::bigint, 'A transcript is to be read.');
SELECT is(headway_ingest_transcript('c1', 'Bob: I wish it could export.'), :'m'::uuid, 'Given again it is the same message,');
SELECT is((SELECT count(*) FROM headway.tasks WHERE kind = 'extract'), 1::bigint, 'and is not read twice.');
SELECT headway_cancel(run_id) AS cancelled FROM headway.run_progress \gset
SELECT is(headway_retry(run_id), 0::bigint, 'A cancelled run is not tried again') FROM headway.run_progress;
SELECT is((SELECT state FROM headway.runs), 'cancelled', 'and stays cancelled.');
SELECT is(headway_ingest_transcript('c1', 'Bob: I wish it could export.'), :'m'::uuid, 'Given again after that,');
SELECT results_eq('SELECT state, message_id FROM headway.tasks WHERE kind = ''extract'' ORDER BY id', format('VALUES (''cancelled'', %1$L::uuid), (''queued'', %1$L)', :'m'), 'it is read after all.');
SELECT throws_ok($$ SELECT headway_ingest_transcript('c1', 'Bob: Something else.') $$, '8W009', 'another transcript has this external_id', 'Other words under its id are refused.');

SELECT headway_ingest_transcript('c2', 'Bob: I wish it could print.', extract_features => false) AS m2 \gset
SELECT is((SELECT count(*) FROM headway.tasks WHERE message_id = :'m2'), 0::bigint, 'A transcript may be stored only;');
SELECT headway_ingest_transcript('c2', 'Bob: I wish it could print.', extract_features => false) AS same \gset
SELECT is((SELECT count(*) FROM headway.tasks WHERE message_id = :'m2'), 0::bigint, 'given again in the same way, it stays so;');
SELECT headway_ingest_transcript('c2', 'Bob: I wish it could print.') AS same \gset
SELECT is((SELECT count(*) FROM headway.tasks WHERE message_id = :'m2'), 1::bigint, 'and is read when that is asked for.');

-- A run over a connector finds what an earlier one has stored and not read.
SELECT headway_add_connector('gong', '{"access_key": "a", "secret_key": "b"}', '{"base_url": "https://x.example"}') AS c \gset
INSERT INTO headway.messages (workspace_id, connector_id, source, external_id, content, sent_at, is_processed)
VALUES (:'w', :'c', 'gong', 'g1', 'Bob: I wish.', now(), false), (:'w', :'c', 'gong', 'g2', 'Bob: It crashes.', now(), true);
SELECT headway_ingest('gong') AS run \gset
UPDATE headway.tasks SET state = 'running', token = 1, worker_id = 1 WHERE run_id = :'run';
SELECT headway._settle_list(:'w', (SELECT id FROM headway.tasks WHERE run_id = :'run'), 1, jsonb_build_object('next_cursor', '', 'marks', '[]'::jsonb, 'repairs', 0,
    'records', '[{"id": "g1", "at": null, "record": {}}, {"id": "g2", "at": null, "record": {}}]'::jsonb)) AS settled \gset
SELECT results_eq(format('SELECT fetched, already_known, stored FROM headway.runs WHERE id = %L', :'run'), 'VALUES (2, 2, 0)', 'Both are known,');
SELECT results_eq(format('SELECT m.external_id FROM headway.tasks t JOIN headway.messages m ON m.id = t.message_id WHERE t.run_id = %L', :'run'), ARRAY['g1'], 'and the one that nobody has read is read now.');
SELECT is(headway._unread(:'w', 'gong', ARRAY['g1', 'g2']), '{}', 'No other run takes it as well.');

-- Recordings.
SELECT headway_add_recording('r1', '+1 555 0100', '+1 555 0199', now(), transcript => 'Bob: I wish.') AS r \gset
SELECT is(headway_add_recording('r1', '+1 555 0100', '+1 555 0199', now(), transcript => 'Bob: I wish.', ai_insights => '{"mine": 1}'), :'r'::uuid, 'A recording given again is the same,');
SELECT is((SELECT ai_insights FROM headway.messages WHERE source = 'recording'), NULL, 'and what was found in it is not replaced.');
SELECT throws_ok($$ SELECT headway_ingest_transcript('x', 'Bob: Hi.', metadata => '5') $$, '8W009', 'metadata must be a JSON object', 'Metadata is an object.');
SELECT throws_ok($$ SELECT headway_ingest_transcript('x', 'Bob: Hi.', source => repeat('s', 201)) $$, '8W009', 'source must have at most 200 characters', 'A source has a name and no more.');
SELECT throws_ok($$ SELECT headway_add_workspace('6f1c1a52-4f0e-4f7e-9d6a-0d3f3a1b2c3d') $$, '8W002', 'a workspace''s name must not look like an id', 'A name that looks like an id could be taken for one.');

-- Dropping a connector leaves all that it brought.
INSERT INTO headway.recordings (workspace_id, connector_id, external_id, direction, call_started_at) VALUES (:'w', :'c', 'r1', 'inbound', now());
SELECT lives_ok($$ SELECT headway_drop_connector('gong') $$, 'A connector with recordings is dropped.');
SELECT is((SELECT count(*) FROM headway.recordings WHERE external_id = 'r1'), 2::bigint, 'They stay, beside an app''s own of the same id.');
SELECT is((SELECT count(*) FROM headway._credentials), 0::bigint, 'The credentials go.');

SET ROLE headway_operator;
SELECT throws_ok($$ UPDATE headway.themes SET feature_seq = 0 $$, '42501', NULL, 'The number that orders a theme''s features is not for people to write.');

RESET ROLE;
COPY (SELECT WHERE false) TO PROGRAM 'rm -f /tmp/headway-sql-test.keys';
SELECT * FROM finish();
ROLLBACK;
