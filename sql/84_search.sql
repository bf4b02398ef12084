-- Search over conversations. A search reads index entries of one workspace's months only (see headway._search_mark), the newest
-- first, until it has the hits that are worth ranking: so its work does not grow with how common a word is.

CREATE INDEX recordings_unspoken ON headway.recordings (workspace_id, coalesce(call_started_at, created_at)) WHERE message_id IS NULL;
COMMENT ON INDEX headway.recordings_unspoken IS 'Calls without a transcript, newest first.';

-- Of the words in word lists that begin as somebody types and whose stems do not, 99.5 % end in one of these, or in the end of one.
CREATE FUNCTION headway._word_endings(language text) RETURNS SETOF text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY SELECT right(e, n) FROM string_to_table(CASE language
        WHEN 'english' THEN 'able ate ated ates ating bility bles bly c cal cally cation cations cs dly ds esses ful ingly ings lism lities '
                            'lize lized lizes lizing ment ments nce nces ncies ncy ntly onally oned oning ous red ring sms tely tional tive '
                            'tives tor tors ully ulness uls usly usness vely veness zation zations zer zers'
        WHEN 'german' THEN 'derem dsten ens ern ge gem gendem genden gender gendes ger gere gerem geren gerer geres ges gkeit gkeiten gst '
                           'gste gstem gsten gster gstes gung gungen ich iche ichen icher ichere icherem icheren icherer icheres ichkeit '
                           'ichkeiten ichst ichste ichstem ichsten ichster ichstes k ken ker kers nd nde ndst ndstem ndstes ne nem nen ner '
                           'nes nheit rlichem rliches sch sche schem schen scher schere scherem scheren scherer scheres sches schst schste '
                           'schstem schsten schster schstes'
        WHEN 'french' THEN 'asse assent asses assiez assions ble bles ces er era erai eraient erais erait eras erez eriez erions erons '
                           'eront eurs f fs ité ments nte ntes que ques re res sement sme ssaient ssais ssait ssant ssez ssons ste stes '
                           'teur tion tions trice tés use uses ux ve ves âmes ât âtes èrent ée ées'
        WHEN 'spanish' THEN 'ada ado ador adora ar arse as bilidad ble blemente ca cación camente co damente miento ncia nza ría sa samente '
                            'sidad smo so sta tiva tivo vamente'
        WHEN 'italian' THEN 'amento ammo ando ante are arono arsi asse assero assi assimo ati ava avamo avano avate avi avo azione bile '
                            'bili camente che chi elo erai eranno ere erebbe erebbero erei eremmo eremo ereste eresti erete erà erò ia iamo '
                            'iata iate iato io ivi menti nde ndoci ndogli ndola ndole ndoli ndolo ndomi ndone ndosi nza osa oso r rci rgli '
                            'rla rle rli rlo rmi rne rsene rti rvi samente sca scano sce sci sco scono tivo tore tori tà vamente ve zioni é'
        WHEN 'portuguese' THEN 'ada adas ado ados ais amente ando ar ara aram aras ardes arei areis arem aremos ares aria ariam arias armos '
                               'ará arás arão aríamos aríeis asse assem asses aste astes ava avam avas ca cas co cos dade dades dor dora doras '
                               'dores mento mentos ncia ntes ou smo smos so sta stas vel vo ámos áramos áreis ásseis ássemos ávamos áveis ção '
                               'ções'
        WHEN 'dutch' THEN 'aars baarheid bare dde end ende f ge gheden gheid ging gingen ijken ks l lijk lijke lijkheden lijkheid ls m '
                          'mheden mheid nden ndheid ne ngs nheden nheid ns nse p rbaar sheid t ts tte'
        ELSE '' END, ' ') e, generate_series(0, length(e)) n;
END $$;
COMMENT ON FUNCTION headway._word_endings(text) IS
'Private. What the stemmer of a text search configuration takes off words, whole and in part: each end of it, some twice.';

