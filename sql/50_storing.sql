-- Storing: from a vendor's records, through a mapper, to messages.

CREATE TYPE headway._mapped AS (record_id text, draft headway.draft, problem text);
COMMENT ON TYPE headway._mapped IS 'Private. One record after its mapper: a draft, or why there is none.';
COMMENT ON COLUMN headway._mapped.record_id IS 'The record''s id by the spec.';
COMMENT ON COLUMN headway._mapped.draft IS 'What the mapper made of it.';
COMMENT ON COLUMN headway._mapped.problem IS 'Why there is no draft.';

CREATE FUNCTION headway._map_one(mapper text, record jsonb, settings jsonb) RETURNS headway._mapped
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    mapped headway._mapped;
    drafts jsonb;
    code   text;
BEGIN
    mapped.record_id := record ->> 'id';
    BEGIN
        drafts := headway._run_mapper(mapper, jsonb_build_array(record - 'id' - 'at'), settings);
        mapped.draft := jsonb_populate_record(NULL::headway.draft, drafts -> 0);
        mapped.problem := CASE WHEN jsonb_array_length(drafts) <> 1 THEN format('the mapper returned %s rows', jsonb_array_length(drafts))
                               WHEN (mapped.draft).external_id IS DISTINCT FROM mapped.record_id THEN 'the mapper gave it another external_id' END;
    EXCEPTION WHEN SQLSTATE '8W013' THEN
        mapped.problem := 'the mapper took longer than 5 seconds';
    WHEN OTHERS THEN
        -- Only the code: the text of such an error quotes the record.
        GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE;
        mapped.problem := format('the mapper raised error %s', code);
    END;
    RETURN mapped;
END $$;
COMMENT ON FUNCTION headway._map_one(text, jsonb, jsonb) IS 'Private. Maps one record; an error costs this record only.';

CREATE FUNCTION headway._map(mapper text, records jsonb, settings jsonb) RETURNS SETOF headway._mapped
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    -- A record is larger than its transcript: every sentence has its times, and other fields come with it.
    largest bigint := headway._guc('headway.max_transcript_bytes')::bigint * 1024 * 4;
    -- One record after the other may take so long altogether.
    until   timestamptz := clock_timestamp() + interval '10 seconds';
    drafts  jsonb;
    record  jsonb;
    mine    jsonb;
    problem text;
BEGIN
    RETURN QUERY SELECT r ->> 'id', NULL::headway.draft, format('the record has %s bytes, four times headway.max_transcript_bytes or more', octet_length(r::text))
        FROM jsonb_array_elements(records) r WHERE octet_length(r::text) >= largest;
    IF FOUND THEN
        records := (SELECT coalesce(jsonb_agg(r), '[]') FROM jsonb_array_elements(records) r WHERE octet_length(r::text) < largest);
    END IF;
    BEGIN
        drafts := headway._run_mapper(mapper, (SELECT coalesce(jsonb_agg(r - 'id' - 'at'), '[]') FROM jsonb_array_elements(records) r), settings);
        IF jsonb_array_length(drafts) <> jsonb_array_length(records) THEN
            drafts := NULL;
        END IF;
    EXCEPTION WHEN SQLSTATE '8W013' THEN
        problem := 'the mapper took longer than 5 seconds';
    WHEN OTHERS THEN
        drafts := NULL;
    END;
    FOR record IN SELECT * FROM jsonb_array_elements(records) LOOP
        -- Together where that works; one by one where a record spoils it or cannot be told apart.
        SELECT d INTO mine FROM jsonb_array_elements(drafts) d WHERE d ->> 'external_id' = record ->> 'id';
        IF mine IS NULL AND clock_timestamp() > until THEN
            problem := coalesce(problem, 'the mapper takes too long for one record after the other');
        END IF;
        RETURN NEXT CASE WHEN mine IS NOT NULL THEN (record ->> 'id', jsonb_populate_record(NULL::headway.draft, mine), NULL)::headway._mapped
                         WHEN problem IS NOT NULL THEN (record ->> 'id', NULL, problem)::headway._mapped
                         ELSE headway._map_one(mapper, record, settings) END;
    END LOOP;
