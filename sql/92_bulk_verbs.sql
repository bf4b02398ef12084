-- The verbs of bulk imports.

CREATE FUNCTION headway._import_address(url text) RETURNS jsonb
    LANGUAGE c STABLE STRICT
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_import_address';
COMMENT ON FUNCTION headway._import_address(text) IS
'Private. {url: in the one spelling that is kept, origin}; raises 8W027 for what is no URL of the web and for plain http to a host that is not allowed.';

CREATE FUNCTION headway._bucket_slug(customer_name text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    slug text := trim(BOTH '-' FROM left(regexp_replace(lower(customer_name COLLATE "C"), '[^a-z0-9]+', '-', 'g'), 35));
BEGIN
    RETURN CASE WHEN slug <> '' THEN slug ELSE left(md5(customer_name), 12) END;  -- of a name in another script nothing is left
END $$;
COMMENT ON FUNCTION headway._bucket_slug(text) IS 'Private. A customer''s name as a part of a bucket''s: "Acme Corp" is acme-corp.';

CREATE FUNCTION headway._import_bucket(w uuid, customer_name text) RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    prefix text := coalesce((SELECT p.settings ->> 'bucket_prefix' FROM headway._providers p WHERE p.workspace_id = w AND p.purpose = 'storage'), '');
    bucket text := prefix || 'customer-' || headway._bucket_slug(customer_name);
BEGIN
    -- Named "-analysis" at its end, a bucket has at most 63 characters.
    IF bucket !~ '^[a-z0-9][a-z0-9-]{1,52}[a-z0-9]$' THEN
        RAISE EXCEPTION 'the bucket''s name is not valid' USING ERRCODE = '8W027', DETAIL = format('It would be "%s".', bucket),
            HINT = 'bucket_prefix, a setting of the storage provider, may have 10 characters: a-z, 0-9 and "-".';
    END IF;
    -- The buckets for analyses count as well; who asks for one of these names at the same time waits here.
    PERFORM pg_advisory_xact_lock('headway.bulk_import_jobs'::regclass::oid::int, hashtext(regexp_replace(bucket, '(-analysis)+$', '')));
    IF EXISTS (SELECT FROM headway.bulk_import_jobs j WHERE j.workspace_id <> w
               AND ARRAY[j.storage_bucket_name, j.storage_bucket_name || '-analysis'] && ARRAY[bucket, bucket || '-analysis']) THEN
        RAISE EXCEPTION 'the bucket belongs to another workspace' USING ERRCODE = '8W027', DETAIL = format('Its name is "%s".', bucket),
            HINT = 'Give this workspace''s buckets names of their own: headway_set_provider(''storage'', ..., settings => ''{"bucket_prefix": "b-"}'').';
    END IF;
    RETURN bucket;
END $$;
COMMENT ON FUNCTION headway._import_bucket(uuid, text) IS
'Private. The bucket for a customer''s files; 8W027 when another workspace uses it or the one for its analyses. Until the transaction ends, no other has it.';

CREATE FUNCTION headway._named_customer(w uuid, customer_name text) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    customer uuid := (SELECT c.id FROM headway.customers c WHERE c.workspace_id = w AND lower(c.name) = lower(customer_name)
                      ORDER BY c.name = customer_name DESC, c.created_at, c.id LIMIT 1);
BEGIN
    IF customer IS NULL THEN
        INSERT INTO headway.customers AS c (workspace_id, name, region)
        VALUES (w, customer_name, (SELECT s.default_region FROM headway.workspaces s WHERE s.id = w)) RETURNING c.id INTO customer;
    END IF;
    RETURN customer;
END $$;
COMMENT ON FUNCTION headway._named_customer(uuid, text) IS 'Private. The customer of a name, whatever its case, made where there is none.';

CREATE FUNCTION headway._check_import(customer_name text, max_depth int, max_files int, headers jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    IF coalesce(trim(customer_name), '') = '' OR length(customer_name) > 200 THEN
        RAISE EXCEPTION 'the customer''s name must have 1 to 200 characters' USING ERRCODE = '8W027', DETAIL = format('It has %s.', coalesce(length(customer_name), 0));
    ELSIF max_depth IS NULL OR max_depth NOT BETWEEN 1 AND 10 OR max_files IS NULL OR max_files NOT BETWEEN 1 AND 100000 THEN
        RAISE EXCEPTION 'a number is out of range' USING ERRCODE = '8W027', DETAIL = format('max_depth is %s, max_files %s.', max_depth, max_files),
            HINT = 'max_depth: 1 to 10; max_files: 1 to 100000.';
    ELSIF EXISTS (SELECT FROM jsonb_object_keys(CASE jsonb_typeof(headers) WHEN 'object' THEN headers ELSE '{}' END) k WHERE k !~ '^[A-Za-z0-9_-]{1,100}$') THEN
        RAISE EXCEPTION 'a header''s name is not valid' USING ERRCODE = '8W006', HINT = 'Give them as {"Authorization": "Bearer ..."}.';
    END IF;
END $$;
COMMENT ON FUNCTION headway._check_import(text, int, int, jsonb) IS 'Private. Raises 8W027 or 8W006 for what cannot be imported like that.';

CREATE FUNCTION headway._check_analyst(w uuid, provider text) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    IF provider <> 'builtin' AND NOT EXISTS (SELECT FROM headway._providers p WHERE p.workspace_id = w AND p.purpose LIKE 'llm%' AND p.provider = _check_analyst.provider) THEN
        RAISE EXCEPTION 'the workspace has no such provider' USING ERRCODE = '8W014', DETAIL = format('The provider is "%s".', provider),
            HINT = format('headway_set_provider(''llm'', %L, ...) sets it; builtin is always there.', provider);
    END IF;
    IF NOT EXISTS (SELECT FROM headway._providers p WHERE p.workspace_id = w AND p.purpose = 'speech') THEN
        RAISE WARNING 'the workspace has no provider for speech'
            USING DETAIL = 'The files are fetched and stored; then they wait for a transcript that nobody makes.',
                  HINT = 'Set one with headway_set_provider(''speech'', ...), before or during the import; headway_retry() tries those that have failed.';
    END IF;
END $$;
COMMENT ON FUNCTION headway._check_analyst(uuid, text) IS
'Private. Raises 8W014 for a provider that the workspace has not set, and warns where nobody transcribes.';

CREATE FUNCTION headway._import_result(job headway.bulk_import_jobs, message text) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT jsonb_build_object('success', true, 'job_id', job.id, 'customer_name', job.customer_name, 'storage_bucket_name', job.storage_bucket_name, 'message', message)
$$;
COMMENT ON FUNCTION headway._import_result(headway.bulk_import_jobs, text) IS 'Private. What headway_bulk_import() returns.';

CREATE FUNCTION headway_bulk_import(customer_name text, source_url text, provider text DEFAULT NULL, workspace text DEFAULT NULL,
                                    max_depth int DEFAULT 1, max_files int DEFAULT 10000, any_origin boolean DEFAULT false,
                                    headers jsonb DEFAULT '{}', extract_features boolean DEFAULT false) RETURNS jsonb
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker_secretly';
COMMENT ON FUNCTION headway_bulk_import(text, text, text, text, int, int, boolean, jsonb, boolean) IS
'Imports all audio behind an address: finds the files, brings each one over, stores it, has it transcribed and analysed. Only queues the work; a background worker begins when you commit. The same again takes what is new or has failed.
Arguments: customer_name, whose calls these are, found by name or created; source_url, a file, a web page, a directory listing, a bucket''s XML listing, a feed, a playlist or JSON; provider, who analyses, the workspace''s llm by default; workspace, id or name; max_depth, how many levels of links to follow, 1 for those of the page itself; max_files, how many files at most; any_origin, whether to fetch from other hosts than the address''s; headers, sent to the address''s host alone and kept sealed, each a text, {"env": "VARIABLE"} or {"file": "/path"}; extract_features, whether the calls are read for features too.
Result: {success, job_id, customer_name, storage_bucket_name, message}. The job_id is also the run for CALL headway_wait(), headway_cancel() and headway_retry(). While the same import is under way, its job.
Errors: 8W001 for the workspace, 8W006 for the headers, 8W007 for the keyring file, 8W014 for the provider, 8W027 for the address, a number or the bucket.
Example: SELECT headway_bulk_import(''Acme Corp'', ''https://example.com/audio-files'');';

CREATE FUNCTION headway._bulk_import(caller name, customer_name text, source_url text, provider text, workspace text, max_depth int, max_files int,
                                     any_origin boolean, headers jsonb, extract_features boolean) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w        uuid := headway._workspace(caller, workspace);
    given    jsonb := coalesce(headers, '{}');
    address  jsonb := headway._import_address(coalesce(source_url, ''));
    options  jsonb := jsonb_build_object('max_depth', max_depth, 'max_files', max_files, 'any_origin', coalesce(any_origin, false),
                                         'transcripts', true, 'extract_features', coalesce(extract_features, false));
    customer uuid;
    job      headway.bulk_import_jobs;
BEGIN
    PERFORM headway._check_import(customer_name, max_depth, max_files, given);
    PERFORM headway._check_credentials(caller, '[]', given, (SELECT coalesce(jsonb_agg(k), '[]') FROM jsonb_object_keys(
        CASE jsonb_typeof(given) WHEN 'object' THEN given ELSE '{}' END) k));
    PERFORM headway._check_analyst(w, provider);
    PERFORM headway._notice_without_tick();
    -- Two equal calls at once make one customer and one import.
    PERFORM 1 FROM headway.workspaces s WHERE s.id = w FOR NO KEY UPDATE;
    customer := headway._named_customer(w, trim(customer_name));
    SELECT * INTO job FROM headway.bulk_import_jobs j
    WHERE j.workspace_id = w AND j.customer_id = customer AND j.source_url = address ->> 'url' AND j.status NOT IN ('completed', 'failed', 'cancelled') LIMIT 1;
    IF job.id IS NOT NULL THEN
        RETURN headway._import_result(job, 'the same import is under way');
    END IF;
    job.storage_bucket_name := headway._import_bucket(w, trim(customer_name));
    job.run_id := headway._create_run(w, caller, 'bulk_import', options);
    INSERT INTO headway.bulk_import_jobs AS j (workspace_id, id, run_id, customer_id, customer_name, source_url, provider, storage_bucket_name, requested_by)
    VALUES (w, job.run_id, job.run_id, customer, trim(_bulk_import.customer_name), address ->> 'url', _bulk_import.provider, job.storage_bucket_name, caller)
    RETURNING j.* INTO job;
    IF jsonb_strip_nulls(given) <> '{}' THEN
        PERFORM headway._store_credentials(w, NULL, address ->> 'origin', jsonb_strip_nulls(given), job => job.id);
    END IF;
    PERFORM headway._add_pages(w, job, jsonb_build_array(jsonb_build_object('url', address ->> 'url', 'depth', 0, 'is_rest', true)), 1);
    RETURN headway._import_result(job, format('the import has begun: CALL headway_wait(%L);', job.id));
END $$;
COMMENT ON FUNCTION headway._bulk_import(name, text, text, text, text, int, int, boolean, jsonb, boolean) IS 'Private. Twin of headway_bulk_import().';

CREATE FUNCTION headway._sees_import(caller name, job headway.bulk_import_jobs) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT job.workspace_id = ANY (headway.visible_workspaces(caller))
       AND (job.requested_by = caller OR pg_has_role(caller, 'headway_operator', 'USAGE') OR pg_has_role(caller, 'headway_worker', 'USAGE'))
$$;
COMMENT ON FUNCTION headway._sees_import(name, headway.bulk_import_jobs) IS
'Private. Whether somebody sees a job: members of its workspace their own, operators all.';

CREATE FUNCTION headway_bulk_import_status(job uuid, include_files boolean DEFAULT false) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    j headway.bulk_import_jobs := (SELECT s FROM headway.bulk_import_jobs s WHERE s.id = job AND headway._sees_import(current_user, s));
    p headway.run_progress;
BEGIN
    IF j.id IS NULL THEN
        RAISE EXCEPTION 'unknown import' USING ERRCODE = '8W010', DETAIL = format('The job is %s.', coalesce(job::text, 'NULL')),
            HINT = 'SELECT job_id, status FROM headway_bulk_import_jobs();';
    END IF;
    SELECT * INTO p FROM headway.run_progress r WHERE r.workspace_id = j.workspace_id AND r.run_id = j.run_id;
    RETURN jsonb_build_object('job_id', j.id, 'status', j.status, 'customer_name', j.customer_name, 'total_files', j.total_files,
        'processed_files', j.processed_files, 'failed_files', j.failed_files, 'skipped_files', j.skipped_files,
        'progress_percentage', CASE WHEN j.status IN ('completed', 'failed', 'cancelled') THEN 100 ELSE least(p.percent, 99) END,
        'files_per_minute', p.rate, 'eta_seconds', round(extract(epoch FROM p.eta)), 'error', j.error, 'created_at', j.created_at, 'updated_at', j.updated_at)
        || CASE WHEN include_files THEN jsonb_build_object('files', coalesce((
            SELECT jsonb_agg(jsonb_build_object('file_id', f.id, 'source_url', f.source_url, 'file_name', f.file_name, 'status', f.status, 'error', f.error,
                       'format', f.format, 'codec', f.codec, 'size_bytes', f.size_bytes, 'duration_seconds', f.duration_seconds,
                       'storage_path', f.storage_path) ORDER BY f.created_at, f.file_name, f.id)
            FROM headway.bulk_import_files f WHERE f.workspace_id = j.workspace_id AND f.job_id = j.id), '[]')) ELSE '{}' END;
END $$;
COMMENT ON FUNCTION headway_bulk_import_status(uuid, boolean) IS
'How far a bulk import is.
Arguments: job, the job_id of headway_bulk_import(); include_files, whether to tell of each file.
Result: {job_id, status, customer_name, total_files, processed_files, failed_files, skipped_files, progress_percentage, files_per_minute, eta_seconds, error, created_at, updated_at, files}; files, when asked for: [{file_id, source_url, file_name, status, error, format, codec, size_bytes, duration_seconds, storage_path}].
Errors: 8W010 for a job that does not exist or that you do not see.
Example: SELECT headway_bulk_import_status(job_id, include_files => true) FROM headway_bulk_import_jobs() LIMIT 1;';

CREATE FUNCTION headway_bulk_import_jobs(max_items int DEFAULT 50, skip_items int DEFAULT 0, workspace text DEFAULT NULL)
    RETURNS TABLE (job_id uuid, status text, customer_name text, source_url text, storage_bucket_name text, total_files int, processed_files int,
                   failed_files int, skipped_files int, error text, requested_by name, created_at timestamptz, updated_at timestamptz)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w uuid := headway._workspace(current_user, workspace);
BEGIN
    IF max_items IS NULL OR max_items < 0 OR skip_items IS NULL OR skip_items < 0 THEN
        RAISE EXCEPTION 'a number is out of range' USING ERRCODE = '8W027', DETAIL = format('max_items is %s, skip_items %s.', max_items, skip_items),
            HINT = 'Both must be 0 or more.';
    END IF;
    RETURN QUERY SELECT j.id, j.status, j.customer_name, j.source_url, j.storage_bucket_name, j.total_files, j.processed_files, j.failed_files,
        j.skipped_files, j.error, j.requested_by, j.created_at, j.updated_at
    FROM headway.bulk_import_jobs j WHERE j.workspace_id = w AND headway._sees_import(current_user, j)
    ORDER BY j.created_at DESC, j.id LIMIT max_items OFFSET skip_items;
END $$;
COMMENT ON FUNCTION headway_bulk_import_jobs(int, int, text) IS
'The bulk imports of a workspace, newest first: your own, or all of them for an operator.
Arguments: max_items, skip_items; workspace, id or name.
Result: one row for each job.
Errors: 8W001 for the workspace, 8W027 for a number out of range.
Example: SELECT job_id, status, processed_files, total_files FROM headway_bulk_import_jobs();';
