-- Connector types (data: a spec and a mapper), connectors, their sealed credentials and rate budgets.

CREATE TYPE headway.draft AS (
    external_id      text,
    title            text,
    content          text,
    turns            jsonb,
    channel_name     text,
    author_name      text,
    author_email     text,
    sent_at          timestamptz,
    language         text,
    duration_seconds int,
    is_private       boolean,
    parties          jsonb,
    metadata         jsonb,
    recording        jsonb
);
COMMENT ON TYPE headway.draft IS
'What a mapper makes of one vendor record.
external_id: the record''s id at the vendor. content: the transcript as text, NULL when there is none yet. turns: [{speaker, start_s, end_s, text}]. parties: [{name, email, phone, affiliation (internal, external, unknown), speaker}], speaker as it appears in turns. recording: NULL or {external_id, from_phone, to_phone, direction, call_started_at, duration_seconds, media}.';
COMMENT ON COLUMN headway.draft.external_id IS 'The record''s id at the vendor.';
COMMENT ON COLUMN headway.draft.title IS 'What the conversation is called.';
COMMENT ON COLUMN headway.draft.content IS 'The transcript as text, NULL when there is none (yet).';
COMMENT ON COLUMN headway.draft.turns IS '[{speaker, start_s, end_s, text}] in order.';
COMMENT ON COLUMN headway.draft.channel_name IS 'Where the conversation took place.';
COMMENT ON COLUMN headway.draft.author_name IS 'Who stands for the other side: the first customer.';
COMMENT ON COLUMN headway.draft.author_email IS 'The author''s e-mail address.';
COMMENT ON COLUMN headway.draft.sent_at IS 'When the conversation began.';
COMMENT ON COLUMN headway.draft.language IS 'Its language, as the vendor names it.';
COMMENT ON COLUMN headway.draft.duration_seconds IS 'How long it took.';
COMMENT ON COLUMN headway.draft.is_private IS 'Whether the vendor marks it as private.';
COMMENT ON COLUMN headway.draft.parties IS '[{name, email, phone, affiliation, speaker}].';
COMMENT ON COLUMN headway.draft.metadata IS 'Anything else worth keeping; {"medium": "events"} says that the content is a session''s trail and nobody''s words.';
COMMENT ON COLUMN headway.draft.recording IS 'The recording behind it, if there is one; a draft with a recording and no content is kept as a recording, which a later run completes.';

CREATE TABLE headway.connector_types (
    name          text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_]{0,62}$'),
    created_at    timestamptz NOT NULL DEFAULT now(),
    title         text NOT NULL,
    spec          jsonb NOT NULL,
    mapper        text NOT NULL,
    registered_by name NOT NULL,
    is_builtin    boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE headway.connector_types IS
'Where recordings can come from. A type is data: a spec of the vendor''s API and the SQL function that maps its records. headway_register_connector_type() adds one.';
COMMENT ON COLUMN headway.connector_types.name IS 'What headway_add_connector() calls it.';
COMMENT ON COLUMN headway.connector_types.created_at IS 'When it was registered.';
COMMENT ON COLUMN headway.connector_types.title IS 'What people call it.';
COMMENT ON COLUMN headway.connector_types.spec IS 'Base URL, auth, rate budgets, requests, paging, children; see docs/reference/connector-spec.md.';
COMMENT ON COLUMN headway.connector_types.mapper IS 'The function f(records jsonb, settings jsonb) RETURNS SETOF headway.draft, schema-qualified. It runs as headway_mapper.';
COMMENT ON COLUMN headway.connector_types.registered_by IS 'The role that registered it and may replace it.';
COMMENT ON COLUMN headway.connector_types.is_builtin IS 'Whether it came with the extension; such types cannot be replaced and are not dumped.';

