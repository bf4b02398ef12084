-- Workspaces, their members, and who sees what.

CREATE TABLE headway.workspaces (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created_at         timestamptz NOT NULL DEFAULT now(),
    name               text NOT NULL CHECK (name <> '' AND length(name) <= 200),
    default_region     text NOT NULL DEFAULT 'US' CHECK (default_region ~ '^[A-Z]{2}$'),
    time_zone          text NOT NULL DEFAULT 'UTC',
    language           text NOT NULL DEFAULT 'english',
    settings           jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(settings) = 'object'),
    uses_default_theme boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE headway.workspaces IS
'The unit of visibility: every other row belongs to one workspace and is seen by its members only.';
COMMENT ON COLUMN headway.workspaces.id IS 'Appears as workspace_id everywhere else.';
COMMENT ON COLUMN headway.workspaces.created_at IS 'When the workspace was added.';
COMMENT ON COLUMN headway.workspaces.name IS 'Unique (held by _workspace_names); verbs take it in place of the id.';
COMMENT ON COLUMN headway.workspaces.default_region IS 'Two-letter region in which phone numbers without a country code are read.';
COMMENT ON COLUMN headway.workspaces.time_zone IS 'Zone in which dates are compared, as in pg_timezone_names.';
COMMENT ON COLUMN headway.workspaces.language IS 'The language that features are titled in, and that of texts that do not tell their own, as PostgreSQL''s text search names it.';
COMMENT ON COLUMN headway.workspaces.settings IS
'Overrides of settings for this workspace: match_confidence, auto_match, auto_new, theme_confidence, shortlist_size, items_per_question, chunk_tokens, min_relevance, answer_retention (minutes).';

COMMENT ON COLUMN headway.workspaces.uses_default_theme IS
'Whether items that no theme fits go to the theme with is_default, and not to unmatched_features.';

-- A name must be unique over all workspaces, and no key of a tenant table can promise that once the
-- tables are distributed (a key needs the workspace in it). This small table can.
CREATE TABLE headway._workspace_names (
    name         text PRIMARY KEY,
    workspace_id uuid NOT NULL
);
COMMENT ON TABLE headway._workspace_names IS 'Private. Keeps the names of workspaces unique.';
COMMENT ON COLUMN headway._workspace_names.name IS 'A workspace''s name.';
COMMENT ON COLUMN headway._workspace_names.workspace_id IS 'The workspace that has it.';

CREATE TABLE headway.workspace_members (
    workspace_id uuid NOT NULL,
    member       name NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, member)
);
COMMENT ON TABLE headway.workspace_members IS
'Which roles see which workspace. Members of a member role see it too.';
COMMENT ON COLUMN headway.workspace_members.workspace_id IS 'The workspace that is seen.';
COMMENT ON COLUMN headway.workspace_members.member IS 'A role, by name, so that a dump can be restored where roles have other numbers.';
COMMENT ON COLUMN headway.workspace_members.created_at IS 'When the role became a member.';

CREATE FUNCTION headway._visible_workspaces(role_name name) RETURNS uuid[]
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path = pg_catalog, headway, pg_temp
    SET citus.allow_nested_distributed_execution = on
AS $$
BEGIN
    IF (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = role_name) THEN
        RETURN ARRAY(SELECT w.id FROM headway.workspaces w);
    END IF;
    RETURN ARRAY(SELECT DISTINCT m.workspace_id
                 FROM headway.workspace_members m JOIN pg_roles r ON r.rolname = m.member
                 WHERE pg_has_role(role_name, r.oid, 'USAGE'));
END $$;
ALTER FUNCTION headway._visible_workspaces(name) OWNER TO headway_worker;
COMMENT ON FUNCTION headway._visible_workspaces(name) IS 'Private. What visible_workspaces() answers, read anew.';

-- A query's plan asks for each scan of an index, so it asks in C, which keeps the last answer, and sets nothing. The cost is
-- what has a plan ask once for a scan, and not for every row of a table.
CREATE FUNCTION headway.visible_workspaces(role_name name) RETURNS uuid[]
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 1000
    AS 'MODULE_PATHNAME', 'headway_visible_workspaces';
ALTER FUNCTION headway.visible_workspaces(name) OWNER TO headway_worker;
COMMENT ON FUNCTION headway.visible_workspaces(name) IS
'The ids of the workspaces that a role sees; every row-level policy asks it about current_user.
Arguments: role_name, a role''s name.
Result: uuid[], empty when the role is a member of none.
Example: SELECT headway.visible_workspaces(current_user);';

