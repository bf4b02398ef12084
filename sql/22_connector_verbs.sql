-- The verbs that add, change and drop connectors, their credentials and their types.

CREATE FUNCTION headway._check_credentials(caller name, wanted jsonb, given jsonb, optional jsonb DEFAULT '[]') RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    missing text;
    strange text;
    secret  record;
BEGIN
    IF given IS NULL OR jsonb_typeof(given) <> 'object' THEN
        RAISE EXCEPTION 'credentials must be a JSON object' USING ERRCODE = '8W006',
            HINT = format('Expected keys: %s.', wanted || optional);
    END IF;
    SELECT string_agg(k, ', ') INTO missing FROM jsonb_array_elements_text(wanted) k WHERE NOT given ? k;
    SELECT string_agg(k, ', ') INTO strange FROM jsonb_object_keys(given) k WHERE NOT (wanted || optional) ? k;
    IF missing IS NOT NULL OR strange IS NOT NULL THEN
        RAISE EXCEPTION 'the credentials do not have the right keys' USING ERRCODE = '8W006',
            DETAIL = concat_ws(' ', 'Missing: ' || missing || '.', 'Not known: ' || strange || '.'),
            HINT = concat_ws(' ', format('Expected keys: %s.', wanted), CASE WHEN optional <> '[]' THEN format('Optional: %s.', optional) END);
    END IF;
    FOR secret IN SELECT key, value FROM jsonb_each(given) LOOP
        CONTINUE WHEN secret.value = 'null' AND optional ? secret.key;
        IF jsonb_typeof(secret.value) = 'object' AND (SELECT count(*) FROM jsonb_object_keys(secret.value)) = 1
           AND jsonb_typeof(coalesce(secret.value -> 'env', secret.value -> 'file')) = 'string' THEN
            IF NOT pg_has_role(caller, 'pg_read_server_files', 'USAGE') THEN
                RAISE EXCEPTION 'permission denied to take credentials from the server''s environment or files'
                    USING ERRCODE = 'insufficient_privilege', DETAIL = format('Key: %s.', secret.key),
                          HINT = 'Ask a superuser or a member of pg_read_server_files to add the connector.';
            END IF;
        ELSIF jsonb_typeof(secret.value) <> 'string' OR secret.value = '""' THEN
            RAISE EXCEPTION 'a credential must be a text, {"env": name} or {"file": path}' USING ERRCODE = '8W006',
                DETAIL = format('Key: %s.', secret.key);
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION headway._check_credentials(name, jsonb, jsonb, jsonb) IS
'Private. Raises 8W006 unless the credentials have the wanted keys, perhaps optional ones (null for none), and values of a known form; never shows a value.';

