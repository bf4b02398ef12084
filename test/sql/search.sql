\set ECHO none
\i test/setup.psql
-- Search: what a query means, in which order hits come, what is shown of them, and who finds nothing.
SELECT plan(90);

CREATE ROLE alice IN ROLE headway_operator;
CREATE ROLE rita IN ROLE headway_reader;
CREATE ROLE bob IN ROLE headway_operator;
SET ROLE bob;
SELECT headway_add_workspace('bobs') AS other \gset
SET ROLE alice;
SELECT headway_add_workspace('acme') AS w \gset
SELECT headway_add_member('rita');
RESET ROLE;
INSERT INTO headway.workspace_members VALUES (:'w', 'postgres'), (:'other', 'postgres');

CREATE FUNCTION said(workspace uuid, external_id text, content text, sent_at timestamptz DEFAULT '2025-06-01', language text DEFAULT NULL, title text DEFAULT NULL,
                     mood text DEFAULT NULL) RETURNS uuid LANGUAGE sql AS $$
    INSERT INTO headway.messages AS m (workspace_id, source, external_id, title, content, language, sent_at, ai_insights)
    VALUES (workspace, 'test', said.external_id, said.title, said.content, said.language, said.sent_at, jsonb_build_object('sentiment', jsonb_build_object('overall', mood)))
    RETURNING m.id $$;
-- Finds messages by their external ids, in the order of the result.
CREATE FUNCTION found(query text DEFAULT NULL, max_items int DEFAULT 20, skip_items int DEFAULT 0) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(coalesce(m.external_id, r.external_id), ' ' ORDER BY s.place), '')
    FROM headway_search_conversations(query, max_items => max_items, skip_items => skip_items) WITH ORDINALITY
         s (recording_id, message_id, customer_id, booking_id, call_started_at, title, snippet, rank, place)
    LEFT JOIN headway.messages m ON m.id = s.message_id LEFT JOIN headway.recordings r ON r.id = s.recording_id AND s.message_id IS NULL $$;
CREATE FUNCTION shown(query text) RETURNS text LANGUAGE sql AS 'SELECT s.snippet FROM headway_search_conversations(query) s LIMIT 1';

SET ROLE rita;
SELECT is(found('anything'), '', 'A workspace without conversations has no hits.');
SELECT is(found(), '', 'Nor has it anything newest.');
SELECT throws_ok($$ SELECT found('the of') $$, '8W021', 'query does not fit', 'Words that are too common are told in an empty workspace as well.');
RESET ROLE;

SELECT count(said(:'w', v.id, v.content, v.at::timestamptz, v.language, v.title, v.mood)) FROM (VALUES
    ('veg', 'Jo: We need vegetarian options for our guests.', '2025-06-03', 'en-US', 'Dinner', 'positive'),
    ('opt', 'Jo: There are options, and a vegetarian came along.', '2025-06-02', 'en', NULL, 'negative'),
    ('book', 'Jo: Our bookings were lost while we were booking the bookstore.', '2025-05-01', NULL, NULL, 'mixed'),
    ('park', 'Jo: Parking was full. We were happy.', '2025-04-01', 'english', 'Vegetarian lunch', NULL),
    ('haus', 'Jo: Die Häuser haben Parkplätze, und wir waren glücklich mit den Buchungen.', '2025-03-01', 'de-AT', NULL, 'neutral'),
    ('die', 'Jo: They die of hunger while parking.', '2024-12-31', 'en', NULL, 'negative'),
    ('xss', 'Jo: <script>alert("kettle")</script> kettle « forged » & <b>bold</b>', '2024-11-01', 'en', '<i>x</i>', NULL),
    ('nihon', 'Jo: 予約 confirmed', '2024-10-01', 'ja', NULL, NULL),
    ('old', 'Jo: A vegetarian theatre of long ago.', '1999-01-01', 'en', NULL, NULL),
    ('ever', 'Jo: An infinite vegetarian.', 'infinity', 'en', NULL, NULL)) v (id, content, at, language, title, mood) \gset _
SELECT count(said(:'other', 'b' || n, 'Bo: vegetarian vegetarian options kettle', '2025-06-05')) FROM generate_series(1, 3) n \gset _
SELECT headway_add_recording('silent', '+1 415 555 0100', '+1 415 555 0199', '2025-06-02 12:00', workspace => 'acme') AS silent \gset

