\set ECHO none
\i test/setup.psql
-- How calls ended and what spoke against: what an analysis changes, and who may ask for one.
SELECT plan(39);

SELECT headway_add_workspace('acme') AS w \gset
CREATE FUNCTION call(ext text, words text DEFAULT E'Priya: Hello.\nAnn: That is a lot of money.\nPriya: You can pay monthly.', at timestamptz DEFAULT '2026-11-10 15:00+00') RETURNS uuid LANGUAGE sql AS $$
    SELECT headway_add_recording(ext, '415 555 0101', '415 555 0199', at, transcript => words, ai_insights => '{}') $$;
CREATE FUNCTION found(category text DEFAULT 'consult_scheduled', objections jsonb DEFAULT '[{"type": "cost-value", "summary": "Dear.", "quote": "That is a lot of money.", "quote_status": "verified", "quote_start_s": 4.5, "confidence": 0.8,
    "overcome": [{"how": "Perhaps.", "quote": "Nobody said that.", "quote_status": "unverified", "confidence": 0.9},
                 {"how": "In parts.", "quote": "You can pay monthly.", "quote_status": "verified", "quote_start_s": 9, "confidence": 0.7}]}]') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('category', category, 'category_confidence', 0.9, 'objections', objections, 'quotes_total', 3, 'quotes_verified', 2, 'problems', '[]'::jsonb) $$;
CREATE TEMP TABLE taken AS SELECT NULL::bigint AS id, NULL::bigint AS token;
CREATE FUNCTION take(w uuid) RETURNS headway.tasks LANGUAGE sql AS $$ SELECT t FROM headway._claim(w, 1, 1) t $$;
SELECT call('a') AS a, call('silent', NULL) AS silent \gset

