-- Transcribing: recordings that have their sound somewhere, and no transcript.

CREATE FUNCTION headway._has_sound(media jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(media ? 'storage_path' OR media ->> 'uri' IS NOT NULL AND media ->> 'kind' IS DISTINCT FROM 'voicemail', false)
$$;
COMMENT ON FUNCTION headway._has_sound(jsonb) IS
'Private. Whether recordings.media says where the sound itself is. (A voice mail''s uri leads to a list of what is attached.)';

CREATE FUNCTION headway._stored_at(w uuid, path text) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN jsonb_build_object('storage', headway._provider_of(w, 'storage'), 'bucket', split_part(path, '/', 1), 'key', substr(path, strpos(path, '/') + 1));
END $$;
COMMENT ON FUNCTION headway._stored_at(uuid, text) IS
'Private. Where a stored file is, {storage: the provider that is set now, bucket, key}; path, as bulk_import_files.storage_path.';

CREATE FUNCTION headway._audio_of(r headway.recordings) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    c      headway.connectors;
BEGIN
    IF r.media ? 'storage_path' THEN
        RETURN headway._stored_at(r.workspace_id, r.media ->> 'storage_path');
    END IF;
    SELECT * INTO c FROM headway.connectors s WHERE s.workspace_id = r.workspace_id AND s.id = r.connector_id;
    RETURN CASE WHEN c.id IS NOT NULL AND headway._has_sound(r.media)
                THEN jsonb_build_object('uri', r.media -> 'uri', 'source', headway._source(c, moment, moment)) END;
END $$;
COMMENT ON FUNCTION headway._audio_of(headway.recordings) IS
'Private. Where a recording''s sound is, {storage, bucket, key} or {uri, source: whose credentials open it}; NULL when it is nowhere.';

CREATE FUNCTION headway._input_transcribe(w uuid, task bigint, fence bigint) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t headway.tasks := headway._hold(w, task, fence);
    r headway.recordings;
BEGIN
    SELECT * INTO r FROM headway.recordings s WHERE s.workspace_id = w AND s.id = (t.payload ->> 'recording_id')::uuid;
    IF t.id IS NULL THEN
        RETURN NULL;
    ELSIF r.id IS NULL OR r.message_id IS NOT NULL THEN  -- its source has sent one meanwhile
        PERFORM headway._move_items(w, t.run_id, headway._items_behind(t), 'already_known');
        PERFORM headway._after_transcript(w, t.run_id, r.id);
        PERFORM headway._finish(t);
        RETURN NULL;
    END IF;
    RETURN jsonb_build_object('provider', headway._provider_of(w, 'speech'), 'reply', t.reply, 'audio', headway._audio_of(r), 'seconds', r.duration_seconds);
END $$;
COMMENT ON FUNCTION headway._input_transcribe(uuid, bigint, bigint) IS
'Private. What transcribing a recording needs: {provider, reply: what an earlier attempt has got, audio, seconds: how long it is, where that is known}; NULL when it has a transcript, or the task is somebody else''s.';

CREATE FUNCTION headway._have_heard(run headway.runs, recording uuid, item text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    IF NOT (run.params ->> 'transcripts')::boolean OR headway._provider_of(run.workspace_id, 'speech') IS NULL THEN
        RETURN false;
    END IF;
    PERFORM headway._enqueue(run.workspace_id, run.id, 'transcribe', jsonb_build_array(jsonb_build_object('recording_id', recording, 'item', item)));
    RETURN true;
END $$;
COMMENT ON FUNCTION headway._have_heard(headway.runs, uuid, text) IS
'Private. Has a recording transcribed by the run that has stored it, where that wants transcripts and somebody is set to hear; whether it does.';

CREATE FUNCTION headway._postpone(w uuid, task bigint, fence bigint, reply jsonb, delay interval) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t headway.tasks := headway._hold(w, task, fence);
BEGIN
    IF t.id IS NULL THEN
        RETURN;
    END IF;
    UPDATE headway.tasks s SET reply = _postpone.reply WHERE s.workspace_id = w AND s.id = t.id;
    PERFORM headway._transition(w, ARRAY[t.id], 'queued', due => clock_timestamp() + delay, refund => 1);
END $$;
COMMENT ON FUNCTION headway._postpone(uuid, bigint, bigint, jsonb, interval) IS
'Private. Puts a held task back until a vendor may be done with what it was given, and keeps what the next look needs.';

CREATE FUNCTION headway._store_transcript(r headway.recordings, heard jsonb) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    source  text := coalesce((SELECT c.type FROM headway.connectors c WHERE c.workspace_id = r.workspace_id AND c.id = r.connector_id), 'recording');
    spoken  text := headway._spoken(heard -> 'turns');
    problem text := headway._transcript_problem((SELECT string_agg(t ->> 'text', ' ') FROM jsonb_array_elements(heard -> 'turns') t));
    message uuid;
BEGIN
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION '%', problem USING ERRCODE = '8W009';
    END IF;
    INSERT INTO headway.messages AS m (workspace_id, connector_id, source, external_id, title, content, turns, channel_name, language, metadata, sent_at)
    VALUES (r.workspace_id, r.connector_id, source, r.external_id, r.metadata ->> 'title', spoken, heard -> 'turns', 'phone', heard ->> 'language',
            jsonb_strip_nulls(jsonb_build_object('parties', r.metadata -> 'parties', 'transcribed_by', heard -> 'provider',
                                                 'duration_seconds', coalesce(r.duration_seconds, round((heard ->> 'audio_seconds')::numeric)))),
            coalesce(r.call_started_at, r.created_at))
    ON CONFLICT ON CONSTRAINT messages_workspace_id_source_external_id_key DO UPDATE
    SET content = coalesce(m.content, excluded.content), turns = CASE WHEN m.content IS NULL THEN excluded.turns ELSE m.turns END
    RETURNING m.id INTO message;
    UPDATE headway.recordings s SET message_id = message, said = headway._says(r.workspace_id, message, r.call_started_at), sought_at = NULL,
        duration_seconds = coalesce(s.duration_seconds, round((heard ->> 'audio_seconds')::numeric)::int)
    WHERE s.workspace_id = r.workspace_id AND s.id = r.id;
    RETURN message;
END $$;
COMMENT ON FUNCTION headway._store_transcript(headway.recordings, jsonb) IS
'Private. Stores what was heard in a recording, {turns, language, audio_seconds, provider}, as its message; 8W009 when that is no transcript.';

CREATE FUNCTION headway._settle_transcribe(w uuid, task bigint, fence bigint, heard jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t       headway.tasks := headway._hold(w, task, fence);
    run     headway.runs;
    r       headway.recordings;
    message uuid;
BEGIN
    SELECT * INTO r FROM headway.recordings s WHERE s.workspace_id = w AND s.id = (t.payload ->> 'recording_id')::uuid FOR NO KEY UPDATE;
    IF t.id IS NULL THEN
        RETURN;
    ELSIF r.id IS NULL THEN
        PERFORM headway._move_items(w, t.run_id, headway._items_behind(t), 'skipped', 'the recording is gone');
        PERFORM headway._finish(t);
        RETURN;
    END IF;
    message := coalesce(r.message_id, headway._store_transcript(r, heard));
    SELECT * INTO run FROM headway.runs s WHERE s.workspace_id = w AND s.id = t.run_id;
    UPDATE headway.run_items i SET message_id = message WHERE i.workspace_id = w AND i.run_id = t.run_id AND i.external_id = ANY (headway._items_behind(t));
    PERFORM headway._move_items(w, t.run_id, headway._items_behind(t), 'stored');
    PERFORM headway._link_new(w, ARRAY[message], ARRAY[r.id]);
    PERFORM headway._begin_reading(run, ARRAY[message]);
    PERFORM headway._after_transcript(w, t.run_id, r.id);
    PERFORM headway._finish(t);
END $$;
COMMENT ON FUNCTION headway._settle_transcribe(uuid, bigint, bigint, jsonb) IS
'Private. What was heard in a recording becomes its transcript, the call is linked anew, and read where the run wants that.';

CREATE FUNCTION headway_transcribe(recordings uuid[] DEFAULT NULL, since timestamptz DEFAULT NULL, extract_features boolean DEFAULT true,
                                   workspace text DEFAULT NULL) RETURNS uuid
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_transcribe(uuid[], timestamptz, boolean, text) IS
'Has recordings transcribed that have sound and no transcript, by the speech provider that headway_set_provider() has set. Only queues; a transcript that comes from the recording''s source meanwhile is taken instead.
Arguments: recordings, ids in headway.recordings, by default all that have sound and no transcript; since, only calls that began then or later; extract_features, whether the conversations are read for features too; workspace, id or name.
Result: the run''s uuid, for headway_run_status() and headway_wait(); a run over nothing is done at once.
Errors: 8W001 for the workspace, 8W014 when no speech provider is set, 8W019 for a recording that does not exist.
Example: SELECT headway_transcribe(since => now() - interval ''7 days'');';

CREATE FUNCTION headway._transcribe(caller name, recordings uuid[], since timestamptz, extract_features boolean, workspace text) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w      uuid := headway._workspace(caller, workspace);
    wanted uuid[];
    gone   uuid;
    run    uuid;
BEGIN
    IF headway._provider_of(w, 'speech') IS NULL THEN
        RAISE EXCEPTION 'no speech provider is set' USING ERRCODE = '8W014',
            HINT = 'SELECT headway_set_provider(''speech'', ''deepgram'', ''{"api_key": ...}'');';
    END IF;
    SELECT g INTO gone FROM unnest(recordings) g
    WHERE NOT EXISTS (SELECT FROM headway.recordings r WHERE r.workspace_id = w AND r.id = g) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'no such recording' USING ERRCODE = '8W019', DETAIL = format('The workspace has no recording %s.', coalesce(gone::text, 'NULL')),
            HINT = 'SELECT id FROM headway.recordings WHERE message_id IS NULL AND media IS NOT NULL;';
    END IF;
    wanted := ARRAY(SELECT r.id FROM headway.recordings r
                    WHERE r.workspace_id = w AND r.message_id IS NULL AND headway._has_sound(r.media)
                      AND (recordings IS NULL OR r.id = ANY (recordings)) AND (since IS NULL OR coalesce(r.call_started_at, r.created_at) >= since)
                      AND NOT EXISTS (SELECT FROM headway.tasks t WHERE t.workspace_id = w AND t.kind = 'transcribe' AND t.state IN ('queued', 'running')
                                      AND t.payload ->> 'recording_id' = r.id::text)
                    ORDER BY r.call_started_at DESC NULLS LAST, r.id);
    PERFORM headway._notice_without_tick();
    run := headway._create_run(w, caller, 'transcribe', jsonb_build_object('transcripts', true, 'extract_features', coalesce(extract_features, true)));
    IF wanted = '{}' THEN
        PERFORM headway._close_run(w, run);
        RETURN run;
    END IF;
    PERFORM headway._add_items(w, run, wanted::text[]);
    PERFORM headway._enqueue(w, run, 'transcribe', (SELECT jsonb_agg(jsonb_build_object('recording_id', i) ORDER BY n) FROM unnest(wanted) WITH ORDINALITY u (i, n)));
    RETURN run;
END $$;
COMMENT ON FUNCTION headway._transcribe(name, uuid[], timestamptz, boolean, text) IS 'Private. Twin of headway_transcribe().';
