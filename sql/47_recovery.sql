-- What does not end in order: dead workers, cancelled runs, failed tasks that are tried again.

CREATE FUNCTION headway._renew(worker bigint) RETURNS SETOF bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    lease  timestamptz := moment + interval '2 minutes';
BEGIN
    -- Never waits for a lock: what somebody holds is renewed the next time.
    WITH mine AS MATERIALIZED (
        SELECT t.workspace_id, t.id FROM headway.tasks t
        WHERE t.worker_id = worker AND t.state = 'running' AND t.lease_until < moment + interval '1 minute'
        FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE headway.tasks t SET lease_until = lease FROM mine WHERE t.workspace_id = mine.workspace_id AND t.id = mine.id;
    RETURN QUERY SELECT t.id FROM headway.tasks t WHERE t.worker_id = worker AND t.state = 'running';
END $$;
COMMENT ON FUNCTION headway._renew(bigint) IS
'Private. Prolongs a worker''s leases in time; returns the tasks it still has, so that it can stop what was cancelled.';

CREATE FUNCTION headway._put_back(worker bigint) RETURNS int
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    n int;
BEGIN
    UPDATE headway.tasks t SET state = 'queued', worker_id = NULL, lease_until = NULL, attempts = t.attempts - 1
    WHERE t.worker_id = worker AND t.state = 'running';
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END $$;
COMMENT ON FUNCTION headway._put_back(bigint) IS 'Private. A worker that leaves on purpose returns what it held, as if it had never taken it.';

CREATE FUNCTION headway._reclaim(self bigint DEFAULT NULL) RETURNS int
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    worker   bigint;
    lost     headway.tasks;
    gone     bigint[] := ARRAY[]::bigint[];
    n        int := 0;
    poisoned jsonb := jsonb_build_object('kind', 'lost', 'message', 'its worker died in every attempt');
BEGIN
    FOR worker IN SELECT DISTINCT t.worker_id FROM headway.tasks t
                  WHERE t.state = 'running' AND t.worker_id IS DISTINCT FROM self LOOP
        -- The lock is free when the worker's session is gone; ours ends with this transaction.
        IF pg_try_advisory_xact_lock(worker) THEN
            gone := gone || worker;
        END IF;
    END LOOP;
    FOR lost IN SELECT t.* FROM headway.tasks t
                WHERE t.state = 'running' AND (t.worker_id = ANY (gone) OR t.lease_until < now()) ORDER BY t.run_id, t.id LOOP
        lost := headway._hold(lost.workspace_id, lost.id, lost.token);
        CONTINUE WHEN lost.id IS NULL;
        n := n + 1;
        IF lost.attempts >= lost.max_attempts THEN
            PERFORM headway._give_up(lost, poisoned);
        ELSE
            PERFORM headway._transition(lost.workspace_id, ARRAY[lost.id], 'queued');
        END IF;
    END LOOP;
    RETURN n;
END $$;
COMMENT ON FUNCTION headway._reclaim(bigint) IS
'Private. Queues again what dead workers held: their lock is free, or their lease is over. A worker names itself, since it could always take its own lock. A task whose worker died in every attempt fails for good.';

-- ---- cancelling and retrying -------------------------------------------------------------------

CREATE FUNCTION headway._lock_family(w uuid, run uuid) RETURNS uuid[]
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    family uuid[] := ARRAY(SELECT r.id FROM headway.runs r WHERE r.workspace_id = w AND r.parent_id = run ORDER BY r.id) || run;
    member uuid;
BEGIN
    FOREACH member IN ARRAY family LOOP
        PERFORM 1 FROM headway.runs r WHERE r.workspace_id = w AND r.id = member FOR NO KEY UPDATE;
    END LOOP;
    RETURN family;
END $$;
COMMENT ON FUNCTION headway._lock_family(uuid, uuid) IS
'Private. Locks a run''s children and then the run, as closing a run does; gives them in that order.';

CREATE FUNCTION headway._cancel_run(w uuid, run uuid) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    moment    timestamptz := clock_timestamp();
    family    uuid[] := headway._lock_family(w, run);
    cancelled uuid[];
    leaf      uuid;
BEGIN
    WITH changed AS (
        UPDATE headway.runs r SET state = 'cancelled'
        WHERE r.workspace_id = w AND r.id = ANY (family) AND r.state IN ('queued', 'running') RETURNING r.id
    )
    SELECT coalesce(array_agg(c.id), '{}') INTO cancelled FROM changed c;
    -- A parent has no tasks of its own; it closes behind its last child.
    FOREACH leaf IN ARRAY CASE WHEN cardinality(family) > 1 THEN array_remove(cancelled, run) ELSE cancelled END LOOP
        UPDATE headway.tasks t SET state = 'cancelled', finished_at = moment, worker_id = NULL, lease_until = NULL, reply = NULL
        WHERE t.workspace_id = w AND t.run_id = leaf AND headway._may_follow(t.state, 'cancelled');
        UPDATE headway.runs r SET open_tasks = 0 WHERE r.workspace_id = w AND r.id = leaf;
        PERFORM headway._move_items(w, leaf, ARRAY(SELECT i.external_id FROM headway.run_items i
            WHERE i.workspace_id = w AND i.run_id = leaf AND i.outcome = 'listed'), 'skipped', 'the run was cancelled');
        PERFORM headway._close_run(w, leaf);
    END LOOP;
    RETURN cardinality(cancelled) > 0;
END $$;
COMMENT ON FUNCTION headway._cancel_run(uuid, uuid) IS
'Private. Cancels a run and its children: queued tasks go, running ones can no longer be settled. False when nothing was open.';

CREATE FUNCTION headway._retry_tasks(w uuid, run uuid, chosen bigint DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t      headway.tasks;
    r      headway.runs;
    n      int := 0;
BEGIN
    SELECT * INTO r FROM headway.runs s WHERE s.workspace_id = w AND s.id = run FOR NO KEY UPDATE;
    IF r.state = 'cancelled' THEN
        RETURN 0;
    END IF;
    IF r.parent_id IS NOT NULL THEN
        PERFORM 1 FROM headway.runs s WHERE s.workspace_id = w AND s.id = r.parent_id FOR NO KEY UPDATE;
    END IF;
    FOR t IN SELECT * FROM headway.tasks s WHERE s.workspace_id = w AND s.run_id = run AND s.state = 'failed'
             AND (chosen IS NULL OR s.id = chosen) ORDER BY s.id FOR UPDATE LOOP
        PERFORM headway._transition(w, ARRAY[t.id], 'queued', due => now(), refund => t.attempts);
        n := n + 1;
        IF NOT EXISTS (SELECT FROM headway.tasks s WHERE s.workspace_id = w AND s.run_id = run
                       AND s.message_id = t.message_id AND s.state = 'failed') THEN
            PERFORM headway._move_items(w, run, headway._items_behind(t),
                CASE WHEN t.payload ? 'item' OR headway._message_of(t) IS NOT NULL THEN 'stored' ELSE 'listed' END);
        END IF;
    END LOOP;
    IF n > 0 THEN
        UPDATE headway.runs s SET state = 'running', error = NULL, finished_at = NULL, open_tasks = s.open_tasks + n
        WHERE s.workspace_id = w AND s.id = run;
        IF r.kind = 'bulk_import' THEN
            PERFORM headway._resume_files(w, run);
        END IF;
        IF r.state <> 'running' AND r.parent_id IS NOT NULL THEN
            UPDATE headway.runs s SET state = 'running', error = NULL, finished_at = NULL, open_tasks = s.open_tasks + 1
            WHERE s.workspace_id = w AND s.id = r.parent_id;
        END IF;
    END IF;
    RETURN n;
END $$;
COMMENT ON FUNCTION headway._retry_tasks(uuid, uuid, bigint) IS
'Private. Queues failed tasks of a run again with all their attempts, and takes back what their failure did to the run.';
