\set ECHO none
\i test/setup.psql
-- One run over several connectors, one run at a time over each, and how far a connector has been read.
SELECT plan(50);
SET headway.key_file = '/tmp/headway-sql-test.keys';

CREATE FUNCTION map_test(records jsonb, settings jsonb) RETURNS SETOF headway.draft LANGUAGE plpgsql AS $$
DECLARE r jsonb; d headway.draft;
BEGIN
    FOR r IN SELECT * FROM jsonb_array_elements(records) LOOP
        d.external_id := r #>> '{record,id}'; d.sent_at := now() - interval '1 day'; d.content := 'Bob: Hello.';
        RETURN NEXT d;
    END LOOP;
END $$;
SELECT headway_add_workspace('acme') AS w \gset
SELECT headway_register_connector_type('test', (SELECT spec - 'children' FROM headway.connector_types WHERE name = 'gong'), 'map_test(jsonb, jsonb)') \gset ignored_
SELECT headway_add_connector('test', '{"access_key": "a", "secret_key": "b"}', '{"base_url": "https://x.example"}', name => 'one') AS one,
       headway_add_connector('test', '{"access_key": "a", "secret_key": "b"}', '{"base_url": "https://x.example"}', name => 'two') AS two,
       headway_add_connector('test', '{"access_key": "a", "secret_key": "b"}', '{"base_url": "https://x.example"}', name => 'off') AS off \gset
SELECT headway_set_connector('off', is_active => false) \gset ignored_

-- What a worker does with the tasks of a run, without one.
CREATE FUNCTION held(run uuid, wanted text DEFAULT 'list') RETURNS headway.tasks LANGUAGE sql AS $$
    UPDATE headway.tasks t SET state = 'running', worker_id = 1, token = t.token + 1, attempts = t.attempts + 1
    WHERE t.id = (SELECT min(id) FROM headway.tasks WHERE run_id = run AND kind = wanted AND state = 'queued' AND run_at <= clock_timestamp()) RETURNING t.* $$;
