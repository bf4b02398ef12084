-- What is shown of a search.

CREATE FUNCTION headway_search_conversations(query text DEFAULT NULL, customer text DEFAULT NULL, booking text DEFAULT NULL,
                                             from_date timestamptz DEFAULT NULL, to_date timestamptz DEFAULT NULL, sentiment text DEFAULT NULL,
                                             max_items int DEFAULT 20, skip_items int DEFAULT 0, workspace text DEFAULT NULL)
    RETURNS TABLE (recording_id uuid, message_id uuid, customer_id uuid, booking_id uuid, call_started_at timestamptz, title text, snippet text, rank real)
    LANGUAGE c STABLE
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_search_conversations(text, text, text, timestamptz, timestamptz, text, int, int, text) IS
'Finds conversations by what was said in them; without a query, the newest ones that fit the filters.
Arguments: query, words that must all occur, "a phrase", either or other, -unwanted, and beginnings such as book* (three letters at least), each conversation in its own language; customer and booking, an id or the app''s own key; from_date, to_date, when it began (a date means its first moment); sentiment, positive, neutral, negative or mixed; max_items, 1 to 1000; skip_items, 0 to 10000, for the next page; workspace, id or name.
Result: a row for each, best rank first, then newest. snippet is a part of the transcript as one line, with its hits in « »; it is what people said, so escape it before you show it as HTML. customer_id and booking_id are NULL for those in the app''s own tables. Of more than 5000 hits the newest 5000 are ranked, and sentiment chooses among those; without a query it chooses among the newest 20000. A phrase is looked for in the newest 20000 conversations of a stretch of time that have all its words.
Errors: 8W001 for the workspace, 8W019 for the customer and the booking, 8W021 for anything else that does not fit.
Example: SELECT call_started_at, title, snippet FROM headway_search_conversations(''"vegetarian options" or vegan*'', from_date => now() - interval ''1 year'');';

