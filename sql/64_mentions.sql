-- Mentions: which message speaks of which feature, and the numbers that follow from it. What was merged into a feature
-- lends it its mentions, as rows that say so (via): a feature's own rows never move, so that a merge is undone exactly.

CREATE FUNCTION headway._highest_urgency(a text, b text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT l.levels[greatest(array_position(l.levels, a), array_position(l.levels, b))]
    FROM (VALUES (ARRAY['low', 'medium', 'high', 'critical'])) l (levels)
$$;
COMMENT ON FUNCTION headway._highest_urgency(text, text) IS 'Private. The higher of two urgencies; that of one, when the other is NULL.';

CREATE FUNCTION headway._mention(w uuid, feature uuid, message uuid, decision uuid, item jsonb, sure real) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    m    headway.messages;
    mood real;
BEGIN
    SELECT * INTO m FROM headway.messages s WHERE s.workspace_id = w AND s.id = message;
    mood := (m.ai_insights #>> '{sentiment,score}')::real;
    INSERT INTO headway.feature_messages (workspace_id, feature_id, message_id, decision_id, confidence, quote, quote_start_s, quote_status, speaker,
                                          urgency, sentiment)
    VALUES (w, feature, message, decision, sure, item ->> 'quote', (item ->> 'quote_start_s')::real, item ->> 'quote_status', item ->> 'speaker',
            item ->> 'urgency', mood)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        -- Said twice in one conversation: one mention. If a merge has brought it, the feature has it of its own now.
        UPDATE headway.feature_messages s SET via = NULL, decision_id = decision, confidence = sure, quote = item ->> 'quote',
            quote_start_s = (item ->> 'quote_start_s')::real, quote_status = item ->> 'quote_status', speaker = item ->> 'speaker',
            urgency = item ->> 'urgency'
        WHERE s.workspace_id = w AND s.feature_id = feature AND s.message_id = message AND s.via IS NOT NULL;
        IF FOUND THEN
            PERFORM headway._recount(w, feature);
        END IF;
        RETURN false;
    END IF;
    UPDATE headway.features f SET mention_count = f.mention_count + 1,
        first_mentioned = least(f.first_mentioned, m.sent_at), last_mentioned = greatest(f.last_mentioned, m.sent_at),
        urgency = coalesce(f.pinned_urgency, headway._highest_urgency(CASE WHEN f.mention_count > 0 THEN f.urgency END, item ->> 'urgency'), f.urgency),
        sentiment_sum = f.sentiment_sum + coalesce(mood::numeric, 0), sentiment_count = f.sentiment_count + (mood IS NOT NULL)::int,
        sentiment_score = (f.sentiment_sum + coalesce(mood::numeric, 0)) / nullif(f.sentiment_count + (mood IS NOT NULL)::int, 0)
    WHERE f.workspace_id = w AND f.id = feature;
    RETURN true;
END $$;
COMMENT ON FUNCTION headway._mention(uuid, uuid, uuid, uuid, jsonb, real) IS
'Private. Enters a message as a mention of a feature that is merged into none, and keeps the feature''s numbers; false when it was one already.';

CREATE FUNCTION headway._borrow_mentions(w uuid, feature uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    DELETE FROM headway.feature_messages m WHERE m.workspace_id = w AND m.feature_id = feature AND m.via IS NOT NULL;
    INSERT INTO headway.feature_messages (workspace_id, feature_id, message_id, created_at, decision_id, confidence, quote, quote_start_s,
                                          quote_status, speaker, urgency, sentiment, via)
    SELECT DISTINCT ON (m.message_id) w, feature, m.message_id, m.created_at, m.decision_id, m.confidence, m.quote, m.quote_start_s,
           m.quote_status, m.speaker, m.urgency, m.sentiment, s.id
    FROM headway.features s JOIN headway.feature_messages m ON m.workspace_id = s.workspace_id AND m.feature_id = s.id
    WHERE s.workspace_id = w AND s.merged_into = feature
    ORDER BY m.message_id, m.created_at, s.id
    ON CONFLICT DO NOTHING;
END $$;
COMMENT ON FUNCTION headway._borrow_mentions(uuid, uuid) IS
'Private. Gives a feature the mentions of what was merged into it, each message once, beside its own, and no others.';

CREATE FUNCTION headway._recount(w uuid, feature uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    levels  text[] := ARRAY['low', 'medium', 'high', 'critical'];
    members uuid[] := headway._family(w, feature);
    highest text;
    n       record;
BEGIN
    SELECT count(*)::int AS mentions, min(s.sent_at) AS first_at, max(s.sent_at) AS last_at,
           coalesce(sum(m.sentiment::numeric), 0) AS sentiment, count(m.sentiment)::int AS sentiments
    INTO n
    FROM headway.feature_messages m JOIN headway.messages s ON s.workspace_id = m.workspace_id AND s.id = m.message_id
    WHERE m.workspace_id = w AND m.feature_id = feature;
    -- Of all that was merged, since a conversation that mentions two of them has one row here.
    highest := (SELECT levels[max(array_position(levels, m.urgency))] FROM headway.feature_messages m
                WHERE m.workspace_id = w AND m.feature_id = ANY (members) AND m.via IS NULL);
    UPDATE headway.features f SET mention_count = n.mentions, first_mentioned = n.first_at, last_mentioned = n.last_at,
        urgency = coalesce(f.pinned_urgency, highest, f.founded_urgency, f.urgency),
        sentiment_sum = n.sentiment, sentiment_count = n.sentiments, sentiment_score = n.sentiment / nullif(n.sentiments, 0)
    WHERE f.workspace_id = w AND f.id = feature;
END $$;
COMMENT ON FUNCTION headway._recount(uuid, uuid) IS 'Private. Computes a feature''s numbers from its mentions.';

CREATE FUNCTION headway._regroup(w uuid, feature uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    at uuid := feature;
BEGIN
    WHILE at IS NOT NULL LOOP
        PERFORM headway._borrow_mentions(w, at);
        PERFORM headway._recount(w, at);
        at := (SELECT f.merged_into FROM headway.features f WHERE f.workspace_id = w AND f.id = at);
    END LOOP;
END $$;
COMMENT ON FUNCTION headway._regroup(uuid, uuid) IS
'Private. Computes a feature''s mentions and numbers anew, and those of what it was merged into. Whoever takes a mention away calls it; the features are locked.';

CREATE FUNCTION headway._line(w uuid, feature uuid) RETURNS uuid[]
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN (WITH RECURSIVE line AS (
                SELECT f.id, f.merged_into, 1 AS place FROM headway.features f WHERE f.workspace_id = w AND f.id = feature
                UNION ALL
                SELECT f.id, f.merged_into, l.place + 1 FROM line l JOIN headway.features f ON f.workspace_id = w AND f.id = l.merged_into
            )
            SELECT array_agg(l.id ORDER BY l.place) FROM line l);
END $$;
COMMENT ON FUNCTION headway._line(uuid, uuid) IS
'Private. A feature, what it was merged into, what that was merged into, and so on; NULL when there is no such feature.';

CREATE FUNCTION headway._head(w uuid, feature uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN (SELECT l.line[cardinality(l.line)] FROM headway._line(w, feature) l (line));
END $$;
COMMENT ON FUNCTION headway._head(uuid, uuid) IS 'Private. What a feature has become by merges, itself if there were none; NULL when there is no such feature.';

CREATE FUNCTION headway._family(w uuid, feature uuid) RETURNS uuid[]
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN (WITH RECURSIVE family AS (
                SELECT f.id FROM headway.features f WHERE f.workspace_id = w AND f.id = feature
                UNION ALL
                SELECT f.id FROM family x JOIN headway.features f ON f.workspace_id = w AND f.merged_into = x.id
            )
            SELECT array_agg(x.id) FROM family x);
END $$;
COMMENT ON FUNCTION headway._family(uuid, uuid) IS 'Private. A feature and all that was merged into it, however far; NULL when there is no such feature.';

CREATE FUNCTION headway._heir(w uuid, feature uuid, theme uuid) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    line    uuid[];
    last_id uuid;
    merged  boolean;
BEGIN
    IF NOT EXISTS (SELECT FROM headway.features f WHERE f.workspace_id = w AND f.id = feature AND f.theme_id = theme) THEN
        RETURN NULL;
    END IF;
    -- It may be merged while this waits for its lock.
    LOOP
        line := headway._line(w, feature);
        last_id := line[cardinality(line)];
        SELECT f.merged_into IS NOT NULL INTO merged FROM headway.features f WHERE f.workspace_id = w AND f.id = last_id FOR NO KEY UPDATE;
        EXIT WHEN NOT merged;
    END LOOP;
    RETURN last_id;
END $$;
COMMENT ON FUNCTION headway._heir(uuid, uuid, uuid) IS
'Private. What a feature of a theme has become by merges, itself if there were none, locked; NULL when it is gone.';
