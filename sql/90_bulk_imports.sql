-- Bulk imports of audio: what was asked for, and what became of each file behind the address.

CREATE TABLE headway.bulk_import_jobs (
    workspace_id        uuid NOT NULL,
    id                  uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at          timestamptz NOT NULL DEFAULT now(),
    run_id              uuid NOT NULL,
    customer_id         uuid NOT NULL,
    customer_name       text NOT NULL,
    source_url          text NOT NULL,
    provider            text,
    storage_bucket_name text NOT NULL,
    status              text NOT NULL DEFAULT 'queued'
                        CHECK (status IN ('queued', 'discovering', 'transferring', 'transcribing', 'analyzing', 'completed', 'failed', 'cancelled')),
    total_files         int NOT NULL DEFAULT 0,
    processed_files     int NOT NULL DEFAULT 0,
    failed_files        int NOT NULL DEFAULT 0,
    skipped_files       int NOT NULL DEFAULT 0,
    error               text,
    requested_by        name NOT NULL,
    updated_at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, run_id) REFERENCES headway.runs (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, customer_id) REFERENCES headway.customers (workspace_id, id)
);
COMMENT ON TABLE headway.bulk_import_jobs IS
'Imports of all audio files behind an address: one row for each headway_bulk_import(). total_files = processed_files + failed_files + skipped_files once a job has ended.';
COMMENT ON COLUMN headway.bulk_import_jobs.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.bulk_import_jobs.id IS 'What headway_bulk_import() returned as job_id. It is the run''s id as well.';
COMMENT ON COLUMN headway.bulk_import_jobs.created_at IS 'When it was asked for.';
COMMENT ON COLUMN headway.bulk_import_jobs.run_id IS 'The run that works on it, for headway_wait(), headway_cancel() and headway_retry().';
COMMENT ON COLUMN headway.bulk_import_jobs.customer_id IS 'The customer whose calls these are.';
COMMENT ON COLUMN headway.bulk_import_jobs.customer_name IS 'The name that was given.';
COMMENT ON COLUMN headway.bulk_import_jobs.source_url IS 'The address that was given.';
COMMENT ON COLUMN headway.bulk_import_jobs.provider IS 'Who analyses the calls; NULL for the workspace''s provider.';
COMMENT ON COLUMN headway.bulk_import_jobs.storage_bucket_name IS 'The bucket that holds the files; its analyses are in the one of the same name with -analysis.';
COMMENT ON COLUMN headway.bulk_import_jobs.status IS
'queued, discovering (looking for files), then the earliest step that some file has before it: transferring, transcribing or analyzing; completed (each file has its end), failed (the address could not be read, or no file came through) or cancelled.';
COMMENT ON COLUMN headway.bulk_import_jobs.total_files IS 'Files found so far.';
COMMENT ON COLUMN headway.bulk_import_jobs.processed_files IS 'Files completed.';
COMMENT ON COLUMN headway.bulk_import_jobs.failed_files IS 'Files that failed; bulk_import_files.error says why.';
COMMENT ON COLUMN headway.bulk_import_jobs.skipped_files IS 'Files left out on purpose; bulk_import_files.error says why.';
COMMENT ON COLUMN headway.bulk_import_jobs.error IS 'Why it failed. In one that is completed: what to look at all the same.';
COMMENT ON COLUMN headway.bulk_import_jobs.requested_by IS 'The role that asked.';
COMMENT ON COLUMN headway.bulk_import_jobs.updated_at IS 'When it was changed last.';