CREATE FUNCTION headway._search_beginning(language text, given text) RETURNS tsquery
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    starts text[];
    stems  text[];
BEGIN
    -- No stemmer takes off "qx": what is left before it is how such words are stored, "haus" of "Häuser". The parts of a word with a hyphen are not meant.
    SELECT array_agg(DISTINCT left(l, -2)) INTO starts FROM unnest(tsvector_to_array(to_tsvector(language::regconfig, given || 'qx'))) l
    WHERE l LIKE '%qx' AND (l LIKE '%-%') = (given LIKE '%-%');
    IF starts IS NULL THEN
        RETURN NULL;
    END IF;
    starts := starts || lower(given);
    -- The stem of a word may be shorter than its beginning: "cancel" of "cancellation", of which somebody types "cancellat".
    SELECT array_agg(l) INTO stems FROM unnest(tsvector_to_array(to_tsvector(language::regconfig,
        (SELECT string_agg(given || e, ' ') FROM headway._word_endings(language) e)))) l
    WHERE (l LIKE '%-%') = (given LIKE '%-%') AND NOT EXISTS (SELECT FROM unnest(starts) s WHERE starts_with(l, s));
    RETURN (SELECT string_agg(t.term, '|') FROM (SELECT DISTINCT quote_literal(s) || ':*' FROM unnest(starts) s
                                                 UNION ALL SELECT quote_literal(s) FROM unnest(stems) s) t (term))::tsquery;
END $$;
COMMENT ON FUNCTION headway._search_beginning(text, text) IS
'Private. The words that begin so, as a query: what they are stored as begins so too, or is a stem that is shorter than the beginning. NULL for what the parser does not take for one word.';

CREATE FUNCTION headway._search_term(language text, term text, is_phrase boolean) RETURNS tsquery
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    beginning text := CASE WHEN NOT is_phrase AND length(term) > 3 THEN substring(term FROM '^([[:alnum:]]+(?:-[[:alpha:]][[:alnum:]]*)*)[*]$') END;
BEGIN
    RETURN coalesce(headway._search_beginning(language, beginning), phraseto_tsquery(language::regconfig, term));
END $$;
COMMENT ON FUNCTION headway._search_term(text, text, boolean) IS
'Private. A word, a beginning (word*) or a phrase as a query; without nodes when it consists of stop words.';

CREATE FUNCTION headway._search_query(language text, given text) RETURNS tsquery
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    any_of tsquery;
    all_of tsquery;
    piece  text[];
    part   tsquery;
BEGIN
    -- The syntax of websearch_to_tsquery(), which knows no beginnings of words.
    FOR piece IN SELECT m FROM regexp_matches(given, '(-?)(?:"([^"]*)"?|([^[:space:]"]+))', 'g') m LOOP
        IF lower(piece[3]) = 'or' AND piece[1] = '' THEN
            any_of := coalesce(any_of || all_of, all_of, any_of);
            all_of := NULL;
        ELSE
            part := headway._search_term(language, coalesce(piece[2], piece[3]), piece[3] IS NULL);
            part := CASE WHEN piece[1] = '-' THEN !! part ELSE part END;
            all_of := CASE WHEN numnode(part) = 0 THEN all_of ELSE coalesce(all_of && part, part) END;
        END IF;
    END LOOP;
    RETURN coalesce(any_of || all_of, all_of, any_of);
END $$;
COMMENT ON FUNCTION headway._search_query(text, text) IS
'Private. What a person typed as a query in one text search configuration; NULL when nothing but stop words is left.';

CREATE FUNCTION headway._search_loose(query tsquery) RETURNS tsquery
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN query::text ~ '<(-|[0-9]+)>' AND query::text !~ '!' THEN regexp_replace(query::text, '<(-|[0-9]+)>', '&', 'g')::tsquery END
$$;
COMMENT ON FUNCTION headway._search_loose(tsquery) IS
'Private. The words of a query''s phrases, in whatever order: all that the index knows. NULL when there is no phrase, or something unwanted.';

