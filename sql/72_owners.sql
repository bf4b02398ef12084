-- Who has a number or an address, and what they have booked: for many at once, from either source. Everything goes from
-- key to key (OFFSET 0 keeps the planner from turning that round): a plan that is made while a table is small must still
-- be right when it has grown.

-- A number that more customers than this have identifies nobody: it is a switchboard, or what somebody types
-- where a number is asked for.
CREATE FUNCTION headway._most_owners() RETURNS int
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$ SELECT 10 $$;
COMMENT ON FUNCTION headway._most_owners() IS 'Private. How many customers may share what identifies them.';

CREATE FUNCTION headway._is_own_line(w uuid, phone text) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    -- One call may be filed with the wrong direction; three callers do not err the same way.
    -- Three steps along the index, however many calls there are.
    SELECT min(r3.their_e164) IS NOT NULL FROM headway.recordings r3 WHERE r3.workspace_id = w AND r3.our_e164 = phone AND r3.their_e164 > (
        SELECT min(r2.their_e164) FROM headway.recordings r2 WHERE r2.workspace_id = w AND r2.our_e164 = phone AND r2.their_e164 > (
            SELECT min(r1.their_e164) FROM headway.recordings r1 WHERE r1.workspace_id = w AND r1.our_e164 = phone))
$$;
COMMENT ON FUNCTION headway._is_own_line(uuid, text) IS 'Private. Whether a number is on the company''s side of calls with several others.';

CREATE FUNCTION headway._app_owners(t headway._app_tables, test text, keys text[]) RETURNS TABLE (key text, customer_ref text, name text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    IF keys = '{}' THEN
        RETURN;
    END IF;
    -- A view may have a row for each number, visit or whatever of a customer's. Where a thousand rows have a key, nobody
    -- counts whose they are: it identifies nobody.
    RETURN QUERY SELECT q.key, q.ref, q.name FROM headway._query_as(headway._app_reader(t), format(
        'SELECT k.key, o.ref, o.name FROM unnest($1) k (key) CROSS JOIN LATERAL (
             SELECT DISTINCT ON (s.ref) s.ref, s.name FROM (
                 SELECT r.*, count(*) OVER () AS rows FROM (SELECT %1$s COLLATE "C" AS ref, %2$s AS name FROM %3$s c WHERE %4$s AND %1$s IS NOT NULL LIMIT 1000) r) s
             WHERE s.rows < 1000 ORDER BY s.ref, s.name LIMIT %5$s) o',
        t.columns ->> 'id', headway._app_column(t, 'name'), t.relation, test, headway._most_owners() + 1), keys) q (key text, ref text, name text);
END $$;
COMMENT ON FUNCTION headway._app_owners(headway._app_tables, text, text[]) IS 'Private. The app''s customers that a test finds for each key, each once.';

CREATE FUNCTION headway._app_table_problem(t headway._app_tables) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    query   text := format('SELECT r.* FROM unnest($1) k (key) CROSS JOIN LATERAL (SELECT %s FROM %s c WHERE %s LIMIT 0) r',
                           (SELECT string_agg(headway._app_column(t, k.name), ', ') FROM headway._app_columns(t.noun) k), t.relation, t.columns ->> 'id_is');
    problem text;
    detail  text;
BEGIN
    IF t.noun = 'customers' THEN
        PERFORM FROM headway._query_as(headway._app_reader(t), query, '{}')
                     q (id text, name text, phone text, region text, email text, company_domain text, mrr numeric);
    ELSE
        PERFORM FROM headway._query_as(headway._app_reader(t), query, '{}')
                     q (id text, customer_id text, starts_at timestamptz, ends_at timestamptz, status text, guest_count int, title text, booked_at timestamptz);
    END IF;
    RETURN quote_ident(t.reader) || ' may not use headway_e164(): ' || headway._lacking_grant(t.reader, t.columns);
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS problem = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
    RETURN coalesce(nullif(detail, ''), problem);
END $$;
COMMENT ON FUNCTION headway._app_table_problem(headway._app_tables) IS 'Private. Why a table of the app''s cannot be read as it was registered; NULL when it can.';

CREATE FUNCTION headway._phone_owners(w uuid, phones text[])
    RETURNS TABLE (key text, customer_id uuid, customer_ref text, name text, rivals bigint)
    LANGUAGE plpgsql STABLE ROWS 100
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t    headway._app_tables := headway._app_table(w, 'customers');
    most int := headway._most_owners();
    wanted text[] := ARRAY(SELECT DISTINCT p FROM unnest(phones) p
                           WHERE NOT EXISTS (SELECT FROM headway.shared_phones s WHERE s.workspace_id = w AND s.phone_e164 = p));