-- What is asked.
SELECT headway_analyse_recordings() AS run \gset
SELECT results_eq(format('SELECT kind, state, total FROM headway.runs WHERE id = %L', :'run'), $$ VALUES ('analyse', 'queued', 1) $$, 'A call with a transcript is to be analysed, and a silent one is not.');
SELECT is(headway_analyse_recordings() <> :'run', true, 'Asked again, it is another run.');
SELECT is((SELECT count(*) FROM headway.tasks WHERE kind = 'analyse'), 1::bigint, 'Which does not do the same work.');
SELECT is((SELECT count(*) FROM headway.runs WHERE kind = 'analyse' AND state = 'done' AND total = 0), 1::bigint, 'It had nothing to do and is done.');
SELECT id AS t, token, attempts FROM take(:'w') \gset
SELECT headway._input_analyse(:'w', :t, :token) AS input \gset
SELECT is(:'input'::jsonb #>> '{conversation,turns,1,text}', 'That is a lot of money.', 'The model is given the transcript.');
SELECT is(:'input'::jsonb #>> '{conversation,language}', 'english', 'And the language to write in.');
SELECT is(:'input'::jsonb -> 'provider', 'null'::jsonb, 'The built-in provider is asked when none is set.');
SELECT is(headway._input_analyse(:'w', :t, :token + 1), NULL, 'Who has lost the task is given nothing.');

-- What its answer changes.
SELECT headway._settle_analyse(:'w', :t, :token + 1, found()) \gset ignored_
SELECT is((SELECT count(*) FROM headway.call_objections), 0::bigint, 'Nor can they settle it.');
SELECT headway._settle_analyse(:'w', :t, :token, found()) \gset ignored_
SELECT results_eq('SELECT call_category, round(category_confidence::numeric, 1) FROM headway.recordings WHERE external_id = ''a''', $$ VALUES ('consult_scheduled', 0.9) $$, 'The recording has its category.');
SELECT results_eq('SELECT type, summary, quote, quote_start_s, quote_status FROM headway.call_objections', $$ VALUES ('cost-value', 'Dear.', 'That is a lot of money.', 4.5::real, 'verified') $$, 'The objection is stored.');
SELECT is((SELECT count(*) FROM headway.objection_overcome_details), 2::bigint, 'And both ways of meeting it.');
SELECT results_eq('SELECT provider, quotes_total, quotes_verified FROM headway.call_analyses', $$ VALUES ('builtin', 3, 2) $$, 'It says who did it.');
SELECT results_eq(format('SELECT state, total, done, failed FROM headway.runs WHERE id = %L', :'run'), $$ VALUES ('running', 1, 1, 0) $$, 'The run counts it.');
SELECT results_eq('SELECT call_category, type, overcome_how, overcome_quote, overcome_start_s FROM headway.objections', $$ VALUES ('consult_scheduled', 'cost-value', 'In parts.', 'You can pay monthly.', 9::real) $$, 'A view shows the way that has proof.');
SELECT results_eq('SELECT type, objections, calls, scheduled_calls, overcome, scheduled_percent FROM headway.objection_overview', $$ VALUES ('cost-value', 1::bigint, 1::bigint, 1::bigint, 1::bigint, 100.0) $$, 'Another counts.');
SELECT is((SELECT count(*) FROM headway.scheduled_but_not_booked), 1::bigint, 'The appointment is missed until it is booked.');
SELECT headway_analyse_recordings() AS again \gset
SELECT is((SELECT total FROM headway.runs WHERE id = :'again'), 0, 'What has been analysed is not analysed again by itself.');

-- Once more.
SELECT headway_analyse_recordings(ARRAY[:'a'::uuid]) AS again \gset
UPDATE headway.tasks SET run_at = CASE kind WHEN 'analyse' THEN now() ELSE now() + interval '1 hour' END WHERE state = 'queued';
SELECT id AS t, token FROM take(:'w') \gset
SELECT headway._settle_analyse(:'w', :t, :token, found('consult_not_scheduled', '[{"type": "timing", "summary": "Later.", "quote": "I never said it.", "quote_status": "unverified", "confidence": 1, "overcome": []}]')) \gset ignored_
SELECT is((SELECT call_category FROM headway.recordings WHERE external_id = 'a'), 'consult_not_scheduled', 'A call that is named is analysed again.');
SELECT results_eq('SELECT type, quote_status FROM headway.call_objections', $$ VALUES ('timing', 'unverified') $$, 'The new answer takes the place of the old one.');
SELECT is((SELECT count(*) FROM headway.objection_overcome_details), 0::bigint, 'With all that hung on it.');
SELECT is((SELECT count(*) FROM headway.call_analyses), 1::bigint, 'There is one analysis.');
SELECT is_empty('SELECT FROM headway.objections', 'What nobody said is in no view.');
SELECT is_empty('SELECT FROM headway.objection_overview', 'Nor is it counted.');

-- When it fails.
SELECT call('b') AS b \gset
SELECT headway_analyse_recordings() AS run \gset
UPDATE headway.tasks SET run_at = CASE kind WHEN 'analyse' THEN now() ELSE now() + interval '1 hour' END WHERE state = 'queued';
SELECT id AS t, token FROM take(:'w') \gset
SELECT headway._fail(:'w', :t, :token, '{"kind": "refused", "message": "no"}', NULL) \gset ignored_
SELECT results_eq(format('SELECT total, done, failed FROM headway.runs WHERE id = %L', :'run'), $$ VALUES (1, 0, 1) $$, 'A failure counts as one.');
SELECT results_eq(format('SELECT outcome, reason FROM headway.run_items WHERE run_id = %L', :'run'), $$ VALUES ('failed', 'analyse: no') $$, 'With its reason.');
SELECT is((SELECT call_category FROM headway.recordings WHERE external_id = 'b'), NULL, 'And leaves the call as it was.');

-- When the transcript goes.
SELECT call('c') AS c \gset
SELECT headway_analyse_recordings(ARRAY[:'c'::uuid]) AS run \gset
UPDATE headway.tasks SET run_at = CASE kind WHEN 'analyse' THEN now() ELSE now() + interval '1 hour' END WHERE state = 'queued';
SELECT id AS t, token FROM take(:'w') \gset
UPDATE headway.recordings SET message_id = NULL WHERE id = :'c';
SELECT headway._input_analyse(:'w', :t, :token) \gset ignored_
SELECT results_eq(format('SELECT outcome, reason FROM headway.run_items WHERE run_id = %L', :'run'), $$ VALUES ('skipped', 'the transcript is gone') $$, 'What was to be analysed and is gone is left out.');

-- What can be asked for.
SELECT throws_ok(format('SELECT headway_analyse_recordings(ARRAY[%L::uuid])', :'silent'), '8W019', 'a recording is unknown or has no transcript', 'A silent call cannot be analysed.');
SELECT throws_ok(format('SELECT headway_analyse_recordings(ARRAY[%L::uuid])', gen_random_uuid()), '8W019', 'a recording is unknown or has no transcript', 'Nor one that is not there.');
SELECT throws_ok('SELECT headway_analyse_recordings(ARRAY[NULL::uuid])', '8W019', 'a recording is unknown or has no transcript', 'Nor NULL.');
SELECT headway_analyse_recordings(since => '2027-01-01') AS later, headway_analyse_recordings(since => '2026-11-10') AS then \gset
SELECT is((SELECT total FROM headway.runs WHERE id = :'later'), 0, 'Calls before a time can be left out.');
SELECT is((SELECT total FROM headway.runs WHERE id = :'then'), 1, 'Those after it are not.');
SELECT throws_ok('SELECT headway_analyse_recordings(workspace => ''other'')', '8W001', NULL, 'Another workspace must be there.');

-- Whose they are.
SELECT headway_add_workspace('other') AS other \gset
SELECT throws_ok(format('SELECT headway_analyse_recordings(ARRAY[%L::uuid], workspace => ''other'')', :'a'), '8W019', NULL, 'A recording of another workspace is none.');
CREATE ROLE reading_ann; GRANT headway_reader TO reading_ann;
SELECT headway_add_member('reading_ann', 'other') \gset ignored_
SET LOCAL ROLE reading_ann;
SELECT is((SELECT count(*) FROM headway.call_objections), 0::bigint, 'A member of another workspace sees no objection.');
SELECT is((SELECT count(*) FROM headway.call_analyses), 0::bigint, 'Nor an analysis.');
SELECT throws_ok('SELECT headway_analyse_recordings(workspace => ''other'')', '42501', NULL, 'Who only reads starts nothing.');
RESET ROLE;
SELECT throws_ok(format($$ INSERT INTO headway.call_objections (workspace_id, recording_id, type, summary, quote, quote_status, confidence) VALUES (%L, %L, 'karma', '', '', 'verified', 1) $$, :'w', :'a'), '23514', NULL, 'A type that does not exist is refused.');
SELECT * FROM finish();
ROLLBACK;
