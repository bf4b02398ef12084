-- When the provider of embeddings fails for good (a wrong key, no money, an outage that outlasts the tries): matching goes on by
-- words and asks the judge, and the vectors that are missing are made when the provider works again.

CREATE FUNCTION headway._embedding_fails(w uuid, the_model text, problem jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    UPDATE headway._providers p SET failing_since = coalesce(p.failing_since, moment), failed_at = moment, last_error = problem ->> 'message'
    WHERE p.workspace_id = w AND p.purpose = 'embedding' AND headway._embedding_model(p) = the_model;
END $$;
COMMENT ON FUNCTION headway._embedding_fails(uuid, text, jsonb) IS 'Private. Notes that the provider of a model has failed for good, unless the workspace has another one by now.';

CREATE FUNCTION headway._embedding_works(w uuid, the_model text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    UPDATE headway._providers p SET failing_since = NULL
    WHERE p.workspace_id = w AND p.purpose = 'embedding' AND p.failing_since IS NOT NULL
      AND headway._embedding_model(p) = the_model;
    IF FOUND THEN
        PERFORM headway._embed_again(w);
    END IF;
END $$;
COMMENT ON FUNCTION headway._embedding_works(uuid, text) IS 'Private. A model has made vectors: if it was failing, those that are missing are made now.';

CREATE FUNCTION headway._embedding_rests(w uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN EXISTS (SELECT FROM headway._providers p WHERE p.workspace_id = w AND p.purpose = 'embedding'
                   AND p.failing_since IS NOT NULL AND p.failed_at > clock_timestamp() - interval '1 minute');
END $$;
COMMENT ON FUNCTION headway._embedding_rests(uuid) IS
'Private. Whether the provider of embeddings has failed a moment ago, so that an outage does not cost every item tries that are bound to fail.';

CREATE FUNCTION headway._lacks_vectors(w uuid, the_model text) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN EXISTS (SELECT FROM headway.features f WHERE f.workspace_id = w AND f.merged_into IS NULL AND NOT EXISTS (
        SELECT FROM headway.embeddings e WHERE e.workspace_id = w AND e.key = headway._embedding_key(f.name, f.description) AND e.model = the_model OFFSET 0));
END $$;
COMMENT ON FUNCTION headway._lacks_vectors(uuid, text) IS 'Private. Whether a feature of the workspace has no vector of a model. Looks at all of them.';

CREATE FUNCTION headway._embed_again(w uuid) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    the_model text := headway._embedding_model(headway._provider_of(w, 'embedding'));
    latest    headway.runs;
BEGIN
    IF NOT headway._lacks_vectors(w, the_model) THEN
        RETURN NULL;
    END IF;
    SELECT * INTO latest FROM headway.runs r WHERE r.workspace_id = w AND r.kind = 'embed' AND r.params ->> 'model' = the_model ORDER BY r.created_at DESC LIMIT 1;
    IF latest.state = 'failed' THEN
        PERFORM headway._retry_tasks(w, latest.id);
    ELSIF coalesce(latest.state, '') NOT IN ('queued', 'running') THEN
        RETURN headway._embed_features(w, coalesce(latest.requested_by, current_user));
    END IF;
    RETURN latest.id;
END $$;
COMMENT ON FUNCTION headway._embed_again(uuid) IS
'Private. Has the vectors made that features lack, by the latest run about the model if that is open or has failed, or by a new one; the run, NULL when none is lacking.';

CREATE FUNCTION headway._revive_embeddings(moment timestamptz) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w uuid;
BEGIN
    -- Where items come in, their matching tries it sooner.
    FOR w IN UPDATE headway._providers p SET failed_at = moment
             WHERE p.purpose = 'embedding' AND p.failing_since IS NOT NULL AND p.failed_at < moment - interval '10 minutes' RETURNING p.workspace_id LOOP
        PERFORM headway._embed_again(w);
    END LOOP;
END $$;
COMMENT ON FUNCTION headway._revive_embeddings(timestamptz) IS 'Private. Has providers of embeddings that fail tried again, each once in ten minutes.';

CREATE FUNCTION headway._warn_of_embeddings(closed headway.runs) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    PERFORM headway._log(closed.workspace_id, closed.id, NULL, 'warning', 'embeddings failed, and words alone put features before the judge: ' || p.last_error,
                         jsonb_build_object('provider', p.provider, 'failed_at', p.failed_at))
    FROM headway._providers p WHERE p.workspace_id = closed.workspace_id AND p.purpose = 'embedding' AND closed.features_created + closed.features_matched > 0
      AND (p.failing_since IS NOT NULL OR p.failed_at >= closed.created_at);
END $$;
COMMENT ON FUNCTION headway._warn_of_embeddings(headway.runs) IS 'Private. Logs that a run had to match without embeddings, and why.';
