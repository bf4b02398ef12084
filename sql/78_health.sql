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
'Whether all is well: worker slots, workers, queue, tick, pg_cron, keyring, runs, connectors and providers of the workspaces that you see, version, libraries.
Result: a row for each check; hint says what to do where ok is false.
Example: SELECT * FROM headway_health() WHERE NOT ok;';

CREATE FUNCTION headway._health_of_server(OUT what text, OUT ok boolean, OUT detail text, OUT hint text) RETURNS SETOF record
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    slots   int := current_setting('max_worker_processes')::int;
    used    int := headway._count_background_workers();
    workers int := headway._count_workers();
    stopped boolean := headway._is_stopped();
    overdue interval := (SELECT now() - min(t.run_at) FROM headway.tasks t WHERE t.state = 'queued' AND t.run_at < now());
    ticked  timestamptz := (SELECT s.ticked_at FROM headway._state s);
    cron    boolean := EXISTS (SELECT FROM pg_extension e WHERE e.extname = 'pg_cron');
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
        ('queue', coalesce(overdue < interval '5 minutes', true), CASE WHEN overdue IS NULL THEN 'nothing waits' ELSE format('due since %s', date_trunc('second', overdue)) END,
         'SELECT headway_tick(); if no worker comes, see worker slots and the server''s log.'),
        ('tick', coalesce(ticked > now() - interval '5 minutes', false), coalesce('last at ' || date_trunc('second', ticked), 'never'),
         'Have headway_tick() called once a minute, for example by pg_cron: what must wait goes on with it.'),
        ('pg_cron', cron OR coalesce(ticked > now() - interval '5 minutes', false), CASE WHEN cron THEN 'installed in this database' ELSE 'not installed in this database' END,
         'Any scheduler will do. With pg_cron in another database: cron.schedule_in_database().'),
        ('key file', file IS NULL OR (file = 'missing' AND sealed = 0),
         format('%s; %s sealed credentials', coalesce(CASE WHEN file = 'missing' AND sealed = 0 THEN 'none yet' ELSE file END, 'readable'), sealed),
         'Restore the file that headway.key_file names from its backup, or give the credentials again.'),
        ('version', library = version, format('library %s, extension %s', library, version),
         'ALTER EXTENSION headway UPDATE; sessions that used headway before must connect again. Until then workers stay away.'),
        ('libraries', true, @extschema@.headway_version(), NULL);
END $$;
COMMENT ON FUNCTION headway._health_of_server() IS 'Private. The checks that concern the whole database.';

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
           c.is_active AND coalesce(c.suspended_until < now(), true) AND coalesce(l.state, 'done') <> 'failed',
           concat_ws(', ', CASE WHEN NOT c.is_active THEN 'switched off' END,
               CASE WHEN c.suspended_until > now() THEN format('the vendor asked to wait until %s', date_trunc('second', c.suspended_until)) END,
               'last run ' || l.state, l.error, coalesce('last success ' || date_trunc('second', c.last_success_at), 'no complete run yet')),
           'SELECT headway_ingest(name) when its cause is mended; headway_set_connector() switches it on.'
    FROM headway.connectors c
    LEFT JOIN LATERAL (SELECT r.state, r.error FROM headway.runs r WHERE r.workspace_id = w AND r.connector_id = c.id ORDER BY r.created_at DESC LIMIT 1) l ON true
    WHERE c.workspace_id = w ORDER BY c.name;
    RETURN QUERY SELECT 'provider of ' || label, d.n = 0 OR d.bad * 2 < d.n,
           concat_ws(', ', coalesce(p.provider || ' ' || (p.settings ->> 'model'), 'builtin'), format('%s of %s calls failed in the last day', d.bad, d.n), d.why),
           'SELECT error, count(*) FROM headway.llm_calls WHERE status = ''error'' GROUP BY 1; headway_set_provider() sets another.'
    FROM (SELECT count(*) AS n, count(*) FILTER (WHERE l.status = 'error') AS bad, max(l.error) AS why FROM headway.llm_calls l
          WHERE l.workspace_id = w AND l.started_at > now() - interval '1 day') d
    LEFT JOIN headway._providers p ON p.workspace_id = w AND p.purpose = 'llm';
END $$;
COMMENT ON FUNCTION headway._health_of_workspace(uuid) IS 'Private. The checks that concern one workspace.';

CREATE FUNCTION headway._health(caller name, OUT what text, OUT ok boolean, OUT detail text, OUT hint text) RETURNS SETOF record
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN QUERY SELECT h.what, h.ok, h.detail, CASE WHEN NOT h.ok THEN h.hint END FROM headway._health_of_server() h;
    RETURN QUERY SELECT h.what, h.ok, h.detail, CASE WHEN NOT h.ok THEN h.hint END
    FROM unnest(headway.visible_workspaces(caller)) w CROSS JOIN LATERAL headway._health_of_workspace(w) h ORDER BY w;
END $$;
COMMENT ON FUNCTION headway._health(name) IS 'Private. Twin of headway_health().';
