\set ECHO none
\i test/setup.psql
-- The verbs' arguments: what is accepted, what is refused with which code, and that a refusal leaves
-- nothing behind.
SELECT plan(52);
SET headway.key_file = '/tmp/headway-sql-test.keys';

SELECT matches(headway_version(), '^headway \d+\.\d+\.\d+, PostgreSQL 1[5-9].*, libcurl .*OpenSSL', 'The version names the libraries.');
SELECT throws_ok($$ SELECT headway_ingest() $$, '8W001', 'there is no workspace yet', 'Without a workspace nothing can be ingested.');
SELECT throws_ok($$ SELECT headway_add_workspace('') $$, '8W002', NULL, 'A workspace needs a name.');
SELECT headway_add_workspace('acme') AS w \gset
SELECT throws_ok($$ SELECT headway_ingest() $$, '8W005', 'the workspace has no active connector', 'Without a connector neither.');
SELECT throws_ok($$ SELECT headway_ingest('gong') $$, '8W005', 'unknown connector', 'An unknown connector is refused.');
SELECT headway_add_connector('gong', '{"access_key": "a", "secret_key": "b"}', '{"base_url": "https://x.example"}') AS c1,
       headway_add_connector('gong', '{"access_key": "a", "secret_key": "b"}', '{"base_url": "https://y.example"}', name => 'second') AS c2 \gset
SELECT throws_ok(format('SELECT headway_ingest(%s)', args), '8W008', 'a number is out of range', args)
FROM unnest(ARRAY['max_items => 0', 'max_items => NULL', 'days_back => -1', 'days_back => 4000', 'min_duration => -5']) args;
SELECT throws_ok($$ SELECT headway_ingest(workspace => 'other') $$, '8W001', 'unknown workspace', 'An unknown workspace is refused.');
SELECT is_empty('SELECT * FROM headway.runs', 'No refusal leaves a run.');

SELECT headway_ingest('second') AS run \gset
SELECT results_eq('SELECT kind, state, total, window_to - window_from FROM headway.runs', $$ VALUES ('ingest', 'queued', 0, interval '7 days') $$, 'A run is queued with its window.');
SELECT is(headway_ingest('second'), :'run'::uuid, 'The same request while it runs gives the same run.');
SELECT isnt(headway_ingest('second', days_back => 30), :'run'::uuid, 'Another request gives another.');
SELECT headway_ingest() AS parent \gset
SELECT is((SELECT count(*) FROM headway.runs WHERE parent_id = :'parent'), 2::bigint, 'Over all connectors there is a child for each.');
SELECT is(headway_run_status(:'parent') ->> 'state', 'running', 'The parent is running.');
SELECT is(headway_run_status(:'run') ->> 'connector', 'second', 'A run names its connector.');
SELECT set_eq(format('SELECT jsonb_object_keys(headway_run_status(%L))', :'run'),
    ARRAY['run_id', 'kind', 'state', 'connector', 'total', 'processed', 'skipped', 'failed', 'fetched', 'stored', 'already_known', 'features_created', 'features_matched',
          'cost_usd', 'progress_percentage', 'eta_seconds', 'error', 'created_at', 'started_at', 'finished_at'], 'A status has exactly these keys.');
SELECT throws_ok(format('SELECT headway_run_status(%L)', gen_random_uuid()), '8W010', 'unknown run', 'An unknown run has no status.');
SELECT throws_ok($$ SELECT headway_run_status(NULL) $$, '8W010', NULL, 'Nor has NULL.');
SELECT throws_ok(format('SELECT headway_cancel(%L)', gen_random_uuid()), '8W010', NULL, 'It cannot be cancelled.');
SELECT throws_ok(format('SELECT headway_retry(%L)', gen_random_uuid()), '8W010', NULL, 'Nor retried.');
SELECT throws_ok('SELECT headway_retry_task(-1)', '8W010', 'unknown task', 'Nor can an unknown task.');
SELECT throws_ok(format('CALL headway_wait(%L)', :'run'), '25001', NULL, 'Waiting needs to be outside a transaction block.');
SELECT throws_ok('CALL headway_work()', '25001', NULL, 'So does working.');

