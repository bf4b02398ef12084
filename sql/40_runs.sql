-- Runs: what people asked for; their ledger of records; the log.

CREATE TABLE headway.runs (
    workspace_id     uuid NOT NULL REFERENCES headway.workspaces (id) ON DELETE CASCADE,
    id               uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at       timestamptz NOT NULL DEFAULT now(),
    parent_id        uuid,
    connector_id     uuid,
    kind             text NOT NULL,
    params           jsonb NOT NULL DEFAULT '{}',
    state            text NOT NULL DEFAULT 'queued',
    total            int NOT NULL DEFAULT 0,
    done             int NOT NULL DEFAULT 0,
    skipped          int NOT NULL DEFAULT 0,
    failed           int NOT NULL DEFAULT 0,
    fetched          int NOT NULL DEFAULT 0,
    stored           int NOT NULL DEFAULT 0,
    already_known    int NOT NULL DEFAULT 0,
    features_created int NOT NULL DEFAULT 0,
    features_matched int NOT NULL DEFAULT 0,
    window_from      timestamptz,
    window_to        timestamptz,
    pages            int NOT NULL DEFAULT 0,
    min_seen         timestamptz,
    max_seen         timestamptz,
    list_complete    boolean NOT NULL DEFAULT false,
    open_tasks       int NOT NULL DEFAULT 0,
    error            text,
    requested_by     name NOT NULL,
    started_at       timestamptz,
    finished_at      timestamptz,
    is_reading       boolean NOT NULL DEFAULT false,
    open_lists       int NOT NULL DEFAULT 1,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, parent_id) REFERENCES headway.runs (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, connector_id) REFERENCES headway.connectors (workspace_id, id)
);
COMMENT ON TABLE headway.runs IS
'What somebody asked for. Every record of a run is in exactly one place: fetched = stored + already_known + skipped + failed once nothing is outstanding.';
COMMENT ON COLUMN headway.runs.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.runs.id IS 'What headway_ingest() returned.';
COMMENT ON COLUMN headway.runs.created_at IS 'When it was asked for.';
COMMENT ON COLUMN headway.runs.parent_id IS 'The run over several connectors that this one is a part of.';
COMMENT ON COLUMN headway.runs.connector_id IS 'The connector it reads.';
COMMENT ON COLUMN headway.runs.kind IS 'ingest, bulk_import, webhook, reprocess, link, transcribe, analyse or embed.';
COMMENT ON COLUMN headway.runs.params IS 'The options it was asked for with.';
COMMENT ON COLUMN headway.runs.state IS 'queued, running, done, failed (some task failed for good; headway_retry() tries again) or cancelled.';
COMMENT ON COLUMN headway.runs.total IS 'Records to deal with, as far as they are known yet.';
COMMENT ON COLUMN headway.runs.done IS 'Records dealt with: read and matched, or known before.';
COMMENT ON COLUMN headway.runs.skipped IS 'Records left out on purpose; run_items has the reason.';
COMMENT ON COLUMN headway.runs.failed IS 'Records that could not be stored or read; run_items has the reason.';
COMMENT ON COLUMN headway.runs.fetched IS 'Records that the vendor returned.';
COMMENT ON COLUMN headway.runs.stored IS 'Records that became messages, or recordings without a transcript.';
COMMENT ON COLUMN headway.runs.already_known IS 'Records that were there before.';
COMMENT ON COLUMN headway.runs.features_created IS 'Features that nobody had asked for before.';
COMMENT ON COLUMN headway.runs.features_matched IS 'Mentions of features that were known.';
COMMENT ON COLUMN headway.runs.window_from IS 'Start of the time window that was asked for; NULL while the run waits for another over the same connector.';
COMMENT ON COLUMN headway.runs.window_to IS 'Its end, not included.';
COMMENT ON COLUMN headway.runs.pages IS 'Pages read from the vendor''s list.';
COMMENT ON COLUMN headway.runs.min_seen IS 'Time of the earliest record returned.';
COMMENT ON COLUMN headway.runs.max_seen IS 'Time of the latest record returned.';
COMMENT ON COLUMN headway.runs.list_complete IS 'Whether the vendor''s list was read to its end, over every span of the window.';
COMMENT ON COLUMN headway.runs.open_tasks IS 'Tasks and child runs that are not finished.';
COMMENT ON COLUMN headway.runs.error IS 'Why it failed, in one line, with the connectors'' names in a run over several. In one that is done: what to look at all the same.';
COMMENT ON COLUMN headway.runs.requested_by IS 'The role that asked.';
COMMENT ON COLUMN headway.runs.started_at IS 'When its first task began.';
COMMENT ON COLUMN headway.runs.finished_at IS 'When its last task ended.';
COMMENT ON COLUMN headway.runs.is_reading IS 'Whether it is the one run that reads its connector.';
COMMENT ON COLUMN headway.runs.open_lists IS 'Lists not yet read to their end: one, or one for each span that a long window was cut into.';