SET ROLE rita;
SELECT is(found('vegetarian'), 'park ever veg opt old', 'A word is found wherever it was said, best in a title, then newest.');
SELECT is(found('VEGETARIANS'), found('vegetarian'), 'In any form.');
SELECT is(found('vegetarian options'), 'veg opt', 'All words must occur.');
SELECT is(found('"vegetarian options"'), 'veg', 'A phrase must occur as it is.');
SELECT is(found('"vegetarian options'), 'veg', 'Its second quotation mark can be missing.');
SELECT is(found('"options for our guests"'), 'veg', 'Common words within it keep their place.');
SELECT is(found('hunger or lost'), 'book die', 'Either word will do.');
SELECT is(found('hunger OR lost bookings or'), 'book die', 'And binds closer than or.');
SELECT is(found('vegetarian -options'), 'park ever old', 'What is not wanted is left out.');
SELECT is(found('vegetarian -"vegetarian options" -lunch'), 'ever opt old', 'So are phrases.');
SELECT is(found('veget*'), found('vegetarian'), 'The beginning of a word is enough with an asterisk.');
SELECT is(found('bookst*'), 'book', 'It need not be a stem.');
SELECT is(found('veg -veget*'), '', 'Without the asterisk it is a word.');
SELECT is(found('vegetarian -opti*'), 'park ever old', 'Beginnings can be unwanted.');
SELECT is(found('the*'), 'old', 'Even one that is a common word.');
SELECT is(found('ve*'), '', 'Two letters begin too much: they are a word.');
SELECT is(found('-vegetarian'), 'book haus die xss nihon', 'Only unwanted words leave the others.');
SELECT is(found('haus'), 'haus', 'German words are found by German rules');
SELECT is(found('parkplatz or parking'), 'park haus die', 'beside English ones.');
SELECT is(found('die'), 'die', 'What is a common word in one language is a word in another.');
SELECT is(found('glücklich -häusern'), '', 'What is unwanted is unwanted in each language.');
SELECT is(found('park* -parking'), 'haus', 'By the rules of each.');
SELECT is(found('予約'), 'nihon', 'Other languages are searched word by word.');
SELECT is((SELECT string_agg(headway._search_config(l)::text, ' ' ORDER BY p) FROM unnest('{en_US,DE_at,por-BR,French,sv,english}'::text[]) WITH ORDINALITY u (l, p)),
    'english german portuguese french simple english', 'A language is known however it is spelled, with a country or without.');
RESET ROLE;
SELECT count(said(:'w', v.id, v.content, v.at::timestamptz, v.language)) FROM (VALUES
    ('begun', 'Jo: A cancellation of my reservation. The wi-fi was hard to reach, I am happy about check-ins at 24-hour desks.', '2024-09-01', 'en'),
    ('carp', 'Jo: A carp can cancel nothing.', '2024-09-02', 'en'), ('ami', 'Jo: Les célébrations furent annulées.', '2024-09-03', 'fr'), ('mur', 'Jo: Die Häuserfronten sind Gewölbe.', '2024-09-04', 'de')) v (id, content, at, language) \gset _