CREATE TABLE headway.connectors (
    workspace_id    uuid NOT NULL REFERENCES headway.workspaces (id) ON DELETE CASCADE,
    id              uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at      timestamptz NOT NULL DEFAULT now(),
    name            text NOT NULL CHECK (name <> '' AND length(name) <= 200),
    type            text NOT NULL REFERENCES headway.connector_types (name),
    settings        jsonb NOT NULL DEFAULT '{}',
    is_active       boolean NOT NULL DEFAULT true,
    cursor          jsonb NOT NULL DEFAULT '{}',
    last_success_at timestamptz,
    suspended_until timestamptz,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, name)
);
COMMENT ON TABLE headway.connectors IS 'A workspace''s accounts at vendors. Their credentials are sealed and stand elsewhere.';
COMMENT ON COLUMN headway.connectors.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.connectors.id IS 'Identifies the connector within its workspace.';
COMMENT ON COLUMN headway.connectors.created_at IS 'When it was added.';
COMMENT ON COLUMN headway.connectors.name IS 'Unique in the workspace; by default the type''s name.';
COMMENT ON COLUMN headway.connectors.type IS 'Its connector type.';
COMMENT ON COLUMN headway.connectors.settings IS 'The type''s settings with their values, such as base_url.';
COMMENT ON COLUMN headway.connectors.is_active IS 'Whether headway_ingest() reads it.';
COMMENT ON COLUMN headway.connectors.cursor IS 'How far it has been read: {"read_until": time}.';
COMMENT ON COLUMN headway.connectors.last_success_at IS 'When a run last read its whole window without a failure.';
COMMENT ON COLUMN headway.connectors.suspended_until IS 'The vendor asked to wait until then.';

