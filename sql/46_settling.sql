-- Holding, finishing and failing tasks; closing runs.

-- What workers do for many tasks at once goes from key to key, never through a table: a plan that is made
-- while a table is small must still be right when it has grown, so these functions allow no other. That a
-- task runs is asked as "it has a worker" here, or the small index of running tasks would look like the
-- shortest way to each of them. And a plan that fits any tasks is made once, not for each list of them.

CREATE FUNCTION headway._hold(w uuid, task bigint, fence bigint) RETURNS headway.tasks
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    held headway.tasks;
BEGIN
    PERFORM 1 FROM headway.runs r
    WHERE r.workspace_id = w AND r.id = (SELECT t.run_id FROM headway.tasks t WHERE t.workspace_id = w AND t.id = task)
    FOR NO KEY UPDATE;
    SELECT t.* INTO held FROM headway.tasks t
    WHERE t.workspace_id = w AND t.id = task AND t.token = fence AND t.state = 'running' FOR UPDATE;
    RETURN held;
END $$;
COMMENT ON FUNCTION headway._hold(uuid, bigint, bigint) IS
'Private. Locks a task''s run and the task if the token still fits; all NULL when somebody else has it or it was cancelled.';

CREATE FUNCTION headway._hold_all(w uuid, keys jsonb) RETURNS headway.tasks[]
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
    SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
DECLARE
    ids bigint[] := ARRAY(SELECT k::bigint FROM jsonb_object_keys(keys) k);
    run uuid;
