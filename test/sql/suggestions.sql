\set ECHO none
\i test/setup.psql
-- What is explained, previewed and suggested from stored decisions.
SELECT plan(35);

CREATE ROLE rita IN ROLE headway_reader;
SELECT headway_add_workspace('acme') AS w \gset
SELECT headway_add_member('rita') AS ignored \gset
SELECT headway_add_theme('Reporting', 'Reports and exports to Excel') AS theme \gset
INSERT INTO headway.messages (workspace_id, source, external_id, title, content, turns, sent_at)
SELECT :'w', 'test', 'm' || n, 'Call ' || n, 'Bob: Hello. We miss number ' || n, jsonb_build_array('{"speaker": "Bob", "text": "Hello."}'::jsonb, jsonb_build_object('speaker', 'Bob', 'text', 'We miss number ' || n, 'start_s', 7)),
       timestamptz '2026-01-01' + n * interval '1 day' FROM generate_series(1, 12) n;
INSERT INTO headway.llm_calls (workspace_id, started_at, id, purpose, provider, request_model, response_model, status, input_tokens, cost_usd)
VALUES (:'w', now() - interval '2 days', '00000000-0000-4000-8000-00000000000c', 'match', 'openai', 'gpt', 'gpt-1', 'ok', 120, 0.002);
SELECT id AS prompt FROM headway.prompts WHERE name = 'match' AND is_active \gset

CREATE FUNCTION settle(n int, title text, outcome text, named uuid, confidence real, shortlist jsonb DEFAULT '[]', call uuid DEFAULT NULL, prompt uuid DEFAULT NULL) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    w uuid := headway_workspace();
BEGIN
    RETURN headway._apply_decision(w, (SELECT id FROM headway.messages WHERE external_id = 'm' || n),
        jsonb_build_object('title', title, 'description', 'about ' || title, 'type', 'feature_request', 'urgency', 'medium', 'theme_id', headway._theme(w, 'Reporting'),
                           'quote', 'We miss number ' || n, 'quote_status', 'verified', 'speaker', 'Bob', 'quote_start_s', 7),
        jsonb_strip_nulls(jsonb_build_object('outcome', outcome, 'is_duplicate', outcome <> 'created', 'matching_feature_id', named, 'confidence', confidence, 'threshold', 0.7, 'reasoning', 'so it seems',
                           'decided_by', CASE WHEN call IS NULL THEN 'builtin' ELSE 'llm' END, 'shortlist', shortlist, 'seen', 1000000, 'call_id', call)), prompt) ->> 'feature';
END $$;
CREATE FUNCTION near(feature uuid, ngrams real) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_array(jsonb_build_object('feature_id', feature, 'name', (SELECT name FROM headway.features WHERE id = feature), 'score', 0.03, 'bm25', 4.2, 'ngrams', ngrams)) $$;

SELECT settle(1, 'Excel export', 'created', NULL, 1) AS excel \gset
SELECT settle(2, 'Excel export', 'linked', :'excel', 0.9, near(:'excel', 0.8), '00000000-0000-4000-8000-00000000000c', :'prompt') AS ignored,
       settle(3, 'Sheets', 'review', :'excel', 0.6, near(:'excel', 0.3)) AS sheets,
       settle(4, 'Export to Excel files', 'created', NULL, 0.5, near(:'excel', 0.6)) AS files,
       settle(5, 'Charts', 'created', NULL, 0.9, near(:'excel', 0.1)) AS charts,
       settle(6, 'Excel', 'linked', :'excel', 0.75) AS ignored2 \gset

-- Why.
SET ROLE rita;
SELECT headway_explain_match(:'excel', id) AS why FROM headway.messages WHERE external_id = 'm2' \gset
SELECT is(:'why'::jsonb - '{feature_id,message_id,decision_id,decided_at,shortlist,prompt,model,quote,answer}'::text[],
    '{"feature": "Excel export", "message": "Call 2", "via": null, "item": {"title": "Excel export", "description": "about Excel export"}, "outcome": "linked", "decided_by": "llm", "threshold": 0.7, "reviews": []}', 'A match is explained:');
