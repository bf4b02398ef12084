-- Merging: a pointer (features.merged_into) and borrowed mentions; undone exactly, also after further merges.

CREATE FUNCTION headway_merge_features(target uuid, sources uuid[], reason text DEFAULT NULL, workspace text DEFAULT NULL) RETURNS uuid
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_merge_features(uuid, uuid[], text, text) IS
'Says that features are the same: the sources become part of the target, which has their mentions from then on, each conversation once. New mentions of a source count for the target: matching goes on knowing what the sources are called. headway_unmerge_feature() undoes it exactly, also after further merges.
Arguments: target, the feature that stays; sources, those that are the same; they may have other themes and types, and features merged into them; reason, for those who come after; workspace, id or name.
Result: the target.
Errors: 8W001 for the workspace, 8W023 for no source, a feature that does not exist, was merged already (also by somebody else just now) or is merged into itself. Nothing is merged then.
Example: SELECT headway_merge_features(target_id, ARRAY[source_id]) FROM headway_suggest_merges(max_items => 1);';

CREATE FUNCTION headway._merge_features(caller name, target uuid, sources uuid[], reason text, workspace text) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w uuid := headway._workspace(caller, workspace);
BEGIN
    IF coalesce(cardinality(sources), 0) = 0 OR target = ANY (sources) THEN
        RAISE EXCEPTION 'there is nothing to merge' USING ERRCODE = '8W023',
            DETAIL = CASE WHEN target = ANY (sources) THEN format('Feature %s is the target and a source.', target) ELSE 'sources is empty.' END,
            HINT = 'Name the features that are the same as the target: sources => ARRAY[...].';
    END IF;
    PERFORM headway._lock_features(w, sources || target);
    INSERT INTO headway.feature_merges (workspace_id, source_id, target_id, reason, merged_by)
    SELECT DISTINCT w, s, target, nullif(trim(reason), ''), caller FROM unnest(sources) s;
    UPDATE headway.features f SET merged_into = target WHERE f.workspace_id = w AND f.id = ANY (sources);
    -- The latest word of people holds.
    DELETE FROM headway.feature_rejections r
    WHERE r.workspace_id = w AND (r.feature_a = target AND r.feature_b = ANY (sources) OR r.feature_b = target AND r.feature_a = ANY (sources));
    PERFORM headway._regroup(w, target);
    RETURN target;
END $$;
COMMENT ON FUNCTION headway._merge_features(name, uuid, uuid[], text, text) IS 'Private. Twin of headway_merge_features().';

CREATE FUNCTION headway_unmerge_feature(source uuid, workspace text DEFAULT NULL) RETURNS void
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_unmerge_feature(uuid, text) IS
'Undoes a merge: the source is a feature of its own again, with its own mentions and what was merged into it, and what it was merged into has what it would have had without it. The two are remembered as not the same, as by headway_mark_distinct().
Arguments: source, a feature that was merged; workspace, id or name.
Errors: 8W001 for the workspace, 8W023 for a feature that does not exist or was not merged.
Example: SELECT headway_unmerge_feature(id) FROM headway.features WHERE merged_into IS NOT NULL LIMIT 1;';

CREATE FUNCTION headway._lock_merged(w uuid, source uuid) RETURNS uuid[]
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    line uuid[];
BEGIN
    PERFORM headway._lock_lines(w, ARRAY[source]);
    line := headway._line(w, source);
    IF coalesce(cardinality(line), 0) < 2 THEN
        RAISE EXCEPTION 'the feature is not merged' USING ERRCODE = '8W023',
            DETAIL = CASE WHEN line IS NULL THEN format('The workspace has no feature %s.', coalesce(source::text, 'NULL'))
                          ELSE format('Feature %s stands for itself.', source) END,
            HINT = 'SELECT id, name, merged_into FROM headway.features WHERE merged_into IS NOT NULL;';
    END IF;
    RETURN line;
END $$;
COMMENT ON FUNCTION headway._lock_merged(uuid, uuid) IS 'Private. Locks a merged feature and what it was merged into, all of them; 8W023 when it was not merged.';

CREATE FUNCTION headway._revoke_accepts(w uuid, a uuid, b uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    ones   uuid[] := headway._family(w, a);
    others uuid[] := headway._family(w, headway._head(w, b));
BEGIN
    -- What was below the threshold had become a feature of its own, and only a person's word made it a link.
    UPDATE headway.match_decisions d SET outcome = 'rejected'
    WHERE d.workspace_id = w AND d.decided_by = 'person' AND d.outcome = 'linked' AND d.confidence < d.threshold
      AND (d.feature_id = ANY (ones) AND d.matching_feature_id = ANY (others) OR d.feature_id = ANY (others) AND d.matching_feature_id = ANY (ones));
END $$;
COMMENT ON FUNCTION headway._revoke_accepts(uuid, uuid, uuid) IS
'Private. Two features that are apart again are no match any more, whoever had accepted one.';

CREATE FUNCTION headway._unmerge_feature(caller name, source uuid, workspace text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w      uuid := headway._workspace(caller, workspace);
    moment timestamptz := clock_timestamp();
    target uuid;
BEGIN
    PERFORM headway._lock_theme_of(w, source);
    target := (headway._lock_merged(w, source))[2];
    UPDATE headway.features f SET merged_into = NULL WHERE f.workspace_id = w AND f.id = source;
    UPDATE headway.feature_merges g SET undone_at = moment, undone_by = caller
    WHERE g.workspace_id = w AND g.source_id = source AND g.target_id = target AND g.undone_at IS NULL;
    PERFORM headway._show_feature(w, source);
    PERFORM headway._reject_pair(w, source, target, NULL);
    PERFORM headway._revoke_accepts(w, source, target);
    PERFORM headway._regroup(w, target);
END $$;
COMMENT ON FUNCTION headway._unmerge_feature(name, uuid, text) IS 'Private. Twin of headway_unmerge_feature().';