CREATE INDEX bulk_import_jobs_created ON headway.bulk_import_jobs (workspace_id, created_at);
COMMENT ON INDEX headway.bulk_import_jobs_created IS 'Jobs of a time, newest first.';
CREATE INDEX bulk_import_jobs_customer ON headway.bulk_import_jobs (workspace_id, customer_id);
COMMENT ON INDEX headway.bulk_import_jobs_customer IS 'The imports of a customer.';
CREATE INDEX bulk_import_jobs_run ON headway.bulk_import_jobs (workspace_id, run_id);
COMMENT ON INDEX headway.bulk_import_jobs_run IS 'The job of a run.';
CREATE TABLE headway.bulk_import_files (
    workspace_id     uuid NOT NULL,
    id               uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at       timestamptz NOT NULL DEFAULT now(),
    job_id           uuid NOT NULL,
    source_url       text NOT NULL,
    file_name        text NOT NULL,
    format           text CHECK (format IN ('wav', 'mp3', 'm4a', 'webm', 'ogg', 'flac')),
    codec            text,
    size_bytes       bigint CHECK (size_bytes >= 0),
    duration_seconds int CHECK (duration_seconds >= 0),
    sha256           text,
    storage_path     text,
    status           text NOT NULL DEFAULT 'queued'
                     CHECK (status IN ('queued', 'downloading', 'converting', 'uploading', 'transcribing', 'analyzing', 'completed', 'failed', 'skipped')),
    error            text,
    updated_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, job_id) REFERENCES headway.bulk_import_jobs (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE headway.bulk_import_files IS 'The files of bulk imports: each link that was found, with how far it has come.';
COMMENT ON COLUMN headway.bulk_import_files.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.bulk_import_files.id IS 'Identifies the file, also for headway_signed_url().';
COMMENT ON COLUMN headway.bulk_import_files.created_at IS 'When it was found.';
COMMENT ON COLUMN headway.bulk_import_files.job_id IS 'The import that found it.';
COMMENT ON COLUMN headway.bulk_import_files.source_url IS 'Where it was found.';
COMMENT ON COLUMN headway.bulk_import_files.file_name IS 'Its name there.';
COMMENT ON COLUMN headway.bulk_import_files.format IS 'What its bytes are, whatever its name says: wav, mp3, m4a, webm, ogg or flac.';
COMMENT ON COLUMN headway.bulk_import_files.codec IS 'How the sound in it is coded, as ffprobe calls it.';
COMMENT ON COLUMN headway.bulk_import_files.size_bytes IS 'How many bytes came.';
COMMENT ON COLUMN headway.bulk_import_files.duration_seconds IS 'How long it plays; NULL when that is not known.';
COMMENT ON COLUMN headway.bulk_import_files.sha256 IS 'The hash of what came, in hex.';
COMMENT ON COLUMN headway.bulk_import_files.storage_path IS 'Where it is stored: bucket/user/job/file.';
COMMENT ON COLUMN headway.bulk_import_files.status IS
'queued -> downloading -> converting (where the transcriber needs it) -> uploading -> transcribing -> analyzing -> completed; or failed; or skipped: no audio, too large, the same content as another, imported before.';
COMMENT ON COLUMN headway.bulk_import_files.error IS 'Why it failed or was skipped.';
COMMENT ON COLUMN headway.bulk_import_files.updated_at IS 'When its status was changed last.';

-- By hashes, since an address may be longer than an index takes.
CREATE UNIQUE INDEX bulk_import_files_link ON headway.bulk_import_files (workspace_id, job_id, md5(source_url));
COMMENT ON INDEX headway.bulk_import_files_link IS 'A job has each link once.';
CREATE INDEX bulk_import_files_source ON headway.bulk_import_files (workspace_id, md5(source_url));
COMMENT ON INDEX headway.bulk_import_files_source IS 'Whether a link was imported before.';
CREATE INDEX bulk_import_files_status ON headway.bulk_import_files (workspace_id, job_id, status);
COMMENT ON INDEX headway.bulk_import_files_status IS 'The files of a job by how far they are.';
CREATE INDEX bulk_import_files_content ON headway.bulk_import_files (workspace_id, sha256) WHERE sha256 IS NOT NULL;
COMMENT ON INDEX headway.bulk_import_files_content IS 'Which files have the same content.';

CREATE TABLE headway._bulk_pages (
    workspace_id uuid NOT NULL,
    job_id       uuid NOT NULL,
    url_hash     text NOT NULL,
    PRIMARY KEY (workspace_id, job_id, url_hash),
    FOREIGN KEY (workspace_id, job_id) REFERENCES headway.bulk_import_jobs (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE headway._bulk_pages IS 'Private. The pages that imports have looked at or will, so that none is looked at twice.';
COMMENT ON COLUMN headway._bulk_pages.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway._bulk_pages.job_id IS 'The import.';
COMMENT ON COLUMN headway._bulk_pages.url_hash IS 'The MD5 hash of the page''s address.';

ALTER TABLE headway.recordings ADD bulk_import_file_id uuid,
    ADD FOREIGN KEY (workspace_id, bulk_import_file_id) REFERENCES headway.bulk_import_files (workspace_id, id);
COMMENT ON COLUMN headway.recordings.bulk_import_file_id IS 'The imported file that it was made from.';
CREATE UNIQUE INDEX recordings_bulk_file ON headway.recordings (workspace_id, bulk_import_file_id) WHERE bulk_import_file_id IS NOT NULL;
COMMENT ON INDEX headway.recordings_bulk_file IS 'The recording of an imported file.';

ALTER TABLE headway._credentials
    ADD FOREIGN KEY (workspace_id, job_id) REFERENCES headway.bulk_import_jobs (workspace_id, id) ON DELETE CASCADE;
