\set ECHO none
\i test/setup.psql
-- The app's own tables as they are: several rows for one customer, rows without a key, other rights, columns that change.
SELECT plan(36);

SELECT headway_add_workspace('acme', time_zone => 'America/New_York') AS w \gset
CREATE SCHEMA "the App";
CREATE FUNCTION now_linked(ext text) RETURNS text LANGUAGE sql AS $$ SELECT concat_ws(' ', r.link_status, r.customer_ref, r.booking_ref) FROM headway.recordings r WHERE r.external_id = ext $$;
CREATE FUNCTION call(ext text, phone text, workspace text DEFAULT 'acme') RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM headway_add_recording(ext, phone, '415 555 0199', '2026-11-10 15:00-05', workspace => call.workspace);
    RETURN now_linked(ext);
END $$;
CREATE FUNCTION why_open(ext text) RETURNS text LANGUAGE sql AS $$ SELECT u.reason FROM headway.unlinked_recordings u JOIN headway.recordings r ON r.id = u.recording_id WHERE r.external_id = ext $$;
\i test/refusal.psql
CREATE FUNCTION health(noun text) RETURNS text LANGUAGE sql AS $$ SELECT concat_ws(' ', h.ok::text, h.detail) FROM headway_health() h WHERE h."check" = 'table for ' || noun || ' of acme' $$;
CREATE FUNCTION scans(index_name text) RETURNS bigint LANGUAGE sql AS $$ SELECT pg_stat_get_xact_numscans(index_name::regclass) $$;
CREATE FUNCTION rows_read(relation regclass) RETURNS bigint LANGUAGE sql AS $$ SELECT pg_stat_get_xact_tuples_returned(relation) + pg_stat_get_xact_tuples_fetched(relation) $$;

-- Several rows for one customer.
CREATE TABLE "the App".people (id int, name text, email text);
CREATE TABLE "the App".phones (person int, phone text);
INSERT INTO "the App".people VALUES (5, 'Ann Lee', 'ann@stone.example'), (6, 'Bob Ray', 'bob@brick.example'), (NULL, 'Nobody', 'no@body.example');
INSERT INTO "the App".phones VALUES (5, '(415) 555-0105'), (5, '415.555.0105'), (NULL, '415 555 0109');
INSERT INTO "the App".phones SELECT 6, '415 555 0' || (200 + n) FROM generate_series(1, 12) n;
CREATE INDEX by_phone ON "the App".phones (headway_e164(phone, 'US'));
CREATE VIEW "the App".customers AS SELECT p.id, p.name, p.email, n.phone FROM "the App".people p JOIN "the App".phones n ON n.person IS NOT DISTINCT FROM p.id;
SELECT headway_use_customers('"the App".customers', '{"id": "id", "name": "name", "phone": "phone", "email": "email"}') \gset ignored_
SELECT rows_read('pg_class') AS before \gset
SELECT is(headway._app_reader(headway._app_table(:'w', 'customers')), 'postgres', 'Who reads a table is known');
SELECT ok(rows_read('pg_class') - :before < 20, 'without a look at every relation there is.');
SELECT is(call('twice', '+14155550105'), 'customer_only 5', 'A number that a customer has in two spellings is that customer''s.');
SELECT headway_ingest_transcript('meeting', 'Bob: Hi.', author_email => 'bob@brick.example', extract_features => false) AS meeting \gset
SELECT is((SELECT customer_ref FROM headway.messages WHERE id = :'meeting'), '6', 'A customer of a dozen numbers is one customer by address.');
SELECT is(call('keyless', '415 555 0109'), 'unmatched', 'A row without a key is nobody.');
SELECT is(why_open('keyless'), 'nobody''s number, or one that does not tell whose call it is', 'Such a call is among the open ones.');
INSERT INTO "the App".people SELECT n, 'Typist ' || n FROM generate_series(100, 110) n;
INSERT INTO "the App".phones SELECT n, '415 555 0110' FROM generate_series(100, 110) n;
SELECT is(call('typists', '415 555 0110') || ', ' || why_open('typists'), 'unmatched, nobody''s number, or one that does not tell whose call it is', 'A number of eleven customers is nobody''s, and nothing else is said of it.');
DELETE FROM "the App".people WHERE id = 110;
SELECT is(headway_link_recording(id) ->> 'link_status', 'ambiguous', 'That of ten is ambiguous.') FROM headway.recordings WHERE external_id = 'typists';
INSERT INTO "the App".phones SELECT CASE WHEN n = 1 THEN 5 ELSE 6 END, '415 555 0111' FROM generate_series(1, 6000) n;
SELECT rows_read('"the App".phones') AS before, scans('"the App".by_phone') AS scans \gset
SELECT is(call('switchboard', '415 555 0111'), 'unmatched', 'A number that very many rows have is nobody''s,');
SELECT ok(rows_read('"the App".phones') - :before < 3000, 'and they are not all read for that.');
SELECT ok(scans('"the App".by_phone') > :scans, 'The index on the numbers serves.');
DELETE FROM "the App".phones WHERE phone = '415 555 0111';
CREATE ROLE rita IN ROLE headway_reader;
SELECT headway_add_member('rita') \gset ignored_
SET ROLE rita;
SELECT is((SELECT count(*) FROM headway.unlinked_recordings WHERE reason ~ '^nobody''s number'), 2::bigint, 'Who may read sees the reasons, too,');
SELECT throws_ok('SELECT relation FROM headway._app_tables', '42501', NULL, 'and not where the app''s table is.');
RESET ROLE;

