\set ECHO none
\i test/setup.psql
-- Who may enter customers, numbers and bookings: operators in their own workspaces, and nobody else.
SELECT plan(58);

SELECT headway_add_workspace('acme', default_region => 'GB') AS w, headway_add_workspace('other') AS other \gset
CREATE ROLE olga IN ROLE headway_operator; CREATE ROLE otto IN ROLE headway_operator; CREATE ROLE rita IN ROLE headway_reader; CREATE ROLE nobody;
SELECT headway_add_member('olga', 'acme'), headway_add_member('rita', 'acme'), headway_add_member('otto', 'other') \gset ignored_
CREATE FUNCTION state_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
    EXECUTE statement;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n::text;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
CREATE TABLE rights (role name, what text, outcome text);
GRANT ALL ON rights TO PUBLIC;

-- An operator, in her own workspace.
SET LOCAL ROLE olga;
SELECT lives_ok(format($$ INSERT INTO headway.customers (workspace_id, name, phone, email, company_domain) VALUES (%L, 'Ann', '020 7946 0958', 'ann@stone.example', NULL) $$, :'w'), 'An operator enters a customer.');
SELECT results_eq('SELECT region, phone_e164 FROM headway.customers', $$ VALUES ('GB', '+442079460958') $$, 'The region is the workspace''s, and the number is read in it.');
SELECT id AS ann FROM headway.customers \gset
SELECT lives_ok(format($$ INSERT INTO headway.customer_phones (workspace_id, customer_id, phone) VALUES (%L, %L, '020 7946 0000') $$, :'w', :'ann'), 'And a further number.');
SELECT results_eq('SELECT region, phone_e164 FROM headway.customer_phones', $$ VALUES ('GB', '+442079460000') $$, 'In the same region.');
SELECT lives_ok(format($$ INSERT INTO headway.shared_phones (workspace_id, phone_e164, reason) VALUES (%L, '+442079460999', 'the desk') $$, :'w'), 'And a shared number.');
SELECT lives_ok(format($$ INSERT INTO headway.bookings (workspace_id, customer_id, starts_at, guest_count) VALUES (%L, %L, '2026-11-10 19:00+00', 4) $$, :'w', :'ann'), 'And a booking.');
SELECT is(state_of('UPDATE headway.customers SET phone = ''020 7946 0111'', mrr = 10, metadata = ''{"a": 1}'''), '1', 'She changes a customer.');
SELECT is((SELECT phone_e164 FROM headway.customers), '+442079460111', 'The number as it is matched follows.');
SELECT is(state_of('UPDATE headway.customers SET phone_e164 = ''+1'''), '428C9', 'She cannot write it herself.');
SELECT is(state_of('UPDATE headway.bookings SET status = ''cancelled'''), '1', 'She changes a booking.');
SELECT is(state_of('UPDATE headway.customer_phones SET phone = ''020 7946 0001'''), '1', 'She changes a further number.');
SELECT is(state_of('UPDATE headway.shared_phones SET reason = ''r'''), '1', 'She changes a reason.');

-- Values that do not fit.
SELECT is(state_of(format('INSERT INTO headway.customers (workspace_id, name, region) VALUES (%L, %L, %L)', :'w', n, r)), '23514', 'No customer: ' || what) FROM (VALUES ('', 'GB', 'without a name'), ('x', 'gb', 'in a region in small letters'), ('x', 'GBR', 'in three letters')) v (n, r, what);
SELECT is(state_of(format('INSERT INTO headway.bookings (workspace_id, customer_id, starts_at, ends_at, status, guest_count) VALUES (%L, %L, ''2026-01-02'', %L, %L, %L)', :'w', :'ann', e, s, g)), '23514', 'No booking: ' || what)
FROM (VALUES ('2026-01-01', 'confirmed', 1, 'that ends before it begins'), ('2026-01-03', 'maybe', 1, 'of a status that is none'), ('2026-01-03', 'confirmed', -1, 'for less than nobody')) v (e, s, g, what);
SELECT is(state_of(format('INSERT INTO headway.bookings (workspace_id, customer_id, starts_at) VALUES (%L, gen_random_uuid(), now())', :'w')), '23503', 'No booking of a customer who is not there.');
SELECT is(state_of(format('INSERT INTO headway.customers (workspace_id, name, external_id) VALUES (%1$L, ''x'', ''k''), (%1$L, ''y'', ''k'')', :'w')), '23505', 'No two customers have one key.');
SELECT is(state_of(format('INSERT INTO headway.customers (workspace_id, name, phone) VALUES (%L, ''Odd'', %L)', :'w', repeat('9', 100000))), '1', 'A number that is far too long is none, and no reason to refuse a customer.');
SELECT is((SELECT phone_e164 FROM headway.customers WHERE name = 'Odd'), NULL, 'It is matched with nothing.');

