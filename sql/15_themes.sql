-- Themes: the areas of a product that extracted items are sorted into.

CREATE TABLE headway.themes (
    workspace_id uuid NOT NULL REFERENCES headway.workspaces (id) ON DELETE CASCADE,
    id           uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at   timestamptz NOT NULL DEFAULT now(),
    parent_id    uuid,
    name         text NOT NULL CHECK (name <> '' AND length(name) <= 200),
    description  text NOT NULL DEFAULT '',
    color        text,
    icon         text,
    sort_order   int NOT NULL DEFAULT 0,
    is_default   boolean NOT NULL DEFAULT false,
    feature_seq  bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, name),
    FOREIGN KEY (workspace_id, parent_id) REFERENCES headway.themes (workspace_id, id)
);
COMMENT ON TABLE headway.themes IS
'The areas of the product that features belong to. Operators may write this table directly.';
COMMENT ON COLUMN headway.themes.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.themes.id IS 'Identifies the theme within its workspace.';
COMMENT ON COLUMN headway.themes.created_at IS 'When the theme was added.';
COMMENT ON COLUMN headway.themes.parent_id IS 'The theme that this one is a part of, if any.';
COMMENT ON COLUMN headway.themes.name IS 'What people and models call it; unique in the workspace.';
COMMENT ON COLUMN headway.themes.description IS 'A sentence or two with the words that customers use for this area; models and the built-in provider decide by it.';
COMMENT ON COLUMN headway.themes.color IS 'For dashboards.';
COMMENT ON COLUMN headway.themes.icon IS 'For dashboards.';
COMMENT ON COLUMN headway.themes.sort_order IS 'For dashboards, smallest first.';
COMMENT ON COLUMN headway.themes.is_default IS 'Marks the theme for items that no other one fits, where workspaces.uses_default_theme says that they shall have one.';
COMMENT ON COLUMN headway.themes.feature_seq IS
'Counts the changes to the theme''s features under this row''s lock, so that a decision knows which features appeared since it looked.';

CREATE UNIQUE INDEX themes_one_default ON headway.themes (workspace_id) WHERE is_default;
COMMENT ON INDEX headway.themes_one_default IS 'A workspace has at most one default theme.';

CREATE FUNCTION headway._theme(w uuid, given text) RETURNS uuid
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    found_id uuid;
BEGIN
    SELECT t.id INTO found_id FROM headway.themes t
    WHERE t.workspace_id = w AND (t.name = given OR t.id::text = lower(given));
    IF found_id IS NULL THEN
        RAISE EXCEPTION 'unknown theme' USING ERRCODE = '8W003',
            DETAIL = format('The workspace has no theme "%s".', given), HINT = 'SELECT name FROM headway.themes;';
    END IF;
    RETURN found_id;
END $$;
COMMENT ON FUNCTION headway._theme(uuid, text) IS 'Private. A theme by name or id; 8W003 when there is none.';

CREATE FUNCTION headway_add_theme(name text, description text DEFAULT '', color text DEFAULT NULL,
                                  icon text DEFAULT NULL, parent text DEFAULT NULL, workspace text DEFAULT NULL)
    RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w        uuid := headway._workspace(current_user, workspace);
    above    uuid := CASE WHEN parent IS NOT NULL THEN headway._theme(w, parent) END;
    theme_id uuid;
BEGIN
    IF coalesce(trim(name), '') = '' OR length(name) > 200 THEN
        RAISE EXCEPTION 'a theme needs a name of 1 to 200 characters' USING ERRCODE = '8W003';
    END IF;
    INSERT INTO headway.themes AS t (workspace_id, parent_id, name, description, color, icon)
    VALUES (w, above, trim(headway_add_theme.name), coalesce(headway_add_theme.description, ''),
            headway_add_theme.color, headway_add_theme.icon)
    RETURNING t.id INTO theme_id;
    RETURN theme_id;
END $$;
COMMENT ON FUNCTION headway_add_theme(text, text, text, text, text, text) IS
'Adds a theme: an area of the product that extracted items are sorted into.
Arguments: name, unique in the workspace; description, one or two sentences with the words customers use for it (the better the description, the better items find their theme); color and icon, for dashboards; parent, another theme''s name or id; workspace, id or name, by default the current one.
Result: the new theme''s uuid.
Errors: 8W001 for the workspace, 8W003 for the name or the parent, 23505 when the name is taken.
Example: SELECT headway_add_theme(''Reporting'', ''Reports, dashboards, charts, and exports to Excel or CSV'');';
