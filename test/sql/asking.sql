\set ECHO none
\i test/setup.psql
-- The synchronous verbs with the built-in provider: what they take, what they refuse, and what they leave behind.
SELECT plan(23);
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

-- Connectors.
SELECT throws_ok($$ SELECT headway_test_connector('nothing') $$, '8W005', NULL, 'An unknown connector is refused.');
SELECT throws_ok($$ SELECT headway_match_feature('a', workspace => 'other') $$, '8W001', NULL, 'So is somebody else''s workspace.');

SELECT * FROM finish();
ROLLBACK;