CREATE FUNCTION begins(run uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE t headway.tasks := held(run);
BEGIN RETURN headway._input_source(t.workspace_id, t.id, t.token) IS NOT NULL; END $$;
CREATE FUNCTION reads(run uuid, ids text[], next_cursor text DEFAULT '') RETURNS void LANGUAGE plpgsql AS $$
DECLARE t headway.tasks := (SELECT t FROM headway.tasks t WHERE t.run_id = run AND t.kind = 'list' AND t.state = 'running');
BEGIN
    PERFORM headway._settle_list(t.workspace_id, t.id, t.token, jsonb_build_object('next_cursor', next_cursor, 'marks', '[]'::jsonb, 'repairs', 0,
        'records', coalesce((SELECT jsonb_agg(jsonb_build_object('id', i, 'at', null, 'record', jsonb_build_object('id', i))) FROM unnest(ids) i), '[]')));
END $$;
CREATE FUNCTION fails(run uuid, message text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE t headway.tasks := (SELECT t FROM headway.tasks t WHERE t.run_id = run AND t.kind = 'list' AND t.state = 'running');
BEGIN PERFORM headway._fail(t.workspace_id, t.id, t.token, jsonb_build_object('kind', 'refused', 'message', message), NULL); END $$;
CREATE FUNCTION ends(run uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE t headway.tasks := held(run, 'finalize');
BEGIN
    PERFORM headway._settle_finalize(t.workspace_id, t.id, t.token);
    RETURN (SELECT state FROM headway.runs WHERE id = run);
END $$;
CREATE FUNCTION child(parent uuid, connector text) RETURNS uuid LANGUAGE sql AS $$
    SELECT r.id FROM headway.runs r JOIN headway.connectors c ON c.id = r.connector_id WHERE r.parent_id = parent AND c.name = connector $$;
CREATE FUNCTION read_until(connector text) RETURNS timestamptz LANGUAGE sql AS $$ SELECT (cursor ->> 'read_until')::timestamptz FROM headway.connectors WHERE name = connector $$;
CREATE FUNCTION error_of(run uuid) RETURNS text LANGUAGE sql AS $$ SELECT headway_run_status(run) ->> 'error' $$;

-- One run over all: a connector that fails stops no other.
SELECT headway_ingest(extract_features => false) AS parent \gset
SELECT results_eq(format('SELECT c.name FROM headway.runs r JOIN headway.connectors c ON c.id = r.connector_id WHERE parent_id = %L ORDER BY 1', :'parent'), ARRAY['one', 'two'],
    'A run over all connectors has a child for each active one.');
SELECT child(:'parent', 'one') AS c1, child(:'parent', 'two') AS c2 \gset
SELECT ok(begins(:'c1') AND begins(:'c2'), 'They read side by side.');
SELECT fails(:'c1', 'HTTP status 401') \gset ignored_
SELECT is(ends(:'c1'), 'failed', 'One fails,');
SELECT is(headway_run_status(:'parent') ->> 'state', 'running', 'the other goes on');
SELECT reads(:'c2', ARRAY['a', 'b']) \gset ignored_
SELECT is(ends(:'c2'), 'done', 'and ends well.');
SELECT results_eq(format('SELECT state, error FROM headway.runs WHERE id = %L', :'parent'), $$ VALUES ('failed', 'one: HTTP status 401') $$, 'The parent''s state and error say which failed.');
SELECT results_eq(format('SELECT fetched, stored FROM headway.run_progress WHERE run_id = %L', :'parent'), 'VALUES (2, 2)', 'What the other stored is there.');
SELECT ok(read_until('one') IS NULL AND read_until('two') = (SELECT window_to FROM headway.runs WHERE id = :'c2'), 'Only the one that was read moves on.');
SELECT is(headway_retry(:'parent'), 1::bigint, 'What failed can be tried again;');
SELECT begins(:'c1'), reads(:'c1', ARRAY['c']) \gset ignored_
SELECT is(ends(:'c1'), 'done', 'then it ends well,');
SELECT results_eq(format('SELECT state, error FROM headway.runs WHERE id = %L', :'parent'), $$ VALUES ('done', NULL) $$, 'and so does the whole.');
SELECT headway_ingest(days_back => 1) AS both \gset
SELECT begins(child(:'both', 'one')), begins(child(:'both', 'two')) \gset ignored_
SELECT fails(child(:'both', 'one'), 'HTTP status 401'), fails(child(:'both', 'two'), 'HTTP status 403') \gset ignored_
SELECT ends(child(:'both', 'two')), ends(child(:'both', 'one')) \gset ignored_
SELECT is(error_of(:'both'), 'one: HTTP status 401; two: HTTP status 403', 'All that failed are named.');

-- How far it has been read: after the rows are stored, and only when the whole window was read.
SELECT read_until('two') AS before \gset
SELECT headway_ingest('two', max_items => 1) AS run \gset
SELECT begins(:'run'), reads(:'run', ARRAY['a', 'b', 'd', 'e']) \gset ignored_
SELECT is((SELECT count(*) FROM headway.run_items WHERE run_id = :'run' AND reason = 'beyond max_items'), 1::bigint, 'A run leaves out what max_items does not allow;');
UPDATE headway.tasks SET state = 'done', finished_at = now() WHERE run_id = :'run' AND kind = 'extract';
UPDATE headway.runs SET open_tasks = 0 WHERE id = :'run';
SELECT headway._close_run(:'w', :'run') \gset ignored_
SELECT is(read_until('two'), :'before'::timestamptz, 'that was not the whole window, so the connector does not move on.');
SELECT headway_ingest('two', extract_features => false) AS run \gset
SELECT begins(:'run'), reads(:'run', ARRAY['e'], 'next') \gset ignored_
SELECT is(read_until('two'), :'before'::timestamptz, 'It does not while pages are outstanding,');
SELECT begins(:'run'), reads(:'run', ARRAY['f']) \gset ignored_
SELECT ok((SELECT count(*) = 1 FROM headway.messages WHERE external_id = 'f') AND read_until('two') = :'before', 'nor when the rows are stored and the run has not ended,');
SELECT ends(:'run') \gset ignored_
SELECT is(read_until('two'), (SELECT window_to FROM headway.runs WHERE id = :'run'), 'but at its end.');
SELECT results_eq(format('SELECT pages, fetched, window_from < window_to FROM headway.runs WHERE id = %L', :'run'), 'VALUES (2, 2, true)', 'The run has noted pages, records and window.');
SELECT headway_ingest('two', days_back => 2) AS run \gset
SELECT begins(:'run'), reads(:'run', ARRAY['g'], 'next') \gset ignored_
SELECT begins(:'run'), fails(:'run', 'HTTP status 404') \gset ignored_
SELECT read_until('two') AS before \gset
SELECT headway_cancel(:'run') \gset ignored_
SELECT is(read_until('two'), :'before'::timestamptz, 'A run that loses a page or is cancelled moves nothing.');

-- A long window is read in spans, and what one of them has not brought yet holds up the whole.
CREATE FUNCTION cut(run uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE t headway.tasks := (SELECT t FROM headway.tasks t WHERE t.run_id = run AND t.kind = 'list' AND t.state = 'running');
BEGIN
    PERFORM headway._split_list(t.workspace_id, t.id, t.token, (SELECT jsonb_build_array(jsonb_build_object('span', jsonb_build_object('n', 1, 'from', r.window_from, 'to', '2026-01-01T00:00:00Z')),
        jsonb_build_object('span', jsonb_build_object('n', 2, 'from', '2026-01-01T00:00:00Z', 'to', r.window_to))) FROM headway.runs r WHERE r.id = run));
END $$;
SELECT read_until('two') AS before \gset
SELECT headway_ingest('two', days_back => 300, extract_features => false) AS run \gset
SELECT begins(:'run'), cut(:'run') \gset ignored_
SELECT window_from, window_to FROM headway.runs WHERE id = :'run' \gset
SELECT begins(:'run'), fails(:'run', 'HTTP status 500'), begins(:'run'), fails(:'run', 'HTTP status 500') \gset ignored_
SELECT is(ends(:'run'), 'failed', 'A run that could read none of its spans has failed;');
SELECT headway_ingest('two', days_back => 5, extract_features => false) AS between \gset
SELECT begins(:'between'), headway_retry(:'run') \gset ignored_
SELECT ok(NOT begins(:'run'), 'it is tried again and waits for its turn,');
SELECT results_eq(format('SELECT window_from, window_to FROM headway.runs WHERE id = %L', :'run'), format('VALUES (%L::timestamptz, %L::timestamptz)', :'window_from', :'window_to'),
    'with the window that its spans are of.');
SELECT headway_cancel(:'between') \gset ignored_
UPDATE headway.tasks SET run_at = now() WHERE run_id = :'run' AND state = 'queued';
SELECT begins(:'run'), reads(:'run', ARRAY['s1']), begins(:'run') \gset ignored_
SELECT ok((SELECT count(*) = 1 FROM headway.messages WHERE external_id = 's1') AND read_until('two') = :'before', 'One span''s rows are stored: nothing moves yet.');
SELECT reads(:'run', ARRAY['s2']) \gset ignored_
SELECT is(ends(:'run'), 'done', 'All are stored and the run ends;');
SELECT is(read_until('two'), :'window_to'::timestamptz, 'then the connector moves on to the end of the whole window.');

-- One run at a time over a connector.
SELECT headway_ingest('one', extract_features => false) AS first \gset
SELECT is(headway_ingest('one', extract_features => false), :'first'::uuid, 'The same request gives the run that is there,');
SELECT is(headway_ingest(:'one', extract_features => false), :'first'::uuid, 'by the connector''s id as well.');
SELECT headway_ingest('one', days_back => 30) AS second \gset
SELECT isnt(:'second'::uuid, :'first'::uuid, 'A request with other options is a run of its own.');
SELECT ok(begins(:'first'), 'The first reads;');
SELECT ok(NOT begins(:'second'), 'the second waits meanwhile,');
SELECT results_eq(format('SELECT state, attempts, run_at > clock_timestamp() FROM headway.tasks WHERE run_id = %L', :'second'), $$ VALUES ('queued', 0, true) $$, 'uses up no attempt,');
SELECT results_eq(format('SELECT state, started_at, window_to FROM headway.runs WHERE id = %L', :'second'), $$ VALUES ('queued', NULL::timestamptz, NULL::timestamptz) $$, 'and has not begun.');
SELECT throws_ok(format('UPDATE headway.runs SET is_reading = true WHERE id = %L', :'second'), '23505', NULL, 'The table itself allows no two.');
SELECT reads(:'first', ARRAY['h'], 'next') \gset ignored_
SELECT ok(begins(:'first'), 'The first goes on to its next page');
SELECT reads(:'first', ARRAY['i']), ends(:'first') \gset ignored_
SELECT ok((SELECT run_at <= clock_timestamp() FROM headway.tasks WHERE run_id = :'second'), 'and with its end, at once, it is the second''s turn.');
SELECT ok(begins(:'second'), 'It reads,');
SELECT ok((SELECT window_to = now() AND window_from = now() - interval '30 days' FROM headway.runs WHERE id = :'second'), 'what there is by then.');
SELECT fails(:'second', 'HTTP status 500'), ends(:'second') \gset ignored_
SELECT headway_ingest('one', days_back => 3) AS third \gset
SELECT ok(begins(:'third'), 'A run that has failed keeps nobody waiting,');
SELECT headway_retry(:'second') \gset ignored_
SELECT ok(NOT begins(:'second'), 'and waits itself when it is tried again.');
SELECT ok(headway_cancel(:'third') AND (SELECT run_at <= clock_timestamp() FROM headway.tasks WHERE run_id = :'second' AND kind = 'list' AND state = 'queued') IS NOT NULL, 'A cancelled run');
UPDATE headway.tasks SET run_at = now() WHERE run_id = :'second';
SELECT ok(begins(:'second'), 'makes way as well.');
SELECT headway_cancel(:'second') \gset ignored_
SELECT is((SELECT count(*) FROM headway.runs WHERE is_reading), 0::bigint, 'Nobody reads any more.');

-- A vendor that asks to wait.
SELECT headway_ingest('one') AS run \gset
SELECT begins(:'run') \gset ignored_
SELECT headway._defer(:'w', t.id, t.token, '{"kind": "rate_limited", "message": "HTTP status 429", "http_status": 429}', interval '3 hours') FROM headway.tasks t WHERE t.run_id = :'run' \gset ignored_
SELECT ok((SELECT suspended_until IS NULL FROM headway.connectors WHERE name = 'one'), 'Whom the vendor stops is for the worker to say: not every task that is put off suspends a connector.');
SELECT results_eq(format('SELECT state, attempts, run_at > now() + interval ''2 hours 59 minutes'' FROM headway.tasks t WHERE t.run_id = %L', :'run'),
    $$ VALUES ('queued', 0, true) $$, 'The task waits for that and keeps its attempts.');
SELECT headway_ingest('one', days_back => 2) AS other \gset
SELECT ok(NOT begins(:'other'), 'Another run of it waits for its turn,');
SELECT ok((SELECT NOT is_reading FROM headway.runs WHERE id = :'other'), 'which the first one keeps.');
SELECT headway_cancel(:'run'), headway_cancel(:'other') \gset ignored_

-- A key that sees nothing.
SELECT headway_add_connector('test', '{"access_key": "a", "secret_key": "b"}', '{"base_url": "https://x.example"}', name => 'blind') AS blind \gset
SELECT headway_ingest('blind') AS run \gset
SELECT begins(:'run'), reads(:'run', '{}') \gset ignored_
SELECT is(ends(:'run'), 'done', 'A first run without a record is done,');
SELECT matches(error_of(:'run'), '^the vendor has never returned a record: may these credentials see any', 'but its status says what to look at,');
SELECT is((SELECT count(*) FROM headway.log WHERE run_id = :'run' AND level = 'warning' AND message = error_of(:'run')), 1::bigint, 'and the log warns.');
SELECT headway_ingest('two', days_back => 4) AS run \gset
SELECT begins(:'run'), reads(:'run', '{}'), ends(:'run') \gset ignored_
SELECT is(error_of(:'run'), NULL, 'Where there were records before, an empty window is no matter.');

COPY (SELECT WHERE false) TO PROGRAM 'rm -f /tmp/headway-sql-test.keys';
SELECT * FROM finish();
ROLLBACK;