CREATE FUNCTION headway._search_wanted(query tsquery) RETURNS tsquery
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN querytree(query) IN ('', 'T') THEN query ELSE querytree(query)::tsquery END
$$;
COMMENT ON FUNCTION headway._search_wanted(tsquery) IS
'Private. A query without what it does not want, which ts_rank() would take for a word that is missing.';

CREATE FUNCTION headway._search_languages(w uuid) RETURNS text[]
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    languages text[] := ARRAY[]::text[];
    known     text := '';
BEGIN
    -- From one to the next by the index: there are millions of messages and a handful of languages.
    LOOP
        SELECT headway._search_language(m.language) INTO known FROM headway.messages m
        WHERE m.workspace_id = w AND headway._search_language(m.language) > known ORDER BY 1 LIMIT 1;
        EXIT WHEN known IS NULL;
        languages := languages || known;
    END LOOP;
    RETURN languages;
END $$;
COMMENT ON FUNCTION headway._search_languages(uuid) IS 'Private. The text search configurations of a workspace''s messages.';

CREATE FUNCTION headway._search_month(at timestamptz) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN at >= '4714-12-01 00:00+00 BC' OR NOT isfinite(at) THEN date_trunc('month', at, 'UTC') ELSE '4714-11-24 00:00+00 BC' END
$$;
COMMENT ON FUNCTION headway._search_month(timestamptz) IS
'Private. When the month of a time began (UTC); time itself begins within one.';

CREATE FUNCTION headway._search_months(w uuid, from_date timestamptz, to_date timestamptz) RETURNS timestamptz[]
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    months timestamptz[] := ARRAY[]::timestamptz[];
    newest timestamptz;
BEGIN
    SELECT m.sent_at INTO newest FROM headway.messages m WHERE m.workspace_id = w AND m.sent_at <= coalesce(to_date, 'infinity')
    ORDER BY m.sent_at DESC LIMIT 1;
    WHILE newest >= coalesce(from_date, '-infinity') LOOP
        months := months || newest;
        SELECT m.sent_at INTO newest FROM headway.messages m WHERE m.workspace_id = w AND m.sent_at < headway._search_month(newest)
        ORDER BY m.sent_at DESC LIMIT 1;
    END LOOP;
    RETURN months;
END $$;
COMMENT ON FUNCTION headway._search_months(uuid, timestamptz, timestamptz) IS
'Private. A time in each month (UTC) that has messages, newest first.';

CREATE FUNCTION headway._search_within(w uuid, languages text, query tsquery, months timestamptz[]) RETURNS tsquery
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN (SELECT string_agg(quote_literal(headway._search_mark(w, l, m)), '|') FROM unnest(months) m, string_to_table(languages, ' ') l)::tsquery && query;
END $$;
COMMENT ON FUNCTION headway._search_within(uuid, text, tsquery, timestamptz[]) IS
'Private. A query, confined to conversations in these languages (their names with blanks between), of one workspace and of these months.';

CREATE FUNCTION headway._search_span(months timestamptz[], done int, hits int, missing int) RETURNS int
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    days float8 := CASE WHEN isfinite(months[1]) AND isfinite(months[done])
                        THEN (extract(epoch FROM months[1]) - extract(epoch FROM headway._search_month(months[done]))) / 86400 END;
BEGIN
    -- The newest month may have just begun, and its first days tell little. A time without an end tells nothing.
    RETURN CASE WHEN days IS NULL OR days < 7 THEN 2 * done
                WHEN hits = 0 THEN cardinality(months)
                ELSE ceil(least(cardinality(months), 1.2 * missing * days / hits / 30)) END;
END $$;
COMMENT ON FUNCTION headway._search_span(timestamptz[], int, int, int) IS
'Private. How many more months it will take to find the missing hits, by how many have been found in those done.';

