\set ECHO none
\i test/setup.psql
-- What people decide: pins, which nothing overrules, and customers made of callers.
SELECT plan(78);

SELECT headway_add_workspace('acme') AS w \gset
INSERT INTO headway.customers (workspace_id, name, phone, region, external_id) VALUES (:'w', 'Ann Lee', '415 555 0101', 'US', 'ann'), (:'w', 'Bob Ray', '415 555 0102', 'US', NULL);
SELECT id AS ann FROM headway.customers WHERE name = 'Ann Lee' \gset
SELECT id AS bob FROM headway.customers WHERE name = 'Bob Ray' \gset
INSERT INTO headway.bookings (workspace_id, customer_id, starts_at, booked_at, external_id) VALUES (:'w', :'ann', '2026-11-10 19:00+00', '2026-01-01', 'anns'), (:'w', :'bob', '2026-11-12 19:00+00', '2026-01-01', 'bobs');
SELECT headway_add_recording('c', '415 555 0101', '415 555 0199', '2026-11-10 15:00+00') AS c \gset
CREATE FUNCTION now_linked(ext text DEFAULT 'c') RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', r.link_status, c.name, r.customer_ref, b.external_id) FROM headway.recordings r LEFT JOIN headway.customers c ON c.workspace_id = r.workspace_id AND c.id = r.customer_id
    LEFT JOIN headway.bookings b ON b.workspace_id = r.workspace_id AND b.id = r.booking_id WHERE r.external_id = ext $$;
SELECT is(now_linked(), 'linked Ann Lee ann anns', 'A call is linked by its number.');

-- Pinning.
SELECT headway_pin_link(:'c', :'bob', 'bobs', 'she called for her boss') \gset ignored_
SELECT is(now_linked(), 'pinned Bob Ray bobs', 'A person links it otherwise.');
SELECT results_eq('SELECT link_score, link_reason ->> ''why'', link_reason ->> ''pinned_by'', link_reason ->> ''decided_by'' FROM headway.recordings', $$ VALUES (NULL::real, 'she called for her boss', 'postgres', 'person') $$,
    'It says who did it and why.');
SELECT is(headway_link_recording(:'c') ->> 'link_status', 'pinned', 'Linking it again leaves it.');
SELECT is(headway_link_recordings(only_unlinked => false), 0::bigint, 'Linking all leaves it.');
SELECT is((headway_tick() ->> 'linked')::int, 0, 'The tick leaves it.');
INSERT INTO headway.customers (workspace_id, name, phone, region) VALUES (:'w', 'Ann''s Sister', '415 555 0101', 'US');
INSERT INTO headway.bookings (workspace_id, customer_id, starts_at, booked_at) VALUES (:'w', :'ann', '2026-11-10 16:00+00', '2026-11-10 15:04+00');
SELECT is((headway_tick() ->> 'linked')::int, 0, 'So it does when there is somebody new, and a booking that was made during the call.');
SELECT is(headway_add_recording('c', '415 555 0101', '415 555 0199', '2026-11-10 15:00+00', transcript => E'A: Hi.\nB: Ann Lee, about today.'), :'c', 'A transcript comes later.');
SELECT is(now_linked(), 'pinned Bob Ray bobs', 'It changes nothing either.');
SELECT ok((SELECT message_id IS NOT NULL AND said IS NOT NULL FROM headway.recordings), 'Though it is there.');
SELECT results_eq('SELECT reason, pinned_by, pinned_at IS NOT NULL, customer_id, automatic_status, automatic_customer_id, automatic_customer_ref FROM headway.pinned_links',
    format($$ VALUES ('she called for her boss', 'postgres', true, %L::uuid, 'linked', %L::uuid, 'ann') $$, :'bob', :'ann'), 'A view shows what automation would say now.');
