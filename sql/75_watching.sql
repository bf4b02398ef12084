-- Watching, cancelling and retrying runs.

CREATE VIEW headway.run_progress WITH (security_invoker = true) AS
SELECT r.workspace_id, r.id AS run_id, r.parent_id, r.kind, c.name AS connector, r.state, s.total, s.done, s.skipped, s.failed, s.fetched,
       s.stored, s.already_known, s.features_created, s.features_matched,
       CASE WHEN r.state IN ('done', 'failed', 'cancelled') THEN 100
            WHEN s.total = 0 THEN 0
            ELSE least(99, round(100.0 * (s.done + s.skipped + s.failed) / s.total))
       END::int AS percent,
       s.items_per_minute::real AS rate,
       CASE WHEN r.state IN ('queued', 'running') AND s.items_per_minute > 0
            THEN make_interval(secs => round((s.total - s.done - s.skipped - s.failed) / s.items_per_minute * 60)::float8) END AS eta,
       s.cost_usd, r.error, r.created_at, r.started_at, r.finished_at
FROM headway.runs r
LEFT JOIN headway.connectors c ON c.workspace_id = r.workspace_id AND c.id = r.connector_id
CROSS JOIN LATERAL (
    SELECT sum(p.total)::int AS total, sum(p.done)::int AS done, sum(p.skipped)::int AS skipped, sum(p.failed)::int AS failed,
           sum(p.fetched)::int AS fetched, sum(p.stored)::int AS stored, sum(p.already_known)::int AS already_known,
           sum(p.features_created)::int AS features_created, sum(p.features_matched)::int AS features_matched,
           sum(p.done + p.skipped + p.failed)
               / nullif(extract(epoch FROM coalesce(r.finished_at, now()) - r.started_at) / 60, 0) AS items_per_minute,
           CASE WHEN sum(paid.unknown) = 0 THEN trim_scale(sum(paid.usd)) END AS cost_usd
    FROM headway.runs p
    CROSS JOIN LATERAL (SELECT sum(l.cost_usd) AS usd, count(*) FILTER (WHERE l.cost_usd IS NULL AND l.status = 'ok') AS unknown
                        FROM headway.llm_calls l WHERE l.workspace_id = r.workspace_id AND l.run_id = p.id) paid
    WHERE p.workspace_id = r.workspace_id AND (p.id = r.id OR p.parent_id = r.id)
) s;
COMMENT ON VIEW headway.run_progress IS 'Each run with its numbers (a parent''s are the sums over its children), how far it is and when it will end.';
COMMENT ON COLUMN headway.run_progress.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.run_progress.run_id IS 'The run.';
COMMENT ON COLUMN headway.run_progress.parent_id IS 'The run over several connectors that it is a part of.';
COMMENT ON COLUMN headway.run_progress.kind IS 'As in headway.runs.';
COMMENT ON COLUMN headway.run_progress.connector IS 'The connector''s name.';
COMMENT ON COLUMN headway.run_progress.state IS 'As in headway.runs.';
COMMENT ON COLUMN headway.run_progress.total IS 'Records to deal with, as far as they are known yet.';
COMMENT ON COLUMN headway.run_progress.done IS 'Records dealt with.';
COMMENT ON COLUMN headway.run_progress.skipped IS 'Records left out on purpose.';
COMMENT ON COLUMN headway.run_progress.failed IS 'Records that failed.';
COMMENT ON COLUMN headway.run_progress.fetched IS 'Records that the vendor returned.';
COMMENT ON COLUMN headway.run_progress.stored IS 'Records that became messages.';
COMMENT ON COLUMN headway.run_progress.already_known IS 'Records that were messages before.';
COMMENT ON COLUMN headway.run_progress.features_created IS 'Features that nobody had asked for before.';
COMMENT ON COLUMN headway.run_progress.features_matched IS 'Mentions of features that were known.';
COMMENT ON COLUMN headway.run_progress.percent IS 'How far it is, 0 to 100.';
COMMENT ON COLUMN headway.run_progress.rate IS 'Records a minute so far.';
COMMENT ON COLUMN headway.run_progress.eta IS 'Time to go at that rate.';
COMMENT ON COLUMN headway.run_progress.cost_usd IS 'What the model has cost so far; NULL when that is not known.';
COMMENT ON COLUMN headway.run_progress.error IS 'Why it failed.';
COMMENT ON COLUMN headway.run_progress.created_at IS 'When it was asked for.';
COMMENT ON COLUMN headway.run_progress.started_at IS 'When it began.';
COMMENT ON COLUMN headway.run_progress.finished_at IS 'When it ended.';

