-- Schedules: pg_cron calls headway_ingest() as whoever scheduled it, and headway_tick() once a minute.

CREATE TABLE headway.schedules (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at   timestamptz NOT NULL DEFAULT now(),
    connector    text,
    schedule     text NOT NULL,
    params       jsonb NOT NULL,
    job_id       bigint NOT NULL,
    scheduled_by name NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE NULLS NOT DISTINCT (workspace_id, connector)
);
COMMENT ON TABLE headway.schedules IS 'What headway_schedule() has pg_cron do. (Without a foreign key: when what it is for has gone, its job must still be removed.)';
COMMENT ON COLUMN headway.schedules.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.schedules.id IS 'Identifies the schedule within its workspace.';
COMMENT ON COLUMN headway.schedules.created_at IS 'When it was made.';
COMMENT ON COLUMN headway.schedules.connector IS 'What headway_ingest() is given: a connector''s id, a type, or NULL for all active connectors.';
COMMENT ON COLUMN headway.schedules.schedule IS 'When, as pg_cron writes it.';
COMMENT ON COLUMN headway.schedules.params IS 'The other options of headway_ingest().';
COMMENT ON COLUMN headway.schedules.job_id IS 'The job in cron.job.';
COMMENT ON COLUMN headway.schedules.scheduled_by IS 'The role that scheduled it, as which the job runs.';

CREATE TABLE headway._ticking (
    only_row     boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    created_at   timestamptz NOT NULL DEFAULT now(),
    job_id       bigint NOT NULL,
    scheduled_by name NOT NULL
);
COMMENT ON TABLE headway._ticking IS 'Private. The job of pg_cron that calls headway_tick(): there is one as long as anything is scheduled in this database.';
COMMENT ON COLUMN headway._ticking.only_row IS 'Keeps the table at one row.';
COMMENT ON COLUMN headway._ticking.created_at IS 'When it was made.';
COMMENT ON COLUMN headway._ticking.job_id IS 'The job in cron.job.';
COMMENT ON COLUMN headway._ticking.scheduled_by IS 'The role as which it runs.';

-- ---- pg_cron -----------------------------------------------------------------------------------

CREATE FUNCTION headway._cron_schedule(job text, schedule text, command text) RETURNS bigint
    LANGUAGE c STRICT
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_cron_schedule';
COMMENT ON FUNCTION headway._cron_schedule(text, text, text) IS
'Private. cron.schedule() in the name of the role that called the verb under way, and of no other.';

CREATE FUNCTION headway._cron_unschedule(owner name, job bigint) RETURNS boolean
    LANGUAGE c STRICT
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_cron_unschedule';
COMMENT ON FUNCTION headway._cron_unschedule(name, bigint) IS
'Private. cron.unschedule() of a job of ours, which its name tells, in its owner''s name; NULL when there is no such job.';

CREATE FUNCTION headway._cron_is_active(owner name, job bigint) RETURNS boolean
    LANGUAGE c STRICT
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_cron_is_active';
COMMENT ON FUNCTION headway._cron_is_active(name, bigint) IS 'Private. Whether pg_cron runs a job of ours; NULL when there is no such job.';

CREATE FUNCTION headway._has_cron() RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM pg_extension e WHERE e.extname = 'pg_cron')
$$;
COMMENT ON FUNCTION headway._has_cron() IS 'Private. Whether pg_cron is installed in this database.';

CREATE FUNCTION headway._tick_command() RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('SELECT %I.headway_tick()', '@extschema@')
$$;
COMMENT ON FUNCTION headway._tick_command() IS 'Private. What pg_cron runs once a minute.';

