\set ECHO none
\i test/setup.psql
-- From a model's answers to features: settling alone, no worker, no model.
SELECT plan(73);

SELECT headway_add_workspace('acme') AS w \gset
SELECT headway_add_theme('Reporting', 'Reports and exports') AS theme \gset
SELECT headway_ingest_transcript('m-1', E'Ann: Hi.\nBob: We keep asking for an Excel export.', metadata => '{"parties": [{"name": "Ann", "affiliation": "internal", "speaker": "Ann"}]}') AS m1,
       headway_ingest_transcript('m-2', E'Cid: Exports to Excel would be great.', sent_at => '2026-01-05 10:00+00') AS m2,
       headway_ingest_transcript('m-3', E'Dee: All is fine.') AS m3 \gset

CREATE FUNCTION claim(wanted text, which uuid) RETURNS headway.tasks LANGUAGE plpgsql AS $$
DECLARE t headway.tasks;
BEGIN
    UPDATE headway.tasks SET run_at = CASE WHEN kind = wanted AND message_id = which THEN now() ELSE now() + interval '1 hour' END WHERE state = 'queued';
    SELECT * INTO t FROM headway._claim(headway_workspace(), 1, 1);
    RETURN t;
END $$;
CREATE FUNCTION item(title text, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('title', title, 'description', 'About ' || title, 'type', 'feature_request', 'urgency', 'medium', 'theme_id', (SELECT id FROM headway.themes),
        'theme_confidence', 0.9, 'quote', 'We keep asking for an Excel export.', 'quote_status', 'verified', 'quote_start_s', 12.5, 'speaker', 'Bob') || more $$;
CREATE FUNCTION found(items jsonb, unmatched jsonb DEFAULT '[]') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('insights', '{"sentiment": {"overall": "negative", "score": -0.5}, "summary": "s"}'::jsonb, 'items', items, 'unmatched', unmatched,
        'quotes_total', 2, 'quotes_verified', 1, 'relevance', 0.9, 'problems', '[]'::jsonb, 'call_id', '', 'call_started_at', null) - 'call_id' $$;
CREATE FUNCTION decision(outcome text, seen bigint, feature uuid DEFAULT NULL, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('shortlist', '[]'::jsonb, 'is_duplicate', outcome <> 'created', 'confidence', 0.9, 'reasoning', 'because', 'threshold', 0.7,
        'outcome', outcome, 'decided_by', 'builtin', 'seen', seen, 'matching_feature_id', feature) || more $$;

-- Of one task what workers do for many at once.
CREATE FUNCTION input(w uuid, t bigint, token bigint) RETURNS jsonb LANGUAGE sql AS $$
    SELECT i || (SELECT c FROM headway._input_extracts(w, '[]') c)
    FROM headway._input_extracts(w, jsonb_build_array(jsonb_build_object('task', t, 'token', token))) WITH ORDINALITY r (i, n) WHERE n = 2 $$;
CREATE FUNCTION record(w uuid, t bigint, token bigint, call jsonb, reply jsonb) RETURNS uuid LANGUAGE sql AS $$
    SELECT * FROM headway._record_calls(w, jsonb_build_array(jsonb_build_object('task', t, 'token', token, 'call', call, 'reply', reply))) $$;
CREATE FUNCTION settle(w uuid, t bigint, token bigint, found jsonb) RETURNS bigint[] LANGUAGE sql AS $$
    SELECT headway._settle_extracts(w, jsonb_build_object(t, jsonb_build_object('token', token, 'found', found))) $$;

-- What a reader is given.
SELECT id AS t, token, workspace_id AS w FROM claim('extract', :'m1') \gset
SELECT input(:'w', :t, :token) AS input \gset
SELECT is(:'input'::jsonb #> '{insiders}', '["Ann"]', 'A reader learns who belongs to the company.');
SELECT is(:'input'::jsonb #>> '{themes,0,name}', 'Reporting', 'And the workspace''s themes.');
SELECT is(:'input'::jsonb #>> '{turns,1,text}', 'We keep asking for an Excel export.', 'And the turns.');
UPDATE headway.themes SET is_default = true;
SELECT is(input(:'w', :t, :token) #> '{themes,0,takes_rest}', 'false', 'A default theme takes nothing by itself,');
UPDATE headway.workspaces SET uses_default_theme = true;
SELECT is(input(:'w', :t, :token) #> '{themes,0,takes_rest}', 'true', 'but what fits no theme where the workspace says so.');
UPDATE headway.themes SET is_default = false;
SELECT is(input(:'w', :t, :token) #> '{themes,0,takes_rest}', 'false', 'No other theme does.');
UPDATE headway.workspaces SET uses_default_theme = false;
SELECT is((:'input'::jsonb -> 'threshold')::real, 0.8::real, 'And the threshold.');
SELECT is((:'input'::jsonb -> 'chunk_tokens')::int, 12000, 'And how much a model reads at once.');
UPDATE headway.workspaces SET settings = '{"theme_confidence": 0.5, "match_confidence": 0.9}';
SELECT is((input(:'w', :t, :token) -> 'threshold')::real, 0.5::real, 'A workspace''s own setting overrides the server''s.');

-- A model's answer is kept until it is settled.
SELECT record(:'w', :t, :token, '{"purpose": "extract", "provider": "fake", "request_model": "m", "started_at": "2026-01-01T00:00:00Z", "latency_ms": 5, "status": "ok", "cost_usd": 0.01, "cache_hit": false}',
                            '{"question": "q", "text": "answer"}') AS call \gset
SELECT is(input(:'w', :t, :token) #>> '{reply,text}', 'answer', 'An answer that has come is kept with the task.');
SELECT results_eq('SELECT provider, attempt, cost_usd, quotes_total FROM headway.llm_calls WHERE task_id IS NOT NULL', $$ VALUES ('fake', 1, 0.01, NULL::int) $$, 'The call is logged.');
SELECT record(:'w', :t, :token - 1, '{"purpose": "extract", "provider": "fake", "started_at": "2026-01-01T00:00:01Z", "status": "ok", "cache_hit": false}', '{"text": "stale"}') \gset ignored_
SELECT is(input(:'w', :t, :token) #>> '{reply,text}', 'answer', 'Somebody who lost the task does not overwrite it.');
SELECT is((SELECT count(*) FROM headway.llm_calls WHERE task_id IS NOT NULL), 2::bigint, 'But the call is logged: it was made.');

SELECT is(settle(:'w', :t, :token - 1, found('[]')), '{}', 'An old token settles nothing.');
SELECT is(settle(:'w', :t, :token, found(jsonb_build_array(item('Excel export'), item('Weekly report')),
        '[{"title": "T-shirts", "description": "d", "type": "feature_request", "urgency": "low", "reason": "no_theme", "quote": "q", "theme_confidence": 0}]')
        || jsonb_build_object('call_id', :'call', 'call_started_at', '2026-01-01T00:00:00Z')), ARRAY[:t]::bigint[], 'What was found is settled.');
SELECT results_eq('SELECT ai_insights ->> ''summary'', relevance, is_processed FROM headway.messages WHERE external_id = ''m-1''', $$ VALUES ('s', 0.9::real, false) $$,
    'The message has its insights and waits for matching.');
SELECT results_eq('SELECT title, reason FROM headway.unmatched_features', $$ VALUES ('T-shirts', 'no_theme') $$, 'What fits no theme waits for a person.');
SELECT is((SELECT quotes_verified FROM headway.llm_calls WHERE id = :'call'), 1, 'The call knows how many quotes were true.');
SELECT is((SELECT count(*) FROM headway.tasks WHERE kind = 'match' AND message_id = :'m1'), 2::bigint, 'Each item goes on to matching.');
SELECT is((SELECT state FROM headway.tasks WHERE id = :t), 'done', 'The task is done.');
SELECT ok((SELECT payload = '{}' AND reply IS NULL FROM headway.tasks WHERE id = :t), 'And holds nothing any more.');

-- A message with nothing in it is processed at once.
SELECT id AS t, token FROM claim('extract', :'m3') \gset
SELECT settle(:'w', :t, :token, found('[]')) \gset ignored_
SELECT results_eq($$ SELECT is_processed, processed_at IS NOT NULL FROM headway.messages WHERE external_id = 'm-3' $$, $$ VALUES (true, true) $$, 'A message with nothing in it is processed.');
SELECT is((SELECT outcome FROM headway.run_items WHERE external_id = 'm-3'), 'processed', 'Its run counts it.');

-- Creating a feature.
SELECT id AS t, token FROM claim('match', :'m1') \gset
SELECT headway._input_match(:'w', :t, :token) AS input \gset
SELECT is(:'input'::jsonb -> 'candidates', '[]', 'There is nothing to compare with yet.');
SELECT is((:'input'::jsonb ->> 'seen')::bigint, 1::bigint, 'It has the theme''s first ticket.');
SELECT is((:'input'::jsonb ->> 'threshold')::real, 0.9::real, 'The workspace''s threshold holds.');
SELECT is(headway._settle_match(:'w', :t, :token, decision('created', 1)) ->> 'created', 'true', 'The item becomes a feature.');
SELECT results_eq('SELECT name, type, urgency, mention_count, first_mentioned = last_mentioned, sentiment_score, theme_seq FROM headway.features',
    $$ VALUES ('Excel export', 'feature_request', 'medium', 1, true, (-0.5)::real, 2::bigint) $$, 'It has one mention and the message''s sentiment.');
SELECT results_eq('SELECT quote, quote_start_s, quote_status, speaker, confidence FROM headway.feature_messages',
    $$ VALUES ('We keep asking for an Excel export.', 12.5::real, 'verified', 'Bob', NULL::real) $$, 'The mention has the quote.');
SELECT results_eq('SELECT outcome, decided_by, reasoning, threshold FROM headway.match_decisions', $$ VALUES ('created', 'builtin', 'because', 0.7::real) $$, 'The decision is kept.');
SELECT ok((SELECT NOT is_processed FROM headway.messages WHERE external_id = 'm-1'), 'The message waits for its second item.');

-- The second item of the same message turns out to be the same.
SELECT id AS feature FROM headway.features \gset
SELECT id AS t, token FROM claim('match', :'m1') \gset
SELECT is(headway._settle_match(:'w', :t, :token, decision('linked', 1, :'feature')) ->> 'created', 'false', 'It is linked.');
SELECT is((SELECT mention_count FROM headway.features), 1, 'Said twice in one conversation is one mention.');
SELECT ok((SELECT is_processed FROM headway.messages WHERE external_id = 'm-1'), 'Now the message is processed.');
SELECT is((SELECT features_created + features_matched FROM headway.runs r JOIN headway.run_items i ON i.run_id = r.id WHERE i.external_id = 'm-1'), 1, 'Its run counts one feature.');

-- Another message: judged before it knew of the feature.
SELECT id AS t, token FROM claim('extract', :'m2') \gset
SELECT settle(:'w', :t, :token, found(jsonb_build_array(item('Export to Excel', '{"urgency": "high"}')))) \gset ignored_
SELECT id AS t, token FROM claim('match', :'m2') \gset
DELETE FROM headway._judging;  -- as if a person had added the feature
SELECT headway._settle_match(:'w', :t, :token, decision('created', 1)) AS again \gset
SELECT is(:'again'::jsonb #>> '{appeared,0,title}', 'Excel export', 'A feature that appeared since is shown to the judge.');
SELECT is((:'again'::jsonb ->> 'seen')::int, 2, 'With how far the history reaches now.');
SELECT is((SELECT count(*) FROM headway.features), 1::bigint, 'And nothing has changed.');
SELECT is((SELECT state FROM headway.tasks WHERE id = :t), 'running', 'The task is still held.');
SELECT is(headway._feature_quotes(:'w', jsonb_build_array(:'feature')) #>> ARRAY[:'feature', '0'], 'We keep asking for an Excel export.', 'The judge is given what customers said.');
SELECT is(headway._settle_match(:'w', :t, :token, decision('linked', 1, :'feature')) ->> 'feature', :'feature', 'Asked again, it links.');
SELECT results_eq('SELECT mention_count, urgency, first_mentioned FROM headway.features', $$ VALUES (2, 'high', '2026-01-05 10:00+00'::timestamptz) $$,
    'The feature has two mentions, the higher urgency and the earlier date.');
SELECT is((SELECT features_matched FROM headway.runs r JOIN headway.run_items i ON i.run_id = r.id WHERE i.external_id = 'm-2'), 1, 'The run counts a match.');

-- Links follow merges, and a feature that is gone is asked about again.
INSERT INTO headway.features (workspace_id, theme_id, name, type, theme_seq) VALUES (:'w', :'theme', 'Excel heir', 'feature_request', 2) RETURNING id AS heir \gset
UPDATE headway.features SET merged_into = :'heir' WHERE id = :'feature';
UPDATE headway.themes SET feature_seq = 2;
SELECT headway_ingest_transcript('m-4', 'Eve: Excel, please.') AS m4 \gset
SELECT id AS t, token FROM claim('extract', :'m4') \gset
SELECT settle(:'w', :t, :token, found(jsonb_build_array(item('Excel again')))) \gset ignored_
SELECT id AS t, token FROM claim('match', :'m4') \gset
SELECT is(headway._settle_match(:'w', :t, :token, decision('linked', 2, gen_random_uuid())) #>> '{appeared,0,title}', 'Excel heir', 'A feature that does not exist is no match: the judge is asked again.');
SELECT is(headway._settle_match(:'w', :t, :token, decision('linked', 2, :'feature')) ->> 'feature', :'heir', 'A link to a merged feature goes to its heir.');

-- Below the threshold: created, and flagged.
SELECT headway_ingest_transcript('m-5', 'Fay: Excel!') AS m5 \gset
SELECT id AS t, token FROM claim('extract', :'m5') \gset
SELECT settle(:'w', :t, :token, found(jsonb_build_array(item('Perhaps Excel')))) \gset ignored_
SELECT id AS t, token FROM claim('match', :'m5') \gset
SELECT headway._settle_match(:'w', :t, :token, decision('review', 2, :'heir', '{"confidence": 0.6}')) \gset ignored_
SELECT results_eq($$ SELECT outcome, is_duplicate, matching_feature_id IS NOT NULL FROM headway.match_decisions WHERE title = 'Perhaps Excel' $$, $$ VALUES ('review', true, true) $$,
    'A match below the threshold is kept for review.');
SELECT is((SELECT count(*) FROM headway.features WHERE name = 'Perhaps Excel'), 1::bigint, 'And the feature is created.');
SELECT is((SELECT count(*) FROM headway.runs WHERE state IN ('queued', 'running') AND open_tasks <> (SELECT count(*) FROM headway.tasks t WHERE t.run_id = runs.id AND t.state IN ('queued', 'running'))),
    0::bigint, 'Each run knows how many tasks are open.');

-- Judged side by side: each is compared with those that have an earlier ticket, and nobody is asked twice.
SELECT headway_ingest_transcript('m-6', 'Gil: Dark mode!') AS m6, headway_ingest_transcript('m-7', 'Hal: A dark mode.') AS m7, headway_ingest_transcript('m-8', 'Ida: Dark.') AS m8 \gset
CREATE FUNCTION extracted(which uuid, title text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE t headway.tasks := claim('extract', which);
BEGIN
    PERFORM settle(t.workspace_id, t.id, t.token, found(jsonb_build_array(item(title))));
END $$;
SELECT extracted(:'m6', 'Dark mode'), extracted(:'m7', 'A dark mode'), extracted(:'m8', 'Darkness') \gset ignored_
SELECT id AS t6, token AS k6 FROM claim('match', :'m6') \gset
SELECT id AS t7, token AS k7 FROM claim('match', :'m7') \gset
SELECT id AS t8, token AS k8 FROM claim('match', :'m8') \gset
SELECT headway._input_match(:'w', :t6, :k6) AS in6 \gset
SELECT headway._input_match(:'w', :t7, :k7) AS in7 \gset
SELECT headway._input_match(:'w', :t8, :k8) AS in8 \gset
-- One exchange for several of them.
SELECT * FROM headway._record_calls(:'w', jsonb_build_array(jsonb_build_object('task', :t6, 'token', :k6, 'reply', '{"text": "six"}'::jsonb,
    'call', '{"purpose": "match", "provider": "fake", "started_at": "2026-01-01T00:00:02Z", "status": "ok", "cost_usd": 0.02, "cache_hit": false}'::jsonb,
    'others', jsonb_build_array(jsonb_build_object('task', :t7, 'token', :k7, 'reply', '{"text": "seven"}'::jsonb),
                                jsonb_build_object('task', :t8, 'token', :k8 - 1, 'reply', '{"text": "eight"}'::jsonb))))) AS joint \gset
SELECT is(ARRAY(SELECT reply ->> 'text' FROM headway.tasks WHERE id IN (:t6, :t7, :t8) ORDER BY id), '{six,seven,NULL}', 'Each keeps its own part, unless it lost its task.');
SELECT is(ARRAY(SELECT DISTINCT reply ->> 'call_id' FROM headway.tasks WHERE id IN (:t6, :t7)), ARRAY[:'joint'], 'Both parts name the exchange,');
SELECT is((SELECT count(*) FROM headway.llm_calls WHERE cost_usd = 0.02), 1::bigint, 'which was made and paid for once.');
SELECT is(headway._input_match(:'w', :t6, :k6) -> 'undecided', '[]', 'Asked again, the first keeps its place: nobody can wait for whom it waits for.');
UPDATE headway.tasks SET state = 'failed', worker_id = NULL WHERE id = :t6;
SELECT is(headway._input_match(:'w', :t7, :k7) #>> '{undecided,0,title}', 'Dark mode', 'An item that failed may be tried again and is compared with.');
UPDATE headway.tasks SET state = 'running', worker_id = 1 WHERE id = :t6;
SELECT is(:'in6'::jsonb -> 'undecided', '[]', 'The first is compared with what is known alone.');
SELECT results_eq(format('SELECT u ->> ''id'', u ->> ''title'' FROM jsonb_array_elements(%L::jsonb) u', :'in8'::jsonb -> 'undecided'),
    format('VALUES (%L, ''Dark mode''), (%L, ''A dark mode'')', 'task:' || :t6, 'task:' || :t7), 'The third is compared with both before it,');
SELECT is(:'in8'::jsonb #>> '{undecided,0,quotes,0}', 'We keep asking for an Excel export.', 'and with what was said.');
SELECT is(headway._settle_match(:'w', :t7, :k7, decision('linked', (:'in7'::jsonb ->> 'seen')::bigint, NULL, jsonb_build_object('matching_task', :t6))),
    jsonb_build_object('waits_for', :t6), 'The second is the same as the first, which is undecided: it waits.');
SELECT is((SELECT state FROM headway.tasks WHERE id = :t7), 'running', 'Its task is still held.');
SELECT is(headway._settle_match(:'w', :t8, :k8, decision('review', (:'in8'::jsonb ->> 'seen')::bigint, NULL, jsonb_build_object('matching_task', :t6, 'confidence', 0.6))),
    jsonb_build_object('waits_for', :t6), 'Who is not sure waits as well, so that a person can be asked about the two.');
SELECT is(headway._settle_match(:'w', :t6, :k6, decision('created', (:'in6'::jsonb ->> 'seen')::bigint)) ->> 'created', 'true', 'The first becomes a feature.');
SELECT is(headway._settle_match(:'w', :t7, :k7, decision('linked', (:'in7'::jsonb ->> 'seen')::bigint, NULL, jsonb_build_object('matching_task', :t6))) ->> 'created', 'false',
    'Now the second is a mention of it.');
SELECT is((SELECT mention_count FROM headway.features WHERE name = 'Dark mode'), 2, 'One feature, two mentions.');
SELECT is((SELECT matching_feature_id FROM headway.match_decisions WHERE title = 'A dark mode'), (SELECT id FROM headway.features WHERE name = 'Dark mode'),
    'The decision names the feature.');
SELECT is(headway._settle_match(:'w', :t8, :k8, decision('created', (:'in8'::jsonb ->> 'seen')::bigint)) ->> 'created', 'true',
    'The third has been compared with the feature that appeared, and is not asked again.');
SELECT is(headway._undecided(:'w', item('x'), 1000), '[]', 'Nothing is undecided any more.');

-- Long texts do not break the search index.
SELECT lives_ok(format($$ SELECT headway_ingest_transcript('long', 'Ann: ' || (SELECT string_agg(md5(n::text), ' ') FROM generate_series(1, 60000) n)) $$), 'Two megabytes of rare words are indexed as far as there is room.');

-- What no model was paid for.
SELECT headway_ingest_transcript('m-20', 'Jo: I will call you back, bye.') AS m20 \gset
SELECT id AS t, token FROM claim('extract', :'m20') \gset
SELECT is((input(:'w', :t, :token) ->> 'min_relevance')::real, 0.1::real, 'A reader learns what is worth reading.');
SELECT settle(:'w', :t, :token, '{"skipped": "small talk", "relevance": 0.05, "items": [], "unmatched": [], "problems": []}') \gset ignored_
SELECT results_eq($$ SELECT is_processed, relevance, ai_insights IS NULL FROM headway.messages WHERE external_id = 'm-20' $$, $$ VALUES (true, 0.05::real, true) $$,
    'A message that was not read is dealt with.');
SELECT results_eq($$ SELECT outcome, reason FROM headway.run_items WHERE external_id = 'm-20' $$, $$ VALUES ('skipped', 'small talk (relevance 0.05)') $$, 'Its record has the reason.');
SELECT results_eq($$ SELECT r.fetched, r.stored, r.skipped FROM headway.runs r JOIN headway.run_items i ON i.run_id = r.id WHERE i.external_id = 'm-20' $$, $$ VALUES (1, 0, 1) $$, 'Its run''s numbers add up.');

-- Languages.
SELECT headway_ingest_transcript('m-21', 'Kai: Wir haben ein Problem mit dem Bericht, und ich kann ihn nicht finden.') AS m21, headway_ingest_transcript('m-22', 'Lou: OK.') AS m22 \gset
SELECT results_eq($$ SELECT language FROM headway.messages WHERE external_id IN ('m-21', 'm-22') ORDER BY external_id $$, $$ VALUES ('de'), (NULL) $$, 'A language is told from the words, if they tell it.');
UPDATE headway.workspaces SET language = 'french' WHERE id = :'w';
SELECT id AS t, token FROM claim('extract', :'m21') \gset
SELECT results_eq(format('SELECT i ->> ''language'', i ->> ''title_language'' FROM input(%L, %s, %s) i', :'w', :t, :token), $$ VALUES ('de', 'french') $$, 'A reader learns it, and the language for titles.');
SELECT id AS t, token FROM claim('extract', :'m22') \gset
SELECT is(input(:'w', :t, :token) ->> 'language', 'french', 'Where the words do not tell, it is the workspace''s.');

SELECT * FROM finish();
ROLLBACK;