-- Runs with the rights of its caller: an ordinary role gets no answer about somebody else's workspaces.
CREATE FUNCTION headway._workspace(caller name, given text) RETURNS uuid
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    visible uuid[] := headway.visible_workspaces(caller);
    wanted  text := coalesce(given, nullif(headway._guc('headway.workspace'), ''));
    ids     uuid[];
    names   text;
BEGIN
    SELECT array_agg(w.id), string_agg(quote_ident(w.name), ', ' ORDER BY w.name) INTO ids, names
    FROM headway.workspaces w
    WHERE w.id = ANY (visible) AND (wanted IS NULL OR w.name = wanted OR w.id::text = lower(wanted));  -- no name looks like an id

    IF cardinality(ids) = 1 THEN
        RETURN ids[1];
    ELSIF wanted IS NOT NULL THEN
        RAISE EXCEPTION 'unknown workspace' USING ERRCODE = '8W001',
            DETAIL = format('"%s" is no workspace that role "%s" is a member of.', wanted, caller),
            HINT = 'SELECT name FROM headway.workspaces; shows those you see. headway_add_member() lets a role in.';
    ELSIF ids IS NULL THEN
        RAISE EXCEPTION 'there is no workspace yet' USING ERRCODE = '8W001',
            DETAIL = format('Role "%s" is a member of none.', caller),
            HINT = 'Create one with: SELECT headway_add_workspace(''name'');';
    ELSE
        RAISE EXCEPTION 'several workspaces are visible' USING ERRCODE = '8W001',
            DETAIL = format('They are: %s.', names),
            HINT = 'Name one with workspace => ''name'' or SET headway.workspace = ''name'';';
    END IF;
END $$;
COMMENT ON FUNCTION headway._workspace(name, text) IS
'Private. The workspace that a verb works on: the one given by id or name, else the setting headway.workspace, else the only visible one; 8W001 otherwise.';

CREATE FUNCTION headway_workspace() RETURNS uuid
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN headway._workspace(current_user, NULL);
END $$;
COMMENT ON FUNCTION headway_workspace() IS
'The current workspace: the setting headway.workspace (id or name), else the only one you are a member of.
Result: its uuid.
Errors: 8W001 when there is none or more than one; DETAIL lists them.
Example: SELECT headway_workspace();';

CREATE FUNCTION headway_default_region() RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w uuid := headway._workspace(current_user, NULL);
BEGIN
    RETURN (SELECT s.default_region FROM headway.workspaces s WHERE s.id = w);
END $$;
COMMENT ON FUNCTION headway_default_region() IS
'The current workspace''s region, in which phone numbers without a country code are read.
Result: two letters. Errors: as headway_workspace().
Example: SELECT headway_default_region();';