-- Transcripts.
SELECT throws_ok(format('SELECT headway_ingest_transcript(%s)', args), '8W009', NULL, args)
FROM unnest(ARRAY[$$ 'e', '' $$, $$ 'e', E' \n\t ' $$, $$ 'e', NULL $$, $$ '', 'text' $$, $$ NULL, 'text' $$, $$ repeat('e', 501), 'text' $$,
                  $$ 'e', 'text', metadata => '[]' $$, $$ 'e', repeat('x', 50 * 1024 * 1024) $$]) args;
SELECT is_empty($$ SELECT * FROM headway.messages $$, 'No refusal leaves a message.');
SELECT headway_ingest_transcript('t-1', E'[00:01] Ann: Hello.\n[01:05] Bob: Bye.', sent_at => '2026-02-02 10:00+00', title => 'Talk') AS m \gset
SELECT results_eq('SELECT source, external_id, title, sent_at FROM headway.messages', $$ VALUES ('manual', 't-1', 'Talk', '2026-02-02 10:00+00'::timestamptz) $$, 'A transcript is stored.');
SELECT is((SELECT turns FROM headway.messages), '[{"text": "Hello.", "speaker": "Ann", "start_s": 1}, {"text": "Bye.", "speaker": "Bob", "start_s": 65}]', 'By its speakers.');
SELECT is(headway_ingest_transcript('t-1', E'[00:01] Ann: Hello.\n[01:05] Bob: Bye.'), :'m'::uuid, 'Giving it again changes nothing.');
SELECT throws_ok($$ SELECT headway_ingest_transcript('t-1', 'Something else') $$, '8W009', 'another transcript has this external_id', 'Giving another one under its id is refused.');
SELECT isnt(headway_ingest_transcript('t-1', 'Something else', source => 'elsewhere'), :'m'::uuid, 'Another source has its own ids.');
SELECT headway_ingest_transcript('t-2', 'Not to be read', extract_features => false) AS m2 \gset
SELECT is((SELECT r.state FROM headway.runs r JOIN headway.run_items i ON i.run_id = r.id WHERE i.external_id = 't-2'), 'done', 'Without reading, its run is done at once.');

-- Recordings.
SELECT throws_ok(format('SELECT headway_add_recording(%s)', args), '8W009', NULL, args)
FROM unnest(ARRAY[$$ '', '1', '2', now() $$, $$ 'r', '1', '2', now(), 'sideways' $$, $$ 'r', '1', '2', now(), duration_seconds => -1 $$,
                  $$ 'r', '1', '2', NULL $$, $$ 'r', '1', '2', now(), transcript => '' $$, $$ 'r', '1', '2', now(), ai_insights => '[]' $$]) args;
SELECT headway_add_recording('r-1', '+1 555 0100', '+1 555 0199', '2026-02-02 10:00+00', duration_seconds => 60) AS r \gset
SELECT is(headway_add_recording('r-1', '+1 555 0100', '+1 555 0199', '2026-02-02 10:00+00', transcript => 'Ann: It came later.'), :'r'::uuid, 'A transcript that comes later is added.');
SELECT is((SELECT m.content FROM headway.recordings r JOIN headway.messages m ON m.id = r.message_id WHERE r.id = :'r'), 'Ann: It came later.', 'The recording has its message.');
SELECT headway_add_recording('r-2', NULL, NULL, now(), transcript => 'Ann: Known.', ai_insights => '{"summary": "mine"}') AS r2 \gset
SELECT results_eq($$ SELECT ai_insights ->> 'summary', is_processed FROM headway.messages WHERE external_id = 'r-2' $$, $$ VALUES ('mine', true) $$, 'Insights that the app gives are kept, and nothing is read.');

-- Housekeeping.
UPDATE headway.tasks SET state = 'done', finished_at = now() - interval '91 days' WHERE kind = 'list';
INSERT INTO headway.log (workspace_id, at, level, message) VALUES (:'w', now() - interval '91 days', 'info', 'old'), (:'w', now(), 'info', 'new');
SELECT results_eq('SELECT (headway_tick() ->> ''purged'')::int > 1', 'VALUES (true)', 'The tick deletes what is older than the retention.');
SELECT results_eq($$ SELECT message FROM headway.log WHERE message IN ('old', 'new') $$, $$ VALUES ('new') $$, 'And keeps the rest.');

COPY (SELECT WHERE false) TO PROGRAM 'rm -f /tmp/headway-sql-test.keys';
SELECT * FROM finish();
ROLLBACK;