-- Several rows for one booking.
CREATE TABLE "the App".visits (nr int, customer int, starts_at timestamp, guests int, guest text);
INSERT INTO "the App".visits VALUES (7, 5, '2026-11-10 19:00', 4, 'Ann'), (7, 5, '2026-11-10 19:00', 4, 'Max'), (NULL, 6, '2026-11-10 19:00', 4, 'Bob');
SELECT headway_use_bookings('"the App".visits', '{"id": "nr", "customer_id": "customer", "starts_at": "starts_at", "guest_count": "guests", "title": "guest"}') \gset ignored_
SELECT is(headway_link_recording(id) ->> 'booking_ref', '7', 'A booking with a row for each guest is one booking.') FROM headway.recordings WHERE external_id = 'twice';
SELECT is(call('keyless booking', '415 555 0201'), 'customer_only 6', 'A booking without a key is none.');
INSERT INTO "the App".visits VALUES (7, 5, '2026-11-10 15:30', 4, 'Ann'), (7, 5, '2026-11-09 16:00', 4, 'Ann');
SELECT results_eq($$ SELECT l ->> 'link_status', jsonb_array_length(l -> 'candidates'), l #>> '{candidates,0,starts_at}' FROM headway.recordings r, headway_link_recording(r.id) l WHERE r.external_id = 'twice' $$,
    $$ VALUES ('linked', 1, '2026-11-10T20:30:00Z') $$, 'Of a booking''s several dates, the one nearest to the call counts.');

-- Columns that change their type.
ALTER TABLE "the App".visits ALTER guests TYPE bigint, ALTER guest TYPE varchar(80), ALTER customer TYPE bigint, ALTER nr TYPE text;
SELECT is(refusal($$ SELECT headway_link_recording(id) FROM headway.recordings WHERE external_id = 'twice' $$), 'none', 'What is still read as the same may change its type.');
SELECT is(health('bookings'), 'false "the App".visits: Read as postgres: operator does not exist: text = bigint (error 42883).', 'A key may not: headway_health() tells.');
ALTER TABLE "the App".visits ALTER nr TYPE int USING nr::int;
SELECT is(health('bookings'), 'true "the App".visits', 'All is well again.');
ALTER TABLE "the App".visits ALTER starts_at TYPE timestamptz USING starts_at AT TIME ZONE 'America/New_York';
SELECT matches(refusal($$ SELECT headway_link_recording(id) FROM headway.recordings WHERE external_id = 'twice' $$),
    '8W020 .*a table of the app''s cannot be read .*starts_at has another type than when the table was registered .*register the table again', 'A time that gets a zone is not read as one without.');