CREATE FUNCTION headway._setting(w uuid, name text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN coalesce((SELECT s.settings ->> _setting.name FROM headway.workspaces s WHERE s.id = w),
                    headway._guc('headway.' || _setting.name));
END $$;
COMMENT ON FUNCTION headway._setting(uuid, text) IS
'Private. A setting as it holds in a workspace: the workspace''s own, else the server''s.';

CREATE FUNCTION headway._workspace_language(w uuid) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN (SELECT s.language FROM headway.workspaces s WHERE s.id = w);
END $$;
COMMENT ON FUNCTION headway._workspace_language(uuid) IS 'Private. The language that a workspace''s features are titled in.';

CREATE FUNCTION headway._time_zone(w uuid) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    zone text := (SELECT s.time_zone FROM headway.workspaces s WHERE s.id = w);
BEGIN
    PERFORM now() AT TIME ZONE zone;
    RETURN zone;
EXCEPTION WHEN invalid_parameter_value THEN  -- headway_add_workspace() refuses it, a direct UPDATE does not
    RAISE EXCEPTION 'unknown time zone' USING ERRCODE = '8W002', DETAIL = format('The workspace''s time_zone is "%s".', zone),
        HINT = format('UPDATE headway.workspaces SET time_zone = ... WHERE id = %L; SELECT name FROM pg_timezone_names; shows those there are.', w);
END $$;
COMMENT ON FUNCTION headway._time_zone(uuid) IS 'Private. A workspace''s time zone; 8W002 when it is none.';

-- A verb that must cross the line between tenants is a C function that changes to headway_worker
-- and calls its twin in schema headway, headway._<verb>(caller, ...): the twin learns who really
-- called, also through somebody's SECURITY DEFINER function, and nobody else may call it.
CREATE FUNCTION headway_add_workspace(name text, default_region text DEFAULT 'US', time_zone text DEFAULT 'UTC')
    RETURNS uuid
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_add_workspace(text, text, text) IS
'Adds a workspace; the calling role becomes its first member.
Arguments: name, unique; default_region, two letters, for phone numbers without a country code; time_zone, for dates.
Result: the new workspace''s uuid.
Errors: 8W002 for a name that is taken or a region or zone that does not exist.
Example: SELECT headway_add_workspace(''acme'', time_zone => ''Europe/Vienna'');';

CREATE FUNCTION headway._add_workspace(caller name, name text, default_region text, time_zone text) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w uuid := gen_random_uuid();
BEGIN
    IF coalesce(name, '') = '' OR length(name) > 200 THEN
        RAISE EXCEPTION 'a workspace needs a name of 1 to 200 characters' USING ERRCODE = '8W002';
    ELSIF headway._as_uuid(name) IS NOT NULL THEN
        RAISE EXCEPTION 'a workspace''s name must not look like an id' USING ERRCODE = '8W002', DETAIL = format('It is "%s".', name);
    END IF;
    IF upper(default_region) !~ '^[A-Z]{2}$' THEN
        RAISE EXCEPTION 'not a region' USING ERRCODE = '8W002',
            DETAIL = format('default_region is "%s".', default_region),
            HINT = 'Use the two letters of ISO 3166, such as US or AT.';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_timezone_names z WHERE z.name = time_zone) THEN
        RAISE EXCEPTION 'unknown time zone' USING ERRCODE = '8W002',
            DETAIL = format('time_zone is "%s".', time_zone), HINT = 'SELECT name FROM pg_timezone_names;';
    END IF;
    INSERT INTO headway._workspace_names AS n (name, workspace_id) VALUES (_add_workspace.name, w)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the name is taken' USING ERRCODE = '8W002',
            DETAIL = format('A workspace "%s" exists already.', name),
            HINT = 'If it is yours, one of its members can let you in with headway_add_member().';
    END IF;
    INSERT INTO headway.workspaces (id, name, default_region, time_zone)
    VALUES (w, _add_workspace.name, upper(_add_workspace.default_region), _add_workspace.time_zone);
    INSERT INTO headway.workspace_members (workspace_id, member) VALUES (w, caller);
    RETURN w;
END $$;
COMMENT ON FUNCTION headway._add_workspace(name, text, text, text) IS 'Private. Twin of headway_add_workspace().';

CREATE FUNCTION headway_add_member(member name, workspace text DEFAULT NULL) RETURNS void
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_add_member(name, text) IS
'Lets a role see a workspace you are a member of. The role also needs headway_reader or headway_operator.
Arguments: member, a role; workspace, id or name, by default the current one.
Errors: 8W001 for the workspace, 42704 for a role that does not exist.
Example: SELECT headway_add_member(''alice'');';

CREATE FUNCTION headway._add_member(caller name, member name, workspace text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w uuid := headway._workspace(caller, workspace);
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = member) THEN
        RAISE EXCEPTION 'role "%" does not exist', member USING ERRCODE = 'undefined_object';
    END IF;
    INSERT INTO headway.workspace_members AS m (workspace_id, member) VALUES (w, _add_member.member)
    ON CONFLICT DO NOTHING;
END $$;
COMMENT ON FUNCTION headway._add_member(name, name, text) IS 'Private. Twin of headway_add_member().';

CREATE FUNCTION headway_remove_member(member name, workspace text DEFAULT NULL) RETURNS void
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_remove_member(name, text) IS
'Ends a role''s membership in a workspace you are a member of.
Arguments: member, a role''s name; workspace, id or name, by default the current one.
Errors: 8W001 for the workspace, 8W002 for the last member, who must stay.
Example: SELECT headway_remove_member(''alice'');';

CREATE FUNCTION headway._remove_member(caller name, member name, workspace text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w uuid := headway._workspace(caller, workspace);
BEGIN
    -- Two members who remove each other must not both succeed.
    PERFORM 1 FROM headway.workspaces s WHERE s.id = w FOR NO KEY UPDATE;
    DELETE FROM headway.workspace_members m WHERE m.workspace_id = w AND m.member = _remove_member.member;
    IF NOT EXISTS (SELECT FROM headway.workspace_members m WHERE m.workspace_id = w) THEN
        RAISE EXCEPTION 'a workspace keeps its last member' USING ERRCODE = '8W002',
            DETAIL = format('"%s" is the only one.', member),
            HINT = 'Add another one first with headway_add_member().';
    END IF;
END $$;
COMMENT ON FUNCTION headway._remove_member(name, name, text) IS 'Private. Twin of headway_remove_member().';
