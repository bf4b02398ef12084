\set ECHO none
\i test/setup.psql
-- From a page of a vendor's list to stored messages, by settling alone: no worker, no network.
SELECT plan(58);
SET headway.key_file = '/tmp/headway-sql-test.keys';

CREATE FUNCTION map_test(records jsonb, settings jsonb) RETURNS SETOF headway.draft LANGUAGE plpgsql AS $$
DECLARE r jsonb; d headway.draft;
BEGIN
    FOR r IN SELECT * FROM jsonb_array_elements(records) LOOP
        d.external_id := r #>> '{record,id}';
        d.title := 'Call ' || d.external_id;
        d.sent_at := (r #>> '{record,at}')::timestamptz;  -- raises for a record that is broken
        d.duration_seconds := coalesce((r #>> '{record,seconds}')::int, 600);
        d.is_private := coalesce((r #>> '{record,private}')::boolean, false);
        d.content := r #>> '{children,transcripts,0,text}';
        CONTINUE WHEN r #> '{record,invisible}' = 'true';
        RETURN NEXT d;
    END LOOP;
END $$;
SELECT headway_add_workspace('acme') AS w \gset
SELECT headway_register_connector_type('test', jsonb_set((SELECT spec FROM headway.connector_types WHERE name = 'gong'), '{children,transcripts,batch}', '2'),
                                       'map_test(jsonb, jsonb)') \gset ignored_
SELECT headway_add_connector('test', '{"access_key": "a", "secret_key": "b"}', '{"base_url": "https://x.example"}') AS c \gset

CREATE FUNCTION rec(id text, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS
    $$ SELECT jsonb_build_object('id', id, 'at', '2026-06-01T10:00:00Z', 'record', jsonb_build_object('id', id, 'at', '2026-06-01T10:00:00Z') || more) $$;
CREATE FUNCTION page(records jsonb, next_cursor text DEFAULT '') RETURNS jsonb LANGUAGE sql AS
    $$ SELECT jsonb_build_object('records', records, 'next_cursor', next_cursor, 'marks', '["m"]'::jsonb, 'min_at', '2026-06-01T10:00:00Z', 'max_at', '2026-06-02T10:00:00Z', 'repairs', 0) $$;
CREATE FUNCTION claim(wanted text) RETURNS headway.tasks LANGUAGE plpgsql AS $$
DECLARE t headway.tasks;
BEGIN
    UPDATE headway.tasks SET priority = CASE kind WHEN wanted THEN 100 ELSE 0 END WHERE state = 'queued';
    SELECT * INTO t FROM headway._claim(headway_workspace(), 1, 1);
    RETURN t;
END $$;
CREATE FUNCTION settle_list(answer jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE t headway.tasks := claim('list');
BEGIN RETURN headway._settle_list(t.workspace_id, t.id, t.token, answer); END $$;
CREATE FUNCTION settle_detail(children jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE t headway.tasks := claim('detail');
BEGIN RETURN headway._settle_detail(t.workspace_id, t.id, t.token, jsonb_build_object('children', children, 'strangers', 0, 'repairs', 0)); END $$;
CREATE VIEW numbers AS SELECT fetched, stored, already_known, skipped, failed FROM headway.runs WHERE state <> 'done';
CREATE FUNCTION adds_up() RETURNS boolean LANGUAGE sql AS $$
    SELECT bool_and(fetched = stored + already_known + skipped + failed + (SELECT count(*) FROM headway.run_items i WHERE i.run_id = r.id AND outcome = 'listed')
                AND total = fetched) FROM headway.runs r $$;

-- A first page.
SELECT headway_ingest('test', max_items => 4) AS run \gset
SELECT is(settle_list(page(jsonb_build_array(rec('1'), rec('2'), rec('3'), rec('p', '{"private": true}'), rec('s', '{"seconds": 5}'),
          rec('broken', '{"at": "not a time"}'), rec('gone', '{"invisible": true}'), rec(''), rec('t', '{"at": null}')), 'next')), '{}', 'A page is settled.');
SELECT results_eq('SELECT * FROM numbers', $$ VALUES (9, 0, 0, 2, 3) $$, 'Each record is counted in one place.');
SELECT ok(adds_up(), 'And the numbers add up.');
SELECT results_eq($$ SELECT external_id, outcome FROM headway.run_items WHERE outcome <> 'listed' ORDER BY external_id COLLATE "C" $$,
    $$ VALUES ('broken', 'failed'), ('gone', 'failed'), ('p', 'skipped'), ('page 1, record 8', 'failed'), ('t', 'skipped') $$, 'Each left a row.');
SELECT is((SELECT reason FROM headway.run_items WHERE external_id = 'broken'), 'the mapper raised error 22007', 'An error of the mapper is told by its code alone.');
SELECT is((SELECT reason FROM headway.run_items WHERE external_id = 'p'), 'private', 'Private calls are left out.');
SELECT is((SELECT reason FROM headway.run_items WHERE external_id = 't'), 'the record has no time', 'So are records without a time.');
SELECT results_eq($$ SELECT kind, count(*) FROM headway.tasks WHERE state = 'queued' GROUP BY kind ORDER BY kind $$, $$ VALUES ('detail', 2::bigint) $$,
    'What is wanted goes on in batches; with max_items reached the list does not go on.');
SELECT results_eq('SELECT pages, min_seen, list_complete FROM headway.runs', $$ VALUES (1, '2026-06-01 10:00:00+00'::timestamptz, false) $$, 'The run knows what it has seen.');

-- Details.
SELECT is(settle_detail('{"1": {"transcripts": [{"text": "Ann: one"}]}, "2": {"transcripts": []}}'), '{}', 'Details are settled.');
SELECT results_eq('SELECT external_id, content, source, is_processed FROM headway.messages', $$ VALUES ('1', 'Ann: one', 'test', false) $$, 'A record with a transcript is a message.');
SELECT is((SELECT reason FROM headway.run_items WHERE external_id = '2'), 'no transcript yet', 'One without is skipped, and will be found again.');
SELECT is((SELECT message_id FROM headway.run_items WHERE external_id = '1'), (SELECT id FROM headway.messages), 'The ledger points to the message.');
SELECT is((SELECT count(*) FROM headway.tasks WHERE kind = 'extract' AND message_id IS NOT NULL), 1::bigint, 'Its reading is queued.');
SELECT ok(adds_up(), 'The numbers still add up.');
SELECT is(settle_detail(jsonb_build_object('3', jsonb_build_object('transcripts', jsonb_build_array(jsonb_build_object('text', '  '))), 's',
          jsonb_build_object('transcripts', jsonb_build_array(jsonb_build_object('text', repeat('x', 9000000)))))), '{}', 'More details are settled.');
SELECT results_eq($$ SELECT external_id, reason FROM headway.run_items WHERE external_id IN ('3', 's') ORDER BY 1 $$,
    $$ VALUES ('3', 'the transcript is empty'), ('s', 'the transcript has 9000000 bytes, more than headway.max_transcript_bytes (8388608)') $$,
    'A blank transcript and one that is too large are refused, with the reason.');
SELECT ok(adds_up(), 'The numbers add up to the end.');

-- The same list again.
UPDATE headway.runs SET state = 'done';
DELETE FROM headway.tasks;
SELECT headway_ingest('test', max_items => 3, min_duration => 30) AS run \gset
SELECT is(settle_list(page(jsonb_build_array(rec('1'), rec('2'), rec('s', '{"seconds": 5}')), 'c2')), '{}', 'The list is read again.');
SELECT results_eq('SELECT * FROM numbers', $$ VALUES (3, 0, 1, 1, 0) $$, 'What is known is not fetched again; what had no transcript is; short ones are left out when asked.');
SELECT is((SELECT payload -> 'cursor' FROM headway.tasks WHERE kind = 'list' AND state = 'queued'), '"c2"', 'The next page is queued with its cursor.');
SELECT is(settle_list(page(jsonb_build_array(rec('1'), rec('2'), rec('s')), 'c3')), '{"repeated": true}', 'A page without anything new is a repetition and changes nothing.');
SELECT is((SELECT fetched FROM numbers), 3, 'Nothing is counted twice.');
UPDATE headway.tasks SET state = 'queued', payload = payload || '{"restarted": true}' WHERE kind = 'list' AND state = 'running';
SELECT is(settle_list(page(jsonb_build_array(rec('1'), rec('2'), rec('4')), '')), '{}', 'After a restart of the list the same records may come again.');
SELECT results_eq('SELECT * FROM numbers', $$ VALUES (4, 0, 1, 1, 0) $$, 'Only the new one counts.');
SELECT ok((SELECT list_complete FROM headway.runs WHERE id = :'run'), 'Without a next cursor the list is complete.');

-- A message without a transcript takes one that comes later.
UPDATE headway.runs SET state = 'done';
DELETE FROM headway.tasks;
SELECT headway_ingest('test', transcripts => false) AS run \gset
SELECT is(settle_list(page(jsonb_build_array(rec('5')))), '{}', 'A list without transcripts is settled.');
SELECT results_eq($$ SELECT content, is_processed FROM headway.messages WHERE external_id = '5' $$, $$ VALUES (NULL::text, false) $$, 'The message is stored at once.');
SELECT is((SELECT done FROM headway.runs WHERE id = :'run'), 1, 'And dealt with.');
UPDATE headway.runs SET state = 'done';
DELETE FROM headway.tasks;
SELECT headway_ingest('test') AS run \gset
SELECT is(settle_list(page(jsonb_build_array(rec('5')))), '{}', 'Later the list is read with transcripts.');
SELECT is(settle_detail('{"5": {"transcripts": [{"text": "Bob: five"}]}}'), '{}', 'Its transcript comes.');
SELECT results_eq($$ SELECT content FROM headway.messages WHERE external_id = '5' $$, $$ VALUES ('Bob: five') $$, 'The message has it now.');
SELECT is((SELECT stored FROM headway.runs WHERE id = :'run'), 1, 'It counts as stored.');

-- A list that is filtered here says what was left out.
UPDATE headway.runs SET state = 'done';
DELETE FROM headway.tasks;
SELECT headway_ingest('test') AS run \gset
SELECT settle_list(page('[]') || '{"left_out": 7}') \gset ignored_
SELECT is((SELECT detail ->> 'left_out' FROM headway.log WHERE run_id = :'run' AND message = 'records outside the window were left out'), '7',
    'Records that lie outside of the window are told of.');

-- Failing and retrying a detail task.
UPDATE headway.runs SET state = 'done';
DELETE FROM headway.tasks;
SELECT headway_ingest('test') AS run \gset
SELECT is(settle_list(page(jsonb_build_array(rec('6'), rec('7')))), '{}', 'A page with two new records.');
SELECT headway._fail(workspace_id, id, token, '{"kind": "refused", "message": "no access"}', NULL) FROM claim('detail') \gset ignored_
SELECT results_eq($$ SELECT outcome, reason FROM headway.run_items WHERE external_id IN ('6', '7') $$,
    $$ VALUES ('failed', 'detail: no access'), ('failed', 'detail: no access') $$, 'A detail task that fails for good takes its records with it, by name.');
SELECT ok(adds_up(), 'The numbers add up.');
SELECT is(headway_retry(:'run'), 1::bigint, 'It is retried.');
SELECT results_eq($$ SELECT DISTINCT outcome FROM headway.run_items WHERE external_id IN ('6', '7') $$, $$ VALUES ('listed') $$, 'Its records are outstanding again.');
SELECT ok(adds_up(), 'And the numbers add up.');

-- A long window is read in spans side by side.
UPDATE headway.runs SET state = 'done';
DELETE FROM headway.tasks;
CREATE FUNCTION claim_span(n int) RETURNS headway.tasks LANGUAGE plpgsql AS $$
DECLARE t headway.tasks;
BEGIN
    UPDATE headway.tasks SET priority = (payload @> jsonb_build_object('span', jsonb_build_object('n', n)))::int WHERE state = 'queued';
    SELECT * INTO t FROM headway._claim(headway_workspace(), 1, 1);
    RETURN t;
END $$;
CREATE FUNCTION settle_span(n int, answer jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE t headway.tasks := claim_span(n);
BEGIN RETURN headway._settle_list(t.workspace_id, t.id, t.token, answer); END $$;
CREATE FUNCTION split(fence_by int DEFAULT 0) RETURNS void LANGUAGE plpgsql AS $$
DECLARE t headway.tasks := (SELECT t FROM headway.tasks t WHERE t.kind = 'list' AND t.state = 'running');
BEGIN PERFORM headway._split_list(t.workspace_id, t.id, t.token + fence_by, '[{"span": {"n": 1, "from": "2026-01-01T00:00:00Z", "to": "2026-03-01T00:00:00Z"}},
                                                                             {"span": {"n": 2, "from": "2026-03-01T00:00:00Z", "to": "2026-06-01T00:00:00Z"}}]'); END $$;
CREATE FUNCTION lists() RETURNS SETOF jsonb LANGUAGE sql AS $$ SELECT jsonb_strip_nulls(payload - 'marks') FROM headway.tasks WHERE kind = 'list' AND state = 'queued' ORDER BY id $$;
SELECT headway_ingest('test', max_items => 5000, days_back => 200) AS run \gset
SELECT id AS whole FROM claim('list') \gset
SELECT split(fence_by => 1) \gset ignored_
SELECT is((SELECT count(*) FROM lists()), 0::bigint, 'Who has lost a list splits nothing.');
SELECT split() \gset ignored_
SELECT results_eq('SELECT * FROM lists()', $$ VALUES ('{"span": {"n": 1, "from": "2026-01-01T00:00:00Z", "to": "2026-03-01T00:00:00Z"}}'::jsonb), ('{"span": {"n": 2, "from": "2026-03-01T00:00:00Z", "to": "2026-06-01T00:00:00Z"}}') $$,
    'The list over the whole window gives way to one over each span.');
SELECT results_eq(format('SELECT state, pages, open_tasks, open_lists FROM headway.runs WHERE id = %L', :'run'), $$ VALUES ('running', 0, 2, 2) $$, 'The run goes on.');
SELECT is((SELECT detail #>> '{spans,1,span,to}' FROM headway.log WHERE run_id = :'run' AND message = 'the window is read in 2 spans side by side'), '2026-06-01T00:00:00Z', 'The log says so.');
SELECT results_eq($$ SELECT i ->> 'window_from', i ->> 'window_to', i ->> 'max_items' FROM claim_span(2) t, headway._input_source(t.workspace_id, t.id, t.token) i $$,
    $$ VALUES ('2026-03-01T00:00:00.000000Z', '2026-06-01T00:00:00.000000Z', '5000') $$, 'Each asks for its own span;');
SELECT ok((SELECT window_to = now() AND window_from = now() - interval '200 days' FROM headway.runs WHERE id = :'run'), 'the run''s window stays what it was.');
UPDATE headway.tasks SET state = 'queued' WHERE state = 'running';
SELECT is(settle_span(2, page(jsonb_build_array(rec('8'), rec('9'), rec('')), 'c8')), '{}', 'A page of one is settled.');
SELECT ok('{"span": {"n": 2, "from": "2026-03-01T00:00:00Z", "to": "2026-06-01T00:00:00Z"}, "page": 2, "cursor": "c8"}' IN (SELECT * FROM lists()), 'Its next page is one of the same span, with its own cursor.');
SELECT is(settle_span(2, page(jsonb_build_array(rec('10')))), '{}', 'It ends.');
SELECT ok(NOT (SELECT list_complete FROM headway.runs WHERE id = :'run'), 'The whole does not, while another span is outstanding.');
SELECT headway._restart_list(workspace_id, id, token) FROM claim_span(1) \gset ignored_
SELECT results_eq('SELECT * FROM lists()', $$ VALUES ('{"span": {"n": 1, "from": "2026-01-01T00:00:00Z", "to": "2026-03-01T00:00:00Z"}, "restarted": true}'::jsonb) $$, 'A list that starts again does so at its own span.');
SELECT is(settle_span(1, page(jsonb_build_array(rec('9'), rec('11'), rec('')))), '{}', 'The other brings a record that was seen already.');
SELECT results_eq(format('SELECT fetched, failed, pages, list_complete FROM headway.runs WHERE id = %L', :'run'), 'VALUES (6, 2, 3, true)', 'It is counted once, and now the list is complete.');
SELECT results_eq(format($$ SELECT external_id FROM headway.run_items WHERE run_id = %L AND outcome = 'failed' ORDER BY 1 $$, :'run'), ARRAY['span 1, page 1, record 3', 'span 2, page 1, record 3'],
    'Records without an id are told apart.');
SELECT ok(adds_up(), 'The numbers add up.');
UPDATE headway.runs SET state = 'done';
DELETE FROM headway.tasks;
SELECT headway_ingest('test', max_items => 1, days_back => 200) AS run \gset
SELECT id AS whole FROM claim('list') \gset
SELECT split(), settle_span(2, page(jsonb_build_array(rec('12'), rec('13')))), settle_span(1, page('[]')) \gset ignored_
SELECT ok((SELECT list_complete IS FALSE AND open_lists = 1 FROM headway.runs WHERE id = :'run'), 'Where one span had more than max_items allows, no other makes the list complete.');
SELECT is((SELECT count(*) FROM headway.run_items WHERE run_id = :'run' AND reason = 'beyond max_items'), 1::bigint, 'What all of them take together is no more.');

-- The window reaches back to the last complete run, less the overlap, when that is longer ago than days_back.
UPDATE headway.connectors SET cursor = jsonb_build_object('read_until', now() - interval '20 days');
UPDATE headway.runs SET state = 'done';
SELECT headway_ingest('test', days_back => 7) AS run \gset
SELECT is((SELECT window_from FROM headway.runs WHERE id = :'run'), now() - interval '21 days', 'A window leaves no gap to the last complete run.');

COPY (SELECT WHERE false) TO PROGRAM 'rm -f /tmp/headway-sql-test.keys';
SELECT * FROM finish();
ROLLBACK;
