\set ECHO none
\i test/setup.psql
-- Connectors: what is accepted, what is refused and how, and that secrets stay secret.
SELECT plan(59);
SET headway.key_file = '/tmp/headway-sql-test.keys';
COPY (SELECT WHERE false) TO PROGRAM 'rm -f /tmp/headway-sql-test.keys';
SET headway.allowed_private_hosts = 'sandbox.local:8080';

CREATE ROLE alice IN ROLE headway_operator;
GRANT CREATE ON SCHEMA public TO alice;
SET ROLE alice;
SELECT headway_add_workspace('acme') AS w \gset

SELECT throws_ok($$ SELECT headway_add_connector('zoom', '{}') $$, '8W004', 'unknown connector type', 'An unknown type is refused.');
SELECT throws_ok($$ SELECT headway_add_connector('gong', '{"access_key": "a", "secret_key": "b"}') $$, '8W005', 'the connector''s settings are not valid',
    'A required setting must be given.');
SELECT throws_ok($$ SELECT headway_add_connector('gong', '{"access_key": "a", "secret_key": "b"}', '{"base_url": "https://x.example", "colour": "red"}') $$,
    '8W005', NULL, 'An unknown setting is refused.');
SELECT throws_ok($$ SELECT headway_add_connector('gong', '{"access_key": "a", "secret_key": "b"}', '{"base_url": "https://x.example", "include_private": "yes"}') $$,
    '8W005', NULL, 'A setting of the wrong type is refused.');
SELECT throws_ok($$ SELECT headway_add_connector('gong', '{"access_key": "a", "secret_key": "b"}', '{"base_url": 1e400}') $$,
    '8W005', 'the connector''s settings are not valid', 'So is a number that nothing can hold.');
SELECT throws_ok($$ SELECT headway_add_connector('gong', '{"access_key": "a", "secret_key": "b"}', '{"base_url": "https://user@x.example"}') $$,
    '8W005', 'the connector''s settings are not valid', 'A URL that hides another host is refused.');
SELECT throws_ok($$ SELECT headway_add_connector('gong', '{"access_key": "a", "secret_key": "b"}', '{"base_url": "http://x.example"}') $$,
    '8W005', 'plain http is not allowed for this host', 'Plain http is refused.');
SELECT throws_ok($$ SELECT headway_add_connector('gong', '{"access_key": "a"}', '{"base_url": "https://x.example"}') $$,
    '8W006', 'the credentials do not have the right keys', 'A missing credential is refused.');
SELECT throws_ok($$ SELECT headway_add_connector('gong', '{"access_key": "a", "secret_key": "b", "token": "c"}', '{"base_url": "https://x.example"}') $$,
    '8W006', NULL, 'So is one too many.');
SELECT throws_ok($$ SELECT headway_add_connector('gong', '{"access_key": "a", "secret_key": ""}', '{"base_url": "https://x.example"}') $$,
    '8W006', NULL, 'So is an empty one.');
SELECT throws_ok($$ SELECT headway_add_connector('gong', '["a", "b"]', '{"base_url": "https://x.example"}') $$, '8W006', NULL, 'So is an array.');
SELECT throws_ok($$ SELECT headway_add_connector('gong', '{"access_key": "a", "secret_key": {"env": "HOME"}}', '{"base_url": "https://x.example"}') $$,
    '42501', NULL, 'The server''s environment is for pg_read_server_files only.');
SELECT throws_ok($$ SELECT headway_add_connector('gong', '{"access_key": "a", "secret_key": {"file": "/etc/passwd"}}', '{"base_url": "https://x.example"}') $$,
    '42501', NULL, 'So are its files.');
SELECT is_empty($$ SELECT * FROM headway.connectors $$, 'No refusal leaves anything behind.');

SELECT isnt(headway_add_connector('gong', '{"access_key": "an access key", "secret_key": "a secret key"}', '{"base_url": "https://x.example/api/"}'), NULL,
    'A connector is added.');
SELECT is((SELECT settings FROM headway.connectors), '{"base_url": "https://x.example/api/", "include_private": false}', 'Its settings are completed by defaults.');
SELECT throws_ok($$ SELECT headway_add_connector('gong', '{"access_key": "a", "secret_key": "b"}', '{"base_url": "https://x.example"}') $$, '23505', NULL,
    'A name is taken once.');
SELECT isnt(headway_add_connector('gong', '{"access_key": "a", "secret_key": "b"}', '{"base_url": "http://sandbox.local:8080"}', name => 'sandbox'), NULL,
    'Plain http is accepted for a host that the administrator named.');

RESET ROLE;
SELECT is((SELECT count(*) FROM headway._credentials WHERE position('secret key'::bytea IN sealed) > 0), 0::bigint, 'The secret is not in the sealed bytes.');
SELECT is((SELECT origin FROM headway._credentials k JOIN headway.connectors c ON c.id = k.connector_id WHERE c.name = 'gong'), 'https://x.example:443',
    'It is bound to the origin.');
