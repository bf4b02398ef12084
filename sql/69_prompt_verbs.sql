-- Trying a prompt beside the active one, comparing them, and changing over.

CREATE VIEW headway.prompt_comparison WITH (security_invoker = true) AS
SELECT s.workspace_id, s.prompt_id, p.version, s.conversations, s.found, s.same, s.added, s.removed, s.changed,
       s.quotes_verified::real / nullif(s.quotes_total, 0) AS quotes_true,
       s.accepted, s.dismissed, s.accepted_found, s.dismissed_found,
       2.0::real * s.accepted / nullif(2 * s.accepted + s.dismissed, 0) AS f1_before,
       2.0::real * s.accepted_found / nullif(s.accepted + s.accepted_found + s.dismissed_found, 0) AS f1,
       c.calls, c.tokens, c.cost_usd
FROM (
    SELECT r.workspace_id, r.prompt_id, count(*) AS conversations, sum(r.quotes_total) AS quotes_total, sum(r.quotes_verified) AS quotes_verified,
           sum(n.found) AS found, sum(n.same) AS same, sum(n.added) AS added, sum(n.removed) AS removed, sum(n.changed) AS changed,
           sum(n.accepted) AS accepted, sum(n.dismissed) AS dismissed, sum(n.accepted_found) AS accepted_found, sum(n.dismissed_found) AS dismissed_found
    FROM (SELECT DISTINCT ON (d.workspace_id, d.prompt_id, d.message_id) d.* FROM headway.readings d WHERE d.is_dry AND d.prompt_id IS NOT NULL
          ORDER BY d.workspace_id, d.prompt_id, d.message_id, d.created_at DESC, d.id) r
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE c.change NOT IN ('removed', 'missed')) AS found, count(*) FILTER (WHERE c.change = 'same') AS same,
               count(*) FILTER (WHERE c.change = 'added') AS added, count(*) FILTER (WHERE c.change = 'removed') AS removed,
               count(*) FILTER (WHERE c.change = 'changed') AS changed,
               count(*) FILTER (WHERE c.was = 'accepted') AS accepted, count(*) FILTER (WHERE c.was = 'dismissed') AS dismissed,
               count(*) FILTER (WHERE c.was = 'accepted' AND c.change = 'same') AS accepted_found,
               count(*) FILTER (WHERE c.was = 'dismissed' AND c.change = 'same') AS dismissed_found
        FROM headway.reading_changes c WHERE c.workspace_id = r.workspace_id AND c.run_id = r.run_id AND c.message_id = r.message_id) n
    GROUP BY r.workspace_id, r.prompt_id) s
JOIN headway.prompts p ON p.id = s.prompt_id
CROSS JOIN LATERAL (
    SELECT count(*) AS calls, sum(l.input_tokens + l.output_tokens) AS tokens, sum(l.cost_usd) AS cost_usd
    FROM headway.llm_calls l WHERE l.workspace_id = s.workspace_id AND l.purpose = 'extract' AND l.prompt_id = s.prompt_id) c;
