-- The verbs that start work, watch it and stop it.

CREATE FUNCTION headway._warn_without_themes(w uuid) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM headway.themes t WHERE t.workspace_id = w) THEN
        RAISE WARNING 'the workspace has no theme'
            USING DETAIL = 'Items without a theme do not become features; they wait in headway.unmatched_features.',
                  HINT = 'Add themes first: SELECT headway_add_theme(''Reporting'', ''Reports, dashboards, exports to Excel and CSV'');';
    END IF;
END $$;
COMMENT ON FUNCTION headway._warn_without_themes(uuid) IS 'Private. Warns that nothing can become a feature yet.';

CREATE FUNCTION headway._notice_without_tick() RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    ticking headway._ticking := (SELECT t FROM headway._ticking t WHERE t.created_at < now() - interval '2 minutes');
BEGIN
    IF NOT EXISTS (SELECT FROM headway._state s WHERE s.ticked_at > now() - interval '5 minutes') AND NOT EXISTS (SELECT FROM headway._ticking t WHERE t.created_at > now() - interval '2 minutes') THEN
        RAISE NOTICE 'headway_tick() has not run lately'
            USING DETAIL = 'Work starts at once; what must wait (for a vendor''s rate limit, a retry, after a crash of the server) goes on at the next tick.',
                  HINT = CASE WHEN ticking.job_id IS NULL THEN 'headway_schedule() has pg_cron call it once a minute.'
                         ELSE format('pg_cron should have called it: SELECT status, return_message FROM cron.job_run_details WHERE jobid = %s ORDER BY runid DESC LIMIT 5;', ticking.job_id) END;
    END IF;
END $$;
COMMENT ON FUNCTION headway._notice_without_tick() IS 'Private. Says that delayed work needs a tick, when none has been seen.';