SET ROLE rita;
SELECT is(found('reservat* reservati* reserv* reservation*'), 'begun', 'A beginning may be longer than the stem of its word.');
SELECT is(found('cancellat*') || ' ' || found('happy* -carp*'), 'carp begun park begun', 'What it finds are words of the same stem, as everywhere.');
SELECT is(found('carpet*') || found('cancer*') || found('whenev*'), '', 'But no shorter words.');
SELECT is(found('wi-fi* wi-f* check-i*'), 'begun', 'Words with a hyphen begin, too.');
SELECT is(found('24-hour* wi-fi') || found('24-hours* "wi-fi"'), 'begunbegun', 'What is no single word is a phrase.');
SELECT is(found('häuserf* gewölb*') || found('häus*'), 'murhaus mur', 'Letters that stems have otherwise are no obstacle');
SELECT is(found('célébra*') || found('annulé*') || found('célé*'), 'amiamiami', 'in any language.');
SELECT is(shown('cancellat*'), 'Jo: A carp can «cancel» nothing.', 'What they hit is marked.');
RESET ROLE;
DELETE FROM headway.messages WHERE external_id IN ('begun', 'carp', 'ami', 'mur');
SET ROLE rita;
SET client_min_messages = notice;
SELECT is(found('the parking at the "end of the" day'), '', 'Nobody is told of each common word.');
SET client_min_messages = error;
SELECT is(found(E'\u0001' || :'w' || '/english/ever'), '', 'Nobody can name a mark.');
SELECT is(found('''''; DROP TABLE headway.messages; -- \ & | ! <-> ( :* *'), '', 'Operators of the server are none here.');
SELECT is(found('"" - * or vegetarian'), found('vegetarian'), 'Signs without a word mean nothing.');

SELECT is(found(), 'ever veg silent opt book park haus die xss nihon old', 'Without a query the newest come first, recordings without a transcript among them.');
SELECT is(found(NULL, 3, 2), 'silent opt book', 'They have pages.');
SELECT is((SELECT string_agg(found('vegetarian', 1, n), ' ' ORDER BY n) FROM generate_series(0, 5) n), found('vegetarian') || ' ', 'Pages of a query join without a gap.');
SELECT is((SELECT count(*) FROM headway_search_conversations(sentiment => 'negative')), 2::bigint, 'A sentiment is a filter');
SELECT is((SELECT count(*) FROM headway_search_conversations('options', sentiment => 'negative')), 1::bigint, 'of a query as well.');
SELECT is((SELECT count(*) FROM headway_search_conversations(from_date => '2025-01-01', to_date => '2025-06-02')), 4::bigint, 'So is a time, ends included.');
SELECT is((SELECT count(*) FROM headway_search_conversations('vegetarian', from_date => '2025-01-01', to_date => '2025-06-02')), 2::bigint, 'For a query, too.');
SELECT is((SELECT count(*) FROM headway_search_conversations('vegetarian', from_date => '2030-01-01', to_date => '2031-06-02')), 0::bigint, 'A time without conversations has none.');

SELECT is(shown('vegetarian guests'), 'Jo: We need «vegetarian» options for our «guests».', 'Hits are marked.');
SELECT is(shown('parkplatz'), 'Jo: Die Häuser haben «Parkplätze», und wir waren glücklich mit den Buchungen.', 'In the form in which they were said.');
SELECT is(shown('bookst*'), 'Jo: Our bookings were lost while we were booking the «bookstore».', 'Beginnings, too.');
SELECT ok(shown('kettle') !~ 'forged »|« forged' AND shown('kettle') ~ '«kettle»', 'What was said cannot pose as a mark.');
SELECT is((SELECT count(*) FROM headway_search_conversations() s WHERE s.snippet ~ E'[\n\r]' OR length(s.snippet) > 200), 0::bigint, 'Without a query the beginning is shown, as one line.');
RESET ROLE;
SELECT is(headway._one_line(E'می\u200Cخواهم 👨\u200D👩\u200D👧\u200B\u200E\u202Eok', 50), E'می\u200Cخواهم 👨\u200D👩\u200D👧 ok', 'What joins letters or emoji stays.');
SELECT said(:'w', 'huge', repeat('Some words about nothing in particular. ', 25000) || E'\nJo: The zebra is happily grazing. ' || repeat('More of it. ', 600000), '2025-06-04') AS huge \gset
SELECT said(:'w', 'line', repeat('x', 3000000) || ' zebra', '2025-06-03') AS line \gset
SET ROLE rita;
SELECT is(found('zebra'), '', 'Text beyond 900 kB is not searched.');
RESET ROLE;
UPDATE headway.messages SET content = 'Once there was a zebra here. ' || repeat('Some words about nothing in particular. ', 2000) || E'\nJo: The zebra is happy grazing «here». ' || repeat('More of it. ', 600000) WHERE id = :'huge';
SET ROLE rita;
SELECT ok(shown('"zebra is happy"') ~ '«zebra» is «happy» grazing "here"', 'Of a huge transcript the place of the phrase is shown.');
SELECT ok(shown('happiness') ~ '«happy»', 'Also where a word ends otherwise than its stem.');
SELECT ok(length(shown('particular')) < 500 AND shown('particular') ~ '«particular»', 'And no more than a few lines of it.');

-- With customers and bookings.
RESET ROLE;
INSERT INTO headway.customers (workspace_id, name, region, external_id) VALUES (:'w', 'John', 'US', 'crm-1') RETURNING id AS john \gset
INSERT INTO headway.bookings (workspace_id, customer_id, starts_at, external_id) VALUES (:'w', :'john', '2025-06-09', 'bk-1') RETURNING id AS booking \gset
INSERT INTO headway.recordings (workspace_id, external_id, message_id, direction, call_started_at, customer_id, booking_id)
SELECT m.workspace_id, m.external_id, m.id, 'inbound', m.sent_at, :'john', CASE m.external_id WHEN 'veg' THEN :'booking'::uuid END
FROM headway.messages m WHERE m.workspace_id = :'w' AND m.external_id IN ('veg', 'opt', 'haus');
UPDATE headway.recordings SET customer_id = :'john', booking_id = :'booking' WHERE id = :'silent';
UPDATE headway.messages SET customer_id = :'john' WHERE workspace_id = :'w' AND external_id IN ('old', 'park');
SET ROLE rita;
SELECT is((SELECT string_agg(m.external_id, ' ' ORDER BY m.sent_at) FROM headway_search_conversations('vegetarian', 'crm-1') s JOIN headway.messages m ON m.id = s.message_id),
    'old park opt veg', 'A query among a customer''s conversations.');
SELECT is((SELECT count(*) FROM headway_search_conversations(customer => :'john')), 6::bigint, 'All of a customer''s conversations.');
SELECT results_eq($$ SELECT recording_id IS NULL, booking_id IS NULL FROM headway_search_conversations(booking => 'bk-1') $$, $$ VALUES (false, false), (false, false) $$, 'All about a booking.');
SELECT results_eq($$ SELECT title FROM headway_search_conversations('options', booking => 'bk-1', customer => 'crm-1', sentiment => 'positive', from_date => '2025-06-01') $$,
    $$ VALUES ('Dinner') $$, 'All filters together.');
SELECT is((SELECT s.customer_id FROM headway_search_conversations('"vegetarian options"') s), :'john', 'A hit names its customer.');

-- Nobody else's.
SET ROLE bob;
SELECT is(found('vegetarian'), 'b' || (SELECT string_agg(right(m.external_id, 1), ' b' ORDER BY m.id DESC) FROM headway.messages m), 'Another tenant finds his own; equal ranks and times are ordered by id.');
SELECT is((SELECT count(DISTINCT s.rank) FROM headway_search_conversations('vegetarian') s), 1::bigint, 'His ranks depend on his own conversations alone.');
SELECT throws_ok($$ SELECT * FROM headway_search_conversations('vegetarian', workspace => 'acme') $$, '8W001', 'unknown workspace', 'Who is no member learns nothing.');
SELECT throws_ok($$ SELECT * FROM headway_search_conversations('the', customer => 'x', workspace => 'acme') $$, '8W001', 'unknown workspace', 'Membership comes before anything else.');
SELECT throws_ok($$ SELECT headway._search_hits(gen_random_uuid(), '{}', '{}', '{}', NULL, NULL, NULL, 1) $$, '42501', NULL, 'What does the work is out of his reach.');
SELECT is_empty(format($$ SELECT id FROM headway.messages m WHERE m.workspace_id = %L AND m.search @@ 'vegetarian' $$, :'w'), 'A plain query sees no more.');

SET ROLE rita;
SELECT throws_ok($$ SELECT found('') $$, '8W021', 'query does not fit', 'An empty query is none.');
SELECT throws_ok($$ SELECT found(repeat('x', 2001)) $$, '8W021', 'query does not fit', 'Nor a very long one.');
SELECT throws_ok($$ SELECT found(repeat('x ', 201)) $$, '8W021', 'query does not fit', 'Nor one of many words.');
SELECT throws_ok($$ SELECT found('x', -1) $$, '8W021', 'max_items does not fit', 'Numbers have their range:');
SELECT throws_ok($$ SELECT found('x', 1001) $$, '8W021', 'max_items does not fit', 'how many');
SELECT throws_ok($$ SELECT found('x', 1, -1) $$, '8W021', 'skip_items does not fit', 'and from which on.');
SELECT throws_ok($$ SELECT * FROM headway_search_conversations('x', sentiment => 'angry') $$, '8W021', 'sentiment does not fit', 'A sentiment is one of four.');
SELECT throws_ok($$ SELECT * FROM headway_search_conversations('x', from_date => '2025-01-02', to_date => '2025-01-01') $$, '8W021', 'from_date does not fit', 'Time goes forward.');
SELECT throws_ok($$ SELECT * FROM headway_search_conversations(customer => 'nobody') $$, '8W019', 'unknown customer', 'A customer must exist.');
SELECT throws_ok($$ SELECT * FROM headway_search_conversations(booking => 'nothing') $$, '8W019', 'unknown booking', 'So must a booking.');

-- At both ends of time.
RESET ROLE;
SELECT said(:'w', 'first', 'gnomon', '4714-11-24 00:00+00 BC'), said(:'w', 'later', 'gnomon', '2025-02-01'), said(:'w', 'last', 'gnomon', '294276-12-31 23:59:59.999999+00'),
       said(:'w', 'endless', 'gnomon', 'infinity') \gset _
SET ROLE rita;
SELECT is(found('gnomon'), 'endless last later first', 'Conversations are found from the first moment to the last.');
SELECT results_eq($$ SELECT m.external_id FROM (VALUES ('294276-12-31 23:59:59.999999+00'::timestamptz), ('infinity')) t (at)
                     CROSS JOIN LATERAL headway_search_conversations('gnomon', to_date => t.at) s JOIN headway.messages m ON m.id = s.message_id ORDER BY t.at, s.call_started_at $$,
    ARRAY['first', 'later', 'last', 'first', 'later', 'last', 'endless'], 'A search may end at the last moment.');

-- How it works: by the index of words, and without indexing a message again that is read.
RESET ROLE;
SELECT count(said(:'w', 'n' || n, 'Jo: filler ' || n || ' about vegetarian things', '2020-01-01'::timestamptz + n * interval '1 day')) FROM generate_series(1, 2000) n \gset _
ANALYZE headway.messages;
CREATE FUNCTION scans(index_name regclass) RETURNS bigint LANGUAGE sql AS 'SELECT pg_stat_get_xact_numscans(index_name)';
SELECT scans('headway.messages_search') AS before \gset
SET ROLE rita;
SELECT is(found('filler 1777'), 'n1777', 'One of many is found.');
RESET ROLE;
SELECT ok(scans('headway.messages_search') > :before, 'By the index.');
SELECT is((SELECT count(*) FROM generate_series(0, 2000, 500) p, headway_search_conversations('filler', workspace => 'acme', max_items => 500, skip_items => p)), 2000::bigint,
    'Hits of all months are found.');
SELECT is((SELECT count(*) FROM generate_series(0, 2000, 500) p, headway_search_conversations('filler -17', from_date => '2020-06-01', to_date => '2024-05-31',
              workspace => 'acme', max_items => 500, skip_items => p)), 1461::bigint, 'Those of a time as well.');
SELECT count(said(:'w', 'q' || n, 'quokka', '2021-01-01'::timestamptz + n * interval '1 hour', (ARRAY['en', 'de'])[1 + n % 2])) FROM generate_series(1, 5100) n \gset _
SELECT results_eq($$ SELECT min(call_started_at), count(*) FROM headway_search_conversations('quokka', workspace => 'acme', max_items => 1000, skip_items => 4500) $$,
    $$ VALUES ('2021-01-01'::timestamptz + interval '101 hours', 500::bigint) $$, 'Of more than 5000 hits the newest 5000 are ranked, whatever their languages.');
CREATE FUNCTION hot_updates() RETURNS bigint LANGUAGE sql AS 'SELECT pg_stat_get_xact_tuples_hot_updated(''headway.messages''::regclass)';
SELECT hot_updates() AS before \gset
UPDATE headway.messages SET ai_insights = jsonb_build_object('summary', repeat('What was found. ', 5)), is_processed = true WHERE external_id IN ('n10', 'n500', 'n1000');
SELECT is(hot_updates() - :before, 3::bigint, 'What is found in a message is stored beside it, without another index entry.');
SELECT is((SELECT m.search FROM headway.messages m WHERE m.id = :'huge'), headway._search_vector(m.workspace_id, m.sent_at, m.language, m.title, m.content), 'The stored words are those of the text.')
FROM headway.messages m WHERE m.id = :'huge';
CREATE OR REPLACE FUNCTION headway._search_vector(w uuid, sent_at timestamptz, language text, title text, content text) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE EXCEPTION 'computed'; END $$;
SELECT lives_ok(format($$ UPDATE headway.messages SET ai_insights = '{}', is_processed = true, customer_id = %L WHERE external_id = 'huge' $$, :'john'),
    'What is found in a message is written without computing them again.');
SELECT throws_ok($$ UPDATE headway.messages SET title = 'x' WHERE external_id = 'huge' $$, 'P0001', 'computed', 'A changed text is not.');

-- What only reads works on a standby.
SET transaction_read_only = on;
SET ROLE rita;
SELECT lives_ok($$ SELECT * FROM headway_search_conversations('vegetarian') $$, 'A search writes nothing.');

SELECT * FROM finish();
ROLLBACK;
