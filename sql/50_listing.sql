-- Listing and detail: from a vendor's records to stored messages.

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

CREATE FUNCTION headway._store_recording(w uuid, connector uuid, message uuid, draft headway.draft) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    rec jsonb := draft.recording;
BEGIN
    INSERT INTO headway.recordings (workspace_id, connector_id, external_id, message_id, from_phone, to_phone, direction,
                                    call_started_at, duration_seconds, media)
    VALUES (w, connector, coalesce(rec ->> 'external_id', draft.external_id), message, rec ->> 'from_phone', rec ->> 'to_phone',
            rec ->> 'direction', coalesce((rec ->> 'call_started_at')::timestamptz, draft.sent_at),
            coalesce((rec ->> 'duration_seconds')::int, draft.duration_seconds), rec -> 'media')
    ON CONFLICT (workspace_id, connector_id, external_id) DO UPDATE SET message_id = excluded.message_id;
END $$;
COMMENT ON FUNCTION headway._store_recording(uuid, uuid, uuid, headway.draft) IS 'Private. Stores the recording behind a message, if it is new.';

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
        PERFORM headway._store_recording(w, connector, message, draft);
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

CREATE FUNCTION headway._input_source(w uuid, task bigint, fence bigint) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t headway.tasks := headway._hold(w, task, fence);
    r headway.runs;
    c headway.connectors;
    k headway._credentials;
