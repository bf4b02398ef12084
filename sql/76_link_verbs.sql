-- The verbs that link, pin and unpin.

CREATE FUNCTION headway._recording(w uuid, recording uuid) RETURNS headway.recordings
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    r headway.recordings;
BEGIN
    SELECT * INTO r FROM headway.recordings s WHERE s.workspace_id = w AND s.id = recording;
    IF r.id IS NULL THEN
        RAISE EXCEPTION 'unknown recording' USING ERRCODE = '8W019', DETAIL = format('The workspace has no recording %s.', coalesce(recording::text, 'NULL')),
            HINT = 'SELECT id, call_started_at FROM headway.recordings ORDER BY call_started_at DESC;';
    END IF;
    RETURN r;
END $$;
COMMENT ON FUNCTION headway._recording(uuid, uuid) IS 'Private. A recording; 8W019 when there is none.';

CREATE FUNCTION headway._link_result(recording uuid, status text, customer uuid, customer_ref text, booking uuid, booking_ref text, score real, reason jsonb)
    RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_build_object('recording_id', recording, 'customer_id', customer, 'customer_ref', customer_ref, 'booking_id', booking, 'booking_ref', booking_ref,
        'link_status', status, 'score', score, 'candidates', headway._link_options(reason), 'reason', reason - 'candidates')
$$;
COMMENT ON FUNCTION headway._link_result(uuid, text, uuid, text, uuid, text, real, jsonb) IS 'Private. A link as the verbs give it.';

CREATE FUNCTION headway._link_of(r headway.recordings) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT headway._link_result(r.id, r.link_status, r.customer_id, r.customer_ref, r.booking_id, r.booking_ref, r.link_score, r.link_reason)
$$;
COMMENT ON FUNCTION headway._link_of(headway.recordings) IS 'Private. How a recording is linked, as the verbs give it.';

CREATE FUNCTION headway_link_recording(recording uuid, workspace text DEFAULT NULL) RETURNS jsonb
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_link_recording(uuid, text) IS
'Links one recording with its customer and booking, by what the tables and the transcript say now. Recordings are linked when they arrive; this is for looking again. No network: where text cannot decide, a model is asked later, if one is set. A pinned link stays.
Arguments: recording, an id of headway.recordings; workspace, id or name.
Result: {recording_id, customer_id, customer_ref, booking_id, booking_ref, link_status, score, candidates, reason}; link_status: linked, customer_only, ambiguous, unmatched or pinned; docs/explanation/linking.md tells the points.
Errors: 8W001 for the workspace, 8W002 for a workspace whose time zone is none, 8W019 for the recording.
Example: SELECT headway_link_recording(id) FROM headway.recordings WHERE external_id = ''c-1'';';

CREATE FUNCTION headway._link_recording(caller name, recording uuid, workspace text) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    w uuid := headway._workspace(caller, workspace);
    r headway.recordings := headway._recording(w, recording);
BEGIN
    PERFORM headway._link_and_ask(w, caller, ARRAY[recording]);
    RETURN headway._link_of(headway._recording(w, r.id));
END $$;
COMMENT ON FUNCTION headway._link_recording(name, uuid, text) IS 'Private. Twin of headway_link_recording().';

CREATE FUNCTION headway_link_recordings(since timestamptz DEFAULT NULL, only_unlinked boolean DEFAULT true, workspace text DEFAULT NULL) RETURNS bigint
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_link_recordings(timestamptz, boolean, text) IS
'Links recordings with customers and bookings by set, millions of them in one call, and conversations without a recording with their customers. Recordings are linked when they arrive, and again by headway_tick() when a customer, number or booking is added; this is for afterwards, when rows were changed or tables of the app''s own are used. Of more than ten thousand, a background worker decides some, where max_parallel_workers allows one; all is linked in the caller''s transaction.
Arguments: since, only calls that began then or later; only_unlinked, false to look again at calls that are linked (pinned ones never change); workspace, id or name.
Result: how many links have changed.
Errors: 8W001 for the workspace, 8W002 for a workspace whose time zone is none, 25006 in a read-only transaction.
Example: SELECT headway_link_recordings(since => now() - interval ''30 days'');';

CREATE FUNCTION headway._link_recordings(caller name, since timestamptz, only_unlinked boolean, workspace text) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    size  CONSTANT int := 10000;  -- few enough to be held in memory
    w     uuid := headway._workspace(caller, workspace);
    last  uuid := uuid '00000000-0000-0000-0000-000000000000';
    ids   uuid[];
    n     bigint := 0;
    parts refcursor;
    part  headway._link[];
