-- What an assistant should know of a customer before it answers: a few lines of text.

CREATE FUNCTION headway_ai_context(customer text, calls int DEFAULT 5, max_chars int DEFAULT 2000, workspace text DEFAULT NULL) RETURNS text
    LANGUAGE c STABLE
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_ai_context(text, int, int, text) IS
'What is known of a customer, as a few lines for the prompt of an assistant. What was said stands on one line each, so that it cannot pose as another one; it is still somebody''s words, no instruction.
Arguments: customer, an id or the app''s own key; calls, how many of the newest conversations, 1 to 100; max_chars, how long at most, 200 to 100000: the oldest conversations are left out first; workspace, id or name.
Result: lines "Customer: name", "Recent interactions:", "- 2024-11-15 10:27: summary. Positive sentiment." for each conversation, newest first and in the workspace''s time zone, "Key preferences: ..." from the preferences and concerns found in them, "Booking status: Confirmed for 2024-11-15, 30 guests" from the next open booking, else the latest.
Errors: 8W001 for the workspace, 8W002 when its time zone is none, 8W019 for the customer, 8W021 for calls and max_chars.
Example: SELECT headway_ai_context(id::text) FROM headway.customers LIMIT 1;';

CREATE FUNCTION headway._interaction(shown jsonb, zone text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    summary   text := nullif(rtrim(headway._one_line(CASE jsonb_typeof(shown #> '{ai_insights,summary}') WHEN 'string' THEN shown #>> '{ai_insights,summary}' END, 400), ' .'), '');
    sentiment text := shown #>> '{ai_insights,sentiment,overall}';
BEGIN
    summary := coalesce(summary, CASE shown ->> 'call_type' WHEN 'meeting' THEN 'Meeting' ELSE initcap(shown ->> 'call_type') || ' call' END || ', no summary', 'No summary');
    RETURN concat('- ', to_char((shown ->> 'call_started_at')::timestamptz AT TIME ZONE zone, 'YYYY-MM-DD HH24:MI'), ': ', summary,
                  CASE WHEN summary ~ '[!?…]$' THEN '' ELSE '.' END,
                  CASE WHEN sentiment IN ('positive', 'neutral', 'negative', 'mixed') THEN format(' %s sentiment.', initcap(sentiment)) END);
END $$;
COMMENT ON FUNCTION headway._interaction(jsonb, text) IS 'Private. A conversation as a line of headway_ai_context().';

CREATE FUNCTION headway._preferences(conversations jsonb) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    concerns text[];
BEGIN
    -- A concern that is but a few words long would read like a wish.
    SELECT array_agg(CASE WHEN array_length(regexp_split_to_array(c.line, ' '), 1) <= 4 AND c.line !~* 'concern|worr|afraid' THEN 'concerned about ' || c.line ELSE c.line END
                     ORDER BY c.place) INTO concerns
    FROM jsonb_array_elements_text(headway._gathered(conversations, 'concerns')) WITH ORDINALITY c (line, place);
    RETURN (SELECT coalesce(string_agg(d.line, ', ' ORDER BY d.place), 'none known')
            FROM (SELECT min(p.place) AS place, (array_agg(p.line ORDER BY p.place))[1] AS line
                  FROM unnest(ARRAY(SELECT rtrim(t, ' .,') FROM jsonb_array_elements_text(headway._gathered(conversations, 'preferences')) t) || concerns)
                       WITH ORDINALITY p (line, place) GROUP BY lower(p.line)) d);
END $$;
COMMENT ON FUNCTION headway._preferences(jsonb) IS 'Private. Preferences and concerns found in conversations, each once, as one line.';

CREATE FUNCTION headway._booking_status(w uuid, c headway._customer, zone text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    closed CONSTANT text[] := (SELECT o.done || o.dead FROM headway._words_for_over() o);
    b      headway._booking;
BEGIN
    SELECT s.* INTO b FROM headway._bookings_of(w, c) s
    CROSS JOIN LATERAL (SELECT (s.status = ANY (closed)) IS NOT TRUE AND coalesce(s.ends_at, s.starts_at + interval '2 hours') > now() AS is_open) o
    ORDER BY o.is_open DESC NULLS LAST, CASE WHEN o.is_open THEN s.starts_at END, s.starts_at DESC NULLS LAST, s.booking_id, s.booking_ref LIMIT 1;
    IF b.starts_at IS NULL THEN
        RETURN 'none';
    END IF;
    RETURN concat(coalesce(upper(left(b.status, 1)) || replace(substr(b.status, 2), '_', ' '), 'Booked'), ' for ',
                  to_char(b.starts_at AT TIME ZONE zone, 'YYYY-MM-DD'), ', ' || b.guest_count || CASE b.guest_count WHEN 1 THEN ' guest' ELSE ' guests' END);
END $$;
COMMENT ON FUNCTION headway._booking_status(uuid, headway._customer, text) IS 'Private. A customer''s next open booking, else the latest, in a few words.';

CREATE FUNCTION headway._ai_context(caller name, customer text, calls int, max_chars int, workspace text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w      uuid := headway._workspace(caller, workspace);
    newest jsonb;
    c      headway._customer;
    zone   text;
    head   text;
    tail   text;
    line   text;
BEGIN
    PERFORM headway._need(calls BETWEEN 1 AND 100, 'calls', calls::text, 'It is 1 to 100.');
    PERFORM headway._need(max_chars BETWEEN 200 AND 100000, 'max_chars', max_chars::text, 'It is 200 to 100000.');
    c := headway._find_customer(w, customer);
    zone := headway._time_zone(w);
    newest := (headway._history(w, c, calls)).shown;
    head := concat('Customer: ', headway._one_line(coalesce(nullif(c.name, ''), c.customer_ref, 'unknown'), least(60, max_chars / 5)), E'\nRecent interactions:',
                   CASE WHEN newest = '[]' THEN ' none' END);
    tail := concat(E'\nKey preferences: ', headway._one_line(headway._preferences(newest), max_chars / 4 - 20), E'\nBooking status: ', headway._one_line(headway._booking_status(w, c, zone), 56));
    FOR line IN SELECT E'\n' || headway._interaction(n.shown, zone) FROM jsonb_array_elements(newest) n (shown) LOOP
        IF length(head) + length(line) + length(tail) > max_chars THEN
            -- What is left is worth a line when more than the time fits.
            line := left(line, 1) || headway._one_line(substr(line, 2), max_chars - length(head) - length(tail) - 1);
            RETURN head || CASE WHEN length(line) > 50 THEN line ELSE '' END || tail;
        END IF;
        head := head || line;
    END LOOP;
    RETURN head || tail;
END $$;
COMMENT ON FUNCTION headway._ai_context(name, text, int, int, text) IS 'Private. Twin of headway_ai_context().';