-- Not in another's.
SELECT is(state_of(format('INSERT INTO headway.customers (workspace_id, name, region) VALUES (%L, ''Spy'', ''US'')', :'other')), '42501', 'An operator enters no customer elsewhere.');
SELECT is(state_of(format('UPDATE headway.customers SET workspace_id = %L', :'other')), '42501', 'She moves none there.');
SELECT is(state_of(format('INSERT INTO headway.shared_phones (workspace_id, phone_e164) VALUES (%L, ''+442079460999'')', :'other')), '42501', 'She lists no number there.');
SELECT is(state_of(format('INSERT INTO headway.bookings (workspace_id, customer_id, starts_at) VALUES (%L, %L, now())', :'other', :'ann')), '42501', 'And books nothing.');
SET LOCAL ROLE otto;
SELECT is((SELECT count(*) FROM headway.customers) + (SELECT count(*) FROM headway.customer_phones) + (SELECT count(*) FROM headway.shared_phones) + (SELECT count(*) FROM headway.bookings), 0::bigint, 'Another operator sees nothing of it.');
SELECT is(state_of('DELETE FROM headway.' || t), '0', 'And deletes none of the ' || t) FROM unnest('{bookings,customer_phones,shared_phones,customers}'::text[]) t;
SELECT is(state_of(format('INSERT INTO headway.bookings (workspace_id, customer_id, starts_at) VALUES (%L, %L, now())', :'other', :'ann')), '23503', 'In his own workspace her customer is none.');
SELECT is(state_of(format('SELECT headway_create_customer_from(%L, ''x'', %L)', gen_random_uuid(), :'w')), '8W001', 'Nor do verbs let him in.');
SELECT is(state_of(format('SELECT headway_use_customers(''pg_roles'', ''{"id": "oid", "phone": "rolname"}'', %L)', :'w')), '8W001', 'Or have his table used there.');

-- A reader.
SET LOCAL ROLE rita;
SELECT is((SELECT count(*) FROM headway.customers), 2::bigint, 'A reader sees the customers.');
SELECT is(state_of(s), '42501', 'She may not: ' || s) FROM unnest(ARRAY['DELETE FROM headway.customers', 'UPDATE headway.bookings SET status = ''pending''', 'DELETE FROM headway.shared_phones', 'DELETE FROM headway.customer_phones',
    'SELECT headway_link_recordings()', 'SELECT headway_pin_link(NULL, NULL)', 'SELECT headway_use_customers(NULL)', 'SELECT headway._query_as(''postgres'', ''SELECT 1'', NULL)', 'SELECT * FROM headway._app_tables', 'SELECT headway._decide(NULL, NULL)']) s;
SELECT is((SELECT count(*) FROM headway.pinned_links), 0::bigint, 'She may see what is pinned.');
SELECT is(state_of('SELECT headway_preview_link(gen_random_uuid())'), '8W019', 'And what automation would say.');

-- An operator may not do what only workers may.
SET LOCAL ROLE olga;
SELECT is(state_of(s), '42501', 'Not even an operator may: ' || left(s, 60)) FROM unnest(ARRAY['SELECT * FROM headway._query_as(''postgres'', ''SELECT 1'', NULL) t (x int)', 'SELECT headway._decide(NULL, NULL)', 'SELECT headway._phone_owners(NULL, NULL)',
    'INSERT INTO headway._app_tables (workspace_id, noun, relation, columns, reader) VALUES (gen_random_uuid(), ''customers'', ''pg_authid'', ''{}'', ''postgres'')', 'SELECT headway._use_customers(''postgres'', ''pg_authid'', ''{"id": "oid", "phone": "rolpassword"}'', NULL)',
    'UPDATE headway.recordings SET customer_id = NULL', 'SELECT headway_use_customers(''pg_authid'', ''{"id": "oid", "phone": "rolpassword"}'')']) s WHERE s !~ 'headway_use_customers';
SELECT is(state_of('SELECT headway_use_customers(''pg_authid'', ''{"id": "oid", "phone": "rolpassword"}'')'), '8W020', 'Nor have a table used that she may not read.');
SELECT is(state_of('DELETE FROM headway.' || t), n, 'She deletes the ' || t) FROM (VALUES ('bookings', '1'), ('customer_phones', '1'), ('shared_phones', '1'), ('customers', '2')) v (t, n);

SELECT * FROM finish();
ROLLBACK;
