\set ECHO none
\i test/setup.psql
-- Calls of which there is no transcript, or not yet: they are recordings, and are completed when it comes.
SELECT plan(45);
SET headway.key_file = '/tmp/headway-sql-test.keys';

SELECT headway_add_workspace('acme') AS w \gset
INSERT INTO headway.customers (workspace_id, name, phone) VALUES (:'w', 'Bob Buyer', '+1 555 555 0142');
CREATE FUNCTION keys() RETURNS jsonb LANGUAGE sql AS $$ SELECT '{"client_id": "a", "client_secret": "b", "jwt": "c"}'::jsonb $$;
SELECT headway_add_connector('ringcentral', keys()) AS c \gset
SELECT headway_add_connector('ringcentral', keys(), name => 'other') AS other \gset

CREATE FUNCTION rec(id text, age interval DEFAULT '1 hour', more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('id', id, 'at', now() - age, 'record', jsonb_build_object('id', 'A' || id, 'telephonySessionId', id, 'startTime', now() - age, 'duration', 95, 'type', 'Voice',
        'direction', 'Inbound', 'from', '{"phoneNumber": "5555550142"}'::jsonb, 'to', '{"phoneNumber": "+15550100", "extensionId": "1"}'::jsonb) || more) $$;
CREATE FUNCTION claim(wanted text) RETURNS headway.tasks LANGUAGE plpgsql AS $$
DECLARE t headway.tasks;
BEGIN
    UPDATE headway.tasks SET priority = CASE kind WHEN wanted THEN 100 ELSE 0 END WHERE state = 'queued';
    SELECT * INTO t FROM headway._claim(headway_workspace(), 1, 1);
    RETURN t;
END $$;
CREATE FUNCTION settle_list(VARIADIC records jsonb[]) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE t headway.tasks := claim('list');
BEGIN RETURN headway._settle_list(t.workspace_id, t.id, t.token, jsonb_build_object('records', to_jsonb(records), 'next_cursor', '', 'marks', '[]'::jsonb, 'repairs', 0)); END $$;
CREATE FUNCTION settle_details(says text DEFAULT NULL) RETURNS int LANGUAGE plpgsql AS $$
DECLARE t headway.tasks; n int := 0;
BEGIN
    WHILE EXISTS (SELECT FROM headway.tasks WHERE kind = 'detail' AND state = 'queued') LOOP
        t := claim('detail');
        PERFORM headway._settle_detail(t.workspace_id, t.id, t.token, jsonb_build_object('strangers', 0, 'repairs', 0, 'children', jsonb_build_object(t.payload #>> '{records,0,id}',
            jsonb_build_object('insights', CASE WHEN says IS NULL THEN '[]' ELSE jsonb_build_array(jsonb_build_object('insights', jsonb_build_object('Transcript',
                jsonb_build_array(jsonb_build_object('speakerId', '1', 'text', says))))) END))));
        n := n + 1;
    END LOOP;
    RETURN n;
END $$;
CREATE FUNCTION next_run(connector text DEFAULT 'ringcentral', transcripts boolean DEFAULT true, max_items int DEFAULT 100, min_duration int DEFAULT 0) RETURNS uuid LANGUAGE sql AS $$
    UPDATE headway.runs SET state = 'done';
    DELETE FROM headway.tasks;
    SELECT headway_ingest(connector, transcripts => transcripts, max_items => max_items, min_duration => min_duration) $$;
CREATE VIEW numbers AS SELECT fetched, stored, already_known, skipped, failed, done FROM headway.runs WHERE state <> 'done';

-- A call without a transcript.
SELECT next_run() AS run \gset
SELECT is(settle_list(rec('s-1', more => '{"recording": {"id": "r1"}}'), rec('s-2', more => '{"duration": 0, "result": "Missed"}')), '{}', 'Two calls are listed.');
SELECT is(settle_details(), 2, 'Neither has a transcript.');
SELECT results_eq('SELECT * FROM numbers', $$ VALUES (2, 2, 0, 0, 0, 2) $$, 'Both are stored, and dealt with.');
SELECT results_eq('SELECT external_id, message_id, duration_seconds, direction, from_e164, media ->> ''id'' FROM headway.recordings ORDER BY 1',
    $$ VALUES ('s-1', NULL::uuid, 95, 'inbound', '+15555550142', 'r1'), ('s-2', NULL, 0, 'inbound', '+15555550142', NULL) $$, 'As recordings.');
SELECT is((SELECT count(*) FROM headway.messages), 0::bigint, 'And not as messages.');
SELECT is((SELECT metadata ->> 'result' FROM headway.recordings WHERE external_id = 's-2'), 'Missed', 'What the vendor says of a call is kept.');
SELECT is((SELECT count(*) FROM headway.recordings r JOIN headway.customers c ON c.id = r.customer_id), 2::bigint, 'They are linked with who called.');
SELECT is((SELECT count(*) FROM headway.tasks WHERE kind = 'extract'), 0::bigint, 'There is nothing to read.');
SELECT is((SELECT array_agg(outcome) FROM headway.run_items), '{processed,processed}', 'The ledger says the same.');

-- The same once more.
SELECT next_run() AS run \gset
SELECT is(settle_list(rec('s-1', more => '{"recording": {"id": "r1"}}'), rec('s-2', more => '{"duration": 0}')), '{}', 'They are listed again.');
SELECT results_eq('SELECT * FROM numbers', $$ VALUES (2, 0, 2, 0, 0, 2) $$, 'They are known.');
SELECT is(settle_details(), 2, 'But a transcript may have come: they are asked about.');
SELECT results_eq('SELECT * FROM numbers', $$ VALUES (2, 0, 2, 0, 0, 2) $$, 'It has not.');
SELECT is((SELECT count(*) FROM headway.recordings), 2::bigint, 'Nothing is there twice.');

-- The transcript comes, and a recording that was attached late.
SELECT next_run() AS run \gset
SELECT settle_list(rec('s-1', more => '{"recording": {"id": "r1"}}'), rec('s-2', more => '{"recording": {"id": "r2"}}')) \gset ignored_
UPDATE headway.tasks SET run_at = now() + interval '1 day' WHERE payload #>> '{records,0,id}' = 's-2';
SELECT is((SELECT count(*) FROM headway.tasks WHERE kind = 'detail'), 2::bigint, 'Once more.');
UPDATE headway.tasks SET state = 'done' WHERE payload #>> '{records,0,id}' = 's-2';
SELECT is(settle_details('I wish it could print.'), 1, 'This time there is one.');
SELECT results_eq('SELECT * FROM numbers', $$ VALUES (2, 1, 1, 0, 0, 1) $$, 'What was completed counts as stored; reading it is outstanding.');
SELECT is((SELECT m.content FROM headway.recordings r JOIN headway.messages m ON m.id = r.message_id WHERE r.external_id = 's-1'), 'Speaker 1: I wish it could print.', 'The recording has it.');
SELECT is((SELECT sought_at FROM headway.recordings WHERE external_id = 's-1'), NULL, 'It is sought no more.');
SELECT is((SELECT count(*) FROM headway.tasks WHERE kind = 'extract'), 1::bigint, 'And it is read.');
SELECT next_run() AS run \gset
SELECT settle_list(rec('s-1', more => '{"recording": {"id": "r1"}}'), rec('s-2', more => '{"recording": {"id": "r2"}}')) \gset ignored_
SELECT is(settle_details(), 1, 'A call that has its transcript is not asked about.');
SELECT is((SELECT media ->> 'id' FROM headway.recordings WHERE external_id = 's-2'), 'r2', 'A recording that is attached later is taken.');

-- Until when.
SELECT next_run() AS run \gset
SELECT settle_list(rec('old', '47 hours'), rec('older', '49 hours')) \gset ignored_
SELECT is(settle_details(), 2, 'Old calls are asked about.');
SELECT next_run() AS run \gset
SELECT settle_list(rec('old', '47 hours'), rec('older', '49 hours')) \gset ignored_
SELECT is(settle_details(), 2, 'Twice: the vendor may have left something out by mistake.');
SELECT next_run() AS run \gset
SELECT settle_list(rec('old', '47 hours'), rec('older', '49 hours')) \gset ignored_
SELECT is(settle_details(), 1, 'What was looked for in vain two days after the call is left at that.');
SELECT next_run(transcripts => false) AS run \gset
SELECT settle_list(rec('plain', '49 hours'), rec('old', '47 hours')) \gset ignored_
SELECT results_eq('SELECT * FROM numbers', $$ VALUES (2, 1, 1, 0, 0, 2) $$, 'Without transcripts a call is stored at once, and known by then.');
SELECT next_run() AS run \gset
SELECT settle_list(rec('plain', '49 hours')) \gset ignored_
SELECT is(settle_details(), 1, 'And asked about by a run that wants them.');

-- What is looked at again takes nobody's place.
SELECT next_run(max_items => 1) AS run \gset
SELECT settle_list(rec('s-2'), rec('old', '47 hours'), rec('s-3'), rec('s-4')) \gset ignored_
SELECT results_eq('SELECT * FROM numbers', $$ VALUES (4, 0, 2, 1, 0, 2) $$, 'max_items counts what is new.');
SELECT is(settle_details(), 3, 'What is not new is asked about as well.');
SELECT next_run(min_duration => 100) AS run \gset
SELECT settle_list(rec('s-2'), rec('s-5')) \gset ignored_
SELECT results_eq('SELECT * FROM numbers', $$ VALUES (2, 0, 1, 1, 0, 1) $$, 'What is known stays so, whatever the run leaves out.');

-- Another account that sees the same calls.
SELECT next_run('other') AS run \gset
SELECT settle_list(rec('s-2'), rec('s-6')) \gset ignored_
SELECT is(settle_details('Hello.'), 2, 'A call that another connector has stored is completed.');
SELECT results_eq($$ SELECT count(*), count(message_id) FROM headway.recordings WHERE external_id = 's-2' $$, $$ VALUES (1::bigint, 1::bigint) $$, 'In its place.');
SELECT is((SELECT connector_id FROM headway.recordings WHERE external_id = 's-6'), :'other', 'What is new belongs to who found it.');
-- Somebody is set to hear.
CREATE FUNCTION heard(words text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE t headway.tasks := claim('transcribe');
BEGIN
    PERFORM headway._settle_transcribe(t.workspace_id, t.id, t.token, jsonb_build_object('language', 'en', 'provider', 'deepgram', 'turns', jsonb_build_array(jsonb_build_object('text', words))));
END $$;
CREATE FUNCTION sound(id text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('recording', jsonb_build_object('id', id, 'contentUri', 'https://media.ringcentral.com/' || id)) $$;
SELECT headway_set_provider('speech', 'deepgram', '{"api_key": "k"}') AS done \gset
SELECT next_run() AS run \gset
SELECT settle_list(rec('h-1', more => sound('r1')), rec('h-2'), rec('h-3', more => sound('r3'))) \gset ignored_
SELECT is(settle_details(), 3, 'None of three calls has a transcript.');
SELECT results_eq('SELECT * FROM numbers', $$ VALUES (3, 3, 0, 0, 0, 1) $$, 'Those with a recording are not dealt with yet.');
SELECT is((SELECT count(*) FROM headway.tasks t WHERE t.kind = 'transcribe' AND t.run_id = :'run'), 2::bigint, 'They are to be transcribed in the same run.');
SELECT heard('I wish it could print.') \gset ignored_
SELECT is((SELECT count(*) FROM headway.tasks WHERE kind = 'extract'), 1::bigint, 'What was heard goes on to be read,');
SELECT is((SELECT count(*) FROM headway.run_items i JOIN headway.messages m ON m.id = i.message_id WHERE i.run_id = :'run' AND i.outcome = 'stored'), 1::bigint, 'and the ledger knows the message.');
SELECT t.id AS task, t.token AS fence FROM claim('transcribe') t \gset
SELECT headway._fail(:'w', :task, :fence, '{"kind": "refused", "message": "nobody speaks in the recording"}', NULL) \gset ignored_
SELECT results_eq('SELECT * FROM numbers', $$ VALUES (3, 2, 0, 0, 1, 1) $$, 'What cannot be heard fails,');
SELECT is((SELECT reason FROM headway.run_items i WHERE i.run_id = :'run' AND i.outcome = 'failed'), 'transcribe: nobody speaks in the recording', 'with its reason.');
SELECT headway_retry(:'run') \gset ignored_
SELECT results_eq('SELECT * FROM numbers', $$ VALUES (3, 3, 0, 0, 0, 1) $$, 'It can be tried again.');
SELECT next_run() AS run \gset
SELECT settle_list(rec('h-3', more => sound('r3')), rec('h-2', more => sound('r2'))) \gset ignored_
SELECT settle_details() \gset ignored_
SELECT results_eq($$ SELECT r.external_id FROM headway.tasks t JOIN headway.recordings r ON r.id = (t.payload ->> 'recording_id')::uuid WHERE t.kind = 'transcribe' $$, $$ VALUES ('h-2') $$,
    'What was not heard is not paid for once more; a recording that is attached later is.');
SELECT results_eq('SELECT * FROM numbers', $$ VALUES (2, 1, 1, 0, 0, 1) $$, 'The ledger says so.');
SELECT next_run(transcripts => false) AS run \gset
SELECT settle_list(rec('h-4', more => sound('r4'))) \gset ignored_
SELECT is((SELECT count(*) FROM headway.tasks WHERE kind = 'transcribe'), 0::bigint, 'Without transcripts nobody is asked to hear.');

SELECT ok((SELECT bool_and(total = fetched AND fetched = stored + already_known + skipped + failed + (SELECT count(*) FROM headway.run_items i WHERE i.run_id = r.id AND outcome = 'listed')) FROM headway.runs r),
    'All numbers add up.');

COPY (SELECT WHERE false) TO PROGRAM 'rm -f /tmp/headway-sql-test.keys';
SELECT * FROM finish();
ROLLBACK;
