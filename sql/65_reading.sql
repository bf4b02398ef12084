-- Reading and matching: what a model's answers change.

CREATE FUNCTION headway._record_call(w uuid, task bigint, fence bigint, call jsonb, reply jsonb) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t       headway.tasks;
    call_id uuid := gen_random_uuid();
BEGIN
    -- The call is logged whoever holds the task now: it has been made.
    SELECT * INTO t FROM headway.tasks s WHERE s.workspace_id = w AND s.id = task FOR UPDATE;
    INSERT INTO headway.llm_calls (workspace_id, started_at, id, run_id, task_id, purpose, provider, request_model, response_model,
        attempt, input_tokens, output_tokens, cached_tokens, reasoning_tokens, cost_usd, latency_ms, status, http_status, error,
        finish_reason, request_id, prompt_id)
    SELECT w, (call ->> 'started_at')::timestamptz, call_id, t.run_id, task, c.purpose, c.provider, c.request_model, c.response_model,
           coalesce(t.attempts, 1), c.input_tokens, c.output_tokens, c.cached_tokens, c.reasoning_tokens, c.cost_usd, c.latency_ms,
           c.status, c.http_status, c.error, c.finish_reason, c.request_id, c.prompt_id
    FROM jsonb_populate_record(NULL::headway.llm_calls, call) c;
    UPDATE headway.tasks s SET reply = _record_call.reply || jsonb_build_object('call_id', call_id, 'started_at', call -> 'started_at', 'prompt_id', call -> 'prompt_id')
    WHERE s.workspace_id = w AND s.id = task AND s.token = fence AND s.state = 'running' AND _record_call.reply IS NOT NULL;
    RETURN call_id;
END $$;
COMMENT ON FUNCTION headway._record_call(uuid, bigint, bigint, jsonb, jsonb) IS
'Private. Logs an exchange with a model and keeps its answer with the task until it is settled.';

CREATE FUNCTION headway._themes(w uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object('id', h.id, 'name', h.name, 'description', h.description) ORDER BY h.sort_order, h.name), '[]')
            FROM headway.themes h WHERE h.workspace_id = w);
END $$;
COMMENT ON FUNCTION headway._themes(uuid) IS 'Private. A workspace''s themes as a model is told of them: [{id, name, description}].';

CREATE FUNCTION headway._input_extract(w uuid, task bigint, fence bigint) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t headway.tasks := headway._hold(w, task, fence);
    m headway.messages;
BEGIN
    IF t.id IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT * INTO m FROM headway.messages s WHERE s.workspace_id = w AND s.id = t.message_id;
    RETURN jsonb_build_object(
        'title', m.title,
        'language', coalesce(m.language, (SELECT s.language FROM headway.workspaces s WHERE s.id = w)),
        'turns', coalesce(m.turns, headway._turns(m.content)),
        'insiders', (SELECT coalesce(jsonb_agg(p -> 'speaker'), '[]')
                     FROM jsonb_array_elements(CASE jsonb_typeof(m.metadata -> 'parties') WHEN 'array' THEN m.metadata -> 'parties' ELSE '[]' END) p
                     WHERE p ->> 'affiliation' = 'internal' AND jsonb_typeof(p -> 'speaker') = 'string'),
        'themes', headway._themes(w),
        'threshold', headway._setting(w, 'theme_confidence')::real,
        'provider', headway._provider(w, 'extract'),
        'reply', t.reply);
END $$;
COMMENT ON FUNCTION headway._input_extract(uuid, bigint, bigint) IS
'Private. What reading a message needs: the conversation, the themes, and the model''s answer if it has come already.';

