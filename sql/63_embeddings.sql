-- Embeddings: texts as vectors, by which matching finds what is said in other words. A vector is known by its text's hash and its
-- model: an item and the feature that it becomes share one, and nobody is paid twice for the same text.

CREATE TABLE headway.embeddings (
    workspace_id uuid NOT NULL REFERENCES headway.workspaces (id) ON DELETE CASCADE,
    key          bytea NOT NULL,
    model        text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    vector       real[] NOT NULL,
    dimensions   int NOT NULL GENERATED ALWAYS AS (cardinality(vector)) STORED,
    is_kept      boolean NOT NULL DEFAULT false,
    PRIMARY KEY (workspace_id, key, model)
);
ALTER TABLE headway.embeddings ALTER COLUMN vector SET STORAGE EXTERNAL;
COMMENT ON TABLE headway.embeddings IS 'What features and items mean, as vectors of a model; feature_embeddings has those of features. Made again when they are missing.';
COMMENT ON COLUMN headway.embeddings.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.embeddings.key IS 'SHA-256 of the text: the title and, on a line of its own, the description.';
COMMENT ON COLUMN headway.embeddings.model IS 'Who made it: the provider, its model and the dimensions that were asked for. Only vectors of one model can be compared.';
COMMENT ON COLUMN headway.embeddings.created_at IS 'When it was made.';
COMMENT ON COLUMN headway.embeddings.vector IS 'The vector, of length 1.';
COMMENT ON COLUMN headway.embeddings.dimensions IS 'How many numbers it has.';
COMMENT ON COLUMN headway.embeddings.is_kept IS 'Whether it is a feature''s and of the workspace''s model. The others, of items that were mentions of known features, go after a day.';
CREATE INDEX embeddings_passing ON headway.embeddings (workspace_id, created_at) WHERE NOT is_kept;
COMMENT ON INDEX headway.embeddings_passing IS 'What the tick purges.';

CREATE FUNCTION headway._cosine(a real[], b real[]) RETURNS double precision
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_cosine';
COMMENT ON FUNCTION headway._cosine(real[], real[]) IS 'Private. The cosine of two vectors; NULL when they are of different sizes, or one has no length.';

