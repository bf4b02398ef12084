-- How a bulk import's files get from step to step. A file's status and the run's ledger move together, in _advance_file()
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

CREATE FUNCTION headway._advance_file(w uuid, file uuid, new_status text, reason text DEFAULT NULL) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    run uuid;
BEGIN
    UPDATE headway.bulk_import_files f SET status = new_status, error = left(reason, 1000), updated_at = clock_timestamp()
    FROM headway.bulk_import_jobs j
    WHERE f.workspace_id = w AND f.id = file AND headway._file_may_become(f.status, new_status) AND j.workspace_id = w AND j.id = f.job_id
    RETURNING j.run_id INTO run;
    IF run IS NULL THEN
        RETURN false;
    END IF;
    PERFORM headway._move_items(w, run, ARRAY[file::text],
        CASE WHEN new_status IN ('skipped', 'failed') THEN new_status WHEN new_status = 'completed' THEN 'processed'
             WHEN new_status IN ('transcribing', 'analyzing') THEN 'stored' ELSE 'listed' END, left(reason, 1000));
    PERFORM headway._refresh_import(w, run);
    RETURN true;
END $$;
COMMENT ON FUNCTION headway._advance_file(uuid, uuid, text, text) IS
'Private. Gives an imported file its next status, with the reason where it is an end, and keeps its job in step; false when the file is none or that may not follow. Settling functions hold the run.';

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
    t headway.tasks;
BEGIN
    FOR t IN SELECT s.* FROM headway.tasks s WHERE s.workspace_id = w AND s.run_id = run AND s.state = 'queued' ORDER BY s.id LOOP
        PERFORM headway._advance_file(w, headway._file_of(w, t.payload),
            CASE t.kind WHEN 'transcribe' THEN 'transcribing' WHEN 'analyse' THEN 'analyzing' ELSE 'queued' END);
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
    w    uuid := run.workspace_id;
    job  headway.bulk_import_jobs;
    file uuid;
BEGIN
    SELECT * INTO job FROM headway.bulk_import_jobs j WHERE j.workspace_id = w AND j.run_id = run.id;
    IF run.state = 'cancelled' THEN
        FOR file IN SELECT f.id FROM headway.bulk_import_files f WHERE f.workspace_id = w AND f.job_id = job.id
                    AND f.status NOT IN ('completed', 'failed', 'skipped') LOOP
            PERFORM headway._advance_file(w, file, 'skipped', 'the import was cancelled');
        END LOOP;
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

-- ---- discover ----------------------------------------------------------------------------------

CREATE FUNCTION headway._import_source(w uuid, job headway.bulk_import_jobs) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT jsonb_build_object('source_url', job.source_url, 'job_id', job.id, 'user', job.requested_by, 'bucket', job.storage_bucket_name,
               'headers', (SELECT headway._sealed(k) FROM headway._credentials k WHERE k.workspace_id = w AND k.job_id = job.id))
$$;
COMMENT ON FUNCTION headway._import_source(uuid, headway.bulk_import_jobs) IS
'Private. What the tasks of an import need to know of it: {source_url, job_id, user, bucket, headers: sealed}.';

CREATE FUNCTION headway._input_discover(w uuid, task bigint, fence bigint) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t   headway.tasks := headway._hold(w, task, fence);
    job headway.bulk_import_jobs;
BEGIN
    IF t.id IS NULL THEN
        RETURN NULL;
    END IF;
    UPDATE headway.bulk_import_jobs j SET status = 'discovering', updated_at = clock_timestamp()
    WHERE j.workspace_id = w AND j.run_id = t.run_id AND j.status = 'queued';
    SELECT * INTO job FROM headway.bulk_import_jobs j WHERE j.workspace_id = w AND j.run_id = t.run_id;
    RETURN headway._import_source(w, job) || (SELECT r.params FROM headway.runs r WHERE r.workspace_id = w AND r.id = t.run_id);
END $$;
COMMENT ON FUNCTION headway._input_discover(uuid, bigint, bigint) IS
'Private. What looking for files needs: _import_source() with the options {max_depth, max_files, any_origin}; NULL when somebody else has the task.';

