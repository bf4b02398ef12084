\set ECHO none
\i test/setup.psql
-- What people change about a feature by hand.
SELECT plan(16);

SELECT headway_add_workspace('acme') AS w \gset
SELECT headway_add_theme('Reporting') AS reporting, headway_add_theme('Billing') AS billing \gset
INSERT INTO headway.messages (workspace_id, source, external_id, sent_at) SELECT :'w', 'test', 'm' || n, now() FROM generate_series(1, 3) n;
SELECT headway._create_feature(:'w', :'reporting', '{"title": "Excel export", "type": "feature_request", "urgency": "low"}') AS f \gset
CREATE FUNCTION mention(message text, urgency text) RETURNS boolean LANGUAGE sql AS $$
    SELECT headway._mention(headway_workspace(), (SELECT id FROM headway.features WHERE merged_into IS NULL ORDER BY created_at LIMIT 1), (SELECT id FROM headway.messages WHERE external_id = message), NULL,
                            jsonb_build_object('urgency', urgency), NULL) $$;
SELECT (SELECT theme_seq FROM headway.features) AS seq \gset

SELECT headway_update_feature(:'f', status => 'planned') \gset ignored_
SELECT results_eq('SELECT name, status, theme_seq FROM headway.features', format($$ VALUES ('Excel export', 'planned', %s::bigint) $$, :'seq'), 'A status is set; what is not given stays, and matching is not troubled.');
SELECT headway_update_feature(:'f', ' Export to Excel ', 'As .xlsx') \gset ignored_
SELECT results_eq('SELECT name, description FROM headway.features', $$ VALUES ('Export to Excel', 'As .xlsx') $$, 'Name and description are set.');
SELECT ok(theme_seq > :seq, 'Items under judgement are compared with the new words.') FROM headway.features;
SELECT is(headway._candidates(:'w', :'reporting', 'feature_request', :seq) #>> '{0,title}', 'Export to Excel', 'The feature appears to them.');
SELECT mention('m1', 'high') \gset ignored_
SELECT is((SELECT urgency FROM headway.features), 'high', 'A mention raises the urgency,');
SELECT headway_update_feature(:'f', urgency => 'low') \gset ignored_
SELECT mention('m2', 'critical') \gset ignored_
SELECT is((SELECT urgency FROM headway.features), 'low', 'until a person sets it.');
SELECT headway._regroup(:'w', :'f') \gset ignored_
SELECT is((SELECT urgency FROM headway.features), 'low', 'It stays when numbers are computed anew.');
SELECT headway_update_feature(:'f', theme => 'Billing') \gset ignored_
SELECT is(headway._candidates(:'w', :'billing', 'feature_request', 0) #>> '{0,title}', 'Export to Excel', 'It moves to another theme,');
SELECT is(headway._candidates(:'w', :'reporting', 'feature_request', 0), '[]', 'and away from the old one.');

SELECT throws_ok(format('SELECT headway_update_feature(%L, %s)', :'f', v.change), v.state, v.message, v.what)
FROM (VALUES ('status => ''done''', '8W023', 'a feature cannot be like that', 'A status is one of five.'), ('urgency => ''huge''', '8W023', 'a feature cannot be like that', 'An urgency is one of four.'),
             ('name => '' ''', '8W023', 'a feature cannot be like that', 'A name has a character.'), ('theme => ''Nowhere''', '8W003', 'unknown theme', 'The theme must exist.')) v (change, state, message, what);
SELECT throws_ok('SELECT headway_update_feature(NULL, ''x'')', '8W023', 'unknown feature', 'So must the feature.');
SELECT headway._create_feature(:'w', :'reporting', '{"title": "Other", "type": "feature_request", "urgency": "low"}') AS other \gset
SELECT headway_merge_features(:'other', ARRAY[:'f']::uuid[]) \gset ignored_
SELECT throws_ok(format('SELECT headway_update_feature(%L, ''x'')', :'f'), '8W023', 'the feature is merged into another one', 'What is merged is changed where it went.');
SELECT ok(NOT EXISTS (SELECT FROM headway.feature_messages WHERE feature_id = :'other' AND via IS DISTINCT FROM :'f'), 'That one has its mentions.');

SELECT * FROM finish();
ROLLBACK;