CREATE FUNCTION headway._embedded_text(title text, description text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN coalesce(description, '') IN ('', title) THEN title ELSE title || chr(10) || description END
$$;
COMMENT ON FUNCTION headway._embedded_text(text, text) IS 'Private. What of a feature or an item is turned into a vector.';

CREATE FUNCTION headway._embedding_key(title text, description text) RETURNS bytea
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT sha256(convert_to(headway._embedded_text(title, description), 'UTF8'))
$$;
COMMENT ON FUNCTION headway._embedding_key(text, text) IS 'Private. By what the vector of a feature or an item is found.';

CREATE INDEX features_by_words ON headway.features (workspace_id, headway._embedding_key(name, description));
COMMENT ON INDEX headway.features_by_words IS 'Whose a vector is.';

CREATE FUNCTION headway._embedding_model(provider jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT concat_ws(' ', provider ->> 'name', provider #>> '{settings,model}', provider #>> '{settings,dimensions}')
$$;
COMMENT ON FUNCTION headway._embedding_model(jsonb) IS 'Private. What tells the vectors of a provider from those of others.';

CREATE FUNCTION headway._embedding_model(p headway._providers) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT headway._embedding_model(jsonb_build_object('name', p.provider, 'settings', p.settings))
$$;
COMMENT ON FUNCTION headway._embedding_model(headway._providers) IS 'Private. The same of a provider that is set.';

CREATE FUNCTION headway._embedding(w uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    provider jsonb := headway._provider_of(w, 'embedding');
BEGIN
    RETURN CASE WHEN provider IS NOT NULL THEN jsonb_build_object('provider', provider, 'model', headway._embedding_model(provider),
        'auto_match', headway._setting(w, 'auto_match')::real,
        -- The built-in vectors know spelling and not meaning: what is spelt otherwise need not be new.
        'auto_new', CASE WHEN provider ->> 'name' <> 'builtin' THEN headway._setting(w, 'auto_new')::real
                         ELSE coalesce((SELECT (s.settings ->> 'auto_new')::real FROM headway.workspaces s WHERE s.id = w), 0) END) END;
END $$;
COMMENT ON FUNCTION headway._embedding(uuid) IS
'Private. Who turns a workspace''s texts into vectors, and what likeness needs no judge: {provider, model, auto_match, auto_new}; NULL when nobody does.';

CREATE FUNCTION headway._unembedded(w uuid, the_model text, documents jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object('key', encode(d.key, 'hex'), 'text', d.text, 'is_kept', d.is_kept)), '[]') FROM (
        SELECT x.key, min(x.text) AS text, bool_or(EXISTS (SELECT FROM headway.features f WHERE f.workspace_id = w AND f.id = headway._as_uuid(x.id))) AS is_kept
        FROM (SELECT g.d ->> 'id' AS id, headway._embedded_text(g.d ->> 'title', g.d ->> 'description') AS text,
                     headway._embedding_key(g.d ->> 'title', g.d ->> 'description') AS key
              FROM jsonb_array_elements(documents) g (d)) x
        WHERE NOT EXISTS (SELECT FROM headway.embeddings e WHERE e.workspace_id = w AND e.key = x.key AND e.model = the_model)
        GROUP BY x.key) d);
END $$;
COMMENT ON FUNCTION headway._unembedded(uuid, text, jsonb) IS
'Private. The texts of documents [{id, title, description}] that have no vector of a model: [{key, text, is_kept: whether it is a feature''s}].';

CREATE FUNCTION headway._keep_embeddings(w uuid, the_model text, made jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    moment     timestamptz := clock_timestamp();
    is_current boolean;
BEGIN
    -- Whoever sets another provider waits for this, and then lets go of what was kept.
    PERFORM 1 FROM headway._providers p WHERE p.workspace_id = w AND p.purpose = 'embedding'
        AND headway._embedding_model(p) = the_model FOR KEY SHARE;
    is_current := FOUND;
    -- In one order, so that two workers that had the same idea do not wait for each other.
    INSERT INTO headway.embeddings AS e (workspace_id, key, model, created_at, vector, is_kept)
    SELECT w, decode(g.v ->> 'key', 'hex'), the_model, moment, (g.v ->> 'vector')::real[], is_current AND (g.v -> 'is_kept')::boolean
    FROM jsonb_array_elements(made) g (v) ORDER BY g.v ->> 'key'
    ON CONFLICT (workspace_id, key, model) DO UPDATE SET is_kept = true WHERE excluded.is_kept AND NOT e.is_kept;
    PERFORM headway._embedding_works(w, the_model) WHERE is_current;
END $$;
COMMENT ON FUNCTION headway._keep_embeddings(uuid, text, jsonb) IS
'Private. Keeps vectors of a model, [{key, is_kept, vector: as an array''s text}]; for a day only when the workspace has another model by now.';

CREATE FUNCTION headway._keep_embedding_of(w uuid, item jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    UPDATE headway.embeddings e SET is_kept = true
    WHERE e.workspace_id = w AND e.key = headway._embedding_key(item ->> 'title', item ->> 'description') AND NOT e.is_kept
      AND e.model = headway._embedding_model(headway._provider_of(w, 'embedding'));
END $$;
COMMENT ON FUNCTION headway._keep_embedding_of(uuid, jsonb) IS 'Private. An item has become a feature: so does its vector.';

CREATE FUNCTION headway._let_embedding_go(w uuid, title text, description text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    UPDATE headway.embeddings e SET is_kept = false
    WHERE e.workspace_id = w AND e.key = headway._embedding_key(title, description) AND e.is_kept
      AND NOT EXISTS (SELECT FROM headway.features f WHERE f.workspace_id = w AND headway._embedding_key(f.name, f.description) = e.key);
END $$;
COMMENT ON FUNCTION headway._let_embedding_go(uuid, text, text) IS 'Private. A feature no longer has these words: if no other one has, their vector is not kept.';

CREATE FUNCTION headway._compare(w uuid, the_model text, item jsonb, documents jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    missing jsonb := headway._unembedded(w, the_model, documents || jsonb_build_array(item - 'id'));
    mine    real[];
BEGIN
    IF missing <> '[]' THEN
        RETURN jsonb_build_object('missing', missing);
    END IF;
    mine := (SELECT e.vector FROM headway.embeddings e
             WHERE e.workspace_id = w AND e.key = headway._embedding_key(item ->> 'title', item ->> 'description') AND e.model = the_model);
    RETURN jsonb_build_object('near', headway._nearest(w, the_model, mine, item -> 'scope'), 'cosines', (
        SELECT coalesce(jsonb_agg(headway._cosine(mine, e.vector) ORDER BY g.n), '[]')
        FROM jsonb_array_elements(documents) WITH ORDINALITY g (d, n)
        JOIN headway.embeddings e ON e.workspace_id = w AND e.key = headway._embedding_key(g.d ->> 'title', g.d ->> 'description') AND e.model = the_model));
END $$;
COMMENT ON FUNCTION headway._compare(uuid, text, jsonb, jsonb) IS
'Private. How alike an item {title, description, scope} is to documents [{id, title, description}]: {cosines, near}, in their order and what is nearest, as _nearest() gives it for the item''s scope; or {missing: [{key, text, is_kept}]}, the texts that must have vectors first.';

-- ---- the features that are there already -------------------------------------------------------

CREATE FUNCTION headway._embed_features(w uuid, caller name) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    the_model text := headway._embedding_model(headway._provider_of(w, 'embedding'));
    features  int  := (SELECT count(*) FROM headway.features f WHERE f.workspace_id = w AND f.merged_into IS NULL);
    run       uuid;
BEGIN
    UPDATE headway.embeddings e SET is_kept = false WHERE e.workspace_id = w AND e.is_kept AND e.model IS DISTINCT FROM the_model;
    IF the_model IS NULL OR features = 0 THEN
        RETURN NULL;
    END IF;
    run := headway._create_run(w, caller, 'embed', jsonb_build_object('model', the_model));
    UPDATE headway.runs r SET total = features WHERE r.workspace_id = w AND r.id = run;
    PERFORM headway._enqueue(w, run, 'embed', '[{}]');
    RETURN run;
END $$;
COMMENT ON FUNCTION headway._embed_features(uuid, name) IS
'Private. Has the workspace''s provider of embeddings turn all features into vectors, and lets go of those of another model; the run, NULL when there is nothing to do.';

CREATE FUNCTION headway._input_embed(w uuid, task bigint, fence bigint) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t         headway.tasks := headway._hold(w, task, fence);
    embedding jsonb := headway._embedding(w);
    batch     jsonb;
    last      uuid;
BEGIN
    IF t.id IS NULL THEN
        RETURN NULL;
    ELSIF (embedding ->> 'model') IS DISTINCT FROM (SELECT r.params ->> 'model' FROM headway.runs r WHERE r.workspace_id = w AND r.id = t.run_id) THEN
        PERFORM headway._finish(t);  -- another run is about the model that the workspace has now
        RETURN NULL;
    END IF;
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', f.id, 'title', f.name, 'description', f.description)) FILTER (WHERE f.merged_into IS NULL), '[]'),
           (array_agg(f.id ORDER BY f.id DESC))[1]
    INTO batch, last
    FROM (SELECT s.* FROM headway.features s WHERE s.workspace_id = w AND s.id > coalesce(headway._as_uuid(t.payload ->> 'after'), '00000000-0000-0000-0000-000000000000')
          ORDER BY s.id LIMIT 500) f;
    UPDATE headway.embeddings e SET is_kept = true FROM jsonb_array_elements(batch) g (d)
    WHERE e.workspace_id = w AND e.key = headway._embedding_key(g.d ->> 'title', g.d ->> 'description') AND e.model = embedding ->> 'model' AND NOT e.is_kept;
    RETURN embedding || jsonb_build_object('missing', headway._unembedded(w, embedding ->> 'model', batch), 'features', jsonb_array_length(batch), 'last', last);
END $$;
COMMENT ON FUNCTION headway._input_embed(uuid, bigint, bigint) IS
'Private. The next features of a task: {provider, model, missing: their texts without a vector, features: how many they are, last: the last one''s id}; NULL when the workspace has another model by now.';

CREATE FUNCTION headway._settle_embed(w uuid, task bigint, fence bigint, answer jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t    headway.tasks := headway._hold(w, task, fence);
    last uuid := (answer ->> 'last')::uuid;
BEGIN
    IF t.id IS NULL THEN
        RETURN;
    END IF;
    UPDATE headway.runs r SET done = r.done + (answer ->> 'features')::int, total = greatest(r.total, r.done + (answer ->> 'features')::int)
    WHERE r.workspace_id = w AND r.id = t.run_id;
    IF EXISTS (SELECT FROM headway.features f WHERE f.workspace_id = w AND f.id > last) THEN
        PERFORM headway._enqueue(w, t.run_id, 'embed', jsonb_build_array(jsonb_build_object('after', last)));
    ELSIF headway._lacks_vectors(w, (SELECT r.params ->> 'model' FROM headway.runs r WHERE r.workspace_id = w AND r.id = t.run_id)) THEN
        -- Features came while embeddings failed, and the run had passed their place.
        UPDATE headway.runs r SET done = 0 WHERE r.workspace_id = w AND r.id = t.run_id;
        PERFORM headway._enqueue(w, t.run_id, 'embed', '[{}]');
    END IF;
    PERFORM headway._finish(t);
END $$;
COMMENT ON FUNCTION headway._settle_embed(uuid, bigint, bigint, jsonb) IS
'Private. The vectors of a task''s features {features, last} are kept: it ends, and another one goes on behind them if there are more, or from the beginning if a feature was left out.';

CREATE VIEW headway.feature_embeddings WITH (security_invoker = true) AS
SELECT f.workspace_id, f.id AS feature_id, f.theme_id, f.type, f.name, e.model, e.dimensions, e.vector
FROM headway.features f JOIN headway.embeddings e ON e.workspace_id = f.workspace_id AND e.key = headway._embedding_key(f.name, f.description)
WHERE f.merged_into IS NULL AND e.is_kept;
COMMENT ON VIEW headway.feature_embeddings IS 'What features mean, as vectors of the workspace''s model: for queries of your own. Cast to vector for pgvector.';
COMMENT ON COLUMN headway.feature_embeddings.workspace_id IS 'The workspace.';
COMMENT ON COLUMN headway.feature_embeddings.feature_id IS 'The feature.';
COMMENT ON COLUMN headway.feature_embeddings.theme_id IS 'Its theme.';
COMMENT ON COLUMN headway.feature_embeddings.type IS 'Its type.';
COMMENT ON COLUMN headway.feature_embeddings.name IS 'Its name.';
COMMENT ON COLUMN headway.feature_embeddings.model IS 'As in embeddings.';
COMMENT ON COLUMN headway.feature_embeddings.dimensions IS 'How many numbers the vector has.';
COMMENT ON COLUMN headway.feature_embeddings.vector IS 'The vector, of length 1.';
