-- headway: checks, roles and the schema that everything else stands on.
\echo Use "CREATE EXTENSION headway" to load this file. \quit

DO $$
BEGIN
    IF current_setting('server_encoding') <> 'UTF8' THEN
        RAISE EXCEPTION 'headway needs a database with UTF8 encoding'
            USING ERRCODE = '8W000',
                  DETAIL = format('The encoding of database "%s" is %s.', current_database(), current_setting('server_encoding')),
                  HINT = 'Create one with: CREATE DATABASE name ENCODING ''UTF8'' TEMPLATE template0;';
    END IF;
    IF '@extschema@' = 'headway' THEN
        RAISE EXCEPTION 'headway cannot be installed in the schema "headway"'
            USING ERRCODE = '8W000',
                  DETAIL = 'That schema holds the extension''s tables and is created by the extension.',
                  HINT = 'Use CREATE EXTENSION headway SCHEMA public; or any other schema.';
    END IF;
END $$;

-- The roles belong to the cluster: other databases may have made them already, perhaps just now.
DO $$
DECLARE
    wanted record;
BEGIN
    FOR wanted IN
        SELECT * FROM (VALUES ('headway_worker', 'LOGIN'), ('headway_mapper', 'NOLOGIN'),
                              ('headway_reader', 'NOLOGIN'), ('headway_operator', 'NOLOGIN')) AS r (role, login)
    LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I %s NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT',
                           wanted.role, wanted.login);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
        IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = wanted.role AND (rolsuper OR rolbypassrls)) THEN
            RAISE EXCEPTION 'the role "%" has more rights than headway accepts', wanted.role
                USING ERRCODE = '8W000', HINT = format('ALTER ROLE %I NOSUPERUSER NOBYPASSRLS;', wanted.role);
        END IF;
    END LOOP;
END $$;

CREATE SCHEMA headway;
COMMENT ON SCHEMA headway IS
'headway''s tables and views, for plain queries. Writes go through the headway_* functions; names that begin with an underscore are private.';
GRANT USAGE ON SCHEMA headway TO headway_worker, headway_mapper, headway_reader, headway_operator;

-- Nothing that this script creates is executable by PUBLIC; 95_rights.sql says who may do what, and
-- a test compares the result with a list.

CREATE FUNCTION headway_version() RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_version';
COMMENT ON FUNCTION headway_version() IS
'The versions of headway and of the libraries it runs with.
Result: one line of text.
Example: SELECT headway_version();';

CREATE FUNCTION headway._guc(name text) RETURNS text
    LANGUAGE c STABLE
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_guc';
COMMENT ON FUNCTION headway._guc(text) IS
'Private. The value of one of headway''s settings, also in a session that has not loaded the library yet.';

CREATE FUNCTION headway._as_uuid(given text) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN given ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN given::uuid END
$$;
COMMENT ON FUNCTION headway._as_uuid(text) IS 'Private. What a person gave as an id; NULL when it is none.';

-- What was said is data: no line break of it may begin a line of ours, no mark may turn the text around. Joiners (U+200C,
-- U+200D) stay: Persian words and many emoji are written with them.
CREATE FUNCTION headway._one_line(words text, most int) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    line text := trim(regexp_replace(left(words, 20 * most + 1000), E'[[:space:][:cntrl:]\u0085\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF]+', ' ', 'g'));
BEGIN
    IF length(line) <= most THEN
        RETURN line;
    ELSIF most < 2 THEN
        RETURN left(line, most);
    END IF;
    -- At the last space, if that does not cost more than a half.
    line := left(line, most - 1);
    RETURN rtrim(CASE WHEN position(' ' IN reverse(line)) BETWEEN 1 AND most / 2 THEN left(line, -position(' ' IN reverse(line))) ELSE line END, ' ,;:-') || '…';
END $$;
COMMENT ON FUNCTION headway._one_line(text, int) IS
'Private. Text as one line of at most so many characters, cut at a word, with an ellipsis.';
