-- Signed URLs: a stored recording for whoever is given its address.

CREATE FUNCTION headway_signed_url(file uuid, expires interval DEFAULT '1 hour') RETURNS text
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_signed_url(uuid, interval) IS
'Gives an address by which anybody can read an imported file until it expires. Waits for a worker, which has the storage''s keys.
Arguments: file, an id in headway.bulk_import_files that is yours or, for an operator, the workspace''s; expires, from one second to seven days.
Result: the URL, of the storage provider supabase or s3.
Errors: 8W027 for a file that does not exist or is not stored yet, and for expires; 8W015 when no worker can be started; 8W016 when the storage gives none (the filesystem has no URLs).
Example: SELECT file_name, headway_signed_url(id, expires => ''10 minutes'') FROM headway.bulk_import_files WHERE status = ''completed'';';

CREATE FUNCTION headway._signed_url(caller name, file uuid, expires interval) RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    seconds bigint := extract(epoch FROM expires)::bigint;
    f       headway.bulk_import_files;
BEGIN
    IF seconds IS NULL OR seconds NOT BETWEEN 1 AND 7 * 86400 THEN
        RAISE EXCEPTION 'a URL lives from one second to seven days' USING ERRCODE = '8W027', DETAIL = format('expires is %s.', coalesce(expires::text, 'NULL'));
    END IF;
    SELECT s.* INTO f FROM headway.bulk_import_files s JOIN headway.bulk_import_jobs j ON j.workspace_id = s.workspace_id AND j.id = s.job_id
    WHERE s.id = file AND headway._sees_import(caller, j);
    IF f.storage_path IS NULL THEN
        RAISE EXCEPTION 'no such file is stored' USING ERRCODE = '8W027', DETAIL = format('The file is %s.', coalesce(file::text, 'NULL')),
            HINT = 'SELECT id, file_name FROM headway.bulk_import_files WHERE storage_path IS NOT NULL;';
    END IF;
    RETURN headway._inquire(headway._stored_at(f.workspace_id, f.storage_path)
                            || jsonb_build_object('kind', 'sign', 'workspace', f.workspace_id, 'seconds', seconds)) #>> '{}';
END $$;
COMMENT ON FUNCTION headway._signed_url(name, uuid, interval) IS 'Private. Twin of headway_signed_url().';
