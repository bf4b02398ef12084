-- How a bulk import's files get from step to step. A file's status and the run's ledger move together, in _advance_files()
-- alone; its job shows the run's numbers.

CREATE FUNCTION headway._file_may_become(old_status text, new_status text) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- A step that is taken once more, after a crash or a failed attempt, begins with the download.
    RETURN new_status = ANY (CASE old_status
        WHEN 'queued'       THEN ARRAY['downloading', 'skipped', 'failed']
        WHEN 'downloading'  THEN ARRAY['downloading', 'converting', 'uploading', 'skipped', 'failed']
        WHEN 'converting'   THEN ARRAY['downloading', 'uploading', 'skipped', 'failed']
        WHEN 'uploading'    THEN ARRAY['downloading', 'transcribing', 'skipped', 'failed']
        WHEN 'transcribing' THEN ARRAY['analyzing', 'completed', 'skipped', 'failed']
        WHEN 'analyzing'    THEN ARRAY['completed', 'skipped', 'failed']
        WHEN 'failed'       THEN ARRAY['queued', 'transcribing', 'analyzing']  -- headway_retry()
        ELSE ARRAY[]::text[]                                                   -- completed and skipped are final
    END);
END $$;
COMMENT ON FUNCTION headway._file_may_become(text, text) IS 'Private. Which statuses may follow an imported file''s: the whole state machine.';

CREATE FUNCTION headway._import_status(w uuid, job uuid, run headway.runs) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    steps CONSTANT text[] := ARRAY['transferring', 'transcribing', 'analyzing'];
BEGIN
    IF NOT run.list_complete THEN
        RETURN 'discovering';
    END IF;
    RETURN steps[(SELECT min(s.step) FROM (VALUES ('queued', 1), ('downloading', 1), ('converting', 1), ('uploading', 1), ('transcribing', 2), ('analyzing', 3)) s (status, step)
                  WHERE EXISTS (SELECT FROM headway.bulk_import_files f WHERE f.workspace_id = w AND f.job_id = job AND f.status = s.status OFFSET 0))];
END $$;
COMMENT ON FUNCTION headway._import_status(uuid, uuid, headway.runs) IS
'Private. The status of a job under way: the earliest step that some file has before it, NULL when each has its end.';

