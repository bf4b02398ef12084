-- Suggestions: what people may want to merge, and themes that they may want to add. From what is stored; no model is asked.

CREATE FUNCTION headway_suggest_merges(max_items int DEFAULT 20, workspace text DEFAULT NULL)
    RETURNS TABLE (target_id uuid, source_id uuid, score real, target text, source text, theme text, type text, evidence jsonb)
    LANGUAGE c STABLE
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_suggest_merges(int, text) IS
'Pairs of features that may be the same, the most likely first: those that a judge named without being sure enough, and those whose words are close to what they were compared with. Not those that people have said are not the same.
Arguments: max_items, how many at most; workspace, id or name.
Result: target_id and source_id, as headway_merge_features() takes them (the target has more mentions, or is older); score, 0 to 1; the names of both; theme and type of the target; evidence: {judged: {confidence, threshold, reasoning, decided_by}, scores: those of the shortlist, target_quote, source_quote}.
Errors: 8W001 for the workspace, 8W023 for a max_items below 1.
Example: SELECT target, source, score FROM headway_suggest_merges(max_items => 5);';

CREATE FUNCTION headway._close_pairs(w uuid, most int) RETURNS TABLE (a uuid, b uuid, closeness real, decision_id uuid, scores jsonb)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN QUERY
    WITH named AS (
        SELECT d.feature_id AS one, d.matching_feature_id AS other, d.confidence AS close_by, d.id AS decision, NULL::jsonb AS figures
        FROM headway.match_decisions d
        WHERE d.workspace_id = w AND d.decided_by <> 'person' AND d.outcome = 'review'
    ), known AS (
        -- What is asked for most is worth tidying first, and there may be a hundred thousand features.
        SELECT f.id FROM headway.features f WHERE f.workspace_id = w AND f.merged_into IS NULL ORDER BY f.mention_count DESC LIMIT most
    ), compared AS (
        SELECT d.feature_id, headway._as_uuid(s.entry ->> 'feature_id'), ((s.entry ->> 'ngrams')::real * (1 - coalesce(d.confidence, 0) / 2))::real, d.id, s.entry - 'feature_id' - 'name'
        FROM known k
        JOIN headway.match_decisions d ON d.workspace_id = w AND d.feature_id = k.id AND d.outcome = 'created'
        CROSS JOIN LATERAL jsonb_array_elements(d.shortlist) s (entry)
        WHERE (s.entry ->> 'ngrams')::real > 0.2
    )
    SELECT p.* FROM (SELECT * FROM named UNION ALL SELECT * FROM compared) p
    WHERE p.other IS NOT NULL ORDER BY p.close_by DESC, p.decision, p.other;
END $$;
COMMENT ON FUNCTION headway._close_pairs(uuid, int) IS
'Private. Pairs of features that were found close when one of them was new, the closest first: of those that a judge doubted, and of the so many most mentioned ones.';

CREATE FUNCTION headway._latest_quote(w uuid, feature uuid) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT headway._feature_quotes(w, jsonb_build_array(feature)) #>> ARRAY[feature::text, '0']
$$;
COMMENT ON FUNCTION headway._latest_quote(uuid, uuid) IS 'Private. The latest words that a feature was asked for in.';

CREATE FUNCTION headway._suggest_merges(caller name, max_items int, workspace text)
    RETURNS TABLE (target_id uuid, source_id uuid, score real, target text, source text, theme text, type text, evidence jsonb)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w     uuid := headway._workspace(caller, workspace);
    pair  record;
    heads uuid[];
    told  text[] := ARRAY[]::text[];
BEGIN
    PERFORM headway._check_count(max_items);
    FOR pair IN SELECT * FROM headway._close_pairs(w, 1000) LOOP
        -- Merged since, they stand for others; the head with more mentions, or the older one, stays.
        heads := ARRAY(SELECT f.id FROM headway.features f WHERE f.workspace_id = w
                       AND f.id IN (headway._head(w, pair.a), headway._head(w, pair.b))
                       ORDER BY f.mention_count DESC, f.created_at, f.id);
        CONTINUE WHEN cardinality(heads) < 2 OR heads::text = ANY (told) OR headway._are_distinct(w, heads[1], heads[2]);
        told := told || heads::text;
        RETURN QUERY
        SELECT t.id, s.id, pair.closeness, t.name, s.name, h.name, t.type, jsonb_build_object(
            'judged', (SELECT jsonb_build_object('confidence', d.confidence, 'threshold', d.threshold, 'reasoning', d.reasoning, 'decided_by', d.decided_by)
                       FROM headway.match_decisions d WHERE d.workspace_id = w AND d.id = pair.decision_id),
            'scores', pair.scores, 'target_quote', headway._latest_quote(w, t.id), 'source_quote', headway._latest_quote(w, s.id))
        FROM headway.features t JOIN headway.features s ON s.workspace_id = w AND s.id = heads[2] JOIN headway.themes h ON h.workspace_id = w AND h.id = t.theme_id
        WHERE t.workspace_id = w AND t.id = heads[1];
        EXIT WHEN cardinality(told) >= max_items;
    END LOOP;
