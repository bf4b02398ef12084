-- What is known of one customer and about one booking: their conversations.

CREATE FUNCTION headway._need(fits boolean, argument text, given text, hint text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF fits IS NOT TRUE THEN
        RAISE EXCEPTION '% does not fit', argument USING ERRCODE = '8W021', DETAIL = format('It is %s.', coalesce(given, 'NULL')), HINT = hint;
    END IF;
END $$;
COMMENT ON FUNCTION headway._need(boolean, text, text, text) IS 'Private. Raises 8W021 for an argument that does not fit.';

-- Keys only: a customer may have thousands of conversations, and transcripts of megabytes.
CREATE FUNCTION headway._conversations_of(w uuid, c headway._customer)
    RETURNS TABLE (id uuid, message_id uuid, call_started_at timestamptz, booking_id uuid, booking_ref text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    IF c.customer_id IS NOT NULL THEN
        RETURN QUERY SELECT v.id, v.message_id, v.call_started_at, v.booking_id, v.booking_ref
                     FROM headway.conversations v WHERE v.workspace_id = w AND v.customer_id = c.customer_id;
    ELSE  -- a customer in the app's own table
        RETURN QUERY SELECT v.id, v.message_id, v.call_started_at, v.booking_id, v.booking_ref
                     FROM headway.conversations v WHERE v.workspace_id = w AND v.customer_ref = c.customer_ref AND v.customer_id IS NULL;  -- as the indexes
    END IF;
END $$;
COMMENT ON FUNCTION headway._conversations_of(uuid, headway._customer) IS 'Private. All conversations of a customer, in no order.';

-- By the booking alone: it may be another customer's by now than when the call was linked.
CREATE FUNCTION headway._conversations_about(w uuid, b headway._booking) RETURNS TABLE (id uuid, message_id uuid, call_started_at timestamptz)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    IF b.booking_id IS NOT NULL THEN
        RETURN QUERY SELECT v.id, v.message_id, v.call_started_at FROM headway.conversations v WHERE v.workspace_id = w AND v.booking_id = b.booking_id;
    ELSE  -- a booking in the app's own table
        RETURN QUERY SELECT v.id, v.message_id, v.call_started_at
                     FROM headway.conversations v WHERE v.workspace_id = w AND v.booking_ref = b.booking_ref AND v.booking_id IS NULL;  -- as the index
    END IF;
END $$;
COMMENT ON FUNCTION headway._conversations_about(uuid, headway._booking) IS 'Private. All conversations that are linked to a booking, in no order.';

-- 20 points are a date that the transcript names, a call within three hours of the booking and the customer's name: as sure as it gets.
CREATE FUNCTION headway._as_history(w uuid, ids uuid[]) RETURNS TABLE (id uuid, call_started_at timestamptz, shown jsonb)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT v.id, v.call_started_at,
           jsonb_build_object('id', v.id, 'call_started_at', v.call_started_at, 'duration_seconds', v.duration_seconds, 'call_type', v.call_type,
               'booking_id', coalesce(v.booking_id::text, v.booking_ref), 'transcript_excerpt', left(v.transcript, 200), 'ai_insights', v.ai_insights,
               'confidence', CASE WHEN v.link_status = 'pinned' THEN 1 WHEN v.link_score IS NOT NULL THEN round(least(1, greatest(0, v.link_score / 20))::numeric, 2) END)
    FROM headway.conversations v WHERE v.workspace_id = w AND v.id = ANY (ids);
END $$;
COMMENT ON FUNCTION headway._as_history(uuid, uuid[]) IS
'Private. Conversations as headway_customer_history() shows them. Confidence: 1 when pinned, else the link''s points by 20, at most 1; NULL without points.';

CREATE FUNCTION headway_customer_history(customer text, max_items int DEFAULT 20, before timestamptz DEFAULT NULL, workspace text DEFAULT NULL) RETURNS jsonb
    LANGUAGE c STABLE
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_customer_history(text, int, timestamptz, text) IS
'A customer''s conversations, newest first: recorded calls, and meetings and transcripts without a recording.
Arguments: customer, an id or the app''s own key (external_id, customer_ref); max_items, 1 to 1000, and as many more as began at the same time as the last; before, only what began earlier, for the next page: the last call_started_at seen; workspace, id or name.
Result: {customer_id, customer_name, total_calls, conversations: [{id, call_started_at, duration_seconds, call_type, booking_id, transcript_excerpt, ai_insights, confidence}]}. customer_id and booking_id are the app''s own keys where the app has its own tables. total_calls counts all conversations, on whatever page. call_type is inbound, outbound, internal or meeting; transcript_excerpt has 200 characters; confidence, 0 to 1, tells how sure the link is: 1 when a person pinned it, else its points by 20; null without points.
Errors: 8W001 for the workspace, 8W019 for the customer, 8W021 for max_items.
Example: SELECT headway_customer_history(id::text, max_items => 5) FROM headway.customers LIMIT 1;';

CREATE FUNCTION headway._history(w uuid, c headway._customer, most int, before timestamptz DEFAULT NULL, OUT total bigint, OUT shown jsonb)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    page uuid[];
BEGIN
    WITH k AS MATERIALIZED (SELECT * FROM headway._conversations_of(w, c))
    SELECT (SELECT count(*) FROM k),  -- and what began at the same time on one page, since the next one begins before it
           ARRAY(SELECT k.id FROM k WHERE before IS NULL OR k.call_started_at < before ORDER BY k.call_started_at DESC FETCH FIRST (most) ROWS WITH TIES)
    INTO total, page;
    SELECT coalesce(jsonb_agg(h.shown ORDER BY h.call_started_at DESC, h.id DESC), '[]') INTO shown FROM headway._as_history(w, page) h;
END $$;
COMMENT ON FUNCTION headway._history(uuid, headway._customer, int, timestamptz) IS
'Private. How many conversations a customer has, and the newest of those that began before a time, as headway_customer_history() shows them.';

CREATE FUNCTION headway._customer_history(caller name, customer text, max_items int, before timestamptz, workspace text) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w uuid := headway._workspace(caller, workspace);
    c headway._customer;
BEGIN
    PERFORM headway._need(max_items BETWEEN 1 AND 1000, 'max_items', max_items::text, 'It is 1 to 1000; before => the last call_started_at gives the next page.');
    c := headway._find_customer(w, customer);
    RETURN (SELECT jsonb_build_object('customer_id', coalesce(c.customer_id::text, c.customer_ref), 'customer_name', c.name,
                                      'total_calls', h.total, 'conversations', h.shown) FROM headway._history(w, c, max_items, before) h);
END $$;
COMMENT ON FUNCTION headway._customer_history(name, text, int, timestamptz, text) IS 'Private. Twin of headway_customer_history().';

CREATE FUNCTION headway._found(insights jsonb, key text, most int DEFAULT 300) RETURNS SETOF text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    -- Apps store insights of their own, so nothing is sure about their shape.
    RETURN QUERY
    SELECT t.line FROM jsonb_array_elements(CASE jsonb_typeof(insights -> key) WHEN 'array' THEN insights -> key ELSE '[]' END) WITH ORDINALITY e (item, place)
    CROSS JOIN LATERAL (SELECT headway._one_line(CASE jsonb_typeof(e.item) WHEN 'string' THEN e.item #>> '{}'
                            WHEN 'object' THEN coalesce(e.item ->> 'title', e.item ->> 'text', e.item ->> 'description') END, most)) t (line)
    WHERE t.line <> '' ORDER BY e.place;
END $$;
COMMENT ON FUNCTION headway._found(jsonb, text, int) IS 'Private. The texts under a key of ai_insights, each as one line.';

CREATE FUNCTION headway._gathered(conversations jsonb, key text) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_agg(d.line ORDER BY d.place), '[]')
            FROM (SELECT (array_agg(f.line ORDER BY c.place, f.place))[1] AS line, min(c.place * 1000 + f.place) AS place
                  FROM jsonb_array_elements(conversations) WITH ORDINALITY c (shown, place)
                  CROSS JOIN LATERAL headway._found(c.shown -> 'ai_insights', key) WITH ORDINALITY f (line, place)
                  GROUP BY lower(f.line) ORDER BY 2 LIMIT 50) d);