BEGIN
    SELECT * INTO r FROM headway.runs s WHERE s.workspace_id = w AND s.id = t.run_id;
    SELECT * INTO c FROM headway.connectors s WHERE s.workspace_id = w AND s.id = r.connector_id;
    SELECT * INTO k FROM headway._credentials s WHERE s.workspace_id = w AND s.connector_id = c.id;
    IF t.id IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN jsonb_build_object('connector_id', c.id, 'settings', c.settings,
        'spec', (SELECT y.spec FROM headway.connector_types y WHERE y.name = c.type),
        'suspended_seconds', extract(epoch FROM c.suspended_until - clock_timestamp()),
        'window_from', to_char(r.window_from AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'window_to', to_char(r.window_to AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'credentials', jsonb_build_object('id', k.id, 'key_id', k.key_id, 'origin', k.origin,
                                          'sealed', translate(encode(k.sealed, 'base64'), E'\n', '')));
END $$;
COMMENT ON FUNCTION headway._input_source(uuid, bigint, bigint) IS
'Private. What list and detail need: connector, spec, window, sealed credentials; NULL when the task is somebody else''s.';

CREATE FUNCTION headway._enter_page(run headway.runs, page int, listed jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    records jsonb;
    fresh   text[];
BEGIN
    -- A record without an id is entered under its place, so that it is not lost silently.
    SELECT coalesce(jsonb_agg(e.value || jsonb_build_object('nameless', e.value ->> 'id' = '',
               'id', coalesce(nullif(e.value ->> 'id', ''), format('page %s, record %s', page, e.n))) ORDER BY e.n), '[]')
    INTO records FROM jsonb_array_elements(listed) WITH ORDINALITY e (value, n);
    fresh := headway._add_items(run.workspace_id, run.id, ARRAY(SELECT e ->> 'id' FROM jsonb_array_elements(records) e));
    IF records <> '[]' AND fresh = '{}' THEN
        RETURN NULL;
    END IF;
    PERFORM headway._move_items(run.workspace_id, run.id, ARRAY(SELECT e ->> 'id' FROM jsonb_array_elements(records) e
        WHERE (e -> 'nameless')::boolean), 'failed', 'the record has no id');
    RETURN (SELECT coalesce(jsonb_agg(e.value - 'nameless' ORDER BY e.value ->> 'at', e.n), '[]')
            FROM jsonb_array_elements(records) WITH ORDINALITY e (value, n)
            WHERE e.value ->> 'id' = ANY (fresh) AND NOT (e.value -> 'nameless')::boolean);
END $$;
COMMENT ON FUNCTION headway._enter_page(headway.runs, int, jsonb) IS
'Private. Enters a page''s records in the ledger and gives those that are new to the run, oldest first; NULL when none of a page is.';

CREATE FUNCTION headway._room(w uuid, run uuid) RETURNS int
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT (r.params ->> 'max_items')::int - (r.fetched - r.already_known - r.skipped - r.failed)
    FROM headway.runs r WHERE r.workspace_id = w AND r.id = run
$$;
COMMENT ON FUNCTION headway._room(uuid, uuid) IS
'Private. How many more records a run may take than it has listed, stored or dealt with; below zero when a page brought more.';

CREATE FUNCTION headway._choose(run headway.runs, source text, mapper text, settings jsonb, records jsonb,
                                OUT chosen headway._mapped[], OUT beyond int)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    known  text[];
    mapped headway._mapped;
    reason text;
    room   int;
BEGIN
    known := ARRAY(SELECT m.external_id FROM headway.messages m
                   WHERE m.workspace_id = run.workspace_id AND m.source = _choose.source
                     AND m.external_id IN (SELECT e ->> 'id' FROM jsonb_array_elements(records) e)
                     AND (m.content IS NOT NULL OR NOT (run.params ->> 'transcripts')::boolean));
    PERFORM headway._move_items(run.workspace_id, run.id, known, 'already_known');
    IF (run.params ->> 'extract_features')::boolean THEN
        PERFORM headway._begin_reading(run, headway._unread(run.workspace_id, source, known));
    END IF;
    chosen := ARRAY[]::headway._mapped[];
    FOR mapped IN SELECT m.* FROM headway._map(mapper,
            coalesce((SELECT jsonb_agg(e) FROM jsonb_array_elements(records) e WHERE NOT e ->> 'id' = ANY (known)), '[]'), settings) m LOOP
        reason := headway._refusal(mapped.draft, run.params, settings);
        IF mapped.problem IS NOT NULL THEN
            PERFORM headway._move_items(run.workspace_id, run.id, ARRAY[mapped.record_id], 'failed', mapped.problem);
        ELSIF reason IS NOT NULL THEN
            PERFORM headway._move_items(run.workspace_id, run.id, ARRAY[mapped.record_id], 'skipped', reason);
        ELSE
            chosen := chosen || mapped;
        END IF;
    END LOOP;
    -- Those beyond max_items are skipped; the next run finds them again.
    room := greatest(headway._room(run.workspace_id, run.id) + cardinality(chosen), 0);
    beyond := greatest(cardinality(chosen) - room, 0);
    PERFORM headway._move_items(run.workspace_id, run.id, ARRAY(SELECT u.record_id FROM unnest(chosen[room + 1:]) u), 'skipped', 'beyond max_items');
    chosen := chosen[:room];
END $$;
COMMENT ON FUNCTION headway._choose(headway.runs, text, text, jsonb, jsonb) IS
'Private. Of a page''s new records those that the run wants, mapped; the others get their outcome. beyond: how many max_items left out.';

CREATE FUNCTION headway._pass_on(run headway.runs, source text, spec jsonb, records jsonb, chosen headway._mapped[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    batch    int;
    mapped   headway._mapped;
    messages uuid[] := ARRAY[]::uuid[];
BEGIN
    IF jsonb_typeof(spec -> 'children') = 'object' AND (run.params ->> 'transcripts')::boolean THEN
        batch := (SELECT min(coalesce((e.value ->> 'batch')::int, 1)) FROM jsonb_each(spec -> 'children') e);
        PERFORM headway._enqueue(run.workspace_id, run.id, 'detail', coalesce((
            SELECT jsonb_agg(jsonb_build_object('records', b.records) ORDER BY b.n)
            FROM (SELECT (u.n - 1) / batch AS n, jsonb_agg(e ORDER BY u.n) AS records
                  FROM unnest(chosen) WITH ORDINALITY u (record_id, draft, problem, n)
                  JOIN jsonb_array_elements(records) e ON e ->> 'id' = u.record_id
                  GROUP BY 1) b), '[]'));
    ELSE
        FOREACH mapped IN ARRAY chosen LOOP
            messages := array_remove(messages || headway._store_mapped(run, source, mapped), NULL);
        END LOOP;
        PERFORM headway._begin_reading(run, messages);
    END IF;
END $$;
COMMENT ON FUNCTION headway._pass_on(headway.runs, text, jsonb, jsonb, headway._mapped[]) IS
'Private. Queues the details of the chosen records, or stores them where the spec has no children.';

CREATE FUNCTION headway._go_on_listing(t headway.tasks, page int, answer jsonb, beyond int) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    IF answer ->> 'next_cursor' = '' THEN
        UPDATE headway.runs r SET list_complete = (beyond = 0) WHERE r.workspace_id = t.workspace_id AND r.id = t.run_id;
    ELSIF headway._room(t.workspace_id, t.run_id) > 0 THEN
        PERFORM headway._enqueue(t.workspace_id, t.run_id, 'list', jsonb_build_array(jsonb_build_object('cursor', answer -> 'next_cursor',
            'marks', answer -> 'marks', 'page', page + 1, 'restarted', t.payload -> 'restarted')), run_priority => 2);
    ELSE
        PERFORM headway._log(t.workspace_id, t.run_id, t.id, 'info', 'stopped at max_items; the vendor''s list goes on');
    END IF;
END $$;
COMMENT ON FUNCTION headway._go_on_listing(headway.tasks, int, jsonb, int) IS
'Private. Queues the list''s next page, if there is one and the run has room for more.';

CREATE FUNCTION headway._settle_list(w uuid, task bigint, fence bigint, answer jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t       headway.tasks := headway._hold(w, task, fence);
    r       headway.runs;
    c       headway.connectors;
    y       headway.connector_types;
    page    int := coalesce((t.payload ->> 'page')::int, 1);
    records jsonb;
    chosen  headway._mapped[];
    beyond  int;
BEGIN
    IF t.id IS NULL THEN
        RETURN jsonb_build_object('stale', true);
    END IF;
    SELECT * INTO r FROM headway.runs s WHERE s.workspace_id = w AND s.id = t.run_id;
    SELECT * INTO c FROM headway.connectors s WHERE s.workspace_id = w AND s.id = r.connector_id;
    SELECT * INTO y FROM headway.connector_types s WHERE s.name = c.type;

    records := headway._enter_page(r, page, answer -> 'records');
    IF records IS NULL AND answer ->> 'next_cursor' <> '' AND NOT coalesce((t.payload ->> 'restarted')::boolean, false) THEN
        RETURN jsonb_build_object('repeated', true);
    END IF;
    records := coalesce(records, '[]');
    UPDATE headway.runs s SET pages = s.pages + 1,
        min_seen = least(s.min_seen, (answer ->> 'min_at')::timestamptz), max_seen = greatest(s.max_seen, (answer ->> 'max_at')::timestamptz)
    WHERE s.workspace_id = w AND s.id = r.id;
    IF (answer ->> 'repairs')::int > 0 THEN
        PERFORM headway._log(w, r.id, task, 'warning', 'the vendor sent characters that are no text', answer - 'records' - 'next_cursor' - 'marks');
    END IF;

    SELECT * INTO chosen, beyond FROM headway._choose(r, c.type, y.mapper, c.settings, records);
    PERFORM headway._pass_on(r, c.type, y.spec, records, chosen);
    PERFORM headway._go_on_listing(t, page, answer, beyond);
    PERFORM headway._finish(t);
    RETURN '{}'::jsonb;
END $$;
COMMENT ON FUNCTION headway._settle_list(uuid, bigint, bigint, jsonb) IS
'Private. One page of a vendor''s list: what is new and wanted goes on to detail tasks (or is stored), the rest gets its outcome; then the next page.';

CREATE FUNCTION headway._restart_list(w uuid, task bigint, fence bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t headway.tasks := headway._hold(w, task, fence);
BEGIN
    IF t.id IS NULL THEN
        RETURN;
    END IF;
    PERFORM headway._enqueue(w, t.run_id, 'list', '[{"restarted": true}]', run_priority => 2);
    PERFORM headway._log(w, t.run_id, task, 'warning', 'the vendor''s cursor has expired: the list starts again');
    PERFORM headway._finish(t);
END $$;
COMMENT ON FUNCTION headway._restart_list(uuid, bigint, bigint) IS
'Private. A cursor went stale: the list is read again from its start; the ledger knows what was seen.';

CREATE FUNCTION headway._settle_detail(w uuid, task bigint, fence bigint, answer jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t        headway.tasks := headway._hold(w, task, fence);
    r        headway.runs;
    c        headway.connectors;
    mapped   headway._mapped;
    records  jsonb;
    messages uuid[] := ARRAY[]::uuid[];
BEGIN
    IF t.id IS NULL THEN
        RETURN jsonb_build_object('stale', true);
    END IF;
    SELECT * INTO r FROM headway.runs s WHERE s.workspace_id = w AND s.id = t.run_id;
    SELECT * INTO c FROM headway.connectors s WHERE s.workspace_id = w AND s.id = r.connector_id;
    SELECT jsonb_agg(e.value || jsonb_build_object('children', answer -> 'children' -> (e.value ->> 'id')) ORDER BY e.n)
    INTO records FROM jsonb_array_elements(t.payload -> 'records') WITH ORDINALITY e (value, n);

    FOR mapped IN SELECT m.* FROM headway._map((SELECT y.mapper FROM headway.connector_types y WHERE y.name = c.type), records, c.settings) m LOOP
        messages := array_remove(messages || headway._store_mapped(r, c.type, mapped), NULL);
    END LOOP;
    IF (answer ->> 'strangers')::int > 0 OR (answer ->> 'repairs')::int > 0 THEN
        PERFORM headway._log(w, r.id, task, 'warning', 'the vendor sent details that nobody asked for, or characters that are no text', answer - 'children');
    END IF;
    PERFORM headway._begin_reading(r, messages);
    PERFORM headway._finish(t);
    RETURN '{}'::jsonb;
END $$;
COMMENT ON FUNCTION headway._settle_detail(uuid, bigint, bigint, jsonb) IS
'Private. Completed records become messages, and their reading is queued.';

CREATE FUNCTION headway._settle_finalize(w uuid, task bigint, fence bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t headway.tasks := headway._hold(w, task, fence);
BEGIN
    IF t.id IS NOT NULL THEN
        PERFORM headway._finish(t);
    END IF;
END $$;
COMMENT ON FUNCTION headway._settle_finalize(uuid, bigint, bigint) IS 'Private. The last task of a run: closes it.';