SELECT is(:'why'::jsonb -> 'answer', jsonb_build_object('is_duplicate', true, 'matching_feature_id', :'excel', 'matching_feature', 'Excel export', 'confidence', 0.9, 'reasoning', 'so it seems'), 'by the answer,');
SELECT is(:'why'::jsonb #>> '{shortlist,0,ngrams}' || ' ' || (:'why'::jsonb #>> '{shortlist,0,bm25}'), '0.8 4.2', 'the shortlist and its scores,');
SELECT is(:'why'::jsonb #>> '{prompt,name}', 'match', 'the prompt,');
SELECT is(:'why'::jsonb -> 'model' ->> 'response_model' || ' ' || (:'why'::jsonb #>> '{model,cost_usd}')::real, 'gpt-1 0.002', 'the model and what it cost,');
SELECT is(:'why'::jsonb -> 'quote', '{"text": "We miss number 2", "status": "verified", "speaker": "Bob", "start_s": 7, "turn": 1, "offset": 12}', 'and the quote with its place.');
SELECT is((SELECT substr(content, 1 + 12, 16) FROM headway.messages WHERE external_id = 'm2'), 'We miss number 2', 'There it stands.');
SELECT throws_ok(format('SELECT headway_explain_match(%L, %L)', :'charts', m.id), '8W023', 'the message was never matched with the feature', 'What was never matched has no reason.') FROM headway.messages m WHERE external_id = 'm2';
SELECT throws_ok('SELECT headway_explain_match(NULL, NULL)', '8W023', NULL, 'Nor has NULL.');

-- What if.
SELECT results_eq($$ SELECT outcome_now, outcome_then, count(*) FROM headway_threshold_preview(0.7) GROUP BY 1, 2 ORDER BY 1, 2 $$, $$ VALUES ('created', 'created', 3::bigint), ('linked', 'linked', 2), ('review', 'review', 1) $$, 'With the same threshold all is as it is.');
SELECT results_eq($$ SELECT d.title, p.outcome_now, p.outcome_then FROM headway_threshold_preview(0.8) p JOIN headway.match_decisions d ON d.id = p.decision WHERE outcome_now <> outcome_then $$,
    $$ VALUES ('Excel', 'linked', 'review') $$, 'A higher one doubts more,');
SELECT results_eq($$ SELECT d.title, p.outcome_now, p.outcome_then FROM headway_threshold_preview(0.5) p JOIN headway.match_decisions d ON d.id = p.decision WHERE outcome_now <> outcome_then $$,
    $$ VALUES ('Sheets', 'review', 'linked') $$, 'a lower one links more.');
SELECT throws_ok(format('SELECT * FROM headway_threshold_preview(%L)', v), '8W017', 'a threshold lies between 0 and 1', format('%s is no threshold.', coalesce(v, 'NULL'))) FROM unnest(ARRAY['1.5', '-0.1', 'NaN', NULL]) v;

-- What may be the same.
SELECT results_eq('SELECT target, source, round(score::numeric, 2), theme, type FROM headway_suggest_merges()', $$ VALUES ('Excel export', 'Sheets', 0.60, 'Reporting', 'feature_request'), ('Excel export', 'Export to Excel files', 0.45, 'Reporting', 'feature_request') $$,
    'Features are suggested to be merged: those that the judge doubted and those with close words.');
SELECT is((SELECT evidence - 'target_quote' FROM headway_suggest_merges(1)), '{"judged": {"confidence": 0.6, "threshold": 0.7, "reasoning": "so it seems", "decided_by": "builtin"}, "scores": null, "source_quote": "We miss number 3"}', 'With what speaks for it.');
SELECT is((SELECT count(*) FROM headway_suggest_merges(1)), 1::bigint, 'Not more of them than asked for.');
SELECT throws_ok('SELECT * FROM headway_suggest_merges(0)', '8W023', 'max_items must be at least 1', 'That is at least one.');
RESET ROLE;
SELECT headway_mark_distinct(:'files', :'excel') AS ignored \gset
SELECT results_eq('SELECT source FROM headway_suggest_merges()', ARRAY['Sheets'], 'What people have said is not the same is not suggested,');
SELECT settle(7, 'Wider', 'created', NULL, 0.4, near(:'files', 0.5)) AS wider \gset
SELECT headway_merge_features(:'wider', ARRAY[:'files']::uuid[]) AS ignored \gset
SELECT results_eq('SELECT source FROM headway_suggest_merges()', ARRAY['Sheets'], 'also when one of them has been merged into something else.');
SELECT settle(8, 'Narrower', 'created', NULL, 0.4, near(:'files', 0.5)) AS narrower \gset
SELECT results_eq('SELECT target, source FROM headway_suggest_merges()', $$ VALUES ('Excel export', 'Sheets'), ('Wider', 'Narrower') $$, 'What was merged stands for its parts.');
SELECT headway_merge_features(:'wider', ARRAY[:'narrower']::uuid[]) AS ignored \gset
SELECT headway_merge_features(:'excel', ARRAY[:'sheets']::uuid[]) AS ignored \gset
SELECT is_empty('SELECT * FROM headway_suggest_merges()', 'Merged pairs are no suggestion,');
SELECT headway_unmerge_feature(:'sheets') AS ignored \gset
SELECT is_empty('SELECT * FROM headway_suggest_merges()', 'nor are those that were taken apart again.');
SELECT is((headway_explain_match(:'wider', m.id) ->> 'via')::uuid, :'narrower'::uuid, 'A mention that a merge has brought is explained as well.') FROM headway.messages m WHERE external_id = 'm8';

-- Themes that are missing.
INSERT INTO headway.unmatched_features (workspace_id, message_id, title, type, proposed_theme, reason, quote)
SELECT :'w', m.id, v.title, 'feature_request', v.theme, v.reason, 'q' FROM (VALUES
    (1, 'Add invoices by mail', NULL, 'no_theme'), (2, 'Invoice in euro', NULL, 'no_theme'), (3, 'Pay invoices with a card', NULL, 'no_theme'), (3, 'Split an invoice', NULL, 'no_theme'),
    (4, 'Stay signed in', 'Sign-in', 'no_theme'), (5, 'Sign in by phone', 'sign-in', 'low_theme_confidence'), (6, 'Sign in with Google', 'Sign-in', 'no_theme'), (7, 'Sign in faster', 'Sign-in', 'no_theme'),
    (8, 'Add reports', NULL, 'no_theme'), (9, 'More reports', 'Reporting', 'low_theme_confidence'),
    (10, 'Blue cars', NULL, 'no_theme'), (11, 'A camera', NULL, 'unverified_quote'), (12, 'Two cameras', NULL, 'unverified_quote')) v (n, title, theme, reason)
JOIN headway.messages m ON m.external_id = 'm' || v.n;
SET ROLE rita;
SELECT results_eq('SELECT name, score, items FROM headway_suggest_themes()', $$ VALUES ('Sign-in', 4::real, 4), ('Invoice', 3, 4) $$,
    'Themes are suggested that models have named, or whose words come back; not what a theme covers already, and nothing that one conversation says alone.');
SELECT is((SELECT jsonb_array_length(evidence) FROM headway_suggest_themes(1)), 4, 'With the items behind them.');
SELECT is((SELECT string_agg(e ->> 'title', ', ' ORDER BY e ->> 'title') FROM headway_suggest_themes() s, jsonb_array_elements(s.evidence) e WHERE s.name = 'Invoice'),
    'Add invoices by mail, Invoice in euro, Pay invoices with a card, Split an invoice', 'Each of them has the word.');
SELECT throws_ok('SELECT * FROM headway_suggest_themes(NULL)', '8W023', 'max_items must be at least 1', 'At least one is asked for.');
RESET ROLE;
UPDATE headway.unmatched_features SET dismissed_at = now() WHERE title ~* 'invoice';
SELECT results_eq('SELECT name FROM headway_suggest_themes()', ARRAY['Sign-in'], 'What is dismissed asks for nothing.');
SELECT headway_add_theme('Sign-in') AS ignored \gset
SELECT is_empty('SELECT * FROM headway_suggest_themes()', 'A theme that exists is not suggested.');

-- Another tenant's.
SELECT headway_add_workspace('other') AS other \gset
SELECT is_empty($$ SELECT * FROM headway_suggest_merges(workspace => 'other') $$, 'Another workspace has no suggestions of this one''s,');
SELECT is_empty($$ SELECT * FROM headway_threshold_preview(0.5, workspace => 'other') $$, 'no decisions,');
SELECT throws_ok(format($$ SELECT headway_explain_match(%L, %L, workspace => 'other') $$, :'excel', m.id), '8W023', NULL, 'and no reasons.') FROM headway.messages m WHERE external_id = 'm2';

SELECT * FROM finish();
ROLLBACK;