END $$;
COMMENT ON FUNCTION headway._map(text, jsonb, jsonb) IS
'Private. A mapper''s drafts for an array of {id, record, children}, each with the record it belongs to.';

CREATE FUNCTION headway._refusal(draft headway.draft, params jsonb, settings jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT CASE
        WHEN draft.is_private AND NOT coalesce((settings ->> 'include_private')::boolean, false) THEN 'private'
        WHEN draft.duration_seconds < (params ->> 'min_duration')::int THEN 'shorter than min_duration'
        WHEN draft.sent_at IS NULL THEN 'the record has no time'
    END
$$;
COMMENT ON FUNCTION headway._refusal(headway.draft, jsonb, jsonb) IS 'Private. Why a record is left out, NULL when it is wanted.';

CREATE FUNCTION headway._store_recording(w uuid, connector uuid, message uuid, rec jsonb) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    region    text := (SELECT s.default_region FROM headway.workspaces s WHERE s.id = w);
    started   timestamptz := (rec ->> 'call_started_at')::timestamptz;
    recording uuid;
BEGIN
    INSERT INTO headway.recordings AS r (workspace_id, connector_id, external_id, message_id, from_phone, to_phone, from_e164, to_e164, direction,
                                         call_started_at, duration_seconds, media, metadata, said)
    VALUES (w, connector, rec ->> 'external_id', message, rec ->> 'from_phone', rec ->> 'to_phone',
            @extschema@.headway_e164(rec ->> 'from_phone', region), @extschema@.headway_e164(rec ->> 'to_phone', region), rec ->> 'direction',
            started, (rec ->> 'duration_seconds')::int, rec -> 'media', coalesce(rec -> 'metadata', '{}'), headway._says(w, message, started))
    ON CONFLICT ON CONSTRAINT recordings_workspace_id_connector_id_external_id_key
    DO UPDATE SET message_id = coalesce(excluded.message_id, r.message_id), said = coalesce(excluded.said, r.said)
    RETURNING r.id INTO recording;
    RETURN recording;
END $$;
COMMENT ON FUNCTION headway._store_recording(uuid, uuid, uuid, jsonb) IS
'Private. Stores a recording, {external_id, from_phone, to_phone, direction, call_started_at, duration_seconds, media, metadata}; one that is known takes a transcript that comes later.';

CREATE FUNCTION headway._store_message(w uuid, connector uuid, source text, draft headway.draft) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    message uuid;
BEGIN
    INSERT INTO headway.messages AS m (workspace_id, connector_id, source, external_id, title, content, turns, channel_name,
                                  author_name, author_email, language, metadata, sent_at)
    VALUES (w, connector, _store_message.source, draft.external_id, draft.title, draft.content, draft.turns, draft.channel_name,
            draft.author_name, draft.author_email, draft.language,
            coalesce(draft.metadata, '{}') || jsonb_strip_nulls(jsonb_build_object('parties', draft.parties, 'duration_seconds', draft.duration_seconds)),
            draft.sent_at)
    ON CONFLICT ON CONSTRAINT messages_workspace_id_source_external_id_key DO UPDATE
    SET content = excluded.content, turns = excluded.turns, metadata = excluded.metadata
    WHERE m.content IS NULL AND excluded.content IS NOT NULL
    RETURNING m.id INTO message;
    IF message IS NOT NULL AND draft.recording IS NOT NULL AND draft.recording <> 'null' THEN
        PERFORM headway._store_recording(w, connector, message, jsonb_build_object('external_id', draft.external_id, 'call_started_at', draft.sent_at,
            'duration_seconds', draft.duration_seconds) || jsonb_strip_nulls(draft.recording) - 'metadata');
    END IF;
    RETURN message;
END $$;
COMMENT ON FUNCTION headway._store_message(uuid, uuid, text, headway.draft) IS
'Private. Stores a draft; its id, or NULL when it was known. A message without a transcript takes one that arrives later.';

CREATE FUNCTION headway._store_mapped(run headway.runs, source text, mapped headway._mapped) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    wanted  boolean := (run.params ->> 'transcripts')::boolean;
    reason  text := mapped.problem;
    outcome text := 'failed';
    code    text;
    message uuid;
BEGIN
    IF reason IS NULL AND wanted AND (mapped.draft).content IS NULL THEN
        outcome := 'skipped';
        reason := 'no transcript yet';
    ELSIF reason IS NULL AND wanted THEN
        reason := headway._transcript_problem((mapped.draft).content);
    END IF;
    IF reason IS NULL THEN
        BEGIN
            message := headway._store_message(run.workspace_id, run.connector_id, source, mapped.draft);
            outcome := CASE WHEN message IS NULL THEN 'already_known' ELSE 'stored' END;
        EXCEPTION WHEN data_exception OR integrity_constraint_violation OR program_limit_exceeded THEN
            GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE;
            reason := format('it could not be stored: error %s', code);
        END;
    END IF;
    PERFORM headway._move_items(run.workspace_id, run.id, ARRAY[mapped.record_id], outcome, reason);
    UPDATE headway.run_items i SET message_id = message
    WHERE i.workspace_id = run.workspace_id AND i.run_id = run.id AND i.external_id = mapped.record_id AND message IS NOT NULL;
    IF octet_length((mapped.draft).content) > 900 * 1024 AND message IS NOT NULL THEN
        PERFORM headway._log(run.workspace_id, run.id, NULL, 'warning', 'text beyond 900 kB is left out of the search index',
            jsonb_build_object('message_id', message, 'bytes', octet_length((mapped.draft).content)));
    END IF;
    RETURN message;
END $$;
COMMENT ON FUNCTION headway._store_mapped(headway.runs, text, headway._mapped) IS
'Private. Stores one mapped record and writes its outcome to the ledger; its message''s id when it is new.';

CREATE FUNCTION headway._begin_reading(run headway.runs, messages uuid[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    IF cardinality(messages) = 0 THEN
        RETURN;
    ELSIF (run.params ->> 'extract_features')::boolean AND (run.params ->> 'transcripts')::boolean THEN
        PERFORM headway._enqueue(run.workspace_id, run.id, 'extract',
            (SELECT jsonb_agg(jsonb_build_object('message_id', m)) FROM unnest(messages) m), run_priority => 1);
    ELSE
        PERFORM headway._move_items(run.workspace_id, run.id, ARRAY(SELECT i.external_id FROM headway.run_items i
            WHERE i.workspace_id = run.workspace_id AND i.run_id = run.id AND i.message_id = ANY (messages)), 'processed');
    END IF;
END $$;
COMMENT ON FUNCTION headway._begin_reading(headway.runs, uuid[]) IS
'Private. Queues the reading of new messages, or counts them as dealt with where none was asked for.';

CREATE FUNCTION headway._unread(w uuid, source text, ids text[]) RETURNS uuid[]
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    unread uuid[];
BEGIN
    -- Locked first and looked at then, so that two runs cannot both take one.
    unread := ARRAY(SELECT m.id FROM headway.messages m
                    WHERE m.workspace_id = w AND m.source = _unread.source AND m.external_id = ANY (ids)
                      AND m.content IS NOT NULL AND NOT m.is_processed ORDER BY m.id FOR NO KEY UPDATE);
    RETURN ARRAY(SELECT m.id FROM headway.messages m
                 WHERE m.workspace_id = w AND m.id = ANY (unread) AND NOT m.is_processed
                   AND NOT EXISTS (SELECT FROM headway.tasks t WHERE t.workspace_id = w AND t.message_id = m.id
                                   AND t.state IN ('queued', 'running', 'failed')));
END $$;
COMMENT ON FUNCTION headway._unread(uuid, text, text[]) IS
'Private. The known messages that nobody has read and no task is about: a run was cancelled, or was not to read them.';