END $$;
COMMENT ON FUNCTION headway._gathered(jsonb, text) IS
'Private. The texts under a key of the ai_insights of conversations, in their order, each once, at most 50.';

CREATE FUNCTION headway_booking_context(booking text, workspace text DEFAULT NULL) RETURNS jsonb
    LANGUAGE c STABLE
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_booking_context(text, text) IS
'What was said about a booking: the conversations that are linked to it, and those of its customer that are linked to no booking, from 30 days before it begins (or since it was made, if that is longer ago) to 14 days after it ends.
Arguments: booking, an id or the app''s own key (external_id, booking_ref); workspace, id or name.
Result: {booking_id, customer_id, customer_name, starts_at, status, before, during, after, concerns, requests, feedback}. before, during and after are conversations as in headway_customer_history(), oldest first, at most 100 in all; a booking without an end is taken to last two hours. concerns, requests and feedback are texts from their ai_insights, each once, at most 50.
Errors: 8W001 for the workspace, 8W019 for the booking.
Example: SELECT headway_booking_context(id::text) FROM headway.bookings LIMIT 1;';

CREATE FUNCTION headway._customer_of(w uuid, b headway._booking) RETURNS headway._customer
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    c headway._customer;
BEGIN
    c := headway._find_customer(w, coalesce(b.customer_id::text, b.customer_ref));
    RETURN c;
