-- Why something was matched as it was, and what another threshold would have made of it: from stored decisions, no model is asked.

CREATE FUNCTION headway_explain_match(feature uuid, message uuid, workspace text DEFAULT NULL) RETURNS jsonb
    LANGUAGE c STABLE
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_explain_match(uuid, uuid, text) IS
'Why a conversation is a mention of a feature, or was taken away from it.
Arguments: feature, an id of headway.features; message, an id of headway.messages; workspace, id or name.
Result: {feature_id, feature, message_id, message, via: the merged feature it came with, decision_id, item: {title, description}, outcome, decided_by, decided_at, threshold, answer: {is_duplicate, matching_feature_id, matching_feature, confidence, reasoning}, shortlist: what it was compared with and the scores, prompt: {id, name, version}, model: {provider, request_model, response_model, call_id, started_at, input_tokens, output_tokens, cost_usd, decisions: how many that exchange was for}, quote: {text, status, speaker, start_s, turn: its place in messages.turns from 0, offset: characters before it in messages.content}, reviews: what people have said of it}.
Errors: 8W001 for the workspace, 8W023 when the conversation was never matched with the feature.
Example: SELECT headway_explain_match(feature_id, message_id) FROM headway.feature_messages LIMIT 1;';

CREATE FUNCTION headway._quote_place(m headway.messages, quote text) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN jsonb_build_object(
        'turn', (SELECT min(t.place) - 1 FROM jsonb_array_elements(CASE jsonb_typeof(m.turns) WHEN 'array' THEN m.turns ELSE '[]' END) WITH ORDINALITY t (turn, place)
                 WHERE position(quote IN t.turn ->> 'text') > 0),
        'offset', nullif(position(quote IN m.content), 0) - 1);
END $$;
COMMENT ON FUNCTION headway._quote_place(headway.messages, text) IS 'Private. Where a quote stands in a message: {turn, offset}, NULL where it cannot be found.';

CREATE FUNCTION headway._call_of(d headway.match_decisions) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    -- The call came before the decision, and an answer is kept for days at most: the key begins with the time.
    RETURN (SELECT jsonb_build_object('provider', c.provider, 'request_model', c.request_model, 'response_model', c.response_model, 'call_id', c.id,
                       'started_at', c.started_at, 'input_tokens', c.input_tokens, 'output_tokens', c.output_tokens, 'cost_usd', c.cost_usd,
                       'decisions', (SELECT count(*) FROM headway.match_decisions o  -- of one message
                                     WHERE o.workspace_id = d.workspace_id AND o.message_id = d.message_id AND o.llm_call_id = c.id))
            FROM headway.llm_calls c
            WHERE c.workspace_id = d.workspace_id AND c.id = d.llm_call_id AND c.started_at BETWEEN d.created_at - interval '30 days' AND d.created_at + interval '1 day');
END $$;
COMMENT ON FUNCTION headway._call_of(headway.match_decisions) IS 'Private. The exchange with a model that a decision rests on; NULL when there was none or its row is gone.';

CREATE FUNCTION headway._decision_between(w uuid, feature uuid, message uuid) RETURNS headway.match_decisions
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    d headway.match_decisions;
BEGIN
    SELECT s.* INTO d FROM headway.match_decisions s
    LEFT JOIN headway.feature_messages m ON m.workspace_id = w AND m.feature_id = feature AND m.message_id = message AND m.decision_id = s.id
    WHERE s.workspace_id = w AND s.message_id = message AND (m.decision_id IS NOT NULL OR feature IN (s.feature_id, s.matching_feature_id))
    ORDER BY m.decision_id IS NULL, s.created_at DESC, s.id LIMIT 1;
    RETURN d;
END $$;
COMMENT ON FUNCTION headway._decision_between(uuid, uuid, uuid) IS
'Private. The decision that made a message a mention of a feature, or else the latest one that spoke of both.';

CREATE FUNCTION headway._explain_match(caller name, feature uuid, message uuid, workspace text) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w uuid := headway._workspace(caller, workspace);
    d headway.match_decisions := headway._decision_between(w, feature, message);
    f headway.features;
    m headway.messages;
    g headway.feature_messages;