SELECT unalike((SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid()), '%secret_key%', 'Others do not see the statement that carried it.')
    FROM (SELECT headway_set_credentials('sandbox', '{"access_key": "a", "secret_key": "c"}', 'acme')) x;
SELECT headway_add_connector('gong', '{"access_key": {"env": "GONG_ACCESS"}, "secret_key": {"file": "/run/secrets/gong"}}', '{"base_url": "https://y.example"}',
    name => 'by reference', workspace => 'acme') IS NOT NULL AS added \gset
SELECT ok(:'added'::boolean, 'A superuser may refer to the environment and to files.');

-- Key rotation.
SELECT key_id AS old_key FROM headway._credentials LIMIT 1 \gset
SELECT is(headway_rotate_key(), 3::bigint, 'Rotation seals every credential anew.');
SELECT is((SELECT count(DISTINCT key_id) FROM headway._credentials WHERE key_id <> :'old_key'), 1::bigint, 'All of them under one new key.');
SET ROLE alice;
SELECT throws_ok($$ SELECT headway_rotate_key() $$, '42501', NULL, 'Only superusers rotate the key.');
RESET ROLE;
SET headway.key_file = '/tmp/headway-sql-test.missing';
SELECT throws_ok($$ SELECT headway_add_connector('gong', '{"access_key": "a", "secret_key": "b"}', '{"base_url": "https://x.example"}', name => 'late', workspace => 'acme') $$,
    '8W007', 'the keyring file cannot be used', 'No new keyring is made while sealed rows exist.');
SET headway.key_file = '/etc/passwd';
SELECT throws_ok($$ SELECT headway_add_connector('gong', '{"access_key": "a", "secret_key": "b"}', '{"base_url": "https://x.example"}', name => 'late', workspace => 'acme') $$,
    '8W007', NULL, 'A file that others can read is no keyring.');
SET headway.key_file = '/tmp/headway-sql-test.keys';

-- Changing and dropping.
SET ROLE alice;
SELECT throws_ok($$ SELECT headway_set_connector('nope') $$, '8W005', 'unknown connector', 'An unknown connector is named.');
SELECT lives_ok($$ SELECT headway_set_connector('gong', is_active => false) $$, 'A connector is switched off.');
SELECT throws_ok($$ SELECT headway_ingest('gong') $$, '8W005', 'the connector is switched off', 'Then it is not read.');
SELECT lives_ok($$ SELECT headway_set_connector('gong', '{"include_private": true}', true) $$, 'Settings are merged.');
SELECT is((SELECT settings ->> 'base_url' FROM headway.connectors WHERE name = 'gong'), 'https://x.example/api/', 'Those not named stay.');
SELECT isnt(headway_ingest('gong'), NULL, 'A run is queued.');
SELECT lives_ok($$ SELECT headway_drop_connector('gong') $$, 'A connector is dropped, with a run under way.');
SELECT results_eq($$ SELECT state, connector_id FROM headway.runs $$, $$ VALUES ('cancelled', NULL::uuid) $$, 'Its run is cancelled and stays.');

-- Types are data.
SELECT throws_ok($$ SELECT headway_register_connector_type('acme_calls', '{"base_url": "https://api.acme.example"}', 'headway._map_gong(jsonb, jsonb)') $$,
    '8W004', 'the connector spec is not valid', 'A spec is checked.');
SELECT throws_ok($$ SELECT headway_register_connector_type('gong', (SELECT spec FROM headway.connector_types WHERE name = 'gong'), 'headway._map_gong(jsonb, jsonb)') $$,
    '8W004', 'the connector type is somebody else''s', 'Built-in types are not replaced.');
SELECT throws_ok($$ SELECT headway_register_connector_type('acme_calls', (SELECT spec FROM headway.connector_types WHERE name = 'gong'), 'pg_catalog.jsonb_concat(jsonb, jsonb)') $$,
    '8W004', 'not a mapper', 'A mapper has a mapper''s shape.');
CREATE FUNCTION map_acme(records jsonb, settings jsonb) RETURNS SETOF headway.draft LANGUAGE sql AS
    $$ SELECT r #>> '{record,id}', 'A call', 'Ann: Hello', NULL::jsonb, NULL, NULL, NULL, now(), 'en', 60, false, NULL::jsonb, NULL::jsonb, NULL::jsonb FROM jsonb_array_elements(records) r $$;
SELECT lives_ok($$ SELECT headway_register_connector_type('acme_calls', (SELECT spec FROM headway.connector_types WHERE name = 'gong'), 'map_acme(jsonb, jsonb)', 'Acme''s calls') $$,
    'An operator registers a type without any C++.');