CREATE FUNCTION headway._create_run(w uuid, caller name, run_kind text, params jsonb, connector uuid DEFAULT NULL, parent uuid DEFAULT NULL,
                                    window_from timestamptz DEFAULT NULL, window_to timestamptz DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    run uuid;
BEGIN
    INSERT INTO headway.runs AS r (workspace_id, parent_id, connector_id, kind, params, window_from, window_to, requested_by)
    VALUES (w, parent, connector, run_kind, _create_run.params, _create_run.window_from, _create_run.window_to, caller)
    RETURNING r.id INTO run;
    RETURN run;
END $$;
COMMENT ON FUNCTION headway._create_run(uuid, name, text, jsonb, uuid, uuid, timestamptz, timestamptz) IS 'Private. Enters a run.';

CREATE FUNCTION headway._notice_suspended(c headway.connectors) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    IF c.suspended_until > now() THEN
        RAISE NOTICE 'connector "%" waits until %', c.name, date_trunc('second', c.suspended_until)
            USING DETAIL = 'Its vendor asked for that; the first tick after it goes on.';
    END IF;
END $$;
COMMENT ON FUNCTION headway._notice_suspended(headway.connectors) IS 'Private. Says until when a connector waits for its vendor.';

CREATE FUNCTION headway._notice_waiting(w uuid, c headway.connectors) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    other uuid := (SELECT r.id FROM headway.runs r WHERE r.workspace_id = w AND r.connector_id = c.id AND r.kind = 'ingest' AND r.state IN ('queued', 'running')
                   ORDER BY r.is_reading DESC, r.created_at LIMIT 1);
BEGIN
    PERFORM headway._notice_suspended(c);
    IF other IS NOT NULL THEN
        RAISE NOTICE 'connector "%" is being read by another run', c.name
            USING DETAIL = format('That is %s; this run begins when it has ended.', other), HINT = format('SELECT headway_cancel(%L); ends it.', other);
    END IF;
END $$;
COMMENT ON FUNCTION headway._notice_waiting(uuid, headway.connectors) IS 'Private. Says what a new run over a connector has to wait for.';

CREATE FUNCTION headway._ingest_connector(w uuid, caller name, c headway.connectors, params jsonb, parent uuid DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    time record;
    run  uuid;
BEGIN
    PERFORM headway._notice_waiting(w, c);
    time := headway._window(c, params);
    run := headway._create_run(w, caller, 'ingest', params, c.id, parent, time.window_from, time.window_to);
    PERFORM headway._enqueue(w, run, 'list', '[{}]', run_priority => 2);
    RETURN run;
END $$;
COMMENT ON FUNCTION headway._ingest_connector(uuid, name, headway.connectors, jsonb, uuid) IS
'Private. Starts a run over one connector.';

CREATE FUNCTION headway._ingest_options(max_items int, days_back int, min_duration int, transcripts boolean, extract_features boolean) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    IF max_items IS NULL OR max_items NOT BETWEEN 1 AND 1000000 OR days_back IS NULL OR days_back NOT BETWEEN 0 AND 3650
       OR min_duration IS NULL OR min_duration < 0 THEN
        RAISE EXCEPTION 'a number is out of range' USING ERRCODE = '8W008',
            DETAIL = format('max_items is %s, days_back %s, min_duration %s.', max_items, days_back, min_duration),
            HINT = 'max_items: 1 to 1000000; days_back: 0 to 3650; min_duration: 0 or more seconds.';
    END IF;
    RETURN jsonb_build_object('max_items', max_items, 'days_back', days_back, 'min_duration', min_duration,
                              'transcripts', coalesce(transcripts, true), 'extract_features', coalesce(extract_features, true));
END $$;
COMMENT ON FUNCTION headway._ingest_options(int, int, int, boolean, boolean) IS 'Private. The options of headway_ingest() as runs keep them; 8W008 for those that cannot be.';

CREATE FUNCTION headway._named_connector(w uuid, given text) RETURNS headway.connectors
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    c   headway.connectors;
    off text[];
BEGIN
    SELECT * INTO c FROM headway.connectors s WHERE s.workspace_id = w AND (s.name = given OR s.id::text = lower(given));
    off := CASE WHEN c.id IS NOT NULL THEN CASE WHEN NOT c.is_active THEN ARRAY[c.name] END
                WHEN NOT EXISTS (SELECT FROM headway.connectors s WHERE s.workspace_id = w AND (s.type = given OR given IS NULL) AND s.is_active)
                THEN ARRAY(SELECT s.name FROM headway.connectors s WHERE s.workspace_id = w AND (s.type = given OR given IS NULL) ORDER BY s.name) END;
    IF off = '{}' THEN
        IF given IS NOT NULL THEN
            PERFORM headway._connector(w, given);  -- raises
        END IF;
        RAISE EXCEPTION 'the workspace has no active connector' USING ERRCODE = '8W005',
            HINT = 'Add one with headway_add_connector(type, credentials).';
    ELSIF off IS NOT NULL THEN
        RAISE EXCEPTION '%', CASE cardinality(off) WHEN 1 THEN 'the connector is switched off' ELSE 'all connectors are switched off' END USING ERRCODE = '8W005',
            DETAIL = format('There is %s.', (SELECT string_agg(quote_ident(o), ', ') FROM unnest(off) o)),
            HINT = format('SELECT headway_set_connector(%L, is_active => true);', off[1]);
    END IF;
    RETURN c;
END $$;
COMMENT ON FUNCTION headway._named_connector(uuid, text) IS
'Private. The connector of this name or id, which comes before a type of the same name; all NULL when it is a type with active connectors, or NULL and there are any. 8W005 otherwise.';

CREATE FUNCTION headway_ingest(connector text DEFAULT NULL, max_items int DEFAULT 100, days_back int DEFAULT 7,
                               min_duration int DEFAULT 0, transcripts boolean DEFAULT true,
                               extract_features boolean DEFAULT true, workspace text DEFAULT NULL) RETURNS uuid
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_ingest(text, int, int, int, boolean, boolean, text) IS
'Starts reading recordings from a connector: queues the work and returns at once; a background worker begins when you commit.
Arguments: connector, a connector''s name, else every active connector of that type, NULL for all active ones; max_items, how many new recordings at most for each connector; days_back, how far back to look (further if the last complete run is longer ago); min_duration, in seconds, shorter ones are skipped; transcripts, whether to fetch them, and to have recordings transcribed that have none, where a speech provider is set; extract_features, whether to read them; workspace, id or name.
Result: the run''s uuid, for headway_run_status() and CALL headway_wait(). A run over several connectors has one below it for each; one that fails does not stop the others. While the same request is still running, that run''s. One run at a time reads a connector: a request with other options waits for it.
Errors: 8W001 for the workspace, 8W005 for the connector, 8W008 for a number out of range.
Example: SELECT headway_ingest(''gong'');';

CREATE FUNCTION headway._ingest(caller name, connector text, max_items int, days_back int, min_duration int,
                                transcripts boolean, extract_features boolean, workspace text) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w          uuid := headway._workspace(caller, workspace);
    options    jsonb := headway._ingest_options(max_items, days_back, min_duration, transcripts, extract_features);
    c          headway.connectors := headway._named_connector(w, connector);
    connectors headway.connectors[];
    run        uuid;
BEGIN
    options := options || jsonb_build_object('connector', coalesce(c.name, connector));
    connectors := ARRAY(SELECT s FROM headway.connectors s WHERE s.workspace_id = w AND s.is_active
                        AND CASE WHEN c.id IS NOT NULL THEN s.id = c.id ELSE connector IS NULL OR s.type = connector END ORDER BY s.name);
    PERFORM headway._warn_without_themes(w);
    PERFORM headway._notice_without_tick();

    -- A schedule must not pile up runs behind a slow vendor.
    SELECT r.id INTO run FROM headway.runs r
    WHERE r.workspace_id = w AND r.state IN ('queued', 'running') AND r.kind = 'ingest' AND r.params = options
    ORDER BY r.created_at LIMIT 1;
    IF run IS NOT NULL THEN
        PERFORM headway._notice_suspended(s) FROM unnest(connectors) s;
        RAISE NOTICE 'the same request is still running' USING DETAIL = format('Its run is %s.', run);
        RETURN run;
    END IF;
    IF cardinality(connectors) = 1 THEN
        RETURN headway._ingest_connector(w, caller, connectors[1], options);
    END IF;
    run := headway._create_run(w, caller, 'ingest', options);
    UPDATE headway.runs r SET state = 'running', started_at = now(), open_tasks = cardinality(connectors) WHERE r.workspace_id = w AND r.id = run;
    FOREACH c IN ARRAY connectors LOOP
        PERFORM headway._ingest_connector(w, caller, c, options || jsonb_build_object('connector', c.name), run);
    END LOOP;
    RETURN run;
END $$;
COMMENT ON FUNCTION headway._ingest(name, text, int, int, int, boolean, boolean, text) IS 'Private. Twin of headway_ingest().';

CREATE FUNCTION headway._known_message(w uuid, source text, draft headway.draft) RETURNS headway.messages
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    known headway.messages;
BEGIN
    SELECT * INTO known FROM headway.messages m
    WHERE m.workspace_id = w AND m.source = _known_message.source AND m.external_id = draft.external_id;
    IF known.content <> draft.content THEN
        RAISE EXCEPTION 'another transcript has this external_id' USING ERRCODE = '8W009',
            DETAIL = format('Message %s has source "%s" and external_id "%s".', known.id, source, draft.external_id),
            HINT = 'Use another external_id, or another source.';
    END IF;
    RETURN known;
END $$;
COMMENT ON FUNCTION headway._known_message(uuid, text, headway.draft) IS
'Private. The message that a draft is, all NULL when it is new; 8W009 when its id belongs to another transcript.';

CREATE FUNCTION headway._give_message(w uuid, caller name, source text, draft headway.draft, extract_features boolean) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    problem text := headway._transcript_problem(draft.content);
    known   headway.messages;
    run     headway.runs;
    message uuid;
BEGIN
    IF coalesce(draft.external_id, '') = '' OR length(draft.external_id) > 500 THEN
        RAISE EXCEPTION 'external_id must have 1 to 500 characters' USING ERRCODE = '8W009';
    ELSIF problem IS NOT NULL THEN
        RAISE EXCEPTION '%', problem USING ERRCODE = '8W009', DETAIL = format('external_id is "%s".', draft.external_id),
            HINT = 'Give the conversation as text, at best with a line "Name: words" for each speaker''s turn.';
    ELSIF length(source) > 200 THEN
        RAISE EXCEPTION 'source must have at most 200 characters' USING ERRCODE = '8W009';
    END IF;
    known := headway._known_message(w, source, draft);
    IF known.id IS NOT NULL AND known.content IS NOT NULL
       AND NOT (extract_features AND cardinality(headway._unread(w, source, ARRAY[draft.external_id])) > 0) THEN
        RETURN known.id;  -- the same once more: nothing to do
    END IF;

    run.workspace_id := w;
    run.params := jsonb_build_object('source', source, 'transcripts', true, 'extract_features', extract_features);
    run.id := headway._create_run(w, caller, 'ingest', run.params);
    draft.turns := coalesce(draft.turns, headway._turns(draft.content));
    PERFORM headway._add_items(w, run.id, ARRAY[draft.external_id]);
    message := (headway._store_mapped(run, source, (draft.external_id, draft, NULL)::headway._mapped)).message;
    IF message IS NULL THEN  -- it was here, or another session has given it just now
        message := (headway._known_message(w, source, draft)).id;
    END IF;
    IF message IS NULL THEN
        RAISE EXCEPTION 'the transcript cannot be stored' USING ERRCODE = '8W009',
            DETAIL = (SELECT i.reason FROM headway.run_items i WHERE i.workspace_id = w AND i.run_id = run.id);
    END IF;
    PERFORM headway._begin_reading(run, ARRAY[message]);
    IF extract_features THEN
        PERFORM headway._warn_without_themes(w);
    ELSE
        PERFORM headway._close_run(w, run.id);
    END IF;
    RETURN message;
END $$;
COMMENT ON FUNCTION headway._give_message(uuid, name, text, headway.draft, boolean) IS
'Private. Stores a conversation that an app gives, as a run of one record; 8W009 when it cannot be taken.';

CREATE FUNCTION headway_ingest_transcript(external_id text, transcript_text text, source text DEFAULT 'manual', metadata jsonb DEFAULT '{}',
                                          channel_name text DEFAULT NULL, author_name text DEFAULT NULL, author_email text DEFAULT NULL,
                                          title text DEFAULT NULL, sent_at timestamptz DEFAULT now(), extract_features boolean DEFAULT true,
                                          workspace text DEFAULT NULL) RETURNS uuid
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker_secretly';
COMMENT ON FUNCTION headway_ingest_transcript(text, text, text, jsonb, text, text, text, text, timestamptz, boolean, text) IS
'Stores a conversation that you have as text, and queues its reading. Giving the same one again changes nothing.
Arguments: external_id, your id for it, unique within source; transcript_text, at best with lines "Name: words" or "[00:12:03] Name: words"; source, what you call where it comes from; metadata, an object, whose "parties" ([{name, email, affiliation, speaker}]) tells who is internal; channel_name, author_name, author_email, title; sent_at, when it took place; extract_features, whether to read it; workspace, id or name.
Result: the message''s uuid.
Errors: 8W001 for the workspace; 8W009 for an empty or too long transcript, a bad external_id, or one that another transcript has.
Example: SELECT headway_ingest_transcript(''call-17'', E''Ann: How is it going?\nBob: I wish we could export reports to Excel.'');';

CREATE FUNCTION headway._ingest_transcript(caller name, external_id text, transcript_text text, source text, metadata jsonb, channel_name text,
                                           author_name text, author_email text, title text, sent_at timestamptz, extract_features boolean,
                                           workspace text) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    draft   headway.draft;
    w       uuid;
    message uuid;
BEGIN
    IF jsonb_typeof(coalesce(metadata, '{}')) <> 'object' THEN
        RAISE EXCEPTION 'metadata must be a JSON object' USING ERRCODE = '8W009',
            DETAIL = format('It is of type %s.', jsonb_typeof(metadata));
    END IF;
    draft.external_id := external_id;
    draft.content := transcript_text;
    draft.metadata := metadata - 'parties';
    draft.parties := metadata -> 'parties';
    draft.channel_name := channel_name;
    draft.author_name := author_name;
    draft.author_email := author_email;
    draft.title := title;
    draft.sent_at := coalesce(sent_at, now());
    w := headway._workspace(caller, workspace);
    message := headway._give_message(w, caller, coalesce(nullif(source, ''), 'manual'), draft, coalesce(extract_features, true));
    PERFORM headway._link_new(w, ARRAY[message]);
    RETURN message;
END $$;
COMMENT ON FUNCTION headway._ingest_transcript(name, text, text, text, jsonb, text, text, text, text, timestamptz, boolean, text) IS
'Private. Twin of headway_ingest_transcript().';

CREATE FUNCTION headway_add_recording(external_id text, from_phone text, to_phone text, call_started_at timestamptz,
                                      direction text DEFAULT 'inbound', duration_seconds int DEFAULT NULL, transcript text DEFAULT NULL,
                                      ai_insights jsonb DEFAULT NULL, metadata jsonb DEFAULT '{}', workspace text DEFAULT NULL) RETURNS uuid
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker_secretly';
COMMENT ON FUNCTION headway_add_recording(text, text, text, timestamptz, text, int, text, jsonb, jsonb, text) IS
'Stores a call of your own, with its transcript if you have one. Giving the same one again changes nothing, except that a transcript that comes later is added.
Arguments: external_id, your id for it; from_phone, to_phone, as you spell them; call_started_at; direction, inbound, outbound or internal; duration_seconds; transcript, as for headway_ingest_transcript(); ai_insights, what you found in it yourself (then it is not read); metadata, an object; workspace, id or name.
Result: the recording''s uuid.
Errors: 8W001 for the workspace; 8W009 for a bad external_id, direction, duration or transcript.
Example: SELECT headway_add_recording(''c-1'', ''+1 555 0100'', ''+1 555 0199'', now(), transcript => E''Caller: The app crashes when I attach a photo.'');';

CREATE FUNCTION headway._add_recording(caller name, external_id text, from_phone text, to_phone text, call_started_at timestamptz,
                                       direction text, duration_seconds int, transcript text, ai_insights jsonb, metadata jsonb,
                                       workspace text) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w         uuid := headway._workspace(caller, workspace);
    draft     headway.draft;
    known     boolean;
    message   uuid;
    recording uuid;
BEGIN
    IF coalesce(external_id, '') = '' OR length(external_id) > 500 THEN
        RAISE EXCEPTION 'external_id must have 1 to 500 characters' USING ERRCODE = '8W009';
    ELSIF direction IS NULL OR direction NOT IN ('inbound', 'outbound', 'internal') OR duration_seconds < 0 OR call_started_at IS NULL
          OR jsonb_typeof(coalesce(metadata, '{}')) <> 'object' OR jsonb_typeof(coalesce(ai_insights, '{}')) <> 'object' THEN
        RAISE EXCEPTION 'the recording has a value that does not fit' USING ERRCODE = '8W009',
            DETAIL = format('direction is %L, duration_seconds %L, call_started_at %L; metadata and ai_insights must be objects.',
                            direction, duration_seconds, call_started_at),
            HINT = 'direction: inbound, outbound or internal.';
    END IF;
    IF transcript IS NOT NULL THEN
        draft.external_id := external_id;
        draft.content := transcript;
        draft.sent_at := call_started_at;
        draft.duration_seconds := duration_seconds;
        draft.metadata := metadata - 'parties';
        draft.parties := metadata -> 'parties';
        known := (headway._known_message(w, 'recording', draft)).content IS NOT NULL;
        message := headway._give_message(w, caller, 'recording', draft, ai_insights IS NULL);
        UPDATE headway.messages m SET ai_insights = _add_recording.ai_insights, is_processed = true, processed_at = now()
        WHERE m.workspace_id = w AND m.id = message AND _add_recording.ai_insights IS NOT NULL AND NOT known;
    END IF;
    recording := headway._store_recording(w, NULL, message, jsonb_build_object('external_id', external_id, 'from_phone', from_phone, 'to_phone', to_phone,
        'direction', direction, 'call_started_at', call_started_at, 'duration_seconds', duration_seconds, 'metadata', coalesce(metadata, '{}')));
    PERFORM headway._link_new(w, ARRAY[]::uuid[], ARRAY[recording]);
    RETURN recording;
END $$;
COMMENT ON FUNCTION headway._add_recording(name, text, text, text, timestamptz, text, int, text, jsonb, jsonb, text) IS
'Private. Twin of headway_add_recording().';