BEGIN
    SELECT * INTO f FROM headway.features s WHERE s.workspace_id = w AND s.id = feature;
    SELECT * INTO m FROM headway.messages s WHERE s.workspace_id = w AND s.id = message;
    SELECT * INTO g FROM headway.feature_messages s WHERE s.workspace_id = w AND s.feature_id = feature AND s.message_id = message;
    IF d.id IS NULL AND g.message_id IS NULL THEN
        RAISE EXCEPTION 'the message was never matched with the feature' USING ERRCODE = '8W023', DETAIL = format('Feature %L, message %L.', feature, message),
            HINT = 'SELECT feature_id, message_id FROM headway.feature_messages; shows what was.';
    END IF;
    RETURN jsonb_build_object('feature_id', f.id, 'feature', f.name, 'message_id', m.id, 'message', m.title, 'via', g.via,
        'decision_id', d.id, 'item', jsonb_build_object('title', d.title, 'description', d.description),
        'outcome', d.outcome, 'decided_by', d.decided_by, 'decided_at', d.created_at, 'threshold', d.threshold,
        'answer', jsonb_build_object('is_duplicate', d.is_duplicate, 'matching_feature_id', d.matching_feature_id,
            'matching_feature', (SELECT s.name FROM headway.features s WHERE s.workspace_id = w AND s.id = d.matching_feature_id),
            'confidence', d.confidence, 'reasoning', d.reasoning),
        'shortlist', coalesce(d.shortlist, '[]'),
        'prompt', (SELECT jsonb_build_object('id', p.id, 'name', p.name, 'version', p.version) FROM headway.prompts p WHERE p.id = d.prompt_id),
        'model', headway._call_of(d),
        'quote', CASE WHEN g.quote IS NOT NULL THEN jsonb_build_object('text', g.quote, 'status', g.quote_status, 'speaker', g.speaker, 'start_s', g.quote_start_s)
                                                     || headway._quote_place(m, g.quote) END,
        'reviews', (SELECT coalesce(jsonb_agg(jsonb_build_object('decision', v.decision, 'reason', v.reason, 'by', v.reviewed_by, 'at', v.created_at) ORDER BY v.created_at), '[]')
                    FROM headway.reviews v WHERE v.workspace_id = w AND v.item_id = d.id));
END $$;
COMMENT ON FUNCTION headway._explain_match(name, uuid, uuid, text) IS 'Private. Twin of headway_explain_match().';

CREATE FUNCTION headway_threshold_preview(threshold real, workspace text DEFAULT NULL)
    RETURNS TABLE (decision uuid, outcome_now text, outcome_then text)
    LANGUAGE c STABLE
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_threshold_preview(real, text) IS
'What the stored decisions would be with another headway.match_confidence. No model is asked and nothing changes. What people have decided stays as it is, and so does what was decided without a judge''s confidence.
Arguments: threshold, 0 to 1; workspace, id or name.
Result: one row for each decision, newest first: its id in headway.match_decisions, its outcome as it is, and as it would be (linked, created, review, rejected).
Errors: 8W001 for the workspace, 8W017 for a threshold that is none.
Example: SELECT outcome_now, outcome_then, count(*) FROM headway_threshold_preview(0.8) GROUP BY 1, 2;';

CREATE FUNCTION headway._threshold_preview(caller name, threshold real, workspace text)
    RETURNS TABLE (decision uuid, outcome_now text, outcome_then text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w uuid := headway._workspace(caller, workspace);
BEGIN
    IF threshold IS NULL OR threshold NOT BETWEEN 0 AND 1 THEN
        RAISE EXCEPTION 'a threshold lies between 0 and 1' USING ERRCODE = '8W017', DETAIL = format('It is %L.', threshold);
    END IF;
    RETURN QUERY
    SELECT d.id, d.outcome, CASE WHEN d.decided_by IN ('person', 'similarity') OR NOT d.is_duplicate OR d.confidence IS NULL THEN d.outcome
                                 WHEN d.confidence >= _threshold_preview.threshold THEN 'linked' ELSE 'review' END
    FROM headway.match_decisions d WHERE d.workspace_id = w ORDER BY d.created_at DESC, d.id;
END $$;
COMMENT ON FUNCTION headway._threshold_preview(name, real, text) IS 'Private. Twin of headway_threshold_preview().';