CREATE FUNCTION headway._settle_extract(w uuid, task bigint, fence bigint, answer jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t headway.tasks := headway._hold(w, task, fence);
BEGIN
    IF t.id IS NULL THEN
        RETURN jsonb_build_object('stale', true);
    END IF;
    UPDATE headway.messages m SET ai_insights = answer -> 'insights', relevance = (answer ->> 'relevance')::real
    WHERE m.workspace_id = w AND m.id = t.message_id;
    INSERT INTO headway.unmatched_features (workspace_id, message_id, title, description, type, urgency, proposed_theme,
                                            theme_confidence, reason, quote)
    SELECT w, t.message_id, u.title, coalesce(u.description, ''), u.type, u.urgency, u.proposed_theme, u.theme_confidence, u.reason, u.quote
    FROM jsonb_populate_recordset(NULL::headway.unmatched_features, answer -> 'unmatched') u;
    UPDATE headway.llm_calls c SET quotes_total = (answer ->> 'quotes_total')::int, quotes_verified = (answer ->> 'quotes_verified')::int
    WHERE c.workspace_id = w AND c.started_at = (answer ->> 'call_started_at')::timestamptz AND c.id = (answer ->> 'call_id')::uuid;
    IF answer -> 'problems' <> '[]' THEN
        PERFORM headway._log(w, t.run_id, task, 'warning', 'parts of the model''s answer were dropped', answer -> 'problems');
    END IF;
    PERFORM headway._enqueue(w, t.run_id, 'match', coalesce((SELECT jsonb_agg(jsonb_build_object('message_id', t.message_id, 'item', i))
        FROM jsonb_array_elements(answer -> 'items') i), '[]'), run_priority => 3);
    PERFORM headway._finish(t);
    PERFORM headway._end_message(w, t.run_id, t.message_id);
    RETURN '{}'::jsonb;
END $$;
COMMENT ON FUNCTION headway._settle_extract(uuid, bigint, bigint, jsonb) IS
'Private. What was found in a message is stored; each item with a theme and a verified quote goes on to matching.';

CREATE FUNCTION headway._end_message(w uuid, run uuid, message uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    IF EXISTS (SELECT FROM headway.tasks t WHERE t.workspace_id = w AND t.message_id = message
               AND t.state IN ('queued', 'running', 'failed')) THEN
        RETURN;
    END IF;
    UPDATE headway.messages m SET is_processed = true, processed_at = moment WHERE m.workspace_id = w AND m.id = message;
    PERFORM headway._move_items(w, run, headway._items_of(w, run, message), 'processed');
END $$;
COMMENT ON FUNCTION headway._end_message(uuid, uuid, uuid) IS
'Private. Marks a message as processed once nothing about it is outstanding.';

CREATE FUNCTION headway._candidates(w uuid, theme uuid, item_type text, since bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    IF theme IS NULL THEN
        RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object('id', f.id, 'title', f.name, 'description', f.description) ORDER BY f.theme_id, f.theme_seq), '[]')
                FROM headway.features f WHERE f.workspace_id = w AND f.type = item_type AND f.merged_into IS NULL);
    END IF;
    RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object('id', f.id, 'title', f.name, 'description', f.description) ORDER BY f.theme_seq), '[]')
            FROM headway.features f
            WHERE f.workspace_id = w AND f.theme_id = theme AND f.type = item_type AND f.theme_seq > since AND f.merged_into IS NULL);
END $$;
COMMENT ON FUNCTION headway._candidates(uuid, uuid, text, bigint) IS
'Private. The features that an item may be a mention of: same theme, same type, changed after the theme''s feature_seq since; for a NULL theme those of all themes.';

CREATE FUNCTION headway._match_case(w uuid, item jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    theme uuid := (item ->> 'theme_id')::uuid;
    seen  bigint;
BEGIN
    -- The number first: a feature that appears in between is then seen twice, not missed.
    seen := (SELECT h.feature_seq FROM headway.themes h WHERE h.workspace_id = w AND h.id = theme);
    RETURN jsonb_build_object('item', item, 'seen', coalesce(seen, 0),
        'candidates', headway._candidates(w, theme, item ->> 'type', 0),
        'language', (SELECT s.language FROM headway.workspaces s WHERE s.id = w),
        'threshold', headway._setting(w, 'match_confidence')::real,
        'provider', headway._provider(w, 'match'),
        'shortlist_size', headway._setting(w, 'shortlist_size')::int);
END $$;
COMMENT ON FUNCTION headway._match_case(uuid, jsonb) IS
'Private. What a decision needs: the item, the features of its theme and type, and how far into the theme''s history they reach.';

CREATE FUNCTION headway._input_match(w uuid, task bigint, fence bigint) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t headway.tasks := headway._hold(w, task, fence);
BEGIN
    IF t.id IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN headway._match_case(w, t.payload -> 'item') || jsonb_build_object('reply', t.reply);
END $$;
COMMENT ON FUNCTION headway._input_match(uuid, bigint, bigint) IS
'Private. What the decision of a task needs, and the model''s answer if it has come already.';

CREATE FUNCTION headway._feature_quotes(w uuid, features jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_object_agg(f.id, q.quotes), '{}') FROM jsonb_array_elements_text(features) f (id)
            CROSS JOIN LATERAL (
                SELECT coalesce(jsonb_agg(latest.quote), '[]') AS quotes FROM (
                    SELECT m.quote FROM headway.feature_messages m
                    WHERE m.workspace_id = w AND m.feature_id = f.id::uuid AND m.quote IS NOT NULL
                    ORDER BY m.created_at DESC, m.message_id LIMIT 5) latest) q);
