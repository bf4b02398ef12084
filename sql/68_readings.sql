-- Readings: conversations that are read once more, to replace what was found in them or only to compare.

CREATE TABLE headway.readings (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    run_id       uuid NOT NULL,
    message_id   uuid NOT NULL,
    prompt_id    uuid,
    task_id      bigint NOT NULL,
    is_dry       boolean NOT NULL,
    found        jsonb NOT NULL,
    known        jsonb NOT NULL,
    quotes_total    int NOT NULL,
    quotes_verified int NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, run_id) REFERENCES headway.runs (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, message_id) REFERENCES headway.messages (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE headway.readings IS
'What was found in conversations that were read once more: by headway_reprocess(), and by a prompt in its shadow run. reading_changes shows each item, prompt_comparison the sums.';
COMMENT ON COLUMN headway.readings.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.readings.id IS 'Identifies the reading within its workspace.';
COMMENT ON COLUMN headway.readings.created_at IS 'When it was settled.';
COMMENT ON COLUMN headway.readings.run_id IS 'The run that it was made in.';
COMMENT ON COLUMN headway.readings.message_id IS 'The conversation.';
COMMENT ON COLUMN headway.readings.prompt_id IS 'The prompt that was asked for; NULL for the one that was active.';
COMMENT ON COLUMN headway.readings.task_id IS 'The task in which it was read, as in llm_calls. No foreign key, so that it outlives the task.';
COMMENT ON COLUMN headway.readings.is_dry IS 'Whether it was made for comparing alone and has changed nothing.';
COMMENT ON COLUMN headway.readings.found IS 'The items found: [{type, title, quote, standing: counted or waiting}].';
COMMENT ON COLUMN headway.readings.known IS 'What stood there before: [{type, title, quote, standing: counted, waiting, accepted or dismissed, feature_id}]; accepted and dismissed are a person''s word.';
COMMENT ON COLUMN headway.readings.quotes_total IS 'Quotes in the answer.';
COMMENT ON COLUMN headway.readings.quotes_verified IS 'How many of them stand in the transcript.';
CREATE INDEX readings_run ON headway.readings (workspace_id, run_id);
COMMENT ON INDEX headway.readings_run IS 'The readings of a run.';
CREATE INDEX readings_message ON headway.readings (workspace_id, message_id);
COMMENT ON INDEX headway.readings_message IS 'The readings of a conversation.';
CREATE INDEX readings_prompt ON headway.readings (workspace_id, prompt_id);
COMMENT ON INDEX headway.readings_prompt IS 'The readings by a prompt.';

CREATE FUNCTION headway._plain(said text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_fold';
COMMENT ON FUNCTION headway._plain(text) IS
'Private. A text without case and punctuation, so that two spellings of it are equal: in every alphabet, whatever the database''s locale. Signs alone are the empty text.';

CREATE FUNCTION headway._same_item(a jsonb, b jsonb) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    title_a text := headway._plain(a ->> 'title');
    quote_a text := headway._plain(a ->> 'quote');
    quote_b text := headway._plain(b ->> 'quote');
BEGIN
    IF a ->> 'type' IS DISTINCT FROM b ->> 'type' THEN
        RETURN false;
    END IF;
    RETURN coalesce(a ->> 'title' = b ->> 'title'
        OR title_a <> '' AND title_a = headway._plain(b ->> 'title')
        OR quote_a <> '' AND quote_b <> '' AND (position(quote_a IN quote_b) > 0 OR position(quote_b IN quote_a) > 0), false);
END $$;
COMMENT ON FUNCTION headway._same_item(jsonb, jsonb) IS
'Private. Whether two items of one conversation are one: of one type, and with the same title or words.';

CREATE FUNCTION headway._holds_item(items jsonb, item jsonb) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN EXISTS (SELECT FROM jsonb_array_elements(items) i WHERE headway._same_item(i, item));
END $$;
COMMENT ON FUNCTION headway._holds_item(jsonb, jsonb) IS 'Private. Whether one of some items is the same as another.';

CREATE FUNCTION headway._known_items(w uuid, message uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    -- What people have said stays: a mention that they made or confirmed, an item that they took in or dismissed.
    RETURN (
        SELECT coalesce(jsonb_agg(k.item), '[]') FROM (
            SELECT jsonb_build_object('type', f.type, 'title', coalesce(d.title, f.name), 'quote', m.quote, 'feature_id', f.id,
                       'standing', CASE WHEN d.decided_by = 'person' OR m.decision_id IS NULL OR EXISTS (
                           SELECT FROM headway.unmatched_features u WHERE u.workspace_id = w AND u.message_id = message AND u.resolved_feature_id = f.id)
                           THEN 'accepted' ELSE 'counted' END) AS item
            FROM headway.feature_messages m
            JOIN headway.features f ON f.workspace_id = w AND f.id = m.feature_id
            LEFT JOIN headway.match_decisions d ON d.workspace_id = w AND d.id = m.decision_id
            WHERE m.workspace_id = w AND m.message_id = message AND m.via IS NULL
            UNION ALL
            -- What is one feature is one mention, in however many items it was found.
            SELECT jsonb_build_object('type', f.type, 'title', d.title, 'quote', NULL, 'feature_id', f.id,
                       'standing', CASE d.decided_by WHEN 'person' THEN 'accepted' ELSE 'counted' END)
            FROM headway.feature_messages m
            JOIN headway.features f ON f.workspace_id = w AND f.id = m.feature_id
            JOIN headway.match_decisions d ON d.workspace_id = w AND d.message_id = message AND d.feature_id = f.id
            WHERE m.workspace_id = w AND m.message_id = message AND m.via IS NULL
              AND d.id <> m.decision_id AND d.created_at >= m.created_at AND d.outcome <> 'rejected'
            UNION ALL
            SELECT jsonb_build_object('type', u.type, 'title', u.title, 'quote', u.quote,
                       'standing', CASE WHEN u.dismissed_at IS NOT NULL THEN 'dismissed' ELSE 'waiting' END)
            FROM headway.unmatched_features u WHERE u.workspace_id = w AND u.message_id = message AND u.resolved_feature_id IS NULL) k);
END $$;
COMMENT ON FUNCTION headway._known_items(uuid, uuid) IS 'Private. What was found in a message so far, in the form of readings.known.';

CREATE FUNCTION headway._found_items(found jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object('type', i.item -> 'type', 'title', i.item -> 'title', 'quote', i.item -> 'quote', 'standing', i.standing)), '[]')
    FROM (SELECT item, 'counted' AS standing FROM jsonb_array_elements(found -> 'items') item
          UNION ALL
          SELECT item, 'waiting' FROM jsonb_array_elements(found -> 'unmatched') item) i
$$;
COMMENT ON FUNCTION headway._found_items(jsonb) IS 'Private. What a reading has found, in the form of readings.found.';

CREATE FUNCTION headway._take_back(w uuid, message uuid, known jsonb, fresh jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    gone    uuid[] := ARRAY(SELECT (k ->> 'feature_id')::uuid FROM jsonb_array_elements(known) k WHERE k ? 'feature_id' GROUP BY 1
                            HAVING bool_and(k ->> 'standing' = 'counted' AND NOT headway._holds_item(fresh -> 'items', k)));
    feature uuid;
BEGIN
    PERFORM 1 FROM headway.themes h WHERE h.workspace_id = w AND h.id IN (
        SELECT f.theme_id FROM headway.features f WHERE f.workspace_id = w AND f.id = ANY (gone)) ORDER BY h.id FOR NO KEY UPDATE;
    PERFORM headway._lock_lines(w, gone);
    FOREACH feature IN ARRAY gone LOOP
        DELETE FROM headway.feature_messages m WHERE m.workspace_id = w AND m.feature_id = feature AND m.message_id = message AND m.via IS NULL;
        PERFORM headway._regroup(w, feature);
    END LOOP;
    DELETE FROM headway.unmatched_features u
    WHERE u.workspace_id = w AND u.message_id = message AND u.resolved_feature_id IS NULL AND u.dismissed_at IS NULL
      AND NOT headway._holds_item(fresh -> 'unmatched', jsonb_build_object('type', u.type, 'title', u.title, 'quote', u.quote));
END $$;
COMMENT ON FUNCTION headway._take_back(uuid, uuid, jsonb, jsonb) IS
'Private. Removes a message''s mentions and waiting items that a new reading does not have; what people have said stays. A feature that nobody mentions any more stays, with no mention.';

CREATE FUNCTION headway._retell_moods(w uuid, moods jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    features uuid[] := ARRAY(SELECT DISTINCT m.feature_id FROM jsonb_each_text(moods) k (message, mood) JOIN headway.feature_messages m
                             ON m.workspace_id = w AND m.message_id = k.message::uuid AND m.via IS NULL AND m.sentiment IS DISTINCT FROM k.mood::real);
    feature  uuid;
BEGIN
    PERFORM headway._lock_lines(w, features);
    UPDATE headway.feature_messages m SET sentiment = k.mood::real FROM jsonb_each_text(moods) k (message, mood)
    WHERE m.workspace_id = w AND m.message_id = k.message::uuid AND m.feature_id = ANY (features) AND m.via IS NULL;
    FOREACH feature IN ARRAY features LOOP
        PERFORM headway._regroup(w, feature);
    END LOOP;
END $$;
COMMENT ON FUNCTION headway._retell_moods(uuid, jsonb) IS
'Private. Gives the mentions of messages that were read once more the sentiment that was found now, {message id: score or null}.';

CREATE FUNCTION headway._reread(held headway.tasks, fresh jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w       uuid := held.workspace_id;
    message uuid := headway._message_of(held);
    is_dry  boolean := held.message_id IS NULL;
    known   jsonb;
BEGIN
    PERFORM 1 FROM headway.messages m WHERE m.workspace_id = w AND m.id = message FOR NO KEY UPDATE;
    known := headway._known_items(w, message);
    INSERT INTO headway.readings (workspace_id, run_id, message_id, prompt_id, task_id, is_dry, found, known, quotes_total, quotes_verified)
    VALUES (w, held.run_id, message, (held.payload ->> 'prompt_id')::uuid, held.id, is_dry, headway._found_items(fresh), known,
            (fresh ->> 'quotes_total')::int, (fresh ->> 'quotes_verified')::int);
    IF is_dry THEN
        PERFORM headway._count_processed(w, held.run_id, ARRAY[message]);
        RETURN fresh || '{"items": [], "unmatched": []}';
    END IF;
    PERFORM headway._take_back(w, message, known, fresh);
    -- The items that are new; the others have their mention, wait already, or were dismissed.
    RETURN fresh || jsonb_build_object(
        'items', (SELECT coalesce(jsonb_agg(i), '[]') FROM jsonb_array_elements(fresh -> 'items') i
                  WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(known) k WHERE k ->> 'standing' <> 'waiting' AND headway._same_item(k, i))),
        'unmatched', (SELECT coalesce(jsonb_agg(i), '[]') FROM jsonb_array_elements(fresh -> 'unmatched') i
                      WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(known) k WHERE k ->> 'standing' <> 'counted' AND headway._same_item(k, i))));
END $$;
COMMENT ON FUNCTION headway._reread(headway.tasks, jsonb) IS
'Private. Enters what a held task has found in a message that was read before. Gives what is left to settle of it: what is new, nothing for a dry reading.';

CREATE VIEW headway.reading_changes WITH (security_invoker = true) AS
SELECT r.workspace_id, r.run_id, r.message_id, r.prompt_id, c.change, c.item ->> 'type' AS type, c.item ->> 'title' AS title, c.item ->> 'quote' AS quote,
       c.was, c.becomes, (c.feature ->> 'feature_id')::uuid AS feature_id
FROM headway.readings r
CROSS JOIN LATERAL (
    SELECT CASE WHEN k.item IS NULL THEN 'added' WHEN k.item ->> 'standing' IN (f.item ->> 'standing', 'accepted', 'dismissed') THEN 'same' ELSE 'changed' END AS change,
           f.item, k.item AS feature, k.item ->> 'standing' AS was,
           CASE WHEN k.item ->> 'standing' IN ('accepted', 'dismissed') THEN k.item ->> 'standing' ELSE f.item ->> 'standing' END AS becomes
    FROM jsonb_array_elements(r.found) f (item)
    LEFT JOIN LATERAL (SELECT o.item FROM jsonb_array_elements(r.known) WITH ORDINALITY o (item, n)
                       WHERE headway._same_item(o.item, f.item) ORDER BY o.item ->> 'standing' = 'waiting', o.n LIMIT 1) k ON true
    UNION ALL
    SELECT CASE WHEN k.item ->> 'standing' IN ('accepted', 'dismissed') THEN 'missed' ELSE 'removed' END, k.item, k.item, k.item ->> 'standing',
           CASE WHEN k.item ->> 'standing' IN ('accepted', 'dismissed') THEN k.item ->> 'standing' END
    FROM jsonb_array_elements(r.known) k (item) WHERE NOT headway._holds_item(r.found, k.item)) c;
COMMENT ON VIEW headway.reading_changes IS
'What readings have changed, or, when they were dry, would change: the items of each conversation that was read once more.';
COMMENT ON COLUMN headway.reading_changes.workspace_id IS 'The workspace.';
COMMENT ON COLUMN headway.reading_changes.run_id IS 'What headway_reprocess() returned.';
COMMENT ON COLUMN headway.reading_changes.message_id IS 'The conversation.';
COMMENT ON COLUMN headway.reading_changes.prompt_id IS 'The prompt that was asked for; NULL for the one that was active.';
COMMENT ON COLUMN headway.reading_changes.change IS 'added, removed, changed (from waiting to counted or back), same, or missed: not found, but it stays, since a person has decided about it.';
COMMENT ON COLUMN headway.reading_changes.type IS 'feature_request, bug_report or pain_point.';
COMMENT ON COLUMN headway.reading_changes.title IS 'The item, in a few words.';
COMMENT ON COLUMN headway.reading_changes.quote IS 'The words that it rests on.';
COMMENT ON COLUMN headway.reading_changes.was IS 'How it stood: counted, waiting (in unmatched_features), accepted or dismissed by a person; NULL when it was not there.';
COMMENT ON COLUMN headway.reading_changes.becomes IS 'How it stands then; NULL when it is gone.';
COMMENT ON COLUMN headway.reading_changes.feature_id IS 'The feature that it was a mention of.';
