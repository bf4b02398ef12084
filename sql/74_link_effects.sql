-- What linking changes: recordings, conversations without a recording, questions to a model.

CREATE FUNCTION headway._among(reason jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_agg(headway._link_option_key(c) ORDER BY headway._link_option_key(c) COLLATE "C") FROM jsonb_array_elements(headway._link_options(reason)) c
$$;
COMMENT ON FUNCTION headway._among(jsonb) IS 'Private. Between which bookings, or else customers, a recording is ambiguous.';

CREATE FUNCTION headway._write_links(w uuid, links headway._link[]) RETURNS SETOF uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp SET jit = off
    -- By key, and with one plan for all rows: where sets are planned each on its own, so would be every check of a reference.
    SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    -- What a model was asked stands as long as the candidates are the same, and what people pinned always.
    RETURN QUERY
    -- Named as if it changed, the key that all indexes begin with spares each of them a search for room at every full page (it would
    -- look at the rows behind it for old versions to remove, and the ones that this transaction leaves cannot be removed yet).
    UPDATE headway.recordings r SET workspace_id = r.workspace_id, link_status = d.status, customer_id = d.customer_id, customer_ref = d.customer_ref, booking_id = d.booking_id,
        booking_ref = d.booking_ref, link_score = d.score, link_reason = d.reason, linked_at = moment
    FROM unnest(links) d
    WHERE r.workspace_id = w AND r.id = d.recording_id AND r.link_status <> 'pinned'
      AND NOT (d.status = 'ambiguous' AND coalesce(r.link_reason ? 'judged', false) AND headway._among(r.link_reason) = headway._among(d.reason))
      AND (r.link_status, r.customer_id, r.customer_ref, r.booking_id, r.booking_ref, r.link_score, r.link_reason)
          IS DISTINCT FROM (d.status, d.customer_id, d.customer_ref, d.booking_id, d.booking_ref, d.score, d.reason)
    RETURNING r.id;
END $$;
COMMENT ON FUNCTION headway._write_links(uuid, headway._link[]) IS 'Private. Links recordings as was decided; gives those whose link has changed.';

CREATE FUNCTION headway._require_writable() RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF current_setting('transaction_read_only')::boolean THEN
        RAISE EXCEPTION 'recordings cannot be linked in a read-only transaction' USING ERRCODE = 'read_only_sql_transaction',
            HINT = 'headway_preview_link() shows what linking would say, and changes nothing.';
    END IF;
END $$;
COMMENT ON FUNCTION headway._require_writable() IS
'Private. 25006 in a transaction that cannot write, before anything is decided: a function in a table of the app''s that links when it is read would never come to an end.';

CREATE FUNCTION headway._apply_links(w uuid, ids uuid[]) RETURNS SETOF uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    PERFORM headway._require_writable();
    RETURN QUERY SELECT headway._write_links(w, ARRAY(SELECT d FROM headway._decide(w, ids) d));
END $$;
COMMENT ON FUNCTION headway._apply_links(uuid, uuid[]) IS 'Private. Links recordings; gives those whose link has changed.';

CREATE FUNCTION headway._apply_message_links(w uuid, ids uuid[]) RETURNS SETOF uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN QUERY
    WITH address AS MATERIALIZED (
        SELECT m.id, k FROM unnest(ids) i CROSS JOIN LATERAL (SELECT s.* FROM headway.messages s WHERE s.workspace_id = w AND s.id = i OFFSET 0) m
        CROSS JOIN LATERAL unnest(headway._party_keys(m.author_email, m.metadata)) k
        WHERE NOT EXISTS (SELECT FROM headway.recordings r WHERE r.workspace_id = w AND r.message_id = m.id)
    ), owner AS (
        SELECT DISTINCT a.id, o.customer_id, o.customer_ref, left(o.key, 1) = '@' AS by_company
        FROM address a LEFT JOIN headway._mail_owners(w, ARRAY(SELECT DISTINCT a.k FROM address a)) o ON o.key = a.k
    ), sure AS (  -- one customer by address, or none by address and one by company; else nobody
        SELECT DISTINCT ON (o.id) o.id, CASE WHEN o.rivals = 1 THEN o.customer_id END AS customer_id, CASE WHEN o.rivals = 1 THEN o.customer_ref END AS customer_ref
        FROM (SELECT o.*, count(*) OVER (PARTITION BY o.id, o.by_company) AS rivals FROM owner o) o ORDER BY o.id, o.by_company
    )
    UPDATE headway.messages m SET customer_id = s.customer_id, customer_ref = s.customer_ref
    FROM sure s WHERE m.workspace_id = w AND m.id = s.id
      AND (m.customer_id, m.customer_ref) IS DISTINCT FROM (s.customer_id, s.customer_ref)
    RETURNING m.id;
END $$;
COMMENT ON FUNCTION headway._apply_message_links(uuid, uuid[]) IS
'Private. Links conversations without a recording with their customer, by e-mail address or company; gives those whose link has changed.';

CREATE FUNCTION headway._ask_about(w uuid, caller name, ids uuid[]) RETURNS int
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    open uuid[];
    run  uuid;
BEGIN
    IF NOT EXISTS (SELECT FROM headway._providers p WHERE p.workspace_id = w AND p.purpose = 'llm') THEN
        RETURN 0;
    END IF;
    open := ARRAY(SELECT r.id FROM unnest(ids) i CROSS JOIN LATERAL (SELECT s.* FROM headway.recordings s WHERE s.workspace_id = w AND s.id = i OFFSET 0) r
                  JOIN headway.messages m ON m.workspace_id = w AND m.id = r.message_id AND m.content IS NOT NULL
                  WHERE r.link_status = 'ambiguous' AND NOT r.link_reason ? 'judged'
                    AND NOT EXISTS (SELECT FROM headway.tasks t WHERE t.workspace_id = w AND t.kind = 'judge_link' AND t.state = 'queued'
                                    AND t.payload ->> 'recording_id' = r.id::text)
                    -- What is being answered is asked once more only when it has changed since.
                    AND NOT EXISTS (SELECT FROM headway.tasks t WHERE t.workspace_id = w AND t.kind = 'judge_link' AND t.state = 'running'
                                    AND t.payload ->> 'recording_id' = r.id::text AND t.started_at > r.linked_at));
    IF open = '{}' THEN
        RETURN 0;
    END IF;
    run := headway._create_run(w, caller, 'link', jsonb_build_object('recordings', cardinality(open)));
    UPDATE headway.runs r SET total = cardinality(open) WHERE r.workspace_id = w AND r.id = run;
    RETURN headway._enqueue(w, run, 'judge_link', (SELECT jsonb_agg(jsonb_build_object('recording_id', o)) FROM unnest(open) o));
END $$;
COMMENT ON FUNCTION headway._ask_about(uuid, name, uuid[]) IS
'Private. Queues the question to a model, where one is set, about recordings that text could not decide; returns how many.';

CREATE FUNCTION headway._link_and_ask(w uuid, caller name, ids uuid[]) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    changed uuid[] := ARRAY(SELECT headway._apply_links(w, ids));
BEGIN
    PERFORM headway._ask_about(w, caller, ids);  -- also what was ambiguous before there was a model
    RETURN cardinality(changed);
END $$;
COMMENT ON FUNCTION headway._link_and_ask(uuid, name, uuid[]) IS
'Private. Links recordings because somebody wants it, and has a model asked where text cannot decide; returns how many links have changed.';

CREATE FUNCTION headway._link_new(w uuid, messages uuid[], recordings uuid[] DEFAULT '{}') RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    code text;
BEGIN
    recordings := recordings || ARRAY(SELECT r.id FROM headway.recordings r WHERE r.workspace_id = w AND r.message_id = ANY (messages));
    PERFORM count(*) FROM headway._apply_links(w, recordings);
    PERFORM headway._ask_about(w, current_user, recordings);  -- also where all that is new is a transcript
    PERFORM headway._apply_message_links(w, messages) WHERE messages <> '{}';
EXCEPTION WHEN OTHERS THEN
    -- What cannot be linked now (a table of the app's that is gone, a lock) must not keep a conversation out;
    -- the tick tries again. Only the code: the text may quote a customer.
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE;
    PERFORM headway._log(w, NULL, NULL, 'warning', 'new recordings could not be linked yet', jsonb_build_object('sqlstate', code));
END $$;
COMMENT ON FUNCTION headway._link_new(uuid, uuid[], uuid[]) IS 'Private. Links what has just been stored; raises nothing.';

-- ---- linking again -----------------------------------------------------------------------------

CREATE TABLE headway._linking (
    workspace_id uuid PRIMARY KEY REFERENCES headway.workspaces (id) ON DELETE CASCADE,
    looked_at    timestamptz NOT NULL
);
COMMENT ON TABLE headway._linking IS 'Private. Until when each workspace''s new customers, numbers and bookings have been looked at.';
COMMENT ON COLUMN headway._linking.workspace_id IS 'The workspace.';
COMMENT ON COLUMN headway._linking.looked_at IS 'What was created before that has been linked with what waited for it.';

CREATE FUNCTION headway._hold_linking(w uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    INSERT INTO headway._linking (workspace_id, looked_at) VALUES (w, '-infinity') ON CONFLICT DO NOTHING;
    PERFORM FROM headway._linking l WHERE l.workspace_id = w FOR NO KEY UPDATE;
END $$;
COMMENT ON FUNCTION headway._hold_linking(uuid) IS
'Private. Lets one transaction at a time link the calls of a workspace by set: two that lock different sets in different orders would wait for each other in a circle.';

CREATE FUNCTION headway._try_to_hold_linking(w uuid) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp SET lock_timeout = '10ms'  -- SKIP LOCKED would wait for who enters the first row
AS $$
BEGIN
    PERFORM headway._hold_linking(w);
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END $$;
COMMENT ON FUNCTION headway._try_to_hold_linking(uuid) IS 'Private. As headway._hold_linking(); false where that would have to wait.';

CREATE FUNCTION headway._identifies(w uuid, phone text) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT NOT EXISTS (SELECT FROM headway.shared_phones s WHERE s.workspace_id = w AND s.phone_e164 = _identifies.phone)
       AND (SELECT count(*) FROM (SELECT c.id FROM headway.customers c WHERE c.workspace_id = w AND c.phone_e164 = _identifies.phone
                                  UNION SELECT p.customer_id FROM headway.customer_phones p WHERE p.workspace_id = w AND p.phone_e164 = _identifies.phone
                                  LIMIT headway._most_owners() + 1) o) BETWEEN 1 AND headway._most_owners()
       AND NOT headway._is_own_line(w, _identifies.phone)
$$;
COMMENT ON FUNCTION headway._identifies(uuid, text) IS 'Private. Whether customers have a number, and so few that it tells something.';

CREATE FUNCTION headway._waiting(w uuid, since timestamptz, most int, conversations uuid[]) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    is_ours boolean := (headway._app_table(w, 'customers')).reader IS NULL;
BEGIN
    -- So many at once of what is otherwise there again at the next look; all of what is new since the last one.
    RETURN QUERY
    -- a call that could not be linked when it came
    (SELECT r.id FROM headway.recordings r WHERE r.workspace_id = w AND r.link_status = 'pending' LIMIT most)
    UNION
    -- a number that somebody has by now
    (SELECT r.id FROM headway.recordings r WHERE is_ours AND r.workspace_id = w AND r.link_status = 'unmatched' AND r.their_e164 IS NOT NULL
       AND (EXISTS (SELECT FROM headway.customers c WHERE c.workspace_id = w AND c.phone_e164 = r.their_e164)
            OR EXISTS (SELECT FROM headway.customer_phones p WHERE p.workspace_id = w AND p.phone_e164 = r.their_e164))
       AND headway._identifies(w, r.their_e164) LIMIT most)
    UNION
    -- a call of the last days, whose booking may only have been made
    (SELECT r.id FROM headway.recordings r WHERE r.workspace_id = w AND r.call_started_at > now() - interval '3 days'
       AND r.link_status NOT IN ('linked', 'pinned') ORDER BY r.call_started_at DESC LIMIT most)
    UNION
    -- a call of a customer who has something new
    SELECT r.id FROM headway.recordings r
    JOIN (SELECT c.id FROM headway.customers c WHERE c.workspace_id = w AND c.created_at > since
          UNION SELECT p.customer_id FROM headway.customer_phones p WHERE p.workspace_id = w AND p.created_at > since
          UNION SELECT b.customer_id FROM headway.bookings b WHERE b.workspace_id = w AND b.created_at > since) n ON n.id = r.customer_id
    WHERE r.workspace_id = w AND r.link_status IN ('customer_only', 'ambiguous')
    UNION
    -- a call with a number that has one more owner, or whose owner has something new
    SELECT r.id FROM headway.recordings r
    JOIN (SELECT c.phone_e164 FROM headway.customers c WHERE c.workspace_id = w AND c.created_at > since
          UNION SELECT p.phone_e164 FROM headway.customer_phones p WHERE p.workspace_id = w AND p.created_at > since
          UNION SELECT v.phone FROM headway.bookings b JOIN headway.customers c ON c.workspace_id = w AND c.id = b.customer_id
                LEFT JOIN headway.customer_phones p ON p.workspace_id = w AND p.customer_id = c.id
                CROSS JOIN LATERAL (VALUES (c.phone_e164), (p.phone_e164)) v (phone) WHERE b.workspace_id = w AND b.created_at > since) n ON n.phone_e164 = r.their_e164
    WHERE r.workspace_id = w AND r.link_status IN ('ambiguous', 'customer_only')
    UNION
    -- a call that has no number, by a party's address or company
    SELECT r.id FROM headway.recordings r JOIN unnest(conversations) m ON m = r.message_id
    WHERE r.workspace_id = w AND r.link_status = 'unmatched';
END $$;
COMMENT ON FUNCTION headway._waiting(uuid, timestamptz, int, uuid[]) IS 'Private. Recordings that might be linked now and were not before; conversations, as of headway._waiting_messages().';

CREATE FUNCTION headway._waiting_messages(w uuid, since timestamptz) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    keys text[] := ARRAY(SELECT DISTINCT k FROM headway.customers c
                         CROSS JOIN LATERAL unnest(ARRAY[lower(c.email), '@' || headway._company_domain(c.email, c.company_domain)]) k
                         WHERE c.workspace_id = w AND c.created_at > since AND k IS NOT NULL);
    many int := cardinality(keys) * 2 / 3;  -- the keys of two conversations cost as much as looking for three
BEGIN
    IF many > 600 AND (SELECT count(*) < many FROM (SELECT FROM headway.messages m WHERE m.workspace_id = w AND m.customer_id IS NULL
                                                       AND (m.author_email IS NOT NULL OR m.metadata ? 'parties') LIMIT many) m) THEN
        RETURN QUERY SELECT DISTINCT p.id
        FROM (SELECT m.id, unnest(headway._party_keys(m.author_email, m.metadata)) AS key FROM headway.messages m
              WHERE m.workspace_id = w AND m.customer_id IS NULL AND (m.author_email IS NOT NULL OR m.metadata ? 'parties')) p
        JOIN unnest(keys) k ON k = p.key;
    ELSE
        -- By so many at once that the index takes them one after the other; for more it needs longer and longer.
        RETURN QUERY SELECT DISTINCT m.id FROM generate_series(1, cardinality(keys), 1000) start
        CROSS JOIN LATERAL (SELECT s.id FROM headway.messages s WHERE s.workspace_id = w AND s.customer_id IS NULL
                              AND headway._party_keys(s.author_email, s.metadata) && keys[start : start + 999] OFFSET 0) m;
    END IF;
END $$;
COMMENT ON FUNCTION headway._waiting_messages(uuid, timestamptz) IS
'Private. Conversations without a customer that have a party''s address or company in common with customers that are new.';

CREATE FUNCTION headway._late_messages(w uuid, most int) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN QUERY SELECT m.id FROM headway.messages m
    WHERE m.workspace_id = w AND m.sent_at > now() - interval '3 days' AND m.customer_id IS NULL AND m.customer_ref IS NULL
      AND (m.author_email IS NOT NULL OR m.metadata ? 'parties')
      AND NOT EXISTS (SELECT FROM headway.recordings r WHERE r.workspace_id = w AND r.message_id = m.id)
    ORDER BY m.sent_at DESC LIMIT most;
END $$;
COMMENT ON FUNCTION headway._late_messages(uuid, int) IS
'Private. So many meetings of the last days without a customer: they may not have been linked when they came, or their customer is new in a table of the app''s.';

CREATE FUNCTION headway._relink(w uuid, most int) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    began   timestamptz := now();
    -- What another session had not committed when the last look began comes to sight later than it was created.
    since   timestamptz := coalesce((SELECT l.looked_at FROM headway._linking l WHERE l.workspace_id = w), '-infinity') - interval '10 minutes';
    waiting uuid[];
    ids     uuid[];
    changed uuid[];
    n       bigint := 0;
    code    text;
BEGIN
    IF NOT headway._try_to_hold_linking(w) THEN
        RETURN 0;  -- somebody links all calls just now
    END IF;
    waiting := ARRAY(SELECT headway._waiting_messages(w, since));
    ids := ARRAY(SELECT i FROM headway._waiting(w, since, most, waiting) i ORDER BY i);
    FOR start IN 1 .. cardinality(ids) BY 10000 LOOP  -- as many as are held in memory
        changed := ARRAY(SELECT headway._apply_links(w, ids[start : start + 9999]));
        PERFORM headway._ask_about(w, current_user, changed);  -- only those: what a model could not answer is not asked every minute
        n := n + cardinality(changed);
    END LOOP;
    n := n + (SELECT count(*) FROM headway._apply_message_links(w, ARRAY(SELECT unnest(waiting) UNION SELECT headway._late_messages(w, most))));
    UPDATE headway._linking l SET looked_at = began WHERE l.workspace_id = w;
    RETURN n;
EXCEPTION WHEN OTHERS THEN
    -- One workspace's trouble (an app's table that is gone, a time zone that is none) is not the other workspaces'.
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE;
    IF NOT EXISTS (SELECT FROM headway.log l WHERE l.workspace_id = w AND l.at > began - interval '1 hour' AND l.message = 'waiting recordings could not be linked'
                   AND l.detail ->> 'sqlstate' = code) THEN
        PERFORM headway._log(w, NULL, NULL, 'warning', 'waiting recordings could not be linked', jsonb_build_object('sqlstate', code));
    END IF;
    RETURN 0;
END $$;
COMMENT ON FUNCTION headway._relink(uuid, int) IS
'Private. Links what waited for a customer, a number or a booking that is there now; returns how many links have changed. What goes wrong is logged, once an hour, and not raised.';