BEGIN
    IF t.reader IS NOT NULL AND NOT t.columns ? 'phone' THEN
        RETURN;
    ELSIF t.reader IS NOT NULL THEN
        RETURN QUERY SELECT f.* FROM (
            SELECT o.key, NULL::uuid, o.customer_ref, o.name, count(*) OVER (PARTITION BY o.key) AS rivals
            FROM headway._app_owners(t, format('@extschema@.headway_e164(%s, %s) = k.key', headway._app_column(t, 'phone'),
                     coalesce(t.columns ->> 'region', (SELECT quote_literal(s.default_region) || '::text' FROM headway.workspaces s WHERE s.id = w))), wanted) o OFFSET 0) f
        WHERE f.rivals <= most AND NOT headway._is_own_line(w, f.key);
    ELSE
        RETURN QUERY SELECT f.* FROM (
            SELECT p, c.id, c.external_id, c.name, count(*) OVER (PARTITION BY p) AS rivals
            FROM unnest(wanted) p
            CROSS JOIN LATERAL (
                (SELECT s.id, s.external_id, s.name FROM headway.customers s WHERE s.workspace_id = w AND s.phone_e164 = p LIMIT most + 1)
                UNION ALL
                (SELECT DISTINCT s.id, s.external_id, s.name FROM headway.customer_phones b
                 CROSS JOIN LATERAL (SELECT * FROM headway.customers s WHERE s.workspace_id = w AND s.id = b.customer_id OFFSET 0) s
                 WHERE b.workspace_id = w AND b.phone_e164 = p AND s.phone_e164 IS DISTINCT FROM p LIMIT most + 1)) c OFFSET 0) f
        WHERE f.rivals <= most
          -- Few numbers are on our side of any call. In order, which only the index has: where all calls have one number there,
          -- the planner takes any other for as common, and would read all calls for each.
          AND ((SELECT r.our_e164 FROM headway.recordings r WHERE r.workspace_id = w AND r.our_e164 = f.p ORDER BY r.their_e164 LIMIT 1) IS NULL
               OR NOT headway._is_own_line(w, f.p));
    END IF;
END $$;
COMMENT ON FUNCTION headway._phone_owners(uuid, text[]) IS
'Private. The customers that have each of these numbers, and how many they are; none for a number that identifies nobody.';

CREATE FUNCTION headway._mail_owners(w uuid, keys text[])
    RETURNS TABLE (key text, customer_id uuid, customer_ref text, name text, rivals bigint)
    LANGUAGE plpgsql STABLE ROWS 100
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t    headway._app_tables := headway._app_table(w, 'customers');
    most int := headway._most_owners();
BEGIN
    IF t.reader IS NOT NULL THEN
        -- Each kind by a query of its own, so that each has its index.
        RETURN QUERY SELECT f.* FROM (
            SELECT o.key, NULL::uuid, o.customer_ref, o.name, count(*) OVER (PARTITION BY o.key) AS rivals FROM (
                SELECT * FROM headway._app_owners(t, format('lower(%s) = k.key', headway._app_column(t, 'email')), ARRAY(SELECT k FROM unnest(keys) k WHERE left(k, 1) <> '@'))
                UNION ALL
                SELECT * FROM headway._app_owners(t, format('lower(%s) = substr(k.key, 2)',
                    coalesce(t.columns ->> 'company_domain', format('split_part(%s, ''@'', 2)', headway._app_column(t, 'email')))), ARRAY(SELECT k FROM unnest(keys) k WHERE left(k, 1) = '@'))) o) f
        WHERE f.rivals <= most;
    ELSE
        RETURN QUERY SELECT f.* FROM (
            SELECT k, o.id, o.external_id, o.name, count(*) OVER (PARTITION BY k) AS rivals
            FROM unnest(keys) k
            CROSS JOIN LATERAL (
                (SELECT c.id, c.external_id, c.name FROM headway.customers c
                 WHERE left(k, 1) <> '@' AND c.workspace_id = w AND lower(c.email) = k LIMIT most + 1)
                UNION ALL
                (SELECT c.id, c.external_id, c.name FROM headway.customers c
                 WHERE left(k, 1) = '@' AND c.workspace_id = w AND headway._company_domain(c.email, c.company_domain) = substr(k, 2) LIMIT most + 1)) o) f
        WHERE f.rivals <= most;
    END IF;
END $$;
COMMENT ON FUNCTION headway._mail_owners(uuid, text[]) IS
'Private. The customers behind each of these keys, e-mail addresses or "@domain", and how many they are; none for a key that too many share.';

CREATE FUNCTION headway._words_for_over(OUT done text[], OUT dead text[])
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY['completed', 'complete', 'done', 'finished'],
           ARRAY['cancelled', 'canceled', 'no_show', 'no-show', 'noshow', 'declined', 'rejected', 'deleted', 'void']
