-- Bulk imports: bringing a file over, from the download to its recording.

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
    -- One that is stored and could only not be heard is there to be retried, in its own job.
    SELECT o.file_name INTO twin FROM headway.bulk_import_files o JOIN headway.bulk_import_jobs j ON j.workspace_id = w AND j.id = o.job_id
    WHERE o.workspace_id = w AND o.sha256 = file.sha256 AND o.id <> file.id
      AND (o.status IN ('converting', 'uploading', 'transcribing', 'analyzing', 'completed')
           OR o.status = 'failed' AND o.storage_path IS NOT NULL AND o.job_id = file.job_id)
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
