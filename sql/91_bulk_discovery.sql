-- Bulk imports: looking at a page for audio, and entering what it leads to.

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
      AND (f.status = 'completed' OR f.status <> 'failed' AND j.status <> 'cancelled')
      -- What was left out for another file's sake says nothing: that one is asked, and may have failed since.
      AND coalesce(f.error, '') NOT LIKE ALL (ARRAY['imported before', 'is being imported already', 'skipped before: %', 'the same content as %'])
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
    known  uuid[];
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
    FOR reason, known IN SELECT b.reason, array_agg(b.id) FROM (
        SELECT f.id, headway._imported_before(w, job, f.source_url) AS reason FROM headway.bulk_import_files f WHERE f.workspace_id = w AND f.id = ANY (fresh) OFFSET 0) b
        WHERE b.reason IS NOT NULL GROUP BY b.reason LOOP
        PERFORM headway._advance_files(w, known, 'skipped', reason);
    END LOOP;
    PERFORM headway._enqueue(w, job.run_id, 'transfer', coalesce((SELECT jsonb_agg(jsonb_build_object('file_id', f.id)) FROM headway.bulk_import_files f
        WHERE f.workspace_id = w AND f.id = ANY (fresh) AND f.status = 'queued'), '[]'));
    RETURN cardinality(fresh);
END $$;
COMMENT ON FUNCTION headway._add_files(uuid, headway.bulk_import_jobs, jsonb, int) IS
'Private. Enters links [{url, name}] as files of a job, as many as there is room for, and has those fetched that were not imported before; returns how many are new in the job.';

CREATE FUNCTION headway._add_pages(w uuid, job headway.bulk_import_jobs, pages jsonb, most int) RETURNS int
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    room     int := most - (SELECT count(*) FROM headway._bulk_pages o WHERE o.workspace_id = w AND o.job_id = job.id);
    fresh    jsonb;
    left_out int;
BEGIN
    WITH page AS (
        SELECT DISTINCT ON (g.hash) g.value, g.hash, g.n
        FROM (SELECT p.value, md5(p.value ->> 'url') AS hash, p.n FROM jsonb_array_elements(pages) WITH ORDINALITY p (value, n)) g
        WHERE NOT EXISTS (SELECT FROM headway._bulk_pages o WHERE o.workspace_id = w AND o.job_id = job.id AND o.url_hash = g.hash) ORDER BY g.hash, g.n
    ), entered AS (
        INSERT INTO headway._bulk_pages AS b (workspace_id, job_id, url_hash)
        SELECT w, job.id, p.hash FROM page p ORDER BY p.n LIMIT greatest(room, 0) RETURNING b.url_hash
    )
    SELECT jsonb_agg(p.value ORDER BY p.n) FILTER (WHERE e.url_hash IS NOT NULL), count(*) FILTER (WHERE e.url_hash IS NULL) INTO fresh, left_out
    FROM page p LEFT JOIN entered e ON e.url_hash = p.hash;
    PERFORM headway._enqueue(w, job.run_id, 'discover', coalesce(fresh, '[]'), run_priority => 2);
    RETURN left_out;
END $$;
COMMENT ON FUNCTION headway._add_pages(uuid, headway.bulk_import_jobs, jsonb, int) IS
'Private. Has pages [{url, depth, is_rest}] looked at that were not yet, no more than so many for a job in all; returns how many there was no room for.';

CREATE FUNCTION headway._stop_looking(w uuid, run uuid) RETURNS int
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    pages bigint[] := ARRAY(SELECT t.id FROM headway.tasks t WHERE t.workspace_id = w AND t.run_id = run AND t.kind = 'discover' AND t.state = 'queued');
BEGIN
    PERFORM headway._transition(w, pages, 'cancelled');
    PERFORM headway._count_ended(w, run, cardinality(pages), false);
    RETURN cardinality(pages);
END $$;
COMMENT ON FUNCTION headway._stop_looking(uuid, uuid) IS
'Private. Takes the pages out of the queue of a run that were still to be looked at; returns how many. The caller holds one that is open.';

CREATE FUNCTION headway._settle_discover(w uuid, task bigint, fence bigint, answer jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t        headway.tasks := headway._hold(w, task, fence);
    r        headway.runs;
    job      headway.bulk_import_jobs;
    most_pages CONSTANT int := 5000;
    most     int;
    new      int;
    is_full  boolean;
    left_out int;
    page     text := split_part(t.payload ->> 'url', '?', 1);  -- what follows may be a secret
    notes    text;
BEGIN
    IF t.id IS NULL THEN
        RETURN;
    END IF;
    SELECT * INTO r FROM headway.runs s WHERE s.workspace_id = w AND s.id = t.run_id;
    SELECT * INTO job FROM headway.bulk_import_jobs j WHERE j.workspace_id = w AND j.run_id = r.id FOR NO KEY UPDATE;
    most := (r.params ->> 'max_files')::int;
    new := headway._add_files(w, job, answer -> 'files', most);
    is_full := r.total + new >= most;
    left_out := headway._add_pages(w, job, answer -> 'pages', CASE WHEN is_full THEN 0 ELSE most_pages END);
    IF is_full THEN
        left_out := left_out + headway._stop_looking(w, r.id);
    END IF;
    notes := concat_ws('; ', answer ->> 'note',
        CASE WHEN is_full AND (jsonb_array_length(answer -> 'files') > new OR left_out > 0) THEN format('no more than max_files (%s) were taken', most)
             WHEN left_out > 0 THEN format('%s pages are not looked at, since an import has no more than %s', left_out, most_pages) END,
        CASE WHEN (answer -> 'elsewhere')::int > 0 THEN format('%s links lead to other hosts, which any_origin => true would follow', answer ->> 'elsewhere') END,
        CASE WHEN (answer -> 'unreadable')::int > 0 THEN format('%s links are no URLs', answer ->> 'unreadable') END);
    IF notes <> '' THEN
        PERFORM headway._log(w, r.id, t.id, 'warning', 'not all of a page was followed: ' || notes, jsonb_build_object('page', page));
        UPDATE headway.bulk_import_jobs j SET error = coalesce(j.error, notes) WHERE j.workspace_id = w AND j.id = job.id;
    END IF;
    IF answer ? 'problem' THEN
        PERFORM headway._log(w, r.id, t.id, 'warning', 'a link could not be looked at', (answer -> 'problem') || jsonb_build_object('page', page));
    END IF;
    UPDATE headway.runs s SET pages = s.pages + 1, list_complete = NOT EXISTS (
        SELECT FROM headway.tasks o WHERE o.workspace_id = w AND o.run_id = r.id AND o.kind = 'discover' AND o.state NOT IN ('done', 'cancelled') AND o.id <> t.id)
    WHERE s.workspace_id = w AND s.id = r.id;
    PERFORM headway._refresh_import(w, r.id);
    PERFORM headway._finish(t);
END $$;
COMMENT ON FUNCTION headway._settle_discover(uuid, bigint, bigint, jsonb) IS
'Private. Takes what a page led to: {files: [{url, name}], pages: [{url, depth, is_rest}], elsewhere, unreadable, note, problem}.';
