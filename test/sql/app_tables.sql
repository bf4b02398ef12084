\set ECHO none
\i test/setup.psql
-- Linking against the app's own tables: any key, any schema, read as who registered them.
SELECT plan(90);

SELECT headway_add_workspace('acme', time_zone => 'America/New_York') AS w \gset
CREATE SCHEMA "the App";
CREATE FUNCTION now_linked(ext text DEFAULT 'c') RETURNS text LANGUAGE sql AS $$ SELECT concat_ws(' ', r.link_status, r.customer_ref, r.booking_ref) FROM headway.recordings r WHERE r.external_id = ext $$;
CREATE FUNCTION call(ext text, phone text, words text DEFAULT NULL, metadata jsonb DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM headway_add_recording(ext, phone, '415 555 0199', '2026-11-10 15:00-05', transcript => words, metadata => metadata, workspace => 'acme');
    RETURN now_linked(ext);
END $$;

-- Keys of each type.
CREATE TABLE "the App"."Kunden" (no bigint PRIMARY KEY, "Full Name" text, "Tel." text, mail text);
INSERT INTO "the App"."Kunden" VALUES (7, 'Ann Lee', '(415) 555-0101', 'ann@stone.example'), (8, 'Bob Ray', '415.555.0102', NULL);
SELECT lives_ok($$ SELECT headway_use_customers('"the App"."Kunden"', '{"id": "no", "name": "Full Name", "phone": "Tel.", "email": "mail"}') $$, 'A table in another schema, with names that need quotes, is used.');
SELECT is(call('c', '+14155550101'), 'customer_only 7', 'A call is linked with the app''s own key.');
SELECT ok((SELECT customer_id IS NULL FROM headway.recordings WHERE external_id = 'c'), 'Nothing is copied.');
SELECT results_eq($$ SELECT k."Full Name" FROM headway.recordings r JOIN "the App"."Kunden" k ON k.no::text = r.customer_ref $$, $$ VALUES ('Ann Lee') $$, 'A plain join leads to the customer.');
SELECT is(call('mail', NULL, 'Al: Hi.', '{"parties": [{"email": "ANN@stone.example"}]}'), 'customer_only 7', 'A customer of the app''s is found by address.');
SELECT is(call('company', NULL, 'Al: Hi.', '{"parties": [{"email": "al@stone.example"}]}'), 'customer_only 7', 'And by company, from the addresses where no column has the domain.');
SELECT headway_ingest_transcript('meeting', 'Ann: Hi.', author_email => 'ann@stone.example', extract_features => false) AS meeting \gset
SELECT is((SELECT customer_ref FROM headway.messages WHERE id = :'meeting'), '7', 'So is a meeting.');
SELECT is(call('nobody', '415 555 0103'), 'unmatched', 'Others are nobody''s.');
INSERT INTO headway.customers (workspace_id, name, phone, region) VALUES (:'w', 'Ours', '415 555 0103', 'US');
SELECT is((headway_tick() ->> 'linked')::int, 0, 'headway''s own table is out of use.');
CREATE TABLE "the App".visits (nr uuid PRIMARY KEY, kunde bigint, day date, "from" timestamp, covers smallint, "state" varchar(20), made timestamptz);
INSERT INTO "the App".visits VALUES ('11111111-1111-4111-8111-111111111111', 7, '2026-11-10', '2026-11-10 19:00', 4, 'CONFIRMED', '2026-01-01'), ('22222222-2222-4222-8222-222222222222', 7, '2026-11-11', '2026-11-11 12:00', 2, 'cancelled', '2026-01-01');
SELECT lives_ok($$ SELECT headway_use_bookings('"the App".visits', '{"id": "nr", "customer_id": "kunde", "starts_at": "from", "guest_count": "covers", "status": "state", "booked_at": "made"}') $$, 'Bookings have a uuid for a key and times without a zone.');
INSERT INTO "the App".visits (nr, kunde, made) VALUES ('99999999-9999-4999-8999-999999999999', 7, '2026-01-01');
SELECT is(headway_booking_context('99999999-9999-4999-8999-999999999999') -> 'before', '[]', 'A booking without a time has no conversations before it.');
DELETE FROM "the App".visits WHERE "from" IS NULL;
SELECT is(headway_link_recording(id) ->> 'booking_ref', '11111111-1111-4111-8111-111111111111', 'A call is linked with the app''s booking.') FROM headway.recordings WHERE external_id = 'c';
SELECT is((SELECT link_score FROM headway.recordings WHERE external_id = 'c'), 14::real, 'A time without a zone is one of the workspace''s: the same date, more than three hours away.');
SELECT is((SELECT link_reason #>> '{candidates,0,starts_at}' FROM headway.recordings WHERE external_id = 'c'), '2026-11-11T00:00:00Z', 'Seven in the evening in New York.');
UPDATE headway.workspaces SET time_zone = 'Europe/Vienna' WHERE id = :'w';
SELECT is((headway_booking_context('11111111-1111-4111-8111-111111111111') ->> 'starts_at')::timestamptz, '2026-11-10 19:00+01'::timestamptz, 'In the zone that the workspace has now.');
UPDATE headway.workspaces SET time_zone = 'America/New_York' WHERE id = :'w';
SELECT headway_use_bookings('"the App".visits', '{"id": "nr", "customer_id": "kunde", "starts_at": "day"}') \gset ignored_
SELECT is(headway_link_recording(id) #>> '{candidates,0,starts_at}', '2026-11-10T05:00:00Z', 'A date begins at the workspace''s midnight.') FROM headway.recordings WHERE external_id = 'c';
CREATE TABLE "the App".wild (nr bigint PRIMARY KEY, kunde bigint, day date, covers numeric);
INSERT INTO "the App".wild VALUES (1, 7, '2026-11-10', 3000000000), (2, 7, '5000000-01-01', -1), (3, 7, 'infinity', 'NaN');
SELECT headway_use_bookings('"the App".wild', '{"id": "nr", "customer_id": "kunde", "starts_at": "day", "booked_at": "day", "guest_count": "covers"}') \gset ignored_
SELECT is(headway_link_recording(id) ->> 'booking_ref', '1', 'Rows that make no sense do not stand in the way of the others.') FROM headway.recordings WHERE external_id = 'c';
SELECT is((headway_booking_context(nr) ->> 'starts_at')::timestamptz, at::timestamptz, 'Nor do they fail when they are asked for: ' || nr) FROM (VALUES ('1', '2026-11-10 05:00+00'), ('2', NULL), ('3', NULL)) v (nr, at);
SELECT headway_use_bookings('"the App".visits', '{"id": "nr", "customer_id": "kunde", "starts_at": "from", "status": "state"}') \gset ignored_
INSERT INTO "the App".visits (nr, kunde, "from", "state") VALUES (gen_random_uuid(), 7, now() + interval '5 days', 'Reserviert'), (gen_random_uuid(), 7, now() + interval '9 days', 'Declined');
SELECT matches(headway_ai_context('7'), 'Booking status: Reserviert for', 'The app''s own words for a booking''s status are open ones.');
DELETE FROM "the App".visits WHERE "from" > now();
SELECT headway_use_bookings('"the App".visits', '{"id": "nr", "customer_id": "kunde", "starts_at": "day"}') \gset ignored_
CREATE TABLE "the App".by_text (code text PRIMARY KEY, telephone varchar(40), home char(2));
INSERT INTO "the App".by_text VALUES ('it''s "7" %s $1', '020 7946 0958', 'GB');
SELECT headway_use_customers('"the App".by_text', '{"id": "code", "phone": "telephone", "region": "home"}') \gset ignored_
SELECT is(call('london', '+442079460958'), 'customer_only it''s "7" %s $1', 'A text is a key, whatever it says, and a number is read in its row''s region.');
CREATE TABLE "the App".by_uuid (id uuid PRIMARY KEY, phone text, name text, mrr int);
INSERT INTO "the App".by_uuid VALUES ('33333333-3333-4333-8333-333333333333', '415 555 0301', 'Zoe', 100), ('44444444-4444-4444-8444-444444444444', '415 555 0301', 'Max', 50);
CREATE VIEW "the App"."a view" AS SELECT id, phone, upper(name) AS "NAME", mrr FROM "the App".by_uuid;
SELECT headway_use_customers('"the App"."a view"', '{"id": "id", "phone": "phone", "name": "NAME", "mrr": "mrr"}') \gset ignored_
SELECT is(call('shared', '415 555 0301'), 'ambiguous', 'A view does as well; a number of two is ambiguous.');
SELECT is(call('named', '415 555 0301', E'A: Hi.\nB: Max here.'), 'customer_only 44444444-4444-4444-8444-444444444444', 'What is said tells them apart.');

-- Pins by the app's keys.
SELECT id AS shared FROM headway.recordings WHERE external_id = 'shared' \gset
SELECT headway_pin_link(:'shared', '33333333-3333-4333-8333-333333333333', reason => 'r') \gset ignored_
SELECT is(now_linked('shared'), 'pinned 33333333-3333-4333-8333-333333333333', 'A call is pinned to the app''s customer.');
SELECT results_eq('SELECT customer_ref, automatic_status FROM headway.pinned_links', $$ VALUES ('33333333-3333-4333-8333-333333333333', 'ambiguous') $$, 'The view of pins knows it.');
SELECT throws_ok(format('SELECT headway_pin_link(%L, %L)', :'shared', k), '8W019', 'unknown customer', 'No key of the app''s: ' || k)
FROM (VALUES ('33333333-3333-4333-8333-333333333334'), ('x'), (''), ('33333333'), (''' OR true; --')) v (k);
SELECT throws_ok(format('SELECT headway_pin_link(%L, ''33333333-3333-4333-8333-333333333333'', %L)', :'shared', '11111111-1111-4111-8111-111111111111'), '8W019', 'the booking is somebody else''s', 'A booking of somebody else''s is refused.');
SELECT throws_ok(format('SELECT headway_pin_link(%L, ''33333333-3333-4333-8333-333333333333'', ''99'')', :'shared'), '8W019', 'unknown booking', 'So is one that is not there.');
SELECT headway_use_customers('"the App"."Kunden"', '{"id": "no", "phone": "Tel."}') \gset ignored_
SELECT throws_ok(format('SELECT headway_pin_link(%L, %L)', :'shared', k), '8W019', 'unknown customer', 'No number that is a key: ' || k) FROM (VALUES ('9'), ('7.0'), ('9223372036854775808'), ('99999999999999999999999'), ('0x7'), (' 7')) v (k);
INSERT INTO "the App"."Kunden" VALUES (9223372036854775807, 'Zoe', '415 555 0109');
SELECT headway_pin_link(:'shared', '9223372036854775807') \gset ignored_
SELECT is(now_linked('shared'), 'pinned 9223372036854775807', 'A key may be as long as a bigint.');
SELECT headway_pin_link(:'shared', '7', '11111111-1111-4111-8111-111111111111') \gset ignored_
SELECT is(now_linked('shared'), 'pinned 7 11111111-1111-4111-8111-111111111111', 'A customer and her booking are pinned.');
CREATE FUNCTION scans(index_name text) RETURNS bigint LANGUAGE sql AS $$ SELECT pg_stat_get_xact_numscans(index_name::regclass) $$;
SELECT scans('headway.recordings_customer_ref') AS calls, scans('headway.messages_customer_ref') AS meetings, scans('headway.recordings_booking_ref') AS bookings \gset
SET LOCAL enable_seqscan = off;
SELECT is((headway_customer_history('7') ->> 'total_calls')::int, 5, 'Her conversations are found by her key.');
SELECT is((SELECT count(*) FROM headway_search_conversations(booking => '11111111-1111-4111-8111-111111111111')), 1::bigint, 'So is what was said about the booking.');
RESET enable_seqscan;
SELECT ok(scans('headway.recordings_customer_ref') > :calls AND scans('headway.messages_customer_ref') > :meetings AND scans('headway.recordings_booking_ref') > :bookings, 'By the indexes of those keys.');
CREATE TABLE "the App".mails (id int PRIMARY KEY, mail text);
INSERT INTO "the App".mails VALUES (1, 'Ann@stone.example');
CREATE INDEX by_mail ON "the App".mails (lower(mail));
CREATE INDEX by_domain ON "the App".mails (lower(split_part(mail, '@', 2)));
SELECT headway_use_customers('"the App".mails', '{"id": "id", "email": "mail"}') \gset ignored_
SELECT is(headway_link_recording(id) ->> 'customer_ref', '1', 'A customer is found by address') FROM headway.recordings WHERE external_id = 'mail';
SELECT ok(scans('"the App".by_mail') > 0 AND scans('"the App".by_domain') > 0, 'by the indexes that the manual names.');
DROP INDEX "the App".by_domain;
SELECT scans('"the App".by_mail') AS mails \gset
SELECT is(headway_link_recording(id) ->> 'customer_ref', '1', 'Without the second one, too,') FROM headway.recordings WHERE external_id = 'mail';
SELECT ok(scans('"the App".by_mail') > :mails, 'by what the first one serves.');
SELECT headway_use_customers('"the App"."Kunden"', '{"id": "no", "phone": "Tel."}') \gset ignored_
SELECT throws_ok(format('SELECT headway_create_customer_from(id, ''N'') FROM headway.recordings WHERE external_id = ''nobody'''), '8W022', 'the customers are in a table of the app''s own', 'No customer is made in a table of the app''s.');

-- What cannot be used says what is there.
\i test/refusal.psql
CREATE TABLE "the App".odd (id int, phone text, happy boolean, "when" text, j jsonb);
SELECT matches(refusal(format('SELECT headway_use_%s(%L, %s)', noun, '"the App".odd', quote_nullable(columns))), wanted, 'Refused: ' || coalesce(columns, 'NULL'))
FROM (VALUES ('customers', NULL, '8W020 .*columns must be a JSON object'), ('customers', '[]', '8W020 .*columns must be a JSON object'), ('customers', '{}', '8W020 .*id is missing. phone, email or company_domain is needed.'),
             ('customers', '{"id": "id", "phone": "telephone"}', '8W020 .*There is no column telephone. .*odd has: id \(integer\), phone \(text\), happy \(boolean\), "when" \(text\), j \(jsonb\). Keys that are understood: id \(required\)'),
             ('customers', '{"id": "id", "phone": "phone", "colour": "j"}', '8W020 .*''colour'' is no such thing'), ('customers', '{"id": "id", "phone": "phone", "mrr": "happy"}', '8W020 .*happy cannot be mrr: it is of type boolean'),
             ('customers', '{"id": "id", "phone": null}', '8W020'), ('customers', '{"id": "id", "phone": 7}', '8W020 .*There is no column "7"'), ('customers', '{"id": "ctid", "phone": "phone"}', '8W020 .*There is no column ctid'),
             ('customers', '{"id": "id", "phone": "phone) OR (true"}', '8W020 .*There is no column "phone\) OR \(true"'),
             ('bookings', '{"id": "id"}', '8W020 .*customer_id is missing. starts_at is missing'), ('bookings', '{"id": "id", "customer_id": "id", "starts_at": "when"}', '8W020 .*"when" cannot be starts_at: it is of type text')) v (noun, columns, wanted);
SELECT matches(refusal($$ SELECT headway_use_customers('pg_class_oid_index', '{"id": "oid", "phone": "oid"}') $$), '8W020 .*this is no table or view', 'An index is refused.');
SELECT matches(refusal($$ SELECT headway_use_customers('pg_class', '{"id": "oid", "phone": "relname"}', 'nowhere') $$), '8W001', 'So is a workspace that is not there.');
SELECT is((SELECT relation FROM headway._app_tables WHERE noun = 'customers'), '"the App"."Kunden"', 'What is refused leaves the table that was used.');

-- Read with the rights of who registered it.
CREATE ROLE owner_of_rows; CREATE ROLE alice IN ROLE headway_operator; CREATE ROLE mallory;
GRANT USAGE ON SCHEMA "the App" TO alice; GRANT CREATE, USAGE ON SCHEMA public TO alice;
SELECT headway_add_member('alice') \gset ignored_
SET LOCAL ROLE alice;
SELECT matches(refusal($$ SELECT headway_use_customers('"the App".by_uuid', '{"id": "id", "phone": "phone"}') $$), '8W020 .*alice may not read id. alice may not read phone', 'Who may not read a table cannot have it used.');
RESET ROLE;
GRANT SELECT (id, phone) ON "the App".by_uuid TO alice;
ALTER TABLE "the App".by_uuid ENABLE ROW LEVEL SECURITY;
CREATE POLICY one ON "the App".by_uuid TO alice USING (name = 'Zoe');
SET LOCAL ROLE alice;
SELECT matches(refusal($$ SELECT headway_use_customers('"the App".by_uuid', '{"id": "id", "phone": "phone", "name": "name"}') $$), '8W020 .*alice may not read name', 'Nor a column.');
SELECT headway_use_customers('"the App".by_uuid', '{"id": "id", "phone": "phone"}') \gset ignored_
RESET ROLE;
SELECT is(call('by alice', '415 555 0301'), 'customer_only 33333333-3333-4333-8333-333333333333', 'The table''s row-level security holds: whoever links, it is read as who registered it.');
CREATE TABLE "the App".spied (who text);
GRANT INSERT, SELECT ON "the App".spied TO alice;
CREATE SEQUENCE "the App".counter; GRANT USAGE ON SEQUENCE "the App".counter TO alice;
CREATE FUNCTION "the App".whoami() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN current_user::text; END $$;
CREATE FUNCTION "the App".writes() RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO "the App".spied VALUES (current_user); RETURN 'x'; END $$;
CREATE FUNCTION "the App".counts() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN nextval('"the App".counter')::text; END $$;
CREATE FUNCTION "the App".becomes() RETURNS text LANGUAGE plpgsql AS $$ BEGIN SET LOCAL ROLE postgres; RETURN current_user::text; END $$;
CREATE FUNCTION "the App".reopens() RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('transaction_read_only', 'off', true); INSERT INTO "the App".spied VALUES (current_user); RETURN 'x'; END $$;
CREATE FUNCTION "the App".temporary() RETURNS text LANGUAGE plpgsql AS $$ BEGIN CREATE TEMP TABLE mine (x int); RETURN 'x'; END $$;
CREATE FUNCTION "the App".peeks() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT min(id::text) FROM headway.customers); END $$;
CREATE FUNCTION "the App".deeper() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN public.headway_link_recordings(); END $$;
CREATE VIEW "the App".who AS SELECT 1 AS id, '415 555 0401'::text AS phone, "the App".whoami() AS name;
GRANT SELECT ON "the App".who TO alice;
CREATE FUNCTION reads(what text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE VIEW "the App".%I AS SELECT "the App".%I() AS id, ''415 555 0401''::text AS phone', 'v_' || what, what);
    EXECUTE format('GRANT SELECT ON "the App".%I TO alice', 'v_' || what);
    SET LOCAL ROLE alice;
    PERFORM headway_use_customers(format('"the App".%I', 'v_' || what)::regclass, '{"id": "id", "phone": "phone"}');
    RESET ROLE;
    BEGIN
        RETURN headway_link_recording((SELECT id FROM headway.recordings WHERE external_id = 'c')) ->> 'customer_ref';
    EXCEPTION WHEN OTHERS THEN
        RETURN SQLSTATE;
    END;
END $$;
UPDATE headway.recordings SET from_e164 = '+14155550401' WHERE external_id = 'c';
SELECT is(reads('whoami'), 'alice', 'A function in the app''s view runs as who registered it.');
SELECT is(reads('writes'), '25006', 'It cannot write.');
SELECT is(reads('counts'), '25006', 'It cannot even count.');
SELECT is(reads('becomes'), '8W020', 'It cannot become somebody else.');
SELECT is(reads('reopens'), '25001', 'It cannot make it writable again.');
SELECT is(reads('temporary'), '25006', 'It cannot make a temporary table.');
SELECT is(reads('peeks'), (SELECT min(id::text) FROM headway.customers), 'It sees what its role sees.');
SELECT is(reads('deeper'), '25006', 'It cannot have a verb write for it.');
SELECT is((SELECT count(*) FROM "the App".spied), 0::bigint, 'Nothing has been written.');
SELECT is(current_user::text || current_setting('transaction_read_only') || current_setting('log_min_messages'), 'postgresoff' || (SELECT setting FROM pg_settings WHERE name = 'log_min_messages'), 'The session is as before.');

-- Without the right, the table or the column.
SET LOCAL ROLE alice;
SELECT headway_use_customers('"the App".by_uuid', '{"id": "id", "phone": "phone"}') \gset ignored_
RESET ROLE;
REVOKE SELECT (id, phone) ON "the App".by_uuid FROM alice;
SELECT throws_ok($$ SELECT headway_link_recording(id) FROM headway.recordings WHERE external_id = 'by alice' $$, '8W020', 'a table of the app''s cannot be read', 'A right that is taken back is missed.');
SELECT is(call('meanwhile', '415 555 0301'), 'pending', 'What arrives meanwhile is stored and waits.');
SELECT is((SELECT detail ->> 'sqlstate' FROM headway.log WHERE level = 'warning' ORDER BY at DESC, id DESC LIMIT 1), '8W020', 'The log has a warning.');
SELECT lives_ok('SELECT headway_tick()', 'The tick goes on.');
GRANT SELECT ON "the App".by_uuid TO alice;
SELECT headway_link_recordings() \gset ignored_
SELECT is(now_linked('meanwhile'), 'customer_only 33333333-3333-4333-8333-333333333333', 'With the right back it is linked.');
ALTER TABLE "the App".by_uuid RENAME COLUMN phone TO telephone;
SELECT throws_ok($$ SELECT headway_link_recording(id) FROM headway.recordings WHERE external_id = 'by alice' $$, '8W020', 'a table of the app''s cannot be read', 'A column that is renamed is missed.');
DROP TABLE "the App".by_uuid CASCADE;
SELECT matches(refusal($$ SELECT headway_link_recording(id) FROM headway.recordings WHERE external_id = 'by alice' $$),
    '8W020 .*a table of the app''s cannot be read .*Read as alice: relation "the App.by_uuid" does not exist \(error 42P01\). .*headway_use_customers\(NULL\)', 'A table that is dropped is missed, with the way out.');
SELECT results_eq($$ SELECT "check", ok, detail FROM headway_health() WHERE "check" ~ '^table' $$,
    $$ VALUES ('table for customers of acme', false, '"the App".by_uuid: Read as alice: relation "the App.by_uuid" does not exist (error 42P01).'), ('table for bookings of acme', true, '"the App".visits') $$, 'headway_health() tells of it.');
SELECT is(call('after', '415 555 0301'), 'pending', 'What arrives is stored and waits.');
SELECT throws_ok(format('SELECT headway_pin_link(%L, ''x'')', :'shared'), '8W020', NULL, 'Nothing can be pinned to a customer of it.');
SELECT lives_ok('SELECT headway_use_customers(NULL)', 'headway''s own table is used again.');
SELECT headway_link_recordings(only_unlinked => false) \gset ignored_
SELECT is((SELECT customer_ref FROM headway.messages WHERE id = :'meeting'), NULL, 'A meeting does not keep the customer of a table that is out of use.');
SELECT is(now_linked('after') || ', ' || now_linked('nobody'), 'unmatched, customer_only', 'What waited is linked with it.');

SELECT * FROM finish();
ROLLBACK;
