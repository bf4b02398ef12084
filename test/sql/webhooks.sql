\set ECHO none
\i test/setup.psql
-- Webhooks: what is accepted, counted, ignored and refused, without any vendor. (How a proof is checked is core's, and its tests'.)
SELECT plan(44);
SET headway.key_file = '/tmp/headway-sql-test.keys';
COPY (SELECT WHERE false) TO PROGRAM 'rm -f /tmp/headway-sql-test.keys';

CREATE ROLE alice IN ROLE headway_operator;
CREATE ROLE mallory IN ROLE headway_operator;
GRANT CREATE ON SCHEMA public TO alice;
SET ROLE alice;
SELECT headway_add_workspace('acme') AS w \gset
CREATE FUNCTION map_hooked(records jsonb, settings jsonb) RETURNS SETOF headway.draft LANGUAGE sql AS
    $$ SELECT r #>> '{record,id}', 'A call', 'Ann: Hello', NULL::jsonb, NULL, NULL, NULL, now(), 'en', 60, false, NULL::jsonb, NULL::jsonb, NULL::jsonb FROM jsonb_array_elements(records) r $$;
SELECT headway_register_connector_type('hooked', '{
  "base_url": "https://vendor.example",
  "credentials": {"key": {}, "token": {"optional": true}},
  "auth": {"kind": "bearer", "token": "key"},
  "requests": {"calls": {"method": "GET", "path": "/calls", "records": "/calls"}, "session": {"method": "GET", "path": "/sessions/{parent}", "records": "/calls"}},
  "list": {"request": "calls", "id": "/id"},
  "webhook": {
    "verify": {"kind": "token", "credential": "token", "headers": ["Verification-Token"]},
    "handshake": "Validation-Token", "delivery": "/uuid", "event": "/event",
    "sequence": {"of": "/session", "at": "/n"},
    "events": [{"where": {"/event": ["ended"]}, "lookup": {"request": "session", "id": "/session", "after_seconds": 30}},
               {"where": {"/event": ["told"]}, "record": ["/call"]}]}}', 'map_hooked(jsonb, jsonb)') \gset ignored_
SELECT headway_add_connector('hooked', '{"key": "k"}') AS c \gset

