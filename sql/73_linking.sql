-- Linking: whose call it was, and which booking it was about. docs/explanation/linking.md tells the rules.

CREATE FUNCTION headway._said(transcript text, call_date date, month_first boolean DEFAULT true) RETURNS jsonb
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_said';
COMMENT ON FUNCTION headway._said(text, date, boolean) IS
'Private. What a transcript says about when and for how many, as in recordings.said; month_first: whether 11/5 is in November.';

CREATE FUNCTION headway._naming(transcript text, name text, greeting_lines int DEFAULT 1) RETURNS int
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_naming';
COMMENT ON FUNCTION headway._naming(text, text, int) IS
'Private. How a transcript names somebody: 2 by the full name, 1 by the first name alone, 0 not at all. Who introduces himself in the first lines answers the telephone or has dialled it for the company.';

CREATE FUNCTION headway._says(w uuid, message uuid, at timestamptz) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT headway._said(m.content, (at AT TIME ZONE headway._time_zone(w))::date,
                         (SELECT s.default_region FROM headway.workspaces s WHERE s.id = w) = ANY ('{US,PH,PR,GU,VI,AS,MP,FM,PW,MH}'))
    FROM headway.messages m WHERE m.workspace_id = w AND m.id = message
$$;
COMMENT ON FUNCTION headway._says(uuid, uuid, timestamptz) IS 'Private. What a message''s transcript says about when and for how many, heard at a time in the workspace.';

CREATE TYPE headway._link AS (recording_id uuid, status text, customer_id uuid, customer_ref text, booking_id uuid, booking_ref text,
                              score real, reason jsonb);
COMMENT ON TYPE headway._link IS 'Private. What linking says of a recording.';
COMMENT ON COLUMN headway._link.recording_id IS 'The recording.';
COMMENT ON COLUMN headway._link.status IS 'As recordings.link_status.';
COMMENT ON COLUMN headway._link.customer_id IS 'As recordings.customer_id.';
COMMENT ON COLUMN headway._link.customer_ref IS 'As recordings.customer_ref.';
COMMENT ON COLUMN headway._link.booking_id IS 'As recordings.booking_id.';
COMMENT ON COLUMN headway._link.booking_ref IS 'As recordings.booking_ref.';
COMMENT ON COLUMN headway._link.score IS 'As recordings.link_score.';
COMMENT ON COLUMN headway._link.reason IS 'As recordings.link_reason.';