BEGIN
    PERFORM headway._require_writable();
    -- As they came: neighbours in time are neighbours on disk.
    ids := ARRAY(SELECT r.id FROM headway.recordings r
                 WHERE r.workspace_id = w AND r.link_status <> 'pinned' AND (r.link_status <> 'linked' OR NOT coalesce(only_unlinked, true))
                   AND (since IS NULL OR r.call_started_at >= since) ORDER BY r.call_started_at, r.id);
    -- One at a time, unlike a query that is looped through: what follows is decided while the last is written.
    OPEN parts FOR SELECT headway._decided(w, ids, start, size) FROM generate_series(0, cardinality(ids) - 1, size) start;
    LOOP
        FETCH parts INTO part;
        EXIT WHEN NOT FOUND;
        PERFORM headway._hold_linking(w);  -- only now: a transaction with a change of its own gets no worker
        n := n + (SELECT count(*) FROM headway._write_links(w, part));
        PERFORM headway._ask_about(w, caller, ARRAY(SELECT d.recording_id FROM unnest(part) d));
    END LOOP;
    CLOSE parts;
    LOOP
        ids := ARRAY(SELECT m.id FROM headway.messages m
                     WHERE m.workspace_id = w AND m.id > last AND (m.customer_id IS NULL AND m.customer_ref IS NULL OR NOT coalesce(only_unlinked, true))
                       AND (since IS NULL OR m.sent_at >= since) AND (m.author_email IS NOT NULL OR m.metadata ? 'parties')
                       AND headway._party_keys(m.author_email, m.metadata) <> '{}' ORDER BY m.id LIMIT 10000);
        EXIT WHEN ids = '{}';
        last := ids[cardinality(ids)];
        n := n + (SELECT count(*) FROM headway._apply_message_links(w, ids));
    END LOOP;
    RETURN n;
END $$;
COMMENT ON FUNCTION headway._link_recordings(name, timestamptz, boolean, text) IS 'Private. Twin of headway_link_recordings().';

CREATE FUNCTION headway_preview_link(recording uuid, workspace text DEFAULT NULL) RETURNS jsonb
    LANGUAGE c STABLE
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_preview_link(uuid, text) IS
'What linking would say of a recording now, also of one that is pinned; changes nothing.
Arguments: recording, an id of headway.recordings; workspace, id or name.
Result and errors: as of headway_link_recording().
Example: SELECT headway_preview_link(id) FROM headway.recordings WHERE external_id = ''c-1'';';

CREATE FUNCTION headway._preview_link(caller name, recording uuid, workspace text) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    w uuid := headway._workspace(caller, workspace);
    r headway.recordings := headway._recording(w, recording);
BEGIN
    RETURN (SELECT headway._link_result(d.recording_id, d.status, d.customer_id, d.customer_ref, d.booking_id, d.booking_ref, d.score, d.reason)
            FROM headway._decide(w, ARRAY[r.id]) d);
END $$;
COMMENT ON FUNCTION headway._preview_link(name, uuid, text) IS 'Private. Twin of headway_preview_link().';

CREATE FUNCTION headway_pin_link(recording uuid, customer text, booking text DEFAULT NULL, reason text DEFAULT NULL, workspace text DEFAULT NULL) RETURNS void
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_pin_link(uuid, text, text, text, text) IS
'Links a recording by hand. No automation changes it until headway_unpin_link(); headway.pinned_links shows what automation would say.
Arguments: recording, an id of headway.recordings; customer, an id or the app''s own key, NULL to say that it is nobody''s; booking, likewise, one of that customer''s; reason, why, for those who come after; workspace, id or name.
Errors: 8W001 for the workspace, 8W019 for a recording, customer or booking that does not exist, or a booking of somebody else.
Example: SELECT headway_pin_link(r.id, ''C-17'', reason => ''she called from work'') FROM headway.recordings r WHERE r.external_id = ''c-1'';';

