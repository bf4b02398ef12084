\set ECHO none
\i test/setup.psql
-- What waited for a customer, a number, an address, a booking or a transcript is linked when it comes.
SELECT plan(38);

SELECT headway_add_workspace('acme') AS w \gset
CREATE FUNCTION now_linked(ext text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', r.link_status, c.name, b.external_id) FROM headway.recordings r LEFT JOIN headway.customers c ON c.workspace_id = r.workspace_id AND c.id = r.customer_id
    LEFT JOIN headway.bookings b ON b.workspace_id = r.workspace_id AND b.id = r.booking_id WHERE r.external_id = ext $$;
CREATE FUNCTION call(ext text, phone text, at timestamptz DEFAULT '2026-03-10 15:00+00', words text DEFAULT NULL, metadata jsonb DEFAULT '{}') RETURNS uuid LANGUAGE sql AS $$
    SELECT headway_add_recording(ext, phone, '415 555 0199', at, 'inbound', 300, words, metadata => metadata, workspace => 'acme') $$;
CREATE FUNCTION tick() RETURNS int LANGUAGE sql AS $$ SELECT (headway_tick() ->> 'linked')::int $$;

SELECT call('a', '415 555 0101'), call('a2', '415 555 0101'), call('b', '415 555 0102'), call('mail', NULL, words => 'Eve: Hi.', metadata => '{"parties": [{"email": "eve@stone.example"}]}'),
       call('company', '415 555 0103', words => 'Al: Hi.', metadata => '{"parties": [{"email": "al@rock.example"}]}'), call('stranger', '415 555 0199') \gset ignored_
SELECT headway_ingest_transcript('m-mail', 'Eve: Hi.', author_email => 'Eve@stone.example', extract_features => false), headway_ingest_transcript('m-company', 'Al: Hi.', metadata => '{"parties": [{"email": "al@rock.example"}]}', extract_features => false) \gset ignored_
SELECT is((SELECT count(*) FROM headway.recordings WHERE link_status = 'unmatched'), 6::bigint, 'Calls of nobody wait.');
SELECT is(tick(), 0, 'A tick without news changes nothing.');
SELECT ok((SELECT looked_at = now() FROM headway._linking WHERE workspace_id = :'w'), 'It remembers how far it has looked.');

-- A customer, a further number, an address, a company.
INSERT INTO headway.customers (workspace_id, name, phone, region) VALUES (:'w', 'Ann', '415 555 0101', 'US');
SELECT is(tick(), 2, 'A customer is entered late: both her calls are linked.');
SELECT is(now_linked('a') || ', ' || now_linked('a2'), 'customer_only Ann, customer_only Ann', 'With her.');
INSERT INTO headway.customer_phones (workspace_id, customer_id, phone, region) SELECT :'w', id, '415 555 0102', 'US' FROM headway.customers WHERE name = 'Ann';
SELECT is(tick(), 1, 'A number is entered late.');
SELECT is(now_linked('b'), 'customer_only Ann', 'Its call is linked.');
INSERT INTO headway.customers (workspace_id, name, email, region) VALUES (:'w', 'Eve', 'EVE@stone.example', 'US');
SELECT is(tick(), 2, 'An address is entered late: a call and a conversation.');
SELECT is(now_linked('mail'), 'customer_only Eve', 'The call is linked.');
INSERT INTO headway.customers (workspace_id, name, company_domain, region) VALUES (:'w', 'Rock', 'rock.example', 'US');
SELECT is(tick(), 2, 'A company is entered late.');
SELECT is(now_linked('company'), 'customer_only Rock', 'The call is linked.');
SELECT results_eq($$ SELECT m.external_id, c.name FROM headway.messages m JOIN headway.customers c ON c.id = m.customer_id ORDER BY 1 $$, $$ VALUES ('m-company', 'Rock'), ('m-mail', 'Eve') $$, 'And so are the conversations without a recording.');
SELECT is(tick(), 0, 'Once more nothing changes.');

-- A number that was typed wrong and is put right.
INSERT INTO headway.customers (workspace_id, name, phone, region, created_at) VALUES (:'w', 'Typo', '415 555 999', 'US', '2020-01-01');
SELECT call('typo', '415 555 0109') \gset ignored_
UPDATE headway.customers SET phone = '415 555 0109' WHERE name = 'Typo';
SELECT is(tick(), 1, 'A number is put right.');
SELECT is(now_linked('typo'), 'customer_only Typo', 'Its call is linked, though the customer is an old one.');

-- A number that is no longer listed as shared.
INSERT INTO headway.shared_phones (workspace_id, phone_e164) VALUES (:'w', '+14155550110');
INSERT INTO headway.customers (workspace_id, name, phone, region) VALUES (:'w', 'Desk', '415 555 0110', 'US');
SELECT call('desk', '415 555 0110') \gset ignored_
SELECT is(tick(), 0, 'A shared number stays nobody''s.');
DELETE FROM headway.shared_phones;
SELECT is(tick(), 1, 'Until it is not listed any more.');

-- One more who has the number, one less.
INSERT INTO headway.customers (workspace_id, name, phone, region) VALUES (:'w', 'Ben', '415 555 0101', 'US');
SELECT tick() \gset ignored_
SELECT is(now_linked('a'), 'ambiguous', 'When a second customer has the number, her call is ambiguous.');
SELECT call('c', '415 555 0101', words => 'Caller: Ben here.') \gset ignored_
SELECT is(now_linked('c'), 'customer_only Ben', 'A call that says who it is is not.');

-- A booking.
INSERT INTO headway.bookings (workspace_id, customer_id, starts_at, booked_at, external_id) SELECT :'w', id, '2026-03-10 19:00+00', '2026-01-01', 'bens' FROM headway.customers WHERE name = 'Ben';
SELECT tick() \gset ignored_
SELECT is(now_linked('c'), 'linked Ben bens', 'A booking that is entered late is linked with its customer''s call.');
SELECT is(now_linked('a'), 'linked Ben bens', 'And tells whose the ambiguous call was.');

-- A transcript.
INSERT INTO headway.customers (workspace_id, name, phone, region) SELECT :'w', n, '415 555 0120', 'US' FROM unnest('{Zoe,Max}'::text[]) n;
SELECT call('t', '415 555 0120') AS t \gset
SELECT is(now_linked('t'), 'ambiguous', 'Without words a call of two is ambiguous.');
SELECT is(call('t', '415 555 0120', words => E'A: Hi.\nB: Max here.'), :'t', 'Its transcript comes.');
SELECT is(now_linked('t'), 'customer_only Max', 'It is linked at once.');

-- What stands is not looked at by itself.
UPDATE headway.customers SET phone = '415 555 7777', created_at = '2020-01-01' WHERE name = 'Max';
UPDATE headway.customers SET created_at = '2020-01-01' WHERE name = 'Zoe';
SELECT is(tick(), 0, 'A customer''s number changes: links that stand are left.');
SELECT is(headway_link_recordings(since => '2026-03-11'), 0::bigint, 'Looking again at later calls only changes none.');
SELECT is(headway_link_recordings(only_unlinked => false, since => '2026-03-10 15:00+00'), 1::bigint, 'Looking at all changes this one.');
SELECT is(now_linked('t'), 'customer_only Zoe', 'As the tables say now.');

-- A meeting whose first linking has failed.
UPDATE headway.customers SET created_at = '2020-01-01';
UPDATE headway.messages SET customer_id = NULL WHERE external_id = 'm-mail';
SELECT is(headway._relink(:'w', 0), 0::bigint, 'No row is new that it could wait for.');
SELECT is(tick(), 1, 'A meeting of the last days is tried again.');
SELECT is((SELECT c.name FROM headway.messages m JOIN headway.customers c ON c.id = m.customer_id WHERE m.external_id = 'm-mail'), 'Eve', 'It has its customer.');

-- The tick's portion.
SELECT count(call('many ' || n, '415 555 0130')) FROM generate_series(1, 25) n \gset ignored_
UPDATE headway.recordings SET link_status = 'unmatched', customer_id = NULL, link_reason = NULL;
INSERT INTO headway.customers (workspace_id, name, phone, region) VALUES (:'w', 'Many', '415 555 0130', 'US');
SELECT headway._relink(:'w', 10) \gset ignored_
SELECT sum(headway._relink(:'w', 10)) FROM generate_series(1, 4) \gset ignored_
SELECT is((SELECT count(*) FROM headway.recordings WHERE external_id ~ '^many' AND link_status = 'customer_only'), 25::bigint, 'A small portion at a time, all are linked in the end.');
INSERT INTO headway.shared_phones (workspace_id, phone_e164) VALUES (:'w', '+14155550140');
INSERT INTO headway.customers (workspace_id, name, phone, region) VALUES (:'w', 'Switchboard', '415 555 0140', 'US'), (:'w', 'Late', '415 555 0141', 'US');
SELECT count(call('board ' || n, '415 555 0140')) FROM generate_series(1, 25) n \gset ignored_
SELECT call('late', '415 555 0141') \gset ignored_
UPDATE headway.recordings SET link_status = 'unmatched', customer_id = NULL, link_reason = '{}' WHERE external_id = 'late';
SELECT sum(headway._relink(:'w', 10)) FROM generate_series(1, 6) \gset ignored_
SELECT is(now_linked('late'), 'customer_only Late', 'The many calls of a number that identifies nobody do not stand in the way.');

-- Many calls on the one line that the company has.
INSERT INTO headway.customers (workspace_id, name, phone, region) SELECT :'w', 'One of many', '+1415556' || to_char(n, 'FM0000'), 'US' FROM generate_series(1, 600) n;
INSERT INTO headway.recordings (workspace_id, external_id, direction, call_started_at, from_phone, to_phone, from_e164, to_e164)
SELECT :'w', 'line ' || n, 'inbound', '2026-03-10 15:00+00', p, '+14155550199', p, '+14155550199' FROM generate_series(1, 600) n, LATERAL (VALUES ('+1415556' || to_char(n, 'FM0000'))) v (p);
ANALYZE headway.recordings;
SELECT pg_stat_get_xact_numscans('headway.recordings'::regclass) AS before \gset
SELECT headway_link_recordings() \gset ignored_
SELECT is((SELECT count(*) FROM headway.recordings WHERE external_id ~ '^line' AND link_status = 'customer_only'), 600::bigint, 'Each has its customer.');
SELECT ok(pg_stat_get_xact_numscans('headway.recordings'::regclass) - :before < 20, 'Without reading all calls for each number.');

-- A list of customers that is copied in, before there are conversations to speak of and after.
CREATE FUNCTION meeting(n int) RETURNS uuid LANGUAGE sql AS $$
    SELECT headway_ingest_transcript('met ' || n, 'Al: Hi.', author_email => 'al@' || n || '.crm.example', extract_features => false, workspace => 'acme') $$;
SELECT count(meeting(n)) FROM generate_series(1, 3) n \gset ignored_
INSERT INTO headway.customers (workspace_id, name, email) SELECT :'w', 'Known ' || n, 'someone@' || n || '.crm.example' FROM generate_series(2, 700) n;
SELECT tick() \gset ignored_
SELECT results_eq($$ SELECT m.external_id, c.name FROM headway.messages m LEFT JOIN headway.customers c ON c.workspace_id = m.workspace_id AND c.id = m.customer_id
                     WHERE m.external_id ~ '^met' ORDER BY 1 $$, $$ VALUES ('met 1', NULL), ('met 2', 'Known 2'), ('met 3', 'Known 3') $$, 'Hundreds of customers are new: the few conversations find theirs.');
UPDATE headway.messages SET customer_id = NULL WHERE external_id ~ '^met';
INSERT INTO headway.messages (workspace_id, source, external_id, content, sent_at, author_email) SELECT :'w', 'crm', 'met ' || n, 'Al: Hi.', '2026-03-10 15:00+00', 'al@' || n || '.crm.example' FROM generate_series(1000, 2000) n;
SELECT ok((SELECT count(*) > 1000 FROM headway.messages WHERE customer_id IS NULL AND author_email IS NOT NULL), 'A thousand conversations wait, too.');
SELECT tick() \gset ignored_
SELECT results_eq($$ SELECT m.external_id, c.name FROM headway.messages m JOIN headway.customers c ON c.workspace_id = m.workspace_id AND c.id = m.customer_id
                     WHERE m.external_id ~ '^met' ORDER BY 1 $$, $$ VALUES ('met 2', 'Known 2'), ('met 3', 'Known 3') $$, 'The same two find theirs.');

SELECT * FROM finish();
ROLLBACK;
