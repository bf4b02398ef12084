\set ECHO none
\i test/setup.psql
-- Reading again: what goes, what stays, what is only compared; prompts in the shadow and after promotion. No worker, no model.
SELECT plan(65);

SELECT headway_add_workspace('acme') AS w \gset
SELECT headway_add_theme('Reporting', 'Reports and exports') AS theme \gset
SELECT headway_set_provider('llm', 'openai', '{"api_key": "k"}', '{"model": "m"}') \gset ignored_
SELECT headway_ingest_transcript('m-1', E'Bob: We keep asking for an Excel export.', sent_at => '2026-01-05 10:00+00') AS m1,
       headway_ingest_transcript('m-2', E'Cid: Exports to Excel would be great.', sent_at => '2026-02-05 10:00+00') AS m2 \gset

CREATE FUNCTION item(title text, quote text, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('title', title, 'description', '', 'type', 'feature_request', 'urgency', 'medium', 'theme_id', (SELECT id FROM headway.themes),
        'theme_confidence', 0.9, 'quote', quote, 'quote_status', 'verified') || more $$;
CREATE FUNCTION waiting(title text, quote text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('title', title, 'description', '', 'type', 'feature_request', 'urgency', 'low', 'reason', 'no_theme', 'theme_confidence', 0, 'quote', quote) $$;
-- One reading of a message, from its task to what is settled.
CREATE FUNCTION read(which uuid, items jsonb, unmatched jsonb DEFAULT '[]', mood real DEFAULT NULL) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE t headway.tasks;
BEGIN
    UPDATE headway.tasks SET run_at = CASE WHEN kind = 'extract' AND headway._message_of(tasks) = which THEN now() ELSE now() + interval '1 hour' END WHERE state = 'queued';
    SELECT * INTO t FROM headway._claim(headway_workspace(), 1, 1);
    PERFORM headway._settle_extracts(t.workspace_id, jsonb_build_object(t.id, jsonb_build_object('token', t.token, 'found', jsonb_build_object(
        'insights', jsonb_build_object('summary', 'of task ' || t.id, 'sentiment', jsonb_build_object('score', mood)), 'items', items, 'unmatched', unmatched, 'quotes_total', 3, 'quotes_verified', 2,
        'relevance', 0.9, 'problems', '[]'::jsonb))));
    RETURN t.id;
END $$;
-- Each item that is to be matched becomes a feature of its own.
CREATE FUNCTION match_all() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    t headway.tasks;
    n int := 0;
BEGIN
    UPDATE headway.tasks SET run_at = CASE kind WHEN 'match' THEN now() ELSE now() + interval '1 hour' END WHERE state = 'queued';
    FOR t IN SELECT * FROM headway._claim(headway_workspace(), 1, 10) LOOP
        n := n + 1;
        PERFORM headway._settle_match(t.workspace_id, t.id, t.token, jsonb_build_object('shortlist', '[]'::jsonb, 'is_duplicate', false, 'confidence', 0.9,
            'reasoning', 'because', 'threshold', 0.7, 'outcome', 'created', 'decided_by', 'builtin', 'seen', 1000));
    END LOOP;
    RETURN n;
END $$;
CREATE FUNCTION close_runs() RETURNS void LANGUAGE plpgsql AS $$
DECLARE t headway.tasks;
BEGIN
    UPDATE headway.tasks SET run_at = CASE kind WHEN 'finalize' THEN now() ELSE now() + interval '1 hour' END WHERE state = 'queued';
    FOR t IN SELECT * FROM headway._claim(headway_workspace(), 1, 10) LOOP
        PERFORM headway._finish(t);
    END LOOP;
END $$;
CREATE VIEW mentions AS SELECT f.name, f.mention_count, m.message_id FROM headway.features f LEFT JOIN headway.feature_messages m ON m.feature_id = f.id;

-- What stands there: two mentions, one item that waits, one that a person has dismissed, one that a person has taken in.
SELECT read(:'m1', jsonb_build_array(item('Excel export', 'We keep asking for an Excel export'), item('Dark mode', 'a dark mode for the night')),
            jsonb_build_array(waiting('T-shirts', 'send us t-shirts'), waiting('Coffee', 'better coffee here'), waiting('Fax', 'a fax would be fine'))) \gset ignored_
SELECT is(match_all(), 2, 'Two items are matched.');
SELECT headway_dismiss((SELECT id FROM headway.unmatched_features WHERE title = 'Coffee'), 'not ours') \gset ignored_
UPDATE headway.unmatched_features SET resolved_feature_id = headway._create_feature(:'w', :'theme', item('Fax', 'a fax would be fine')) WHERE title = 'Fax';
SELECT headway._mention(:'w', (SELECT resolved_feature_id FROM headway.unmatched_features WHERE title = 'Fax'), :'m1', NULL, item('Fax', 'a fax would be fine'), NULL) \gset ignored_
SELECT read(:'m2', '[]') \gset ignored_
SELECT close_runs() \gset ignored_

-- Refusals.
SELECT throws_ok($$ SELECT headway_reprocess(ARRAY[gen_random_uuid()]) $$, '8W035', 'a message cannot be read', 'A message that is not there is an error.');
SELECT throws_ok($$ SELECT headway_reprocess(ARRAY[NULL]::uuid[]) $$, '8W035', 'a message cannot be read', 'So is none.');
SELECT throws_ok($$ SELECT headway_reprocess(prompt_version => 99) $$, '8W035', 'there is no such prompt', 'So is a version that does not exist.');
SELECT throws_ok($$ SELECT headway_shadow_prompt('match', 1) $$, '8W035', 'this prompt has no shadow', 'Matching has no shadow run.');
SELECT throws_ok($$ SELECT headway_promote_prompt('extract', 99) $$, '8W035', 'there is no such prompt', 'What does not exist is not promoted.');
SELECT throws_ok($$ SELECT headway_promote_prompt('extract', 3, min_gain => 0.02) $$, '8W035', 'the prompt has not been compared', 'Nor is what has not been compared, when it must be better.');

-- A dry run changes nothing and shows what would.
SELECT headway_reprocess(ARRAY[:'m1']::uuid[], prompt_version => 3, dry_run => true) AS dry \gset
SELECT results_eq(format('SELECT kind, total, stored FROM headway.runs WHERE id = %L', :'dry'), $$ VALUES ('reprocess', 1, 1) $$, 'Its run has the message.');
SELECT is((SELECT i FROM headway.tasks t
           CROSS JOIN LATERAL headway._input_extracts(:'w', jsonb_build_array(jsonb_build_object('task', t.id, 'token', t.token))) WITH ORDINALITY r (i, n)
           WHERE t.run_id = :'dry' AND n = 2), NULL::jsonb, 'Who does not hold the task is not given its message.');
SELECT read(:'m1', jsonb_build_array(item('Export to Excel', 'asking for an Excel export.'), item('Coffee', 'better coffee here'), item('T-shirts', 'send us t-shirts'), item('Printing', 'print it all')),
            '[]') AS t \gset
SELECT results_eq(format('SELECT title, change, was, becomes FROM headway.reading_changes WHERE run_id = %L ORDER BY title COLLATE "C"', :'dry'),
    $$ VALUES ('Coffee', 'same', 'dismissed', 'dismissed'), ('Dark mode', 'removed', 'counted', NULL), ('Export to Excel', 'same', 'counted', 'counted'),
              ('Fax', 'missed', 'accepted', 'accepted'), ('Printing', 'added', NULL, 'counted'), ('T-shirts', 'changed', 'waiting', 'counted') $$,
    'Each item is compared with what stands there.');
SELECT is((SELECT count(*) FROM headway.feature_messages), 3::bigint, 'No mention has changed,');
SELECT is((SELECT count(*) FROM headway.unmatched_features), 3::bigint, 'no item,');
SELECT isnt((SELECT ai_insights ->> 'summary' FROM headway.messages WHERE id = :'m1'), 'of task ' || :'t', 'not what was found,');
SELECT ok((SELECT is_processed FROM headway.messages WHERE id = :'m1'), 'and the message is as it was.');
SELECT is((SELECT count(*) FROM headway.tasks WHERE kind = 'match' AND state = 'queued'), 0::bigint, 'Nothing is to be matched.');
SELECT close_runs() \gset ignored_
SELECT results_eq(format('SELECT state, done, fetched - stored - skipped - failed FROM headway.runs WHERE id = %L', :'dry'), $$ VALUES ('done', 1, 0) $$, 'Its numbers add up.');

-- The comparison, with people's word as labels.
SELECT results_eq($$ SELECT version, conversations, found, same, added, removed, changed, accepted, dismissed, accepted_found, dismissed_found FROM headway.prompt_comparison $$,
    $$ VALUES (3, 1::bigint, 4::numeric, 2::numeric, 1::numeric, 1::numeric, 1::numeric, 1::numeric, 1::numeric, 0::numeric, 1::numeric) $$, 'The sums of the comparison are those of its items.');
SELECT results_eq($$ SELECT round(f1_before::numeric, 3), f1::numeric, round(quotes_true::numeric, 3) FROM headway.prompt_comparison $$,
    $$ VALUES (0.667, 0::numeric, 0.667) $$, 'It found what people dismissed and missed what they accepted.');
SELECT throws_ok($$ SELECT headway_promote_prompt('extract', 3, min_gain => 0.02) $$, '8W035', 'the prompt is not better by so much', 'So it is not promoted above a margin.');
SELECT headway_reprocess(ARRAY[:'m1']::uuid[], prompt_version => 3, dry_run => true) \gset ignored_
SELECT read(:'m1', jsonb_build_array(item('Fax', 'a fax would be fine'))) \gset ignored_
SELECT close_runs() \gset ignored_
SELECT results_eq($$ SELECT conversations, f1::numeric FROM headway.prompt_comparison $$, $$ VALUES (1::bigint, 1::numeric) $$, 'The last reading of a conversation counts.');

-- Promotion and the way back.
SELECT is((headway._prompt(:'w', 'extract')).version, 4, 'The newest default is the active one.');
SELECT lives_ok($$ SELECT headway_promote_prompt('extract', 3, min_gain => 0.02) $$, 'Better by the margin, it is promoted.');
SELECT results_eq(format('SELECT p.version, p.workspace_id FROM headway._prompt(%L, ''extract'') p', :'w'), format('VALUES (3, %L::uuid)', :'w'), 'It is the workspace''s own from now on.');
INSERT INTO headway.prompts (workspace_id, name, version, system, template, answer_schema) VALUES (:'w', 'extract', 7, 's', 't', '{}');
SELECT is((headway._prompt(:'w', 'extract')).version, 7, 'A new version of one''s own is active at once, as before.');
SELECT headway_promote_prompt('extract', 3) \gset ignored_
SELECT is((headway._prompt(:'w', 'extract')).version, 3, 'The way back is the same, without a margin,');
SELECT is((SELECT count(*) FROM headway.prompts WHERE workspace_id = :'w' AND is_active), 1::bigint, 'and leaves one active.');
INSERT INTO headway.prompts (name, version, system, template, answer_schema) VALUES ('extract', 8, 's', 't', '{}');
SELECT is((headway._prompt(:'w', 'extract')).version, 3, 'It holds when a newer default comes.');
SELECT headway_add_workspace('other') AS other \gset
SELECT is((headway._prompt(:'other', 'extract')).version, 8, 'Other workspaces go on with the default.');
DELETE FROM headway.prompts WHERE version = 8;
SET headway.workspace = 'acme';

-- Two items are one when their words are the same, in every alphabet.
SELECT is(headway._plain('Тёмная ТЕМА!' COLLATE "C"), 'тёмная тема', 'Case and signs do not count, whatever the locale.');
SELECT is(headway._plain('ダーク モード。' COLLATE "C"), 'ダーク モード', 'That holds for every alphabet.');
SELECT ok(headway._same_item(item('Тёмная тема', 'хочу тёмную тему'), item('тёмная тема.', 'сделайте её')), 'One title in two spellings is one item.');
SELECT ok(NOT headway._same_item(item('Тёмная тема', 'хочу тёмную тему'), item('Экспорт в Excel', 'нужен экспорт')), 'Two titles are two.');
SELECT ok(NOT headway._same_item(item('???', 'хочу тёмную тему'), item('!!!', 'нужен экспорт')), 'So are two titles of signs alone.');
SELECT ok(headway._same_item(item('???', 'a'), item('???', 'b')), 'The same title is one, of signs, too.');
SELECT ok(NOT headway._same_item(item('???', '...'), item('!!!', '---')), 'Quotes of signs alone prove nothing.');

-- The real thing.
SELECT headway_reprocess(ARRAY[:'m1']::uuid[]) AS run \gset
SELECT headway_reprocess() AS second \gset
SELECT results_eq(format('SELECT external_id, outcome, reason FROM headway.run_items WHERE run_id = %L ORDER BY outcome', :'second'),
    format('VALUES (%L, ''skipped'', ''it is being read by another run''), (%L, ''stored'', NULL)', :'m1', :'m2'), 'A message that is being read is left to that run.');
SELECT read(:'m1', jsonb_build_array(item('Export to Excel', 'asking for an Excel export.'), item('Coffee', 'better coffee here'), item('Printing', 'print it all')),
            jsonb_build_array(waiting('T-shirts', 'send us t-shirts'), waiting('Mugs', 'send us mugs'))) AS t \gset
SELECT is((SELECT ai_insights ->> 'summary' FROM headway.messages WHERE id = :'m1'), 'of task ' || :'t', 'What was found is what the new reading found.');
SELECT ok((SELECT NOT is_processed FROM headway.messages WHERE id = :'m1'), 'What is new waits for matching,');
SELECT is(match_all(), 1, 'and only that: neither what was known nor what was dismissed.');
SELECT results_eq('SELECT name, mention_count FROM mentions ORDER BY name COLLATE "C"',
    $$ VALUES ('Dark mode', 0), ('Excel export', 1), ('Fax', 1), ('Printing', 1) $$, 'What is gone lost its mention, what is known or accepted kept it.');
SELECT results_eq('SELECT title, dismissed_at IS NOT NULL, resolved_feature_id IS NOT NULL FROM headway.unmatched_features ORDER BY title COLLATE "C"',
    $$ VALUES ('Coffee', true, false), ('Fax', false, true), ('Mugs', false, false), ('T-shirts', false, false) $$, 'What waits is there once.');
SELECT ok((SELECT is_processed FROM headway.messages WHERE id = :'m1'), 'The message is processed again.');
SELECT results_eq(format('SELECT title, change FROM headway.reading_changes WHERE run_id = %L AND change NOT IN (''same'', ''missed'') ORDER BY title', :'run'),
    $$ VALUES ('Dark mode', 'removed'), ('Mugs', 'added'), ('Printing', 'added') $$, 'What it has changed can be looked up.');
SELECT close_runs() \gset ignored_
SELECT results_eq(format('SELECT state, done, features_created FROM headway.runs WHERE id = %L', :'run'), $$ VALUES ('done', 1, 1) $$, 'Its run counts it.');

-- Once more with the same outcome: nothing changes.
SELECT headway_reprocess(ARRAY[:'m1']::uuid[]) AS run \gset
SELECT read(:'m1', jsonb_build_array(item('Export to Excel', 'asking for an Excel export.'), item('Printing', 'print it all')),
            jsonb_build_array(waiting('T-shirts', 'send us t-shirts'), waiting('Mugs', 'send us mugs'))) \gset ignored_
SELECT is(match_all(), 0, 'The same once more costs no match.');
SELECT results_eq('SELECT name, mention_count FROM mentions ORDER BY name COLLATE "C"',
    $$ VALUES ('Dark mode', 0), ('Excel export', 1), ('Fax', 1), ('Printing', 1) $$, 'And changes nothing.');
SELECT is((SELECT count(*) FROM headway.features f WHERE f.mention_count <> (SELECT count(DISTINCT m.message_id) FROM headway.feature_messages m WHERE m.feature_id = f.id)),
    0::bigint, 'Each count is what a query over messages gives.');

-- A counted item whose quote is not true any more goes back to waiting.
SELECT headway_reprocess(ARRAY[:'m1']::uuid[]) AS run \gset
SELECT read(:'m1', jsonb_build_array(item('Export to Excel', 'asking for an Excel export.')), jsonb_build_array(waiting('Printing', 'print it all'))) \gset ignored_
SELECT results_eq($$ SELECT mention_count FROM headway.features WHERE name = 'Printing' $$, $$ VALUES (0) $$, 'What is not sure any more is not counted,');
SELECT is((SELECT count(*) FROM headway.unmatched_features WHERE title = 'Printing'), 1::bigint, 'but waits.');
SELECT is((SELECT count(*) FROM headway.unmatched_features WHERE title = 'Mugs'), 0::bigint, 'What waited and is not found any more is gone.');
SELECT close_runs() \gset ignored_

-- Two items of a conversation that are one feature are both known.
SELECT headway._apply_decision(:'w', :'m1', item('Spreadsheets', 'and spreadsheets, too'), jsonb_build_object('outcome', 'linked', 'is_duplicate', true, 'matching_feature_id', f.id,
    'confidence', 0.9, 'threshold', 0.7, 'reasoning', '', 'decided_by', 'builtin', 'shortlist', '[]'::jsonb, 'seen', 0), NULL) AS ignored FROM headway.features f WHERE f.name = 'Excel export' \gset
SELECT headway_reprocess(ARRAY[:'m1']::uuid[]) AS run \gset
SELECT read(:'m1', jsonb_build_array(item('Export to Excel', 'asking for an Excel export.'), item('Spreadsheets', 'and spreadsheets, too'))) \gset ignored_
SELECT is(match_all(), 0, 'Found again, neither is matched again,');
SELECT is((SELECT count(*) FROM headway.reading_changes WHERE run_id = :'run' AND change = 'added'), 0::bigint, 'and neither is new.');
SELECT close_runs() \gset ignored_
SELECT headway_reprocess(ARRAY[:'m1']::uuid[]) AS run \gset
SELECT read(:'m1', jsonb_build_array(item('Spreadsheets', 'and spreadsheets, too'))) \gset ignored_
SELECT match_all(), close_runs() \gset ignored_
SELECT is((SELECT mention_count FROM headway.features WHERE name = 'Excel export'), 1, 'One of them is enough for the mention.');
SELECT is((SELECT count(*) FROM headway.features WHERE name = 'Spreadsheets'), 0::bigint, 'No feature was made of it.');
SELECT headway_reprocess(ARRAY[:'m1']::uuid[]) AS run \gset
SELECT read(:'m1', '[]') \gset ignored_
SELECT close_runs() \gset ignored_
SELECT is((SELECT mention_count FROM headway.features WHERE name = 'Excel export'), 0, 'With neither of them it is gone.');

-- The mood of a conversation is that of its last reading, also for what it mentions already and for what that is merged into.
SELECT headway_merge_features(f.id, ARRAY[s.id]) AS ignored FROM headway.features f, headway.features s WHERE f.name = 'Dark mode' AND s.name = 'Fax' \gset
SELECT headway_reprocess(ARRAY[:'m1']::uuid[]) AS run \gset
SELECT read(:'m1', '[]', mood => 0.5) \gset ignored_
SELECT close_runs() \gset ignored_
SELECT results_eq($$ SELECT name, mention_count, sentiment_score FROM headway.features WHERE name IN ('Dark mode', 'Fax') ORDER BY 1 $$, $$ VALUES ('Dark mode', 1, 0.5::real), ('Fax', 1, 0.5) $$,
    'What was found in better spirits is counted so,');
SELECT headway_reprocess(ARRAY[:'m1']::uuid[], dry_run => true) AS run \gset
SELECT read(:'m1', '[]', mood => -1) \gset ignored_
SELECT close_runs() \gset ignored_
SELECT is((SELECT sentiment_score FROM headway.features WHERE name = 'Fax'), 0.5::real, 'not by a dry reading,');
SELECT headway_reprocess(ARRAY[:'m1']::uuid[]) AS run \gset
SELECT read(:'m1', '[]') \gset ignored_
SELECT close_runs() \gset ignored_
SELECT is((SELECT sentiment_score FROM headway.features WHERE name = 'Dark mode'), NULL::real, 'and no longer at all when none is told.');
SELECT headway_unmerge_feature(id) AS ignored FROM headway.features WHERE name = 'Fax' \gset

-- In the shadow.
SELECT throws_ok($$ SELECT headway_shadow_prompt('extract', 3) $$, '8W035', 'the prompt is the active one', 'The active version needs no shadow.');
SELECT headway_shadow_prompt('extract', 4) \gset ignored_
SELECT headway_ingest_transcript('m-3', 'Dee: A dark mode, please.') AS m3 \gset
SELECT read(:'m3', jsonb_build_array(item('Night colours', 'A dark mode, please'))) \gset ignored_
SELECT is(match_all(), 1, 'The active prompt does the work.');
SELECT close_runs() \gset ignored_
SELECT results_eq('SELECT kind, params ->> ''dry_run'' FROM headway.runs WHERE params ? ''shadow_of''', $$ VALUES ('reprocess', 'true') $$, 'When its run has ended, another reads the same for comparison.');
SELECT read(:'m3', jsonb_build_array(item('Dark mode', 'A dark mode, please'), item('More', 'and a second thing'))) \gset ignored_
SELECT close_runs() \gset ignored_
SELECT results_eq('SELECT version, conversations, same, added FROM headway.prompt_comparison WHERE version = 4', $$ VALUES (4, 1::bigint, 1::numeric, 1::numeric) $$, 'The two are compared.');
SELECT is((SELECT count(*) FROM headway.tasks WHERE state IN ('queued', 'running') AND kind = 'extract' AND headway._message_of(tasks) = :'m3'), 0::bigint, 'A shadow casts none.');
SELECT headway_promote_prompt('extract', 4) \gset ignored_
SELECT is((SELECT settings ? 'shadow_prompt' FROM headway.workspaces WHERE name = 'acme'), false, 'Promotion ends the shadow run.');

SELECT headway_set_provider('llm', 'builtin') \gset ignored_
SELECT throws_ok($$ SELECT headway_reprocess(prompt_version => 3) $$, '8W035', 'the built-in provider has no prompt', 'The built-in provider reads without a prompt.');
SELECT * FROM finish();
ROLLBACK;