SELECT is(headway_preview_link(:'c') ->> 'link_status', 'linked', 'So does a preview.');
SELECT is(now_linked(), 'pinned Bob Ray bobs', 'Which changes nothing.');
SELECT headway_pin_link(:'c', NULL, reason => 'a wrong number') \gset ignored_
SELECT is(now_linked(), 'pinned', 'A call may be pinned to nobody.');
SELECT headway_pin_link(r.id, k.id, b.id) FROM headway.recordings r, headway.customers k, headway.bookings b WHERE k.name = 'Bob Ray' AND b.external_id = 'bobs' \gset ignored_
SELECT is(now_linked(), 'pinned Bob Ray bobs', 'Ids are taken as they are.');
SELECT headway_pin_link(:'c', 'ann') \gset ignored_
SELECT is(now_linked(), 'pinned Ann Lee ann', 'And to a customer by the app''s own key, without a booking.');
SELECT is(headway_link_recordings(only_unlinked => false), 0::bigint, 'Which leaves it without one.');
SELECT headway_unpin_link(:'c') \gset ignored_
SELECT is(now_linked(), (SELECT 'linked Ann Lee ann'), 'Unpinned, it is linked as automation says.');
SELECT ok((SELECT NOT link_reason ? 'pinned_by' FROM headway.recordings), 'The pin has left no trace.');
SELECT headway_unpin_link(:'c') \gset ignored_
SELECT is(now_linked(), 'linked Ann Lee ann', 'What is not pinned cannot be unpinned: nothing happens.');

