-- pgvector, where the database has it: an index over each workspace's vectors, whose nearest neighbours join the candidates that
-- words put first. Its types are named when it is there and nowhere else; an index goes with it, and a dump leaves it out.

CREATE FUNCTION headway._pgvector() RETURNS name
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
            WHERE e.extname = 'vector' AND e.extversion ~ '^[0-9]+([.][0-9]+)+$' AND string_to_array(e.extversion, '.')::int[] >= '{0,8}'
              AND has_schema_privilege(n.oid, 'USAGE'));
END $$;
COMMENT ON FUNCTION headway._pgvector() IS 'Private. The schema that pgvector is in, from version 0.8 on; NULL without it, and for who may not use that schema.';

CREATE FUNCTION headway._vector_index(w uuid, the_model text, dimensions int) RETURNS name
    LANGUAGE sql IMMUTABLE STRICT
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ('_near_' || left(md5(concat_ws(' ', w, the_model, dimensions)), 24))::name
$$;
COMMENT ON FUNCTION headway._vector_index(uuid, text, int) IS 'Private. The name of the index over a workspace''s vectors of a model.';

CREATE FUNCTION headway._vector_indexes(only_in uuid DEFAULT NULL) RETURNS TABLE (index_name name, workspace_id uuid, model text, dimensions int, is_there boolean)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT headway._vector_index(p.workspace_id, m.model, v.dimensions), p.workspace_id, m.model, v.dimensions,
           to_regclass(format('headway.%I', headway._vector_index(p.workspace_id, m.model, v.dimensions))) IS NOT NULL
    FROM headway._providers p
    CROSS JOIN LATERAL (SELECT headway._embedding_model(p) AS model) m
    CROSS JOIN LATERAL (SELECT e.dimensions FROM headway.embeddings e WHERE e.workspace_id = p.workspace_id AND e.model = m.model AND e.is_kept LIMIT 1) v
    WHERE p.purpose = 'embedding' AND (only_in IS NULL OR p.workspace_id = only_in) AND v.dimensions <= 4000;  -- no more go into such an index
END $$;
COMMENT ON FUNCTION headway._vector_indexes(uuid) IS 'Private. The indexes that pgvector can make of what workspaces, or one of them, have, and whether they are there.';

CREATE FUNCTION headway_use_pgvector() RETURNS int
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
    SET maintenance_work_mem = '256MB'
AS $$
DECLARE
    home   name;
    wanted record;
    old    name;
    n      int := 0;
BEGIN
    IF NOT pg_has_role((SELECT c.relowner FROM pg_class c WHERE c.oid = 'headway.embeddings'::regclass), 'USAGE') THEN
        RAISE EXCEPTION 'permission denied to make indexes of headway''s' USING ERRCODE = 'insufficient_privilege', HINT = 'Ask the role that owns the extension.';
    END IF;
    home := headway._pgvector();
    IF home IS NULL THEN
        RAISE NOTICE 'this database has no pgvector' USING HINT = 'CREATE EXTENSION vector; version 0.8 or later. Matching does without it.';
        RETURN 0;
    END IF;
    IF NOT has_schema_privilege('headway_worker', home, 'USAGE') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO headway_worker', home);
    END IF;
    FOR old IN SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
               WHERE i.indrelid = 'headway.embeddings'::regclass AND starts_with(c.relname, '_near_') AND c.relname NOT IN (SELECT x.index_name FROM headway._vector_indexes() x) LOOP
        EXECUTE format('DROP INDEX headway.%I', old);
    END LOOP;
    FOR wanted IN SELECT * FROM headway._vector_indexes() LOOP
        n := n + 1;
        CONTINUE WHEN wanted.is_there;
        -- Half the digits are enough: who is near is then compared exactly.
        EXECUTE format('CREATE INDEX %1$I ON headway.embeddings USING hnsw ((vector::%2$I.halfvec(%3$s)) %2$I.halfvec_cosine_ops)
                        WHERE workspace_id = %4$L AND model = %5$L AND dimensions = %3$s AND is_kept', wanted.index_name, home, wanted.dimensions, wanted.workspace_id, wanted.model);
        EXECUTE format('ALTER INDEX headway.%I DEPENDS ON EXTENSION vector', wanted.index_name);
        EXECUTE format('COMMENT ON INDEX headway.%I IS %L', wanted.index_name, 'Private. The nearest vectors of a workspace, by pgvector.');
    END LOOP;
    RETURN n;
END $$;
COMMENT ON FUNCTION headway_use_pgvector() IS
'Has pgvector index the vectors of each workspace''s features, so that matching also finds candidates that share no word with an item; once more after CREATE EXTENSION vector, for a new workspace or another model (headway_health() says where an index is missing). While an index is made nobody writes vectors. Workers are given USAGE on the schema that pgvector is in. DROP EXTENSION vector takes the indexes along, and matching does without them.
Result: how many indexes there are; 0, with a notice, when the database has no pgvector 0.8 or later.
Errors: 42501 unless you may use the rights of the role that owns the extension.
Example: SELECT headway_use_pgvector();';

CREATE FUNCTION headway._nearest(w uuid, the_model text, mine real[], scope jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
AS $$
DECLARE
    home    name := headway._pgvector();
    numbers int := cardinality(mine);
    message uuid := (scope ->> 'message_id')::uuid;
    found   jsonb;
BEGIN
    IF home IS NULL OR scope IS NULL OR to_regclass(format('headway.%I', headway._vector_index(w, the_model, numbers))) IS NULL THEN
        RETURN '[]'::jsonb;
    END IF;
    -- Goes on while those that are near are of other themes and types, but not for long.
    PERFORM set_config('hnsw.iterative_scan', 'strict_order', true), set_config('hnsw.ef_search', '100', true), set_config('hnsw.max_scan_tuples', '2000', true);
    EXECUTE format('
        SELECT coalesce(jsonb_agg(jsonb_build_object(''id'', n.id, ''title'', n.name, ''description'', n.description, ''cosine'', headway._cosine($3, n.vector))), ''[]'') FROM (
            SELECT f.id, f.name, f.description, e.vector FROM headway.embeddings e CROSS JOIN LATERAL (
                SELECT s.id, s.name, s.description FROM headway.features s
                WHERE s.workspace_id = $1 AND headway._embedding_key(s.name, s.description) = e.key
                  AND s.type = $4 AND ($5 IS NULL OR s.theme_id = $5) OFFSET 0) f
            WHERE e.workspace_id = $1 AND e.model = $2 AND e.dimensions = %1$s AND e.is_kept
            ORDER BY (e.vector::%2$I.halfvec(%1$s)) OPERATOR(%2$I.<=>) ($3::%2$I.halfvec(%1$s)) LIMIT 20) n', numbers, home)
    INTO found USING w, the_model, mine, scope ->> 'type', (scope ->> 'theme_id')::uuid;
    RETURN CASE WHEN message IS NULL THEN found ELSE headway._proposable(w, message, found) END;
END $$;
COMMENT ON FUNCTION headway._nearest(uuid, text, real[], jsonb) IS
'Private. The features whose vectors are nearest to one, within {type, theme_id (null: all), message_id (null; what people have said it is not is left out)}, by pgvector''s index if there is one: [{id, title, description, cosine}].';