BEGIN
    -- In one order, so that two workers with tasks of the same runs cannot wait for each other.
    FOR run IN SELECT DISTINCT t.run_id FROM headway.tasks t WHERE t.workspace_id = w AND t.id = ANY (ids) ORDER BY 1 LOOP
        PERFORM 1 FROM headway.runs r WHERE r.workspace_id = w AND r.id = run FOR NO KEY UPDATE;
    END LOOP;
    RETURN ARRAY(SELECT t FROM headway.tasks t
                 WHERE t.workspace_id = w AND t.id = ANY (ids) AND t.token = (keys #>> ARRAY[t.id::text, 'token'])::bigint AND t.worker_id IS NOT NULL
                 ORDER BY t.id FOR UPDATE);
END $$;
COMMENT ON FUNCTION headway._hold_all(uuid, jsonb) IS
'Private. Locks the runs of tasks {task: {token, ...}} and those tasks whose token still fits, which it gives.';

CREATE FUNCTION headway._transition(w uuid, held bigint[], new_state text, problem jsonb DEFAULT NULL,
                                    due timestamptz DEFAULT NULL, refund int DEFAULT 0) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
    SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
DECLARE
    ended timestamptz := CASE WHEN new_state IN ('done', 'failed', 'cancelled') THEN clock_timestamp() END;
    n     int;
BEGIN
    UPDATE headway.tasks t SET state = new_state, finished_at = ended, lease_until = NULL, worker_id = NULL,
        attempts = t.attempts - refund, run_at = coalesce(due, t.run_at),
        reply = CASE new_state WHEN 'queued' THEN t.reply END,
        error = CASE new_state WHEN 'done' THEN NULL ELSE coalesce(problem, t.error) END,
        payload = CASE new_state WHEN 'done' THEN '{}' ELSE t.payload END
    WHERE t.workspace_id = w AND t.id = ANY (held) AND headway._may_follow(t.state, new_state);
    GET DIAGNOSTICS n = ROW_COUNT;
    IF n <> cardinality(held) THEN
        RAISE EXCEPTION 'a task cannot become % as it is', new_state USING ERRCODE = '8W000';
    END IF;
    IF new_state = 'queued' THEN
        PERFORM headway._wake();  -- also for what is due later: a worker that stays must know of it
    END IF;
END $$;
COMMENT ON FUNCTION headway._transition(uuid, bigint[], text, jsonb, timestamptz, int) IS
'Private. Changes the state of locked tasks: due is the new run_at, refund the attempts that do not count.';

CREATE FUNCTION headway._count_ended(w uuid, run uuid, n int, was_finalize boolean) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    still_open int;
BEGIN
    UPDATE headway.runs r SET open_tasks = r.open_tasks - n WHERE r.workspace_id = w AND r.id = run RETURNING r.open_tasks INTO still_open;
    IF still_open = 0 AND was_finalize THEN
        PERFORM headway._close_run(w, run);
    ELSIF still_open = 0 THEN
        PERFORM headway._enqueue(w, run, 'finalize', '[{}]');
    END IF;
END $$;
COMMENT ON FUNCTION headway._count_ended(uuid, uuid, int, boolean) IS
'Private. Counts ended tasks of a run. The last open one leaves a finalize task, and that one closes the run.';

CREATE FUNCTION headway._finish(held headway.tasks, new_state text DEFAULT 'done', problem jsonb DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    PERFORM headway._transition(held.workspace_id, ARRAY[held.id], new_state, problem);
    PERFORM headway._count_ended(held.workspace_id, held.run_id, 1, held.kind = 'finalize');
END $$;
COMMENT ON FUNCTION headway._finish(headway.tasks, text, jsonb) IS 'Private. Ends a held task as done or failed.';

CREATE FUNCTION headway._finish_all(w uuid, held headway.tasks[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    PERFORM headway._transition(w, ARRAY(SELECT h.id FROM unnest(held) h), 'done');
    PERFORM headway._count_ended(w, h.run_id, count(*)::int, false) FROM unnest(held) h GROUP BY h.run_id;
END $$;
COMMENT ON FUNCTION headway._finish_all(uuid, headway.tasks[]) IS 'Private. Ends held tasks of a workspace as done, none of them a finalize task.';

CREATE FUNCTION headway._what_failed(w uuid, run uuid) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    children text := (SELECT string_agg(format('%s: %s', coalesce(c.name, 'a dropped connector'), r.error), '; ' ORDER BY c.name) FROM headway.runs r
                      LEFT JOIN headway.connectors c ON c.workspace_id = w AND c.id = r.connector_id
                      WHERE r.workspace_id = w AND r.parent_id = run AND r.state = 'failed');
    dead     bigint;
    problem  text;
BEGIN
    SELECT count(*), (array_agg(t.error ->> 'message' ORDER BY t.id))[1] INTO dead, problem FROM headway.tasks t
    WHERE t.workspace_id = w AND t.run_id = run AND t.state = 'failed';
    RETURN coalesce(children, CASE WHEN dead > 1 THEN format('%s (and %s more)', problem, dead - 1) WHEN dead = 1 THEN coalesce(problem, 'a task failed') END);
END $$;
COMMENT ON FUNCTION headway._what_failed(uuid, uuid) IS
'Private. Why a run without open tasks has failed: its first dead task, or each connector with its reason; NULL when nothing has.';

CREATE FUNCTION headway._has_seen_nothing(run headway.runs) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN run.kind = 'ingest' AND run.list_complete AND run.fetched = 0
       AND NOT EXISTS (SELECT FROM headway.runs r WHERE r.workspace_id = run.workspace_id AND r.connector_id = run.connector_id AND r.fetched > 0);
END $$;
COMMENT ON FUNCTION headway._has_seen_nothing(headway.runs) IS
'Private. Whether a run has read its whole window and found no record, as every one before it over its connector.';

CREATE FUNCTION headway._close_run(w uuid, run uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    moment  timestamptz := clock_timestamp();
    problem text := headway._what_failed(w, run);
    closed  headway.runs;
    above   headway.runs;
BEGIN
    UPDATE headway.runs r SET is_reading = false, error = problem, finished_at = moment,
        state = CASE WHEN r.state = 'cancelled' THEN 'cancelled' WHEN problem IS NOT NULL THEN 'failed' ELSE 'done' END
    WHERE r.workspace_id = w AND r.id = run RETURNING r.* INTO closed;

    IF closed.state = 'done' AND closed.list_complete AND closed.kind = 'ingest' AND closed.connector_id IS NOT NULL THEN
        UPDATE headway.connectors c SET last_success_at = moment, suspended_until = NULL,
            cursor = c.cursor || jsonb_build_object('read_until', greatest(closed.window_to, (c.cursor ->> 'read_until')::timestamptz))
        WHERE c.workspace_id = w AND c.id = closed.connector_id;
    END IF;
    IF closed.state = 'done' AND headway._has_seen_nothing(closed) THEN
        UPDATE headway.runs r SET error = 'the vendor has never returned a record: may these credentials see any?'
        WHERE r.workspace_id = w AND r.id = run RETURNING r.* INTO closed;
        PERFORM headway._log(w, run, NULL, 'warning', closed.error, jsonb_build_object('window_from', closed.window_from, 'window_to', closed.window_to));
    END IF;
    -- What was known before says nothing new; only its count stays. (A failed run may be tried again.)
    DELETE FROM headway.run_items i
    WHERE i.workspace_id = w AND i.run_id = run AND i.outcome = 'already_known' AND closed.state <> 'failed';
    PERFORM headway._log(w, run, NULL, CASE closed.state WHEN 'failed' THEN 'error' ELSE 'info' END, 'run ' || closed.state,
        jsonb_strip_nulls(jsonb_build_object('fetched', closed.fetched, 'stored', closed.stored, 'already_known', closed.already_known,
            'skipped', closed.skipped, 'failed', closed.failed, 'features_created', closed.features_created,
            'features_matched', closed.features_matched, 'pages', closed.pages, 'error', closed.error)));

    IF closed.kind = 'bulk_import' THEN
        PERFORM headway._close_import(closed);
    END IF;
    PERFORM headway._warn_of_prices(w, run);
    PERFORM headway._warn_of_embeddings(closed);
    IF closed.connector_id IS NOT NULL THEN
        PERFORM headway._pass_turn(closed);
    END IF;
    IF closed.state = 'done' THEN
        PERFORM headway._cast_shadow(closed);
    END IF;
    IF closed.parent_id IS NOT NULL THEN
        UPDATE headway.runs r SET open_tasks = r.open_tasks - 1
        WHERE r.workspace_id = w AND r.id = closed.parent_id RETURNING r.* INTO above;
        IF above.open_tasks = 0 THEN
            PERFORM headway._close_run(w, above.id);
        END IF;
    END IF;
END $$;
COMMENT ON FUNCTION headway._close_run(uuid, uuid) IS
'Private. Gives a run without open tasks its final state, moves the connector''s cursor, lets the next run over it go on, and closes its parent behind the last child.';

CREATE FUNCTION headway._items_behind(task headway.tasks) RETURNS text[]
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN CASE WHEN task.kind = 'detail' THEN ARRAY(SELECT r ->> 'id' FROM jsonb_array_elements(task.payload -> 'records') r)
                -- In a run that has stored it a recording goes by its source's name, in others by its own.
                WHEN task.kind IN ('transcribe', 'analyse') THEN ARRAY[coalesce(task.payload ->> 'item', task.payload ->> 'recording_id')]
                ELSE headway._items_of(task.workspace_id, task.run_id, headway._message_of(task)) END;
END $$;
COMMENT ON FUNCTION headway._items_behind(headway.tasks) IS 'Private. The records of its run''s ledger that a task is about.';

CREATE FUNCTION headway._give_up(held headway.tasks, problem jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    reason text := format('%s: %s', held.kind, problem ->> 'message');
BEGIN
    PERFORM headway._move_items(held.workspace_id, held.run_id, headway._items_behind(held), 'failed', reason);
    PERFORM headway._fail_file(held, problem);
    PERFORM headway._log(held.workspace_id, held.run_id, held.id, 'error', reason, problem);
    PERFORM headway._finish(held, 'failed', problem);
END $$;
COMMENT ON FUNCTION headway._give_up(headway.tasks, jsonb) IS
'Private. Ends a held task as failed for good; the records it stood for count as failed, with the reason.';

CREATE FUNCTION headway._fail(w uuid, task bigint, fence bigint, problem jsonb, delay interval) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    held headway.tasks := headway._hold(w, task, fence);
    due  timestamptz := clock_timestamp() + delay;
BEGIN
    IF held.id IS NULL THEN
        RETURN;
    ELSIF delay IS NULL OR held.attempts >= held.max_attempts THEN
        PERFORM headway._give_up(held, problem);
    ELSE
        PERFORM headway._transition(w, ARRAY[task], 'queued', problem, due);
        PERFORM headway._log(w, held.run_id, task, 'warning', format('%s: %s', held.kind, problem ->> 'message'),
            problem || jsonb_build_object('attempt', held.attempts, 'again_in_seconds', round(extract(epoch FROM delay))));
    END IF;
END $$;
COMMENT ON FUNCTION headway._fail(uuid, bigint, bigint, jsonb, interval) IS
'Private. An attempt failed: again after delay, or for good when delay is NULL or no attempt is left.';

CREATE FUNCTION headway._defer(w uuid, task bigint, fence bigint, problem jsonb, delay interval) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    held headway.tasks := headway._hold(w, task, fence);
    due  timestamptz := clock_timestamp() + delay;
BEGIN
    IF held.id IS NULL THEN
        RETURN;
    END IF;
    PERFORM headway._transition(w, ARRAY[task], 'queued', problem, due, refund => 1);
    PERFORM headway._log(w, held.run_id, task, 'info', format('%s waits: %s', held.kind, problem ->> 'message'),
        problem || jsonb_build_object('until', due));
END $$;
COMMENT ON FUNCTION headway._defer(uuid, bigint, bigint, jsonb, interval) IS
'Private. Puts a task back for later without using up an attempt; a vendor''s rate limit suspends its connector until then.';