CREATE FUNCTION headway._link_options(reason jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(reason -> 'candidates', reason -> 'customers', '[]')
$$;
COMMENT ON FUNCTION headway._link_options(jsonb) IS 'Private. What a recording may be about, by its link_reason: bookings, or else customers.';

CREATE FUNCTION headway._link_option_key(option jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(option ->> 'booking_ref', option ->> 'booking_id', option ->> 'customer_ref', option ->> 'customer_id')
$$;
COMMENT ON FUNCTION headway._link_option_key(jsonb) IS 'Private. By what one of those options is named: the app''s key, else the id.';

CREATE FUNCTION headway._object(VARIADIC "any") RETURNS jsonb
    LANGUAGE c STABLE
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_object';
COMMENT ON FUNCTION headway._object("any") IS 'Private. As jsonb_build_object() of the arguments, keys and values, of which those that are NULL are left out.';

CREATE FUNCTION headway._recent_contacts(w uuid, customers uuid[], refs text[], phones text[], ats timestamptz[]) RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE ROWS 10
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    -- From the numbers themselves and not from other calls' links, so that it does not matter which call is linked first.
    RETURN QUERY
    SELECT k.n FROM unnest(customers, refs, phones, ats) WITH ORDINALITY k (customer, ref, phone, at, n)
    WHERE EXISTS (
        SELECT FROM (SELECT c.phone_e164 FROM headway.customers c WHERE c.workspace_id = w AND c.id = k.customer
                     UNION ALL SELECT p.phone_e164 FROM headway.customer_phones p WHERE p.workspace_id = w AND p.customer_id = k.customer OFFSET 0) m
        CROSS JOIN LATERAL (SELECT FROM headway.recordings r WHERE r.workspace_id = w AND r.their_e164 = m.phone_e164
                              AND r.call_started_at >= k.at - interval '720 hours' AND r.call_started_at < k.at LIMIT 1) r
        WHERE m.phone_e164 IS DISTINCT FROM k.phone
          AND NOT EXISTS (SELECT FROM headway.customers o WHERE o.workspace_id = w AND o.phone_e164 = m.phone_e164 AND o.id <> k.customer OFFSET 0)
          AND NOT EXISTS (SELECT FROM headway.customer_phones o WHERE o.workspace_id = w AND o.phone_e164 = m.phone_e164 AND o.customer_id <> k.customer OFFSET 0)
          AND NOT EXISTS (SELECT FROM headway.shared_phones o WHERE o.workspace_id = w AND o.phone_e164 = m.phone_e164 OFFSET 0) OFFSET 0)
       OR EXISTS (SELECT FROM headway.recordings r WHERE r.workspace_id = w AND r.link_status = 'pinned' AND r.call_started_at >= k.at - interval '720 hours'
                  AND r.call_started_at < k.at AND CASE WHEN k.customer IS NOT NULL THEN r.customer_id = k.customer ELSE r.customer_ref = k.ref END OFFSET 0);
END $$;
COMMENT ON FUNCTION headway._recent_contacts(uuid, uuid[], text[], text[], timestamptz[]) IS
'Private. Which of these customers, by their places, called within thirty days before a time, by a number that is nobody else''s and not the one given, or by what somebody pinned.';

-- Every step is a table of the ones before, named by what its rows are.
CREATE FUNCTION headway._decide(w uuid, ids uuid[], known headway._customer DEFAULT NULL) RETURNS SETOF headway._link
    LANGUAGE plpgsql STABLE ROWS 100
    SET search_path = pg_catalog, headway, pg_temp
    SET jit = off SET max_parallel_workers_per_gather = 0  -- what is decided at once is too little for either
AS $$
DECLARE
    zone text := headway._time_zone(w);
    done text[];
    dead text[];
BEGIN
    SELECT o.done, o.dead INTO done, dead FROM headway._words_for_over() o;
    RETURN QUERY
    WITH call AS MATERIALIZED (
        SELECT k.*, CASE WHEN k.named_days <> '{}' THEN (SELECT min(d) FROM unnest(k.named_days) d) END AS first_day,
               CASE WHEN k.named_days <> '{}' THEN (SELECT max(d) FROM unnest(k.named_days) d) END AS last_day
        FROM (SELECT r.id, r.message_id, r.their_e164 AS phone, r.their_is_valid AS valid, t.at, (t.at AT TIME ZONE zone)::date AS day,
                     t.at + make_interval(secs => coalesce(r.duration_seconds, 0)) + interval '1 hour' AS soon_after, r.said, r.direction, r.bulk_import_file_id AS file,
                     CASE WHEN r.said ? 'dates' THEN ARRAY(SELECT d::date FROM jsonb_array_elements_text(r.said -> 'dates') d) ELSE '{}' END AS named_days
              FROM unnest(ids) i CROSS JOIN LATERAL (SELECT s.* FROM headway.recordings s WHERE s.workspace_id = w AND s.id = i OFFSET 0) r
              -- A time that can be reckoned with: one impossible call must not keep all others from being linked.
              CROSS JOIN LATERAL (SELECT CASE WHEN r.call_started_at BETWEEN '1900-01-01 00:00+00' AND '2200-01-01 00:00+00' THEN r.call_started_at END AS at) t OFFSET 0) k
    ), by_phone AS MATERIALIZED (
        SELECT c.id, o.customer_id, o.customer_ref, o.name, o.rivals
        FROM headway._phone_owners(w, ARRAY(SELECT DISTINCT c.phone FROM call c WHERE c.phone IS NOT NULL)) o JOIN call c ON c.phone = o.key
        WHERE known IS NULL
    ), address AS MATERIALIZED (
        SELECT c.id, k FROM (SELECT * FROM call c WHERE c.direction IS DISTINCT FROM 'internal' AND c.file IS NULL AND c.id NOT IN (SELECT p.id FROM by_phone p) OFFSET 0) c
        CROSS JOIN LATERAL (SELECT s.author_email, s.metadata FROM headway.messages s
                            WHERE s.workspace_id = w AND s.id = c.message_id AND (s.author_email IS NOT NULL OR s.metadata ? 'parties') OFFSET 0) m
        CROSS JOIN LATERAL unnest(headway._party_keys(m.author_email, m.metadata)) k
        WHERE known IS NULL
    ), by_mail AS MATERIALIZED (
        SELECT DISTINCT ON (a.id, o.customer_id, o.customer_ref) a.id, o.customer_id, o.customer_ref, o.name, left(o.key, 1) = '@' AS by_company
        FROM headway._mail_owners(w, ARRAY(SELECT DISTINCT a.k FROM address a)) o JOIN address a ON a.k = o.key
        ORDER BY a.id, o.customer_id, o.customer_ref, left(o.key, 1) = '@'
    ), owner AS MATERIALIZED (
        SELECT f.*, row_number() OVER () AS n FROM (
            SELECT p.id, 'phone' AS by, p.customer_id, p.customer_ref, p.name, p.rivals FROM by_phone p
            UNION ALL
            SELECT b.id, CASE WHEN b.by_company THEN 'company' ELSE 'email' END, b.customer_id, b.customer_ref, b.name, count(*) OVER (PARTITION BY b.id)
            FROM by_mail b  -- an address says more than a company
            WHERE NOT b.by_company OR NOT EXISTS (SELECT FROM by_mail e WHERE e.id = b.id AND NOT e.by_company)
            UNION ALL  -- who imported it said whose it is
            SELECT c.id, 'import', k.id, k.external_id, k.name, 1 FROM (SELECT * FROM call c WHERE c.file IS NOT NULL OFFSET 0) c
            CROSS JOIN LATERAL (SELECT s.job_id FROM headway.bulk_import_files s WHERE s.workspace_id = w AND s.id = c.file OFFSET 0) f
            CROSS JOIN LATERAL (SELECT s.customer_id FROM headway.bulk_import_jobs s WHERE s.workspace_id = w AND s.id = f.job_id OFFSET 0) j
            CROSS JOIN LATERAL (SELECT s.* FROM headway.customers s WHERE s.workspace_id = w AND s.id = j.customer_id OFFSET 0) k
            WHERE known IS NULL
            UNION ALL
            SELECT c.id, 'model', known.customer_id, known.customer_ref, known.name, 1 FROM call c WHERE NOT known IS NULL) f
    ), slot AS (
        SELECT o.n, c.id, (s.booking).booking_id, (s.booking).booking_ref, (s.booking).starts_at, (s.booking).status, (s.booking).guest_count,
               c.day, c.at, c.said, c.named_days, coalesce((s.booking).booked_at BETWEEN c.at AND c.soon_after, false) AS just_made
        FROM (SELECT array_agg(o.customer_id ORDER BY o.n) AS ids, array_agg(o.customer_ref ORDER BY o.n) AS refs,
                     array_agg(least(c.at - interval '24 hours', c.first_day::timestamp AT TIME ZONE zone) ORDER BY o.n) AS lows,
                     array_agg(greatest(c.at + interval '24 hours', (c.last_day + 1)::timestamp AT TIME ZONE zone) ORDER BY o.n) AS highs,
                     array_agg(c.at ORDER BY o.n) AS calls, array_agg(c.soon_after ORDER BY o.n) AS soons
              FROM owner o JOIN call c USING (id)) a
        CROSS JOIN LATERAL headway._slots(w, a.ids, a.refs, a.lows, a.highs, a.calls, a.soons) s
        JOIN owner o ON o.n = s.n JOIN call c ON c.id = o.id
    ), near AS MATERIALIZED (
        -- Who names the day of a booking may have cancelled it since.
        SELECT f.*, f.starts_at BETWEEN f.at - interval '24 hours' AND f.at + interval '24 hours' OR f.is_named AS in_window,
               CASE WHEN f.is_dead THEN CASE WHEN f.is_named THEN 6 ELSE 100 END WHEN f.is_done AND NOT f.is_named THEN 6 ELSE 0 END AS handicap
        FROM (SELECT s.*, t.starts, t.starts::date = ANY (s.named_days) AS is_named, s.status = ANY (dead) AS is_dead, s.status = ANY (done) AS is_done
              FROM slot s CROSS JOIN LATERAL (SELECT s.starts_at AT TIME ZONE zone AS starts OFFSET 0) t) f
    ), context AS MATERIALIZED (
        SELECT s.n, bool_or(s.in_window OR s.just_made) AS some, coalesce(bool_or(s.just_made), false) AS just_booked,
               coalesce(bool_or(s.is_named AND s.is_dead IS NOT TRUE), false) AS day_named,
               coalesce(bool_or(s.in_window AND s.is_dead IS NOT TRUE AND s.is_done IS NOT TRUE), false) AS has_open
        FROM near s GROUP BY s.n
    ), person AS MATERIALIZED (
        SELECT o.*, c.at, c.phone, k.just_booked, k.day_named, k.has_open,
               CASE WHEN o.rivals > 1 OR k.some THEN coalesce(headway._naming(m.content, o.name, CASE c.direction WHEN 'outbound' THEN 2 ELSE 1 END), 0)
                    ELSE 0 END AS naming
        FROM owner o JOIN call c USING (id) LEFT JOIN context k USING (n)
        LEFT JOIN LATERAL (SELECT s.content FROM headway.messages s WHERE s.workspace_id = w AND s.id = c.message_id AND (o.rivals > 1 OR k.some) OFFSET 0) m ON true
    ), recent AS (
        SELECT a.ns[t] AS n
        FROM (SELECT array_agg(p.n ORDER BY p.n) AS ns, array_agg(p.customer_id ORDER BY p.n) AS ids, array_agg(p.customer_ref ORDER BY p.n) AS refs,
                     array_agg(p.phone ORDER BY p.n) AS phones, array_agg(p.at ORDER BY p.n) AS ats FROM person p WHERE p.rivals > 1) a
        CROSS JOIN LATERAL headway._recent_contacts(w, a.ids, a.refs, a.phones, a.ats) t
    ), weighed AS (
        SELECT p.*, -- who has the same first name as one who is named in full is not named by it
                    CASE WHEN p.naming = 1 AND max(p.naming) OVER (PARTITION BY p.id, lower(split_part(trim(p.name), ' ', 1))) = 2 THEN 0
                         ELSE (ARRAY[0, 3, 5])[p.naming + 1] END
                    + CASE WHEN p.just_booked THEN 5 ELSE 0 END + CASE WHEN p.day_named THEN 5 WHEN p.has_open THEN 3 ELSE 0 END
                    + CASE WHEN p.n IN (SELECT c.n FROM recent c) THEN 3 ELSE 0 END AS points
        FROM person p WHERE p.rivals > 1
    ), ranked AS MATERIALIZED (
        SELECT q.*, row_number() OVER by_points AS place, lead(q.points) OVER by_points AS next_points
        FROM weighed q WINDOW by_points AS (PARTITION BY q.id ORDER BY q.points DESC, q.customer_ref COLLATE "C", q.customer_id)
        UNION ALL
        SELECT p.*, 0, 1, NULL FROM person p WHERE p.rivals = 1
    ), customer AS MATERIALIZED (
        SELECT r.*, r.rivals = 1 OR r.points - r.next_points >= 3 AS is_sure FROM ranked r WHERE r.place = 1
    ), people AS (
        SELECT r.id, jsonb_agg(headway._object('customer_id', r.customer_id, 'customer_ref', r.customer_ref, 'name', r.name, 'points', r.points,
                   'named', nullif(r.naming, 0), 'just_booked', nullif(r.just_booked, false), 'day_named', nullif(r.day_named, false),
                   'open_booking', nullif(r.has_open, false)) ORDER BY r.place) AS list
        FROM ranked r WHERE r.rivals > 1 GROUP BY r.id
    ), pool AS MATERIALIZED (
        SELECT s.*, c.naming FROM near s JOIN customer c ON c.n = s.n AND c.is_sure WHERE s.in_window OR s.just_made
    ), scored AS (
        SELECT f.*, f.points - f.handicap AS weight, max(f.points - f.handicap) OVER same_call AS best, count(*) OVER same_call AS candidates
        FROM (SELECT p.*, d.on_date, d.soon, d.same_day, 10 * d.on_date::int + 5 * d.soon::int + 3 * d.same_day::int + 5 * (p.naming > 0)::int AS points
              FROM pool p CROSS JOIN LATERAL (
                  SELECT coalesce(CASE WHEN p.named_days = '{}' THEN p.starts::date = p.day ELSE p.is_named END, false) AS on_date,
                         coalesce(p.starts_at BETWEEN p.at - interval '3 hours' AND p.at + interval '3 hours', false) AS soon, coalesce(p.starts::date = p.day, false) AS same_day) d) f
        WINDOW same_call AS (PARTITION BY f.id)
    ), day_part (part, begins, ends) AS (
        VALUES ('breakfast', 5, 11), ('morning', 5, 12), ('lunch', 11, 16), ('afternoon', 12, 18), ('dinner', 17, 24), ('evening', 17, 24)
    ), fitted AS (
        SELECT s.*, CASE WHEN s.candidates > 1 THEN s.just_made::int
                              + (EXISTS (SELECT FROM jsonb_array_elements_text(s.said -> 'times') t
                                         -- within half an hour, round the clock: midnight is near ten to twelve
                                         WHERE abs(43200 - abs(extract(epoch FROM s.starts::time - t::time))) >= 43200 - 1800)
                                 OR EXISTS (SELECT FROM jsonb_array_elements_text(s.said -> 'parts') t JOIN day_part d ON d.part = t
                                            WHERE extract(hour FROM s.starts) >= d.begins AND extract(hour FROM s.starts) < d.ends))::int
                              + coalesce(s.said -> 'guests' @> to_jsonb(s.guest_count), false)::int
                         ELSE 0 END AS fit
        FROM scored s OFFSET 0  -- or it would be found twice
    ), tied AS (
        -- What is said of a booking makes up for its not being the nearest: the five points of a call within three hours.
        SELECT f.*, f.weight + 5 * f.fit > f.best - 3 AS is_tied, count(*) FILTER (WHERE f.weight > f.best - 3) OVER (PARTITION BY f.id) AS leaders FROM fitted f
    ), fitting AS (
        SELECT t.*, t.is_tied AND t.fit = max(t.fit) FILTER (WHERE t.is_tied) OVER (PARTITION BY t.id) AS fits_best FROM tied t
    ), closest AS (
        SELECT f.*, coalesce(f.fits_best AND f.weight > max(f.weight) FILTER (WHERE f.fits_best) OVER (PARTITION BY f.id) - 3, false) AS is_close FROM fitting f
    ), counted AS (
        SELECT c.*, count(*) FILTER (WHERE c.is_close) OVER same_call AS close_ones,
               min(c.starts_at) FILTER (WHERE c.is_close AND c.starts_at >= c.at AND c.handicap = 0) OVER same_call AS next_at
        FROM closest c WINDOW same_call AS (PARTITION BY c.id)
    ), placed AS MATERIALIZED (
        SELECT k.*, row_number() OVER by_rank AS place, lead(k.weight) OVER by_rank AS next_weight,
               lead(coalesce(k.booking_ref, k.booking_id::text)) OVER by_rank AS next_one,
               count(*) FILTER (WHERE k.is_close AND k.starts_at = k.next_at) OVER (PARTITION BY k.id) AS next_ones
        FROM counted k
        WINDOW by_rank AS (PARTITION BY k.id ORDER BY k.is_close DESC, k.is_close AND k.starts_at = k.next_at DESC NULLS LAST, k.weight DESC, k.fit DESC,
                           k.starts_at, k.booking_ref COLLATE "C", k.booking_id)
    ), booking AS (
        SELECT p.*, CASE -- Who names other days, and nothing that fits, does not speak of this one.
                         WHEN p.named_days <> '{}' AND NOT (p.on_date OR p.soon OR p.same_day OR p.just_made) AND p.fit = 0 THEN NULL
                         WHEN p.candidates = 1 THEN 'only candidate' WHEN p.close_ones = 1 THEN CASE WHEN p.leaders = 1 AND p.weight = p.best THEN 'points' WHEN p.just_made THEN 'made during the call' ELSE 'transcript' END
                         WHEN p.next_ones = 1 AND (p.on_date OR p.just_made OR p.named_days = '{}') THEN 'nearest future booking' END AS decided_by
        FROM placed p WHERE p.place = 1
    ), bookings AS (
        SELECT p.id, jsonb_agg(headway._object('booking_id', p.booking_id, 'booking_ref', p.booking_ref,
                   'starts_at', to_char(p.starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                   'status', p.status, 'guest_count', p.guest_count, 'points', p.points, 'handicap', nullif(p.handicap, 0), 'on_date', nullif(p.on_date, false),
                   'within_3_hours', nullif(p.soon, false), 'same_day', nullif(p.same_day, false), 'named', nullif(p.naming > 0, false), 'fits', nullif(p.fit, 0),
                   'just_made', nullif(p.just_made, false)) ORDER BY p.place) AS list
        FROM placed p WHERE p.place <= 10 GROUP BY p.id
    )
    SELECT c.id,
           CASE WHEN u.id IS NULL THEN 'unmatched' WHEN NOT u.is_sure THEN 'ambiguous' WHEN k.id IS NULL THEN 'customer_only'
                WHEN k.decided_by IS NULL THEN 'ambiguous' ELSE 'linked' END,
           CASE WHEN u.is_sure THEN u.customer_id END, CASE WHEN u.is_sure THEN u.customer_ref END,
           CASE WHEN k.decided_by IS NOT NULL THEN k.booking_id END, CASE WHEN k.decided_by IS NOT NULL THEN k.booking_ref END,
           (CASE WHEN u.is_sure THEN u.points + coalesce(c.valid AND u.by = 'phone', false)::int + CASE WHEN k.decided_by IS NOT NULL THEN k.points ELSE 0 END END)::real,
           headway._object('by', u.by, 'why', CASE WHEN u.id IS NOT NULL THEN NULL WHEN c.direction = 'internal' THEN 'an internal call'
                   WHEN c.phone IS NULL THEN 'no number' ELSE 'nobody''s number' END,
               'customers', l.list, 'candidates', o.list, 'decided_by', k.decided_by, 'points', k.points,
               'runner_up', k.next_one, 'gap', k.weight - k.next_weight)
    FROM call c LEFT JOIN customer u USING (id) LEFT JOIN people l USING (id) LEFT JOIN booking k USING (id) LEFT JOIN bookings o USING (id)
    ORDER BY c.id;
END $$;
COMMENT ON FUNCTION headway._decide(uuid, uuid[], headway._customer) IS
'Private. What linking says of recordings, by set and always the same for the same data, or what it would say if it were known whose they are; changes nothing. In the order of their ids, in which they are locked. 8W002 for a workspace whose time zone is none.';

-- ---- many, part by part ------------------------------------------------------------------------

CREATE FUNCTION headway._decide_part(w uuid, ids uuid[]) RETURNS headway._link[]
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
    SET plan_cache_mode = force_custom_plan SET work_mem = '16MB' SET enable_mergejoin = off  -- sets of that size are hashed
AS $$
BEGIN
    RETURN ARRAY(SELECT d FROM headway._decide(w, ids) d);
END $$;
COMMENT ON FUNCTION headway._decide_part(uuid, uuid[]) IS 'Private. What linking says of some thousand recordings.';

CREATE FUNCTION headway._decided(w uuid, ids uuid[], start int, size int) RETURNS headway._link[]
    LANGUAGE c STRICT
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_decided';
COMMENT ON FUNCTION headway._decided(uuid, uuid[], int, int) IS
'Private. What linking says of so many recordings after the first start ones, for a query that asks for one such part after the other: meanwhile a worker of the session''s decides those that follow. It sees what others can see, so a transaction that has changed something decides alone.';