EXCEPTION WHEN SQLSTATE '8W019' THEN  -- the app's bookings may name a customer that its other table does not have
    c.customer_id := b.customer_id;
    c.customer_ref := b.customer_ref;
    RETURN c;
END $$;
COMMENT ON FUNCTION headway._customer_of(uuid, headway._booking) IS 'Private. Whose booking it is, with no name when nobody knows it.';

CREATE FUNCTION headway._about_booking(w uuid, b headway._booking, c headway._customer, ends_at timestamptz) RETURNS uuid[]
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN ARRAY(SELECT k.id
        FROM (SELECT a.id, a.call_started_at, true AS linked FROM headway._conversations_about(w, b) a
              UNION ALL
              SELECT o.id, o.call_started_at, false FROM headway._conversations_of(w, c) o
              WHERE o.booking_id IS NULL AND o.booking_ref IS NULL
                AND o.call_started_at BETWEEN least(b.booked_at, b.starts_at - interval '30 days') AND _about_booking.ends_at + interval '14 days') k
        ORDER BY k.linked DESC, abs(extract(epoch FROM k.call_started_at) - extract(epoch FROM b.starts_at)), k.id LIMIT 100);
END $$;
COMMENT ON FUNCTION headway._about_booking(uuid, headway._booking, headway._customer, timestamptz) IS
'Private. The conversations that headway_booking_context() shows: the linked ones first, then the nearest in time.';

CREATE FUNCTION headway._booking_context(caller name, booking text, workspace text) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w       uuid := headway._workspace(caller, workspace);
    b       headway._booking := headway._find_booking(w, booking);
    c       headway._customer := headway._customer_of(w, b);
    given   timestamptz := b.starts_at;
    ends_at timestamptz;
    phases  jsonb;
    said    jsonb;
BEGIN
    -- Times that can be reckoned with, whatever the booking says.
    b.starts_at := CASE WHEN given IS NOT NULL THEN greatest(least(given, '2200-01-01 00:00+00'), '1900-01-01 00:00+00') END;
    ends_at := CASE WHEN given IS NOT NULL THEN least(coalesce(b.ends_at, b.starts_at + interval '2 hours'), '2200-01-02 00:00+00') END;
    SELECT jsonb_build_object('before', coalesce(jsonb_agg(h.shown ORDER BY h.call_started_at, h.id) FILTER (WHERE h.call_started_at < b.starts_at), '[]'),
               'during', coalesce(jsonb_agg(h.shown ORDER BY h.call_started_at, h.id) FILTER (WHERE h.call_started_at >= b.starts_at AND h.call_started_at < ends_at), '[]'),
               'after', coalesce(jsonb_agg(h.shown ORDER BY h.call_started_at, h.id) FILTER (WHERE h.call_started_at >= greatest(b.starts_at, ends_at)), '[]'))
    INTO phases FROM headway._as_history(w, headway._about_booking(w, b, c, ends_at)) h;
    said := (phases -> 'before') || (phases -> 'during') || (phases -> 'after');
    RETURN jsonb_build_object('booking_id', coalesce(b.booking_id::text, b.booking_ref), 'customer_id', coalesce(c.customer_id::text, c.customer_ref),
               'customer_name', c.name, 'starts_at', given, 'status', b.status, 'concerns', headway._gathered(said, 'concerns'),
               'requests', headway._gathered(said, 'requests'), 'feedback', headway._gathered(said, 'feedback')) || phases;
END $$;
COMMENT ON FUNCTION headway._booking_context(name, text, text) IS 'Private. Twin of headway_booking_context().';
