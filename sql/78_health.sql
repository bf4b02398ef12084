-- Health: one row for each thing that can be wrong, with the way out.

CREATE FUNCTION headway._key_file_problem() RETURNS text
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_key_file_problem';
COMMENT ON FUNCTION headway._key_file_problem() IS
'Private. Why the keyring file cannot be used, "missing" when there is none, NULL when all is well.';

CREATE FUNCTION headway._count_workers() RETURNS int
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_count_workers';
COMMENT ON FUNCTION headway._count_workers() IS 'Private. How many workers this database has.';

CREATE FUNCTION headway._count_background_workers() RETURNS int
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_count_background_workers';
COMMENT ON FUNCTION headway._count_background_workers() IS 'Private. How many background workers the server runs, headway''s and others.';

CREATE FUNCTION headway_health(OUT "check" text, OUT ok boolean, OUT detail text, OUT hint text) RETURNS SETOF record
    LANGUAGE c ROWS 20
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_health() IS
'Whether all is well: worker slots, workers, queue, tick, pg_cron, keyring, version, libraries, and the runs, themes, connectors, tables of the app''s own, schedules, provider, prices and budgets of each workspace that you see.
Result: a row for each check; hint says what to do where ok is false.
Example: SELECT * FROM headway_health() WHERE NOT ok;';

CREATE FUNCTION headway._health_of_server(caller name, OUT what text, OUT ok boolean, OUT detail text, OUT hint text) RETURNS SETOF record
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    slots   int := current_setting('max_worker_processes')::int;
    used    int := headway._count_background_workers();
    workers int := headway._count_workers();
    stopped boolean := headway._is_stopped();
    overdue interval := (SELECT now() - min(t.run_at) FROM headway.tasks t WHERE t.state = 'queued' AND t.run_at < now());
    ticked  boolean := EXISTS (SELECT FROM headway._state s WHERE s.ticked_at > now() - interval '5 minutes');
    ticking headway._ticking := (SELECT t FROM headway._ticking t);
    cron    record := headway._cron_problem(caller);
    file    text := headway._key_file_problem();
    sealed  bigint := (SELECT count(*) FROM headway._credentials);
    library text := substring(@extschema@.headway_version() FROM '^headway ([^,]+)');
    version text := (SELECT e.extversion FROM pg_extension e WHERE e.extname = 'headway');
BEGIN
    RETURN QUERY VALUES
        ('worker slots', used < slots, format('%s of %s background worker slots are in use', used, slots),
         'Raise max_worker_processes and restart the server; until then CALL headway_work() does the work.'),
        ('workers', NOT stopped, CASE WHEN stopped THEN 'stopped by headway_stop()' ELSE format('%s running, they come when there is work', workers) END,
         'SELECT headway_start();'),
        ('queue', coalesce(overdue < interval '5 minutes', true), CASE WHEN overdue IS NULL THEN 'nothing waits' ELSE format('due for %s', date_trunc('second', overdue)) END,
         'SELECT headway_tick(); if no worker comes, see worker slots and the server''s log.'),
        ('tick', ticked, coalesce((SELECT 'last at ' || date_trunc('second', s.ticked_at) FROM headway._state s), 'never'),
         CASE WHEN ticking.job_id IS NULL THEN 'Have headway_tick() called once a minute, by headway_schedule() or any scheduler: what must wait goes on with it.'
              ELSE format('pg_cron should call it as %s: SELECT status, return_message FROM cron.job_run_details WHERE jobid = %s ORDER BY runid DESC LIMIT 5; '
                          '(it logs in to localhost, unless cron.use_background_workers is on).', quote_ident(ticking.scheduled_by), ticking.job_id) END),
        ('pg_cron', cron.problem IS NULL OR ticked, coalesce(cron.problem, 'ready in this database'),
         coalesce(cron.way_out, 'SELECT headway_schedule(); its hint has the statement to run there. Any other scheduler will do as well.')),
        ('key file', file IS NULL OR (file = 'missing' AND sealed = 0),
         format('%s; %s sealed credentials', coalesce(CASE WHEN file = 'missing' AND sealed = 0 THEN 'none yet' ELSE file END, 'readable'), sealed),
         'Restore the file that headway.key_file names from its backup. Where there is none, drop the connectors, set the providers to builtin or none, and give all credentials again.'),
        ('version', library = version, format('library %s, extension %s', library, version),
         'ALTER EXTENSION headway UPDATE; sessions that used headway before must connect again. Until then workers stay away.'),
        ('libraries', true, @extschema@.headway_version(), NULL);
END $$;
COMMENT ON FUNCTION headway._health_of_server(name) IS 'Private. The checks that concern the whole database.';

CREATE FUNCTION headway._health_of_workspace(w uuid, OUT what text, OUT ok boolean, OUT detail text, OUT hint text) RETURNS SETOF record
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    label  text := (SELECT quote_ident(s.name) FROM headway.workspaces s WHERE s.id = w);
    failed bigint := (SELECT count(*) FROM headway.runs r WHERE r.workspace_id = w AND r.state = 'failed' AND r.finished_at > now() - interval '1 day');
    stuck  bigint := (SELECT count(*) FROM headway.tasks t WHERE t.workspace_id = w AND t.state = 'running' AND t.lease_until < now());
    themes bigint := (SELECT count(*) FROM headway.themes t WHERE t.workspace_id = w);