COMMENT ON VIEW headway.prompt_comparison IS
'How versions of the prompt extract read the conversations of their shadow and dry runs, against what stood there: the last reading of each conversation counts. Where people have accepted or dismissed items, these are the labels by which both are judged.';
COMMENT ON COLUMN headway.prompt_comparison.workspace_id IS 'The workspace.';
COMMENT ON COLUMN headway.prompt_comparison.prompt_id IS 'The prompt, as in headway.prompts.';
COMMENT ON COLUMN headway.prompt_comparison.version IS 'Its version.';
COMMENT ON COLUMN headway.prompt_comparison.conversations IS 'Conversations it has read for comparison.';
COMMENT ON COLUMN headway.prompt_comparison.found IS 'Items it has found in them.';
COMMENT ON COLUMN headway.prompt_comparison.same IS 'How many of them stood there already.';
COMMENT ON COLUMN headway.prompt_comparison.added IS 'How many did not.';
COMMENT ON COLUMN headway.prompt_comparison.removed IS 'Items that stood there and that it has not found.';
COMMENT ON COLUMN headway.prompt_comparison.changed IS 'Items that would be counted instead of waiting, or the other way round.';
COMMENT ON COLUMN headway.prompt_comparison.quotes_true IS 'The share of its quotes that stand in the transcript.';
COMMENT ON COLUMN headway.prompt_comparison.accepted IS 'Items of these conversations that people have accepted.';
COMMENT ON COLUMN headway.prompt_comparison.dismissed IS 'Items of these conversations that people have dismissed.';
COMMENT ON COLUMN headway.prompt_comparison.accepted_found IS 'How many of the accepted ones it has found.';
COMMENT ON COLUMN headway.prompt_comparison.dismissed_found IS 'How many of the dismissed ones it has found.';
COMMENT ON COLUMN headway.prompt_comparison.f1_before IS 'F1 of what stands there, by people''s word; NULL without any. All of these items were found before, so what nobody has found yet counts for neither.';
COMMENT ON COLUMN headway.prompt_comparison.f1 IS 'F1 of what it has found, by the same labels.';
COMMENT ON COLUMN headway.prompt_comparison.calls IS 'Exchanges in which it was asked, for comparison or not.';
COMMENT ON COLUMN headway.prompt_comparison.tokens IS 'Their tokens, in and out.';
COMMENT ON COLUMN headway.prompt_comparison.cost_usd IS 'What they cost, as far as it is known.';

CREATE FUNCTION headway_shadow_prompt(name text, version int, workspace text DEFAULT NULL) RETURNS void
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_shadow_prompt(text, int, text) IS
'Has each conversation that comes in from now on read by a second version of a prompt as well, after its run and beside the active one; what it finds changes nothing and is compared in headway.prompt_comparison. Each such reading is paid for. Ends with headway_promote_prompt(), or when version is NULL.
Arguments: name, extract; version, one that is not active, own or default, or NULL; workspace, id or name.
Errors: 8W001 for the workspace, 8W035 for a prompt that has no shadow or does not exist, and for the active version.
Example: SELECT headway_shadow_prompt(''extract'', 3);';

