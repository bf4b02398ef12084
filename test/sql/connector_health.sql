\set ECHO none
\i test/setup.psql
-- headway.connector_health: what it shows, and to whom.
SELECT plan(20);
SET headway.key_file = '/tmp/headway-sql-test.keys';
CREATE ROLE alice; GRANT headway_operator TO alice;
CREATE ROLE bob; GRANT headway_reader TO bob;
CREATE FUNCTION detail_of(wanted text, OUT ok boolean, OUT detail text) LANGUAGE sql AS $$ SELECT ok, detail FROM headway_health() WHERE "check" = wanted $$;
CREATE FUNCTION ran(c uuid, how text, at timestamptz, problem text DEFAULT NULL, seen int DEFAULT 1) RETURNS void LANGUAGE sql AS $$
    INSERT INTO headway.runs (workspace_id, connector_id, kind, state, error, fetched, list_complete, created_at, finished_at, requested_by)
    SELECT workspace_id, id, 'ingest', how, problem, seen, how = 'done', at, at, 'alice' FROM headway.connectors WHERE id = c $$;
SET ROLE alice;
SELECT headway_add_workspace('acme') AS w \gset
SELECT headway_add_connector('gong', '{"access_key": "a", "secret_key": "b"}', '{"base_url": "https://x.example"}') AS c \gset
RESET ROLE;

SELECT results_eq('SELECT name, type, is_active, last_success_at, lag, last_error, failing_since, runs_last_day, suspended_until, next_run_at, warnings FROM headway.connector_health',
    $$ VALUES ('gong', 'gong', true, NULL::timestamptz, NULL::interval, NULL, NULL::timestamptz, 0::bigint, NULL::timestamptz, NULL::timestamptz, ARRAY[]::text[]) $$, 'A new connector has done nothing, and nothing is wrong.');
SELECT ok((detail_of('connector gong of acme')).ok, 'headway_health() says so too.');
SELECT is((SELECT budgets FROM headway.connector_health), '[{"left": 3, "seconds": 1, "requests": 3}, {"left": 10000, "seconds": 86400, "requests": 10000}]', 'Its budgets are whole.');
UPDATE headway._rate_ledgers SET state = jsonb_build_array(jsonb_build_object('window', 86400, 'newest', floor(extract(epoch FROM clock_timestamp()) / 1440.002), 'used', '[4000]'::jsonb));
SELECT is((SELECT budgets -> 1 ->> 'left' FROM headway.connector_health), '6000', 'What was used lately is taken off.');

SELECT ran(:'c', 'failed', now() - interval '5 days', 'long ago') \gset ignored_
SELECT ran(:'c', 'done', now() - interval '4 days') \gset ignored_
SELECT results_eq('SELECT last_error, last_error_at, failing_since, runs_last_day FROM headway.connector_health',
    $$ VALUES ('long ago', now() - interval '5 days', NULL::timestamptz, 0::bigint) $$, 'An error that is mended is the last one, and no failing.');
SELECT ran(:'c', 'failed', now() - interval '3 hours', 'first'), ran(:'c', 'failed', now() - interval '2 hours', 'second'), ran(:'c', 'cancelled', now() - interval '1 hour') \gset ignored_
SELECT results_eq('SELECT last_error, last_error_at, failing_since, runs_last_day FROM headway.connector_health',
    $$ VALUES ('second', now() - interval '2 hours', now() - interval '3 hours', 3::bigint) $$, 'Otherwise it fails since the first that did.');
SELECT ok((SELECT NOT ok AND detail ~ '^failing since .*: second' FROM detail_of('connector gong of acme')), 'headway_health() says so too.');
SELECT ran(:'c', 'done', now()) \gset ignored_
UPDATE headway.connectors SET last_success_at = now(), cursor = jsonb_build_object('read_until', now() - interval '90 minutes');
SELECT results_eq('SELECT last_success_at, lag, failing_since FROM headway.connector_health', $$ VALUES (now(), interval '90 minutes', NULL::timestamptz) $$, 'After a success it says how far behind it is.');

UPDATE headway.connectors SET suspended_until = now() + interval '3 hours';
SELECT is((SELECT suspended_until FROM headway.connector_health), now() + interval '3 hours', 'A vendor that asked to wait,');
SELECT ok((SELECT NOT ok AND detail ~ 'the vendor asked to wait until' FROM detail_of('connector gong of acme')), 'also in headway_health();');
UPDATE headway.connectors SET suspended_until = now() - interval '1 minute';
SELECT is((SELECT suspended_until FROM headway.connector_health), NULL, 'not when that is over.');

INSERT INTO headway.schedules (workspace_id, connector, schedule, params, job_id, scheduled_by) VALUES (:'w', NULL, '0 0 1 1 *', '{}', 1, 'alice'), (:'w', 'gong', '30 seconds', '{}', 2, 'alice'), (:'w', :'c', '* * * * *', '{}', 3, 'alice');
SELECT is((SELECT next_run_at FROM headway.connector_health), date_trunc('minute', now()) + interval '1 minute', 'The next of its schedules is told.');
SELECT results_eq($$ SELECT "check", ok, hint ~ 'headway_schedule' FROM headway_health() WHERE "check" LIKE 'schedule %' $$,
    $$ VALUES ('schedule acme/*', false, true), ('schedule acme/gong', false, true), ('schedule acme/gong:*', false, true) $$, 'headway_health() misses a schedule''s job.');
UPDATE headway.connectors SET is_active = false;
SELECT is((SELECT next_run_at FROM headway.connector_health), NULL, 'What is switched off has no next run.');
SELECT is(headway_tick() ->> 'due', 'false', 'The tick');
SELECT is((SELECT count(*) FROM headway.schedules), 3::bigint, 'leaves schedules whose connector is there.');

INSERT INTO headway.runs (workspace_id, connector_id, kind, state, created_at, requested_by) VALUES (:'w', :'c', 'ingest', 'running', now() + interval '1 second', 'alice') RETURNING id AS r \gset
INSERT INTO headway.tasks (workspace_id, run_id, kind, error) VALUES (:'w', :'r', 'list', '{"message": "the vendor ignored the time window"}');
SELECT is((SELECT warnings FROM headway.connector_health), ARRAY['the vendor ignored the time window'], 'A filter that is ignored is told before the run has failed.');
DELETE FROM headway.tasks; DELETE FROM headway.runs;
SELECT ran(:'c', 'done', now(), seen => 0) \gset ignored_
SELECT is((SELECT warnings FROM headway.connector_health), ARRAY['the vendor has never returned a record: may these credentials see any?'], 'So is a key that sees nothing.');

SET ROLE bob;
SELECT is((SELECT count(*) FROM headway.connector_health) + (SELECT count(*) FROM headway._rate_ledgers) + (SELECT count(*) FROM headway.schedules), 0::bigint, 'Who is no member sees none of it.');
RESET ROLE;
SELECT headway_add_member('bob', workspace => 'acme') \gset ignored_
SET ROLE bob;
SELECT is((SELECT name || ' ' || (budgets -> 0 ->> 'left') FROM headway.connector_health), 'gong 3', 'A reader who is sees all of it.');

RESET ROLE;
COPY (SELECT WHERE false) TO PROGRAM 'rm -f /tmp/headway-sql-test.keys';
SELECT * FROM finish();
ROLLBACK;
