-- Analysing calls: what a model is asked about one, what its answer changes, and the verb that has it done.

CREATE FUNCTION headway._analyst(w uuid, run uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    IF 'builtin' = (SELECT j.provider FROM headway.bulk_import_jobs j WHERE j.workspace_id = w AND j.run_id = run) THEN
        RETURN NULL;
    END IF;
    RETURN headway._provider(w, 'analyse');
END $$;
COMMENT ON FUNCTION headway._analyst(uuid, uuid) IS 'Private. Who analyses the calls of a run: the workspace''s provider, or the built-in one where an import asks for it.';

CREATE FUNCTION headway._analysis_place(w uuid, recording uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN (SELECT jsonb_build_object('storage', headway._provider_of(w, 'storage'), 'bucket', j.storage_bucket_name || '-analysis',
                                      'user', j.requested_by, 'recording_id', r.id)
            FROM headway.recordings r
            JOIN headway.bulk_import_files f ON f.workspace_id = w AND f.id = r.bulk_import_file_id
            JOIN headway.bulk_import_jobs j ON j.workspace_id = w AND j.id = f.job_id
            WHERE r.workspace_id = w AND r.id = recording);
END $$;
COMMENT ON FUNCTION headway._analysis_place(uuid, uuid) IS 'Private. Where the analysis of an imported call is kept as a file; NULL for other calls.';

CREATE FUNCTION headway._input_analyse(w uuid, task bigint, fence bigint) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t headway.tasks := headway._hold(w, task, fence);
    m headway.messages;
BEGIN
    SELECT s.* INTO m FROM headway.recordings r JOIN headway.messages s ON s.workspace_id = w AND s.id = r.message_id
    WHERE r.workspace_id = w AND r.id = (t.payload ->> 'recording_id')::uuid AND s.content IS NOT NULL;
    IF t.id IS NULL THEN
        RETURN NULL;
    ELSIF m.id IS NULL THEN
        PERFORM headway._move_items(w, t.run_id, headway._items_behind(t), 'skipped', 'the transcript is gone');
        PERFORM headway._after_analysis(w, (t.payload ->> 'recording_id')::uuid);
        PERFORM headway._finish(t);
        RETURN NULL;
    END IF;
    RETURN jsonb_build_object('provider', headway._analyst(w, t.run_id), 'reply', t.reply,
        'place', headway._analysis_place(w, (t.payload ->> 'recording_id')::uuid), 'conversation', jsonb_build_object(
        'title', m.title, 'language', (SELECT s.language FROM headway.workspaces s WHERE s.id = w),
        'turns', coalesce(m.turns, headway._turns(m.content)), 'insiders', headway._insiders(m.metadata)));
END $$;
COMMENT ON FUNCTION headway._input_analyse(uuid, bigint, bigint) IS
'Private. What a model is asked about a recording''s transcript: {conversation, provider, place, reply}, the language being the one to write in; NULL when there is none or somebody else holds the task.';

CREATE FUNCTION headway._store_objections(w uuid, recording uuid, objections jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    given jsonb;
    found headway.call_objections;
BEGIN
    DELETE FROM headway.call_objections o WHERE o.workspace_id = w AND o.recording_id = recording;
    FOR given IN SELECT o FROM jsonb_array_elements(objections) o LOOP
        found := jsonb_populate_record(NULL::headway.call_objections, given);
        INSERT INTO headway.call_objections AS o (workspace_id, recording_id, type, summary, quote, quote_start_s, quote_status, confidence)
        VALUES (w, recording, found.type, found.summary, found.quote, found.quote_start_s, found.quote_status, found.confidence)
        RETURNING o.id INTO found.id;
        INSERT INTO headway.objection_overcome_details (workspace_id, objection_id, how, quote, quote_start_s, quote_status, confidence)
        SELECT w, found.id, d.how, d.quote, d.quote_start_s, d.quote_status, d.confidence
        FROM jsonb_populate_recordset(NULL::headway.objection_overcome_details, given -> 'overcome') d;
    END LOOP;
END $$;
COMMENT ON FUNCTION headway._store_objections(uuid, uuid, jsonb) IS 'Private. Makes these the objections of a recording, in place of those that it had.';

CREATE FUNCTION headway._settle_analyse(w uuid, task bigint, fence bigint, answer jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t      headway.tasks := headway._hold(w, task, fence);
    r      headway.recordings;
    asked  headway.llm_calls;
    counts headway.call_analyses := jsonb_populate_record(NULL::headway.call_analyses, answer);
BEGIN
    IF t.id IS NULL THEN
        RETURN;
    END IF;
    SELECT * INTO r FROM headway.recordings s WHERE s.workspace_id = w AND s.id = (t.payload ->> 'recording_id')::uuid FOR NO KEY UPDATE;
    UPDATE headway.llm_calls c SET quotes_total = counts.quotes_total, quotes_verified = counts.quotes_verified
    WHERE c.workspace_id = w AND c.started_at = (answer ->> 'call_started_at')::timestamptz AND c.id = (answer ->> 'call_id')::uuid
    RETURNING c.* INTO asked;
    IF r.id IS NOT NULL THEN
        UPDATE headway.recordings s SET call_category = answer ->> 'category', category_confidence = (answer ->> 'category_confidence')::real
        WHERE s.workspace_id = w AND s.id = r.id;
        PERFORM headway._store_objections(w, r.id, answer -> 'objections');
        DELETE FROM headway.call_analyses a WHERE a.workspace_id = w AND a.recording_id = r.id;
        INSERT INTO headway.call_analyses (workspace_id, recording_id, provider, prompt_id, llm_call_id, quotes_total, quotes_verified, storage_path)
        VALUES (w, r.id, coalesce(asked.provider, 'builtin'), asked.prompt_id, asked.id, counts.quotes_total, counts.quotes_verified, counts.storage_path);
    END IF;
    PERFORM headway._log(w, t.run_id, t.id, 'warning', 'parts of the model''s answer were dropped', answer -> 'problems') WHERE answer -> 'problems' <> '[]';
    PERFORM headway._move_items(w, t.run_id, headway._items_behind(t), 'processed');
    PERFORM headway._after_analysis(w, r.id);
    PERFORM headway._finish(t);
END $$;
COMMENT ON FUNCTION headway._settle_analyse(uuid, bigint, bigint, jsonb) IS
'Private. What was found in a call, {category, category_confidence, objections, quotes_total, quotes_verified, problems, call_id, call_started_at, storage_path}, takes the place of what was known.';

CREATE FUNCTION headway._analysable(w uuid, wanted uuid[], since timestamptz) RETURNS uuid[]
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    picked  uuid[];
    missing uuid;
BEGIN
    IF wanted IS NULL THEN
        RETURN ARRAY(SELECT r.id FROM headway.recordings r JOIN headway.messages m ON m.workspace_id = w AND m.id = r.message_id AND m.content IS NOT NULL
                     WHERE r.workspace_id = w AND (since IS NULL OR coalesce(r.call_started_at, r.created_at) >= since)
                       AND NOT EXISTS (SELECT FROM headway.call_analyses a WHERE a.workspace_id = w AND a.recording_id = r.id)
                       AND NOT EXISTS (SELECT FROM headway.tasks t WHERE t.workspace_id = w AND t.kind = 'analyse' AND t.state IN ('queued', 'running')
                                       AND t.payload ->> 'recording_id' = r.id::text)
                     ORDER BY r.call_started_at DESC NULLS LAST, r.id);
    END IF;
    picked := ARRAY(SELECT r.id FROM headway.recordings r JOIN headway.messages m ON m.workspace_id = w AND m.id = r.message_id AND m.content IS NOT NULL
                    WHERE r.workspace_id = w AND r.id = ANY (wanted) AND (since IS NULL OR coalesce(r.call_started_at, r.created_at) >= since));
    SELECT i INTO missing FROM unnest(wanted) i WHERE NOT EXISTS (
        SELECT FROM headway.recordings r JOIN headway.messages m ON m.workspace_id = w AND m.id = r.message_id AND m.content IS NOT NULL
        WHERE r.workspace_id = w AND r.id = i) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'a recording is unknown or has no transcript' USING ERRCODE = '8W019', DETAIL = format('Its id is %s.', coalesce(missing::text, 'NULL')),
            HINT = 'SELECT recording_id FROM headway.conversations WHERE recording_id IS NOT NULL AND transcript IS NOT NULL;';
    END IF;
    RETURN picked;
END $$;
COMMENT ON FUNCTION headway._analysable(uuid, uuid[], timestamptz) IS
'Private. The recordings to analyse: those named, else all with a transcript that have not been and are not about to be; 8W019 for a named one that cannot be.';

CREATE FUNCTION headway_analyse_recordings(recordings uuid[] DEFAULT NULL, since timestamptz DEFAULT NULL, workspace text DEFAULT NULL) RETURNS uuid
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_analyse_recordings(uuid[], timestamptz, text) IS
'Has calls analysed: how each ended (recordings.call_category), which objections were raised (call_objections) and how they were met (objection_overcome_details). Queues the work and returns at once; the provider for llm answers, or the built-in one. Calls of headway_bulk_import() are analysed without it.
Arguments: recordings, the ids of headway.recordings, which are analysed again if they have been; NULL for all that have a transcript and have not been; since, only calls that began then or later; workspace, id or name.
Result: the run''s uuid, for headway_run_status() and CALL headway_wait().
Errors: 8W001 for the workspace, 8W019 for a recording that is unknown or has no transcript.
Example: SELECT headway_analyse_recordings(since => now() - interval ''7 days'');';

CREATE FUNCTION headway._analyse_recordings(caller name, recordings uuid[], since timestamptz, workspace text) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w    uuid := headway._workspace(caller, workspace);
    ids  uuid[] := headway._analysable(w, recordings, since);
    run  uuid := headway._create_run(w, caller, 'analyse', jsonb_strip_nulls(jsonb_build_object('recordings', cardinality(ids), 'since', since)));
BEGIN
    PERFORM headway._notice_without_tick();
    PERFORM headway._add_items(w, run, ids::text[]);
    IF headway._enqueue(w, run, 'analyse', (SELECT coalesce(jsonb_agg(jsonb_build_object('recording_id', i)), '[]') FROM unnest(ids) i)) = 0 THEN
        PERFORM headway._close_run(w, run);
    END IF;
    RETURN run;
END $$;
COMMENT ON FUNCTION headway._analyse_recordings(name, uuid[], timestamptz, text) IS 'Private. Twin of headway_analyse_recordings().';

CREATE VIEW headway.objections WITH (security_invoker = true) AS
SELECT o.workspace_id, o.id AS objection_id, o.recording_id, r.message_id, coalesce(r.call_started_at, r.created_at) AS call_started_at,
       r.customer_id, r.customer_ref, c.name AS customer_name, r.call_category, o.type, o.summary, o.quote, o.quote_start_s, o.confidence,
       d.how AS overcome_how, d.quote AS overcome_quote, d.quote_start_s AS overcome_start_s, a.provider
FROM headway.call_objections o
JOIN headway.recordings r ON r.workspace_id = o.workspace_id AND r.id = o.recording_id
LEFT JOIN headway.customers c ON c.workspace_id = r.workspace_id AND c.id = r.customer_id
LEFT JOIN headway.call_analyses a ON a.workspace_id = o.workspace_id AND a.recording_id = o.recording_id
LEFT JOIN LATERAL (SELECT s.* FROM headway.objection_overcome_details s
                   WHERE s.workspace_id = o.workspace_id AND s.objection_id = o.id AND s.quote_status <> 'unverified'
                   ORDER BY s.confidence DESC, s.quote_start_s, s.id LIMIT 1) d ON true
WHERE o.quote_status <> 'unverified';
COMMENT ON VIEW headway.objections IS
'Every objection whose quote stands in the transcript, with its call, its customer and the surest way in which it was met.';
COMMENT ON COLUMN headway.objections.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.objections.objection_id IS 'The objection, in call_objections.';
COMMENT ON COLUMN headway.objections.recording_id IS 'The call.';
COMMENT ON COLUMN headway.objections.message_id IS 'Its transcript.';
COMMENT ON COLUMN headway.objections.call_started_at IS 'When the call began.';
COMMENT ON COLUMN headway.objections.customer_id IS 'Whose call it was; NULL when that is not known or the customer is in the app''s own table.';
COMMENT ON COLUMN headway.objections.customer_ref IS 'The app''s own key of the customer.';
COMMENT ON COLUMN headway.objections.customer_name IS 'The customer''s name; NULL for those in the app''s own table.';
COMMENT ON COLUMN headway.objections.call_category IS 'How the call ended: consult_scheduled, consult_not_scheduled or other_question.';
COMMENT ON COLUMN headway.objections.type IS 'What it is about, as in call_objections.';
COMMENT ON COLUMN headway.objections.summary IS 'In one sentence.';
COMMENT ON COLUMN headway.objections.quote IS 'In the customer''s words.';
COMMENT ON COLUMN headway.objections.quote_start_s IS 'When they were said, in seconds from the start.';
COMMENT ON COLUMN headway.objections.confidence IS 'How sure it is, 0 to 1.';
COMMENT ON COLUMN headway.objections.overcome_how IS 'How it was met; NULL when it was not, or the call ended without an appointment.';
COMMENT ON COLUMN headway.objections.overcome_quote IS 'The words that met it.';
COMMENT ON COLUMN headway.objections.overcome_start_s IS 'When those were said, in seconds from the start.';
COMMENT ON COLUMN headway.objections.provider IS 'Who found it: builtin, or the model''s provider.';

CREATE VIEW headway.objection_overview WITH (security_invoker = true) AS
SELECT o.workspace_id, o.type, count(*) AS objections, count(DISTINCT o.recording_id) AS calls, count(DISTINCT coalesce(o.customer_id::text, o.customer_ref)) AS customers,
       count(DISTINCT o.recording_id) FILTER (WHERE o.call_category = 'consult_scheduled') AS scheduled_calls,
       count(*) FILTER (WHERE o.overcome_how IS NOT NULL) AS overcome,
       round(count(DISTINCT o.recording_id) FILTER (WHERE o.call_category = 'consult_scheduled') * 100.0 / count(DISTINCT o.recording_id), 1) AS scheduled_percent,
       (array_agg(o.quote ORDER BY o.call_started_at DESC, o.objection_id))[1] AS last_quote, max(o.call_started_at) AS last_raised
FROM headway.objections o
GROUP BY o.workspace_id, o.type;
COMMENT ON VIEW headway.objection_overview IS 'Objections by type: how often, by how many, and how often the call ended with an appointment all the same.';
COMMENT ON COLUMN headway.objection_overview.workspace_id IS 'The workspace.';
COMMENT ON COLUMN headway.objection_overview.type IS 'What they are about, as in call_objections.';
COMMENT ON COLUMN headway.objection_overview.objections IS 'How many there are.';
COMMENT ON COLUMN headway.objection_overview.calls IS 'In how many calls.';
COMMENT ON COLUMN headway.objection_overview.customers IS 'Of how many customers that are known.';
COMMENT ON COLUMN headway.objection_overview.scheduled_calls IS 'How many of those calls ended with an appointment.';
COMMENT ON COLUMN headway.objection_overview.overcome IS 'How many of the objections were met in such a call.';
COMMENT ON COLUMN headway.objection_overview.scheduled_percent IS 'The share of the calls that ended with an appointment, 0 to 100.';
COMMENT ON COLUMN headway.objection_overview.last_quote IS 'The latest one, in the customer''s words.';
COMMENT ON COLUMN headway.objection_overview.last_raised IS 'When that call began.';
