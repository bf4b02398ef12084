\set ECHO none
\i test/setup.psql
-- Access tokens: who mints, what is kept, and what follows from new credentials. No worker, no network.
SELECT plan(29);
SET headway.key_file = '/tmp/headway-sql-test.keys';
COPY (SELECT WHERE false) TO PROGRAM 'rm -f /tmp/headway-sql-test.keys';

CREATE FUNCTION map_test(records jsonb, settings jsonb) RETURNS SETOF headway.draft LANGUAGE sql AS 'SELECT NULL::headway.draft WHERE false';
SELECT headway_add_workspace('acme') AS w \gset
SELECT headway_register_connector_type('minting', '{"base_url": "https://api.acme.example", "credentials": {"id": {}, "secret": {}, "refresh": {}},
    "auth": {"kind": "oauth2_refresh_token", "path": "/token", "client_id": "id", "client_secret": "secret", "refresh_token": "refresh"},
    "requests": {"calls": {"method": "GET", "path": "/calls", "records": ""}}, "list": {"request": "calls", "id": "/id"}}',
    'map_test(jsonb, jsonb)') \gset ignored_
SELECT headway_add_connector('minting', '{"id": "me", "secret": "s", "refresh": "r1"}') AS c \gset

CREATE FUNCTION borrow(worker bigint DEFAULT 1) RETURNS jsonb LANGUAGE sql AS
    $$ SELECT headway._borrow_token(c.workspace_id, c.id, worker, 60) FROM headway.connectors c $$;
CREATE FUNCTION credentials_id() RETURNS uuid LANGUAGE sql AS 'SELECT id FROM headway._credentials';
CREATE FUNCTION minted(lease int, token uuid, minted_with uuid DEFAULT credentials_id(), credentials uuid DEFAULT NULL) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('lease', lease, 'minted_with', minted_with, 'fresh_seconds', 60,
        'token', jsonb_build_object('id', token, 'key_id', 'k', 'origin', 'https://api.acme.example:443', 'sealed', encode('token', 'base64')),
        'credentials', CASE WHEN credentials IS NOT NULL THEN jsonb_build_object('id', credentials, 'key_id', 'k2', 'origin', 'x', 'sealed', encode('changed', 'base64')) END)
$$;
CREATE FUNCTION keep(minted jsonb) RETURNS boolean LANGUAGE sql AS $$ SELECT headway._keep_token(c.workspace_id, c.id, minted) FROM headway.connectors c $$;
CREATE FUNCTION u(n int) RETURNS uuid LANGUAGE sql AS $$ SELECT format('00000000-0000-4000-8000-%s', lpad(n::text, 12, '0'))::uuid $$;

-- One mints, the others wait.
SELECT results_eq($$ SELECT b -> 'lease', (b #>> '{credentials,id}')::uuid = credentials_id() FROM borrow() b $$, $$ VALUES ('1'::jsonb, true) $$, 'Whoever asks first is to mint, with the credentials as they are now.');
SELECT is(borrow(), '{"wait": true}', 'Whoever asks next waits.');
SELECT is(borrow(2) -> 'lease', '2', 'Unless the worker that mints is dead: its lock is free.');
SELECT is(borrow(2), '{"wait": true}', 'Who lives keeps the lease.');
SELECT is(keep(minted(2, u(1))), true, 'What is minted is kept.');
SELECT is(borrow() #>> '{token,id}', u(1)::text, 'And given to all.');
SELECT is(decode(borrow(2) #>> '{token,sealed}', 'base64'), 'token'::bytea, 'Sealed.');
UPDATE headway._tokens SET fresh_until = now() - interval '1 second';
SELECT is(borrow() -> 'lease', '3', 'What is no longer fresh is minted anew.');
UPDATE headway._tokens SET minting_until = now() - interval '1 second';
SELECT is(borrow() -> 'lease', '4', 'A lease ends by itself.');

-- A failed mint.
SELECT headway._fail_token(:'w', :'c', 3, '{"kind": "refused"}') \gset ignored_
SELECT is(borrow(), '{"wait": true}', 'Whose lease is over cannot end another one.');
SELECT headway._fail_token(:'w', :'c', 4, '{"kind": "refused", "message": "no"}') \gset ignored_
SELECT is(borrow(), '{"problem": {"kind": "refused", "message": "no"}}', 'Who waits fails for the same reason.');
UPDATE headway._tokens SET problem_until = now() - interval '1 second';
SELECT is(borrow() -> 'lease', '5', 'For a moment only.');
SELECT is((SELECT problem FROM headway._tokens), NULL, 'Then it is forgotten.');

-- A refused token.
SELECT is(keep(minted(5, u(2))), true, 'A token is minted.');
SELECT headway._drop_token(:'w', :'c', u(1)) \gset ignored_
SELECT is(borrow() #>> '{token,id}', u(2)::text, 'That an older one is refused does not concern it.');
SELECT headway._drop_token(:'w', :'c', u(2)) \gset ignored_
SELECT is(borrow() -> 'lease', '6', 'When it is refused itself, another one is minted.');
SELECT is((SELECT sealed FROM headway._tokens), NULL, 'Nothing is left of it.');

-- A rotated refresh token.
SELECT is(keep(minted(6, u(3), credentials => u(30))), true, 'A grant may change the credentials.');
SELECT results_eq('SELECT id, key_id, sealed, origin FROM headway._credentials', $$ VALUES (u(30), 'k2', 'changed'::bytea, 'https://api.acme.example:443') $$,
    'They are kept with the token, and go where they went before.');
SELECT is(keep(minted(6, u(4), minted_with => u(29), credentials => u(31))), false, 'What was minted with other credentials is not kept.');
SELECT results_eq('SELECT t.id, k.id FROM headway._tokens t, headway._credentials k', $$ VALUES (u(3), u(30)) $$, 'Neither token nor credentials.');

-- New credentials.
SELECT headway._store_credentials(:'w', :'c', 'https://api.acme.example:443', '{"id": "me", "secret": "s", "refresh": "r8"}') \gset ignored_
SELECT credentials_id() AS old \gset
SELECT is(borrow() -> 'lease', '8', 'While a worker mints');
SELECT headway_set_credentials('minting', '{"id": "me", "secret": "s", "refresh": "r9"}') \gset ignored_
SELECT is(borrow(2) -> 'lease', '10', 'new credentials come: nobody waits for what the old ones bring.');
SELECT is(keep(minted(8, u(5), minted_with => :'old', credentials => u(32))), false, 'That is not kept');
SELECT is(borrow(2), '{"wait": true}', 'and does not end the lease of who mints with the new ones.');
SELECT is(keep(minted(10, u(6))), true, 'These bring a token.');
SELECT headway_set_connector('minting', '{}') \gset ignored_
SELECT is(borrow() -> 'lease', '11', 'New settings ask for a new token, too.');
SELECT keep(minted(11, u(7))) \gset ignored_
SELECT headway_rotate_key() \gset ignored_
SELECT is(borrow() -> 'lease', '12', 'A rotated key leaves no token under the old one.');
SELECT headway_drop_connector('minting') \gset ignored_
SELECT is((SELECT count(*) FROM headway._tokens), 0::bigint, 'With its connector the token goes.');

COPY (SELECT WHERE false) TO PROGRAM 'rm -f /tmp/headway-sql-test.keys';
SELECT * FROM finish();
ROLLBACK;
