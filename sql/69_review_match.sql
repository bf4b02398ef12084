-- What a person says of a match that the judge was not sure of.

CREATE FUNCTION headway._review_match(w uuid, d headway.match_decisions, decision text, why text, caller name) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    IF d.decided_by = 'person' THEN
        PERFORM headway._review_refused('the item is decided already', format('A person has decided it: %s.', d.outcome));
    ELSIF d.matching_feature_id IS NULL THEN
        PERFORM headway._review_refused('nothing was matched', format('The judge named no feature; it became feature %s.', d.feature_id));
    ELSIF decision = 'accept' THEN
        PERFORM headway._accept_match(w, d, why, caller);
    ELSIF decision = 'reject' THEN
        PERFORM headway._reject_match(w, d, why);
    END IF;
    PERFORM headway._enter_review(w, d.id, 'low_confidence_match', decision, why, caller);
END $$;
COMMENT ON FUNCTION headway._review_match(uuid, headway.match_decisions, text, text, name) IS 'Private. A person''s word on a match.';

CREATE FUNCTION headway._accept_match(w uuid, d headway.match_decisions, why text, caller name) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    became uuid[] := headway._line(w, d.feature_id);
    named  uuid[] := headway._line(w, d.matching_feature_id);
BEGIN
    IF named IS NOT NULL AND NOT became && named THEN
        PERFORM headway._merge_features(caller, named[cardinality(named)], ARRAY[d.feature_id], why, w::text);
    END IF;
    UPDATE headway.match_decisions s SET outcome = 'linked', decided_by = 'person' WHERE s.workspace_id = w AND s.id = d.id;
END $$;
COMMENT ON FUNCTION headway._accept_match(uuid, headway.match_decisions, text, name) IS
'Private. The judge was right: what became a feature is merged into the one that was named, unless they are one by now.';

CREATE FUNCTION headway._reject_match(w uuid, d headway.match_decisions, why text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    own uuid;
BEGIN
    IF d.outcome = 'review' AND headway._line(w, d.feature_id) && headway._line(w, d.matching_feature_id) THEN
        RAISE EXCEPTION 'the two are merged' USING ERRCODE = '8W024', DETAIL = format('%s and %s are one feature by now.', d.feature_id, d.matching_feature_id),
            HINT = format('Take them apart: SELECT headway_unmerge_feature(%L);', (
                SELECT f.id FROM headway.features f WHERE f.workspace_id = w AND f.id IN (d.feature_id, d.matching_feature_id) AND f.merged_into IS NOT NULL
                ORDER BY f.id <> d.feature_id LIMIT 1));
    END IF;
    own := CASE d.outcome WHEN 'linked' THEN headway._detach(w, d) ELSE d.feature_id END;
    IF NOT headway._line(w, own) && headway._line(w, d.matching_feature_id) THEN
        PERFORM headway._reject_pair(w, own, d.matching_feature_id, why);
    END IF;
    UPDATE headway.match_decisions s SET outcome = 'rejected', decided_by = 'person' WHERE s.workspace_id = w AND s.id = d.id;
END $$;
COMMENT ON FUNCTION headway._reject_match(uuid, headway.match_decisions, text) IS
'Private. The judge was wrong: the item is a feature of its own, and the two are remembered as not the same.';

CREATE FUNCTION headway._detach(w uuid, d headway.match_decisions) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    anew    uuid := gen_random_uuid();
    feature uuid;
    other   uuid;
    kind    text;
    m       headway.feature_messages;
    item    jsonb;
BEGIN
    PERFORM 1 FROM headway.themes h WHERE h.workspace_id = w AND h.id = d.theme_id FOR NO KEY UPDATE;
    PERFORM headway._lock_lines(w, ARRAY[d.feature_id]);
    IF NOT EXISTS (SELECT FROM headway.feature_messages s
                   WHERE s.workspace_id = w AND s.feature_id = d.feature_id AND s.message_id = d.message_id AND s.via IS NULL) THEN
        RETURN d.feature_id;  -- a later reading has taken it away already
    END IF;
    kind := (SELECT f.type FROM headway.features f WHERE f.workspace_id = w AND f.id = d.feature_id);
    DELETE FROM headway.feature_messages s
    WHERE s.workspace_id = w AND s.feature_id = d.feature_id AND s.message_id = d.message_id AND s.decision_id = d.id RETURNING * INTO m;
    -- A conversation that says it twice is one mention: the other time still counts.
    other := (SELECT s.id FROM headway.match_decisions s WHERE s.workspace_id = w AND s.message_id = d.message_id AND s.feature_id = d.feature_id
              AND s.id <> d.id AND s.outcome <> 'rejected' ORDER BY s.created_at, s.id LIMIT 1);
    IF m.message_id IS NOT NULL AND other IS NOT NULL THEN
        PERFORM headway._mention(w, d.feature_id, d.message_id, other, jsonb_build_object('urgency', m.urgency), NULL);
    END IF;
    item := jsonb_strip_nulls(jsonb_build_object('title', d.title, 'description', d.description, 'type', kind, 'urgency', coalesce(m.urgency, 'medium'),
                'quote', m.quote, 'quote_start_s', m.quote_start_s, 'quote_status', m.quote_status, 'speaker', m.speaker));
    feature := headway._create_feature(w, d.theme_id, item);
    INSERT INTO headway.match_decisions (workspace_id, id, message_id, title, description, theme_id, shortlist, is_duplicate, threshold, outcome, decided_by, feature_id)
    VALUES (w, anew, d.message_id, d.title, d.description, d.theme_id, d.shortlist, false, d.threshold, 'created', 'person', feature);
    PERFORM headway._mention(w, feature, d.message_id, anew, item, NULL);
    PERFORM headway._regroup(w, d.feature_id);
    RETURN feature;
END $$;
COMMENT ON FUNCTION headway._detach(uuid, headway.match_decisions) IS
'Private. Takes an item that was linked to a feature away from it, and makes it a feature of its own, which it returns; the same feature when it has no such mention any more.';
