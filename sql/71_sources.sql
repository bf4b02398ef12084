-- Where customers and bookings come from: headway's own tables, or tables of the app's.

CREATE TYPE headway._customer AS (customer_id uuid, customer_ref text, name text, mrr numeric);
COMMENT ON TYPE headway._customer IS 'Private. A customer from either source.';
COMMENT ON COLUMN headway._customer.customer_id IS 'The id in headway.customers; NULL for the app''s own.';
COMMENT ON COLUMN headway._customer.customer_ref IS 'The app''s key, if there is one.';
COMMENT ON COLUMN headway._customer.name IS 'What the customer is called.';
COMMENT ON COLUMN headway._customer.mrr IS 'Monthly recurring revenue.';

CREATE TYPE headway._booking AS (booking_id uuid, booking_ref text, customer_id uuid, customer_ref text, starts_at timestamptz, ends_at timestamptz,
                                 status text, guest_count int, title text, booked_at timestamptz);
COMMENT ON TYPE headway._booking IS 'Private. A booking from either source.';
COMMENT ON COLUMN headway._booking.booking_id IS 'The id in headway.bookings; NULL for the app''s own.';
COMMENT ON COLUMN headway._booking.booking_ref IS 'The app''s key, if there is one.';
COMMENT ON COLUMN headway._booking.customer_id IS 'Its customer''s id; NULL for the app''s own.';
COMMENT ON COLUMN headway._booking.customer_ref IS 'Its customer''s key, if there is one.';
COMMENT ON COLUMN headway._booking.starts_at IS 'When it begins.';
COMMENT ON COLUMN headway._booking.ends_at IS 'When it ends.';
COMMENT ON COLUMN headway._booking.status IS 'As the source calls it, in lower case.';
COMMENT ON COLUMN headway._booking.guest_count IS 'For how many.';
COMMENT ON COLUMN headway._booking.title IS 'What it is called.';
COMMENT ON COLUMN headway._booking.booked_at IS 'When it was made.';

CREATE TABLE headway._app_tables (
    workspace_id uuid NOT NULL REFERENCES headway.workspaces (id) ON DELETE CASCADE,
    noun         text NOT NULL CHECK (noun IN ('customers', 'bookings')),
    created_at   timestamptz NOT NULL DEFAULT now(),
    relation     text NOT NULL,
    columns      jsonb NOT NULL,
    reader       name NOT NULL,
    PRIMARY KEY (workspace_id, noun)
);
COMMENT ON TABLE headway._app_tables IS 'Private. Tables of the app''s that a workspace links against instead of headway''s own.';
COMMENT ON COLUMN headway._app_tables.workspace_id IS 'The workspace.';
COMMENT ON COLUMN headway._app_tables.noun IS 'What the table stands for: customers or bookings.';
COMMENT ON COLUMN headway._app_tables.created_at IS 'Since when.';
COMMENT ON COLUMN headway._app_tables.relation IS 'Its name with its schema, quoted where needed.';
COMMENT ON COLUMN headway._app_tables.columns IS 'Which of its columns is what, each as an expression of the table c that has the wanted type; for keys, id_is and customer_id_is test for one, and a time without a zone is under starts_at_local and the like.';
COMMENT ON COLUMN headway._app_tables.reader IS 'The role with whose rights it is read: who registered it, or its owner where that was a superuser.';

CREATE FUNCTION headway._query_as(reader name, statement text, keys text[], lows timestamptz[] DEFAULT NULL, highs timestamptz[] DEFAULT NULL,
                                  calls timestamptz[] DEFAULT NULL, soons timestamptz[] DEFAULT NULL) RETURNS SETOF record
    LANGUAGE c STABLE ROWS 100
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_query_as';
COMMENT ON FUNCTION headway._query_as(name, text, text[], timestamptz[], timestamptz[], timestamptz[], timestamptz[]) IS
'Private. The rows of a query with parameters $1 to $5, run with a role''s rights, read-only, security-restricted, for at most five seconds; 8W020 when they are over, and for what cannot be read.';

CREATE FUNCTION headway._app_table(w uuid, noun text) RETURNS headway._app_tables
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT t FROM headway._app_tables t WHERE t.workspace_id = w AND t.noun = _app_table.noun
$$;
COMMENT ON FUNCTION headway._app_table(uuid, text) IS 'Private. The app''s own table for a noun; all NULL when headway''s is used.';

CREATE FUNCTION headway._app_reader(t headway._app_tables) RETURNS name
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    owner name := (SELECT pg_get_userbyid(c.relowner) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                   WHERE n.nspname = (parse_ident(t.relation))[1]::name AND c.relname = (parse_ident(t.relation))[2]::name);
BEGIN
    -- Whoever may replace a table by a view of that name would have his functions run by its reader.
    IF (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = t.reader) AND NOT (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = owner) THEN
        RAISE EXCEPTION 'a table of the app''s may not be read as a superuser' USING ERRCODE = '8W020',
            DETAIL = format('%s belongs to %s, and was registered by %s.', t.relation, owner, t.reader),
            HINT = 'Register it again, best as a role that may read it and no more.';
    END IF;
    RETURN t.reader;