CREATE FUNCTION headway._shadow_prompt(caller name, name text, version int, workspace text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w      uuid := headway._workspace(caller, workspace);
    prompt uuid;
BEGIN
    IF name IS DISTINCT FROM 'extract' THEN
        RAISE EXCEPTION 'this prompt has no shadow' USING ERRCODE = '8W035', DETAIL = format('The prompt is "%s".', name), HINT = 'Readings can be compared: extract.';
    END IF;
    PERFORM 1 FROM headway.workspaces s WHERE s.id = w FOR NO KEY UPDATE;  -- as promotion does
    prompt := CASE WHEN version IS NOT NULL THEN (headway._prompt_version(w, name, version)).id END;
    IF prompt = (headway._prompt(w, name)).id THEN
        RAISE EXCEPTION 'the prompt is the active one' USING ERRCODE = '8W035', DETAIL = format('The workspace reads with version %s now.', version),
            HINT = 'SELECT version FROM headway.prompts WHERE name = ''extract''; shows the others.';
    END IF;
    UPDATE headway.workspaces s SET settings = s.settings - 'shadow_prompt' || jsonb_strip_nulls(jsonb_build_object('shadow_prompt', prompt)) WHERE s.id = w;
END $$;
COMMENT ON FUNCTION headway._shadow_prompt(name, text, int, text) IS 'Private. Twin of headway_shadow_prompt().';

CREATE FUNCTION headway._cast_shadow(closed headway.runs) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w        uuid := closed.workspace_id;
    prompt   uuid := (SELECT (s.settings ->> 'shadow_prompt')::uuid FROM headway.workspaces s WHERE s.id = w);
    messages uuid[];
BEGIN
    IF prompt IS NULL OR closed.kind NOT IN ('ingest', 'webhook') OR headway._provider(w, 'extract') IS NULL THEN
        RETURN;
    END IF;
    messages := ARRAY(SELECT i.message_id FROM headway.run_items i JOIN headway.messages m ON m.workspace_id = w AND m.id = i.message_id
                      WHERE i.workspace_id = w AND i.run_id = closed.id AND i.outcome = 'processed' AND m.ai_insights IS NOT NULL ORDER BY i.message_id);
    IF messages <> '{}' THEN
        PERFORM headway._read_again(w, closed.requested_by, messages, prompt, true, jsonb_build_object('shadow_of', closed.id));
    END IF;
END $$;
COMMENT ON FUNCTION headway._cast_shadow(headway.runs) IS 'Private. Has what a run has read be read by the workspace''s shadow prompt as well, in a run of its own.';

CREATE FUNCTION headway_promote_prompt(name text, version int, min_gain real DEFAULT NULL, workspace text DEFAULT NULL) RETURNS void
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_promote_prompt(text, int, real, text) IS
'Makes a version of a prompt the workspace''s active one, and no other; a shadow run ends. The way back is the same: promote the old version. It stays active until another is promoted, also when headway comes with a newer default.
Arguments: name, extract, match and so on; version, own or default (a default is copied as the workspace''s own, so that its id changes); min_gain, how much better it must be than what stands, as f1 - f1_before in headway.prompt_comparison, or it is refused; by default it need not be; workspace, id or name.
Errors: 8W001 for the workspace; 8W035 for a version that does not exist, or that is not better by min_gain or has not been compared on items that people have accepted or dismissed.
Example: SELECT headway_promote_prompt(''extract'', 3);';

CREATE FUNCTION headway._check_gain(w uuid, p headway.prompts, min_gain real) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    c headway.prompt_comparison;
BEGIN
    SELECT * INTO c FROM headway.prompt_comparison s WHERE s.workspace_id = w AND s.prompt_id = p.id;
    IF c.f1 IS NULL OR c.f1_before IS NULL THEN
        RAISE EXCEPTION 'the prompt has not been compared' USING ERRCODE = '8W035',
            DETAIL = format('Version %s has read %s conversations for comparison, with %s items that a person has decided about.', p.version,
                            coalesce(c.conversations, 0), coalesce(c.accepted + c.dismissed, 0)),
            HINT = format('SELECT headway_reprocess(prompt_version => %s, dry_run => true); reads conversations with it, headway_review() decides about items.', p.version);
    ELSIF c.f1 - c.f1_before < min_gain THEN
        RAISE EXCEPTION 'the prompt is not better by so much' USING ERRCODE = '8W035',
            DETAIL = format('Its F1 is %s, that of what stands %s.', round(c.f1::numeric, 3), round(c.f1_before::numeric, 3)),
            HINT = 'headway.reading_changes shows each item. Without min_gain it is promoted all the same.';
    END IF;
END $$;
COMMENT ON FUNCTION headway._check_gain(uuid, headway.prompts, real) IS 'Private. Raises 8W035 unless a prompt has been compared and is better by a margin.';

CREATE FUNCTION headway._promote_prompt(caller name, name text, version int, min_gain real, workspace text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w uuid := headway._workspace(caller, workspace);
    p headway.prompts;
BEGIN
    PERFORM 1 FROM headway.workspaces s WHERE s.id = w FOR NO KEY UPDATE;
    p := headway._prompt_version(w, name, version);  -- somebody may have copied it while this waited
    IF min_gain IS NOT NULL THEN
        PERFORM headway._check_gain(w, p, min_gain);
    END IF;
    IF p.workspace_id IS NULL THEN
        INSERT INTO headway.prompts (workspace_id, name, version, system, template, answer_schema)
        VALUES (w, p.name, p.version, p.system, p.template, p.answer_schema) RETURNING * INTO p;
    END IF;
    UPDATE headway.prompts s SET is_active = s.id = p.id WHERE s.workspace_id = w AND s.name = p.name AND s.is_active IS DISTINCT FROM (s.id = p.id);
    UPDATE headway.workspaces s SET settings = s.settings - 'shadow_prompt' WHERE s.id = w AND p.name = 'extract' AND s.settings ? 'shadow_prompt';
END $$;
COMMENT ON FUNCTION headway._promote_prompt(name, text, int, real, text) IS 'Private. Twin of headway_promote_prompt().';