BEGIN
    RETURN QUERY VALUES
        ('runs of ' || label, failed = 0 AND stuck = 0, format('%s failed in the last day, %s tasks of dead workers', failed, stuck),
         'SELECT run_id, error FROM headway.run_progress WHERE state = ''failed''; headway_retry() tries again, headway_tick() takes back what dead workers held.'),
        ('themes of ' || label, themes > 0, format('%s themes', themes), 'Nothing becomes a feature without a theme: SELECT headway_add_theme(name, description);');
    RETURN QUERY SELECT format('connector %s of %s', quote_ident(c.name), label),
           c.is_active AND c.suspended_until IS NULL AND c.failing_since IS NULL AND c.warnings = '{}',
           concat_ws(', ', CASE WHEN NOT c.is_active THEN 'switched off' END,
               'the vendor asked to wait until ' || date_trunc('second', c.suspended_until),
               'failing since ' || date_trunc('second', c.failing_since) || ': ' || c.last_error, nullif(array_to_string(c.warnings, ', '), ''),
               coalesce('last success ' || date_trunc('second', c.last_success_at), 'no complete run yet'), 'next run ' || date_trunc('second', c.next_run_at)),
           'SELECT * FROM headway.connector_health; headway_ingest(name) when the cause is mended; headway_set_connector() switches it on.'
    FROM headway.connector_health c WHERE c.workspace_id = w ORDER BY c.name;
    RETURN QUERY SELECT format('table for %s of %s', t.noun, label), p.problem IS NULL, concat_ws(': ', t.relation, p.problem),
           'Nothing is linked with it meanwhile. Mend it, register it again, or go back to headway''s own: SELECT headway_use_customers(NULL); SELECT headway_use_bookings(NULL);'
    FROM headway._app_tables t CROSS JOIN LATERAL (SELECT headway._app_table_problem(t) AS problem OFFSET 0) p WHERE t.workspace_id = w ORDER BY t.noun DESC;
    RETURN QUERY SELECT format('schedule %s', headway._schedule_label(w, s.connector)), headway._runs(s.scheduled_by, s.job_id),
           format('%s as %s, job %s of pg_cron', s.schedule, quote_ident(s.scheduled_by), s.job_id),
           'pg_cron no longer has the job, or cannot run it: SELECT headway_schedule(...) once more, as a role that can log in.'
    FROM headway.schedules s WHERE s.workspace_id = w ORDER BY 1;
    RETURN QUERY SELECT 'provider of ' || label, d.n = 0 OR d.bad * 2 < d.n,
           concat_ws(', ', coalesce(p.provider || ' ' || (p.settings ->> 'model'), 'builtin'),
               'standing by: ' || f.provider || coalesce(' ' || (f.settings ->> 'model'), ''), format('%s of %s calls failed in the last day', d.bad, d.n), d.why),
           'SELECT error, count(*) FROM headway.llm_calls WHERE status = ''error'' GROUP BY 1; headway_set_provider() sets another.'
    FROM (VALUES (w)) v (w)
    LEFT JOIN headway._providers p ON p.workspace_id = v.w AND p.purpose = 'llm'
    LEFT JOIN headway._providers f ON f.workspace_id = v.w AND f.purpose = 'llm_fallback'
    -- since it was set: what another one did is not its fault
    CROSS JOIN LATERAL (SELECT count(*) AS n, count(*) FILTER (WHERE l.status = 'error') AS bad,
                               (array_agg(l.error ORDER BY l.started_at DESC) FILTER (WHERE l.status = 'error'))[1] AS why
                        FROM headway.llm_calls l WHERE l.workspace_id = v.w AND l.started_at >= greatest(now() - interval '1 day', p.created_at)
                          AND l.provider IN (coalesce(p.provider, 'builtin'), f.provider) AND l.purpose NOT IN ('transcribe', 'embed')) d;
    RETURN QUERY SELECT 'embeddings of ' || label, p.failing_since IS NULL,
           concat_ws(', ', concat_ws(' ', p.provider, p.settings ->> 'model'), 'failing since ' || date_trunc('second', p.failing_since) || ': ' || p.last_error,
               (SELECT CASE WHEN v.is_there THEN 'with pgvector' ELSE 'pgvector is not used: SELECT headway_use_pgvector()' END
                FROM headway._vector_indexes(w) v WHERE EXISTS (SELECT FROM pg_extension e WHERE e.extname = 'vector'))),
           'Until it works, words alone put features before the judge. headway_set_provider(''embedding'', ...) changes key or model; what is missing is made up for by itself.'
    FROM headway._providers p WHERE p.workspace_id = w AND p.purpose = 'embedding';
    RETURN QUERY SELECT m.what || ' of ' || label, m.ok, m.detail, m.hint FROM headway._health_of_money(w) m;
END $$;
COMMENT ON FUNCTION headway._health_of_workspace(uuid) IS 'Private. The checks that concern one workspace.';

CREATE FUNCTION headway._health(caller name, OUT what text, OUT ok boolean, OUT detail text, OUT hint text) RETURNS SETOF record
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN QUERY SELECT h.what, h.ok, h.detail, CASE WHEN NOT h.ok THEN h.hint END FROM headway._health_of_server(caller) h;
    RETURN QUERY SELECT h.what, h.ok, h.detail, CASE WHEN NOT h.ok THEN h.hint END
    FROM unnest(headway.visible_workspaces(caller)) w CROSS JOIN LATERAL headway._health_of_workspace(w) h ORDER BY w;
END $$;
COMMENT ON FUNCTION headway._health(name) IS 'Private. Twin of headway_health().';
