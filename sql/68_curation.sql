-- Curation: what people change about features, and what they have said of two of them.

CREATE FUNCTION headway._lock_features(w uuid, features uuid[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    missing uuid;
    merged  headway.features;
BEGIN
    -- In one order for all, so that nobody waits for who waits for them.
    PERFORM 1 FROM headway.features f WHERE f.workspace_id = w AND f.id = ANY (features) ORDER BY f.id FOR NO KEY UPDATE;
    SELECT g INTO missing FROM unnest(features) g WHERE NOT EXISTS (SELECT FROM headway.features f WHERE f.workspace_id = w AND f.id = g) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'unknown feature' USING ERRCODE = '8W023', DETAIL = format('The workspace has no feature %s.', coalesce(missing::text, 'NULL')),
            HINT = 'SELECT id, name FROM headway.features;';
    END IF;
    SELECT * INTO merged FROM headway.features f WHERE f.workspace_id = w AND f.id = ANY (features) AND f.merged_into IS NOT NULL ORDER BY f.id LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the feature is merged into another one' USING ERRCODE = '8W023',
            DETAIL = format('Feature %s was merged into %s.', merged.id, merged.merged_into),
            HINT = format('Name %s instead, or take it out first: SELECT headway_unmerge_feature(%L);',
                          headway._head(w, merged.id), merged.id);
    END IF;
END $$;
COMMENT ON FUNCTION headway._lock_features(uuid, uuid[]) IS 'Private. Locks features that stand for themselves; 8W023 when there is none of an id, or it was merged.';

CREATE FUNCTION headway._lock_lines(w uuid, features uuid[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    wanted uuid[];
    locked uuid[];
BEGIN
    LOOP  -- somebody may merge or unmerge while this waits
        wanted := ARRAY(SELECT DISTINCT l FROM unnest(features) g CROSS JOIN LATERAL unnest(headway._line(w, g)) l ORDER BY l);
        EXIT WHEN wanted = locked;
        PERFORM 1 FROM headway.features f WHERE f.workspace_id = w AND f.id = ANY (wanted) ORDER BY f.id FOR NO KEY UPDATE;
        locked := wanted;
    END LOOP;
END $$;
COMMENT ON FUNCTION headway._lock_lines(uuid, uuid[]) IS
'Private. Locks features and what they were merged into, all of them, as _regroup needs it; what does not exist is left out.';

CREATE FUNCTION headway._lock_theme_of(w uuid, feature uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    theme uuid;
BEGIN
    -- Before the feature, as decisions do; it may be moved to another theme while this waits.
    LOOP
        theme := (SELECT f.theme_id FROM headway.features f WHERE f.workspace_id = w AND f.id = feature);
        PERFORM 1 FROM headway.themes h WHERE h.workspace_id = w AND h.id = theme FOR NO KEY UPDATE;
        EXIT WHEN theme IS NOT DISTINCT FROM (SELECT f.theme_id FROM headway.features f WHERE f.workspace_id = w AND f.id = feature);
    END LOOP;
END $$;
COMMENT ON FUNCTION headway._lock_theme_of(uuid, uuid) IS 'Private. Locks the theme of a feature that is about to change for matching.';

CREATE FUNCTION headway._show_feature(w uuid, feature uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    seq bigint;
BEGIN
    UPDATE headway.themes h SET feature_seq = h.feature_seq + 1
    WHERE h.workspace_id = w AND h.id = (SELECT f.theme_id FROM headway.features f WHERE f.workspace_id = w AND f.id = feature)
    RETURNING h.feature_seq INTO seq;
    UPDATE headway.features f SET theme_seq = seq WHERE f.workspace_id = w AND f.id = feature;
END $$;
COMMENT ON FUNCTION headway._show_feature(uuid, uuid) IS
'Private. What matching compares with has changed in a feature: items that are being judged are compared with it as it is now. Its theme is locked.';

CREATE FUNCTION headway._reject_pair(w uuid, a uuid, b uuid, why text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    INSERT INTO headway.feature_rejections AS r (workspace_id, feature_a, feature_b, reason) VALUES (w, least(a, b), greatest(a, b), nullif(trim(why), ''))
    ON CONFLICT (workspace_id, feature_a, feature_b) DO UPDATE SET reason = coalesce(excluded.reason, r.reason);
END $$;
COMMENT ON FUNCTION headway._reject_pair(uuid, uuid, uuid, text) IS 'Private. Remembers that two features are not the same, and the latest reason given for it.';

CREATE FUNCTION headway._are_distinct(w uuid, a uuid, b uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    ones   uuid[] := headway._family(w, headway._head(w, a));
    others uuid[] := headway._family(w, headway._head(w, b));
BEGIN
    RETURN EXISTS (SELECT FROM headway.feature_rejections r
                   WHERE r.workspace_id = w AND (r.feature_a = ANY (ones) AND r.feature_b = ANY (others) OR r.feature_a = ANY (others) AND r.feature_b = ANY (ones)));
END $$;
COMMENT ON FUNCTION headway._are_distinct(uuid, uuid, uuid) IS
'Private. Whether people have said that two features, what they were merged into, or any two that were merged into those, are not the same.';

CREATE FUNCTION headway._proposable(w uuid, message uuid, candidates jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    -- With all that is one with them by now.
    rejected uuid[] := ARRAY(SELECT h.id FROM headway.match_decisions d CROSS JOIN LATERAL unnest(headway._family(w, headway._head(w, d.matching_feature_id))) h (id)
                             WHERE d.workspace_id = w AND d.message_id = message AND d.outcome = 'rejected');
BEGIN
    IF rejected = '{}' THEN
        RETURN candidates;
    END IF;
    RETURN (SELECT coalesce(jsonb_agg(c.feature ORDER BY c.place), '[]') FROM jsonb_array_elements(candidates) WITH ORDINALITY c (feature, place)
            WHERE (c.feature ->> 'id')::uuid <> ALL (rejected));
END $$;
COMMENT ON FUNCTION headway._proposable(uuid, uuid, jsonb) IS
'Private. Those of some candidates that may be proposed for what a message says: not the features that a person has said it is no mention of.';

CREATE FUNCTION headway_mark_distinct(a uuid, b uuid, reason text DEFAULT NULL, workspace text DEFAULT NULL) RETURNS void
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_mark_distinct(uuid, uuid, text, text) IS
'Says that two features are not the same, for good: nothing proposes again to merge them, or what they are merged into. Only a person who merges them after all overrules it.
Arguments: a and b, the features, in either order; reason, for those who come after; workspace, id or name.
Errors: 8W001 for the workspace, 8W023 for a feature that does not exist, the same one twice, or two that are merged.
Example: SELECT headway_mark_distinct(target_id, source_id, reason => ''one is about PDF'') FROM headway_suggest_merges(max_items => 1);';

CREATE FUNCTION headway._mark_distinct(caller name, a uuid, b uuid, reason text, workspace text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w      uuid := headway._workspace(caller, workspace);
    line_a uuid[] := headway._line(w, a);
    line_b uuid[] := headway._line(w, b);
BEGIN
    IF line_a IS NULL OR line_b IS NULL OR line_a && line_b THEN
        RAISE EXCEPTION 'these are not two features' USING ERRCODE = '8W023',
            DETAIL = CASE WHEN a = b THEN format('Both are %s.', a) WHEN line_a && line_b THEN format('%s and %s are merged.', a, b)
                          ELSE format('The workspace has no feature %s.', coalesce(CASE WHEN line_a IS NULL THEN a ELSE b END::text, 'NULL')) END,
            HINT = 'Name two ids of headway.features; headway_unmerge_feature() takes apart what is merged.';
    END IF;
    PERFORM headway._reject_pair(w, a, b, reason);
END $$;
COMMENT ON FUNCTION headway._mark_distinct(name, uuid, uuid, text, text) IS 'Private. Twin of headway_mark_distinct().';

CREATE FUNCTION headway_update_feature(feature uuid, name text DEFAULT NULL, description text DEFAULT NULL, status text DEFAULT NULL,
                                       urgency text DEFAULT NULL, theme text DEFAULT NULL, workspace text DEFAULT NULL) RETURNS void
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_update_feature(uuid, text, text, text, text, text, text) IS
'Changes a feature; what is not given stays. Matching compares with the new name, description and theme at once. An urgency set by a person is no longer changed by mentions.
Arguments: feature, an id of headway.features; name, 1 to 1000 characters; description, at most 10000; status: new, under-review, planned, shipped or declined; urgency: low, medium, high or critical; theme, name or id; workspace, id or name.
Errors: 8W001 for the workspace, 8W003 for the theme, 8W023 for a feature that does not exist or was merged, or a value that is none of these.
Example: SELECT headway_update_feature(id, status => ''planned'') FROM headway.features ORDER BY mention_count DESC LIMIT 1;';

CREATE FUNCTION headway._check_feature_values(name text, description text, status text, urgency text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    IF name !~ '[^[:space:]]' OR length(name) > 1000 OR length(description) > 10000
       OR status NOT IN ('new', 'under-review', 'planned', 'shipped', 'declined') OR urgency NOT IN ('low', 'medium', 'high', 'critical') THEN
        RAISE EXCEPTION 'a feature cannot be like that' USING ERRCODE = '8W023',
            DETAIL = format('The name has %s characters, the description %s; the status is %L, the urgency %L.', length(name), length(description), left(status, 50), left(urgency, 50)),
            HINT = 'A name has 1 to 1000 characters, a description at most 10000; status: new, under-review, planned, shipped, declined; urgency: low, medium, high, critical.';
    END IF;
END $$;
COMMENT ON FUNCTION headway._check_feature_values(text, text, text, text) IS 'Private. Refuses what no feature can have (8W023); NULL is not looked at.';

CREATE FUNCTION headway._update_feature(caller name, feature uuid, name text, description text, status text, urgency text, theme text, workspace text)
    RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w         uuid := headway._workspace(caller, workspace);
    new_theme uuid := CASE WHEN theme IS NOT NULL THEN headway._theme(w, theme) END;
    was       headway.features;
BEGIN
    PERFORM headway._check_feature_values(name, description, status, urgency);
    IF name IS NOT NULL OR description IS NOT NULL OR theme IS NOT NULL THEN
        -- Both themes before the feature, each in its place, so that two who swap features do not wait for each other.
        PERFORM 1 FROM headway.themes h WHERE h.workspace_id = w
            AND h.id IN (new_theme, (SELECT f.theme_id FROM headway.features f WHERE f.workspace_id = w AND f.id = feature)) ORDER BY h.id FOR NO KEY UPDATE;
    END IF;
    PERFORM headway._lock_features(w, ARRAY[feature]);
    SELECT * INTO was FROM headway.features f WHERE f.workspace_id = w AND f.id = feature;
    UPDATE headway.features f SET
        name = coalesce(trim(_update_feature.name), f.name), description = coalesce(_update_feature.description, f.description),
        status = coalesce(_update_feature.status, f.status), theme_id = coalesce(new_theme, f.theme_id),
        urgency = coalesce(_update_feature.urgency, f.urgency), pinned_urgency = coalesce(_update_feature.urgency, f.pinned_urgency)
    WHERE f.workspace_id = w AND f.id = feature;
    IF name IS NOT NULL OR description IS NOT NULL OR theme IS NOT NULL THEN
        PERFORM headway._let_embedding_go(w, was.name, was.description);
        PERFORM headway._show_feature(w, feature);
    END IF;
END $$;
COMMENT ON FUNCTION headway._update_feature(name, uuid, text, text, text, text, text, text) IS 'Private. Twin of headway_update_feature().';