-- What cannot be pinned leaves everything as it was.
SELECT throws_ok(format('SELECT headway_pin_link(%L, %L)', c, customer), '8W019', problem, 'Pinning is refused: ' || problem || ', ' || what)
FROM (VALUES (gen_random_uuid(), :'ann'::text, 'unknown recording', 'an id that is not there'), (NULL, :'ann', 'unknown recording', 'NULL'), (:'c'::uuid, gen_random_uuid()::text, 'unknown customer', 'an id that is not there'),
             (:'c', 'zoe', 'unknown customer', 'a key that is not there'), (:'c', '', 'unknown customer', 'nothing'), (:'c', ''' OR true --', 'unknown customer', 'a key that is none')) v (c, customer, problem, what);
SELECT throws_ok(format('SELECT headway_pin_link(%L, ''ann'', %L)', :'c', booking), '8W019', problem, 'A booking is refused: ' || problem || ', ' || what)
FROM (VALUES ('bobs', 'the booking is somebody else''s', 'another customer''s'), (gen_random_uuid()::text, 'unknown booking', 'an id that is not there'), ('', 'unknown booking', 'nothing')) v (booking, problem, what);
SELECT throws_ok(format('SELECT headway_pin_link(%L, NULL, ''anns'')', :'c'), '8W019', 'the booking is somebody else''s', 'A booking without its customer is refused.');
SELECT throws_ok(format('SELECT headway_unpin_link(%L)', gen_random_uuid()), '8W019', 'unknown recording', 'Unpinning what is not there is refused.');
SELECT throws_ok('SELECT headway_unpin_link(NULL)', '8W019', 'unknown recording', 'And NULL.');
SELECT is(now_linked(), 'linked Ann Lee ann', 'Nothing of it has changed the link.');
SELECT headway_add_workspace('other') AS other \gset
SET LOCAL headway.workspace = 'acme';
INSERT INTO headway.customers (workspace_id, name, external_id, region) VALUES (:'other', 'Stranger', 'strange', 'US') RETURNING id AS stranger \gset
SELECT throws_ok(format('SELECT headway_pin_link(%L, %L)', :'c', x), '8W019', 'unknown customer', 'Another workspace''s customer is none: ' || n) FROM (VALUES (:'stranger'::text, 'by id'), ('strange', 'by key')) v (x, n);
SELECT throws_ok(format('SELECT headway_pin_link(%L, ''strange'', workspace => ''other'')', :'c'), '8W019', 'unknown recording', 'Nor is its recording.');

-- A model that answers when a person has decided.
SELECT headway_set_provider('llm', 'openai', '{"api_key": "k"}', '{"model": "m"}') \gset ignored_
INSERT INTO headway.customers (workspace_id, name, phone, region, external_id) VALUES (:'w', 'One', '415 555 0300', 'US', 'one'), (:'w', 'Two', '415 555 0300', 'US', 'two');
SELECT headway_add_recording('j', '415 555 0300', '415 555 0199', '2026-11-10 15:00+00', transcript => E'A: Hi.\nB: Hello.', ai_insights => '{}') AS j \gset
SELECT is(now_linked('j'), 'ambiguous', 'A call is ambiguous.');
CREATE FUNCTION claim() RETURNS headway.tasks LANGUAGE plpgsql AS $$
DECLARE t headway.tasks;
BEGIN
    UPDATE headway.tasks SET run_at = CASE WHEN id = (SELECT min(id) FROM headway.tasks WHERE kind = 'judge_link' AND state = 'queued') THEN now() ELSE now() + interval '1 hour' END WHERE state = 'queued';
    SELECT * INTO t FROM headway._claim(headway_workspace(), 1, 1);
    RETURN t;
END $$;
SELECT is((SELECT payload ->> 'recording_id' FROM headway.tasks WHERE kind = 'judge_link'), :'j', 'A model is to be asked.');
SELECT id AS t, token FROM claim() \gset
SELECT is(jsonb_array_length(headway._input_judge_link(:'w', :t, :token) #> '{question,candidates}'), 2, 'Between two.');
SELECT headway_pin_link(:'j', 'two', reason => 'I know her voice') \gset ignored_
SELECT headway._settle_judge_link(:'w', :t, :token, '{"candidate": "one", "confidence": 1, "reasoning": "r"}'::jsonb || (SELECT jsonb_build_object('among', headway._among(link_reason)) FROM headway.recordings WHERE link_status = 'ambiguous' LIMIT 1)) \gset ignored_
SELECT is(now_linked('j'), 'pinned Two two', 'The model''s answer does not overrule the person''s.');
SELECT is((SELECT state FROM headway.tasks WHERE id = :t), 'done', 'Its task is done.');
SELECT headway_unpin_link(:'j') \gset ignored_
SELECT is(now_linked('j'), 'ambiguous', 'Unpinned, it is ambiguous again.');
SELECT is((SELECT count(*) FROM headway.tasks WHERE kind = 'judge_link' AND state = 'queued'), 1::bigint, 'And a model is to be asked again.');
SELECT id AS t, token FROM claim() \gset
SELECT headway_pin_link(:'j', 'two') \gset ignored_
SELECT is(headway._input_judge_link(:'w', :t, :token), NULL, 'Nobody is asked about what is pinned meanwhile.');
SELECT headway_unpin_link(:'j') \gset ignored_
SELECT id AS t, token FROM claim() \gset
SELECT headway._settle_judge_link(:'w', :t, :token, '{"candidate": "one", "confidence": 0.69, "reasoning": "r"}'::jsonb || (SELECT jsonb_build_object('among', headway._among(link_reason)) FROM headway.recordings WHERE link_status = 'ambiguous' LIMIT 1)) \gset ignored_
SELECT is(now_linked('j'), 'ambiguous', 'An answer that is not sure enough leaves it ambiguous.');
SELECT is((SELECT link_reason #>> '{judged,candidate}' FROM headway.recordings WHERE id = :'j'), 'one', 'It is kept for whoever reviews.');
UPDATE headway.customers SET email = 'one@one.example' WHERE external_id = 'one';
SELECT headway_link_recording(:'j') \gset ignored_
SELECT headway_link_recordings(only_unlinked => false) \gset ignored_
SELECT headway_tick() \gset ignored_
SELECT is((SELECT count(*) FROM headway.tasks WHERE kind = 'judge_link' AND state = 'queued'), 0::bigint, 'It is not asked again while the candidates are the same.');
INSERT INTO headway.customers (workspace_id, name, phone, region, external_id) VALUES (:'w', 'Three', '415 555 0300', 'US', 'three');
SELECT headway_tick() \gset ignored_
SELECT is((SELECT count(*) FROM headway.tasks WHERE kind = 'judge_link' AND state = 'queued'), 1::bigint, 'It is when there is one more.');
UPDATE headway.recordings SET duration_seconds = 999, said = '{"guests": [2]}' WHERE id = :'j';
INSERT INTO headway.bookings (workspace_id, customer_id, starts_at, booked_at, external_id) SELECT :'w', id, '2026-11-10 19:00+00', '2026-01-01', external_id FROM headway.customers WHERE external_id IN ('one', 'two');
SELECT headway_tick() \gset ignored_
SELECT is((SELECT count(*) FROM headway.tasks WHERE kind = 'judge_link' AND state = 'queued'), 1::bigint, 'What has changed again while the question waits is not asked twice.');
SELECT id AS t, token FROM claim() \gset
SELECT headway._settle_judge_link(:'w', :t, :token, '{"candidate": "one", "confidence": 0.95, "reasoning": "r"}'::jsonb || (SELECT jsonb_build_object('among', headway._among(link_reason)) FROM headway.recordings WHERE id = :'j')) \gset ignored_
SELECT is(now_linked('j'), 'linked One one one', 'An answer that says whose call it was leads to the booking that it was about.');
SELECT is((SELECT link_score FROM headway.recordings WHERE id = :'j'), 16::real, 'The score is that of both.');
SELECT headway_link_recordings(only_unlinked => false) \gset ignored_
SELECT is(now_linked('j'), 'linked One one one', 'Linking again leaves it.');
SELECT headway_set_provider('llm', 'builtin') \gset ignored_
SELECT headway_add_recording('k', '415 555 0300', '415 555 0199', '2026-11-10 15:00+00', transcript => E'A: Hi.\nB: Hello!', ai_insights => '{}') \gset ignored_
CREATE FUNCTION asked_about_k() RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM headway.tasks t JOIN headway.recordings r ON t.payload ->> 'recording_id' = r.id::text WHERE r.external_id = 'k' AND t.state = 'queued' $$;
SELECT is(asked_about_k(), 0::bigint, 'Where no model is set, none is asked.');
SELECT headway_set_provider('llm', 'openai', '{"api_key": "k"}', '{"model": "m"}') \gset ignored_
SELECT headway_link_recordings() \gset ignored_
SELECT is(asked_about_k(), 1::bigint, 'When one is set, it is asked about what was ambiguous before.');
SELECT headway_link_recordings() \gset ignored_
SELECT is(asked_about_k(), 1::bigint, 'Once.');
UPDATE headway.tasks t SET state = 'running', started_at = clock_timestamp() FROM headway.recordings r WHERE t.payload ->> 'recording_id' = r.id::text AND r.external_id = 'k';
SELECT headway_link_recordings() \gset ignored_
SELECT is(asked_about_k(), 0::bigint, 'And not again while it is answering.');
INSERT INTO headway.customers (workspace_id, name, phone, region, external_id) VALUES (:'w', 'Four', '415 555 0300', 'US', 'four');
SELECT headway_tick() \gset ignored_
SELECT is(asked_about_k(), 1::bigint, 'Unless there is one more candidate by then.');
SELECT headway_set_provider('llm', 'builtin') \gset ignored_

-- A customer made of a caller.
SELECT headway_add_recording('new ' || n, '(415) 555-0500', '415 555 0199', '2026-11-10 15:00+00') AS n1 FROM generate_series(1, 1) n \gset
SELECT headway_add_recording('new 2', '(415) 555-0500', '415 555 0199', '2026-11-11 15:00+00') \gset ignored_
SELECT headway_create_customer_from(:'n1', '  Nia New ') AS nia \gset
SELECT is(now_linked('new 1') || ', ' || now_linked('new 2'), 'customer_only Nia New, customer_only Nia New', 'Whoever called becomes a customer, and all her calls are hers.');
SELECT results_eq(format('SELECT name, phone_e164, region, email FROM headway.customers WHERE id = %L', :'nia'), $$ VALUES ('Nia New', '+14155550500', 'US', NULL::text) $$, 'With her number in the workspace''s region.');
SELECT headway_add_recording('mail', NULL, NULL, '2026-11-10 15:00+00', transcript => 'Max: Hi.', metadata => '{"parties": [{"email": "Max@Mail.example"}]}') AS mail \gset
SELECT headway_create_customer_from(:'mail', 'Max Mail') \gset ignored_
SELECT is(now_linked('mail') || ' ' || (SELECT email FROM headway.customers WHERE name = 'Max Mail'), 'customer_only Max Mail max@mail.example', 'Without a number it is the address that counts.');
INSERT INTO headway.customers (workspace_id, name, region, company_domain) VALUES (:'w', 'Corp', 'US', 'corp.example');
SELECT headway_add_recording('both', '415 555 0510', NULL, '2026-11-10 15:00+00', transcript => 'Max: Hi there.', metadata => '{"parties": [{"email": "max@mail.example"}]}') AS both,
       headway_add_recording('colleague', '415 555 0511', NULL, '2026-11-10 15:00+00', transcript => 'Cy: Hi.', metadata => '{"parties": [{"email": "cy@corp.example"}]}') AS colleague \gset
INSERT INTO headway.shared_phones (workspace_id, phone_e164) VALUES (:'w', '+14155550600');
INSERT INTO headway.customers (workspace_id, name, phone, region) SELECT :'w', 'Typist ' || n, '415 555 0700', 'US' FROM generate_series(1, 11) n;
SELECT headway_add_recording('no number', 'withheld', NULL, '2026-11-10 15:00+00') AS nothing, headway_add_recording('shared', '415 555 0600', NULL, '2026-11-10 15:00+00') AS shared,
       headway_add_recording('typed', '415 555 0700', NULL, '2026-11-10 15:00+00') AS typed, headway_add_recording('inside', '415 555 0800', '415 555 0801', '2026-11-10 15:00+00', 'internal') AS inside \gset
SELECT headway_add_recording('line 1', '415 555 0901', '415 555 0800', '2026-11-10 15:00+00') AS l1, headway_add_recording('line 2', '415 555 0902', '415 555 0800', '2026-11-10 15:00+00') AS l2,
       headway_add_recording('line 3', '415 555 0903', '415 555 0800', '2026-11-10 15:00+00') AS l3, headway_add_recording('line', '415 555 0800', '415 555 0199', '2026-11-10 15:00+00') AS line \gset
SELECT count(*) AS customers FROM headway.customers \gset
SELECT throws_ok(format('SELECT headway_create_customer_from(%L, %L)', r, name), state, problem, 'No customer is made: ' || what)
FROM (VALUES (:'n1'::uuid, '', '8W022', 'the customer needs a name', 'without a name.'), (:'n1', E' \t', '8W022', 'the customer needs a name', 'with a blank one.'), (:'n1', NULL, '8W022', 'the customer needs a name', 'with NULL for one.'),
             (:'n1', 'Nia', '8W022', 'somebody has that number or address', 'of a number that somebody has.'), (:'mail', 'Max', '8W022', 'somebody has that number or address', 'of an address that somebody has.'),
             (:'nothing', 'N', '8W022', 'the recording has neither a number nor an address', 'of nothing.'), (:'inside', 'N', '8W022', 'the recording has neither a number nor an address', 'of an internal call.'),
             (:'shared', 'N', '8W022', 'the number identifies nobody', 'of a shared number.'), (:'line', 'N', '8W022', 'the number identifies nobody', 'of the company''s own line.'),
             (:'both', 'Max', '8W022', 'somebody has that number or address', 'of a new number with an address that somebody has.'),
             (:'colleague', 'Cy', '8W022', 'the recording is a customer''s', 'of a call that is linked.'),
             (:'typed', 'N', '8W022', 'somebody has that number or address', 'of a number that too many have.'),
             (gen_random_uuid(), 'N', '8W019', 'unknown recording', 'of a recording that is not there.'), (NULL, 'N', '8W019', 'unknown recording', 'of NULL.')) v (r, name, state, problem, what);
SELECT is((SELECT count(*) FROM headway.customers), :customers::bigint, 'None has been made.');
SELECT headway_pin_link(:'l1', NULL, reason => 'spam') \gset ignored_
SELECT headway_create_customer_from(:'l1', 'Lee One') \gset ignored_
SELECT is(now_linked('line 1'), 'pinned', 'A pin stays also when a customer is made of its call.');

-- Product test 5: a customer gains a number.
SELECT headway_add_recording('old 1', '415 555 1001', NULL, '2025-03-01 15:00+00') AS old1, headway_add_recording('old 2', '415 555 1001', NULL, '2025-03-02 15:00+00') AS old2 \gset
SELECT headway_pin_link(:'old2', :'bob', reason => 'his old phone') \gset ignored_
SELECT is(now_linked('old 1') || ', ' || now_linked('old 2'), 'unmatched, pinned Bob Ray', 'Two old calls with a number that is nobody''s, one of them pinned.');
UPDATE headway.customers SET created_at = '2020-01-01';
INSERT INTO headway.customer_phones (workspace_id, customer_id, phone, region, created_at) VALUES (:'w', :'nia', '415 555 1001', 'US', '2020-01-01');
SELECT headway_tick() \gset ignored_
SELECT is(now_linked('old 1') || ', ' || now_linked('old 2'), 'customer_only Nia New, pinned Bob Ray', 'When a customer gains the number, the unlinked call is hers; the pinned one does not move.');

SELECT * FROM finish();
ROLLBACK;
