-- Turns: one run at a time reads a connector; another waits for its end, whatever its options are.

CREATE FUNCTION headway._window(c headway.connectors, params jsonb, OUT window_from timestamptz, OUT window_to timestamptz)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    spec    jsonb := (SELECT t.spec FROM headway.connector_types t WHERE t.name = c.type);
    overlap interval := make_interval(secs => coalesce((spec #>> '{list,overlap_seconds}')::float8, 0));
BEGIN
    -- days_back is what is looked at anyway. If the last complete run ended before that, the window
    -- reaches back to it, and a little further for records that showed up late: no gap between runs.
    window_to := now();
    window_from := least(window_to - make_interval(days => (params ->> 'days_back')::int), (c.cursor ->> 'read_until')::timestamptz - overlap);
END $$;
COMMENT ON FUNCTION headway._window(headway.connectors, jsonb) IS 'Private. The time that a run with these options reads of a connector when it begins now.';

CREATE FUNCTION headway._wait_for_turn(held headway.tasks) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    -- _pass_turn() comes earlier; the minute is for what it could not see.
    PERFORM headway._transition(held.workspace_id, ARRAY[held.id], 'queued', due => clock_timestamp() + interval '1 minute', refund => 1);
    UPDATE headway.runs r SET state = 'queued', started_at = NULL, window_from = NULL, window_to = NULL
    WHERE r.workspace_id = held.workspace_id AND r.id = held.run_id AND r.pages = 0 AND held.payload #> '{span,to}' IS NULL;
END $$;
COMMENT ON FUNCTION headway._wait_for_turn(headway.tasks) IS
'Private. Puts a held task back because another run reads its connector; a run that has not begun has no window yet, unless it was cut into spans.';

CREATE FUNCTION headway._begin_turn(r headway.runs, c headway.connectors) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    IF r.window_to IS NULL THEN
        SELECT * INTO r.window_from, r.window_to FROM headway._window(c, r.params);
    END IF;
    UPDATE headway.runs s SET is_reading = true, window_from = r.window_from, window_to = r.window_to
    WHERE s.workspace_id = r.workspace_id AND s.id = r.id
      AND NOT EXISTS (SELECT FROM headway.runs o WHERE o.workspace_id = r.workspace_id AND o.connector_id = r.connector_id AND o.is_reading);
    RETURN FOUND;
EXCEPTION WHEN unique_violation THEN  -- another has begun just now
    RETURN false;
END $$;
COMMENT ON FUNCTION headway._begin_turn(headway.runs, headway.connectors) IS 'Private. Makes a run the one that reads its connector; false when another does.';

CREATE FUNCTION headway._take_turn(held headway.tasks) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    r headway.runs;
    c headway.connectors;
BEGIN
    SELECT * INTO r FROM headway.runs s WHERE s.workspace_id = held.workspace_id AND s.id = held.run_id;
    SELECT * INTO c FROM headway.connectors s WHERE s.workspace_id = r.workspace_id AND s.id = r.connector_id;
    IF r.is_reading OR r.kind <> 'ingest' OR headway._begin_turn(r, c) THEN
        RETURN true;
    END IF;
    PERFORM headway._wait_for_turn(held);
    RETURN false;
END $$;
COMMENT ON FUNCTION headway._take_turn(headway.tasks) IS
'Private. Whether a held list or detail task may ask the vendor: its run is the one that reads the connector, or becomes it. Otherwise the task is put back.';

CREATE FUNCTION headway._pass_turn(ended headway.runs) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    next_run uuid := (SELECT r.id FROM headway.runs r
                      WHERE r.workspace_id = ended.workspace_id AND r.connector_id = ended.connector_id AND r.kind = 'ingest' AND r.state IN ('queued', 'running')
                      ORDER BY r.created_at, r.id LIMIT 1);
BEGIN
    -- Never waits for a lock: a task that somebody holds is not waiting.
    UPDATE headway.tasks t SET run_at = clock_timestamp() WHERE t.workspace_id = ended.workspace_id AND t.id IN (
        SELECT s.id FROM headway.tasks s WHERE s.workspace_id = ended.workspace_id AND s.run_id = next_run
          AND s.state = 'queued' AND s.run_at > clock_timestamp() AND s.kind IN ('list', 'detail') AND s.error IS NULL
        FOR UPDATE SKIP LOCKED);
    IF FOUND THEN
        PERFORM headway._wake();
    END IF;
END $$;
COMMENT ON FUNCTION headway._pass_turn(headway.runs) IS
'Private. A run over a connector has ended: the one that has waited longest goes on at once. (A task with an error waits for something else.)';