CREATE INDEX runs_active ON headway.runs (workspace_id, id) WHERE state IN ('queued', 'running');
COMMENT ON INDEX headway.runs_active IS 'The runs that claiming shares the workers among.';
CREATE INDEX runs_created ON headway.runs (workspace_id, created_at);
COMMENT ON INDEX headway.runs_created IS 'Runs of a time, newest first.';
CREATE INDEX runs_parent ON headway.runs (workspace_id, parent_id) WHERE parent_id IS NOT NULL;
COMMENT ON INDEX headway.runs_parent IS 'The children of a run.';
CREATE INDEX runs_connector ON headway.runs (workspace_id, connector_id);
COMMENT ON INDEX headway.runs_connector IS 'The runs of a connector.';
CREATE UNIQUE INDEX runs_reading ON headway.runs (workspace_id, connector_id) WHERE is_reading;
COMMENT ON INDEX headway.runs_reading IS 'Never two runs read one connector at once.';

CREATE TABLE headway.run_items (
    workspace_id uuid NOT NULL,
    run_id       uuid NOT NULL,
    external_id  text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    outcome      text NOT NULL DEFAULT 'listed'
                 CHECK (outcome IN ('listed', 'stored', 'processed', 'already_known', 'skipped', 'failed')),
    reason       text,
    message_id   uuid,
    PRIMARY KEY (workspace_id, run_id, external_id),
    FOREIGN KEY (workspace_id, run_id) REFERENCES headway.runs (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE headway.run_items IS
'What became of each record that a run fetched: the ledger behind the run''s numbers. Nothing is lost without a row here.';
COMMENT ON COLUMN headway.run_items.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.run_items.run_id IS 'The run that fetched it.';
COMMENT ON COLUMN headway.run_items.external_id IS 'The record''s id at the source.';
COMMENT ON COLUMN headway.run_items.created_at IS 'When it was first seen in the run.';
COMMENT ON COLUMN headway.run_items.outcome IS
'listed (its details are outstanding), stored (a message, or a recording that is to be transcribed; reading it is outstanding), processed, already_known, skipped or failed.';
COMMENT ON COLUMN headway.run_items.reason IS 'Why it was skipped or failed.';
COMMENT ON COLUMN headway.run_items.message_id IS 'The message it became.';

CREATE INDEX run_items_message ON headway.run_items (workspace_id, run_id, message_id) WHERE message_id IS NOT NULL;
COMMENT ON INDEX headway.run_items_message IS 'The ledger''s row of a message.';

CREATE TABLE headway.log (
    workspace_id uuid NOT NULL,
    at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    id           uuid NOT NULL DEFAULT gen_random_uuid(),
    run_id       uuid,
    task_id      bigint,
    level        text NOT NULL CHECK (level IN ('debug', 'info', 'warning', 'error')),
    message      text NOT NULL,
    detail       jsonb,
    PRIMARY KEY (workspace_id, at, id)
);
COMMENT ON TABLE headway.log IS 'What happened, for people. Kept for headway.retention.';
COMMENT ON COLUMN headway.log.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.log.at IS 'When it happened.';
COMMENT ON COLUMN headway.log.id IS 'Tells rows of one moment apart.';
COMMENT ON COLUMN headway.log.run_id IS 'The run it is about.';
COMMENT ON COLUMN headway.log.task_id IS 'The task it is about.';
COMMENT ON COLUMN headway.log.level IS 'debug, info, warning or error; those below headway.log_level are not written.';
COMMENT ON COLUMN headway.log.message IS 'One line, without secrets and without customers'' words.';
COMMENT ON COLUMN headway.log.detail IS 'The values behind it.';

CREATE INDEX log_run ON headway.log (workspace_id, run_id, at);
COMMENT ON INDEX headway.log_run IS 'What happened in a run.';

CREATE FUNCTION headway._log(w uuid, run uuid, task bigint, level text, message text, detail jsonb DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    levels text[] := ARRAY['debug', 'info', 'warning', 'error'];
BEGIN
    IF array_position(levels, level) >= array_position(levels, headway._guc('headway.log_level')) THEN
        INSERT INTO headway.log (workspace_id, run_id, task_id, level, message, detail)
        VALUES (w, run, task, _log.level, _log.message, _log.detail);
    END IF;
END $$;
COMMENT ON FUNCTION headway._log(uuid, uuid, bigint, text, text, jsonb) IS 'Private. Writes a row of headway.log unless its level is below headway.log_level.';

CREATE FUNCTION headway._move_items(w uuid, run uuid, ids text[], new_outcome text, new_reason text DEFAULT NULL) RETURNS int
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    id  text;
    old text;
    was text[] := ARRAY[]::text[];
    n   int;
BEGIN
    -- From key to key: a plan for many at once, made while a run is small, goes through all its records when it has grown.
    FOREACH id IN ARRAY ids LOOP
        SELECT i.outcome INTO old FROM headway.run_items i WHERE i.workspace_id = w AND i.run_id = run AND i.external_id = id;
        IF old <> new_outcome THEN
            UPDATE headway.run_items i SET outcome = new_outcome, reason = new_reason
            WHERE i.workspace_id = w AND i.run_id = run AND i.external_id = id;
            was := was || old;
        END IF;
    END LOOP;
    n := cardinality(was);

    UPDATE headway.runs r SET
        stored        = r.stored        + n * (new_outcome IN ('stored', 'processed'))::int - d.stored,
        already_known = r.already_known + n * (new_outcome = 'already_known')::int - d.already_known,
        skipped       = r.skipped       + n * (new_outcome = 'skipped')::int - d.skipped,
        failed        = r.failed        + n * (new_outcome = 'failed')::int - d.failed,
        done          = r.done          + n * (new_outcome IN ('processed', 'already_known'))::int - d.done
    FROM (SELECT count(*) FILTER (WHERE o IN ('stored', 'processed'))::int AS stored,
                 count(*) FILTER (WHERE o = 'already_known')::int AS already_known,
                 count(*) FILTER (WHERE o = 'skipped')::int AS skipped,
                 count(*) FILTER (WHERE o = 'failed')::int AS failed,
                 count(*) FILTER (WHERE o IN ('processed', 'already_known'))::int AS done
          FROM unnest(was) o) d
    WHERE r.workspace_id = w AND r.id = run AND n > 0;
    RETURN n;
END $$;
COMMENT ON FUNCTION headway._move_items(uuid, uuid, text[], text, text) IS
'Private. Gives records of a run a new outcome and keeps the run''s numbers in step: the only place that changes either. Returns how many moved.';

CREATE FUNCTION headway._add_items(w uuid, run uuid, ids text[]) RETURNS text[]
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    added text[];
BEGIN
    WITH fresh AS (
        INSERT INTO headway.run_items AS i (workspace_id, run_id, external_id)
        SELECT DISTINCT w, run, given FROM unnest(ids) given
        ON CONFLICT DO NOTHING
        RETURNING i.external_id
    )
    SELECT array_agg(external_id) INTO added FROM fresh;
    UPDATE headway.runs r SET fetched = r.fetched + cardinality(added), total = r.total + cardinality(added)
    WHERE r.workspace_id = w AND r.id = run AND added IS NOT NULL;
    RETURN coalesce(added, '{}');
END $$;
COMMENT ON FUNCTION headway._add_items(uuid, uuid, text[]) IS
'Private. Enters records into a run''s ledger as listed; returns those that were not in it.';

CREATE FUNCTION headway._items_of(w uuid, run uuid, message uuid) RETURNS text[]
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN ARRAY(SELECT i.external_id FROM headway.run_items i
                 WHERE i.workspace_id = w AND i.run_id = run AND i.message_id = message);
END $$;
COMMENT ON FUNCTION headway._items_of(uuid, uuid, uuid) IS 'Private. The ledger''s records behind a message.';