END $$;
COMMENT ON FUNCTION headway._feature_quotes(uuid, jsonb) IS 'Private. {feature id: [its latest five quotes]} for an array of features.';

CREATE FUNCTION headway._mention(w uuid, feature uuid, message uuid, decision uuid, item jsonb, sure real) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    levels text[] := ARRAY['low', 'medium', 'high', 'critical'];
    m      headway.messages;
    mood   real;
BEGIN
    INSERT INTO headway.feature_messages (workspace_id, feature_id, message_id, decision_id, confidence, quote, quote_start_s, quote_status, speaker)
    VALUES (w, feature, message, decision, sure, item ->> 'quote', (item ->> 'quote_start_s')::real, item ->> 'quote_status', item ->> 'speaker')
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;  -- said twice in one conversation: one mention
    END IF;
    SELECT * INTO m FROM headway.messages s WHERE s.workspace_id = w AND s.id = message;
    mood := (m.ai_insights #>> '{sentiment,score}')::real;
    UPDATE headway.features f SET mention_count = f.mention_count + 1,
        first_mentioned = least(f.first_mentioned, m.sent_at), last_mentioned = greatest(f.last_mentioned, m.sent_at),
        urgency = levels[greatest(array_position(levels, f.urgency), array_position(levels, item ->> 'urgency'))],
        sentiment_score = coalesce((f.sentiment_score * f.mention_count + mood) / (f.mention_count + 1), f.sentiment_score, mood)
    WHERE f.workspace_id = w AND f.id = feature;
    RETURN true;
END $$;
COMMENT ON FUNCTION headway._mention(uuid, uuid, uuid, uuid, jsonb, real) IS
'Private. Enters a message as a mention of a feature and keeps the feature''s numbers; false when it was one already.';

CREATE FUNCTION headway._create_feature(w uuid, theme uuid, item jsonb) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    seq     bigint;
    feature uuid;
BEGIN
    UPDATE headway.themes h SET feature_seq = h.feature_seq + 1 WHERE h.workspace_id = w AND h.id = theme RETURNING h.feature_seq INTO seq;
    INSERT INTO headway.features AS f (workspace_id, theme_id, name, description, type, urgency, theme_seq)
    VALUES (w, theme, item ->> 'title', coalesce(item ->> 'description', ''), item ->> 'type', item ->> 'urgency', seq)
    RETURNING f.id INTO feature;
    RETURN feature;
END $$;
COMMENT ON FUNCTION headway._create_feature(uuid, uuid, jsonb) IS 'Private. Makes a feature of an item; its theme is locked.';

CREATE FUNCTION headway._heir(w uuid, feature uuid, theme uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN (WITH RECURSIVE line AS (
                SELECT f.id, f.merged_into FROM headway.features f WHERE f.workspace_id = w AND f.id = feature AND f.theme_id = theme
                UNION ALL
                SELECT f.id, f.merged_into FROM line JOIN headway.features f ON f.workspace_id = w AND f.id = line.merged_into
            )
            SELECT l.id FROM line l WHERE l.merged_into IS NULL);
END $$;
COMMENT ON FUNCTION headway._heir(uuid, uuid, uuid) IS
'Private. What a feature of a theme has become by merges, itself if there were none; NULL when it is gone.';

CREATE FUNCTION headway._apply_decision(w uuid, message uuid, item jsonb, answer jsonb, prompt uuid) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    links    boolean := answer ->> 'outcome' = 'linked';
    named    uuid := (answer ->> 'matching_feature_id')::uuid;
    theme    uuid := (item ->> 'theme_id')::uuid;
    target   uuid;
    seen     bigint := (answer ->> 'seen')::bigint;
    now_seq  bigint;
    decision uuid := gen_random_uuid();
BEGIN
    IF theme IS NULL AND links THEN
        theme := (SELECT f.theme_id FROM headway.features f WHERE f.workspace_id = w AND f.id = named);
    END IF;
    SELECT h.feature_seq INTO now_seq FROM headway.themes h WHERE h.workspace_id = w AND h.id = theme FOR NO KEY UPDATE;
    IF now_seq IS NULL THEN
        RETURN jsonb_build_object('no_theme', true);
    END IF;
    -- Something changed while the judge was thinking: a feature appeared that may be the same, or the
    -- one it chose is gone. The decision is asked again about what is new alone.
    IF links THEN
        target := headway._heir(w, named, theme);
    END IF;
    IF links AND target IS NULL
       OR NOT links AND now_seq > seen AND headway._candidates(w, theme, item ->> 'type', seen) <> '[]' THEN
        RETURN jsonb_build_object('seen', now_seq, 'appeared',
            headway._candidates(w, theme, item ->> 'type', CASE WHEN links THEN 0 ELSE seen END));
    END IF;
    IF NOT links THEN
        target := headway._create_feature(w, theme, item);
    END IF;
    INSERT INTO headway.match_decisions (workspace_id, id, message_id, title, description, theme_id, shortlist, is_duplicate,
        matching_feature_id, confidence, reasoning, threshold, outcome, decided_by, llm_call_id, feature_id, prompt_id)
    VALUES (w, decision, message, item ->> 'title', coalesce(item ->> 'description', ''), theme, answer -> 'shortlist',
        (answer ->> 'is_duplicate')::boolean, named, (answer ->> 'confidence')::real,
        answer ->> 'reasoning', (answer ->> 'threshold')::real, answer ->> 'outcome', answer ->> 'decided_by',
        (answer ->> 'call_id')::uuid, target, prompt);
    RETURN jsonb_build_object('feature', target, 'created', NOT links,
        'mentioned', headway._mention(w, target, message, decision, item, CASE WHEN links THEN (answer ->> 'confidence')::real END));
END $$;
COMMENT ON FUNCTION headway._apply_decision(uuid, uuid, jsonb, jsonb, uuid) IS
'Private. Applies a decision under the theme''s lock: links the item or creates the feature, {feature, created, mentioned}. Changes nothing and answers {seen, appeared} when features appeared that the judge has not seen, {no_theme} when there is no theme for a new one.';

CREATE FUNCTION headway._settle_match(w uuid, task bigint, fence bigint, answer jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t       headway.tasks := headway._hold(w, task, fence);
    item    jsonb := t.payload -> 'item';
    outcome jsonb;
BEGIN
    IF t.id IS NULL THEN
        RETURN jsonb_build_object('stale', true);
    END IF;
    outcome := headway._apply_decision(w, t.message_id, item, answer,
                                       CASE WHEN t.reply ->> 'call_id' = answer ->> 'call_id' THEN (t.reply ->> 'prompt_id')::uuid END);
    IF outcome ? 'appeared' THEN
        RETURN outcome;
    ELSIF outcome ? 'no_theme' THEN
        INSERT INTO headway.unmatched_features (workspace_id, message_id, title, description, type, urgency, theme_confidence, reason, quote)
        VALUES (w, t.message_id, item ->> 'title', coalesce(item ->> 'description', ''), item ->> 'type', item ->> 'urgency',
                (item ->> 'theme_confidence')::real, 'no_theme', item ->> 'quote');
    ELSIF (outcome -> 'mentioned')::boolean THEN
        UPDATE headway.runs r SET features_created = r.features_created + (outcome -> 'created')::boolean::int,
                                  features_matched = r.features_matched + (NOT (outcome -> 'created')::boolean)::int
        WHERE r.workspace_id = w AND r.id = t.run_id;
    END IF;
    PERFORM headway._finish(t);
    PERFORM headway._end_message(w, t.run_id, t.message_id);
    RETURN outcome;
END $$;
COMMENT ON FUNCTION headway._settle_match(uuid, bigint, bigint, jsonb) IS
'Private. Applies a decision and ends its task; or answers {seen, appeared} when features appeared that the judge has not seen, and changes nothing.';