-- By the index of words and no other. The planner sees the query itself, so it knows that few rows fit. It cannot know that the mark says
-- workspace and month already, and would also walk all entries of either in another index: the price of an entry and OFFSET 0 keep it from that.
CREATE FUNCTION headway._search_newer(w uuid, within tsquery, query tsquery, from_date timestamptz, before timestamptz, sentiment text, most int)
    RETURNS TABLE (message_id uuid, recording_id uuid, began timestamptz, rank real)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
    SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = off
    SET cpu_index_tuple_cost = 1
    SET max_parallel_workers_per_gather = 0
    SET jit = off
    SET work_mem = '16MB'
AS $$
DECLARE
    wanted tsquery := headway._search_wanted(query);
    loose  boolean := headway._search_loose(query) IS NOT NULL;
BEGIN
    -- A phrase is looked for in the rows, which costs more than anything else: newest first, until there are enough, and in no more than can be borne.
    RETURN QUERY
    SELECT h.id, NULL::uuid, h.sent_at, CASE WHEN sentiment IS NULL OR h.ai_insights #>> '{sentiment,overall}' = sentiment THEN ts_rank(h.search, wanted) END
    FROM (SELECT s.* FROM (SELECT i.* FROM (SELECT m.id, m.sent_at, m.search, m.ai_insights FROM headway.messages m
                                            WHERE m.workspace_id = w AND m.search @@ within OFFSET 0) i
                           WHERE (from_date IS NULL OR i.sent_at >= from_date) AND (before IS NULL OR i.sent_at < before)
                           ORDER BY i.sent_at DESC, i.id DESC LIMIT CASE WHEN loose THEN 20000 ELSE most END) s
          WHERE NOT loose OR s.search @@ query LIMIT most) h;
END $$;
COMMENT ON FUNCTION headway._search_newer(uuid, tsquery, tsquery, timestamptz, timestamptz, text, int) IS
'Private. The newest messages in which a query hits, at most so many, with their ranks; NULL for those of another sentiment. within is the query as the index is asked.';

CREATE FUNCTION headway._search_hits(w uuid, languages text[], queries tsquery[], months timestamptz[],
                                     from_date timestamptz, to_date timestamptz, sentiment text, most int)
    RETURNS TABLE (message_id uuid, recording_id uuid, began timestamptz, rank real)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    before  timestamptz := CASE WHEN to_date < '294276-12-31 23:59:59.999999+00' THEN to_date + interval '1 microsecond'
                                WHEN isfinite(to_date) THEN 'infinity' END;
    chosen  timestamptz[] := months[1:1];
    done    int := 1;
    missing int := most;
    within  tsquery;
    room    int;
    hits    int;
    span    int;
    step    int;
BEGIN
    WHILE cardinality(chosen) > 0 AND missing > 0 LOOP
        room := missing;
        FOR place IN 1 .. cardinality(queries) LOOP
            within := headway._search_within(w, languages[place], coalesce(headway._search_loose(queries[place]), queries[place]), chosen);
            RETURN QUERY SELECT n.* FROM headway._search_newer(w, within, queries[place], from_date, before, sentiment, room) n;
            GET DIAGNOSTICS hits = ROW_COUNT;
            missing := missing - hits;
        END LOOP;
        span := headway._search_span(months, done, most - missing, missing);
        step := least(span, 3 * done, 12);  -- no leap on what little was seen
        chosen := months[done + 1 : done + step];
        -- When it takes most of many months anyway, the mark of all times is quicker than one for each of them.
        IF cardinality(months) - done > 12 AND 2 * span >= cardinality(months) - done AND from_date IS NULL AND to_date IS NULL THEN
            before := headway._search_month(months[done]);
            chosen := ARRAY[NULL::timestamptz];
            done := cardinality(months);
        END IF;
        done := done + step;
    END LOOP;
END $$;
COMMENT ON FUNCTION headway._search_hits(uuid, text[], tsquery[], timestamptz[], timestamptz, timestamptz, text, int) IS
'Private. The newest messages in which a query hits, at least so many if there are, with their ranks; NULL for those of another sentiment.';

