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
        mapped.problem := CASE WHEN jsonb_array_length(drafts) = 0 THEN 'the mapper returned no row'
                               WHEN jsonb_array_length(drafts) > 1 THEN 'the mapper returned more than one row'
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
                                         call_started_at, duration_seconds, media, metadata, said, sought_at)
    VALUES (w, connector, rec ->> 'external_id', message, rec ->> 'from_phone', rec ->> 'to_phone',
            @extschema@.headway_e164(rec ->> 'from_phone', region), @extschema@.headway_e164(rec ->> 'to_phone', region), rec ->> 'direction',
            started, (rec ->> 'duration_seconds')::int, rec -> 'media', coalesce(rec -> 'metadata', '{}'), headway._says(w, message, started),
            (rec ->> 'sought_at')::timestamptz)
    ON CONFLICT ON CONSTRAINT recordings_workspace_id_connector_id_external_id_key
    DO UPDATE SET message_id = coalesce(excluded.message_id, r.message_id), said = coalesce(excluded.said, r.said),
        media = coalesce(excluded.media, r.media),
        sought_at = CASE WHEN coalesce(excluded.message_id, r.message_id) IS NULL THEN greatest(excluded.sought_at, r.sought_at) END
    RETURNING r.id INTO recording;
    RETURN recording;
END $$;
COMMENT ON FUNCTION headway._store_recording(uuid, uuid, uuid, jsonb) IS
'Private. Stores a recording, {external_id, from_phone, to_phone, direction, call_started_at, duration_seconds, media, metadata, sought_at}; one that is known takes media and a transcript that come later.';

CREATE FUNCTION headway._recording_of(w uuid, source text, external_id text) RETURNS headway.recordings
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    recording headway.recordings;
BEGIN
    -- Locked first and looked at then, so that runs over two accounts that see the same call cannot both store it.
    PERFORM FROM headway.connectors c WHERE c.workspace_id = w AND c.type = source ORDER BY c.id FOR NO KEY UPDATE;
    SELECT r.* INTO recording FROM headway.connectors c
    JOIN headway.recordings r ON r.workspace_id = w AND r.connector_id = c.id AND r.external_id = _recording_of.external_id
    WHERE c.workspace_id = w AND c.type = source ORDER BY r.created_at LIMIT 1;
    RETURN recording;
END $$;
COMMENT ON FUNCTION headway._recording_of(uuid, text, text) IS
'Private. The recording that a connector of this type has stored under an id, all NULL when there is none; nobody else stores one before the transaction ends.';

CREATE FUNCTION headway._drafted_recording(draft headway.draft) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT jsonb_build_object('external_id', draft.external_id, 'call_started_at', draft.sent_at, 'duration_seconds', draft.duration_seconds)
           || jsonb_strip_nulls(draft.recording) - 'metadata' - 'sought_at'
    WHERE jsonb_typeof(draft.recording) = 'object'
$$;
COMMENT ON FUNCTION headway._drafted_recording(headway.draft) IS 'Private. The recording behind a draft as it is stored, NULL when there is none.';

CREATE FUNCTION headway._store_message(w uuid, connector uuid, source text, draft headway.draft) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    rec     jsonb := headway._drafted_recording(draft);
    message uuid;
BEGIN
    INSERT INTO headway.messages AS m (workspace_id, connector_id, source, external_id, title, content, turns, channel_name,
                                  author_name, author_email, language, metadata, sent_at)
    VALUES (w, connector, _store_message.source, draft.external_id, draft.title, draft.content, draft.turns, draft.channel_name,
            draft.author_name, draft.author_email, coalesce(draft.language, headway._language(draft.content)),
            coalesce(draft.metadata, '{}') || jsonb_strip_nulls(jsonb_build_object('parties', draft.parties, 'duration_seconds', draft.duration_seconds)),
            draft.sent_at)
    ON CONFLICT ON CONSTRAINT messages_workspace_id_source_external_id_key DO UPDATE
    SET content = excluded.content, turns = excluded.turns, metadata = excluded.metadata, language = coalesce(m.language, excluded.language)
    WHERE m.content IS NULL AND excluded.content IS NOT NULL
    RETURNING m.id INTO message;
    IF message IS NOT NULL AND rec IS NOT NULL THEN
        PERFORM headway._store_recording(w, coalesce((headway._recording_of(w, source, rec ->> 'external_id')).connector_id, connector), message, rec);
    END IF;
    RETURN message;
END $$;
COMMENT ON FUNCTION headway._store_message(uuid, uuid, text, headway.draft) IS
'Private. Stores a draft; its id, or NULL when it was known. A message without a transcript takes one that arrives later.';

CREATE FUNCTION headway._store_call(run headway.runs, source text, draft headway.draft, OUT recording uuid, OUT is_new boolean, OUT has_new_sound boolean)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    rec   jsonb := headway._drafted_recording(draft);
    known headway.recordings := headway._recording_of(run.workspace_id, source, rec ->> 'external_id');
