-- The verb that has conversations read once more.

CREATE FUNCTION headway._prompt_version(w uuid, prompt_name text, wanted int) RETURNS headway.prompts
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    p headway.prompts;
BEGIN
    SELECT * INTO p FROM headway.prompts s WHERE s.name = prompt_name AND s.version = wanted AND (s.workspace_id = w OR s.workspace_id IS NULL)
    ORDER BY s.workspace_id NULLS LAST LIMIT 1;
    IF p.id IS NULL THEN
        RAISE EXCEPTION 'there is no such prompt' USING ERRCODE = '8W035', DETAIL = format('Prompt "%s" has no version %s.', prompt_name, wanted),
            HINT = 'SELECT name, version, is_active FROM headway.prompts;';
    END IF;
    RETURN p;
END $$;
COMMENT ON FUNCTION headway._prompt_version(uuid, text, int) IS
'Private. A version of a prompt, the workspace''s own before the default, active or not; 8W035 when there is none.';

CREATE FUNCTION headway._check_messages(w uuid, messages uuid[]) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    missing uuid := (SELECT g FROM unnest(messages) g
                     WHERE NOT EXISTS (SELECT FROM headway.messages m WHERE m.workspace_id = w AND m.id = g AND m.content IS NOT NULL) LIMIT 1);
BEGIN
    IF missing IS NOT NULL OR array_position(messages, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'a message cannot be read' USING ERRCODE = '8W035',
            DETAIL = format('The workspace has no message %L with a transcript.', missing),
            HINT = 'SELECT id, title FROM headway.messages WHERE content IS NOT NULL;';
    END IF;
END $$;
COMMENT ON FUNCTION headway._check_messages(uuid, uuid[]) IS 'Private. Raises 8W035 unless each of some messages is there and has a transcript.';

CREATE FUNCTION headway._read_again(w uuid, caller name, messages uuid[], prompt uuid, is_dry boolean, params jsonb) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    run  uuid := headway._create_run(w, caller, 'reprocess', params || jsonb_build_object('prompt_id', prompt, 'dry_run', is_dry));
    busy uuid[];
BEGIN
    PERFORM headway._add_items(w, run, messages::text[]);
    UPDATE headway.run_items i SET message_id = i.external_id::uuid WHERE i.workspace_id = w AND i.run_id = run;
    busy := ARRAY(SELECT m FROM unnest(messages) m WHERE NOT is_dry AND EXISTS (
        SELECT FROM headway.tasks t WHERE t.workspace_id = w AND t.message_id = m AND t.state IN ('queued', 'running')));
    PERFORM headway._move_items(w, run, busy::text[], 'skipped', 'it is being read by another run');
    messages := ARRAY(SELECT m FROM unnest(messages) m WHERE NOT m = ANY (busy));
    PERFORM headway._move_items(w, run, messages::text[], 'stored');
    IF cardinality(messages) = 0 THEN
        PERFORM headway._close_run(w, run);
        RETURN run;
    END IF;
    -- A task that changes nothing is not about its message: whoever waits for that does not wait for this.
    PERFORM headway._enqueue(w, run, 'extract', (
        SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(CASE WHEN is_dry THEN 'reads' ELSE 'message_id' END, m, 'again', true, 'prompt_id', prompt)))
        FROM unnest(messages) m), run_priority => 1);
    RETURN run;
END $$;
COMMENT ON FUNCTION headway._read_again(uuid, name, uuid[], uuid, boolean, jsonb) IS
'Private. Queues a run that reads messages once more, with a prompt or the one that is active; its ledger names them by their ids.';

CREATE FUNCTION headway_reprocess(messages uuid[] DEFAULT NULL, since timestamptz DEFAULT NULL, prompt_version int DEFAULT NULL,
                                  dry_run boolean DEFAULT false, workspace text DEFAULT NULL) RETURNS uuid
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_reprocess(uuid[], timestamptz, int, boolean, text) IS
'Queues the reading of conversations that were read before: after a change of themes, of the provider or of the prompt. What is found again keeps its mention and its feature, and costs no second match; what is new is matched; mentions and waiting items that are not found any more go, except those that a person has accepted, moved or dismissed. A feature that loses its last mention stays, with a mention_count of 0. With dry_run nothing changes: headway.reading_changes shows what would.
Arguments: messages, ids in headway.messages, by default all that have a transcript; since, those alone that took place since then; prompt_version, a version of the prompt extract, active or not, by default the one that is active when each is read; dry_run; workspace, id or name.
Result: the run''s uuid, as of headway_ingest().
Errors: 8W001 for the workspace, 8W035 for a message without a transcript, a version that does not exist, and a version where the built-in provider reads, which has no prompt.
Example: SELECT headway_reprocess(since => now() - interval ''30 days'', dry_run => true);';

CREATE FUNCTION headway._reprocess(caller name, messages uuid[], since timestamptz, prompt_version int, dry_run boolean, workspace text) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w      uuid := headway._workspace(caller, workspace);
    prompt uuid := CASE WHEN prompt_version IS NOT NULL THEN (headway._prompt_version(w, 'extract', prompt_version)).id END;
    run    uuid;
BEGIN
    IF prompt IS NOT NULL AND headway._provider(w, 'extract') IS NULL THEN
        RAISE EXCEPTION 'the built-in provider has no prompt' USING ERRCODE = '8W035', DETAIL = format('prompt_version is %s.', prompt_version),
            HINT = 'Leave prompt_version out, or set a language model first with headway_set_provider().';
    END IF;
    PERFORM headway._check_messages(w, messages);
    run := headway._read_again(w, caller, ARRAY(
        SELECT m.id FROM headway.messages m
        WHERE m.workspace_id = w AND m.content IS NOT NULL AND (messages IS NULL OR m.id = ANY (messages)) AND (since IS NULL OR m.sent_at >= since)
        ORDER BY m.sent_at DESC, m.id), prompt, coalesce(dry_run, false), jsonb_strip_nulls(jsonb_build_object('since', since, 'prompt_version', prompt_version)));
    PERFORM headway._warn_without_themes(w);
    PERFORM headway._notice_without_tick();
    RETURN run;
END $$;
COMMENT ON FUNCTION headway._reprocess(name, uuid[], timestamptz, int, boolean, text) IS 'Private. Twin of headway_reprocess().';
