-- Workers: starting, stopping, and what the tick does.

CREATE TABLE headway._state (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    is_stopped boolean NOT NULL DEFAULT false,
    ticked_at  timestamptz
);
COMMENT ON TABLE headway._state IS 'Private. One row about this database as a whole.';
COMMENT ON COLUMN headway._state.only_row IS 'Keeps the table at one row.';
COMMENT ON COLUMN headway._state.is_stopped IS 'Set by headway_stop(): no worker is launched until headway_start().';
COMMENT ON COLUMN headway._state.ticked_at IS 'When headway_tick() ran last.';

CREATE FUNCTION headway._set_stopped(stopped boolean) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    INSERT INTO headway._state AS s (is_stopped) VALUES (stopped)
    ON CONFLICT ON CONSTRAINT _state_pkey DO UPDATE SET is_stopped = excluded.is_stopped;
END $$;
COMMENT ON FUNCTION headway._set_stopped(boolean) IS 'Private. Remembers whether workers may be launched.';

CREATE FUNCTION headway._is_stopped() RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN coalesce((SELECT s.is_stopped FROM headway._state s), false);
END $$;
COMMENT ON FUNCTION headway._is_stopped() IS 'Private. Whether headway_stop() holds.';

CREATE FUNCTION headway._stop_workers() RETURNS int
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_stop_workers';
COMMENT ON FUNCTION headway._stop_workers() IS 'Private. Asks the workers of this database to leave; returns how many there were.';

CREATE FUNCTION headway._may_stop(caller name) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    IF NOT pg_has_role(caller, 'pg_signal_backend', 'USAGE') THEN
        RAISE EXCEPTION 'permission denied to stop or release the workers' USING ERRCODE = 'insufficient_privilege',
            DETAIL = 'Workers serve all workspaces of the database.', HINT = 'Only members of pg_signal_backend may do this.';
    END IF;
END $$;
COMMENT ON FUNCTION headway._may_stop(name) IS 'Private. Raises 42501 unless the caller may end other sessions.';

CREATE FUNCTION headway_start() RETURNS boolean
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_start() IS
'Launches a worker when you commit, and ends what headway_stop() began. Not needed in daily use: verbs launch workers themselves.
Result: whether there was work due.
Errors: 42501 when the workers are stopped and you are not a member of pg_signal_backend.
Example: SELECT headway_start();';

CREATE FUNCTION headway._start(caller name) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    IF headway._is_stopped() THEN
        PERFORM headway._may_stop(caller);
        PERFORM headway._set_stopped(false);
    END IF;
    PERFORM headway._reclaim();
    PERFORM headway._wake();
    RETURN EXISTS (SELECT FROM headway._due_workspaces());
END $$;
COMMENT ON FUNCTION headway._start(name) IS 'Private. Twin of headway_start().';

CREATE FUNCTION headway_stop() RETURNS boolean
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_stop() IS
'Asks the workers of this database to leave (within a second; they put back what they hold) and keeps new ones from being launched until headway_start().
Result: whether there was a worker.
Errors: 42501 unless you are a member of pg_signal_backend.
Example: SELECT headway_stop();';

CREATE FUNCTION headway._stop(caller name) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    PERFORM headway._may_stop(caller);
    PERFORM headway._set_stopped(true);
    RETURN headway._stop_workers() > 0;
END $$;
COMMENT ON FUNCTION headway._stop(name) IS 'Private. Twin of headway_stop().';

CREATE FUNCTION headway._purge(keep interval, most int) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w        uuid;
    deadline timestamptz := now() - keep;
    n        int;
    total    bigint := 0;
BEGIN
    FOR w IN SELECT s.id FROM headway.workspaces s LOOP
        DELETE FROM headway.tasks t WHERE t.workspace_id = w AND t.id IN (
            SELECT o.id FROM headway.tasks o WHERE o.workspace_id = w AND o.finished_at < deadline AND o.state IN ('done', 'cancelled')
            ORDER BY o.finished_at LIMIT most);
        GET DIAGNOSTICS n = ROW_COUNT;
        total := total + n;
        DELETE FROM headway.log l WHERE l.workspace_id = w AND (l.at, l.id) IN (
            SELECT o.at, o.id FROM headway.log o WHERE o.workspace_id = w AND o.at < deadline ORDER BY o.at LIMIT most);
        GET DIAGNOSTICS n = ROW_COUNT;
        total := total + n;
        DELETE FROM headway._answers a WHERE a.workspace_id = w AND a.key IN (
            SELECT o.key FROM headway._answers o WHERE o.workspace_id = w AND o.created_at < now() - headway._answer_retention(w) ORDER BY o.created_at LIMIT most);
        DELETE FROM headway.webhook_deliveries d WHERE d.workspace_id = w AND d.id IN (
            SELECT o.id FROM headway.webhook_deliveries o WHERE o.workspace_id = w AND o.last_at < deadline ORDER BY o.last_at LIMIT most);
        GET DIAGNOSTICS n = ROW_COUNT;
        total := total + n;
        DELETE FROM headway.embeddings e WHERE e.workspace_id = w AND NOT e.is_kept AND (e.key, e.model) IN (
            SELECT o.key, o.model FROM headway.embeddings o WHERE o.workspace_id = w AND NOT o.is_kept AND o.created_at < now() - interval '1 day'
            ORDER BY o.created_at LIMIT most);
    END LOOP;
    RETURN total;
END $$;
COMMENT ON FUNCTION headway._purge(interval, int) IS
'Private. Deletes finished tasks, log rows and webhook deliveries that are older than keep, stored answers whose time is over and vectors that no feature needs, a bounded number at a time.';

CREATE FUNCTION headway_tick() RETURNS jsonb
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_tick() IS
'Housekeeping, to be called once a minute: takes back what dead workers held, launches a worker when work is due, links recordings that waited for a customer or booking that is there now, takes new features into the index that matching searches, tries providers of embeddings again that have failed, deletes finished tasks, log rows and webhook deliveries older than headway.retention, ends schedules of workspaces that are gone. headway_schedule() has pg_cron call it.
Result: {reclaimed, due, linked, folded, purged}.
Example: SELECT headway_tick();';

CREATE FUNCTION headway._tick(caller name) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    moment    timestamptz := clock_timestamp();
    -- What may take long comes first: others wait for the locks that the rest takes.
    linked    bigint := (SELECT coalesce(sum(headway._relink(s.id, 5000)), 0) FROM headway.workspaces s);
    folded    bigint := (SELECT coalesce(sum(headway._fold_all(s.id, moment + interval '10 seconds')), 0) FROM headway.workspaces s);
    purged    bigint := headway._purge(make_interval(mins => headway._guc('headway.retention')::int), 10000);
    reclaimed int := headway._reclaim();
    due       boolean := EXISTS (SELECT FROM headway._due_workspaces());
BEGIN
    INSERT INTO headway._state AS s (ticked_at) VALUES (moment)
    ON CONFLICT ON CONSTRAINT _state_pkey DO UPDATE SET ticked_at = excluded.ticked_at;
    IF due THEN
        PERFORM headway._wake();
    END IF;
    PERFORM headway._drop_orphaned_schedules();
    PERFORM headway._revive_embeddings(moment);
    RETURN jsonb_build_object('reclaimed', reclaimed, 'due', due, 'linked', linked, 'folded', folded, 'purged', purged);
END $$;
COMMENT ON FUNCTION headway._tick(name) IS 'Private. Twin of headway_tick().';
