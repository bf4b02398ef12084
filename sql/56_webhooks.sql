-- Webhooks: what vendors send by themselves. core decides whether a delivery is the vendor's and what it says; here
-- is what becomes of it.

CREATE TABLE headway.webhook_deliveries (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at   timestamptz NOT NULL DEFAULT now(),
    connector_id uuid NOT NULL,
    status       text NOT NULL CHECK (status IN ('accepted', 'ignored', 'refused')),
    delivery_id  text NOT NULL,
    reason       text NOT NULL DEFAULT '',
    event        text,
    subject      text,
    sequence     bigint,
    times        bigint NOT NULL DEFAULT 1,
    last_at      timestamptz NOT NULL DEFAULT now(),
    run_id       uuid,
    PRIMARY KEY (workspace_id, id),
    CONSTRAINT webhook_deliveries_once UNIQUE (workspace_id, connector_id, status, delivery_id, reason),
    FOREIGN KEY (workspace_id, connector_id) REFERENCES headway.connectors (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE headway.webhook_deliveries IS
'What vendors sent by themselves, and what became of it. A delivery that comes again is no second row; what nobody vouches for is counted, one row for each reason and hour. Kept for headway.retention.';
COMMENT ON COLUMN headway.webhook_deliveries.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.webhook_deliveries.id IS 'Identifies the row within its workspace.';
COMMENT ON COLUMN headway.webhook_deliveries.created_at IS 'When it came first.';
COMMENT ON COLUMN headway.webhook_deliveries.connector_id IS 'The connector that it was sent to.';
COMMENT ON COLUMN headway.webhook_deliveries.status IS 'accepted (it started a run), ignored (acknowledged, but it says nothing that is needed) or refused.';
COMMENT ON COLUMN headway.webhook_deliveries.delivery_id IS 'The vendor''s id of it, or its body''s SHA-256; the hour, when nothing proves that it is the vendor''s.';
COMMENT ON COLUMN headway.webhook_deliveries.reason IS 'Why it was ignored or refused.';
COMMENT ON COLUMN headway.webhook_deliveries.event IS 'What the vendor calls the event.';
COMMENT ON COLUMN headway.webhook_deliveries.subject IS 'What its events are numbered by, such as a telephony session.';
COMMENT ON COLUMN headway.webhook_deliveries.sequence IS 'Its number among the events of its subject.';
COMMENT ON COLUMN headway.webhook_deliveries.times IS 'How often it came.';
COMMENT ON COLUMN headway.webhook_deliveries.last_at IS 'When it came last.';
COMMENT ON COLUMN headway.webhook_deliveries.run_id IS 'The run that it started.';

CREATE INDEX webhook_deliveries_sequence ON headway.webhook_deliveries (workspace_id, connector_id, subject, sequence)
    WHERE status = 'accepted' AND sequence IS NOT NULL;
COMMENT ON INDEX headway.webhook_deliveries_sequence IS 'The latest event of a subject.';
CREATE INDEX webhook_deliveries_last ON headway.webhook_deliveries (workspace_id, last_at);
COMMENT ON INDEX headway.webhook_deliveries_last IS 'What came lately, and what the tick purges.';

CREATE FUNCTION headway._judge_delivery(w uuid, source jsonb, headers jsonb, body bytea) RETURNS jsonb
    LANGUAGE c STRICT
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_judge_delivery';
COMMENT ON FUNCTION headway._judge_delivery(uuid, jsonb, jsonb, bytea) IS
'Private. Whether a delivery is the vendor''s and what it says: {status (of HTTP), outcome (accepted, ignored, refused), reason, headers (to be sent back), id, event, subject, sequence, work (payload of a receive task), after_seconds}. source: as _source() gives it. Changes nothing.';

CREATE FUNCTION headway._read_delivery(c headway.connectors, headers jsonb, body bytea) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN headway._judge_delivery(c.workspace_id, headway._source(c, now(), now()), coalesce(headers, 'null'), coalesce(body, ''));
EXCEPTION WHEN data_exception OR program_limit_exceeded OR SQLSTATE '8W000' THEN
    RETURN jsonb_build_object('status', 400, 'outcome', 'refused', 'reason', 'the database cannot hold what it says', 'headers', '{}'::jsonb);
END $$;
COMMENT ON FUNCTION headway._read_delivery(headway.connectors, jsonb, bytea) IS
'Private. The verdict of _judge_delivery(); a delivery that cannot be read is refused like any other.';

CREATE FUNCTION headway._superfluous(c headway.connectors, verdict jsonb) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN CASE WHEN NOT c.is_active THEN 'the connector is switched off'
                WHEN verdict ->> 'subject' <> '' AND EXISTS (
                    SELECT FROM headway.webhook_deliveries d
                    WHERE d.workspace_id = c.workspace_id AND d.connector_id = c.id AND d.status = 'accepted'
                      AND d.subject = verdict ->> 'subject' AND d.sequence > (verdict ->> 'sequence')::bigint)
                THEN 'a later event of the same subject was here before' END;
END $$;
COMMENT ON FUNCTION headway._superfluous(headway.connectors, jsonb) IS 'Private. Why a delivery that could be accepted is not needed; NULL when it is.';

CREATE FUNCTION headway._enter_delivery(c headway.connectors, verdict jsonb) RETURNS headway.webhook_deliveries
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    hour    text := to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24":00Z"');
    entered headway.webhook_deliveries;
BEGIN
    INSERT INTO headway.webhook_deliveries AS d (workspace_id, connector_id, status, delivery_id, reason, event, subject, sequence)
    VALUES (c.workspace_id, c.id, verdict ->> 'outcome', coalesce(nullif(verdict ->> 'id', ''), hour), coalesce(verdict ->> 'reason', ''),
            nullif(verdict ->> 'event', ''), nullif(verdict ->> 'subject', ''), (verdict ->> 'sequence')::bigint)
    ON CONFLICT ON CONSTRAINT webhook_deliveries_once DO UPDATE
    SET times = d.times + 1, last_at = excluded.last_at
    RETURNING d.* INTO entered;
    RETURN entered;
END $$;
COMMENT ON FUNCTION headway._enter_delivery(headway.connectors, jsonb) IS
'Private. Enters a delivery, or counts it when it is there: times tells which.';

CREATE FUNCTION headway._start_receiving(c headway.connectors, caller name, verdict jsonb) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    due timestamptz := clock_timestamp() + make_interval(secs => (verdict ->> 'after_seconds')::float8);
    run uuid;
BEGIN
    run := headway._create_run(c.workspace_id, caller, 'webhook',
        jsonb_build_object('connector', c.name, 'delivery_id', verdict -> 'id', 'max_items', 100, 'min_duration', 0, 'transcripts', true,
                           'extract_features', true), c.id, NULL, now() - interval '30 days', due);
    PERFORM headway._enqueue(c.workspace_id, run, 'receive', jsonb_build_array(verdict -> 'work'), run_priority => 2);
    UPDATE headway.tasks t SET run_at = due WHERE t.workspace_id = c.workspace_id AND t.run_id = run AND (verdict ->> 'after_seconds')::int > 0;
    RETURN run;
END $$;
COMMENT ON FUNCTION headway._start_receiving(headway.connectors, name, jsonb) IS
'Private. Starts the run that fetches, stores and reads what a delivery tells.';

CREATE FUNCTION headway_receive_webhook(connector text, headers jsonb, body bytea, workspace text DEFAULT NULL) RETURNS jsonb
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker_secretly';
COMMENT ON FUNCTION headway_receive_webhook(text, jsonb, bytea, text) IS
'Takes what a vendor has sent to an address of your app: checks that it is the vendor''s, new and of interest, and starts a run that stores and reads the recording it is about. Returns at once.
Arguments: connector, name or id; headers, the request''s, {"name": "value"} with names of any letter case; body, its bytes as they came; workspace, id or name.
Result: what to answer the vendor, {"status": of HTTP, "headers": object, "body": {"result": "accepted", "duplicate", "ignored" or "refused"}, "run_id": the run''s uuid or null}. A delivery that is wrong in whatever way is an answer, not an error: 400 (malformed), 401 (nothing proves that it is the vendor''s, or it is old), 413 (larger than headway.max_response_bytes) or 503 (the connector is not set up for it). The reason stands in headway.webhook_deliveries and in headway.log, and is not told to the sender.
Errors: 8W001 for the workspace, 8W005 for the connector.
Example: SELECT headway_receive_webhook(''gong'', ''{"authorization": "..."}'', convert_to(''{"callData": {}}'', ''UTF8'')) -> ''status'';';

CREATE FUNCTION headway._receive_webhook(caller name, connector text, headers jsonb, body bytea, workspace text) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w        uuid := headway._workspace(caller, workspace);
    c        headway.connectors := headway._connector(w, connector);
    verdict  jsonb;
    needless text;
    result   text;
    entered  headway.webhook_deliveries;
    run      uuid;
BEGIN
    IF NOT EXISTS (SELECT FROM headway.connector_types t WHERE t.name = c.type AND t.spec ? 'webhook') THEN
        RAISE EXCEPTION 'the connector receives no webhooks' USING ERRCODE = '8W005', DETAIL = format('"%s" is of type %s.', c.name, c.type),
            HINT = 'The spec of a connector type says in its member "webhook" what a vendor sends.';
    END IF;
    verdict := headway._read_delivery(c, headers, body);
    needless := headway._superfluous(c, verdict);
    IF verdict ->> 'outcome' = 'accepted' AND needless IS NOT NULL THEN
        verdict := verdict || jsonb_build_object('outcome', 'ignored', 'reason', needless);
    END IF;
    entered := headway._enter_delivery(c, verdict);
    run := entered.run_id;
    result := CASE WHEN entered.status = 'accepted' AND entered.times > 1 THEN 'duplicate' ELSE entered.status END;
    IF result = 'accepted' THEN
        run := headway._start_receiving(c, caller, verdict);
        UPDATE headway.webhook_deliveries d SET run_id = run WHERE d.workspace_id = w AND d.id = entered.id;
    END IF;
    -- Once for what comes again and again; how often it came is counted.
    IF entered.times = 1 OR entered.times = 2 AND result = 'duplicate' THEN
        PERFORM headway._log(w, run, NULL, CASE result WHEN 'refused' THEN 'warning' ELSE 'info' END, 'webhook ' || result,
            jsonb_strip_nulls(jsonb_build_object('connector', c.name, 'reason', nullif(entered.reason, ''), 'event', entered.event,
                                                 'delivery_id', entered.delivery_id)));
    END IF;
    RETURN jsonb_build_object('status', verdict -> 'status', 'headers', '{"Content-Type": "application/json"}'::jsonb || (verdict -> 'headers'),
                              'body', jsonb_build_object('result', result), 'run_id', run);
END $$;
COMMENT ON FUNCTION headway._receive_webhook(name, text, jsonb, bytea, text) IS 'Private. Twin of headway_receive_webhook().';