CREATE FUNCTION headway._cron_problem(caller name, OUT problem text, OUT way_out text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    its_database text := headway._guc('cron.database_name');
    major        text := current_setting('server_version_num')::int / 10000;
BEGIN
    IF its_database IS NULL AND NOT EXISTS (SELECT FROM pg_available_extensions a WHERE a.name = 'pg_cron') THEN
        problem := 'pg_cron is not installed on this server';
        way_out := format('Install its package (Debian: postgresql-%s-cron), add pg_cron to shared_preload_libraries, set cron.database_name = %L and restart the server; '
                          'then run here: CREATE EXTENSION pg_cron;', major, current_database());
    ELSIF its_database IS NULL THEN
        problem := 'pg_cron is not loaded';
        way_out := format('Add pg_cron to shared_preload_libraries, set cron.database_name = %L and restart the server; then run here: CREATE EXTENSION pg_cron;', current_database());
    ELSIF its_database <> current_database() THEN
        problem := format('pg_cron lives in database %s', quote_ident(its_database));
    ELSIF NOT headway._has_cron() THEN
        problem := 'pg_cron has not been created';
        way_out := 'As a superuser, run here: CREATE EXTENSION pg_cron;';
    ELSIF NOT has_schema_privilege(caller, 'cron', 'USAGE') THEN
        problem := format('role %s may not use pg_cron', quote_ident(caller));
        way_out := format('As a superuser, run here: GRANT USAGE ON SCHEMA cron TO %I;', caller);
    ELSIF NOT EXISTS (SELECT FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'cron' AND p.proname = 'schedule' AND p.pronargs = 3
                      AND has_function_privilege(caller, p.oid, 'EXECUTE')) THEN
        problem := format('role %s may not schedule jobs', quote_ident(caller));
        way_out := format('As a superuser, run here: GRANT EXECUTE ON FUNCTION cron.schedule(text, text, text) TO %I;', caller);
    ELSIF NOT (SELECT r.rolcanlogin FROM pg_roles r WHERE r.rolname = caller) THEN
        problem := format('role %s cannot log in, so pg_cron cannot run a job as it', quote_ident(caller));
        way_out := format('Schedule as a role that can, or run: ALTER ROLE %I LOGIN;', caller);
    END IF;
END $$;
COMMENT ON FUNCTION headway._cron_problem(name) IS
'Private. Why a role cannot have pg_cron do anything here, and the way out; NULLs when it can. Where pg_cron lives in another database, the way out depends on the job.';

-- ---- one schedule ------------------------------------------------------------------------------

CREATE FUNCTION headway._schedule_key(w uuid, given text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT coalesce((SELECT s.id::text FROM headway.connectors s WHERE s.workspace_id = w AND (s.name = given OR s.id::text = lower(given))), given)
$$;
COMMENT ON FUNCTION headway._schedule_key(uuid, text) IS 'Private. What headway.schedules calls a connector, a type, or all.';

CREATE FUNCTION headway._schedule_label(w uuid, key text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    -- Quoted where needed, so that two schedules never look the same.
    SELECT (SELECT quote_ident(s.name) FROM headway.workspaces s WHERE s.id = w) || '/'
        || coalesce((SELECT quote_ident(c.name) FROM headway.connectors c WHERE c.workspace_id = w AND c.id::text = key), quote_ident(key) || ':*', '*')
$$;
COMMENT ON FUNCTION headway._schedule_label(uuid, text) IS 'Private. What people call a schedule: workspace/connector, workspace/type:* or workspace/*.';

CREATE FUNCTION headway._job_name(label text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    -- 63 bytes is what an older pg_cron keeps of a name.
    SELECT 'headway: ' || CASE WHEN octet_length(label) <= 54 THEN label ELSE md5(label) END
$$;
COMMENT ON FUNCTION headway._job_name(text) IS 'Private. What a job of ours is called in cron.job; with a hash of its label when that is long.';

CREATE FUNCTION headway._ingest_command(w uuid, key text, options jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('SELECT %I.headway_ingest(%L, max_items => %s, days_back => %s, min_duration => %s, transcripts => %s, extract_features => %s, workspace => %L)',
        '@extschema@', key, options ->> 'max_items', options ->> 'days_back', options ->> 'min_duration', options ->> 'transcripts', options ->> 'extract_features', w)
$$;
COMMENT ON FUNCTION headway._ingest_command(uuid, text, jsonb) IS 'Private. What a schedule''s job runs. It names connector and workspace by their ids, which nothing else ever gets.';

CREATE FUNCTION headway._need_cron(caller name, label text, schedule text, command text) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    trouble record;
    here    text := quote_ident(current_database());
BEGIN
    SELECT * INTO trouble FROM headway._cron_problem(caller);
    IF trouble.problem IS NOT NULL THEN
        RAISE EXCEPTION '%', trouble.problem USING ERRCODE = '8W026',
            DETAIL = format('headway_schedule() needs pg_cron in database %s.', here),
            HINT = coalesce(trouble.way_out, format(
                'As a superuser, run there: SELECT cron.schedule_in_database(%1$L, %2$L, %3$L, %4$L, %5$L); SELECT cron.schedule_in_database(%6$L, ''* * * * *'', %7$L, %4$L, %5$L);',
                headway._job_name(here || '.' || label), schedule, command, current_database(), caller, headway._job_name(here || '.tick'), headway._tick_command()));
    END IF;
END $$;
COMMENT ON FUNCTION headway._need_cron(name, text, text, text) IS 'Private. Raises 8W026 unless the caller can schedule here; its hint is what to do, to the statement.';

CREATE FUNCTION headway._new_job(label text, schedule text, command text) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN headway._cron_schedule(headway._job_name(label), schedule, command);
EXCEPTION WHEN invalid_parameter_value THEN
    RAISE EXCEPTION 'not a schedule' USING ERRCODE = '8W026', DETAIL = format('The schedule is "%s".', schedule),
        HINT = 'Minute, hour, day of the month, month and day of the week, such as ''15 * * * *'' or ''0 6 * * 1-5'' (in GMT, or cron.timezone where pg_cron has it); newer ones also take ''30 seconds''.';
END $$;
COMMENT ON FUNCTION headway._new_job(text, text, text) IS 'Private. Makes a job for the caller of the verb under way, or changes the caller''s of that name; 8W026 for what is no schedule.';

CREATE FUNCTION headway._runs(owner name, job bigint) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN headway._has_cron() AND EXISTS (SELECT FROM pg_roles r WHERE r.rolname = owner AND r.rolcanlogin) AND coalesce(headway._cron_is_active(owner, job), false);
EXCEPTION WHEN insufficient_privilege THEN
    RETURN false;
END $$;
COMMENT ON FUNCTION headway._runs(name, bigint) IS 'Private. Whether pg_cron has a job of ours and can run it.';

CREATE FUNCTION headway._remove_job(owner name, job bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    IF headway._has_cron() THEN
        PERFORM headway._cron_unschedule(owner, job);
    END IF;
EXCEPTION WHEN insufficient_privilege OR undefined_object THEN  -- undefined_object: the role is gone
    RAISE WARNING 'job % of pg_cron stays', job USING DETAIL = format('It belongs to role "%s", which may not remove it.', owner),
        HINT = format('As a superuser: SELECT cron.unschedule(%s);', job);
END $$;
COMMENT ON FUNCTION headway._remove_job(name, bigint) IS 'Private. Removes a job of ours; one that is gone already is no matter.';

-- ---- the tick's job ----------------------------------------------------------------------------

CREATE FUNCTION headway._keep_ticking(caller name) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    present headway._ticking;
    is_late boolean;
BEGIN
    SELECT * INTO present FROM headway._ticking;
    is_late := present.created_at < now() - interval '5 minutes' AND NOT EXISTS (SELECT FROM headway._state s WHERE s.ticked_at > now() - interval '5 minutes');
    IF headway._runs(present.scheduled_by, present.job_id) AND NOT is_late THEN
        RETURN;
    ELSIF present.scheduled_by <> caller THEN
        PERFORM headway._remove_job(present.scheduled_by, present.job_id);
    END IF;
    INSERT INTO headway._ticking AS t (job_id, scheduled_by) VALUES (headway._new_job('tick', '* * * * *', headway._tick_command()), caller)
    ON CONFLICT ON CONSTRAINT _ticking_pkey DO UPDATE SET created_at = now(), job_id = excluded.job_id, scheduled_by = excluded.scheduled_by;
END $$;
COMMENT ON FUNCTION headway._keep_ticking(name) IS 'Private. Has pg_cron call headway_tick(), as the caller unless it does already; one that should and has not for five minutes is replaced.';

CREATE FUNCTION headway._drop_schedule(s headway.schedules) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    tick headway._ticking;
BEGIN
    PERFORM headway._remove_job(s.scheduled_by, s.job_id);
    DELETE FROM headway.schedules o WHERE o.workspace_id = s.workspace_id AND o.id = s.id;
    IF NOT EXISTS (SELECT FROM headway.schedules) THEN
        DELETE FROM headway._ticking RETURNING * INTO tick;
        PERFORM headway._remove_job(tick.scheduled_by, tick.job_id);
    END IF;
END $$;
COMMENT ON FUNCTION headway._drop_schedule(headway.schedules) IS 'Private. Ends a schedule, and the tick''s behind the last one. The caller holds the lock on headway._ticking.';

CREATE FUNCTION headway._drop_orphaned_schedules() RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    orphans headway.schedules[] := ARRAY(
        SELECT s FROM headway.schedules s
        WHERE NOT EXISTS (SELECT FROM headway.workspaces o WHERE o.id = s.workspace_id)
           OR s.connector IS NOT NULL AND NOT EXISTS (SELECT FROM headway.connectors c WHERE c.workspace_id = s.workspace_id AND s.connector IN (c.id::text, c.type)));
BEGIN
    IF orphans <> '{}' THEN
        LOCK TABLE headway._ticking IN SHARE ROW EXCLUSIVE MODE NOWAIT;
        PERFORM headway._drop_schedule(o) FROM unnest(orphans) o;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    NULL;  -- somebody schedules just now; the next tick comes soon
END $$;
COMMENT ON FUNCTION headway._drop_orphaned_schedules() IS 'Private. Ends the schedules whose connector or workspace is gone.';

-- ---- the verbs ---------------------------------------------------------------------------------

CREATE FUNCTION headway_schedule(connector text DEFAULT NULL, schedule text DEFAULT '0 * * * *', max_items int DEFAULT 100, days_back int DEFAULT 7,
                                 min_duration int DEFAULT 0, transcripts boolean DEFAULT true, extract_features boolean DEFAULT true,
                                 workspace text DEFAULT NULL) RETURNS bigint
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_schedule(text, text, int, int, int, boolean, boolean, text) IS
'Has pg_cron call headway_ingest() again and again, as you, and headway_tick() once a minute as long as anything is scheduled in this database. Scheduling the same once more changes its job. A run that is still going on is not started a second time.
Arguments: connector, a connector''s name, else every active connector of that type, NULL for all active ones; schedule, as cron writes it, in GMT, or cron.timezone where pg_cron has it (newer ones also take ''30 seconds''); the others as for headway_ingest(), at every call.
Result: the job''s id in cron.job, where it is called "headway: workspace/connector".
Errors: 8W001 for the workspace, 8W005 for the connector, 8W008 for a number out of range, 8W026 for a schedule that is none and for a pg_cron that cannot be used from here: its hint is what to run where.
Example: SELECT headway_schedule(''gong'', ''15 * * * *'');';

CREATE FUNCTION headway._schedule(caller name, connector text, schedule text, max_items int, days_back int, min_duration int, transcripts boolean,
                                  extract_features boolean, workspace text) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w       uuid := headway._workspace(caller, workspace);
    options jsonb := headway._ingest_options(max_items, days_back, min_duration, transcripts, extract_features);
    named   headway.connectors := headway._named_connector(w, connector);
    key     text := coalesce(named.id::text, connector);
    label   text := headway._schedule_label(w, key);
    command text := headway._ingest_command(w, key, options);
    present headway.schedules;
    job     bigint;
BEGIN
    PERFORM headway._need_cron(caller, label, coalesce(schedule, ''), command);
    LOCK TABLE headway._ticking IN SHARE ROW EXCLUSIVE MODE;  -- schedules change one after the other
    SELECT * INTO present FROM headway.schedules s WHERE s.workspace_id = w AND s.connector IS NOT DISTINCT FROM key;
    IF present.scheduled_by <> caller THEN
        PERFORM headway._remove_job(present.scheduled_by, present.job_id);
    END IF;
    job := headway._new_job(label, coalesce(schedule, ''), command);
    INSERT INTO headway.schedules AS s (workspace_id, connector, schedule, params, job_id, scheduled_by)
    VALUES (w, key, _schedule.schedule, options, job, caller)
    ON CONFLICT ON CONSTRAINT schedules_workspace_id_connector_key DO UPDATE
    SET schedule = excluded.schedule, params = excluded.params, job_id = excluded.job_id, scheduled_by = excluded.scheduled_by;
    PERFORM headway._keep_ticking(caller);
    RETURN job;
END $$;
COMMENT ON FUNCTION headway._schedule(name, text, text, int, int, int, boolean, boolean, text) IS 'Private. Twin of headway_schedule().';

CREATE FUNCTION headway_unschedule(connector text DEFAULT NULL, workspace text DEFAULT NULL) RETURNS bigint
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_unschedule(text, text) IS
'Ends what headway_schedule() began, whoever of the workspace''s members that was; with the last schedule of the database, the calls of headway_tick() end as well. What is running goes on. (Dropping a connector does the same for it; the tick does it for a workspace that is gone.)
Arguments: connector, as it was given to headway_schedule(); workspace, id or name.
Result: the id that the job had.
Errors: 8W001 for the workspace, 8W026 when nothing of the kind is scheduled.
Example: SELECT headway_unschedule(''gong'');';

CREATE FUNCTION headway._unschedule(caller name, connector text, workspace text) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w       uuid := headway._workspace(caller, workspace);
    key     text := headway._schedule_key(w, connector);
    present headway.schedules;
    trouble record;
BEGIN
    LOCK TABLE headway._ticking IN SHARE ROW EXCLUSIVE MODE;
    SELECT * INTO present FROM headway.schedules s WHERE s.workspace_id = w AND s.connector IS NOT DISTINCT FROM key;
    IF present.id IS NULL THEN
        trouble := headway._cron_problem(caller);
        RAISE EXCEPTION 'this is not scheduled' USING ERRCODE = '8W026',
            DETAIL = format('%s; scheduled are: %s.', coalesce('The connector is "' || connector || '"', 'There is no schedule for all connectors'),
                coalesce((SELECT string_agg(headway._schedule_label(w, s.connector), ', ' ORDER BY s.created_at) FROM headway.schedules s WHERE s.workspace_id = w), 'none')),
            HINT = CASE WHEN trouble.way_out IS NULL AND trouble.problem IS NOT NULL
                   THEN format('%s. As a superuser, run there: SELECT cron.unschedule(jobid) FROM cron.job WHERE jobname = %L;', trouble.problem,
                               headway._job_name(quote_ident(current_database()) || '.' || headway._schedule_label(w, key)))
                   ELSE 'SELECT connector, schedule FROM headway.schedules; shows those there are.' END;
    END IF;
    PERFORM headway._drop_schedule(present);
    RETURN present.job_id;
END $$;
COMMENT ON FUNCTION headway._unschedule(name, text, text) IS 'Private. Twin of headway_unschedule().';
