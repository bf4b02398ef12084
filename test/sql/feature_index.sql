\set ECHO none
\i test/setup.psql
-- The index of features: whatever is folded and whatever is not, an item finds the same features.
SELECT plan(26);

SELECT headway_add_workspace('acme') AS w \gset
SELECT headway_add_theme('Reporting') AS theme, headway_add_theme('Devices') AS other \gset
CREATE FUNCTION add_features(theme uuid, type text, titles text[]) RETURNS void LANGUAGE sql AS $$
    SELECT headway._create_feature(headway_workspace(), theme, jsonb_build_object('title', t, 'description', 'About ' || t, 'type', type, 'urgency', 'medium'))
    FROM unnest(titles) t $$;
CREATE FUNCTION closest(title text, theme uuid DEFAULT NULL) RETURNS jsonb LANGUAGE sql AS $$
    SELECT headway._closest(headway_workspace(), jsonb_build_object('title', title, 'type', 'feature_request', 'theme_id', theme)) $$;
CREATE FUNCTION titles(found jsonb) RETURNS text[] LANGUAGE sql AS $$
    SELECT coalesce(array_agg(c ->> 'title' ORDER BY (c ->> 'bm25')::float8 DESC, (c ->> 'ngrams')::float8 DESC, c ->> 'title'), '{}')
    FROM jsonb_array_elements(found -> 'candidates') c $$;
CREATE FUNCTION segments() RETURNS int[] LANGUAGE sql AS $$ SELECT array_agg(documents ORDER BY last_seq) FROM headway._index_segments $$;

SELECT is(closest('Anything', :'theme'), '{"candidates": [], "known": {"documents": 0, "of": []}, "unfolded": 0}', 'Where nothing is known, nothing is found.');
SELECT add_features(:'theme', 'feature_request', ARRAY['Export reports to Excel', 'Weekly report by mail', 'Dark colours']) \g /dev/null
SELECT add_features(:'theme', 'bug_report', ARRAY['Export reports fails']) \g /dev/null
SELECT add_features(:'other', 'feature_request', ARRAY['Export photos']) \g /dev/null

SELECT closest('Exporting a report', :'theme') AS before \gset
SELECT is(titles(:'before'), '{"Export reports to Excel","Weekly report by mail"}', 'Features of the theme and type that share words are found, others are not.');
SELECT is((:'before'::jsonb ->> 'unfolded')::int, 3, 'None is in the index.');
SELECT is(titles(closest('Exporting a report')), '{"Export reports to Excel","Export photos","Weekly report by mail"}', 'Without a theme, those of all themes.');
SELECT ok(NOT headway._fold(:'w', :'theme', 'feature_request'), 'Three are not worth a segment.');
SELECT is((SELECT count(*) FROM headway._index_segments), 0::bigint, 'None was made.');
SELECT ok(headway._fold(:'w', :'theme', 'feature_request', 3), 'Unless so few are asked for.');
SELECT closest('Exporting a report', :'theme') AS after \gset
SELECT is((:'after'::jsonb ->> 'unfolded')::int, 0, 'All are in the index.');
SELECT is(:'after'::jsonb -> 'known', :'before'::jsonb -> 'known', 'It knows of each word how many features have it.');
SELECT results_eq(format($$ SELECT c ->> 'id', round((c ->> 'bm25')::numeric, 3), round((c ->> 'ngrams')::numeric, 3) FROM jsonb_array_elements(%L::jsonb -> 'candidates') c $$, :'after'),
    format($$ SELECT c ->> 'id', round((c ->> 'bm25')::numeric, 3), round((c ->> 'ngrams')::numeric, 3) FROM jsonb_array_elements(%L::jsonb -> 'candidates') c $$, :'before'),
    'The same features are found, with the same scores.');
SELECT is(titles(closest('Exporting a report')), '{"Export reports to Excel","Export photos","Weekly report by mail"}', 'Without a theme, indexed and other features are found together.');

SELECT add_features(:'theme', 'feature_request', ARRAY['Report on exports']) \g /dev/null
SELECT is(titles(closest('Exporting a report', :'theme')), '{"Report on exports","Export reports to Excel","Weekly report by mail"}', 'A feature that came later is found as well.');
SELECT ok(headway._fold(:'w', :'theme', 'feature_request', 1), 'It is folded.');
SELECT is(segments(), '{3,1}', 'A segment larger than what comes stays as it is.');
SELECT add_features(:'theme', 'feature_request', ARRAY['Zoom', 'Undo', 'Redo']) \g /dev/null
SELECT ok(headway._fold(:'w', :'theme', 'feature_request', 1), 'More are folded.');
SELECT is(segments(), '{7}', 'What is not larger than what comes is made one with it.');
SELECT is((SELECT count(*) FROM headway._index_postings p WHERE NOT EXISTS (SELECT FROM headway._index_segments s WHERE s.id = p.segment_id)), 0::bigint, 'Of the old segments nothing stays.');
SELECT ok(NOT headway._fold(:'w', :'theme', 'feature_request', 1), 'Then there is nothing to fold.');

-- Changed, merged and moved features.
UPDATE headway.features SET merged_into = (SELECT id FROM headway.features WHERE name = 'Undo') WHERE name = 'Report on exports';
SELECT is(titles(closest('Exporting a report', :'theme')), '{"Report on exports","Export reports to Excel","Weekly report by mail"}', 'A merged feature is found by its own words,');
UPDATE headway.features SET merged_into = (SELECT id FROM headway.features WHERE name = 'Export reports to Excel') WHERE name = 'Report on exports';
SELECT is(titles(closest('Exporting a report', :'theme')), '{"Report on exports","Weekly report by mail"}', 'and of several that are one the closest alone.');
SELECT is(titles(closest('Export reports to Excel', :'theme')), '{"Export reports to Excel","Weekly report by mail"}', 'Whichever that is.');
UPDATE headway.features SET merged_into = NULL WHERE name = 'Report on exports';
SELECT is(titles(closest('Exporting a report', :'theme')), '{"Report on exports","Export reports to Excel","Weekly report by mail"}', 'When the merge is undone they are two again.');
UPDATE headway.themes SET feature_seq = feature_seq + 1 WHERE id = :'theme';
UPDATE headway.features SET name = 'Night mode', theme_seq = (SELECT feature_seq FROM headway.themes WHERE id = :'theme') WHERE name = 'Export reports to Excel';
SELECT is(titles(closest('Exporting a report', :'theme')), '{"Report on exports","Night mode","Weekly report by mail"}', 'A renamed feature is found by what it says now.');

-- The tick.
SELECT add_features(:'theme', 'bug_report', ARRAY(SELECT 'Printer ' || n FROM generate_series(1, 200) n)) \g /dev/null
SELECT is((headway_tick() ->> 'folded')::int, 1, 'The tick folds where enough has come together.');
SELECT is((SELECT array_agg(documents) FROM headway._index_segments WHERE type = 'bug_report'), '{201}', 'All of it.');
SELECT is((headway_tick() ->> 'folded')::int, 0, 'The next one has nothing to do.');

SELECT * FROM finish();
ROLLBACK;