CREATE FUNCTION headway._store_credentials(w uuid, connector uuid, origin text, credentials jsonb, purpose text DEFAULT NULL, job uuid DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    row_id uuid := gen_random_uuid();
    box    record;
BEGIN
    box := headway._seal(w, row_id, origin, credentials::text);
    DELETE FROM headway._credentials c
    WHERE c.workspace_id = w AND (c.connector_id = connector OR c.purpose = _store_credentials.purpose);
    PERFORM headway._forget_token(w, connector);
    INSERT INTO headway._credentials (workspace_id, id, connector_id, purpose, job_id, origin, key_id, sealed)
    VALUES (w, row_id, connector, _store_credentials.purpose, job, _store_credentials.origin, box.key_id, box.sealed);
END $$;
COMMENT ON FUNCTION headway._store_credentials(uuid, uuid, text, jsonb, text, uuid) IS
'Private. Seals and stores the credentials of a connector, of the provider for a purpose or of a new import''s source, in place of those it had.';

CREATE FUNCTION headway._sealed(k headway._credentials) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT jsonb_build_object('id', k.id, 'key_id', k.key_id, 'origin', k.origin, 'sealed', translate(encode(k.sealed, 'base64'), E'\n', ''))
$$;
COMMENT ON FUNCTION headway._sealed(headway._credentials) IS 'Private. Credentials as workers are given them: sealed, with what opens them.';

CREATE FUNCTION headway_add_connector(type text, credentials jsonb, settings jsonb DEFAULT '{}', name text DEFAULT NULL,
                                      workspace text DEFAULT NULL) RETURNS uuid
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker_secretly';
COMMENT ON FUNCTION headway_add_connector(text, jsonb, jsonb, text, text) IS
'Adds a connector: an account at a vendor that recordings are read from. The credentials are sealed at once and never shown again.
Arguments: type, a name in headway.connector_types; credentials, an object with the type''s keys (optional ones may be left out), each a text, {"env": "VARIABLE"} or {"file": "/path"} (the last two need pg_read_server_files and are read by the worker when used); settings, such as {"base_url": "https://..."}; name, by default the type''s; workspace, id or name.
Result: the connector''s uuid.
Errors: 8W004 for the type, 8W005 for the settings and the name, 8W006 for the credentials'' keys, 8W007 for the keyring file, 23505 when the name is taken.
Example: SELECT headway_add_connector(''gong'', ''{"access_key": {"env": "GONG_ACCESS_KEY"}, "secret_key": {"env": "GONG_SECRET_KEY"}}'', ''{"base_url": "https://us-12345.api.gong.io"}'');';

CREATE FUNCTION headway._add_connector(caller name, type text, credentials jsonb, settings jsonb, name text, workspace text)
    RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w     uuid := headway._workspace(caller, workspace);
    spec  jsonb := (SELECT t.spec FROM headway.connector_types t WHERE t.name = type);
    setup jsonb;
    c     uuid;
BEGIN
    IF spec IS NULL THEN
        RAISE EXCEPTION 'unknown connector type' USING ERRCODE = '8W004',
            DETAIL = format('There is no type "%s"; there are: %s.', type,
                (SELECT string_agg(t.name, ', ' ORDER BY t.name) FROM headway.connector_types t)),
            HINT = 'headway_register_connector_type() adds one.';
    END IF;
    -- Its owner may replace a type's mapper at any time, and the mapper sees what is read.
    IF NOT EXISTS (SELECT FROM headway.connector_types t LEFT JOIN pg_roles r ON r.rolname = t.registered_by
                   WHERE t.name = type AND (t.is_builtin OR r.rolsuper OR pg_has_role(caller, r.oid, 'USAGE'))) THEN
        RAISE EXCEPTION 'the connector type is somebody else''s' USING ERRCODE = '8W004',
            DETAIL = format('"%s" was registered by a role that "%s" has not.', type, caller),
            HINT = 'Register a type of your own, or ask a superuser to register it for all.';
    END IF;
    IF name = '' OR length(name) > 200 THEN
        RAISE EXCEPTION 'not a name for a connector' USING ERRCODE = '8W005', DETAIL = format('It has %s characters.', length(name)), HINT = 'Use 1 to 200 of them.';
    END IF;
    setup := headway._connector_setup(spec, coalesce(settings, '{}'));
    PERFORM headway._check_credentials(caller, setup -> 'credentials', credentials, setup -> 'optional');
    INSERT INTO headway.connectors AS s (workspace_id, name, type, settings)
    VALUES (w, coalesce(_add_connector.name, _add_connector.type), _add_connector.type, setup -> 'settings')
    RETURNING s.id INTO c;
    INSERT INTO headway._rate_ledgers (workspace_id, connector_id) VALUES (w, c);
    PERFORM headway._store_credentials(w, c, setup ->> 'origin', jsonb_strip_nulls(credentials));
    RETURN c;
END $$;
COMMENT ON FUNCTION headway._add_connector(name, text, jsonb, jsonb, text, text) IS 'Private. Twin of headway_add_connector().';

CREATE FUNCTION headway_set_credentials(connector text, credentials jsonb, workspace text DEFAULT NULL) RETURNS void
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker_secretly';
COMMENT ON FUNCTION headway_set_credentials(text, jsonb, text) IS
'Changes a connector''s credentials. The keys that its type needs go together: give all of them, or none to leave them as they are. An optional key that is not named stays; null takes it away. After base_url has changed to another host, all have to be given.
Arguments: connector, name or id; credentials as for headway_add_connector(); workspace, id or name.
Errors: 8W005 for the connector, 8W006 for the credentials'' keys, 8W007 for the keyring file.
Example: SELECT headway_set_credentials(''gong'', ''{"access_key": "...", "secret_key": "..."}'');';

CREATE FUNCTION headway._set_credentials(caller name, connector text, credentials jsonb, workspace text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w       uuid := headway._workspace(caller, workspace);
    c       headway.connectors := headway._connector(w, connector);
    setup   jsonb := headway._connector_setup((SELECT t.spec FROM headway.connector_types t WHERE t.name = c.type), c.settings);
    names   text[] := ARRAY(SELECT jsonb_object_keys(CASE jsonb_typeof(credentials) WHEN 'object' THEN credentials ELSE '{}' END));
    present headway._credentials;
    new_row uuid := gen_random_uuid();
    box     record;
BEGIN
    SELECT * INTO present FROM headway._credentials k WHERE k.workspace_id = w AND k.connector_id = c.id FOR UPDATE;
    IF present.origin IS DISTINCT FROM setup ->> 'origin' THEN
        PERFORM headway._check_credentials(caller, setup -> 'credentials', credentials, setup -> 'optional');
        PERFORM headway._store_credentials(w, c.id, setup ->> 'origin', jsonb_strip_nulls(credentials));
        RETURN;
    END IF;
    PERFORM headway._check_credentials(caller, CASE WHEN names && ARRAY(SELECT jsonb_array_elements_text(setup -> 'optional'))
        AND NOT names && ARRAY(SELECT jsonb_array_elements_text(setup -> 'credentials')) THEN '[]' ELSE setup -> 'credentials' END,
        credentials, setup -> 'optional');
    box := headway._change_secrets(w, present.id, present.origin, present.key_id, present.sealed, credentials::text, new_row);
    -- Under another id: what a worker mints with the old ones meanwhile is not kept.
    PERFORM headway._forget_token(w, c.id);
    UPDATE headway._credentials k SET id = new_row, key_id = box.key_id, sealed = box.sealed WHERE k.workspace_id = w AND k.id = present.id;
END $$;
COMMENT ON FUNCTION headway._set_credentials(name, text, jsonb, text) IS 'Private. Twin of headway_set_credentials().';

CREATE FUNCTION headway_set_connector(connector text, settings jsonb DEFAULT NULL, is_active boolean DEFAULT NULL,
                                      workspace text DEFAULT NULL) RETURNS void
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_set_connector(text, jsonb, boolean, text) IS
'Changes a connector''s settings or switches it on and off. A new base_url on another host or port needs the credentials again.
Arguments: connector, name or id; settings, merged into those it has; is_active; workspace, id or name.
Errors: 8W005 for the connector or its settings.
Example: SELECT headway_set_connector(''gong'', is_active => false);';

CREATE FUNCTION headway._set_connector(caller name, connector text, settings jsonb, is_active boolean, workspace text)
    RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w     uuid := headway._workspace(caller, workspace);
    c     headway.connectors := headway._connector(w, connector);
    setup jsonb := headway._connector_setup((SELECT t.spec FROM headway.connector_types t WHERE t.name = c.type),
                                            c.settings || coalesce(settings, '{}'));
BEGIN
    UPDATE headway.connectors AS s
    SET settings = setup -> 'settings', is_active = coalesce(_set_connector.is_active, s.is_active)
    WHERE s.workspace_id = w AND s.id = c.id;
    PERFORM headway._drop_token(w, c.id);
    IF EXISTS (SELECT FROM headway._credentials k
               WHERE k.workspace_id = w AND k.connector_id = c.id AND k.origin <> setup ->> 'origin') THEN
        RAISE WARNING 'connector "%" needs its credentials again', c.name
            USING DETAIL = 'Credentials are bound to the host they were given for.',
                  HINT = format('SELECT headway_set_credentials(%L, ...);', c.name);
    END IF;
END $$;
COMMENT ON FUNCTION headway._set_connector(name, text, jsonb, boolean, text) IS 'Private. Twin of headway_set_connector().';

CREATE FUNCTION headway_rotate_key() RETURNS bigint
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_rotate_key() IS
'Appends a new key to the keyring file and seals all credentials of this database under it. Only superusers may call it. Older keys stay in the file, for other databases and older dumps.
Result: how many credentials were sealed anew.
Errors: 42501 for other roles, 8W007 for the keyring file.
Example: SELECT headway_rotate_key();';

CREATE FUNCTION headway._rotate_key(caller name) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    c       headway._credentials;
    box     record;
    renewed bigint := 0;
BEGIN
    IF NOT (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = caller) THEN
        RAISE EXCEPTION 'permission denied to rotate the key' USING ERRCODE = 'insufficient_privilege',
            HINT = 'The keyring serves all workspaces: ask a superuser.';
    END IF;
    PERFORM headway._add_key();
    FOR c IN SELECT * FROM headway._credentials LOOP
        box := headway._reseal(c.workspace_id, c.id, c.origin, c.key_id, c.sealed);
        UPDATE headway._credentials k SET key_id = box.key_id, sealed = box.sealed
        WHERE k.workspace_id = c.workspace_id AND k.id = c.id;
        renewed := renewed + 1;
        PERFORM headway._drop_token(c.workspace_id, c.connector_id);
    END LOOP;
    RETURN renewed;
END $$;
COMMENT ON FUNCTION headway._rotate_key(name) IS 'Private. Twin of headway_rotate_key().';

CREATE FUNCTION headway_register_connector_type(name text, spec jsonb, mapper regprocedure, title text DEFAULT NULL)
    RETURNS void
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_register_connector_type(text, jsonb, regprocedure, text) IS
'Registers a connector type, or replaces one that you registered: the way to a new source without any C++.
Arguments: name, lower case; spec, the API in the format of docs/reference/connector-spec.md; mapper, a function f(records jsonb, settings jsonb) RETURNS SETOF headway.draft that headway_mapper may execute (records is [{record, children: {name: [...]}}]); title, for people.
Errors: 8W004 with the path of what is wrong in the spec, for a mapper of another shape, and for a name that is somebody else''s.
Example: SELECT headway_register_connector_type(''acme_calls'', ''{"base_url": "https://api.acme.example", ...}'', ''map_acme(jsonb, jsonb)'');';

CREATE FUNCTION headway._register_connector_type(caller name, name text, spec jsonb, mapper regprocedure, title text)
    RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    f       record;
    present headway.connector_types;
BEGIN
    IF coalesce(name, '') !~ '^[a-z][a-z0-9_]{0,62}$' THEN
        RAISE EXCEPTION 'not a name for a connector type' USING ERRCODE = '8W004',
            DETAIL = format('The name is "%s".', name), HINT = 'Use lower-case letters, digits and underscores.';
    END IF;
    PERFORM headway._check_spec(coalesce(spec, 'null'));
    SELECT format('%I.%I', n.nspname, p.proname) AS called, n.oid AS schema,
           p.proretset AND p.prorettype = 'headway.draft'::regtype AND p.pronargs = 2
           AND p.proargtypes[0] = 'jsonb'::regtype AND p.proargtypes[1] = 'jsonb'::regtype AS fits
    INTO f FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.oid = mapper;
    IF f IS NULL OR NOT f.fits THEN
        RAISE EXCEPTION 'not a mapper' USING ERRCODE = '8W004', DETAIL = format('The function is %s.', mapper),
            HINT = 'A mapper is a function f(records jsonb, settings jsonb) RETURNS SETOF headway.draft.';
    END IF;
    IF NOT has_function_privilege('headway_mapper', mapper, 'EXECUTE') OR NOT has_schema_privilege('headway_mapper', f.schema, 'USAGE') THEN
        RAISE EXCEPTION 'the mapper cannot be executed' USING ERRCODE = '8W004',
            DETAIL = format('headway_mapper may not execute %s, or not use its schema.', mapper),
            HINT = format('GRANT EXECUTE ON FUNCTION %s TO headway_mapper; GRANT USAGE ON SCHEMA %s TO headway_mapper;', mapper, f.schema::regnamespace);
    END IF;
    SELECT * INTO present FROM headway.connector_types t WHERE t.name = _register_connector_type.name FOR UPDATE;
    IF present.is_builtin OR NOT pg_has_role(caller, coalesce(present.registered_by, caller), 'USAGE') THEN
        RAISE EXCEPTION 'the connector type is somebody else''s' USING ERRCODE = '8W004',
            DETAIL = format('"%s" was registered by %s.', name,
                CASE WHEN present.is_builtin THEN 'the extension' ELSE 'role ' || present.registered_by END),
            HINT = 'Choose another name.';
    END IF;
    INSERT INTO headway.connector_types AS t (name, title, spec, mapper, registered_by)
    VALUES (_register_connector_type.name, coalesce(_register_connector_type.title, _register_connector_type.name),
            _register_connector_type.spec, f.called, caller)
    ON CONFLICT ON CONSTRAINT connector_types_pkey DO UPDATE
    SET title = excluded.title, spec = excluded.spec, mapper = excluded.mapper, registered_by = excluded.registered_by;
END $$;
COMMENT ON FUNCTION headway._register_connector_type(name, text, jsonb, regprocedure, text) IS
'Private. Twin of headway_register_connector_type().';

CREATE FUNCTION headway_drop_connector(connector text, workspace text DEFAULT NULL) RETURNS void
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_drop_connector(text, text) IS
'Removes a connector, its credentials and its schedule, and cancels its runs. Messages and finished runs stay.
Arguments: connector, name or id; workspace, id or name.
Errors: 8W005 for the connector.
Example: SELECT headway_drop_connector(''gong'');';

CREATE FUNCTION headway._drop_connector(caller name, connector text, workspace text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w uuid := headway._workspace(caller, workspace);
    c headway.connectors := headway._connector(w, connector);
    r uuid;
BEGIN
    FOR r IN SELECT s.id FROM headway.runs s
             WHERE s.workspace_id = w AND s.connector_id = c.id AND s.state IN ('queued', 'running') LOOP
        PERFORM headway._cancel_run(w, r);
    END LOOP;
    UPDATE headway.runs s SET connector_id = NULL WHERE s.workspace_id = w AND s.connector_id = c.id;
    UPDATE headway.messages m SET connector_id = NULL WHERE m.workspace_id = w AND m.connector_id = c.id;
    DELETE FROM headway.connectors s WHERE s.workspace_id = w AND s.id = c.id;
    PERFORM headway._drop_orphaned_schedules();
END $$;
COMMENT ON FUNCTION headway._drop_connector(name, text, text) IS 'Private. Twin of headway_drop_connector().';