BEGIN
    recording := headway._store_recording(run.workspace_id, coalesce(known.connector_id, run.connector_id), NULL, rec || jsonb_build_object(
        'metadata', coalesce(draft.metadata, '{}') || jsonb_strip_nulls(jsonb_build_object('title', draft.title, 'parties', draft.parties)),
        -- The first look does not count: the vendor may have left out by mistake what it has.
        'sought_at', CASE WHEN known.id IS NOT NULL AND (run.params ->> 'transcripts')::boolean THEN run.window_to END));
    is_new := known.id IS NULL;
    has_new_sound := known.message_id IS NULL AND headway._has_sound(rec -> 'media') AND NOT headway._has_sound(known.media);
END $$;
COMMENT ON FUNCTION headway._store_call(headway.runs, text, headway.draft) IS
'Private. Stores the recording behind a draft that has no transcript, and that it was looked for once more; whether the recording is new, and whether its sound is.';

CREATE FUNCTION headway._store_mapped(run headway.runs, source text, mapped headway._mapped, OUT message uuid, OUT recording uuid)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    wanted  boolean := (run.params ->> 'transcripts')::boolean;
    spoken  boolean := (mapped.draft).content IS NOT NULL;
    is_call boolean := NOT spoken AND headway._drafted_recording(mapped.draft) IS NOT NULL;
    reason  text := mapped.problem;
    outcome text := 'failed';
    is_new  boolean;
    sounds  boolean;
    code    text;
BEGIN
    IF reason IS NULL AND wanted AND NOT spoken AND NOT is_call THEN
        outcome := 'skipped';
        reason := 'no transcript yet';
    ELSIF reason IS NULL AND wanted AND NOT is_call THEN
        reason := headway._transcript_problem((mapped.draft).content);
    END IF;
    IF reason IS NULL THEN
        BEGIN
            IF is_call THEN
                SELECT * INTO recording, is_new, sounds FROM headway._store_call(run, source, mapped.draft);
            ELSE
                message := headway._store_message(run.workspace_id, run.connector_id, source, mapped.draft);
            END IF;
            -- There is nothing to read in a call without a transcript: it is dealt with, unless it is going to have one.
            outcome := CASE WHEN sounds AND headway._have_heard(run, recording, mapped.record_id) THEN 'stored' WHEN is_new THEN 'processed' WHEN message IS NOT NULL THEN 'stored' ELSE 'already_known' END;
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
END $$;
COMMENT ON FUNCTION headway._store_mapped(headway.runs, text, headway._mapped) IS
'Private. Stores one mapped record and writes its outcome to the ledger; its message''s id when that is new, or its recording''s when it has no transcript.';

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

CREATE FUNCTION headway._take(run headway.runs, source text, records headway._mapped[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    mapped     headway._mapped;
    message    uuid;
    recording  uuid;
    messages   uuid[] := ARRAY[]::uuid[];
    recordings uuid[] := ARRAY[]::uuid[];
BEGIN
    FOREACH mapped IN ARRAY records LOOP
        SELECT * INTO message, recording FROM headway._store_mapped(run, source, mapped);
        messages := array_remove(messages || message, NULL);
        recordings := array_remove(recordings || recording, NULL);
    END LOOP;
    PERFORM headway._link_new(run.workspace_id, messages, recordings);
    PERFORM headway._begin_reading(run, messages);
END $$;
COMMENT ON FUNCTION headway._take(headway.runs, text, headway._mapped[]) IS
'Private. Stores mapped records, links what is new, and has the conversations among it read.';

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

CREATE FUNCTION headway._untranscribed(run headway.runs, source text, ids text[], OUT settled text[], OUT open text[])
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    -- A transcript may come as late as the type's overlap says; then the call is asked about once more, and no more.
    SELECT coalesce(array_agg(c.external_id) FILTER (WHERE c.is_settled), '{}'), coalesce(array_agg(c.external_id) FILTER (WHERE NOT c.is_settled), '{}')
    FROM (SELECT DISTINCT r.external_id, NOT (run.params ->> 'transcripts')::boolean OR coalesce(r.sought_at >= r.call_started_at
                     + make_interval(secs => coalesce((y.spec #>> '{list,overlap_seconds}')::float8, 0)), false) AS is_settled
          FROM headway.connector_types y JOIN headway.connectors n ON n.workspace_id = run.workspace_id AND n.type = y.name
          JOIN headway.recordings r ON r.workspace_id = run.workspace_id AND r.connector_id = n.id AND r.external_id = ANY (ids)
          WHERE y.name = source AND r.message_id IS NULL) c
$$;
COMMENT ON FUNCTION headway._untranscribed(headway.runs, text, text[]) IS
'Private. Which records are known as recordings without a transcript: those that are left at that, and those whose transcript may still come.';
