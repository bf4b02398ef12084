\set ECHO none
\i test/setup.psql
-- What people say of what the machine was not sure of, and what comes of it.
SELECT plan(76);

CREATE ROLE alice IN ROLE headway_operator;
CREATE ROLE rita IN ROLE headway_reader;
SELECT headway_add_workspace('acme') AS w \gset
SELECT headway_add_member('alice'), headway_add_member('rita') \gset ignored_
SELECT headway_add_theme('Reporting', 'Reports and exports to Excel') AS theme \gset
INSERT INTO headway.customers (workspace_id, name, mrr) VALUES (:'w', 'Big Corp', 5000), (:'w', 'Small Shop', 20), (:'w', 'Nobody Knows', NULL);
INSERT INTO headway.messages (workspace_id, source, external_id, title, content, sent_at, customer_id, ai_insights)
SELECT :'w', 'test', 'm' || n, 'Call ' || n, 'Bob: Something.', timestamptz '2026-01-01' + n * interval '1 day', (SELECT id FROM headway.customers c WHERE c.name = v.customer), '{"sentiment": {"score": 0.5}}'
FROM (VALUES (1, 'Big Corp'), (2, 'Small Shop'), (3, 'Nobody Knows'), (4, 'Big Corp'), (5, NULL), (6, NULL), (7, NULL)) v (n, customer);

-- An item as a worker settles it: judged to be the same as a feature, with a confidence.
CREATE FUNCTION settle(message text, title text, outcome text, named uuid, confidence real, urgency text DEFAULT 'medium') RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    w uuid := headway_workspace();
    m uuid := (SELECT id FROM headway.messages WHERE external_id = message);
    outcome_of jsonb;
BEGIN
    outcome_of := headway._apply_decision(w, m,
        jsonb_build_object('title', title, 'description', '', 'type', 'feature_request', 'urgency', urgency, 'theme_id', headway._theme(w, 'Reporting'), 'quote', 'says ' || title, 'quote_status', 'verified'),
        jsonb_build_object('outcome', outcome, 'is_duplicate', outcome <> 'created', 'matching_feature_id', named, 'confidence', confidence, 'threshold', 0.7, 'reasoning', 'so it seems',
                           'decided_by', 'llm', 'shortlist', '[]'::jsonb, 'seen', 1000000), NULL);
    RETURN (outcome_of ->> 'feature')::uuid;
