-- Who may do what: row-level security, grants, and what pg_dump takes along. An update runs this as well, for
-- what is new: a GRANT in an extension's script makes the server take all that the object grants, also what
-- its DBA granted, for the extension's own, and pg_dump would leave it out.

DO $$
DECLARE
    t record;
BEGIN
    -- One permissive policy for the members of a workspace on each tenant table, one for the workers.
    FOR t IN
        SELECT c.oid::regclass AS name, CASE c.relname WHEN 'workspaces' THEN 'id' ELSE 'workspace_id' END AS key
        FROM pg_class c WHERE c.relnamespace = 'headway'::regnamespace AND c.relkind = 'r' AND NOT c.relrowsecurity
          AND (c.relname = 'workspaces' OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'workspace_id'))
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t.name);
        EXECUTE format('CREATE POLICY members ON %1$s TO headway_reader, headway_operator
                        USING (%2$I = ANY (headway.visible_workspaces(current_user)))
                        WITH CHECK (%2$I = ANY (headway.visible_workspaces(current_user)))', t.name, t.key);
        EXECUTE format('COMMENT ON POLICY members ON %s IS %L', t.name, 'Members of a workspace see its rows and no others.');
        EXECUTE format('CREATE POLICY workers ON %s TO headway_worker USING (true) WITH CHECK (true)', t.name);
        EXECUTE format('COMMENT ON POLICY workers ON %s IS %L', t.name, 'Workers serve all workspaces, one at a time.');
    END LOOP;
    IF NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = 'headway.prompts'::regclass AND p.polname = 'defaults') THEN
        CREATE POLICY defaults ON headway.prompts FOR SELECT TO headway_reader, headway_operator USING (workspace_id IS NULL);
        COMMENT ON POLICY defaults ON headway.prompts IS 'The default prompts are shown to all, and changed by none of them.';
    END IF;
    -- What belongs to no workspace is the same for everybody who may read at all.
    FOR t IN
        SELECT c.oid::regclass AS name FROM pg_class c
        WHERE c.relnamespace = 'headway'::regnamespace AND c.relkind = 'r' AND NOT c.relrowsecurity
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t.name);
        EXECUTE format('CREATE POLICY everybody ON %s %s TO headway_reader, headway_operator, headway_worker USING (true)', t.name,
                       CASE t.name::text WHEN 'headway.model_prices' THEN 'FOR SELECT' END);
        EXECUTE format('COMMENT ON POLICY everybody ON %s IS %L', t.name, 'These rows belong to no workspace.');
    END LOOP;

    -- Everything is taken from PUBLIC and given to the workers; nouns and verbs to the group roles.
    FOR t IN SELECT c.oid::regclass AS name, c.relname, c.relkind FROM pg_class c
             WHERE c.relnamespace = 'headway'::regnamespace AND c.relkind IN ('r', 'v', 'S')
               AND NOT EXISTS (SELECT FROM aclexplode(c.relacl) a WHERE a.grantee = 'headway_worker'::regrole) LOOP
        EXECUTE format('REVOKE ALL ON %s FROM PUBLIC', t.name);
        IF t.relkind = 'S' THEN
            EXECUTE format('GRANT USAGE ON SEQUENCE %s TO headway_worker', t.name);
        ELSE
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO headway_worker', t.name);
        END IF;
        IF t.relkind <> 'S' AND t.relname !~ '^_' THEN
            EXECUTE format('GRANT SELECT ON %s TO headway_reader, headway_operator', t.name);
        END IF;
    END LOOP;
    IF NOT has_table_privilege('headway_operator', 'headway.prompts', 'DELETE') THEN
        -- themes is a table that people may write directly, but for the number that orders its features.
        EXECUTE (SELECT format('GRANT DELETE, INSERT (%1$s), UPDATE (%1$s) ON headway.themes TO headway_operator', string_agg(quote_ident(a.attname), ', '))
                 FROM pg_attribute a WHERE a.attrelid = 'headway.themes'::regclass AND a.attnum > 0 AND a.attname <> 'feature_seq');
        GRANT INSERT, UPDATE, DELETE ON headway.prompts TO headway_operator;
    END IF;
    IF NOT has_table_privilege('headway_operator', 'headway.model_prices', 'DELETE') THEN
        -- What headway came with is replaced by updates and not dumped, so nobody may change it.
        CREATE POLICY operators ON headway.model_prices TO headway_operator USING (NOT is_builtin) WITH CHECK (NOT is_builtin);
        COMMENT ON POLICY operators ON headway.model_prices IS 'Operators write prices of their own.';
        GRANT INSERT, UPDATE, DELETE ON headway.model_prices TO headway_operator;
    END IF;
    IF NOT has_table_privilege('headway_operator', 'headway.customers', 'DELETE') THEN
        GRANT INSERT, UPDATE, DELETE ON headway.customers, headway.customer_phones, headway.shared_phones, headway.bookings TO headway_operator;
    END IF;
    IF NOT has_table_privilege('headway_reader', 'headway._rate_ledgers', 'SELECT') THEN
        GRANT SELECT ON headway._rate_ledgers TO headway_reader, headway_operator;  -- for headway.connector_health
    END IF;
    IF NOT has_column_privilege('headway_reader', 'headway._app_tables', 'noun', 'SELECT') THEN
        GRANT SELECT (workspace_id, noun) ON headway._app_tables TO headway_reader, headway_operator;  -- for headway.unlinked_recordings
    END IF;
    -- Where the verbs are, and where the workers log in.
    IF NOT EXISTS (SELECT FROM pg_namespace n, aclexplode(n.nspacl) a WHERE n.nspname = '@extschema@' AND a.grantee = 'headway_worker'::regrole) THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO headway_worker, headway_reader, headway_operator', '@extschema@');
    END IF;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO headway_worker', current_database());

    FOR t IN SELECT p.oid::regprocedure AS name, p.prokind, p.proname, n.nspname = 'headway' AS in_headway,
                    p.proname IN ('headway_version', 'headway_workspace', 'headway_default_region', 'headway_run_status', 'headway_wait', 'headway_health',
                                  'headway_e164', 'headway_phone_extension', 'headway_preview_link', 'headway_customer_history',
                                  'headway_booking_context', 'headway_ai_context', 'headway_search_conversations',
                                  'headway_explain_match', 'headway_threshold_preview', 'headway_suggest_merges', 'headway_suggest_themes',
                                  'headway_bulk_import_status', 'headway_bulk_import_jobs') AS reads
             FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
             WHERE NOT EXISTS (SELECT FROM aclexplode(p.proacl) a WHERE a.grantee = 'headway_worker'::regrole)
               AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                           AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
                           AND d.refobjid = (SELECT e.oid FROM pg_extension e WHERE e.extname = 'headway')) LOOP
        EXECUTE format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', t.name);
        EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO headway_worker', t.name);
        IF NOT t.in_headway THEN
            EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO headway_operator', t.name);
        END IF;
        IF t.reads OR t.proname = 'visible_workspaces' THEN
            EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO headway_reader, headway_operator', t.name);
        END IF;
    END LOOP;
    -- What the verbs that run with their caller's rights stand on.
    GRANT EXECUTE ON FUNCTION headway._guc(text), headway._workspace(name, text), headway._run_workspace(name, uuid),
                              headway._run_status(name, uuid)
        TO headway_reader, headway_operator;
    GRANT EXECUTE ON FUNCTION headway._plain(text), headway._same_item(jsonb, jsonb), headway._holds_item(jsonb, jsonb)
        TO headway_reader, headway_operator;  -- for headway.reading_changes
    GRANT EXECUTE ON FUNCTION headway._are_distinct(uuid, uuid, uuid), headway._line(uuid, uuid), headway._head(uuid, uuid),
                              headway._family(uuid, uuid)
        TO headway_reader, headway_operator;  -- for headway.review_queue
    GRANT EXECUTE ON FUNCTION headway._embedding_key(text, text), headway._embedded_text(text, text)
        TO headway_reader, headway_operator;  -- for headway.feature_embeddings
    GRANT EXECUTE ON FUNCTION headway._would_link(uuid, uuid) TO headway_reader, headway_operator;  -- for headway.pinned_links
    GRANT EXECUTE ON FUNCTION headway._sees_import(name, headway.bulk_import_jobs) TO headway_reader, headway_operator;
    GRANT EXECUTE ON FUNCTION headway._theme(uuid, text), headway._search_config(text), headway._company_domain(text, text)
        TO headway_reader, headway_operator;
    GRANT EXECUTE ON FUNCTION headway._budget_left(jsonb, jsonb), headway._cron_value(text, text[]), headway._cron_field(text, int, int, text[]),
                              headway._next_run(text, timestamptz, text)
        TO headway_reader, headway_operator;
    -- Mappers run as headway_mapper and as nobody else, also the built-in ones.
    FOR t IN SELECT p.oid::regprocedure AS name FROM pg_proc p
             WHERE p.pronamespace = 'headway'::regnamespace AND p.prorettype = 'headway.draft'::regtype AND p.proretset LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO headway_mapper', t.name);
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM headway_worker', t.name);
    END LOOP;
    GRANT EXECUTE ON FUNCTION headway._elements(jsonb), headway._merge_lines(jsonb), headway._spoken(jsonb), headway._turns(text), headway._session_turns(jsonb),
                              headway._trail(jsonb, timestamptz), headway._clock(numeric), headway._page_path(text), headway._trail_part(text, int),
                              headway._one_line(text, int)
        TO headway_mapper;

    FOR t IN SELECT c.oid::regclass AS name, c.relname FROM pg_class c
             WHERE c.relnamespace = 'headway'::regnamespace AND c.relkind IN ('r', 'S') LOOP
        PERFORM pg_extension_config_dump(t.name, CASE t.relname WHEN 'connector_types' THEN 'WHERE NOT is_builtin'
            WHEN 'model_prices' THEN 'WHERE NOT is_builtin'
            WHEN 'prompts' THEN 'WHERE workspace_id IS NOT NULL' WHEN '_tokens' THEN 'WHERE false' WHEN '_feature_indexes' THEN 'WHERE false'
            WHEN '_index_segments' THEN 'WHERE false' WHEN '_index_postings' THEN 'WHERE false' ELSE '' END);  -- an index is made anew
    END LOOP;
END $$;
