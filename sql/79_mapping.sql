-- What the mappers of several connector types have in common.

CREATE FUNCTION headway._merge_lines(lines jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH line AS (
        SELECT e.n, l ->> 'speaker' AS speaker, (l ->> 'start_s')::numeric AS start_s, (l ->> 'end_s')::numeric AS end_s, btrim(l ->> 'text') AS said
        FROM jsonb_array_elements(lines) WITH ORDINALITY e (l, n) WHERE btrim(l ->> 'text') <> ''
    ), counted AS (
        SELECT *, n - row_number() OVER (PARTITION BY speaker ORDER BY n) - (n - row_number() OVER (ORDER BY n)) AS run FROM line
    ), turn AS (
        SELECT min(n) AS n, speaker, (array_agg(start_s ORDER BY n))[1] AS start_s, (array_agg(end_s ORDER BY n DESC))[1] AS end_s, string_agg(said, ' ' ORDER BY n) AS said
        FROM counted GROUP BY speaker, run
    )
    SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('speaker', speaker, 'start_s', start_s, 'end_s', end_s, 'text', said)) ORDER BY n) FROM turn
$$;
COMMENT ON FUNCTION headway._merge_lines(jsonb) IS
'Private. Turns made of a transcript''s lines, [{speaker, start_s, end_s, text}]: what one speaker says in one go is one turn, so that a sentence is not torn apart. NULL when nothing is said.';

CREATE FUNCTION headway._spoken(turns jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT string_agg(concat_ws(': ', t.turn ->> 'speaker', t.turn ->> 'text'), E'\n' ORDER BY t.n)
    FROM jsonb_array_elements(turns) WITH ORDINALITY t (turn, n)
$$;
COMMENT ON FUNCTION headway._spoken(jsonb) IS 'Private. Turns as a transcript to read, a line "Name: words" for each.';

CREATE FUNCTION headway._elements(list jsonb) RETURNS SETOF jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT * FROM jsonb_array_elements(CASE jsonb_typeof(list) WHEN 'array' THEN list ELSE '[]' END)
$$;
COMMENT ON FUNCTION headway._elements(jsonb) IS 'Private. An array''s elements; none where a vendor sends null, another type or nothing.';
