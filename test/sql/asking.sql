\set ECHO none
\i test/setup.psql
-- The synchronous verbs with the built-in provider: what they take, what they refuse, and what they leave behind.
SELECT plan(28);
CREATE ROLE alice; GRANT headway_operator TO alice;
SET ROLE alice;
SELECT headway_add_workspace('acme') AS w \gset
SELECT headway_add_theme('Reporting', 'Reports, dashboards and exports to Excel') AS theme \gset

-- Reading.
SELECT headway_extract_insights(E'Ann: How is it going?\nBob: I wish we could export reports to Excel.') AS insights \gset
SELECT is(:'insights'::jsonb #>> '{feature_requests,0,theme}', 'Reporting', 'A transcript is read with the workspace''s themes,');
SELECT is((SELECT array_agg(k ORDER BY k) FROM jsonb_object_keys(:'insights') k),
    ARRAY['action_items', 'bug_reports', 'concerns', 'feature_requests', 'feedback', 'intent', 'language', 'pain_points', 'preferences', 'requests',
          'sentiment', 'summary', 'topics'], 'and comes back in the shape of ai_insights.');
SELECT is(headway_extract_insights('Bob: I wish we could export reports to Excel.', themes => '["Exports to Excel"]') #>> '{feature_requests,0,theme}',
    'Exports to Excel', 'Themes of the caller go before those of the workspace.');
SELECT throws_ok($$ SELECT headway_extract_insights('') $$, '8W009', NULL, 'An empty transcript is refused,');
SELECT throws_ok($$ SELECT headway_extract_insights(NULL) $$, '8W009', NULL, 'so is none at all.');
SELECT throws_ok($$ SELECT headway_extract_insights('Bob: Hello.', themes => '{"a": 1}') $$, '8W003', NULL, 'Themes that are no array are refused,');
SELECT throws_ok($$ SELECT headway_extract_insights('Bob: Hello.', themes => '["a", {"description": "b"}]') $$, '8W003', NULL, 'so are those without a name.');

-- Matching.
SELECT is((SELECT row(m.is_duplicate, m.matching_feature_id, m.tokens_used, m.shortlist)::text FROM headway_match_feature('Export to Excel') m),
    '(f,,0,[])', 'Among no features there is no duplicate.');
SELECT is((SELECT m.matching_feature_id FROM headway_match_feature('Export reports to Excel', existing_features =>
    '[{"id": "00000000-0000-4000-8000-00000000000A", "name": "Export of reports to Excel"}]') m), '00000000-0000-4000-8000-00000000000a',
    'Features of the caller are compared with.');
SELECT throws_ok($$ SELECT headway_match_feature(' ') $$, '8W017', NULL, 'A title is needed.');
SELECT throws_ok($$ SELECT headway_match_feature('a', type => 'wish') $$, '8W017', NULL, 'The type is one of three.');
SELECT throws_ok($$ SELECT headway_match_feature('a', threshold => 1.5) $$, '8W017', NULL, 'A threshold is a share.');
SELECT throws_ok($$ SELECT headway_match_feature('a', theme => 'Nowhere') $$, '8W003', NULL, 'The theme must be known.');
SELECT throws_ok($$ SELECT headway_match_feature('a', existing_features => '[{"id": "1", "title": "b"}]') $$, '8W017', NULL, 'Given features have a uuid,');
SELECT throws_ok($$ SELECT headway_match_feature('a', existing_features => '[{"id": "00000000-0000-4000-8000-00000000000a"}]') $$, '8W017', NULL,
    'and a title.');
SELECT throws_ok($$ SELECT headway_match_feature('a', existing_features => '"b"') $$, '8W017', NULL, 'and are an array.');
SELECT throws_ok($$ SELECT headway_match_feature('a', existing_features => (SELECT jsonb_agg(jsonb_build_object('id', gen_random_uuid(), 'title', 'b'))
    FROM generate_series(1, 10001))) $$, '8W017', NULL, 'There are at most ten thousand of them,');
SELECT throws_ok($$ SELECT headway_match_feature('a', existing_features => jsonb_build_array(jsonb_build_object('id', gen_random_uuid(),
    'title', repeat('b', 20001)))) $$, '8W017', NULL, 'none larger than a judge should be shown.');
SELECT is((SELECT count(*) FROM headway.features), 0::bigint, 'Nothing has been changed.');

-- Items that wait.
SELECT throws_ok($$ SELECT headway_match_unmatched('00000000-0000-4000-8000-00000000000a') $$, '8W017', NULL, 'An unknown item is refused,');
SELECT throws_ok($$ SELECT headway_match_unmatched(NULL) $$, '8W017', NULL, 'so is none.');

-- What was merged is known by its own words, and counts where it went: across themes and within one.
RESET ROLE;
SELECT headway_add_theme('Billing') AS billing \gset
SELECT headway._create_feature(:'w', :'theme', '{"title": "Export to Excel", "type": "feature_request", "urgency": "low"}') AS excel,
       headway._create_feature(:'w', :'billing', '{"title": "Spreadsheet download of invoices", "type": "feature_request", "urgency": "low"}') AS sheets,
       headway._create_feature(:'w', :'theme', '{"title": "Numbers as tables", "type": "feature_request", "urgency": "low"}') AS numbers \gset
SELECT headway_merge_features(:'excel', ARRAY[:'sheets', :'numbers']::uuid[]) AS ignored \gset
SELECT results_eq($$ SELECT is_duplicate, matching_feature_id, jsonb_array_length(shortlist) FROM headway_match_feature('Spreadsheet download of invoices', theme => 'Billing') $$,
    format('VALUES (true, %L::uuid, 1)', :'excel'), 'The same wish in the source''s theme is the target''s,');
SELECT results_eq($$ SELECT is_duplicate, matching_feature_id FROM headway_match_feature('Numbers as tables') $$, format('VALUES (true, %L::uuid)', :'excel'), 'so is one in the target''s own.');
INSERT INTO headway.messages (workspace_id, source, external_id, sent_at) VALUES (:'w', 'test', 'm1', now());
INSERT INTO headway.unmatched_features (workspace_id, message_id, title, type, urgency, reason) SELECT :'w', id, 'Spreadsheet download of invoices', 'feature_request', 'low', 'no_theme' FROM headway.messages;
SELECT is(headway_assign_theme((SELECT id FROM headway.unmatched_features), 'Billing'), :'excel', 'What a person puts into the source''s theme is a mention of the target,');
SELECT is((SELECT mention_count FROM headway.features WHERE id = :'excel'), 1, 'which counts it,');
SELECT is((SELECT count(*) FROM headway.features), 3::bigint, 'and founds no feature.');
SET ROLE alice;

-- Connectors.
SELECT throws_ok($$ SELECT headway_test_connector('nothing') $$, '8W005', NULL, 'An unknown connector is refused.');
SELECT throws_ok($$ SELECT headway_match_feature('a', workspace => 'other') $$, '8W001', NULL, 'So is somebody else''s workspace.');

SELECT * FROM finish();
ROLLBACK;
