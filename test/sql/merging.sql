\set ECHO none
\i test/setup.psql
-- Merging, and undoing it: whatever is done in whatever order, a feature has exactly its own mentions and those of what is merged into it.
SELECT plan(49);

SELECT headway_add_workspace('acme') AS w \gset
SELECT headway_add_theme('Reporting') AS theme, headway_add_theme('Billing') AS billing \gset
INSERT INTO headway.messages (workspace_id, source, external_id, sent_at, ai_insights)
SELECT :'w', 'test', 'm' || n, timestamptz '2026-01-01' + n * interval '1 day', jsonb_build_object('sentiment', jsonb_build_object('score', round((n % 7 - 3) / 7.0, 2)))
FROM generate_series(1, 12) n;

CREATE FUNCTION feature(title text, urgency text DEFAULT 'medium') RETURNS uuid LANGUAGE sql AS $$
    SELECT headway._create_feature(headway_workspace(), headway._theme(headway_workspace(), 'Reporting'),
                                   jsonb_build_object('title', title, 'type', 'feature_request', 'urgency', urgency)) $$;
CREATE FUNCTION mention(feature uuid, message text, urgency text DEFAULT 'medium') RETURNS boolean LANGUAGE sql AS $$
    SELECT headway._mention(headway_workspace(), feature, (SELECT id FROM headway.messages WHERE external_id = message), NULL,
                            jsonb_build_object('quote', 'of ' || message, 'urgency', urgency, 'speaker', 'Bob'), NULL) $$;
-- What matters of a feature, without what only orders things.
CREATE FUNCTION state(feature uuid) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' | ', f.name, f.mention_count, f.urgency, f.first_mentioned, f.last_mentioned, f.sentiment_score, f.status,
        (SELECT string_agg(concat_ws('/', s.external_id, m.quote, m.urgency, m.sentiment), ' ' ORDER BY s.sent_at)
         FROM headway.feature_messages m JOIN headway.messages s ON s.id = m.message_id WHERE m.feature_id = f.id))
    FROM headway.features f WHERE f.id = feature $$;
-- Features whose numbers are not what a query over distinct messages gives: of themselves and of all that is merged into them.
CREATE VIEW wrong AS
WITH RECURSIVE family AS (
    SELECT id AS head, id AS member FROM headway.features
    UNION ALL SELECT y.head, f.id FROM family y JOIN headway.features f ON f.merged_into = y.member),
truth AS (
    SELECT y.head, count(DISTINCT m.message_id)::int AS mentions, max(array_position(ARRAY['low', 'medium', 'high', 'critical'], m.urgency)) AS urgency, min(s.sent_at) AS first_at, max(s.sent_at) AS last_at
    FROM family y LEFT JOIN headway.feature_messages m ON m.feature_id = y.member AND m.via IS NULL LEFT JOIN headway.messages s ON s.id = m.message_id GROUP BY y.head)
SELECT f.name FROM headway.features f JOIN truth t ON t.head = f.id
WHERE (f.mention_count, f.first_mentioned, f.last_mentioned) IS DISTINCT FROM (t.mentions, t.first_at, t.last_at)
   OR f.mention_count <> (SELECT count(DISTINCT m.message_id) FROM headway.feature_messages m WHERE m.feature_id = f.id)
   OR f.urgency IS DISTINCT FROM coalesce((ARRAY['low', 'medium', 'high', 'critical'])[t.urgency], f.founded_urgency)
   OR f.sentiment_score IS DISTINCT FROM (SELECT avg(m.sentiment::numeric)::real FROM headway.feature_messages m WHERE m.feature_id = f.id)
   OR EXISTS (SELECT FROM headway.feature_messages m JOIN headway.features v ON v.id = m.via WHERE m.feature_id = f.id AND v.merged_into IS DISTINCT FROM f.id);

SELECT feature('A', 'low') AS a, feature('B') AS b, feature('C') AS c, feature('D') AS d \gset
SELECT mention(:'a', 'm1', 'low'), mention(:'a', 'm2', 'critical'), mention(:'b', 'm2'), mention(:'b', 'm3'), mention(:'c', 'm3', 'high'), mention(:'c', 'm4'), mention(:'d', 'm9') \gset ignored_
SELECT state(:'a') AS a0, state(:'b') AS b0, state(:'c') AS c0, state(:'d') AS d0 \gset

-- A is merged into B, C too, and A taken out again.
SELECT is(headway_merge_features(:'b', ARRAY[:'a']::uuid[], 'the same'), :'b'::uuid, 'Merging gives the target.');
SELECT results_eq('SELECT mention_count, urgency FROM headway.features WHERE name = ''B''', $$ VALUES (3, 'critical') $$, 'It has the mentions of both, each conversation once, and the higher urgency.');
SELECT results_eq('SELECT quote, via IS NULL FROM headway.feature_messages WHERE feature_id = ' || quote_literal(:'b') || ' ORDER BY quote',
    $$ VALUES ('of m1', false), ('of m2', true), ('of m3', true) $$, 'What is borrowed says so, and what it had itself stays its own.');