END $$;
CREATE FUNCTION decision(item text) RETURNS uuid LANGUAGE sql AS $$ SELECT id FROM headway.match_decisions WHERE title = item AND decided_by <> 'person' $$;
CREATE FUNCTION mentions(feature uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(s.external_id, ' ' ORDER BY s.external_id) FROM headway.feature_messages m JOIN headway.messages s ON s.id = m.message_id WHERE m.feature_id = feature $$;

SELECT settle('m1', 'Excel export', 'created', NULL, 0.9) AS excel \gset
SELECT settle('m2', 'Spreadsheets', 'review', :'excel', 0.6) AS sheets, settle('m3', 'Charts', 'review', :'excel', 0.1) AS charts,
       settle('m4', 'XLS', 'linked', :'excel', 0.72, 'critical') AS linked, settle('m5', 'Excel files', 'linked', :'excel', 0.95) AS sure \gset
INSERT INTO headway.unmatched_features (workspace_id, message_id, title, type, urgency, proposed_theme, theme_confidence, reason, quote)
SELECT :'w', (SELECT id FROM headway.messages WHERE external_id = v.message), v.title, 'feature_request', 'high', v.theme, v.confidence, v.reason, 'We need it.'
FROM (VALUES ('m6', 'Export reports to Excel files', 'Reporting', 0.95::real, 'unverified_quote'), ('m2', 'T-shirts', NULL, NULL, 'no_theme'),
             ('m7', 'Send weekly reports by mail', 'Mail', 0.6, 'low_theme_confidence')) v (message, title, theme, confidence, reason);
INSERT INTO headway.bookings (workspace_id, customer_id, starts_at, title) SELECT :'w', id, '2026-01-09 18:00', 'Dinner' FROM headway.customers WHERE name = 'Small Shop';
INSERT INTO headway.recordings (workspace_id, external_id, direction, call_started_at, link_status, link_reason)
SELECT :'w', 'r1', 'inbound', '2026-01-08', 'ambiguous', jsonb_build_object('customers', (SELECT jsonb_agg(jsonb_build_object('customer_id', id, 'points', 3) ORDER BY name DESC) FROM headway.customers WHERE mrr IS NOT NULL));
INSERT INTO headway.recordings (workspace_id, external_id, direction, call_started_at, link_status, customer_id, link_reason)
SELECT :'w', 'r' || n, 'inbound', '2026-01-08', 'ambiguous', b.customer_id, jsonb_build_object('gap', 1, 'candidates', jsonb_build_array(jsonb_build_object('booking_id', b.id, 'points', 5)))
FROM headway.bookings b, generate_series(2, 3) n;

-- What is shown.
SET ROLE rita;
SELECT results_eq('SELECT kind, title, reason, round(uncertainty::numeric, 2), revenue, round(priority::numeric, 1) FROM headway.review_queue ORDER BY priority DESC, title COLLATE "C"', $$ VALUES
    ('ambiguous_link', 'r1', 'several customers fit', 1.00, 5000::numeric, 5000.0),
    ('low_confidence_match', 'XLS', 'linked, but barely', 0.98, 5000, 4900.0),
    ('low_confidence_match', 'Spreadsheets', 'created, but perhaps a known feature', 0.90, 20, 18.0),
    ('unmatched_feature', 'T-shirts', 'no theme fits', 0.50, 20, 10.0),
    ('ambiguous_link', 'r2', 'several bookings fit', 0.50, 20, 10.0),
    ('ambiguous_link', 'r3', 'several bookings fit', 0.50, 20, 10.0),
    ('unmatched_feature', 'Send weekly reports by mail', 'no theme fits well enough', 0.60, NULL, 0.6),
    ('unverified_quote', 'Export reports to Excel files', 'the quote is not in the transcript', 0.50, NULL, 0.5),
    ('low_confidence_match', 'Charts', 'created, but perhaps a known feature', 0.40, NULL, 0.4) $$, 'What is most open and worth most comes first.');
SELECT is((SELECT evidence #>> '{item,quote}' || ' ' || (evidence #>> '{named,name}') || ' ' || (evidence ->> 'reasoning') FROM headway.review_queue WHERE title = 'Spreadsheets'),
    'says Spreadsheets Excel export so it seems', 'A match shows the words, the feature and the judge''s reason.');
SELECT is((SELECT evidence #>> '{item,quote}' FROM headway.review_queue WHERE kind = 'unverified_quote'), 'We need it.', 'A quote is shown as it was claimed.');
SELECT is((SELECT evidence #>> '{candidates,0,points}' FROM headway.review_queue WHERE title = 'r2'), '5', 'A link shows its candidates.');
SELECT throws_ok('SELECT headway_review(gen_random_uuid(), ''later'')', '42501', NULL, 'Who reads does not decide.');
SELECT results_eq('SELECT name, mentions, distinct_customers, revenue, urgency, last_quote FROM headway.feature_overview ORDER BY mentions DESC, name', $$ VALUES
    ('Excel export', 3, 1, 5000::numeric, 'critical', 'says Excel files'), ('Charts', 1, 1, NULL, 'medium', 'says Charts'), ('Spreadsheets', 1, 1, 20, 'medium', 'says Spreadsheets') $$,
    'Features show how many customers ask, and what they pay: each customer once.');
SET ROLE alice;

-- Later.
SELECT headway_review((SELECT item_id FROM headway.review_queue WHERE title = 'Charts'), 'later', 'ask Ann') \gset ignored_
SELECT is_empty('SELECT * FROM headway.review_queue WHERE title = ''Charts''', 'What is put off is not shown,');
RESET ROLE;
SELECT results_eq('SELECT kind, decision, reason, reviewed_by FROM headway.reviews', $$ VALUES ('low_confidence_match', 'later', 'ask Ann', name 'alice') $$, 'who did it is known,');
UPDATE headway.reviews SET again_at = now() - interval '1 second';
SELECT is((SELECT count(*) FROM headway.review_queue WHERE title = 'Charts'), 1::bigint, 'and after a day it is back.');

-- Matches.
SELECT state.* FROM (SELECT mentions(:'excel') AS before) state \gset
SELECT headway_review(decision('Spreadsheets'), 'accept', 'same thing') AS ignored \gset
SELECT is(mentions(:'excel'), 'm1 m2 m4 m5', 'An accepted match merges what was created.');
SELECT results_eq($$ SELECT outcome, decided_by FROM headway.match_decisions WHERE title = 'Spreadsheets' $$, $$ VALUES ('linked', 'person') $$, 'The decision is a person''s now.');
SELECT is((SELECT reason FROM headway.feature_merges), 'same thing', 'The merge has the reason.');
SELECT throws_ok(format('SELECT headway_review(%L, ''accept'')', (SELECT id FROM headway.match_decisions WHERE title = 'Spreadsheets')), '8W024', 'the item is decided already', 'It is decided once.');
SELECT headway_review(decision('Charts'), 'reject', 'a chart is no table') AS ignored \gset
SELECT ok(headway._are_distinct(:'w', :'charts', :'excel'), 'A rejected match is remembered,');
SELECT is(mentions(:'charts'), 'm3', 'and what was created stays.');
SELECT headway_review(decision('XLS'), 'reject') AS ignored \gset
SELECT is(mentions(:'excel'), 'm1 m2 m5', 'A rejected link is taken back:');
SELECT results_eq($$ SELECT f.name, f.mention_count, f.urgency, m.quote, d.outcome, d.decided_by FROM headway.features f JOIN headway.feature_messages m ON m.feature_id = f.id JOIN headway.match_decisions d ON d.id = m.decision_id WHERE f.name = 'XLS' $$,
    $$ VALUES ('XLS', 1, 'critical', 'says XLS', 'created', 'person') $$, 'the item is a feature of its own, with its words.');
SELECT results_eq(format('SELECT mention_count, urgency, sentiment_score FROM headway.features WHERE id = %L', :'excel'), $$ VALUES (3, 'medium', 0.5::real) $$, 'The other one''s numbers are those without it.');
SELECT ok(headway._are_distinct(:'w', (SELECT id FROM headway.features WHERE name = 'XLS'), :'excel'), 'The two are not the same, for good.');
SELECT is((SELECT headway._match_case_of(:'w', m.id, jsonb_build_object('title', 'Excel as XLS', 'type', 'feature_request', 'theme_id', :'theme')) -> 'candidates' @> jsonb_build_array(jsonb_build_object('id', :'excel'))
           FROM headway.messages m WHERE m.external_id = v.message), v.shown, v.what)
FROM (VALUES ('m4', false, 'It is never proposed again for what that conversation says,'), ('m6', true, 'and is for others.')) v (message, shown, what);
SELECT is_empty(format('SELECT c FROM jsonb_array_elements(headway._match_case_of(%L, (SELECT id FROM headway.messages WHERE external_id = ''m4''), %L) -> ''candidates'') c WHERE c ->> ''title'' = ''Spreadsheets''',
    :'w', jsonb_build_object('title', 'Spreadsheets', 'type', 'feature_request', 'theme_id', :'theme')), 'Nor is what was merged into it.');
SELECT throws_ok(format('SELECT headway_review(%L, ''reject'')', decision('Excel export')), '8W024', 'nothing was matched', 'What matched nothing is no question.');
SELECT headway_review(decision('Excel files'), 'accept') AS ignored \gset
SELECT is(mentions(:'excel'), 'm1 m2 m5', 'What was linked and is right stays.');
SELECT is_empty($$ SELECT * FROM headway.review_queue WHERE kind = 'low_confidence_match' $$, 'No match is left to look at.');

-- Somebody who merged meanwhile has found its place.
SELECT settle('m6', 'Excel sheets', 'review', :'excel', 0.65) AS f1, settle('m7', 'More Excel', 'review', :'excel', 0.65) AS f2 \gset
SELECT headway_merge_features(:'excel', ARRAY[:'f1']::uuid[]) AS ignored \gset
SELECT is_empty($$ SELECT * FROM headway.review_queue WHERE title = 'Excel sheets' $$, 'What a person has merged is no question any more.');
SELECT headway_review(decision('Excel sheets'), 'accept') AS ignored \gset
SELECT is((SELECT count(*) FROM headway.feature_merges WHERE source_id = :'f1'), 1::bigint, 'Whoever answers it all the same merges nothing twice.');
SELECT headway_merge_features(:'charts', ARRAY[:'f2']::uuid[]) AS ignored \gset
SELECT throws_ok(format('SELECT headway_review(%L, ''accept'')', decision('More Excel')), '8W023', 'the feature is merged into another one', 'What was merged elsewhere is not merged here.');

-- Items that nobody counts yet.
SELECT item_id AS unverified FROM headway.review_queue WHERE kind = 'unverified_quote' \gset
SELECT item_id AS shirts FROM headway.review_queue WHERE title = 'T-shirts' \gset
SELECT item_id AS weekly FROM headway.review_queue WHERE title = 'Send weekly reports by mail' \gset
SELECT is((SELECT count(*) FROM headway.feature_messages WHERE quote = 'We need it.'), 0::bigint, 'A quote that nobody said counts for nothing,');
SELECT headway_review(:'unverified', 'accept', 'she did say so') AS ignored \gset
SELECT results_eq(format('SELECT f.mention_count > 0, m.quote, m.quote_status FROM headway.unmatched_features u JOIN headway.features f ON f.id = u.resolved_feature_id JOIN headway.feature_messages m ON m.feature_id = f.id AND m.message_id = u.message_id WHERE u.id = %L', :'unverified'),
    $$ VALUES (true, NULL, NULL) $$, 'until a person accepts it: then it is a mention, without the words.');
SELECT is((SELECT decision FROM headway.reviews WHERE item_id = :'unverified'), 'accept', 'The review is kept.');
SELECT throws_ok(format('SELECT headway_review(%L, %L)', :'unverified', v), '8W017', 'no such item waits', 'What is resolved is decided: ' || v) FROM unnest(ARRAY['accept', 'reject', 'later']) v;
SELECT headway_review(:'weekly', 'accept') AS ignored \gset
SELECT is((SELECT resolved_feature_id FROM headway.unmatched_features WHERE id = :'weekly'), NULL, 'What has no theme and is no known feature goes on waiting,');
SELECT is((SELECT count(*) FROM headway.reviews WHERE item_id = :'weekly'), 0::bigint, 'and nothing is decided.');
SELECT isnt(headway_assign_theme(:'weekly', 'Reporting'), NULL, 'With a theme it becomes a feature.');
SELECT results_eq(format('SELECT f.name, f.mention_count FROM headway.unmatched_features u JOIN headway.features f ON f.id = u.resolved_feature_id WHERE u.id = %L', :'weekly'),
    $$ VALUES ('Send weekly reports by mail', 1) $$, 'It has one mention.');
SELECT throws_ok(format('SELECT headway_assign_theme(%L, ''Nowhere'')', :'shirts'), '8W003', 'unknown theme', 'The theme must exist.');
SELECT headway_dismiss(:'shirts', 'we sell none') AS ignored \gset
SELECT is_empty('SELECT * FROM headway.review_queue WHERE title = ''T-shirts''', 'What is dismissed is asked about no more,');
SELECT is((SELECT reason FROM headway.reviews WHERE item_id = :'shirts'), 'we sell none', 'and who asks learns why.');
SELECT headway_review(:'shirts', 'reject') AS ignored \gset
SELECT isnt(headway_assign_theme(:'shirts', 'Reporting'), NULL, 'It may be taken in after all.');
SELECT is((SELECT dismissed_at FROM headway.unmatched_features WHERE id = :'shirts'), NULL, 'Then it is no longer dismissed.');

-- What a person has said of two features is not asked again.
SELECT settle('m6', 'Numbers', 'review', :'excel', 0.6) AS numbers \gset
SELECT is((SELECT count(*) FROM headway.review_queue WHERE title = 'Numbers'), 1::bigint, 'What is doubted is asked,');
SELECT headway_mark_distinct(:'excel', :'numbers') AS ignored \gset
SELECT is_empty($$ SELECT * FROM headway.review_queue WHERE title = 'Numbers' $$, 'until a person says that the two are not the same.');
SELECT settle('m6', 'Cells', 'review', :'sheets', 0.6) AS cells \gset
SELECT headway_merge_features(:'excel', ARRAY[:'cells']::uuid[]) AS ignored, headway_unmerge_feature(:'cells') \gset ignored_
SELECT is_empty($$ SELECT * FROM headway.review_queue WHERE title = 'Cells' $$, 'Nor is what was taken out of a merge, also when the judge named what is a part of it.');
SELECT settle('m6', 'Columns', 'review', :'sheets', 0.6) AS columns \gset
SET ROLE rita;
SELECT is((SELECT count(*) FROM headway.review_queue WHERE title = 'Columns'), 1::bigint, 'Other pairs are, and readers see them.');
RESET ROLE;
SELECT headway_review(decision('Columns'), 'reject') AS ignored \gset
SELECT is_empty($$ SELECT * FROM headway.review_queue WHERE kind = 'low_confidence_match' AND title <> 'More Excel' $$, 'Nothing else is left.');

-- What a later reading has taken back.
SELECT settle('m7', 'Tables', 'linked', :'excel', 0.71) AS ignored \gset
SELECT is((SELECT count(*) FROM headway.review_queue WHERE title = 'Tables'), 1::bigint, 'A link that is barely sure is asked,');
SELECT headway._take_back(:'w', id, jsonb_build_array(jsonb_build_object('feature_id', :'excel', 'standing', 'counted', 'type', 'feature_request', 'title', 'Tables')), '{"items": [], "unmatched": []}') AS ignored
FROM headway.messages WHERE external_id = 'm7' \gset
SELECT is_empty($$ SELECT * FROM headway.review_queue WHERE title = 'Tables' $$, 'until a later reading does not find it any more.');
SELECT headway_review(decision('Tables'), 'reject') AS ignored \gset
SELECT results_eq($$ SELECT outcome, decided_by FROM headway.match_decisions WHERE title = 'Tables' $$, $$ VALUES ('rejected', 'person') $$, 'Who rejects it all the same has said so,');
SELECT is((SELECT count(*) FROM headway.features WHERE name = 'Tables'), 0::bigint, 'and nothing of it comes back.');

-- What was merged meanwhile is not said to be distinct, and what is taken apart is no match.
SELECT settle('m6', 'Rows', 'review', :'excel', 0.6) AS rows, settle('m6', 'Grids', 'review', :'excel', 0.6) AS grids \gset
SELECT headway_merge_features(:'excel', ARRAY[:'rows']::uuid[]) AS ignored \gset
SELECT throws_ok(format('SELECT headway_review(%L, ''reject'')', decision('Rows')), '8W024', 'the two are merged', 'What was merged meanwhile is taken apart before it is rejected.');
SELECT headway_unmerge_feature(:'rows'), headway_review(decision('Rows'), 'reject') \gset ignored_
SELECT results_eq($$ SELECT outcome, decided_by FROM headway.match_decisions WHERE title = 'Rows' $$, $$ VALUES ('rejected', 'person') $$, 'Then it is.');
SELECT headway_review(decision('Grids'), 'accept') AS ignored \gset
SELECT is((SELECT outcome FROM headway.match_decisions WHERE title = 'Grids'), 'linked', 'What a person accepts is a link,');
SELECT headway_unmerge_feature(:'grids') AS ignored \gset
SELECT results_eq($$ SELECT outcome, decided_by FROM headway.match_decisions WHERE title = 'Grids' $$, $$ VALUES ('rejected', 'person') $$, 'until a person takes the two apart.');
SELECT is((SELECT outcome FROM headway.match_decisions WHERE title = 'Excel files'), 'linked', 'Others stay as they are.');

-- Links.
SELECT headway_review((SELECT item_id FROM headway.review_queue WHERE title = 'r1'), 'accept') AS ignored \gset
SELECT results_eq('SELECT r.link_status, c.name FROM headway.recordings r JOIN headway.customers c ON c.id = r.customer_id WHERE r.external_id = ''r1''', $$ VALUES ('pinned', 'Small Shop') $$, 'An accepted link is pinned to its first candidate.');
SELECT headway_review((SELECT item_id FROM headway.review_queue WHERE title = 'r2'), 'accept') AS ignored \gset
SELECT results_eq('SELECT link_status, customer_id IS NOT NULL, booking_id IS NOT NULL FROM headway.recordings WHERE external_id = ''r2''', $$ VALUES ('pinned', true, true) $$, 'So is a booking, with its customer.');
SELECT headway_review((SELECT item_id FROM headway.review_queue WHERE title = 'r3'), 'reject', 'none of these') AS ignored \gset
SELECT results_eq('SELECT link_status, customer_id IS NOT NULL, booking_id, link_reason ->> ''why'' FROM headway.recordings WHERE external_id = ''r3''', $$ VALUES ('pinned', true, NULL::uuid, 'none of these') $$,
    'Rejected, it is about none of them; the customer stays.');
SELECT throws_ok(format('SELECT headway_review(%L, ''accept'')', (SELECT id FROM headway.recordings WHERE external_id = 'r3')), '8W024', 'the recording is not ambiguous', 'It is decided once.');
SELECT headway_unpin_link(id) AS ignored FROM headway.recordings WHERE external_id = 'r3' \gset
SELECT throws_ok(format('SELECT headway_review(%s)', v.args), '8W024', v.message, v.what)
FROM (VALUES ('gen_random_uuid(), ''accept''', 'unknown item', 'An item must exist,'), ('NULL, ''accept''', 'unknown item', 'NULL is none,'),
             ('gen_random_uuid(), ''maybe''', 'a decision is accept, reject or later', 'and a decision is one of three,'), ('gen_random_uuid(), NULL', 'a decision is accept, reject or later', 'not NULL.')) v (args, message, what);

-- Another tenant's.
SELECT headway_add_workspace('other') AS other \gset
SELECT throws_ok(format('SELECT headway_review(%L, ''later'', workspace => ''other'')', :'shirts'), '8W024', 'unknown item', 'Items of another workspace are none.');
SELECT throws_ok(format('SELECT headway_merge_features(%L, ARRAY[%L]::uuid[], workspace => ''other'')', :'excel', :'charts'), '8W023', 'unknown feature', 'So are its features.');
SELECT is((SELECT count(*) FROM headway.features f WHERE f.mention_count <> (SELECT count(DISTINCT m.message_id) FROM headway.feature_messages m WHERE m.feature_id = f.id)), 0::bigint, 'Every count is what a query over messages gives.');


-- Who is no member learns nothing: not from counts, not from lists, not from reasons.
RESET ROLE;
CREATE ROLE eve IN ROLE headway_operator;
SET ROLE eve;
SELECT is_empty(format('SELECT * FROM headway.%I', v), format('%s shows a stranger nothing.', v)) FROM unnest(ARRAY['feature_overview', 'review_queue', 'reviews', 'feature_merges']) v;
SELECT throws_ok(format('SELECT * FROM %s', v), '8W001', NULL, format('%s tells a stranger nothing.', substring(v FROM '^[a-z_]+'))) FROM unnest(ARRAY['headway_suggest_merges(workspace => ''acme'')',
    'headway_threshold_preview(0.5, workspace => ''acme'')', 'headway_suggest_themes(workspace => ''acme'')',
    format('headway_explain_match(%L, %L, workspace => ''acme'')', :'excel', :'shirts')]) v;

SELECT * FROM finish();
ROLLBACK;
