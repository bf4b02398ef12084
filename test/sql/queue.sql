\set ECHO none
\i test/setup.psql
-- The queue without any worker: claiming, fencing, failing, putting back, reclaiming.
SELECT plan(42);

SELECT headway_add_workspace('one') AS w1, headway_add_workspace('two') AS w2 \gset
CREATE FUNCTION new_run(w uuid, tasks int) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE r uuid := headway._create_run(w, 'postgres', 'ingest', '{"max_items": 10}');
BEGIN
    PERFORM headway._enqueue(w, r, 'list', (SELECT coalesce(jsonb_agg(jsonb_build_object('n', n)), '[]') FROM generate_series(1, tasks) n));
    RETURN r;
END $$;
CREATE FUNCTION claim(n int, worker bigint DEFAULT 1) RETURNS SETOF headway.tasks LANGUAGE plpgsql AS $$
DECLARE ids bigint[] := ARRAY(SELECT (c ->> 'id')::bigint FROM headway._claim_any(worker, n) c);
BEGIN
    RETURN QUERY SELECT t.* FROM headway.tasks t WHERE t.id = ANY (ids);
END $$;

-- Fairness.
SELECT new_run(:'w1', 100) AS big, new_run(:'w1', 2) AS small, new_run(:'w2', 2) AS other \gset
CREATE TEMP TABLE got AS SELECT * FROM claim(8);
SELECT is((SELECT count(*) FROM got), 8::bigint, 'As many tasks are claimed as were asked for.');
SELECT is((SELECT count(*) FROM got WHERE workspace_id = :'w2'), 2::bigint, 'A workspace with little work is not starved by one with much.');
SELECT is((SELECT count(*) FROM got WHERE run_id = :'small'), 2::bigint, 'Nor is a small run by a big one.');
SELECT is((SELECT count(*) FROM headway.runs WHERE state = 'running'), 3::bigint, 'Their runs are running.');
SELECT results_eq('SELECT DISTINCT state, attempts, token, worker_id FROM got', $$ VALUES ('running', 1, 1::bigint, 1::bigint) $$,
    'A claimed task has its first attempt, its first token and a worker.');
SELECT ok((SELECT bool_and(lease_until > now() + interval '1 minute') FROM got), 'And a lease.');
SELECT is_empty($$ SELECT id FROM claim(200, 2) INTERSECT SELECT id FROM got $$, 'Nobody else gets what is taken.');
DELETE FROM headway.runs;

-- Order.
SELECT headway._create_run(:'w1', 'postgres', 'ingest', '{}') AS r \gset
SELECT headway._enqueue(:'w1', :'r', 'list', '[{"n": "low"}]', 0), headway._enqueue(:'w1', :'r', 'list', '[{"n": "high"}]', 5),
       headway._enqueue(:'w1', :'r', 'list', '[{"n": "late"}]', 9) \gset ignored_
UPDATE headway.tasks SET run_at = now() + interval '30 s' WHERE payload ->> 'n' = 'late';
SELECT is((SELECT payload ->> 'n' FROM claim(1)), 'high', 'The highest priority comes first.');
SELECT is((SELECT payload ->> 'n' FROM claim(5)), 'low', 'What is not due is not claimed.');
SELECT is((SELECT count(*) FROM claim(5)), 0::bigint, 'Then nothing is left.');
SELECT is(headway._next_due(), now() + interval '30 s', 'The queue knows when the next task falls due.');
DELETE FROM headway.runs;

-- Fencing.
SELECT new_run(:'w1', 1) AS r \gset
SELECT id, token FROM claim(1) \gset
SELECT ok((headway._hold(:'w1', :id, :token)).id IS NOT NULL, 'Whoever has the token holds the task.');
SELECT ok((headway._hold(:'w1', :id, :token - 1)).id IS NULL, 'An old token holds nothing.');
SELECT ok((headway._hold(:'w2', :id, :token)).id IS NULL, 'Nor does the right one in another workspace.');
SELECT headway._fail(:'w1', :id, :token - 1, '{"message": "x"}', NULL);
SELECT is((SELECT state FROM headway.tasks), 'running', 'A late failure by an old holder changes nothing.');

-- Failing.
SELECT headway._fail(:'w1', :id, :token, '{"kind": "server", "message": "vendor down"}', '1 minute');
SELECT results_eq('SELECT state, attempts, run_at > now() FROM headway.tasks', $$ VALUES ('queued', 1, true) $$, 'A failed attempt is queued for later.');
SELECT is((SELECT level || ': ' || message FROM headway.log), 'warning: list: vendor down', 'The log says so.');
UPDATE headway.tasks SET run_at = now(), attempts = max_attempts - 1;
SELECT id, token FROM claim(1) \gset
SELECT headway._fail(:'w1', :id, :token, '{"kind": "server", "message": "vendor down"}', '1 minute');
SELECT results_eq($$ SELECT kind, state FROM headway.tasks ORDER BY id $$, $$ VALUES ('list', 'failed'), ('finalize', 'queued') $$,
    'The last attempt fails for good, and the run is to be closed.');
SELECT id, token FROM claim(1) \gset
SELECT headway._settle_finalize(:'w1', :id, :token);
SELECT results_eq('SELECT state, error, open_tasks FROM headway.runs', $$ VALUES ('failed', 'vendor down', 0) $$, 'The run has failed and says why.');
SELECT is(headway_retry(:'r'), 1::bigint, 'Retrying queues the failed task.');
SELECT results_eq('SELECT state, error FROM headway.runs', $$ VALUES ('running', NULL::text) $$, 'The run goes on.');
SELECT results_eq($$ SELECT state, attempts FROM headway.tasks WHERE kind = 'list' $$, $$ VALUES ('queued', 0) $$, 'The task has all its attempts again.');
SELECT is(headway_retry(:'r'), 0::bigint, 'Retrying once more finds nothing.');