CREATE FUNCTION headway._search_keys(w uuid, c headway._customer, b headway._booking) RETURNS TABLE (id uuid, message_id uuid, call_started_at timestamptz)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    IF c IS NULL THEN
        RETURN QUERY SELECT k.id, k.message_id, k.call_started_at FROM headway._conversations_about(w, b) k;
    ELSE
        RETURN QUERY SELECT k.id, k.message_id, k.call_started_at FROM headway._conversations_of(w, c) k
                     WHERE b IS NULL OR k.booking_id = b.booking_id OR b.booking_id IS NULL AND k.booking_ref = b.booking_ref;
    END IF;
END $$;
COMMENT ON FUNCTION headway._search_keys(uuid, headway._customer, headway._booking) IS
'Private. The conversations of a customer, about a booking, or both.';

CREATE FUNCTION headway._search_among(w uuid, c headway._customer, b headway._booking, languages text[], queries tsquery[],
                                      from_date timestamptz, to_date timestamptz, sentiment text, most int)
    RETURNS TABLE (message_id uuid, recording_id uuid, began timestamptz, rank real)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT k.message_id, CASE WHEN k.message_id IS NULL THEN k.id END, k.call_started_at,
           CASE WHEN sentiment IS NULL OR m.ai_insights #>> '{sentiment,overall}' = sentiment THEN coalesce(ts_rank(m.search, headway._search_wanted(q.query)), 0) END
    FROM headway._search_keys(w, c, b) k
    LEFT JOIN headway.messages m ON m.workspace_id = w AND m.id = k.message_id
    LEFT JOIN unnest(languages, queries) q (languages, query) ON headway._search_language(m.language) = ANY (string_to_array(q.languages, ' '))
    WHERE k.call_started_at >= coalesce(from_date, '-infinity') AND k.call_started_at <= coalesce(to_date, 'infinity')
      AND (queries IS NULL OR m.search @@ q.query)
    ORDER BY k.call_started_at DESC, k.message_id DESC, k.id DESC LIMIT most;
END $$;
COMMENT ON FUNCTION headway._search_among(uuid, headway._customer, headway._booking, text[], tsquery[], timestamptz, timestamptz, text, int) IS
'Private. As _search_hits(), among the conversations of a customer or about a booking; without queries all of them.';

CREATE FUNCTION headway._search_newest(w uuid, from_date timestamptz, to_date timestamptz, sentiment text, most int)
    RETURNS TABLE (message_id uuid, recording_id uuid, began timestamptz, rank real)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    -- Each kind by its own index; sorting all conversations would take seconds.
    RETURN QUERY
    SELECT n.message_id, n.recording_id, n.began, CASE WHEN sentiment IS NULL OR n.mood = sentiment THEN 0::real END
    FROM ((SELECT m.id AS message_id, NULL::uuid AS recording_id, m.sent_at AS began, m.ai_insights #>> '{sentiment,overall}' AS mood
           FROM headway.messages m
           WHERE m.workspace_id = w AND m.sent_at >= coalesce(from_date, '-infinity') AND m.sent_at <= coalesce(to_date, 'infinity')
           ORDER BY m.sent_at DESC, m.id DESC LIMIT most)
          UNION ALL
          (SELECT NULL, r.id, coalesce(r.call_started_at, r.created_at), NULL
           FROM headway.recordings r
           WHERE r.workspace_id = w AND r.message_id IS NULL AND coalesce(r.call_started_at, r.created_at) >= coalesce(from_date, '-infinity')
             AND coalesce(r.call_started_at, r.created_at) <= coalesce(to_date, 'infinity')
           ORDER BY 3 DESC, r.id DESC LIMIT most)) n
    ORDER BY n.began DESC, n.message_id DESC, n.recording_id DESC LIMIT most;
END $$;
COMMENT ON FUNCTION headway._search_newest(uuid, timestamptz, timestamptz, text, int) IS
'Private. As _search_hits(), without a query: the newest conversations.';