END $$;
COMMENT ON FUNCTION headway._app_reader(headway._app_tables) IS
'Private. The role with whose rights a table of the app''s is read; 8W020 when that is a superuser and the table is somebody else''s.';

-- ---- registering -------------------------------------------------------------------------------

CREATE FUNCTION headway._app_columns(noun text) RETURNS TABLE (name text, type regtype, is_required boolean)
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT v.name, v.type::regtype, v.is_required FROM (VALUES
        ('customers', 'id', 'text', true), ('customers', 'name', 'text', false), ('customers', 'phone', 'text', false),
        ('customers', 'region', 'text', false), ('customers', 'email', 'text', false), ('customers', 'company_domain', 'text', false),
        ('customers', 'mrr', 'numeric', false),
        ('bookings', 'id', 'text', true), ('bookings', 'customer_id', 'text', true), ('bookings', 'starts_at', 'timestamptz', true),
        ('bookings', 'ends_at', 'timestamptz', false), ('bookings', 'status', 'text', false), ('bookings', 'guest_count', 'int', false),
        ('bookings', 'title', 'text', false), ('bookings', 'booked_at', 'timestamptz', false)
    ) v (noun, name, type, is_required) WHERE v.noun = _app_columns.noun
$$;
COMMENT ON FUNCTION headway._app_columns(text) IS 'Private. What a table of the app''s can tell of customers or bookings, and what it must.';