CREATE FUNCTION headway._pin_link(caller name, recording uuid, customer text, booking text, reason text, workspace text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w      uuid := headway._workspace(caller, workspace);
    r      headway.recordings := headway._recording(w, recording);
    moment timestamptz := clock_timestamp();
    c      headway._customer;
    b      headway._booking;
    pin    jsonb := jsonb_strip_nulls(jsonb_build_object('decided_by', 'person', 'pinned_by', caller, 'pinned_at', moment, 'why', nullif(reason, '')));
BEGIN
    IF customer IS NOT NULL THEN
        c := headway._find_customer(w, customer);
    END IF;
    IF booking IS NOT NULL THEN
        b := headway._find_booking(w, booking);
        IF customer IS NULL OR coalesce(b.customer_id = c.customer_id, b.customer_ref = c.customer_ref) IS NOT TRUE THEN
            RAISE EXCEPTION 'the booking is somebody else''s' USING ERRCODE = '8W019',
                DETAIL = format('Booking %L belongs to customer %s.', left(booking, 200), coalesce(b.customer_ref, b.customer_id::text)),
                HINT = 'Name that customer.';
        END IF;
    END IF;
    UPDATE headway.recordings s SET link_status = 'pinned', customer_id = c.customer_id, customer_ref = c.customer_ref, booking_id = b.booking_id,
        booking_ref = b.booking_ref, link_score = NULL, link_reason = pin, linked_at = moment
    WHERE s.workspace_id = w AND s.id = r.id;
END $$;
COMMENT ON FUNCTION headway._pin_link(name, uuid, text, text, text, text) IS 'Private. Twin of headway_pin_link().';

CREATE FUNCTION headway_pin_link(recording uuid, customer uuid, booking uuid DEFAULT NULL, reason text DEFAULT NULL, workspace text DEFAULT NULL) RETURNS void
    LANGUAGE sql
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT @extschema@.headway_pin_link(recording, customer::text, booking::text, reason, workspace)
$$;
COMMENT ON FUNCTION headway_pin_link(uuid, uuid, uuid, text, text) IS
'The same with the ids of headway.customers and headway.bookings as they are.
Arguments and errors: as of the other headway_pin_link().
Example: SELECT headway_pin_link(r.id, c.id, reason => ''she called from work'') FROM headway.recordings r, headway.customers c WHERE r.external_id = ''c-1'' AND c.name = ''Ann Lee'';';

CREATE FUNCTION headway_unpin_link(recording uuid, workspace text DEFAULT NULL) RETURNS void
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_unpin_link(uuid, text) IS
'Gives a recording that was linked by hand back to automation, which links it at once. Does nothing for one that is not pinned.
Arguments: recording, an id of headway.recordings; workspace, id or name.
Errors: 8W001 for the workspace, 8W019 for the recording.
Example: SELECT headway_unpin_link(id) FROM headway.recordings WHERE external_id = ''c-1'';';

CREATE FUNCTION headway._unpin_link(caller name, recording uuid, workspace text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w uuid := headway._workspace(caller, workspace);
    r headway.recordings := headway._recording(w, recording);
BEGIN
    UPDATE headway.recordings s SET link_status = 'pending', link_reason = NULL WHERE s.workspace_id = w AND s.id = r.id AND s.link_status = 'pinned';
    IF FOUND THEN
        PERFORM headway._link_and_ask(w, caller, ARRAY[recording]);
    END IF;
END $$;
COMMENT ON FUNCTION headway._unpin_link(name, uuid, text) IS 'Private. Twin of headway_unpin_link().';

CREATE FUNCTION headway_create_customer_from(recording uuid, name text, workspace text DEFAULT NULL) RETURNS uuid
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_create_customer_from(uuid, text, text) IS
'Makes a customer of the caller of a recording whose number and e-mail address are nobody''s yet, with both of them, and links all calls that waited for one.
Arguments: recording, an id of headway.recordings; name, what the customer is called; workspace, id or name.
Result: the customer''s uuid.
Errors: 8W001 for the workspace, 8W019 for the recording, 8W022 when it has neither number nor address, when somebody has one of them already, when it is a customer''s, for a name that is empty, or when the customers are in a table of the app''s own.
Example: SELECT headway_create_customer_from(recording_id, ''Ann Lee'') FROM headway.unlinked_recordings WHERE link_status = ''unmatched'' LIMIT 1;';

CREATE FUNCTION headway._create_customer_from(caller name, recording uuid, name text, workspace text) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w        uuid := headway._workspace(caller, workspace);
    r        headway.recordings := headway._recording(w, recording);
    address  text := (SELECT k FROM headway.messages m, unnest(headway._party_keys(m.author_email, m.metadata)) k
                      WHERE m.workspace_id = w AND m.id = r.message_id AND left(k, 1) <> '@' ORDER BY k = lower(m.author_email) DESC, k LIMIT 1);
    taken    boolean;
    problem  text;
    customer uuid;
BEGIN
    -- Two people who do this for one caller must not make two customers of one.
    PERFORM 1 FROM headway.workspaces s WHERE s.id = w FOR NO KEY UPDATE;
    taken := EXISTS (SELECT FROM headway.customers s WHERE s.workspace_id = w AND s.phone_e164 = r.their_e164)
             OR EXISTS (SELECT FROM headway.customer_phones s WHERE s.workspace_id = w AND s.phone_e164 = r.their_e164)
             OR EXISTS (SELECT FROM headway.customers s WHERE s.workspace_id = w AND lower(s.email) = address);
    problem := CASE WHEN name IS NULL OR name !~ '[^[:space:]]' THEN 'the customer needs a name'
                    WHEN (headway._app_table(w, 'customers')).reader IS NOT NULL THEN 'the customers are in a table of the app''s own'
                    WHEN r.their_e164 IS NULL AND address IS NULL THEN 'the recording has neither a number nor an address'
                    WHEN headway._is_own_line(w, r.their_e164) OR EXISTS (SELECT FROM headway.shared_phones s WHERE s.workspace_id = w AND s.phone_e164 = r.their_e164)
                    THEN 'the number identifies nobody'
                    WHEN taken THEN 'somebody has that number or address'
                    WHEN r.customer_id IS NOT NULL OR r.customer_ref IS NOT NULL THEN 'the recording is a customer''s' END;
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION '%', problem USING ERRCODE = '8W022', DETAIL = format('The recording is %s, its number %s.', r.id, coalesce(r.their_e164, 'not known')),
            HINT = 'headway_pin_link() links it with a customer who exists.';
    END IF;
    INSERT INTO headway.customers AS c (workspace_id, name, phone, region, email)
    VALUES (w, trim(_create_customer_from.name), r.their_e164, (SELECT s.default_region FROM headway.workspaces s WHERE s.id = w), address)
    RETURNING c.id INTO customer;
    PERFORM headway._link_and_ask(w, caller, ARRAY(
        SELECT s.id FROM headway.recordings s WHERE s.workspace_id = w AND s.link_status IN ('pending', 'unmatched') AND (s.their_e164 = r.their_e164 OR s.id = r.id)));
    RETURN customer;
END $$;
COMMENT ON FUNCTION headway._create_customer_from(name, uuid, text, text) IS 'Private. Twin of headway_create_customer_from().';

CREATE FUNCTION headway._would_link(recording uuid, w uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN @extschema@.headway_preview_link(recording, w::text);
EXCEPTION WHEN SQLSTATE '8W020' THEN
    RETURN NULL;
END $$;
COMMENT ON FUNCTION headway._would_link(uuid, uuid) IS
'Private. As headway_preview_link(), and NULL while a table of the app''s cannot be read: one workspace''s must not hide the others'' pins.';

CREATE VIEW headway.pinned_links WITH (security_invoker = true) AS
SELECT r.workspace_id, r.id AS recording_id, r.call_started_at, r.customer_id, r.customer_ref, r.booking_id, r.booking_ref,
       r.link_reason ->> 'why' AS reason, r.link_reason ->> 'pinned_by' AS pinned_by, (r.link_reason ->> 'pinned_at')::timestamptz AS pinned_at,
       p.would ->> 'link_status' AS automatic_status, (p.would ->> 'customer_id')::uuid AS automatic_customer_id, p.would ->> 'customer_ref' AS automatic_customer_ref,
       (p.would ->> 'booking_id')::uuid AS automatic_booking_id, p.would ->> 'booking_ref' AS automatic_booking_ref
FROM headway.recordings r
CROSS JOIN LATERAL (SELECT headway._would_link(r.id, r.workspace_id) AS would) p
WHERE r.link_status = 'pinned';
COMMENT ON VIEW headway.pinned_links IS 'What people have linked by hand, with what automation would say now.';
COMMENT ON COLUMN headway.pinned_links.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.pinned_links.recording_id IS 'The recording.';
COMMENT ON COLUMN headway.pinned_links.call_started_at IS 'When the call began.';
COMMENT ON COLUMN headway.pinned_links.customer_id IS 'The customer it was linked with.';
COMMENT ON COLUMN headway.pinned_links.customer_ref IS 'The app''s own key of that customer.';
COMMENT ON COLUMN headway.pinned_links.booking_id IS 'The booking it was linked with.';
COMMENT ON COLUMN headway.pinned_links.booking_ref IS 'The app''s own key of that booking.';
COMMENT ON COLUMN headway.pinned_links.reason IS 'Why, in the words of who did it.';
COMMENT ON COLUMN headway.pinned_links.pinned_by IS 'Who did it.';
COMMENT ON COLUMN headway.pinned_links.pinned_at IS 'When.';
COMMENT ON COLUMN headway.pinned_links.automatic_status IS 'The link_status that automation would give it; NULL while a table of the app''s cannot be read.';
COMMENT ON COLUMN headway.pinned_links.automatic_customer_id IS 'The customer that automation would choose.';
COMMENT ON COLUMN headway.pinned_links.automatic_customer_ref IS 'The app''s own key of that customer.';
COMMENT ON COLUMN headway.pinned_links.automatic_booking_id IS 'The booking that automation would choose.';
COMMENT ON COLUMN headway.pinned_links.automatic_booking_ref IS 'The app''s own key of that booking.';