-- Waiting is no failure.
SELECT id, token FROM claim(1) \gset
SELECT headway._defer(:'w1', :id, :token, '{"kind": "rate_limited", "message": "wait"}', '3 hours');
SELECT results_eq($$ SELECT state, attempts, run_at > now() + interval '2 hours' FROM headway.tasks WHERE kind = 'list' $$, $$ VALUES ('queued', 0, true) $$,
    'A deferred task keeps its attempts.');

-- Putting back and reclaiming.
UPDATE headway.tasks SET run_at = now() WHERE kind = 'list';
SELECT id, token FROM claim(1, 77) \gset
SELECT is(headway._put_back(77), 1, 'A worker that leaves puts back what it held.');
SELECT results_eq($$ SELECT state, attempts, worker_id FROM headway.tasks WHERE kind = 'list' $$, $$ VALUES ('queued', 0, NULL::bigint) $$, 'As if it had never had it.');
SELECT ok((headway._hold(:'w1', :id, :token)).id IS NULL, 'Its token holds no more.');
SELECT id, token FROM claim(1, 78) \gset
SELECT is(headway._reclaim(78), 0, 'A worker does not take itself for dead.');
SELECT is(headway._reclaim(), 1, 'What a dead worker held, whose lock is free, is taken back.');
SELECT results_eq($$ SELECT state, attempts FROM headway.tasks WHERE kind = 'list' $$, $$ VALUES ('queued', 1) $$, 'The attempt counts, so that a deadly task ends.');
UPDATE headway.tasks SET attempts = max_attempts - 1 WHERE kind = 'list';
SELECT id, token FROM claim(1, 79) \gset
SELECT is(headway._reclaim(), 1, 'A task whose worker died is taken back.');
SELECT is((SELECT state || ': ' || (error ->> 'message') FROM headway.tasks WHERE kind = 'list'), 'failed: its worker died in every attempt',
    'One whose worker died in every attempt fails for good.');
SELECT is_empty($$ SELECT * FROM headway._renew(79) $$, 'A worker learns that it holds nothing any more.');
DELETE FROM headway.runs;

-- Cancelling.
SELECT new_run(:'w1', 3) AS r \gset
SELECT id, token FROM claim(1) \gset
SELECT ok(headway_cancel(:'r'), 'A run is cancelled.');
SELECT results_eq('SELECT state, count(*) FROM headway.tasks GROUP BY state', $$ VALUES ('cancelled', 3::bigint) $$, 'Its tasks are, those under way included.');
SELECT ok((headway._hold(:'w1', :id, :token)).id IS NULL, 'What was under way cannot be settled.');
SELECT is((SELECT state FROM headway.runs), 'cancelled', 'The run says so.');
SELECT ok(NOT headway_cancel(:'r'), 'It is cancelled once.');

-- A parent closes behind its last child.
DELETE FROM headway.runs;
SELECT headway._create_run(:'w1', 'postgres', 'ingest', '{}') AS parent \gset
SELECT new_run(:'w1', 1) AS a, new_run(:'w1', 1) AS b \gset
UPDATE headway.runs SET parent_id = :'parent' WHERE id <> :'parent';
UPDATE headway.runs SET open_tasks = 2, state = 'running' WHERE id = :'parent';
CREATE FUNCTION settle_all() RETURNS void LANGUAGE plpgsql AS $$
DECLARE t headway.tasks;
BEGIN
    LOOP
        SELECT * INTO t FROM claim(1);
        EXIT WHEN t.id IS NULL;
        IF t.kind = 'finalize' THEN PERFORM headway._settle_finalize(t.workspace_id, t.id, t.token);
        ELSE PERFORM headway._finish(headway._hold(t.workspace_id, t.id, t.token)); END IF;
    END LOOP;
END $$;
SELECT settle_all();
SELECT results_eq('SELECT DISTINCT state, open_tasks FROM headway.runs', $$ VALUES ('done', 0) $$, 'When all children are done, so is their parent.');
SELECT headway._create_run(:'w1', 'postgres', 'ingest', '{}') AS parent \gset
SELECT new_run(:'w1', 1) AS a, new_run(:'w1', 1) AS b \gset
UPDATE headway.runs SET parent_id = :'parent' WHERE id IN (:'a', :'b');
UPDATE headway.runs SET open_tasks = 2, state = 'running' WHERE id = :'parent';
SELECT ok(headway_cancel(:'parent'), 'A parent is cancelled.');
SELECT results_eq(format('SELECT DISTINCT state, open_tasks FROM headway.runs WHERE id IN (%L, %L, %L)', :'parent', :'a', :'b'), $$ VALUES ('cancelled', 0) $$,
    'Its children with it.');

-- The state machine.
SELECT results_eq($$ SELECT a || '-' || b FROM unnest(ARRAY['queued', 'running', 'done', 'failed', 'cancelled']) a,
        unnest(ARRAY['queued', 'running', 'done', 'failed', 'cancelled']) b WHERE headway._may_follow(a, b) ORDER BY 1 $$,
    $$ VALUES ('failed-queued'), ('queued-cancelled'), ('queued-running'), ('running-cancelled'), ('running-done'), ('running-failed'), ('running-queued') $$,
    'These are all the ways a task can go.');

SELECT * FROM finish();
ROLLBACK;
