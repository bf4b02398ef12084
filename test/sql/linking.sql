\set ECHO none
\i test/setup.psql
-- Whose call it was: by number, by address, by company, and by context where several could have called.
SELECT plan(72);

SELECT headway_add_workspace('acme') AS w \gset

-- A call with this number on the other side; our own line is 0199.
CREATE FUNCTION call(ext text, phone text, words text DEFAULT NULL, at timestamptz DEFAULT '2026-11-10 15:00+00', direction text DEFAULT 'inbound', metadata jsonb DEFAULT '{}')
    RETURNS uuid LANGUAGE sql AS $$
    SELECT headway_add_recording(ext, CASE direction WHEN 'outbound' THEN '(415) 555-0199' ELSE phone END, CASE direction WHEN 'outbound' THEN phone ELSE '(415) 555-0199' END,
                                 at, direction, 300, words, metadata => metadata, workspace => 'acme') $$;
CREATE FUNCTION whose(ext text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', r.link_status, c.name) FROM headway.recordings r LEFT JOIN headway.customers c ON c.workspace_id = r.workspace_id AND c.id = r.customer_id
    WHERE r.external_id = ext $$;
CREATE FUNCTION again(ext text) RETURNS text LANGUAGE sql AS $$
    SELECT headway_link_recording((SELECT id FROM headway.recordings WHERE external_id = ext), 'acme'); SELECT whose(ext) $$;
CREATE FUNCTION candidates(ext text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(c ->> 'name', ' ' ORDER BY n) FROM headway.recordings r, jsonb_array_elements(r.link_reason -> 'customers') WITH ORDINALITY x (c, n) WHERE r.external_id = ext $$;
CREATE FUNCTION points(ext text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg((c ->> 'name') || ':' || (c ->> 'points'), ' ' ORDER BY n) FROM headway.recordings r, jsonb_array_elements(r.link_reason -> 'customers') WITH ORDINALITY x (c, n) WHERE r.external_id = ext $$;

INSERT INTO headway.customers (workspace_id, name, phone, region, external_id) VALUES
    (:'w', 'Ann Lee', '(415) 555-0101', 'US', 'crm-1'), (:'w', 'Bob Ray', '020 7946 0958', 'GB', NULL), (:'w', 'Cid Fox', 'ask her husband', 'US', NULL);

-- Which side is theirs.
SELECT call('in', '+14155550101'), call('out', '+14155550101', direction => 'outbound') \gset ignored_
SELECT is(whose('in'), 'customer_only Ann Lee', 'An inbound call is its caller''s.');
SELECT is(whose('out'), 'customer_only Ann Lee', 'An outbound call is that of whom we called.');
SELECT is((SELECT customer_ref FROM headway.recordings WHERE external_id = 'in'), 'crm-1', 'A recording carries the app''s own key.');
SELECT ok((SELECT linked_at IS NOT NULL FROM headway.recordings WHERE external_id = 'in'), 'It says when it was linked.');
SELECT headway_add_recording('inside', '+14155550101', '+14155550101', '2026-11-10 15:00+00', 'internal') \gset ignored_
SELECT is(whose('inside'), 'unmatched', 'An internal call is nobody''s, though its numbers are a customer''s.');
SELECT is((SELECT link_reason ->> 'why' FROM headway.recordings WHERE external_id = 'inside'), 'an internal call', 'It says why.');
INSERT INTO headway.recordings (workspace_id, external_id, from_phone, from_e164, to_e164, call_started_at) VALUES
    (:'w', 'undirected', '+1 415 555 0101', '+14155550101', '+14155550199', '2026-11-10 15:00+00');
SELECT is(again('undirected'), 'customer_only Ann Lee', 'A call whose direction nobody knows is its caller''s.');
SELECT call('wrong way', '+14155550199', direction => 'inbound') \gset ignored_
SELECT is(whose('wrong way'), 'unmatched', 'Nobody''s number finds nobody.');
SELECT is((SELECT link_reason ->> 'why' FROM headway.recordings WHERE external_id = 'wrong way'), 'nobody''s number', 'It says that the number is nobody''s.');
SELECT call('withheld', 'anonymous'), call('none', NULL), call('emergency', '911') \gset ignored_
SELECT results_eq($$ SELECT whose(e), link_reason ->> 'why' FROM (VALUES ('withheld'), ('none'), ('emergency')) v (e) JOIN headway.recordings r ON r.external_id = e $$,
    $$ SELECT 'unmatched', 'no number' FROM generate_series(1, 3) $$, 'A call without a number that can be one is nobody''s, also where a customer''s number is none.');

-- Spellings.
SELECT count(call('s' || n, s)) FROM unnest(ARRAY['+14155550101', '415-555-0101', '1 (415) 555.0101', 'tel:+1-415-555-0101', '415 555 0101 ext. 7', ' +1415 5550101 ', '(415)5550101']) WITH ORDINALITY v (s, n) \gset ignored_
SELECT is((SELECT count(*) FROM headway.recordings WHERE external_id ~ '^s[0-9]$' AND link_status = 'customer_only'), 7::bigint, 'Each spelling of one number finds its customer.');
SELECT call('london', '+44 20 7946 0958') \gset ignored_
SELECT is(whose('london'), 'customer_only Bob Ray', 'A customer''s number is read in the customer''s own region.');
SELECT call('not london', '020 7946 0958') \gset ignored_
SELECT is(whose('not london'), 'unmatched', 'A call''s number without a country code is one of the workspace''s region.');

-- Further numbers.
INSERT INTO headway.customer_phones (workspace_id, customer_id, phone, region) SELECT :'w', id, v.phone, 'US' FROM headway.customers, (VALUES ('415 555 0301'), ('415 555 0101')) v (phone) WHERE name = 'Ann Lee';
SELECT call('further', '+14155550301') \gset ignored_
SELECT is(whose('further'), 'customer_only Ann Lee', 'A customer is found by a further number.');
SELECT is(again('in'), 'customer_only Ann Lee', 'Who has the same number twice is one customer.');

-- Numbers that identify nobody.
INSERT INTO headway.shared_phones (workspace_id, phone_e164, reason) VALUES (:'w', '+14155550301', 'the hotel''s desk');
SELECT is(again('further'), 'unmatched', 'A number that is listed as shared finds nobody.');
SELECT throws_ok(format('INSERT INTO headway.shared_phones (workspace_id, phone_e164) VALUES (%L, ''415 555 0301'')', :'w'), '23514', NULL, 'A shared number must be in E.164, or it would never hold.');
SELECT count(call('lines' || n, '+1415555070' || n)) FROM generate_series(1, 3) n \gset ignored_
INSERT INTO headway.customers (workspace_id, name, phone, region) VALUES (:'w', 'Our Own Desk', '(415) 555-0199', 'US');
SELECT is(again('wrong way'), 'unmatched', 'The company''s own line, which three others have called, is no customer''s, whoever has typed it there.');
INSERT INTO headway.customers (workspace_id, name, phone, region) SELECT :'w', 'Typist ' || n, '415 555 0400', 'US' FROM generate_series(1, 10) n;
SELECT call('ten', '+14155550400') \gset ignored_
SELECT is(whose('ten'), 'ambiguous', 'Ten who have one number are candidates.');
INSERT INTO headway.customer_phones (workspace_id, customer_id, phone, region) SELECT :'w', id, '415 555 0400', 'US' FROM headway.customers WHERE name = 'Bob Ray';
SELECT is(again('ten'), 'unmatched', 'A number that eleven have identifies nobody.');

-- One number, three customers: what tells them apart. Entered in no order.
INSERT INTO headway.customers (workspace_id, name, phone, region, external_id) VALUES
    (:'w', 'Zoe Park', '415 555 0200', 'US', 'b'), (:'w', 'Amy Park', '415 555 0200', 'US', 'c'), (:'w', 'Max Park', '415 555 0200', 'US', 'a');
SELECT call('shared', '+14155550200') \gset ignored_
SELECT is(whose('shared'), 'ambiguous', 'A number of three customers tells nothing by itself: it is never a guess.');
SELECT is(candidates('shared'), 'Max Park Zoe Park Amy Park', 'The candidates are in the order of the app''s keys.');
SELECT is((SELECT count(DISTINCT again('shared') || candidates('shared')) FROM generate_series(1, 5)), 1::bigint, 'They are in the same order on every run.');
SELECT ok((SELECT customer_id IS NULL AND booking_id IS NULL AND link_score IS NULL FROM headway.recordings WHERE external_id = 'shared'), 'An ambiguous call has no customer.');
UPDATE headway.customers SET phone = '415 555 9999' WHERE name LIKE '% Park';  -- the rows move about in the table
UPDATE headway.customers SET phone = '415 555 0200' WHERE name = 'Amy Park';
UPDATE headway.customers SET phone = '415 555 0200' WHERE name IN ('Zoe Park', 'Max Park');
SELECT is(again('shared') || ': ' || candidates('shared'), 'ambiguous: Max Park Zoe Park Amy Park', 'Whoever was entered first, the order is the same.');

SELECT call('named', '+14155550200', E'Agent: Hello.\nCaller: Hi, this is Zoe Park.') \gset ignored_
SELECT is(whose('named'), 'customer_only Zoe Park', 'Who says the full name is known.');
SELECT is(points('named'), 'Zoe Park:5 Max Park:0 Amy Park:0', 'The full name counts 5.');
SELECT call('first', '+14155550200', E'Agent: Hello.\nCaller: It''s amy again!') \gset ignored_
SELECT is(whose('first') || ' ' || points('first'), 'customer_only Amy Park Amy Park:3 Max Park:0 Zoe Park:0', 'The first name, which counts 3, is enough.');
SELECT call('labels', '+14155550200', E'Agent: Hello.\nAmy: A table, please.\n[00:01:02] Amy: Thanks.') \gset ignored_
SELECT is(whose('labels'), 'ambiguous', 'A speaker''s label is nothing that is said: whoever transcribed may have guessed it.');
SELECT call('inside a word', '+14155550200', E'Agent: Hello.\nCaller: The maximum, please. We saw zoeology.') \gset ignored_
SELECT is(whose('inside a word'), 'ambiguous', 'A name within another word is none.');
SELECT call('both named', '+14155550200', E'Agent: Hello.\nCaller: Zoe and Max will come.') \gset ignored_
SELECT is(whose('both named'), 'ambiguous', 'Two who are named are not told apart by it.');

-- By a booking: made during the call or soon after it, or open and near the call.
CREATE FUNCTION book(who text, starts timestamptz, made timestamptz DEFAULT '2026-11-01 00:00+00', state text DEFAULT 'confirmed') RETURNS uuid LANGUAGE sql AS $$
    INSERT INTO headway.bookings (workspace_id, customer_id, starts_at, booked_at, status) SELECT workspace_id, id, starts, made, state FROM headway.customers WHERE name = who RETURNING id $$;
SELECT book('Amy Park', '2027-01-20 19:00+00', '2026-11-10 15:09+00') AS amys \gset
SELECT is(again('shared'), 'linked Amy Park', 'Of three who share a number, the caller is who had a booking four minutes after the call''s end.');
SELECT is((SELECT booking_id FROM headway.recordings WHERE external_id = 'shared'), :'amys', 'And that booking was what it was about.');
SELECT is((SELECT link_reason #>> '{customers,0,just_booked}' FROM headway.recordings WHERE external_id = 'shared'), 'true', 'The reason says so.');
UPDATE headway.bookings SET booked_at = '2026-11-10 16:05:01+00' WHERE id = :'amys';
SELECT is(again('shared'), 'ambiguous', 'A booking made more than an hour after the call''s end tells nothing.');
UPDATE headway.bookings SET booked_at = '2026-11-10 14:59:59+00' WHERE id = :'amys';
SELECT is(again('shared'), 'ambiguous', 'Neither does one made before the call.');
SELECT book('Max Park', '2026-11-11 14:59+00') \gset ignored_
SELECT is(again('shared') || ' ' || points('shared'), 'linked Max Park Max Park:3 Zoe Park:0 Amy Park:0', 'An open booking within a day tells whose call it was.');
UPDATE headway.bookings SET status = 'cancelled' WHERE starts_at = '2026-11-11 14:59+00';
SELECT is(again('shared'), 'ambiguous', 'A cancelled one does not.');

-- By recent contact through a number of one's own.
INSERT INTO headway.customer_phones (workspace_id, customer_id, phone, region) SELECT :'w', id, '415 555 0201', 'US' FROM headway.customers WHERE name = 'Zoe Park';
SELECT call('from her own', '+14155550201', at => '2026-11-02 12:00+00') \gset ignored_
SELECT is(again('shared') || ' ' || points('shared'), 'customer_only Zoe Park Zoe Park:3 Max Park:0 Amy Park:0', 'Who called lately from a number of her own is the likelier one.');
UPDATE headway.recordings SET call_started_at = '2026-10-01 12:00+00' WHERE external_id = 'from her own';
SELECT is(again('shared'), 'ambiguous', 'Forty days are not lately.');
UPDATE headway.recordings SET call_started_at = '2026-11-02 12:00+00' WHERE external_id = 'from her own';
INSERT INTO headway.customer_phones (workspace_id, customer_id, phone, region) SELECT :'w', id, '415 555 0201', 'US' FROM headway.customers WHERE name = 'Amy Park';
SELECT is(again('shared'), 'ambiguous', 'A number that another has as well is not one of her own.');
DELETE FROM headway.customer_phones WHERE phone = '415 555 0201';

-- By e-mail and company.
INSERT INTO headway.customers (workspace_id, name, email, company_domain) VALUES
    (:'w', 'Eve Stone', 'Eve@Stone.example', NULL), (:'w', 'Gus Gmail', 'gus@gmail.com', NULL), (:'w', 'Rock Ltd', NULL, 'rock.example'),
    (:'w', 'Twin One', 'twins@two.example', NULL), (:'w', 'Twin Two', 'twins@two.example', NULL);
CREATE FUNCTION party(VARIADIC who text[]) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('parties', jsonb_agg(jsonb_strip_nulls(jsonb_build_object('email', split_part(e, '|', 1), 'affiliation', nullif(split_part(e, '|', 2), ''))))) FROM unnest(who) e $$;
SELECT call('mail', NULL, 'Eve: Hello.', metadata => party('EVE@stone.EXAMPLE')) \gset ignored_
SELECT is(whose('mail'), 'customer_only Eve Stone', 'A call without a number finds its customer by a party''s address, however it is spelled.');
SELECT is((SELECT link_reason ->> 'by' FROM headway.recordings WHERE external_id = 'mail'), 'email', 'It says so.');
SELECT call('company', NULL, 'Ed: Hello.', metadata => party('ed@rock.example')) \gset ignored_
SELECT is(whose('company'), 'customer_only Rock Ltd', 'A colleague finds the customer by the company''s domain.');
SELECT call('colleague', NULL, 'Al: Hello.', metadata => party('al@stone.example')) \gset ignored_
SELECT is(whose('colleague'), 'customer_only Eve Stone', 'The domain may be that of the customer''s own address.');
SELECT call('free mail', NULL, 'Al: Hello.', metadata => party('al@gmail.com')) \gset ignored_
SELECT is(whose('free mail'), 'unmatched', 'Where anybody can have a mailbox, a domain says nothing.');
SELECT call('his free mail', NULL, 'Gus: Hello.', metadata => party('gus@gmail.com')) \gset ignored_
SELECT is(whose('his free mail'), 'customer_only Gus Gmail', 'The address itself does.');
SELECT call('ours', NULL, 'Eve: Hello.', metadata => party('eve@stone.example|internal', 'x@nobody.example')) \gset ignored_
SELECT is(whose('ours'), 'unmatched', 'Who belongs to the company itself is not looked for.');
SELECT call('address first', NULL, 'Eve: Hello.', metadata => party('someone@rock.example', 'eve@stone.example')) \gset ignored_
SELECT is(whose('address first'), 'customer_only Eve Stone', 'An address says more than a company.');
SELECT call('number first', '+14155550101', 'Eve: Hello.', metadata => party('eve@stone.example')) \gset ignored_
SELECT is(whose('number first'), 'customer_only Ann Lee', 'A number says more than an address.');
SELECT is((SELECT customer_id FROM headway.messages WHERE external_id = 'number first'), NULL, 'The conversation behind a recording leaves it to the recording whose it was.');
SELECT call('number unknown', '+14155550999', 'Eve: Hello.', metadata => party('eve@stone.example')) \gset ignored_
SELECT is(whose('number unknown'), 'customer_only Eve Stone', 'An address helps where the number is nobody''s.');
SELECT call('twins', NULL, 'Tim: Hello.', metadata => party('twins@two.example')) \gset ignored_
SELECT is(whose('twins'), 'ambiguous', 'An address of two customers is ambiguous.');
SELECT call('twin', NULL, 'Tim: Hello, Twin Two speaking.', metadata => party('twins@two.example')) \gset ignored_
SELECT is(whose('twin'), 'customer_only Twin Two', 'What is said tells them apart.');
INSERT INTO headway.customer_phones (workspace_id, customer_id, phone, region) SELECT :'w', id, '415 555 0601', 'US' FROM headway.customers WHERE name = 'Twin One';
SELECT call('twin one''s', '+14155550601', at => '2026-11-09 12:00+00') \gset ignored_
SELECT is(again('twins'), 'customer_only Twin One', 'So does a recent call by a number that one of them has alone.');

-- Conversations without a recording.
SELECT headway_ingest_transcript('m-eve', 'Eve: Hello.', author_email => 'eve@stone.example', extract_features => false) AS meve,
       headway_ingest_transcript('m-rock', 'Ed: Hello.', metadata => party('ed@rock.example'), extract_features => false) AS mrock,
       headway_ingest_transcript('m-twins', 'Tim: Hello.', metadata => party('twins@two.example', 'ed@rock.example'), extract_features => false) AS mtwins,
       headway_ingest_transcript('m-ours', 'Eve: Hello.', metadata => party('eve@stone.example|internal'), extract_features => false) AS mours \gset
SELECT results_eq($$ SELECT m.external_id, c.name FROM headway.messages m LEFT JOIN headway.customers c ON c.workspace_id = m.workspace_id AND c.id = m.customer_id WHERE m.external_id LIKE 'm-%' ORDER BY 1 $$,
    $$ VALUES ('m-eve', 'Eve Stone'), ('m-ours', NULL), ('m-rock', 'Rock Ltd'), ('m-twins', NULL) $$, 'Conversations without a recording are linked by address and company, and not where two are meant.');
CREATE FUNCTION meetings_of() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(m.external_id || ': ' || coalesce(c.name, 'nobody'), ', ' ORDER BY m.external_id) FROM headway.messages m
    LEFT JOIN headway.customers c ON c.workspace_id = m.workspace_id AND c.id = m.customer_id WHERE m.external_id IN ('m-eve', 'm-rock') $$;
UPDATE headway.customers SET email = 'eve@elsewhere.example' WHERE name = 'Eve Stone';
INSERT INTO headway.customers (workspace_id, name, company_domain) VALUES (:'w', 'Rock Two', 'rock.example');
SELECT is(headway_link_recordings(since => now(), only_unlinked => false), 2::bigint, 'Looked at again, conversations lose the customer whom nothing speaks for any more, or who is one of two.');
SELECT is(meetings_of(), 'm-eve: nobody, m-rock: nobody', 'They are nobody''s.');
UPDATE headway.customers SET email = 'eve@stone.example' WHERE name = 'Eve Stone';
DELETE FROM headway.customers WHERE name = 'Rock Two';
SELECT headway_link_recordings() \gset ignored_
SELECT is(meetings_of(), 'm-eve: Eve Stone, m-rock: Rock Ltd', 'And are found again.');

-- Parties as nobody expects them.
SELECT lives_ok(format($$ SELECT headway_ingest_transcript('odd %s', 'Eve: Hello.', metadata => jsonb_build_object('parties', %L::jsonb), extract_features => false) $$, md5(p), p), 'Parties may be: ' || left(p, 60))
FROM (VALUES ('"eve@stone.example"'), ('{"email": "eve@stone.example"}'), ('[1, null, "x", ["eve@stone.example"], {"email": {"a": "eve@stone.example"}}, {"email": 7}, {"email": "@"}, {"email": "a@"}]'),
             (jsonb_build_array(jsonb_build_object('email', repeat('x1y2z3', 2000) || '@' || repeat('domain', 2000) || '.example'))::text)) v (p);
SELECT lives_ok(format('SELECT headway_ingest_transcript(''long'', ''Eve: Hello.'', author_email => %L, extract_features => false)', (SELECT string_agg(md5(n::text), '') FROM generate_series(1, 200) n) || '@long.example'),
    'An address that is far too long does not keep a conversation out.');

-- Bad input.
SELECT throws_ok('SELECT headway_link_recording(''00000000-0000-0000-0000-000000000000'')', '8W019', 'unknown recording', 'A recording that is not there is refused.');
SELECT throws_ok('SELECT headway_link_recording(NULL)', '8W019', 'unknown recording', 'So is NULL.');
SELECT throws_ok('SELECT headway_preview_link(''00000000-0000-0000-0000-000000000000'')', '8W019', 'unknown recording', 'Also for a preview.');
SELECT throws_ok('SELECT headway_link_recordings(workspace => ''nowhere'')', '8W001', 'unknown workspace', 'A workspace that is not there is refused.');
SELECT lives_ok('SELECT headway_link_recordings(NULL, NULL)', 'NULLs mean the defaults.');

-- A second workspace has the same number and addresses.
SELECT headway_add_workspace('other') AS other \gset
INSERT INTO headway.customers (workspace_id, name, phone, region, email) VALUES (:'other', 'Stranger', '415 555 0101', 'US', 'eve@stone.example'), (:'other', 'Strange', '415 555 0777', 'US', NULL);
SELECT call('strange', '+14155550777') \gset ignored_
SELECT is(whose('strange'), 'unmatched', 'Another workspace''s customers are not found.');
SELECT headway_link_recordings(only_unlinked => false, workspace => 'acme') \gset ignored_
SELECT results_eq($$ SELECT DISTINCT c.workspace_id = r.workspace_id FROM headway.recordings r JOIN headway.customers c ON c.id = r.customer_id $$, 'VALUES (true)', 'Nor by set.');
SELECT is(whose('in') || ', ' || whose('mail'), 'customer_only Ann Lee, customer_only Eve Stone', 'And they make nobody ambiguous.');

SELECT * FROM finish();
ROLLBACK;