CREATE FUNCTION deliver(body text, headers jsonb DEFAULT '{"verification-token": "a secret"}') RETURNS text LANGUAGE sql AS
    $$ SELECT format('%s %s', a ->> 'status', a #>> '{body,result}') FROM headway_receive_webhook('hooked', headers, convert_to(body, 'UTF8')) a $$;
CREATE VIEW deliveries AS SELECT status, delivery_id, reason, times, run_id IS NOT NULL AS has_run FROM headway.webhook_deliveries;

-- Setting up.
SELECT is(deliver('{}'), '503 refused', 'Without a credential to verify with, the connector is not ready.');
SELECT throws_ok($$ SELECT headway_set_credentials('hooked', '{"tokens": "a secret"}') $$, '8W006', NULL, 'An unknown key is refused.');
SELECT throws_ok($$ SELECT headway_set_credentials('hooked', '{}') $$, '8W006', NULL, 'So is no key at all.');
SELECT throws_ok($$ SELECT headway_set_credentials('hooked', '{"key": null}') $$, '8W006', NULL, 'A key that the type needs cannot be taken away.');
SELECT lives_ok($$ SELECT headway_set_credentials('hooked', '{"token": "another"}') $$, 'An optional credential is added alone.');
SELECT is(deliver('{}'), '401 refused', 'What does not have it is refused.');
SELECT lives_ok($$ SELECT headway_set_credentials('hooked', '{"token": "a secret"}') $$, 'It is replaced alone, too.');
SELECT is(deliver('{"uuid": "u0", "event": "other"}'), '200 ignored', 'Now the vendor is believed; an event that is not known is acknowledged.');
SELECT lives_ok($$ SELECT headway_set_credentials('hooked', '{"key": "new"}') $$, 'The keys that the type needs are replaced without it.');
SELECT is(deliver('{"uuid": "u0", "event": "other"}'), '200 ignored', 'Then it stays.');

-- A record that is brought along.
SELECT is(deliver('{"uuid": "u1", "event": "told", "call": {"id": "c1"}}'), '200 accepted', 'A delivery that brings a record is accepted.');
SELECT results_eq($$ SELECT r.kind, r.state, r.requested_by::text COLLATE "default", t.kind, t.payload, t.run_at <= now() FROM headway.runs r JOIN headway.tasks t ON t.run_id = r.id $$,
    $$ VALUES ('webhook', 'queued', 'alice', 'receive', '{"given": {"id": "c1"}}'::jsonb, true) $$, 'It starts a run of its own, at once.');
SELECT is(deliver('{"uuid": "u1", "event": "told", "call": {"id": "c1"}}'), '200 duplicate', 'The same again is acknowledged.');
SELECT is((SELECT count(*) FROM headway.runs), 1::bigint, 'And starts no second run.');
SELECT is((SELECT (headway_receive_webhook('hooked', '{"Verification-Token": "a secret"}', '{"uuid": "u1", "event": "told", "call": {"id": "c1"}}') ->> 'run_id')::uuid),
    (SELECT id FROM headway.runs), 'Its answer names the first one''s run.');
SELECT results_eq($$ SELECT * FROM deliveries WHERE delivery_id = 'u1' $$, $$ VALUES ('accepted', 'u1', '', 3::bigint, true) $$, 'One row counts how often it came.');
SELECT is(deliver('{"uuid": "u2", "event": "told", "call": {"name": "c1"}}'), '400 refused', 'A record without an id is refused.');

-- An id that is looked up.
SELECT is(deliver('{"uuid": "u3", "event": "ended", "session": "s1", "n": 5}'), '200 accepted', 'A delivery that names a session is accepted.');
SELECT results_eq($$ SELECT t.payload, extract(epoch FROM t.run_at - now()) BETWEEN 25 AND 35, r.window_to = t.run_at FROM headway.tasks t JOIN headway.runs r ON r.id = t.run_id WHERE payload ? 'lookup' $$,
    $$ VALUES ('{"lookup": "s1", "request": "session"}'::jsonb, true, true) $$, 'It is looked up when the vendor has it.');
SELECT is(deliver('{"uuid": "u4", "event": "ended", "session": "s1", "n": 4}'), '200 ignored', 'An event that was overtaken says nothing new.');
SELECT is(deliver('{"uuid": "u5", "event": "ended", "session": "s2", "n": 4}'), '200 accepted', 'Of another session it does.');
SELECT is(deliver('{"uuid": "u6", "event": "ended", "session": "s1", "n": 6}'), '200 accepted', 'So does a later one of the same.');

-- Handshakes.
SELECT is(headway_receive_webhook('hooked', '{"Validation-Token": "abc"}', ''),
    '{"status": 200, "headers": {"Content-Type": "application/json", "Validation-Token": "abc"}, "body": {"result": "ignored"}, "run_id": null}',
    'A handshake is answered with its header.');

-- What nobody vouches for.
SELECT is(deliver(format('{"uuid": "forged%s", "event": "told", "call": {"id": "x"}}', i), '{"verification-token": "wrong"}'), '401 refused', 'A forged delivery is refused.')
FROM generate_series(1, 2) i;
SELECT is((SELECT count(*) FROM generate_series(1, 500) i WHERE deliver('{"uuid": "forged"}', jsonb_build_object('verification-token', i::text)) = '401 refused'), 500::bigint,
    'Hundreds of them are.');
SELECT is((SELECT max(times) FROM headway.webhook_deliveries WHERE reason = 'the token is wrong'), 503::bigint, 'They are counted.');
SELECT cmp_ok((SELECT count(*) FROM headway.webhook_deliveries WHERE reason = 'the token is wrong'), '<=', 2::bigint, 'They take a row for an hour.');
SELECT cmp_ok((SELECT count(*) FROM headway.log WHERE detail ->> 'reason' = 'the token is wrong'), '<=', 2::bigint, 'And the log one.');
SELECT is_empty($$ SELECT * FROM headway.webhook_deliveries d WHERE d::text ~ 'forged' $$, 'Nothing of what they say is kept.');
SELECT is(deliver('{}', 'null'), '400 refused', 'Headers that are none are refused.');
SELECT is(headway_receive_webhook('hooked', NULL, NULL) ->> 'status', '400', 'So is nothing at all.');
SELECT is(deliver('{}', ('{"a":' || repeat('[', 1500) || repeat(']', 1500) || '}')::jsonb), '400 refused', 'So is what is nested too deep.');
SELECT is(deliver('{"uuid": "u7", "event": "told", "call": {"id": "c7", "n": 1e-400000}}'), '400 refused', 'So is a number that the database cannot hold.');
SELECT is(headway_receive_webhook('hooked', '{"verification-token": "a secret"}', '\xff00fe') ->> 'status', '400', 'So are bytes that are no text.');

-- Who may, and when.
SELECT throws_ok($$ SELECT headway_receive_webhook('nope', '{}', '') $$, '8W005', 'unknown connector', 'An unknown connector is an error of the app''s.');
SELECT headway_add_connector('gong', '{"access_key": "a", "secret_key": "b"}', '{"base_url": "https://x.example"}', name => 'gong') \gset ignored_
SELECT lives_ok($$ SELECT headway_set_connector('hooked', is_active => false) $$, 'A connector is switched off.');
SELECT is(deliver('{"uuid": "u8", "event": "told", "call": {"id": "c8"}}'), '200 ignored', 'Then what comes is acknowledged and left out.');
SELECT lives_ok($$ SELECT headway_set_credentials('hooked', '{"token": null}') $$, 'An optional credential is taken away.');
SELECT is(deliver('{"uuid": "u9", "event": "told", "call": {"id": "c9"}}'), '503 refused', 'Then nobody is believed any more.');
RESET ROLE;
SET ROLE mallory;
SELECT throws_ok($$ SELECT headway_receive_webhook('hooked', '{}', '', 'acme') $$, '8W001', NULL, 'Only members may hand something over.');
SELECT is_empty('SELECT * FROM headway.webhook_deliveries', 'And only they see what came.');
RESET ROLE;

-- Housekeeping.
UPDATE headway.webhook_deliveries SET last_at = now() - interval '91 days' WHERE delivery_id IN ('u0', 'u1');
SELECT lives_ok('SELECT headway_tick()', 'The tick runs.');
SELECT is_empty($$ SELECT * FROM headway.webhook_deliveries WHERE delivery_id IN ('u0', 'u1') $$, 'It purges what came long ago.');

COPY (SELECT WHERE false) TO PROGRAM 'rm -f /tmp/headway-sql-test.keys';
SELECT * FROM finish();
ROLLBACK;