CREATE VIEW headway.queue_depth WITH (security_invoker = true) AS
SELECT t.workspace_id, t.kind, t.state, count(*) AS tasks, min(t.run_at) AS next_run_at, max(t.attempts) AS most_attempts
FROM headway.tasks t WHERE t.state IN ('queued', 'running', 'failed') GROUP BY t.workspace_id, t.kind, t.state;
COMMENT ON VIEW headway.queue_depth IS 'How much work waits, runs or has failed, by kind.';
COMMENT ON COLUMN headway.queue_depth.workspace_id IS 'The workspace.';
COMMENT ON COLUMN headway.queue_depth.kind IS 'The kind of task.';
COMMENT ON COLUMN headway.queue_depth.state IS 'queued, running or failed.';
COMMENT ON COLUMN headway.queue_depth.tasks IS 'How many.';
COMMENT ON COLUMN headway.queue_depth.next_run_at IS 'When the first of them falls due.';
COMMENT ON COLUMN headway.queue_depth.most_attempts IS 'The most attempts that one of them has used.';

CREATE FUNCTION headway._run_workspace(caller name, run uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w uuid := (SELECT r.workspace_id FROM headway.runs r WHERE r.id = run AND r.workspace_id = ANY (headway.visible_workspaces(caller)));
BEGIN
    IF w IS NULL THEN
        RAISE EXCEPTION 'unknown run' USING ERRCODE = '8W010', DETAIL = format('The run is %s.', coalesce(run::text, 'NULL')),
            HINT = 'SELECT run_id, state FROM headway.run_progress ORDER BY created_at DESC;';
    END IF;
    RETURN w;
END $$;
COMMENT ON FUNCTION headway._run_workspace(name, uuid) IS 'Private. The workspace of a run that the caller sees; 8W010 otherwise.';

CREATE FUNCTION headway._run_status(caller name, run uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w uuid := headway._run_workspace(caller, run);
BEGIN
    RETURN (SELECT jsonb_build_object('run_id', p.run_id, 'kind', p.kind, 'state', p.state, 'connector', p.connector, 'total', p.total,
                'processed', p.done, 'skipped', p.skipped, 'failed', p.failed, 'fetched', p.fetched, 'stored', p.stored,
                'already_known', p.already_known, 'features_created', p.features_created, 'features_matched', p.features_matched,
                'cost_usd', p.cost_usd, 'progress_percentage', p.percent, 'eta_seconds', round(extract(epoch FROM p.eta)),
                'error', p.error, 'created_at', p.created_at, 'started_at', p.started_at, 'finished_at', p.finished_at)
            FROM headway.run_progress p WHERE p.workspace_id = w AND p.run_id = run);
END $$;
COMMENT ON FUNCTION headway._run_status(name, uuid) IS 'Private. How far a run is, for headway_run_status() and headway_wait().';

CREATE FUNCTION headway_run_status(run uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN headway._run_status(current_user, run);
END $$;
COMMENT ON FUNCTION headway_run_status(uuid) IS
'How far a run is.
Arguments: run, what headway_ingest() returned.
Result: {run_id, kind, state, connector, total, processed, skipped, failed, fetched, stored, already_known, features_created, features_matched, cost_usd, progress_percentage, eta_seconds, error, created_at, started_at, finished_at}; cost_usd is null when it is not known.
Errors: 8W010 for a run that does not exist or that you do not see.
Example: SELECT headway_run_status(headway_ingest(''gong''));';

CREATE FUNCTION headway_cancel(run uuid) RETURNS boolean
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_cancel(uuid) IS
'Cancels a run: what waits is dropped, what is under way is stopped within a second. What it has stored stays.
Arguments: run. Result: false when it had ended already.
Errors: 8W010 for a run that does not exist or that you do not see.
Example: SELECT headway_cancel(run_id) FROM headway.run_progress WHERE state = ''running'';';

CREATE FUNCTION headway._cancel(caller name, run uuid) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN headway._cancel_run(headway._run_workspace(caller, run), run);
END $$;
COMMENT ON FUNCTION headway._cancel(name, uuid) IS 'Private. Twin of headway_cancel().';

CREATE FUNCTION headway_retry(run uuid) RETURNS bigint
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_retry(uuid) IS
'Queues the failed tasks of a run (and of its children) again, with all their attempts.
Arguments: run. Result: how many; 0 for a cancelled run, which stays so.
Errors: 8W010 for a run that does not exist or that you do not see.
Example: SELECT headway_retry(run_id) FROM headway.run_progress WHERE state = ''failed'';';

CREATE FUNCTION headway._retry(caller name, run uuid) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w      uuid := headway._run_workspace(caller, run);
    n      bigint := 0;
    member uuid;
BEGIN
    FOREACH member IN ARRAY headway._lock_family(w, run) LOOP
        n := n + headway._retry_tasks(w, member);
    END LOOP;
    RETURN n;
END $$;
COMMENT ON FUNCTION headway._retry(name, uuid) IS 'Private. Twin of headway_retry().';

CREATE FUNCTION headway_retry_task(task bigint) RETURNS bigint
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_retry_task(bigint) IS
'Queues one failed task again, with all its attempts.
Arguments: task, an id of headway.tasks. Result: 1, or 0 when it has not failed.
Errors: 8W010 for a task that does not exist or that you do not see.
Example: SELECT headway_retry_task(id) FROM headway.tasks WHERE state = ''failed'' LIMIT 1;';

CREATE FUNCTION headway._retry_task(caller name, task bigint) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t headway.tasks;
BEGIN
    SELECT * INTO t FROM headway.tasks s WHERE s.id = task AND s.workspace_id = ANY (headway.visible_workspaces(caller));
    IF t.id IS NULL THEN
        RAISE EXCEPTION 'unknown task' USING ERRCODE = '8W010', DETAIL = format('The task is %s.', coalesce(task::text, 'NULL')),
            HINT = 'SELECT id, kind, error FROM headway.tasks WHERE state = ''failed'';';
    END IF;
    RETURN headway._retry_tasks(t.workspace_id, t.run_id, t.id);
END $$;
COMMENT ON FUNCTION headway._retry_task(name, bigint) IS 'Private. Twin of headway_retry_task().';

CREATE PROCEDURE headway_wait(run uuid, timeout interval DEFAULT '1 hour')
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'headway_wait';
COMMENT ON PROCEDURE headway_wait(uuid, interval) IS
'Waits until a run has ended and shows its progress: "12/50 calls, 7 features, 2 matched, $0.04". Holds no snapshot and no lock while it waits; Ctrl-C ends the wait, not the run.
Arguments: run; timeout, how long at most.
Errors: 8W010 for the run, 8W011 when the time is over, 25001 inside a transaction block (it commits between its looks).
Example: CALL headway_wait(headway_ingest(''gong'')) needs the run first: SELECT headway_ingest(''gong'') AS run \gset, then CALL headway_wait(:''run'');';

CREATE PROCEDURE headway_work(max_tasks int DEFAULT NULL)
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'headway_work';
COMMENT ON PROCEDURE headway_work(int) IS
'Makes this session a worker for the workspaces you see until they have no due task, for when no worker slot is free. It talks to the network itself and commits as it goes; Ctrl-C puts back what it held.
Arguments: max_tasks, how many tasks at most, NULL for all.
Errors: 25001 inside a transaction block.
Example: CALL headway_work();';