$$;
COMMENT ON FUNCTION headway._words_for_over() IS
'Private. The words for a booking''s status that say that it is over: it has been, or it will not be. All others, an app''s own among them, are open ones.';

CREATE FUNCTION headway._app_bookings(t headway._app_tables, condition text, test text DEFAULT NULL) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT format('SELECT k.n, b.* FROM unnest($1, $2, $3, $4, $5) WITH ORDINALITY k (key, low, high, call, soon, n) CROSS JOIN LATERAL (
                       SELECT d.* FROM (
                           SELECT DISTINCT ON (1) %1$s COLLATE "C" AS ref, %2$s AS customer, %3$s AS starts_at, %4$s AS ends_at, lower(%5$s) AS status,
                                  %6$s AS guests, %7$s AS title, %8$s AS booked_at
                           FROM %9$s c WHERE %10$s AND (%11$s) AND %1$s IS NOT NULL
                           ORDER BY 1, abs(extract(epoch FROM %3$s - k.call)), 3, 2) d ORDER BY d.starts_at LIMIT 50) b',
                  t.columns ->> 'id', t.columns ->> 'customer_id', headway._app_column(t, 'starts_at'), headway._app_column(t, 'ends_at'),
                  coalesce(t.columns ->> 'status', '''confirmed'''), headway._app_column(t, 'guest_count'), headway._app_column(t, 'title'),
                  headway._app_column(t, 'booked_at'), t.relation, coalesce(test, t.columns ->> 'customer_id_is'), condition)
$$;
COMMENT ON FUNCTION headway._app_bookings(headway._app_tables, text, text) IS
'Private. A query for the app''s bookings of customers ($1) that fulfil a condition, the first fifty each, or of those that another test finds. Of a booking with several rows, the one that is nearest to the call counts, else the first.';

CREATE FUNCTION headway._slots(w uuid, ids uuid[], refs text[], lows timestamptz[], highs timestamptz[],
                               calls timestamptz[] DEFAULT NULL, soons timestamptz[] DEFAULT NULL)
    RETURNS TABLE (n bigint, booking headway._booking)
    LANGUAGE plpgsql STABLE ROWS 100
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t    headway._app_tables := headway._app_table(w, 'bookings');
    keys text[];
BEGIN
    IF t.reader IS NOT NULL THEN
        -- The app's bookings name customers by the app's key, or by our id where there is no other.
        keys := ARRAY(SELECT coalesce(k.ref, k.id::text) FROM unnest(ids, refs) WITH ORDINALITY k (id, ref, n) ORDER BY k.n);
        RETURN QUERY SELECT q.n, (NULL, q.ref, ids[q.n], refs[q.n], q.starts_at, q.ends_at, q.status, q.guests, q.title, q.booked_at)::headway._booking
        FROM headway._query_as(headway._app_reader(t), headway._app_bookings(t, format('%1$s BETWEEN k.low AND k.high OR %2$s BETWEEN k.call AND k.soon AND %1$s > k.call AND %1$s < ''2200-01-01 00:00+00''',
                                   headway._app_column(t, 'starts_at'), headway._app_column(t, 'booked_at'))), keys, lows, highs, calls, soons)
             q (n bigint, ref text, customer text, starts_at timestamptz, ends_at timestamptz, status text, guests int, title text, booked_at timestamptz);
    ELSE
        RETURN QUERY SELECT k.n, (b.id, b.external_id, k.id, k.ref, b.starts_at, b.ends_at, b.status, b.guest_count, b.title, b.booked_at)::headway._booking
        FROM unnest(ids, refs, lows, highs, calls, soons) WITH ORDINALITY k (id, ref, low, high, call, soon, n)
        CROSS JOIN LATERAL (
            SELECT s.* FROM headway.bookings s WHERE s.workspace_id = w AND s.customer_id = k.id AND s.starts_at BETWEEN k.low AND k.high
            UNION ALL
            SELECT s.* FROM headway.bookings s WHERE s.workspace_id = w AND s.customer_id = k.id AND s.booked_at BETWEEN k.call AND k.soon
              AND s.starts_at > k.call AND s.starts_at < '2200-01-01 00:00+00'  -- a time that can be reckoned with, as calls have
              AND (s.starts_at BETWEEN k.low AND k.high) IS NOT TRUE
            ORDER BY starts_at LIMIT 50) b;
    END IF;
END $$;
COMMENT ON FUNCTION headway._slots(uuid, uuid[], text[], timestamptz[], timestamptz[], timestamptz[], timestamptz[]) IS
'Private. The bookings of customers that start within a time each, or that were made from a call on and until soon after it, the first fifty; n is the customer''s place in the arrays.';