CREATE FUNCTION headway._app_column(t headway._app_tables, name text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT CASE WHEN t.columns ? _app_column.name THEN t.columns ->> _app_column.name
                WHEN t.columns ? (_app_column.name || '_local')
                THEN format('(%s AT TIME ZONE %L)', t.columns ->> (_app_column.name || '_local'), (SELECT s.time_zone FROM headway.workspaces s WHERE s.id = t.workspace_id))
                ELSE format('NULL::%s', (SELECT k.type FROM headway._app_columns(t.noun) k WHERE k.name = _app_column.name)) END
$$;
COMMENT ON FUNCTION headway._app_column(headway._app_tables, text) IS
'Private. The expression of the app''s table c for one of these, times in the zone that the workspace has now; of a NULL when the table does not have it.';

CREATE FUNCTION headway._app_expression(type regtype, given regtype, col text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    -- What is no time or number that can be reckoned with is none: one such row
    -- must not keep all calls from being linked. A column may change its type later, but a time that gets a zone
    -- or loses it must not be read as another: adding nothing, unlike a cast, makes no time without a zone of one that has it.
    SELECT CASE WHEN type = 'timestamptz'::regtype AND given = type THEN format('c.%I', col)
                WHEN type = 'timestamptz'::regtype
                THEN format('CASE WHEN c.%1$I BETWEEN ''1900-01-01'' AND ''2200-01-01'' THEN c.%1$I + ''0''::pg_catalog.interval END', col)
                WHEN type = 'int'::regtype THEN format('CASE WHEN c.%1$I BETWEEN 0 AND 2147483647 THEN c.%1$I::pg_catalog.int4 END', col)
                ELSE format('c.%I::pg_catalog.%s', col, type) END
$$;
COMMENT ON FUNCTION headway._app_expression(regtype, regtype, text) IS 'Private. A column of the app''s table c as a value of the wanted type, a time without a zone as one without.';

CREATE FUNCTION headway._app_key_test(given regtype, col text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    -- The key becomes what the column is, and not the other way round, so that the table's index serves.
    SELECT CASE WHEN given = ANY ('{int2, int4, int8}'::regtype[]) THEN format('c.%I = CASE WHEN k.key ~ ''^-?[0-9]{1,19}$''
                          THEN CASE WHEN k.key::pg_catalog.numeric BETWEEN -9223372036854775808 AND 9223372036854775807 THEN k.key::pg_catalog.int8 END END', col)
                WHEN given = 'uuid'::regtype THEN format('c.%I = CASE WHEN k.key ~* ''^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'' THEN k.key::pg_catalog.uuid END', col)
                WHEN given = ANY ('{text, varchar}'::regtype[]) THEN format('c.%I = k.key', col)
                ELSE format('c.%I::pg_catalog.text = k.key', col) END
$$;
COMMENT ON FUNCTION headway._app_key_test(regtype, text) IS 'Private. Whether a key k.key, a text, is that of a row of the app''s table c.';

CREATE FUNCTION headway._lacking_grant(reader name, columns jsonb) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT nullif(concat_ws(' ',
        CASE WHEN NOT has_schema_privilege(reader, '@extschema@', 'USAGE') THEN format('GRANT USAGE ON SCHEMA %I TO %I;', '@extschema@', reader) END,
        CASE WHEN NOT has_function_privilege(reader, '@extschema@.headway_e164(text, text)', 'EXECUTE')
             THEN format('GRANT EXECUTE ON FUNCTION %I.headway_e164(text, text) TO %I;', '@extschema@', reader) END), '')
    WHERE columns ? 'phone'
$$;
COMMENT ON FUNCTION headway._lacking_grant(name, jsonb) IS
'Private. What a role must be granted to read numbers in a table of the app''s with these columns; NULL when nothing.';

CREATE FUNCTION headway._check_app_table(reader name, noun text, relation regclass, columns jsonb) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    known   text := (SELECT string_agg(k.name || CASE WHEN k.is_required THEN ' (required)' ELSE '' END, ', ') FROM headway._app_columns(noun) k);
    there   text;
    problem text;
BEGIN
    IF jsonb_typeof(columns) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION 'columns must be a JSON object' USING ERRCODE = '8W020',
            DETAIL = format('It is %s.', coalesce('of type ' || jsonb_typeof(columns), 'NULL')), HINT = format('Keys: %s; each with the name of a column.', known);
    ELSIF NOT (SELECT c.relkind = ANY ('{r,p,v,m,f}') FROM pg_class c WHERE c.oid = relation) THEN
        RAISE EXCEPTION 'this is no table or view' USING ERRCODE = '8W020', DETAIL = format('The relation is %s.', relation);
    ELSIF (SELECT c.relpersistence = 't' FROM pg_class c WHERE c.oid = relation) THEN
        RAISE EXCEPTION 'a temporary table cannot be used' USING ERRCODE = '8W020', DETAIL = format('The relation is %s.', relation),
            HINT = 'Other sessions and the workers do not see it: name one that stays.';
    END IF;
    SELECT string_agg(format('%s (%s)', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum) INTO there
    FROM pg_attribute a WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped;

    SELECT string_agg(p.problem, ' ') INTO problem FROM (
        SELECT format('%s is no such thing.', quote_literal(g.key)) AS problem FROM jsonb_each(columns) g
        WHERE NOT EXISTS (SELECT FROM headway._app_columns(noun) k WHERE k.name = g.key)
        UNION ALL
        SELECT format('%s is missing.', k.name) FROM headway._app_columns(noun) k WHERE k.is_required AND NOT columns ? k.name
        UNION ALL
        SELECT 'phone, email or company_domain is needed.' WHERE noun = 'customers' AND NOT columns ?| '{phone,email,company_domain}'
        UNION ALL
        SELECT CASE WHEN a.attname IS NULL THEN format('There is no column %s.', quote_ident(g.value #>> '{}'))
                    WHEN NOT has_column_privilege(reader, relation, a.attnum, 'SELECT') THEN format('%s may not read %s.', quote_ident(reader), quote_ident(a.attname))
                    ELSE format('%s cannot be %s: it is of type %s.', quote_ident(a.attname), k.name, format_type(a.atttypid, NULL)) END
        FROM jsonb_each(columns) g JOIN headway._app_columns(noun) k ON k.name = g.key
        LEFT JOIN pg_attribute a ON a.attrelid = relation AND a.attname = g.value #>> '{}' AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_type y ON y.oid = a.atttypid
        WHERE a.attname IS NULL OR NOT has_column_privilege(reader, relation, a.attnum, 'SELECT')
           OR k.type = 'timestamptz'::regtype AND a.atttypid <> ALL ('{timestamptz, timestamp, date}'::regtype[])
           OR k.type = ANY ('{int, numeric}'::regtype[]) AND y.typcategory <> 'N') p;
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION 'the columns do not fit' USING ERRCODE = '8W020', DETAIL = problem,
            HINT = format('%s has: %s. Keys that are understood: %s.', relation, there, known);
    ELSIF headway._lacking_grant(reader, columns) IS NOT NULL THEN
        RAISE EXCEPTION 'the table''s numbers cannot be read' USING ERRCODE = '8W020',
            DETAIL = format('The table is read as %s, who may not use headway_e164().', quote_ident(reader)), HINT = headway._lacking_grant(reader, columns);
    END IF;
END $$;
COMMENT ON FUNCTION headway._check_app_table(name, text, regclass, jsonb) IS
'Private. Raises 8W020 unless the role may read the named columns and they can be what they are said to be.';

CREATE FUNCTION headway._use_app_table(caller name, w uuid, what text, relation regclass, columns jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    -- A superuser lends nobody his rights: the table is read with its owner's.
    reader name := CASE WHEN (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = caller) THEN (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = relation)
                        ELSE caller END;
BEGIN
    DELETE FROM headway._app_tables t WHERE t.workspace_id = w AND t.noun = what;
    IF relation IS NOT NULL THEN
        PERFORM headway._check_app_table(reader, what, relation, columns);
        INSERT INTO headway._app_tables (workspace_id, noun, relation, columns, reader)
        SELECT w, what, (SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = _use_app_table.relation),
               (SELECT jsonb_object_agg(k.name || CASE WHEN k.type = 'timestamptz'::regtype AND a.atttypid <> k.type THEN '_local' ELSE '' END,
                                        headway._app_expression(k.type, a.atttypid::regtype, a.attname))
                       || jsonb_object_agg(k.name || '_is', headway._app_key_test(a.atttypid::regtype, a.attname)) FILTER (WHERE k.name ~ 'id$')
                FROM headway._app_columns(what) k JOIN pg_attribute a ON a.attrelid = _use_app_table.relation AND a.attname = _use_app_table.columns ->> k.name),
               reader;
    END IF;
    RAISE NOTICE 'links that stand are not looked at again' USING HINT = 'SELECT headway_link_recordings(only_unlinked => false);';
END $$;
COMMENT ON FUNCTION headway._use_app_table(name, uuid, text, regclass, jsonb) IS 'Private. Registers a table of the app''s, or goes back to headway''s own.';

CREATE FUNCTION headway_use_customers(relation regclass, columns jsonb DEFAULT NULL, workspace text DEFAULT NULL) RETURNS void
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_use_customers(regclass, jsonb, text) IS
'Links recordings with the customers of a table or view of your own instead of headway.customers; nothing is copied. It is read with the rights of the role that calls this; called by a superuser, with those of the table''s owner. recordings.customer_ref then holds its key as text.
Arguments: relation, NULL to go back to headway.customers; columns, which column is what: id (required), phone, email, company_domain (at least one of them), name, region (two letters; without that column it is the workspace''s, and a row that has none tells only numbers with a country code), mrr; workspace, id or name. Rows with one id are one customer, those without are nobody; what more than ten customers have, or a thousand rows, is nobody''s.
Errors: 8W001 for the workspace, 8W020 for a temporary table, for columns that are not there, cannot be read or do not fit (HINT lists those that are there), and when the role that it is read as may not use headway_e164() (HINT is the GRANT).
It is looked up by indexes on headway_e164(phone, ''US''), lower(email) and lower(company_domain), or, without that column, lower(split_part(email, ''@'', 2)), each for what is registered; without one every call reads the whole table. ANALYZE it when they are there: docs/how-to/use-your-own-tables.md.
Example: SELECT headway_use_customers(''bookings.customers'', ''{"id": "id", "phone": "phone", "name": "name"}'');';

CREATE FUNCTION headway._use_customers(caller name, relation regclass, columns jsonb, workspace text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    PERFORM headway._use_app_table(caller, headway._workspace(caller, workspace), 'customers', relation, columns);
END $$;
COMMENT ON FUNCTION headway._use_customers(name, regclass, jsonb, text) IS 'Private. Twin of headway_use_customers().';

CREATE FUNCTION headway_use_bookings(relation regclass, columns jsonb DEFAULT NULL, workspace text DEFAULT NULL) RETURNS void
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_use_bookings(regclass, jsonb, text) IS
'Links recordings with the bookings of a table or view of your own instead of headway.bookings; nothing is copied. It is read with the rights of the role that calls this; called by a superuser, with those of the table''s owner. recordings.booking_ref then holds its key as text.
Arguments: relation, NULL to go back to headway.bookings; columns, which column is what: id, customer_id and starts_at (required; customer_id holds the key of the customers in use, or customers.external_id), ends_at, status, guest_count, title, booked_at; times without a zone are read in the workspace''s; workspace, id or name. Rows with one id are one booking, whose time nearest to the call counts; those without are none.
Errors: 8W001 for the workspace, 8W020 for a temporary table and for columns that are not there, cannot be read or do not fit; HINT lists those that are there.
An index on the table makes it fast: CREATE INDEX ON app.bookings (customer_id, starts_at); and ANALYZE it then.
Example: SELECT headway_use_bookings(''bookings.visits'', ''{"id": "id", "customer_id": "customer_id", "starts_at": "starts_at"}'');';

CREATE FUNCTION headway._use_bookings(caller name, relation regclass, columns jsonb, workspace text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    PERFORM headway._use_app_table(caller, headway._workspace(caller, workspace), 'bookings', relation, columns);
END $$;
COMMENT ON FUNCTION headway._use_bookings(name, regclass, jsonb, text) IS 'Private. Twin of headway_use_bookings().';