END $$;
COMMENT ON FUNCTION headway._suggest_merges(name, int, text) IS 'Private. Twin of headway_suggest_merges().';

CREATE FUNCTION headway._check_count(given int) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF given IS NULL OR given < 1 THEN
        RAISE EXCEPTION 'max_items must be at least 1' USING ERRCODE = '8W023', DETAIL = format('It is %L.', given);
    END IF;
END $$;
COMMENT ON FUNCTION headway._check_count(int) IS 'Private. Refuses a number of suggestions that is none (8W023).';

CREATE FUNCTION headway_suggest_themes(max_items int DEFAULT 10, workspace text DEFAULT NULL) RETURNS TABLE (name text, score real, items int, evidence jsonb)
    LANGUAGE c STABLE
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_suggest_themes(int, text) IS
'Themes that the workspace may lack: names that models proposed for items that wait without a theme, and words that those items share and no theme has. Looks at the latest 2,000 of them.
Arguments: max_items, how many at most; workspace, id or name.
Result: name, as headway_add_theme() takes it, to be improved by a person; score, how many conversations ask for something of it; items, how many items; evidence: [{unmatched_id, title, quote, message_id}], five of them. An item stands behind one theme only.
Errors: 8W001 for the workspace, 8W023 for a max_items below 1.
Example: SELECT name, score, evidence -> 0 ->> ''title'' AS such_as FROM headway_suggest_themes();';

CREATE FUNCTION headway._theme_words(w uuid) RETURNS TABLE (item uuid, message uuid, label text, spelling text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    config regconfig := headway._search_config((SELECT s.language FROM headway.workspaces s WHERE s.id = w));
    known  text[] := ARRAY(SELECT DISTINCT unnest(tsvector_to_array(to_tsvector(config, t.name || ' ' || t.description))) FROM headway.themes t WHERE t.workspace_id = w);
    -- What every wish is made of.
    common text[] := tsvector_to_array(to_tsvector(config, 'add allow able ability better can could easier get give have improve let like make more need new option please show support use want wish would'));
BEGIN
    RETURN QUERY
    SELECT u.id, u.message_id, l.label, l.spelling
    FROM (SELECT * FROM headway.unmatched_features s
          WHERE s.workspace_id = w AND s.resolved_feature_id IS NULL AND s.dismissed_at IS NULL AND s.reason IN ('no_theme', 'low_theme_confidence')
          ORDER BY s.created_at DESC, s.id LIMIT 2000) u
    CROSS JOIN LATERAL (VALUES (CASE WHEN NOT EXISTS (SELECT FROM headway.themes t WHERE t.workspace_id = w AND lower(t.name) = lower(trim(u.proposed_theme)))
                                     THEN nullif(trim(u.proposed_theme), '') END)) p (proposed)
    CROSS JOIN LATERAL (
        SELECT 'named ' || lower(p.proposed), p.proposed WHERE p.proposed IS NOT NULL
        UNION ALL
        SELECT DISTINCT ON (x.lexeme) x.lexeme, initcap(d.token)
        FROM ts_debug(config, u.title) d CROSS JOIN LATERAL unnest(d.lexemes) x (lexeme)
        WHERE p.proposed IS NULL AND length(x.lexeme) > 2 AND x.lexeme <> ALL (known) AND x.lexeme <> ALL (common)) l (label, spelling);
END $$;
COMMENT ON FUNCTION headway._theme_words(uuid) IS
'Private. For each item that waits without a theme what its theme may be called: the name that a model proposed, else the words of its title that no theme has.';

CREATE FUNCTION headway._suggest_themes(caller name, max_items int, workspace text) RETURNS TABLE (name text, score real, items int, evidence jsonb)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w     uuid := headway._workspace(caller, workspace);
    words jsonb;
    best  record;
    taken uuid[] := ARRAY[]::uuid[];
BEGIN
    PERFORM headway._check_count(max_items);
    words := (SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]') FROM headway._theme_words(w) t);
    FOR n IN 1 .. max_items LOOP
        SELECT mode() WITHIN GROUP (ORDER BY t.spelling) AS called, count(DISTINCT t.message)::real AS conversations, array_agg(t.item ORDER BY t.item) AS behind INTO best
        FROM jsonb_to_recordset(words) t (item uuid, message uuid, label text, spelling text)
        WHERE t.item <> ALL (taken)
        GROUP BY t.label HAVING count(DISTINCT t.message) > 1 ORDER BY count(DISTINCT t.message) DESC, t.label LIKE 'named %' DESC, t.label LIMIT 1;
        EXIT WHEN NOT FOUND;
        taken := taken || best.behind;
        RETURN QUERY
        SELECT best.called, best.conversations, cardinality(best.behind), jsonb_agg(jsonb_build_object('unmatched_id', u.id, 'title', u.title, 'quote', u.quote, 'message_id', u.message_id) ORDER BY u.id)
        FROM (SELECT * FROM headway.unmatched_features s WHERE s.workspace_id = w AND s.id = ANY (best.behind) ORDER BY s.created_at DESC, s.id LIMIT 5) u;
    END LOOP;
END $$;
COMMENT ON FUNCTION headway._suggest_themes(name, int, text) IS 'Private. Twin of headway_suggest_themes().';