CREATE FUNCTION headway._imported_before(w uuid, job headway.bulk_import_jobs, url text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT CASE f.status WHEN 'completed' THEN 'imported before' WHEN 'skipped' THEN 'skipped before: ' || coalesce(f.error, '') ELSE 'is being imported already' END
    FROM headway.bulk_import_files f JOIN headway.bulk_import_jobs j ON j.workspace_id = w AND j.id = f.job_id
    WHERE f.workspace_id = w AND md5(f.source_url) = md5(url) AND f.source_url = url AND j.id <> job.id AND j.customer_id = job.customer_id
      AND (f.status = 'completed' OR f.status <> 'failed' AND j.status <> 'cancelled') AND f.error IS DISTINCT FROM 'imported before'
    ORDER BY f.status = 'completed' DESC, f.created_at DESC LIMIT 1
$$;
COMMENT ON FUNCTION headway._imported_before(uuid, headway.bulk_import_jobs, text) IS
'Private. Why a link needs not be imported again for the same customer; NULL when it is new, or has failed.';

CREATE FUNCTION headway._add_files(w uuid, job headway.bulk_import_jobs, links jsonb, most int) RETURNS int
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    room   int := most - (SELECT r.total FROM headway.runs r WHERE r.workspace_id = w AND r.id = job.run_id);
    fresh  uuid[];
    known  uuid[] := ARRAY[]::uuid[];
    file   headway.bulk_import_files;
    reason text;
BEGIN
    WITH link AS (
        SELECT f.value ->> 'url' AS url, f.value ->> 'name' AS name, f.n FROM jsonb_array_elements(links) WITH ORDINALITY f (value, n)
        WHERE NOT EXISTS (SELECT FROM headway.bulk_import_files o WHERE o.workspace_id = w AND o.job_id = job.id AND md5(o.source_url) = md5(f.value ->> 'url'))
        ORDER BY f.n LIMIT greatest(room, 0)
    ), entered AS (
        INSERT INTO headway.bulk_import_files AS f (workspace_id, job_id, source_url, file_name)
        SELECT w, job.id, l.url, l.name FROM link l ORDER BY l.n ON CONFLICT DO NOTHING RETURNING f.id
    )
    SELECT coalesce(array_agg(e.id), '{}') INTO fresh FROM entered e;
    PERFORM headway._add_items(w, job.run_id, fresh::text[]);
    FOR file IN SELECT f.* FROM headway.bulk_import_files f WHERE f.workspace_id = w AND f.id = ANY (fresh) LOOP
        reason := headway._imported_before(w, job, file.source_url);
        IF reason IS NOT NULL THEN
            known := known || file.id;
            PERFORM headway._advance_file(w, file.id, 'skipped', reason);
        END IF;
    END LOOP;
    PERFORM headway._enqueue(w, job.run_id, 'transfer', coalesce((SELECT jsonb_agg(jsonb_build_object('file_id', f.id)) FROM headway.bulk_import_files f
        WHERE f.workspace_id = w AND f.id = ANY (fresh) AND NOT f.id = ANY (known)), '[]'));
    RETURN cardinality(fresh);
END $$;
COMMENT ON FUNCTION headway._add_files(uuid, headway.bulk_import_jobs, jsonb, int) IS
'Private. Enters links [{url, name}] as files of a job, as many as there is room for, and has those fetched that were not imported before; returns how many are new in the job.';

CREATE FUNCTION headway._add_pages(w uuid, job headway.bulk_import_jobs, pages jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    most  CONSTANT int := 5000;
    fresh jsonb;
BEGIN
    WITH page AS (
        SELECT DISTINCT ON (md5(p.value ->> 'url')) p.value, md5(p.value ->> 'url') AS hash FROM jsonb_array_elements(pages) p
    ), entered AS (
        INSERT INTO headway._bulk_pages AS b (workspace_id, job_id, url_hash)
        SELECT w, job.id, p.hash FROM page p
        WHERE (SELECT count(*) FROM headway._bulk_pages o WHERE o.workspace_id = w AND o.job_id = job.id) < most
        ON CONFLICT DO NOTHING RETURNING b.url_hash
    )
    SELECT jsonb_agg(p.value) INTO fresh FROM page p JOIN entered e ON e.url_hash = p.hash;
    PERFORM headway._enqueue(w, job.run_id, 'discover', coalesce(fresh, '[]'), run_priority => 2);
END $$;
COMMENT ON FUNCTION headway._add_pages(uuid, headway.bulk_import_jobs, jsonb) IS
'Private. Has pages [{url, depth, is_rest}] looked at that were not yet; no more than some thousands for a job.';

CREATE FUNCTION headway._settle_discover(w uuid, task bigint, fence bigint, answer jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t     headway.tasks := headway._hold(w, task, fence);
    r     headway.runs;
    job   headway.bulk_import_jobs;
    most  int;
    new   int;
    notes text;
BEGIN
    IF t.id IS NULL THEN
        RETURN;
    END IF;
    SELECT * INTO r FROM headway.runs s WHERE s.workspace_id = w AND s.id = t.run_id;
    SELECT * INTO job FROM headway.bulk_import_jobs j WHERE j.workspace_id = w AND j.run_id = r.id FOR NO KEY UPDATE;
    most := (r.params ->> 'max_files')::int;
    new := headway._add_files(w, job, answer -> 'files', most);
    PERFORM headway._add_pages(w, job, answer -> 'pages');
    notes := concat_ws('; ', answer ->> 'note',
        CASE WHEN r.total + new >= most AND jsonb_array_length(answer -> 'files') > new THEN format('no more than max_files (%s) were taken', most) END,
        CASE WHEN (answer -> 'elsewhere')::int > 0 THEN format('%s links lead to other hosts, which any_origin => true would follow', answer ->> 'elsewhere') END,
        CASE WHEN (answer -> 'unreadable')::int > 0 THEN format('%s links are no URLs', answer ->> 'unreadable') END);
    IF notes <> '' THEN
        PERFORM headway._log(w, r.id, t.id, 'warning', 'not all of a page was followed: ' || notes, jsonb_build_object('page', t.payload -> 'url'));
        UPDATE headway.bulk_import_jobs j SET error = coalesce(j.error, notes) WHERE j.workspace_id = w AND j.id = job.id;
    END IF;
    IF answer ? 'problem' THEN
        PERFORM headway._log(w, r.id, t.id, 'warning', 'a link could not be looked at', (answer -> 'problem') || jsonb_build_object('page', t.payload -> 'url'));
    END IF;
    UPDATE headway.runs s SET pages = s.pages + 1, list_complete = NOT EXISTS (
        SELECT FROM headway.tasks o WHERE o.workspace_id = w AND o.run_id = r.id AND o.kind = 'discover' AND o.state <> 'done' AND o.id <> t.id)
    WHERE s.workspace_id = w AND s.id = r.id;
    PERFORM headway._refresh_import(w, r.id);
    PERFORM headway._finish(t);
END $$;
COMMENT ON FUNCTION headway._settle_discover(uuid, bigint, bigint, jsonb) IS
'Private. Takes what a page led to: {files: [{url, name}], pages: [{url, depth, is_rest}], elsewhere, unreadable, note, problem}.';

-- ---- transfer ----------------------------------------------------------------------------------

CREATE FUNCTION headway._input_transfer(w uuid, task bigint, fence bigint) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t    headway.tasks := headway._hold(w, task, fence);
    file headway.bulk_import_files;
    job  headway.bulk_import_jobs;
BEGIN
    SELECT * INTO file FROM headway.bulk_import_files f WHERE f.workspace_id = w AND f.id = (t.payload ->> 'file_id')::uuid;
    IF t.id IS NULL OR NOT headway._advance_file(w, file.id, 'downloading') THEN
        PERFORM headway._finish(t) WHERE t.id IS NOT NULL;
        RETURN NULL;
    END IF;
    SELECT * INTO job FROM headway.bulk_import_jobs j WHERE j.workspace_id = w AND j.id = file.job_id;
    RETURN headway._import_source(w, job) || jsonb_build_object('file_id', file.id, 'url', file.source_url, 'file_name', file.file_name,
        'speech', (SELECT p.provider FROM headway._providers p WHERE p.workspace_id = w AND p.purpose = 'speech'), 'storage', headway._provider_of(w, 'storage'));
END $$;
COMMENT ON FUNCTION headway._input_transfer(uuid, bigint, bigint) IS
'Private. What fetching a file needs: _import_source() with {file_id, url, file_name, speech: who transcribes, storage}; NULL when there is nothing to fetch.';

CREATE FUNCTION headway._note_transfer(w uuid, task bigint, fence bigint, new_status text, facts jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t    headway.tasks := headway._hold(w, task, fence);
    file headway.bulk_import_files;
    twin text;
BEGIN
    IF t.id IS NULL THEN
        RETURN NULL;
    END IF;
    UPDATE headway.bulk_import_files f SET size_bytes = coalesce((facts ->> 'size_bytes')::bigint, f.size_bytes), sha256 = coalesce(facts ->> 'sha256', f.sha256),
        format = coalesce(facts ->> 'format', f.format), codec = coalesce(facts ->> 'codec', f.codec),
        duration_seconds = coalesce((facts ->> 'duration_seconds')::int, f.duration_seconds)
    WHERE f.workspace_id = w AND f.id = (t.payload ->> 'file_id')::uuid RETURNING f.* INTO file;
    -- The first of those with the same content goes on; its status stands, under the run's lock, before the next one looks.
    SELECT o.source_url INTO twin FROM headway.bulk_import_files o JOIN headway.bulk_import_jobs j ON j.workspace_id = w AND j.id = o.job_id
    WHERE o.workspace_id = w AND o.sha256 = file.sha256 AND o.id <> file.id AND (o.status IN ('converting', 'uploading') OR o.storage_path IS NOT NULL)
      AND j.customer_id = (SELECT k.customer_id FROM headway.bulk_import_jobs k WHERE k.workspace_id = w AND k.id = file.job_id)
    LIMIT 1;
    IF twin IS NOT NULL THEN
        PERFORM headway._advance_file(w, file.id, 'skipped', 'the same content as ' || twin);
        PERFORM headway._finish(t);
        RETURN NULL;
    END IF;
    PERFORM headway._advance_file(w, file.id, new_status);
    RETURN '{}'::jsonb;
END $$;
COMMENT ON FUNCTION headway._note_transfer(uuid, bigint, bigint, text, jsonb) IS
'Private. Takes what is known of a file by now, {size_bytes, sha256, format, codec, duration_seconds}, and its next status; NULL when nothing more is to be done: somebody else has the task, or another file has the same content.';

CREATE FUNCTION headway._skip_transfer(w uuid, task bigint, fence bigint, reason text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t headway.tasks := headway._hold(w, task, fence);
BEGIN
    IF t.id IS NOT NULL THEN
        PERFORM headway._advance_file(w, headway._file_of(w, t.payload), 'skipped', reason);
        PERFORM headway._finish(t);
    END IF;
END $$;
COMMENT ON FUNCTION headway._skip_transfer(uuid, bigint, bigint, text) IS 'Private. Leaves a file out, for that reason.';

CREATE FUNCTION headway._settle_transfer(w uuid, task bigint, fence bigint, answer jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t         headway.tasks := headway._hold(w, task, fence);
    file      headway.bulk_import_files;
    recording uuid;
BEGIN
    IF t.id IS NULL THEN
        RETURN;
    END IF;
    UPDATE headway.bulk_import_files f SET storage_path = answer ->> 'storage_path'
    WHERE f.workspace_id = w AND f.id = (t.payload ->> 'file_id')::uuid RETURNING f.* INTO file;
    recording := headway._store_recording(w, NULL, NULL, jsonb_build_object('external_id', 'import/' || file.id, 'duration_seconds', file.duration_seconds,
        'media', jsonb_build_object('storage_path', file.storage_path, 'content_type', answer ->> 'content_type'),
        'metadata', jsonb_build_object('file_name', file.file_name)));
    UPDATE headway.recordings r SET bulk_import_file_id = file.id WHERE r.workspace_id = w AND r.id = recording;
    PERFORM headway._advance_file(w, file.id, 'transcribing');
    PERFORM headway._link_new(w, ARRAY[]::uuid[], ARRAY[recording]);
    PERFORM headway._enqueue(w, t.run_id, 'transcribe', jsonb_build_array(jsonb_build_object('recording_id', recording)));
    PERFORM headway._finish(t);
END $$;
COMMENT ON FUNCTION headway._settle_transfer(uuid, bigint, bigint, jsonb) IS
'Private. A file is stored, {storage_path, content_type}: makes its recording, linked to the job''s customer, and has it transcribed.';
