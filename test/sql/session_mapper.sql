\set ECHO none
\i test/setup.psql
-- Recorded sessions become drafts: by what was said, or by the trail of clicks.
SELECT plan(35);

CREATE TEMP TABLE session (item jsonb);
INSERT INTO session VALUES ('{
  "record": {"id": "vid_1", "page_url": "https://app.example/invoices/new?token=secret#top", "device": "desktop", "browser": "Chrome 141", "os": "Windows 11", "started_at": "2026-06-10T16:00:00Z",
    "duration": 214.6, "rage_clicks": 1, "error_clicks": 1, "dead_clicks": 0, "frustrated_gestures": 1, "events_count": 9, "has_transcript": false, "tags": ["billing"],
    "recording_url": "https://app.example/replay/vid_1", "attributes": {"plan": "pro"}, "user": {"id": "u1", "name": "Paula Reyes", "email": "paula@acme.example"}},
  "children": {"transcript": [], "events": [{"data": [
    {"type": "page_view", "timestamp": 2, "page_url": "https://app.example/invoices/new?token=secret"},
    {"type": "click", "timestamp": 5, "target": {"text": "Customer"}}, {"type": "input", "timestamp": 9}, {"type": "scroll", "timestamp": 30.5},
    {"type": "rage_click", "timestamp": 42.7, "target": {"text": "Save invoice", "selector": "button.save"}, "count": 3, "duration": 2, "page_url": "https://app.example/invoices/new"},
    {"type": "error-click", "timestamp": 61, "target": {"selector": "button#pay"}, "message": "TypeError: x is undefined", "page_url": "https://app.example/invoices/new"},
    {"type": "dead_click", "timestamp": 3725, "target": "Logo"},
    {"type": "page_view", "timestamp": 3730, "page_url": "https://app.example/invoices/new"},
    {"type": "console_error", "timestamp": 3731, "message": "Oops"}]}]}}');
CREATE TEMP VIEW draft AS SELECT d.* FROM session, headway._map_fathom_sessions(jsonb_build_array(item), '{}') d;
CREATE FUNCTION said(body jsonb) RETURNS text LANGUAGE sql AS
    $$ SELECT d.content FROM session, headway._map_fathom_sessions(jsonb_build_array(jsonb_set(item, '{children,transcript}', body)), '{}') d $$;
CREATE FUNCTION trail(events jsonb) RETURNS SETOF text LANGUAGE sql AS
    $$ SELECT t ->> 'text' FROM jsonb_array_elements(headway._trail(events, '2026-06-10 16:00:00+00')) WITH ORDINALITY e (t, n) ORDER BY n $$;

SELECT results_eq('SELECT external_id, title, sent_at, duration_seconds, channel_name, author_name, author_email FROM draft',
    $$ VALUES ('vid_1', 'Session on /invoices/new', '2026-06-10 16:00:00+00'::timestamptz, 215, '/invoices/new', 'Paula Reyes', 'paula@acme.example') $$, 'A session is read.');
SELECT results_eq('SELECT regexp_split_to_table(content, E''\n'') FROM draft', ARRAY[
    '[00:02] page /invoices/new',
    '[00:05] 3 calm events until 00:30',
    '[00:42] rage click on "Save invoice" (3 clicks in 2 s) on /invoices/new',
    '[01:01] error click on "button#pay": TypeError: x is undefined on /invoices/new',
    '[1:02:05] dead click on "Logo"',
    '[1:02:10] 1 calm event',
    '[1:02:11] console error: Oops'], 'Where nobody speaks, the trail of what happened is the content: a line for each event that matters, the others folded.');
SELECT is((SELECT turns -> 2 FROM draft), '{"start_s": 42.7, "text": "[00:42] rage click on \"Save invoice\" (3 clicks in 2 s) on /invoices/new"}', 'Each line is a turn, so that it can be quoted.');
SELECT is((SELECT metadata ->> 'medium' FROM draft), 'events', 'It is said to be a trail.');
SELECT is((SELECT language FROM draft), 'en', 'Which is English.');
SELECT unalike((SELECT content FROM draft), '%secret%', 'What an address holds beside the path stays out of it.');
SELECT is((SELECT metadata - 'medium' - 'page_url' - 'recording_url' - 'user' FROM draft), '{"device": "desktop", "browser": "Chrome 141", "os": "Windows 11", "rage_clicks": 1, "error_clicks": 1, "dead_clicks": 0,
    "frustrated_gestures": 1, "events_count": 9, "has_transcript": false, "tags": ["billing"], "attributes": {"plan": "pro"}}', 'The signals and attributes are kept.');
SELECT is((SELECT parties FROM draft), '[{"name": "Paula Reyes", "email": "paula@acme.example", "affiliation": "external"}]', 'The user is a customer.');

