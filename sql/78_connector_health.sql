-- How connectors are: what a person looks at when something does not come.

CREATE FUNCTION headway._cron_value(given text, names text[]) RETURNS int
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN given ~ '^[0-9]{1,4}$' THEN given::int ELSE array_position(names, given) END
$$;
COMMENT ON FUNCTION headway._cron_value(text, text[]) IS 'Private. A number of a schedule''s field, which may have a name.';

CREATE FUNCTION headway._cron_field(field text, lowest int, highest int, names text[] DEFAULT '{}') RETURNS int[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    item   text;
    part   text[];  -- *, first, last, step
    first  int;
    last   int;
    found  int[] := ARRAY[]::int[];
BEGIN
    FOREACH item IN ARRAY string_to_array(coalesce(lower(field), '?'), ',') LOOP
        part := regexp_match(item, '^(?:([*])|([0-9a-z]+)(?:-([0-9a-z]+))?)(?:/([1-9][0-9]{0,3}))?$');
        first := CASE WHEN part[1] = '*' THEN lowest ELSE headway._cron_value(part[2], names) END;
        last := CASE WHEN part[1] = '*' THEN highest WHEN part[3] IS NULL THEN first ELSE headway._cron_value(part[3], names) END;
        IF first >= lowest AND last <= highest AND first <= last THEN
            found := found || ARRAY(SELECT generate_series(first, last, coalesce(part[4]::int, 1)));
        ELSE
            RETURN NULL;
        END IF;
    END LOOP;
    RETURN found;
END $$;
COMMENT ON FUNCTION headway._cron_field(text, int, int, text[]) IS 'Private. The numbers that a field of a schedule stands for; NULL for what is not understood.';

CREATE FUNCTION headway._next_run(schedule text, after timestamptz, zone text DEFAULT 'GMT') RETURNS timestamptz
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    fields   text[] := regexp_split_to_array(btrim(CASE lower(schedule) WHEN '@hourly' THEN '0 * * * *' WHEN '@daily' THEN '0 0 * * *' WHEN '@midnight' THEN '0 0 * * *'
                       WHEN '@weekly' THEN '0 0 * * 0' WHEN '@monthly' THEN '0 0 1 * *' WHEN '@yearly' THEN '0 0 1 1 *' WHEN '@annually' THEN '0 0 1 1 *' ELSE schedule END), '[[:space:]]+');
    minutes  int[] := headway._cron_field(fields[1], 0, 59);
    hours    int[] := headway._cron_field(fields[2], 0, 23);
    days     int[] := headway._cron_field(fields[3], 1, 31);
    months   int[] := headway._cron_field(fields[4], 1, 12, '{jan,feb,mar,apr,may,jun,jul,aug,sep,oct,nov,dec}');
    weekdays int[] := headway._cron_field(fields[5], 0, 7, '[0:6]={sun,mon,tue,wed,thu,fri,sat}');
    -- Where both days are restricted, either will do.
    either   boolean := fields[3] NOT LIKE '*%' AND fields[5] NOT LIKE '*%';
    start    timestamp := date_trunc('minute', after AT TIME ZONE zone) + interval '1 minute';
    day      date;
    moment   timestamp;
BEGIN
    IF minutes IS NULL OR hours IS NULL OR days IS NULL OR months IS NULL OR weekdays IS NULL THEN
        RETURN NULL;
    END IF;
    FOR n IN 0 .. 8 * 366 LOOP  -- February 29 may be so far
        day := start::date + n;
        CONTINUE WHEN extract(month FROM day)::int <> ALL (months)
            OR NOT CASE WHEN either THEN extract(day FROM day)::int = ANY (days) OR weekdays && ARRAY[extract(dow FROM day)::int, extract(isodow FROM day)::int]
                   ELSE extract(day FROM day)::int = ANY (days) AND weekdays && ARRAY[extract(dow FROM day)::int, extract(isodow FROM day)::int] END;
        SELECT min(day + make_time(h, m, 0)) INTO moment FROM unnest(hours) h, unnest(minutes) m WHERE day + make_time(h, m, 0) >= start;
        IF moment IS NOT NULL THEN
            RETURN moment AT TIME ZONE zone;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION headway._next_run(text, timestamptz, text) IS
'Private. The first minute after a moment that a schedule of cron stands for; NULL when that is not known, as for ''30 seconds''.';

CREATE FUNCTION headway._budget_left(spec jsonb, state jsonb) RETURNS jsonb
    LANGUAGE c STABLE STRICT
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_budget_left';
COMMENT ON FUNCTION headway._budget_left(jsonb, jsonb) IS
'Private. [{requests, seconds, left}]: each budget of a spec with how many requests it allows now, by the counts of a rate ledger.';

CREATE VIEW headway.connector_health WITH (security_invoker = true) AS
SELECT c.workspace_id, c.id AS connector_id, c.name, c.type, c.is_active, c.last_success_at,
       now() - (c.cursor ->> 'read_until')::timestamptz AS lag,
       e.error AS last_error, e.finished_at AS last_error_at, e.failing_since, n.runs_last_day, b.budgets,
       CASE WHEN c.suspended_until > now() THEN c.suspended_until END AS suspended_until,
       CASE WHEN c.is_active THEN p.next_run_at END AS next_run_at,
       array_remove(ARRAY[CASE WHEN n.has_read AND NOT n.has_seen THEN 'the vendor has never returned a record: may these credentials see any?' END,
                          CASE WHEN f.is_ignored THEN 'the vendor ignored the time window' END], NULL) AS warnings
FROM headway.connectors c
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE r.created_at > now() - interval '1 day') AS runs_last_day,
           coalesce(bool_or(r.list_complete), false) AS has_read, coalesce(bool_or(r.fetched > 0), false) AS has_seen,
           max(r.finished_at) FILTER (WHERE r.state = 'done') AS done_at, (array_agg(r.id ORDER BY r.created_at DESC, r.id))[1] AS last_run
    FROM headway.runs r WHERE r.workspace_id = c.workspace_id AND r.connector_id = c.id
) n
CROSS JOIN LATERAL (
    SELECT count(*) > 0 AS is_ignored FROM headway.tasks t
    WHERE t.workspace_id = c.workspace_id AND t.run_id = n.last_run AND t.kind = 'list' AND t.state IN ('queued', 'running', 'failed')
      AND t.error ->> 'message' = 'the vendor ignored the time window'
) f
CROSS JOIN LATERAL (
    SELECT (array_agg(r.error ORDER BY r.finished_at DESC))[1] AS error, max(r.finished_at) AS finished_at,
           min(r.finished_at) FILTER (WHERE n.done_at IS NULL OR r.finished_at > n.done_at) AS failing_since
    FROM headway.runs r WHERE r.workspace_id = c.workspace_id AND r.connector_id = c.id AND r.state = 'failed'
) e
CROSS JOIN LATERAL (
    SELECT headway._budget_left(y.spec, l.state) AS budgets
    FROM headway.connector_types y LEFT JOIN headway._rate_ledgers l ON l.workspace_id = c.workspace_id AND l.connector_id = c.id WHERE y.name = c.type
) b
CROSS JOIN LATERAL (
    SELECT min(headway._next_run(s.schedule, now(), coalesce(nullif(headway._guc('cron.timezone'), ''), 'GMT'))) AS next_run_at
    FROM headway.schedules s WHERE s.workspace_id = c.workspace_id AND (s.connector IS NULL OR s.connector IN (c.id::text, c.type))
) p;
COMMENT ON VIEW headway.connector_health IS 'Each connector with what tells whether recordings come as they should.';
COMMENT ON COLUMN headway.connector_health.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.connector_health.connector_id IS 'The connector.';
COMMENT ON COLUMN headway.connector_health.name IS 'Its name.';
COMMENT ON COLUMN headway.connector_health.type IS 'Its connector type.';
COMMENT ON COLUMN headway.connector_health.is_active IS 'Whether headway_ingest() reads it.';
COMMENT ON COLUMN headway.connector_health.last_success_at IS 'When a run last read its whole window without a failure.';
COMMENT ON COLUMN headway.connector_health.lag IS 'How far behind now it has been read without a gap; NULL before the first complete run.';
COMMENT ON COLUMN headway.connector_health.last_error IS 'Why the last run that failed did so (one that was mended by headway_retry() does not count).';
COMMENT ON COLUMN headway.connector_health.last_error_at IS 'When that run ended.';
COMMENT ON COLUMN headway.connector_health.failing_since IS 'When the first run failed of those behind the last that did not; NULL when the last has not.';
COMMENT ON COLUMN headway.connector_health.runs_last_day IS 'How many runs were asked for in the last 24 hours.';
COMMENT ON COLUMN headway.connector_health.budgets IS '[{requests, seconds, left}]: each rate budget of its type, with how many requests it allows now.';
COMMENT ON COLUMN headway.connector_health.suspended_until IS 'Until when its vendor has asked to wait; NULL when it has not.';
COMMENT ON COLUMN headway.connector_health.next_run_at IS 'When headway_schedule() has it read next, as far as that can be told from the schedule; headway_health() says whether pg_cron still has the job.';
COMMENT ON COLUMN headway.connector_health.warnings IS 'What is suspicious though no run has failed: no record ever, a time window that the vendor ignores. Empty when nothing is.';