RESET ROLE;
CREATE SCHEMA hidden;
CREATE FUNCTION hidden.map_acme(records jsonb, settings jsonb) RETURNS SETOF headway.draft LANGUAGE sql AS 'SELECT * FROM public.map_acme(records, settings)';
SELECT throws_ok($$ SELECT headway_register_connector_type('acme_hidden', (SELECT spec FROM headway.connector_types WHERE name = 'gong'), 'hidden.map_acme(jsonb, jsonb)') $$,
    '8W004', 'the mapper cannot be executed', 'A mapper is where it can be used.');
CREATE ROLE bob IN ROLE headway_operator;
SET ROLE bob;
SELECT throws_ok($$ SELECT headway_register_connector_type('acme_calls', (SELECT spec FROM headway.connector_types WHERE name = 'gong'), 'public.map_acme(jsonb, jsonb)') $$,
    '8W004', 'the connector type is somebody else''s', 'Nobody else replaces it.');

RESET ROLE;
CREATE FUNCTION refusal(of_type text, place text, value jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    spec   jsonb := jsonb_set((SELECT t.spec FROM headway.connector_types t WHERE t.name = of_type), string_to_array(place, '/'), value);
    detail text;
BEGIN
    PERFORM headway_register_connector_type('wrong', spec, 'headway._map_gong(jsonb, jsonb)');
    RETURN 'taken';
EXCEPTION WHEN SQLSTATE '8W004' THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN detail;
END $$;
SELECT matches(refusal('gong', 'requests/calls/records', '7'), 'requests/calls/records', 'A value of the wrong type is refused with its place.');
SELECT matches(refusal('gong', 'auth/kind', '"magic"'), 'auth/kind', 'An unknown kind of auth is.');
SELECT matches(refusal('gong', 'auth/password', '"sekret"'), 'auth/password', 'A credential that is not declared is.');
SELECT matches(refusal('fathom', 'requests/meetings/pagination/kind', '"guess"'), 'requests/meetings/pagination/kind', 'An unknown kind of pagination is.');
SELECT matches(refusal('fathom', 'children/transcript/request', '"nope"'), 'children/transcript', 'A request that is not there is.');
SELECT matches(refusal('ringcentral', 'budgets', '[{"requests": 0, "seconds": 1}]'), 'budgets', 'A budget of nothing is.');
SELECT matches(refusal('fathom_sessions', 'requests/videos/path', '"/x/{settings.nope}"'), 'requests/videos: .*settings.nope', 'A setting that is not declared is.');
SELECT is(refusal('ringcentral', 'budgets', '[{"requests": 1, "seconds": 1e400}]'), 'budgets/0/seconds: must be nearer to zero, and is 100000000000000000000000000000... (401 characters)',
    'A number that nothing can hold is.');
SELECT is(refusal('fathom', 'penalty_seconds', '86401'), 'penalty_seconds: must be a number less than or equal to 86400, and is 86401', 'One out of its range is told the range.');
SELECT is(refusal('fathom', 'penalty_seconds', '1.5'), 'penalty_seconds: must be of another type (numbers are whole), and is 1.5', 'Numbers are whole.');
SELECT is(refusal('gong', 'description', '"fine"'), 'taken', 'And a spec without a mistake is taken.');
SELECT lives_ok($$ SELECT headway._check_spec(spec) FROM headway.connector_types WHERE is_builtin $$, 'The built-in types keep to the format.');
SELECT set_eq($$ SELECT name FROM headway.connector_types WHERE is_builtin $$, ARRAY['gong', 'fathom', 'fathom_sessions', 'ringcentral'], 'These are built in.');

-- Where all are switched off.
SELECT headway_add_workspace('quiet') AS quiet \gset
SELECT headway_add_connector('gong', '{"access_key": "a", "secret_key": "b"}', '{"base_url": "https://y.example"}', name => 'Gong two', workspace => 'quiet') AS two \gset
SELECT headway_set_connector('Gong two', is_active => false, workspace => 'quiet') \gset ignored_
SELECT throws_ok(format('SELECT headway_ingest(%L, workspace => ''quiet'')', given), '8W005', 'the connector is switched off', 'Nothing is read where the only one is switched off: ' || what) FROM (VALUES ('gong', 'by type'), (NULL, 'by none')) v (given, what);
SELECT throws_ok($$ SELECT headway_ingest('fathom', workspace => 'quiet') $$, '8W005', 'unknown connector', 'One that is not there is unknown.');
SELECT throws_ok(format($$ SELECT headway_add_connector('gong', '{"access_key": "a", "secret_key": "b"}', '{"base_url": "https://x.example"}', name => %L, workspace => 'quiet') $$, n), '8W005', 'not a name for a connector',
    'No name: ' || length(n) || ' characters.') FROM (VALUES (''), (repeat('x', 201))) v (n);
COPY (SELECT WHERE false) TO PROGRAM 'rm -f /tmp/headway-sql-test.keys';
SELECT * FROM finish();
ROLLBACK;