CREATE FUNCTION headway._refresh_import(w uuid, run uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    r headway.runs;
BEGIN
    SELECT s.* INTO r FROM headway.runs s WHERE s.workspace_id = w AND s.id = run;
    UPDATE headway.bulk_import_jobs j SET total_files = r.total, processed_files = r.done, failed_files = r.failed, skipped_files = r.skipped,
        updated_at = clock_timestamp(), status = coalesce(headway._import_status(w, j.id, r), j.status)
    WHERE j.workspace_id = w AND j.run_id = run;
END $$;
COMMENT ON FUNCTION headway._refresh_import(uuid, uuid) IS 'Private. Has the job of a run show how far that is.';

CREATE FUNCTION headway._advance_files(w uuid, files uuid[], new_status text, reason text DEFAULT NULL) RETURNS int
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    run   uuid;
    moved text[];
BEGIN
    WITH moved AS (
        UPDATE headway.bulk_import_files f SET status = new_status, error = left(reason, 1000), updated_at = clock_timestamp()
        WHERE f.workspace_id = w AND f.id = ANY (files) AND headway._file_may_become(f.status, new_status) RETURNING f.id, f.job_id
    )
    SELECT j.run_id, array_agg(m.id::text) INTO run, moved FROM moved m JOIN headway.bulk_import_jobs j ON j.workspace_id = w AND j.id = m.job_id GROUP BY j.run_id;
    IF run IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM headway._move_items(w, run, moved,
        CASE WHEN new_status IN ('skipped', 'failed') THEN new_status WHEN new_status = 'completed' THEN 'processed'
             WHEN new_status IN ('transcribing', 'analyzing') THEN 'stored' ELSE 'listed' END, left(reason, 1000));
    PERFORM headway._refresh_import(w, run);
    RETURN cardinality(moved);
END $$;
COMMENT ON FUNCTION headway._advance_files(uuid, uuid[], text, text) IS
'Private. Gives files of one import their next status, with the reason where it is an end, and keeps the job in step; returns how many there are that this may follow for. Settling functions hold the run.';

CREATE FUNCTION headway._advance_file(w uuid, file uuid, new_status text, reason text DEFAULT NULL) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN headway._advance_files(w, ARRAY[file], new_status, reason) > 0;
END $$;
COMMENT ON FUNCTION headway._advance_file(uuid, uuid, text, text) IS
'Private. _advance_files() for one file; false when it is none or that may not follow.';

CREATE FUNCTION headway._file_of(w uuid, payload jsonb) RETURNS uuid
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN coalesce((payload ->> 'file_id')::uuid, (SELECT r.bulk_import_file_id FROM headway.recordings r
                                                    WHERE r.workspace_id = w AND r.id = (payload ->> 'recording_id')::uuid));
END $$;
COMMENT ON FUNCTION headway._file_of(uuid, jsonb) IS 'Private. The imported file that a task of this payload is about, NULL for other tasks.';

-- What follows the transcript of a recording and its analysis, where it was imported; nothing for others.

CREATE FUNCTION headway._after_transcript(w uuid, run uuid, recording uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    payload jsonb := jsonb_build_object('recording_id', recording);
BEGIN
    IF headway._advance_file(w, headway._file_of(w, payload), 'analyzing') THEN
        PERFORM headway._enqueue(w, run, 'analyse', jsonb_build_array(payload));
    END IF;
END $$;
COMMENT ON FUNCTION headway._after_transcript(uuid, uuid, uuid) IS
'Private. Has an imported recording analysed that has got its transcript, in the same run.';

CREATE FUNCTION headway._after_analysis(w uuid, recording uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    PERFORM headway._advance_file(w, headway._file_of(w, jsonb_build_object('recording_id', recording)), 'completed');
END $$;
COMMENT ON FUNCTION headway._after_analysis(uuid, uuid) IS 'Private. Completes the imported file of a recording that has been analysed.';

-- ---- failures, retries and the end -------------------------------------------------------------

CREATE FUNCTION headway._fail_file(held headway.tasks, problem jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    PERFORM headway._advance_file(held.workspace_id, headway._file_of(held.workspace_id, held.payload), 'failed',
        concat_ws(': ', problem ->> 'message', nullif(problem ->> 'detail', '')));
END $$;
COMMENT ON FUNCTION headway._fail_file(headway.tasks, jsonb) IS 'Private. Ends the file as failed that a task has failed for good about.';

CREATE FUNCTION headway._resume_files(w uuid, run uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    step  text;
    files uuid[];
BEGIN
    FOR step, files IN
        SELECT CASE t.kind WHEN 'transcribe' THEN 'transcribing' WHEN 'analyse' THEN 'analyzing' ELSE 'queued' END, array_agg(headway._file_of(w, t.payload))
        FROM headway.tasks t WHERE t.workspace_id = w AND t.run_id = run AND t.state = 'queued' GROUP BY 1 LOOP
        PERFORM headway._advance_files(w, files, step);
    END LOOP;
    UPDATE headway.bulk_import_jobs j SET status = 'transferring', error = NULL WHERE j.workspace_id = w AND j.run_id = run;
    PERFORM headway._refresh_import(w, run);
END $$;
COMMENT ON FUNCTION headway._resume_files(uuid, uuid) IS 'Private. Takes back what failed tasks did to the files of an import, which are tried again.';

CREATE FUNCTION headway._close_import(run headway.runs) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w   uuid := run.workspace_id;
    job headway.bulk_import_jobs;
BEGIN
    SELECT * INTO job FROM headway.bulk_import_jobs j WHERE j.workspace_id = w AND j.run_id = run.id;
    IF run.state = 'cancelled' THEN
        PERFORM headway._advance_files(w, ARRAY(SELECT f.id FROM headway.bulk_import_files f WHERE f.workspace_id = w AND f.job_id = job.id
            AND f.status NOT IN ('completed', 'failed', 'skipped')), 'skipped', 'the import was cancelled');
    END IF;
    PERFORM headway._refresh_import(w, run.id);
    UPDATE headway.bulk_import_jobs j SET
        status = CASE WHEN run.state = 'cancelled' THEN 'cancelled'
                      WHEN NOT run.list_complete OR j.total_files = 0 OR j.failed_files = j.total_files - j.skipped_files AND j.failed_files > 0 THEN 'failed'
                      ELSE 'completed' END,
        error = coalesce(run.error, CASE WHEN run.state <> 'cancelled' AND j.total_files = 0 THEN concat_ws('; ', 'no audio file was found', j.error) ELSE j.error END)
    WHERE j.workspace_id = w AND j.id = job.id;
    -- Nothing is left to ask the source for.
    DELETE FROM headway._credentials k WHERE k.workspace_id = w AND k.job_id = job.id AND run.state <> 'failed';
    DELETE FROM headway._bulk_pages p WHERE p.workspace_id = w AND p.job_id = job.id AND run.state <> 'failed';
END $$;
COMMENT ON FUNCTION headway._close_import(headway.runs) IS 'Private. Gives the job of a run that has ended its end.';