SELECT is(health('bookings'), 'false "the App".visits: Read as postgres: starts_at has another type than when the table was registered (error 42804).', 'headway_health() tells.');
SELECT headway_use_bookings('"the App".visits', '{"id": "nr", "customer_id": "customer", "starts_at": "starts_at"}') \gset ignored_
SELECT is(headway_link_recording(id) #>> '{candidates,0,starts_at}', '2026-11-10T20:30:00Z', 'Registered again, it is.') FROM headway.recordings WHERE external_id = 'twice';
ALTER TABLE "the App".visits ALTER starts_at TYPE timestamp USING starts_at AT TIME ZONE 'America/New_York';
SELECT matches(health('bookings'), 'false .*starts_at has another type', 'Nor is one that loses its zone.');
CREATE TABLE "the App".flat (id int, name text, phone text, mrr numeric);
INSERT INTO "the App".flat VALUES (5, 'Ann Lee', '415 555 0105', 10);
CREATE INDEX by_flat ON "the App".flat (headway_e164(phone, 'US'));
SELECT headway_use_bookings(NULL), headway_use_customers('"the App".flat', '{"id": "id", "name": "name", "phone": "phone", "mrr": "mrr"}') \gset ignored_
ALTER TABLE "the App".flat ALTER name TYPE varchar(80), ALTER mrr TYPE double precision, ALTER phone TYPE varchar(40), ALTER id TYPE bigint;
INSERT INTO "the App".flat SELECT n, 'N', '+1415666' || n FROM generate_series(1000, 5000) n;
ANALYZE "the App".flat;
SELECT scans('"the App".by_flat') AS scans \gset
SELECT is(headway_link_recording(id) ->> 'customer_ref', '5', 'Customers are found as before.') FROM headway.recordings WHERE external_id = 'twice';
SELECT ok(scans('"the App".by_flat') > :scans, 'By the index.');
SELECT is(headway_customer_history('5') ->> 'customer_name', 'Ann Lee', 'So is what they are called.');
SELECT is(health('customers'), 'true "the App".flat', 'headway_health() has nothing to tell.');

-- Read with its owner's rights.
CREATE ROLE shop;
ALTER TABLE "the App".flat OWNER TO shop;
GRANT USAGE ON SCHEMA "the App" TO shop;
SELECT is(refusal($$ SELECT headway_use_customers('"the App".flat', '{"id": "id", "phone": "phone"}') $$),
    '8W020 | the table''s numbers cannot be read | The table is read as shop, who may not use headway_e164(). | GRANT EXECUTE ON FUNCTION public.headway_e164(text, text) TO shop;', 'An owner who may not read numbers is told of, with the way out.');
CREATE TABLE "the App".mails (id int, mail text);
ALTER TABLE "the App".mails OWNER TO shop;
INSERT INTO "the App".mails VALUES (1, 'ann@stone.example');
SELECT headway_use_customers('"the App".mails', '{"id": "id", "email": "mail"}') \gset ignored_
SELECT is(call('no number read', '415 555 0105'), 'unmatched', 'Who registers no numbers needs no such right.');
GRANT EXECUTE ON FUNCTION headway_e164(text, text) TO shop;
SELECT headway_use_customers('"the App".flat', '{"id": "id", "phone": "phone"}') \gset ignored_
SELECT is(call('granted', '415 555 0105'), 'customer_only 5', 'With the right, it is read.');
REVOKE EXECUTE ON FUNCTION headway_e164(text, text) FROM shop;
SELECT is(health('customers'), 'false "the App".flat: shop may not use headway_e164(): GRANT EXECUTE ON FUNCTION public.headway_e164(text, text) TO shop;', 'headway_health() misses it when it is taken back.');
CREATE TEMP TABLE mine (id int, phone text);
SELECT matches(refusal($$ SELECT headway_use_customers('mine', '{"id": "id", "phone": "phone"}') $$), '8W020 .*a temporary table cannot be used', 'A temporary table is refused: the workers would not see it.');

-- What is looked up is looked up by indexes.
SELECT headway_use_customers(NULL) \gset ignored_
INSERT INTO headway.customers (workspace_id, name) SELECT :'w', 'N ' || n FROM generate_series(1, 5000) n;
INSERT INTO headway.customers (workspace_id, name) VALUES (:'w', 'Zoe') RETURNING id AS zoe \gset
ANALYZE headway.customers;
CREATE TABLE "the App".ours (id int, customer uuid, starts_at timestamptz);
INSERT INTO "the App".ours VALUES (1, :'zoe', '2026-11-10 19:00-05');
SELECT headway_use_bookings('"the App".ours', '{"id": "id", "customer_id": "customer", "starts_at": "starts_at"}') \gset ignored_
SELECT rows_read('headway.customers') AS before \gset
SELECT is((headway._find_booking(:'w', '1')).customer_id, :'zoe', 'An app''s booking names a customer of ours by id,');
SELECT ok(rows_read('headway.customers') - :before < 100, 'who is found without reading them all.');

-- What people linked by hand.
GRANT EXECUTE ON FUNCTION headway_e164(text, text) TO shop;
SELECT headway_use_bookings(NULL), headway_use_customers('"the App".flat', '{"id": "id", "phone": "phone"}') \gset ignored_
SELECT headway_add_workspace('other') AS other \gset
SELECT call('elsewhere', '415 555 0105', 'other') \gset ignored_
SELECT count(headway_pin_link(id, NULL, workspace => workspace_id::text)) FROM headway.recordings WHERE external_id IN ('granted', 'elsewhere') \gset ignored_
DROP TABLE "the App".flat;
SELECT results_eq($$ SELECT r.external_id, p.automatic_status FROM headway.pinned_links p JOIN headway.recordings r ON r.id = p.recording_id ORDER BY 1 $$,
    $$ VALUES ('elsewhere', 'unmatched'), ('granted', NULL) $$, 'Where a workspace''s table is gone, the pins are shown without what automation would say; those of others with it.');
SET ROLE rita;
SELECT is((SELECT count(*) FROM headway.pinned_links), 1::bigint, 'Also to who may only read, for her workspace.');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
