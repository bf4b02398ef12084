\set ECHO none
\i test/setup.psql
-- Schedules on a server without pg_cron, and what can be told without it. (With it: test/e2e/test_schedules.py.)
SELECT plan(37);
SET headway.key_file = '/tmp/headway-sql-test.keys';
CREATE FUNCTION refusal(statement text, OUT message text, OUT detail text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
END $$;
SELECT headway_add_workspace('acme') AS w \gset
SELECT throws_ok($$ SELECT headway_schedule() $$, '8W005', 'the workspace has no active connector', 'There must be something to read.');
SELECT headway_add_connector('gong', '{"access_key": "a", "secret_key": "b"}', '{"base_url": "https://x.example"}') AS c \gset
SELECT throws_ok($$ SELECT headway_schedule('gon') $$, '8W005', 'unknown connector', 'It must be known.');
SELECT throws_ok($$ SELECT headway_schedule('gong', max_items => 0) $$, '8W008', NULL, 'The options must fit,');
SELECT throws_ok($$ SELECT headway_schedule('gong', workspace => 'other') $$, '8W001', NULL, 'and the workspace.');
SELECT throws_ok($$ SELECT headway_schedule('gong') $$, '8W026', 'pg_cron is not loaded', 'Then pg_cron must be there.');
SELECT is((refusal($$ SELECT headway_schedule('gong') $$)).hint, format('Add pg_cron to shared_preload_libraries, set cron.database_name = %L and restart the server; then run here: CREATE EXTENSION pg_cron;',
    current_database()), 'The hint says what to set and run.');
SET cron.database_name = 'postgres';
SELECT throws_ok($$ SELECT headway_schedule('gong') $$, '8W026', 'pg_cron is not loaded', 'A setting for a library that is not loaded is none.');
SELECT is_empty('SELECT * FROM headway.schedules', 'No refusal leaves a schedule.');
SELECT throws_ok($$ SELECT headway_unschedule('gong') $$, '8W026', 'this is not scheduled', 'What is not scheduled cannot be unscheduled;');
SELECT is((refusal($$ SELECT headway_unschedule('gong') $$)).detail, 'The connector is "gong"; scheduled are: none.', 'the detail says what is,');
SELECT is((refusal($$ SELECT headway_unschedule() $$)).detail, 'There is no schedule for all connectors; scheduled are: none.', 'also for all.');
SELECT throws_ok($$ SELECT headway._cron_schedule('headway: x', '* * * * *', 'SELECT 1') $$, '8W000', 'a job is made for the caller of a verb only', 'Nobody makes a job in another''s name.');

-- Names.
SELECT is(headway._schedule_label(:'w', :'c'), 'acme/gong', 'A schedule is called by workspace and connector,');
SELECT is(headway._schedule_label(:'w', NULL), 'acme/*', 'all of them,');
SELECT is(headway._schedule_label(:'w', 'gong'), 'acme/gong:*', 'or all of a type.');
SELECT is(headway._schedule_key(:'w', 'gong'), :'c', 'A name comes before a type.');
SELECT is(headway._job_name('acme/gong'), 'headway: acme/gong', 'A job is called like it,');
SELECT ok(octet_length(headway._job_name(repeat('é', 100))) <= 63 AND headway._job_name(repeat('é', 100)) <> headway._job_name(repeat('é', 99)), 'within what an older pg_cron keeps of a name.');
SELECT is(headway._ingest_command(:'w', :'c', headway._ingest_options(5, 3, 0, true, NULL)),
    format('SELECT public.headway_ingest(%L, max_items => 5, days_back => 3, min_duration => 0, transcripts => true, extract_features => true, workspace => %L)', :'c', :'w'),
    'It names connector and workspace by what nothing else is ever called.');
SELECT lives_ok('EXPLAIN ' || headway._ingest_command(:'w', NULL, headway._ingest_options(5, 3, 0, true, true)), 'What it runs is a statement.');

-- When.
SELECT is(headway._next_run(given.schedule, '2026-03-04 05:06:07+00'), given.expected::timestamptz, given.schedule) FROM (VALUES
    ('* * * * *', '2026-03-04 05:07+00'), ('0 * * * *', '2026-03-04 06:00+00'), ('*/20 4-6 * * *', '2026-03-04 05:20+00'), ('6 5 * * *', '2026-03-05 05:06+00'),
    ('30 2 1,15 * *', '2026-03-15 02:30+00'), ('0 0 * * mon', '2026-03-09 00:00+00'), ('0 0 * * 7', '2026-03-08 00:00+00'), ('0 9 13 * 5', '2026-03-06 09:00+00'),
    ('0 9 */2 * 5', '2026-03-13 09:00+00'), ('0 0 29 feb *', '2028-02-29 00:00+00'), ('@weekly', '2026-03-08 00:00+00'), ('0 0 30 2 *', NULL), ('30 seconds', NULL),
    ('61 * * * *', NULL), ('nonsense', NULL)) given (schedule, expected);
SELECT is(headway._next_run('0 6 * * *', '2026-07-01 05:06+00', 'Europe/Vienna'), '2026-07-02 04:00+00', 'In another zone it is another time.');
SELECT is(headway._next_run(NULL, now()), NULL, 'No schedule, no time.');

COPY (SELECT WHERE false) TO PROGRAM 'rm -f /tmp/headway-sql-test.keys';
SELECT * FROM finish();
ROLLBACK;