-- A transcript in each of its shapes.
SELECT is(said('[{"transcript": "Paula Reyes: Hm.\nI wish."}]'), E'Paula Reyes: Hm.\nI wish.', 'transcript, a text.');
SELECT is(said('[{"transcript": {"text": "Hm."}}]'), 'Hm.', 'transcript, {text}.');
SELECT is(said('[{"transcript": {"parts": [{"speaker": "Paula Reyes", "text": "I wish", "start": 1, "end": 2}, {"speaker": "Paula Reyes", "text": "it did."}]}}]'), 'Paula Reyes: I wish it did.', 'transcript, {parts}.');
SELECT is(said('[{"text": "Hm."}]'), 'Hm.', 'text, a text.');
SELECT is(said('[{"text": {"parts": ["Hm.", "Ah."]}}]'), 'Hm. Ah.', 'text, {parts}, which may be texts.');
SELECT is(said('[{"data": {"transcript": "Hm."}}]'), 'Hm.', 'data.transcript, a text.');
SELECT is(said('[{"data": {"transcript": {"parts": [{"text": "Hm."}]}}}]'), 'Hm.', 'data.transcript, {parts}.');
SELECT is(said('[{"speaker": "Ann", "text": "Hm."}, {"speaker": "Paula Reyes", "text": "Ah."}]'), E'Ann: Hm.\nPaula Reyes: Ah.', 'The bare array of parts.');
SELECT matches(said('[{"transcript": ""}]'), '^\[00:02\] page', 'One that is empty is none.');
SELECT matches(said('[{"transcript": null}]'), '^\[00:02\] page', 'So is null.');
SELECT matches(said('[{"transcript": {"parts": []}}]'), '^\[00:02\] page', 'And one without parts.');
UPDATE session SET item = jsonb_set(item, '{children,transcript}', '[{"transcript": "Paula Reyes: Hm."}]');
SELECT is((SELECT metadata ->> 'medium' FROM draft), NULL, 'What is spoken is no trail.');
SELECT is((SELECT parties #>> '{0,speaker}' FROM draft), 'Paula Reyes', 'And the user has a voice.');

-- Events in either shape, and hostile ones.
SELECT is((SELECT d.content FROM session, headway._map_fathom_sessions(jsonb_build_array(item || '{"children": {"events": [{"type": "dead_click", "target": "Logo"}, {"type": "click"}]}}'), '{}') d),
    E'dead click on "Logo"\n1 calm event', 'Events may be a bare array, and without a time.');
SELECT results_eq($$ SELECT trail('[{"type": "rage_click", "timestamp": "2026-06-10T16:01:05Z", "target": "Save"}]') $$, ARRAY['[01:05] rage click on "Save"'], 'A time may be a moment.');
SELECT results_eq($$ SELECT trail('[{"type": "dead_click", "timestamp": 9, "target": "B"}, {"type": "dead_click", "timestamp": 3, "target": "A"}]') $$,
    ARRAY['[00:03] dead click on "A"', '[00:09] dead click on "B"'], 'Lines stand in the order of time.');
SELECT results_eq($$ SELECT trail(jsonb_build_array(jsonb_build_object('type', 'rage_click', 'timestamp', 1, 'target', E'x" on /a\n[00:02] rage click on "Pay"\u2028\x1b[0m', 'page_url', E'https://a/b\nc'))) $$,
    ARRAY[$$[00:01] rage click on "x' on /a [00:02] rage click on 'Pay' [0m" on /b c$$], 'What a target says does not pass for a line, nor for the end of its name.');
SELECT is((SELECT max(length(l)) < 400 FROM trail(jsonb_build_array(jsonb_build_object('type', 'error_click', 'target', repeat('x', 100000), 'message', repeat('y', 100000), 'page_url', repeat('z', 100000)))) l), true, 'Lines are short.');
CREATE TEMP TABLE long AS SELECT row_number() OVER () AS n, l FROM trail((SELECT jsonb_agg(jsonb_build_object('type', CASE WHEN n % 2 = 0 THEN 'page_view' ELSE 'dead_click' END, 'timestamp', n, 'target', 't' || n, 'page_url', '/p' || n))
    FROM generate_series(1, 5000) n)) l;
SELECT is((SELECT count(*) FROM long), 301::bigint, 'And not too many.');
SELECT is((SELECT l FROM long ORDER BY n DESC LIMIT 1), '4700 more lines are left out', 'What is left out is counted.');
SELECT is((SELECT count(*) FROM long WHERE l LIKE '%dead click%'), 300::bigint, 'Trouble goes before everything else.');
SELECT is(headway._trail('[]', now()), NULL, 'Without events there is no trail.');
SELECT is(headway._trail('[1, "x", null, {"type": 5, "timestamp": {}, "target": 7, "count": "many"}]', now()), '[{"text": "1 calm event"}]', 'Whatever else comes is no trouble.');
SELECT is((SELECT content FROM headway._map_fathom_sessions('[{"record": {"id": "v", "started_at": "2026-06-10T16:00:00Z"}, "children": {"events": [], "transcript": []}}]', '{}')), NULL, 'Nothing gives nothing.');
SELECT is((SELECT metadata ->> 'medium' FROM headway._map_fathom_sessions('[{"record": {"id": "v", "started_at": "2026-06-10T16:00:00Z"}}]', '{}')), NULL, 'And is no trail.');
SELECT is((SELECT title FROM headway._map_fathom_sessions('[{"record": {"id": "v", "user": null, "duration": null}}]', '{}')), 'Session', 'Everything but the id may be missing.');
SELECT ok((SELECT bool_and(has_function_privilege('headway_mapper', p.oid, 'EXECUTE') AND NOT has_function_privilege('headway_worker', p.oid, 'EXECUTE'))
    FROM pg_proc p WHERE p.pronamespace = 'headway'::regnamespace AND p.proretset AND p.prorettype = 'headway.draft'::regtype), 'Mappers are headway_mapper''s alone.');

SELECT * FROM finish();
ROLLBACK;