-- ---- one of them -------------------------------------------------------------------------------

CREATE FUNCTION headway._find_customer(w uuid, given text) RETURNS headway._customer
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t     headway._app_tables := headway._app_table(w, 'customers');
    found headway._customer;
BEGIN
    IF t.reader IS NOT NULL THEN
        SELECT NULL::uuid, q.ref, q.name, q.mrr INTO found FROM headway._query_as(headway._app_reader(t), format(
            'SELECT %s, %s, %s FROM unnest($1) k (key) JOIN %s c ON %s LIMIT 1', t.columns ->> 'id', headway._app_column(t, 'name'),
            headway._app_column(t, 'mrr'), t.relation, t.columns ->> 'id_is'), ARRAY[given]) q (ref text, name text, mrr numeric);
    ELSE
        SELECT c.id, c.external_id, c.name, c.mrr INTO found FROM headway.customers c
        WHERE c.workspace_id = w AND (c.external_id = given OR c.id = headway._as_uuid(given))
        ORDER BY c.external_id = given DESC NULLS LAST LIMIT 1;
    END IF;
    IF found.customer_id IS NULL AND found.customer_ref IS NULL THEN
        RAISE EXCEPTION 'unknown customer' USING ERRCODE = '8W019', DETAIL = format('The workspace has no customer %L.', left(given, 200)),
            HINT = 'Name it by its id, or by the app''s own key (customers.external_id).';
    END IF;
    RETURN found;
END $$;
COMMENT ON FUNCTION headway._find_customer(uuid, text) IS 'Private. A customer by id or by the app''s key; 8W019 when there is none.';

CREATE FUNCTION headway._find_booking(w uuid, given text) RETURNS headway._booking
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t     headway._app_tables := headway._app_table(w, 'bookings');
    found headway._booking;
BEGIN
    IF t.reader IS NOT NULL THEN
        SELECT NULL::uuid, q.ref, NULL::uuid, q.customer, q.starts_at, q.ends_at, q.status, q.guests, q.title, q.booked_at INTO found
        FROM headway._query_as(headway._app_reader(t), headway._app_bookings(t, 'true', t.columns ->> 'id_is'), ARRAY[given])
             q (n bigint, ref text, customer text, starts_at timestamptz, ends_at timestamptz, status text, guests int, title text, booked_at timestamptz);
        IF headway._app_table(w, 'customers') IS NULL THEN  -- whose bookings name our customers
            SELECT c.id, c.external_id INTO found.customer_id, found.customer_ref FROM (
                SELECT s.id, s.external_id FROM headway.customers s WHERE s.workspace_id = w AND s.external_id = found.customer_ref
                UNION ALL
                SELECT s.id, NULL FROM headway.customers s WHERE s.workspace_id = w AND s.id = headway._as_uuid(found.customer_ref) AND s.external_id IS NULL) c
            LIMIT 1;
        END IF;
    ELSE
        SELECT b.id, b.external_id, b.customer_id, c.external_id, b.starts_at, b.ends_at, b.status, b.guest_count, b.title, b.booked_at INTO found
        FROM headway.bookings b JOIN headway.customers c ON c.workspace_id = w AND c.id = b.customer_id
        WHERE b.workspace_id = w AND (b.external_id = given OR b.id = headway._as_uuid(given))
        ORDER BY b.external_id = given DESC NULLS LAST LIMIT 1;
    END IF;
    IF found.booking_id IS NULL AND found.booking_ref IS NULL THEN
        RAISE EXCEPTION 'unknown booking' USING ERRCODE = '8W019', DETAIL = format('The workspace has no booking %L.', left(given, 200)),
            HINT = 'Name it by its id, or by the app''s own key (bookings.external_id).';
    END IF;
    RETURN found;
END $$;
COMMENT ON FUNCTION headway._find_booking(uuid, text) IS 'Private. A booking by id or by the app''s key; 8W019 when there is none.';

CREATE FUNCTION headway._bookings_of(w uuid, c headway._customer) RETURNS SETOF headway._booking
    LANGUAGE sql STABLE ROWS 10
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    -- By three windows, so that old ones do not take the room of those to come.
    SELECT (s.booking).*
    FROM headway._slots(w, array_fill((c).customer_id, ARRAY[3]), array_fill((c).customer_ref, ARRAY[3]),
                        ARRAY[now() - interval '1 day', now() - interval '90 days', now() - interval '2 years'],
                        ARRAY[now() + interval '2 years', now() - interval '1 day 1 microsecond', now() - interval '90 days 1 microsecond']) s
$$;
COMMENT ON FUNCTION headway._bookings_of(uuid, headway._customer) IS 'Private. A customer''s bookings of two years before and after today, at most fifty of each: to come, lately, before.';