CREATE TABLE headway._credentials (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at   timestamptz NOT NULL DEFAULT now(),
    connector_id uuid,
    purpose      text,
    origin       text NOT NULL,
    key_id       text NOT NULL,
    sealed       bytea NOT NULL,
    job_id       uuid,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, connector_id),
    UNIQUE (workspace_id, purpose),
    UNIQUE (workspace_id, job_id),
    CHECK (num_nonnulls(connector_id, purpose, job_id) = 1),
    FOREIGN KEY (workspace_id, purpose) REFERENCES headway._providers (workspace_id, purpose) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, connector_id) REFERENCES headway.connectors (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE headway._credentials IS
'Private. The secrets of connectors, providers and imports'' sources, sealed with AES-256-GCM under a key that is not in the database; bound to workspace, row and origin.';
COMMENT ON COLUMN headway._credentials.workspace_id IS 'The workspace; part of what the seal is bound to.';
COMMENT ON COLUMN headway._credentials.id IS 'The row; part of what the seal is bound to.';
COMMENT ON COLUMN headway._credentials.created_at IS 'When the secrets were given.';
COMMENT ON COLUMN headway._credentials.connector_id IS 'The connector that uses them, or NULL.';
COMMENT ON COLUMN headway._credentials.purpose IS 'The purpose of the provider that uses them, or NULL.';
COMMENT ON COLUMN headway._credentials.origin IS 'scheme://host:port that they may be sent to; part of what the seal is bound to.';
COMMENT ON COLUMN headway._credentials.key_id IS 'Which key of the keyring opens it.';
COMMENT ON COLUMN headway._credentials.sealed IS 'The sealed JSON object of names and secrets.';
COMMENT ON COLUMN headway._credentials.job_id IS 'The bulk import whose source is asked with them, or NULL.';

CREATE TABLE headway._rate_ledgers (
    workspace_id uuid NOT NULL,
    connector_id uuid NOT NULL,
    state        jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (workspace_id, connector_id),
    FOREIGN KEY (workspace_id, connector_id) REFERENCES headway.connectors (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE headway._rate_ledgers IS 'Private. How often each connector has asked its vendor lately; all workers share it.';
COMMENT ON COLUMN headway._rate_ledgers.workspace_id IS 'The connector''s workspace.';
COMMENT ON COLUMN headway._rate_ledgers.connector_id IS 'The connector.';
COMMENT ON COLUMN headway._rate_ledgers.state IS 'Requests per slice of time, one meter for each budget of the type''s spec; what the vendor states of its own budget; until when it asked to wait.';

CREATE TABLE headway._tokens (
    workspace_id  uuid NOT NULL,
    connector_id  uuid NOT NULL,
    id            uuid,
    origin        text,
    key_id        text,
    sealed        bytea,
    fresh_until   timestamptz,
    lease         bigint NOT NULL DEFAULT 0,
    minter        bigint,
    minting_until timestamptz,
    problem       jsonb,
    problem_until timestamptz,
    PRIMARY KEY (workspace_id, connector_id),
    FOREIGN KEY (workspace_id, connector_id) REFERENCES headway.connectors (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE headway._tokens IS
'Private. The access tokens that connectors go by, sealed like credentials, and who mints a new one. Never dumped: a restored database mints its own.';
COMMENT ON COLUMN headway._tokens.workspace_id IS 'The connector''s workspace; part of what the seal is bound to.';
COMMENT ON COLUMN headway._tokens.connector_id IS 'The connector.';
COMMENT ON COLUMN headway._tokens.id IS 'Identifies the token; part of what the seal is bound to. NULL when there is none.';
COMMENT ON COLUMN headway._tokens.origin IS 'scheme://host:port that it may be sent to; part of what the seal is bound to.';
COMMENT ON COLUMN headway._tokens.key_id IS 'Which key of the keyring opens it.';
COMMENT ON COLUMN headway._tokens.sealed IS 'The sealed JSON object {"token": ...}.';
COMMENT ON COLUMN headway._tokens.fresh_until IS 'Until when it is used, a little less than it lives.';
COMMENT ON COLUMN headway._tokens.lease IS 'Counts the attempts to mint; the last one''s number.';
COMMENT ON COLUMN headway._tokens.minter IS 'The worker that mints; it holds an advisory lock on this number while it lives.';
COMMENT ON COLUMN headway._tokens.minting_until IS 'Until when others leave it to that worker.';
COMMENT ON COLUMN headway._tokens.problem IS 'Why the last attempt to mint failed: {kind, message, detail, hint, http_status, retry_after}.';
COMMENT ON COLUMN headway._tokens.problem_until IS 'Until when those who need a token fail for that reason instead of asking again.';

-- What C++ decides, for SQL to call.

CREATE FUNCTION headway._check_spec(spec jsonb) RETURNS void
    LANGUAGE c IMMUTABLE STRICT
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_check_spec';
COMMENT ON FUNCTION headway._check_spec(jsonb) IS 'Private. Raises 8W004 that names the path when a connector spec is not valid.';

CREATE FUNCTION headway._connector_setup(spec jsonb, settings jsonb) RETURNS jsonb
    LANGUAGE c STABLE STRICT
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_connector_setup';
COMMENT ON FUNCTION headway._connector_setup(jsonb, jsonb) IS
'Private. {settings: completed by defaults, origin, credentials: the names needed, optional: the names that may be left out}; raises 8W005 for settings that do not fit and for plain http to a host that is not allowed.';

CREATE FUNCTION headway._seal(w uuid, row_id uuid, origin text, secrets text, OUT key_id text, OUT sealed bytea)
    LANGUAGE c STRICT
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_seal';
COMMENT ON FUNCTION headway._seal(uuid, uuid, text, text) IS
'Private. Seals secrets under the newest key; creates the keyring file when it is missing and no sealed row exists.';

CREATE FUNCTION headway._reseal(w uuid, row_id uuid, origin text, old_key text, old_sealed bytea, OUT key_id text, OUT sealed bytea)
    LANGUAGE c STRICT
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_reseal';
COMMENT ON FUNCTION headway._reseal(uuid, uuid, text, text, bytea) IS 'Private. The same secrets under the newest key.';

CREATE FUNCTION headway._change_secrets(w uuid, row_id uuid, origin text, old_key text, old_sealed bytea, changes text, new_row uuid,
                                        OUT key_id text, OUT sealed bytea)
    LANGUAGE c STRICT
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_change_secrets';
COMMENT ON FUNCTION headway._change_secrets(uuid, uuid, text, text, bytea, text, uuid) IS
'Private. The same secrets but for some, {name: secret, or null when it goes}, under the newest key and for another row id.';

CREATE FUNCTION headway._add_key() RETURNS text
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_add_key';
COMMENT ON FUNCTION headway._add_key() IS 'Private. Appends a key to the keyring file; returns its id.';

CREATE FUNCTION headway._run_mapper(mapper text, records jsonb, settings jsonb) RETURNS jsonb
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_run_mapper';
COMMENT ON FUNCTION headway._run_mapper(text, jsonb, jsonb) IS
'Private. A mapper''s drafts as a JSON array. Runs it as headway_mapper, in a security-restricted context, for 5 seconds and with 512 MB at most; of what it returns no more than one row beyond one for each record.';

CREATE FUNCTION headway._connector(w uuid, given text) RETURNS headway.connectors
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    c headway.connectors;
BEGIN
    SELECT * INTO c FROM headway.connectors s
    WHERE s.workspace_id = w AND (s.name = given OR s.id::text = lower(given));
    IF c.id IS NULL THEN
        RAISE EXCEPTION 'unknown connector' USING ERRCODE = '8W005',
            DETAIL = format('The workspace has no connector "%s"; it has: %s.', given,
                coalesce((SELECT string_agg(quote_ident(s.name), ', ' ORDER BY s.name)
                          FROM headway.connectors s WHERE s.workspace_id = w), 'none')),
            HINT = 'Add one with headway_add_connector(type, credentials).';
    END IF;
    RETURN c;
END $$;
COMMENT ON FUNCTION headway._connector(uuid, text) IS 'Private. A connector by name or id; 8W005 when there is none.';