SELECT is(state(:'a'), :'a0', 'What was merged keeps its own mentions and numbers.');
SELECT is(headway_merge_features(:'b', ARRAY[:'c']::uuid[]), :'b'::uuid, 'Another feature is merged into it.');
SELECT is((SELECT mention_count FROM headway.features WHERE name = 'B'), 4, 'Four conversations mention one of the three.');
SELECT is_empty('SELECT * FROM wrong', 'Every number is right.');
SELECT headway_unmerge_feature(:'a') \gset ignored_
SELECT is(state(:'a'), :'a0', 'A is what it was before,');
SELECT is((SELECT mention_count FROM headway.features WHERE name = 'B'), 3, 'B has still what C brings;');
SELECT is((SELECT urgency FROM headway.features WHERE name = 'B'), 'high', 'A''s urgency has gone with it.');
SELECT headway_unmerge_feature(:'c') \gset ignored_
SELECT is(state(:'b'), :'b0', 'When C is taken out too, B is what it was,');
SELECT is(state(:'c'), :'c0', 'and C as well.');
SELECT is_empty('SELECT * FROM wrong', 'Every number is right.');
SELECT results_eq('SELECT s.name, t.name, g.reason, g.merged_by, g.undone_at IS NOT NULL FROM headway.feature_merges g JOIN headway.features s ON s.id = g.source_id
    JOIN headway.features t ON t.id = g.target_id ORDER BY 1', $$ VALUES ('A', 'B', 'the same', current_user, true), ('C', 'B', NULL, current_user, true) $$, 'What was done is on record.');

-- Merges of merges, undone in the middle.
SELECT headway_merge_features(:'b', ARRAY[:'a']::uuid[]) AS ab, headway_merge_features(:'c', ARRAY[:'b']::uuid[]) AS bc, headway_merge_features(:'d', ARRAY[:'c']::uuid[]) AS cd \gset ignored_
SELECT is((SELECT mention_count FROM headway.features WHERE name = 'D'), 5, 'A chain of merges counts at its end.');
SELECT is_empty('SELECT * FROM wrong', 'Every number is right.');
SELECT is(headway._heir(:'w', :'a', :'theme'), :'d'::uuid, 'What is said of A counts for the end of the chain.');
SELECT headway_unmerge_feature(:'b') \gset ignored_
SELECT is((SELECT mention_count FROM headway.features WHERE name = 'D'), 3, 'B leaves the middle,');
SELECT is((SELECT mention_count FROM headway.features WHERE name = 'B'), 3, 'and takes along what was merged into it.');
SELECT is_empty('SELECT * FROM wrong', 'Every number is right.');
SELECT headway_unmerge_feature(:'a'), headway_unmerge_feature(:'c') \gset ignored_
SELECT is(concat_ws(E'\n', state(:'a'), state(:'b'), state(:'c'), state(:'d')), concat_ws(E'\n', :'a0', :'b0', :'c0', :'d0'), 'All apart, all are what they were.');

-- What is said while features are merged stays where it was said.
SELECT headway_merge_features(:'b', ARRAY[:'a']::uuid[]) \gset ignored_
SELECT ok(mention(:'b', 'm5'), 'A new mention of the target counts.');
SELECT ok(NOT mention(:'b', 'm1', 'high'), 'What the target already has through a merge does not count twice,');
SELECT is((SELECT mention_count FROM headway.features WHERE name = 'B'), 4, 'and the number stays.');
SELECT headway_unmerge_feature(:'a') \gset ignored_
SELECT results_eq('SELECT quote FROM headway.feature_messages WHERE feature_id = ' || quote_literal(:'b') || ' ORDER BY 1', $$ VALUES ('of m1'), ('of m2'), ('of m3'), ('of m5') $$,
    'but when the merge is undone, the target has what was said of it.');
SELECT is_empty('SELECT * FROM wrong', 'Every number is right.');

SELECT feature('Nobody''s', 'low') AS nobodys, feature('Pressing') AS pressing \gset
SELECT mention(:'pressing', 'm6', 'critical'), headway_merge_features(:'nobodys', ARRAY[:'pressing']::uuid[]) \gset ignored_
SELECT headway_unmerge_feature(:'pressing') \gset ignored_
SELECT is((SELECT urgency FROM headway.features WHERE id = :'nobodys'), 'low', 'What nobody mentions has the urgency that it was found with again.');

-- What cannot be.
SELECT headway_merge_features(:'b', ARRAY[:'a']::uuid[]) \gset ignored_
SELECT throws_ok(format('SELECT headway_merge_features(%L, ARRAY[%L]::uuid[])', :'c', :'a'), '8W023', 'the feature is merged into another one', 'What is merged is not merged again,');
SELECT throws_ok(format('SELECT headway_merge_features(%L, ARRAY[%L]::uuid[])', :'a', :'c'), '8W023', 'the feature is merged into another one', 'and nothing is merged into it.');
SELECT throws_ok(format('SELECT headway_merge_features(%L, ARRAY[%L, %L]::uuid[])', :'d', :'c', :'a'), '8W023', NULL, 'One source that cannot be merged');
SELECT is((SELECT merged_into FROM headway.features WHERE name = 'C'), NULL, 'keeps all of them from it.');
SELECT throws_ok(format('SELECT headway_merge_features(%1$L, ARRAY[%1$L]::uuid[])', :'b'), '8W023', 'there is nothing to merge', 'Nothing is merged into itself.');
SELECT throws_ok(format('SELECT headway_merge_features(%L, %L::uuid[])', :'b', v.sources), '8W023', v.message, v.what)
FROM (VALUES ('{}', 'there is nothing to merge', 'No source is no merge.'), (NULL, 'there is nothing to merge', 'Neither is NULL.'), ('{NULL}', 'unknown feature', 'Nor a source that is NULL.'),
             ('{00000000-0000-4000-8000-000000000000}', 'unknown feature', 'A source must exist.')) v (sources, message, what);
SELECT throws_ok(format('SELECT headway_unmerge_feature(%L)', :'b'), '8W023', 'the feature is not merged', 'What is not merged is not taken out.');
SELECT throws_ok('SELECT headway_unmerge_feature(NULL)', '8W023', 'the feature is not merged', 'Nor is nothing.');

-- What people have said of two features.
SELECT ok(headway._are_distinct(:'w', :'c', :'b'), 'What was taken out of a merge is remembered as not the same,');
SELECT headway_merge_features(:'d', ARRAY[:'b']::uuid[]) \gset ignored_
SELECT ok(headway._are_distinct(:'w', :'d', :'c'), 'also when one of them is merged into something else.');
SELECT ok(NOT headway._are_distinct(:'w', :'a', :'d'), 'Nothing was said of the others.');
SELECT feature('E') AS e \gset
SELECT headway_mark_distinct(:'e', :'c', 'one is blue') \gset ignored_
SELECT headway_mark_distinct(:'c', :'e') \gset ignored_
SELECT results_eq(format('SELECT reason FROM headway.feature_rejections WHERE %L IN (feature_a, feature_b)', :'e'), $$ VALUES ('one is blue') $$, 'A pair is marked once, in either order.');
SELECT headway_merge_features(:'c', ARRAY[:'e']::uuid[]) \gset ignored_
SELECT ok(NOT headway._are_distinct(:'w', :'c', :'e'), 'Who merges them after all has the last word.');
SELECT throws_ok(format('SELECT headway_mark_distinct(%L, %L)', :'c', :'e'), '8W023', 'these are not two features', 'What is merged is not two features.');
SELECT throws_ok(format('SELECT headway_mark_distinct(%1$L, %1$L)', :'c'), '8W023', 'these are not two features', 'Neither is the same one twice,');
SELECT throws_ok(format('SELECT headway_mark_distinct(%L, NULL)', :'c'), '8W023', 'these are not two features', 'or one alone.');

-- Whatever is done, in whatever order.
SELECT setseed(0.42) \gset ignored_
CREATE FUNCTION do_something() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    free uuid[] := ARRAY(SELECT id FROM headway.features WHERE merged_into IS NULL ORDER BY random());
    bound uuid := (SELECT id FROM headway.features WHERE merged_into IS NOT NULL ORDER BY random() LIMIT 1);
    dice int := floor(random() * 10);
BEGIN
    IF dice < 4 THEN
        PERFORM mention(free[1], 'm' || 1 + floor(random() * 12)::int, (ARRAY['low', 'medium', 'high', 'critical'])[1 + floor(random() * 4)::int]);
    ELSIF dice < 7 AND cardinality(free) > 2 THEN
        PERFORM headway_merge_features(free[1], free[2:1 + ceil(random() * 2)::int]);
    ELSIF bound IS NOT NULL THEN
        PERFORM headway_unmerge_feature(bound);
    END IF;
END $$;
CREATE TABLE mistakes (step int, name text);
DO $$
BEGIN
    PERFORM feature('R' || n, 'low') FROM generate_series(1, 8) n;
    FOR step IN 1 .. 300 LOOP
        PERFORM do_something();
        INSERT INTO mistakes SELECT step, w.name FROM wrong w;
    END LOOP;
END $$;
SELECT is_empty('SELECT * FROM mistakes', 'After each of three hundred random steps every number is what a query over distinct messages gives.');
SELECT ok(count(*) > 30, 'Among them were merges') FROM headway.feature_merges;
SELECT ok(count(*) > 10, 'and merges undone.') FROM headway.feature_merges WHERE undone_at IS NOT NULL;

SELECT * FROM finish();
ROLLBACK;