CREATE FUNCTION headway._search_window(language text, query tsquery, content text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    lowered text;
    words   text[];
    word    text;
    place   int;
    seen    int;
    around  text;
    first   text;
BEGIN
    IF length(content) <= 2000 THEN
        RETURN content;
    END IF;
    lowered := lower(content);
    words := ARRAY(SELECT replace(m[1], '''''', '''') FROM regexp_matches(querytree(query), '''((?:[^'']|'''')+)''', 'g') m ORDER BY length(m[1]) DESC LIMIT 5);
    -- The longest word is the rarest; a stem may end otherwise than its words ("happi").
    FOREACH word IN ARRAY words || ARRAY(SELECT left(v, -1) FROM unnest(words) v WHERE length(v) > 4) LOOP
        seen := 0;
        FOR look IN 1 .. 8 LOOP
            place := strpos(substr(lowered, seen + 1), word);
            EXIT WHEN place = 0;
            seen := seen + place;
            around := substr(content, greatest(1, seen - 200), 1200);
            IF to_tsvector(language::regconfig, around) @@ query THEN
                RETURN around;
            END IF;
            first := coalesce(first, around);
        END LOOP;
    END LOOP;
    RETURN coalesce(first, left(content, 2000));
END $$;
COMMENT ON FUNCTION headway._search_window(text, tsquery, text) IS
'Private. A part of a long transcript in which the query hits; else the first one with a word of it, else the beginning.';

CREATE FUNCTION headway._search_snippet(language text, query tsquery, content text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    size   int;
    part   text;
    around text;
BEGIN
    IF query IS NULL THEN
        RETURN headway._one_line(left(content, 1000), 200);
    END IF;
    -- Most hits have one early on, and no more than 900 kB is indexed.
    FOREACH size IN ARRAY ARRAY[20000, 200000, 900 * 1024] LOOP
        part := translate(left(content, size), '«»', '""');  -- what was said must not pose as a mark
        around := headway._search_window(language, query, part);
        EXIT WHEN length(part) < size OR to_tsvector(language::regconfig, around) @@ query;
    END LOOP;
    RETURN headway._one_line(ts_headline(language::regconfig, around, query, 'StartSel=«, StopSel=», MinWords=15, MaxWords=35'), 2500);
END $$;
COMMENT ON FUNCTION headway._search_snippet(text, tsquery, text) IS
'Private. What of a transcript is shown of a hit, with the words that hit in « »; without a query its beginning.';

CREATE FUNCTION headway._search_check(query text, from_date timestamptz, to_date timestamptz, sentiment text, max_items int, skip_items int) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    -- A query is not repeated in the error: the server logs a DETAIL.
    PERFORM headway._need(coalesce(trim(query) <> '', true), 'query', 'empty', 'Leave it out for the newest conversations.');
    PERFORM headway._need(coalesce(length(query) <= 2000 AND array_length(regexp_split_to_array(trim(query), '[[:space:]]+'), 1) <= 200, true),
                          'query', format('%s characters long', length(query)), 'It may have 200 words and 2000 characters.');
    PERFORM headway._need(coalesce(sentiment IN ('positive', 'neutral', 'negative', 'mixed'), true), 'sentiment', quote_literal(left(sentiment, 100)),
                          'It is positive, neutral, negative or mixed.');
    PERFORM headway._need(coalesce(from_date <= to_date, true), 'from_date', format('%s, after to_date %s', from_date, to_date), 'from_date comes first.');
    PERFORM headway._need(max_items BETWEEN 1 AND 1000, 'max_items', max_items::text, 'It is 1 to 1000.');
    PERFORM headway._need(skip_items BETWEEN 0 AND 10000, 'skip_items', skip_items::text, 'It is 0 to 10000; to_date leads further back.');
END $$;
COMMENT ON FUNCTION headway._search_check(text, timestamptz, timestamptz, text, int, int) IS
'Private. Raises 8W021 when an argument of headway_search_conversations() does not fit.';

CREATE FUNCTION headway._search_queries(w uuid, given text, OUT languages text[], OUT queries tsquery[])
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
    SET client_min_messages = warning  -- the server has a NOTICE for each term that is a stop word, in each language
AS $$
BEGIN
    IF given IS NOT NULL THEN
        SELECT array_agg(a.languages), array_agg(a.query) INTO languages, queries
        FROM (SELECT string_agg(q.language, ' ') AS languages, q.query
              FROM (SELECT l AS language, headway._search_query(l, given) AS query
                    FROM unnest(coalesce(nullif(headway._search_languages(w), '{}'), ARRAY['english'])) l OFFSET 0) q  -- each is made once
              WHERE q.query IS NOT NULL GROUP BY q.query) a;
        PERFORM headway._need(queries IS NOT NULL, 'query', 'made of words that are too common to be indexed', 'Add a word that tells more.');
    END IF;
END $$;
COMMENT ON FUNCTION headway._search_queries(uuid, text) IS
'Private. What a person typed, as a query for each of the workspace''s languages in which something is left of it; languages that make the same of it stand together, with blanks between. 8W021 when there is none.';

CREATE FUNCTION headway._search_found(w uuid, c headway._customer, b headway._booking, languages text[], queries tsquery[],
                                      from_date timestamptz, to_date timestamptz, sentiment text, page int)
    RETURNS TABLE (message_id uuid, recording_id uuid, began timestamptz, rank real)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    most int := CASE WHEN queries IS NOT NULL THEN 5000 WHEN sentiment IS NOT NULL THEN 20000 ELSE page END;
BEGIN
    IF NOT (c IS NULL AND b IS NULL) THEN
        RETURN QUERY SELECT f.* FROM headway._search_among(w, c, b, languages, queries, from_date, to_date, sentiment, most) f;
    ELSIF queries IS NOT NULL THEN
        RETURN QUERY SELECT f.* FROM headway._search_hits(w, languages, queries, headway._search_months(w, from_date, to_date), from_date, to_date, sentiment, most) f
                     ORDER BY f.began DESC, f.message_id DESC LIMIT most;
    ELSE
        RETURN QUERY SELECT f.* FROM headway._search_newest(w, from_date, to_date, sentiment, most) f;
    END IF;
END $$;
COMMENT ON FUNCTION headway._search_found(uuid, headway._customer, headway._booking, text[], tsquery[], timestamptz, timestamptz, text, int) IS
'Private. The newest conversations that fit, by whichever way is short; page is how many without a query are needed.';

CREATE FUNCTION headway._search_conversations(caller name, query text, customer text, booking text, from_date timestamptz, to_date timestamptz,
                                              sentiment text, max_items int, skip_items int, workspace text)
    RETURNS TABLE (recording_id uuid, message_id uuid, customer_id uuid, booking_id uuid, call_started_at timestamptz, title text, snippet text, rank real)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w         uuid := headway._workspace(caller, workspace);
    c         headway._customer;
    b         headway._booking;
    languages text[];
    queries   tsquery[];
BEGIN
    PERFORM headway._search_check(query, from_date, to_date, sentiment, max_items, skip_items);
    SELECT q.* INTO languages, queries FROM headway._search_queries(w, query) q;
    IF customer IS NOT NULL THEN
        c := headway._find_customer(w, customer);
    END IF;
    IF booking IS NOT NULL THEN
        b := headway._find_booking(w, booking);
    END IF;
    RETURN QUERY
    SELECT r.id, m.id, CASE WHEN r.id IS NULL THEN m.customer_id ELSE r.customer_id END, r.booking_id, coalesce(r.call_started_at, p.began), m.title,
           headway._search_snippet(headway._search_language(m.language), q.query, m.content), p.rank
    FROM (SELECT f.* FROM headway._search_found(w, c, b, languages, queries, from_date, to_date, sentiment, skip_items + max_items) f WHERE f.rank IS NOT NULL
          ORDER BY f.rank DESC, f.began DESC, f.message_id DESC, f.recording_id DESC OFFSET skip_items LIMIT max_items) p
    LEFT JOIN headway.messages m ON m.workspace_id = w AND m.id = p.message_id
    LEFT JOIN unnest(languages, queries) q (languages, query) ON headway._search_language(m.language) = ANY (string_to_array(q.languages, ' '))
    LEFT JOIN headway.recordings r ON r.workspace_id = w
        AND r.id = coalesce(p.recording_id, (SELECT s.id FROM headway.recordings s WHERE s.workspace_id = w AND s.message_id = p.message_id ORDER BY s.id LIMIT 1))
    ORDER BY p.rank DESC, p.began DESC, p.message_id DESC, p.recording_id DESC;
END $$;
COMMENT ON FUNCTION headway._search_conversations(name, text, text, text, timestamptz, timestamptz, text, int, int, text) IS
'Private. Twin of headway_search_conversations().';
