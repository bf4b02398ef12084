\set ECHO none
\i test/setup.psql
-- Transcribing: which recordings are heard, and what becomes of what was said.
SELECT plan(24);
SET headway.key_file = '/tmp/headway-sql-test.keys';
SELECT headway_add_workspace('acme') AS w \gset
SELECT headway_add_theme('Reporting & exports') AS theme \gset
CREATE FUNCTION claim(wanted text) RETURNS headway.tasks LANGUAGE plpgsql AS $$
DECLARE t headway.tasks;
BEGIN
    -- Of whatever run: a claim takes the runs as they come.
    UPDATE headway.tasks SET run_at = CASE kind WHEN wanted THEN now() ELSE now() + interval '1 hour' END WHERE state = 'queued';
    SELECT * INTO t FROM headway._claim(headway_workspace(), 1, 1);
    RETURN t;
END $$;
CREATE FUNCTION hear(words text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE t headway.tasks := claim('transcribe');
BEGIN
    PERFORM headway._settle_transcribe(t.workspace_id, t.id, t.token, jsonb_build_object('language', 'en', 'provider', 'deepgram', 'audio_seconds', 61.6,
        'turns', jsonb_build_array(jsonb_build_object('speaker', 'Speaker 1', 'start_s', 0.5, 'text', words))));
END $$;
SELECT throws_ok($$ SELECT headway_transcribe() $$, '8W014', 'no speech provider is set', 'Somebody must be there to hear.');
SELECT headway_set_provider('speech', 'deepgram', '{"api_key": "k"}') AS done \gset
SELECT throws_ok($$ SELECT headway_transcribe('{00000000-0000-0000-0000-000000000001}') $$, '8W019', 'no such recording', 'A recording must be known.');
SELECT throws_ok($$ SELECT headway_transcribe(ARRAY[NULL::uuid]) $$, '8W019', 'no such recording', 'NULL is none.');
SELECT headway_transcribe() AS nothing \gset
SELECT is((SELECT state FROM headway.runs WHERE id = :'nothing'), 'done', 'A run over nothing is done at once.');

SELECT headway_add_recording(n, '+15555550142', '+15555550100', now() - interval '1 hour') FROM unnest('{a,b,c,d}'::text[]) n \g /dev/null
UPDATE headway.recordings SET media = CASE external_id WHEN 'a' THEN '{"storage_path": "customer-acme/ann/a.mp3"}'::jsonb
    WHEN 'b' THEN '{"storage_path": "customer-acme/b.mp3"}' WHEN 'c' THEN '{"kind": "voicemail", "uri": "https://vm"}' END;
INSERT INTO headway.customers (workspace_id, name, phone) VALUES (:'w', 'Ann', '+15555550142');
SELECT headway_transcribe() AS run \gset
SELECT is((SELECT count(*) FROM headway.tasks WHERE kind = 'transcribe'), 2::bigint, 'What has sound is queued, voice mail and what has none is not.');
SELECT headway_transcribe() AS again \gset
SELECT is((SELECT count(*) FROM headway.tasks WHERE kind = 'transcribe'), 2::bigint, 'And once.');
SELECT is((SELECT total FROM headway.runs WHERE id = :'run'), 2, 'The run knows how many there are.');

SELECT t.id AS task, t.token AS fence FROM claim('transcribe') t \gset
SELECT is(headway._input_transcribe(:'w', :task, :fence) #>> '{provider,name}', 'deepgram', 'A worker is told who hears,');
SELECT matches(headway._input_transcribe(:'w', :task, :fence) ->> 'audio', '"key": "(ann/a|b).mp3".*"bucket": "customer-acme"|"bucket": "customer-acme".*"key": "(ann/a|b).mp3"', 'and where the sound is.');
SELECT headway._postpone(:'w', :task, :fence, '{"progress": {"id": "t-1"}}', interval '5 seconds') AS done \gset
SELECT results_eq(format('SELECT state, attempts, reply #>> ''{progress,id}'', run_at > clock_timestamp(), error FROM headway.tasks WHERE id = %s', :task),
    $$ VALUES ('queued', 0, 't-1', true, NULL::jsonb) $$, 'What a vendor is at waits without an error or an attempt.');
UPDATE headway.tasks SET run_at = now() WHERE id = :task;

SELECT hear('I wish we could export the reports to Excel.') \g /dev/null
SELECT results_eq($$ SELECT m.source, m.content, m.turns #>> '{0,start_s}', m.language, m.metadata ->> 'transcribed_by', r.duration_seconds, r.customer_id IS NOT NULL
                     FROM headway.messages m JOIN headway.recordings r ON r.message_id = m.id $$,
    $$ VALUES ('recording', 'Speaker 1: I wish we could export the reports to Excel.', '0.5', 'en', 'deepgram', 62, true) $$,
    'What was said is the recording''s transcript, and the call is linked.');
SELECT is((SELECT count(*) FROM headway.tasks WHERE kind = 'extract' AND state = 'queued'), 1::bigint, 'It goes on to be read.');

SELECT throws_ok($$ SELECT hear('   ') $$, '8W009', NULL, 'Silence is no transcript.');
SELECT t.id AS task, t.token AS fence FROM claim('transcribe') t \gset
SELECT headway._fail(:'w', :task, :fence, '{"kind": "refused", "message": "nobody speaks in the recording"}', NULL) AS done \gset
SELECT results_eq(format('SELECT outcome, reason FROM headway.run_items WHERE run_id = %L AND outcome = ''failed''', :'run'),
    $$ VALUES ('failed', 'transcribe: nobody speaks in the recording') $$, 'What cannot be heard fails with its reason.');
SELECT is(headway_retry(:'run'), 1::bigint, 'It can be tried again.');
SELECT t.id AS task, t.token AS fence FROM claim('transcribe') t \gset
UPDATE headway.recordings r SET message_id = (SELECT id FROM headway.messages LIMIT 1) WHERE media ? 'storage_path' AND message_id IS NULL;
SELECT is(headway._input_transcribe(:'w', :task, :fence), NULL, 'A transcript that has come meanwhile is enough.');
SELECT results_eq(format('SELECT outcome, count(*) FROM headway.run_items WHERE run_id = %L GROUP BY 1 ORDER BY 1', :'run'),
    $$ VALUES ('already_known', 1::bigint), ('stored', 1) $$, 'Each recording has its outcome.');
SELECT is((SELECT count(*) FROM headway.tasks WHERE kind = 'transcribe' AND state <> 'done'), 0::bigint, 'And nothing is left to do.');

SELECT headway_add_recording('e', '+15555550142', '+15555550100', now() - interval '1 hour') AS e \gset
UPDATE headway.recordings SET media = '{"storage_path": "customer-acme/e.mp3"}' WHERE id = :'e';
SELECT headway_transcribe(ARRAY[:'e'::uuid], extract_features => false) AS run \gset
SELECT hear('Good morning.') \g /dev/null
SELECT results_eq(format('SELECT outcome FROM headway.run_items WHERE run_id = %L', :'run'), $$ VALUES ('processed') $$, 'Without reading it is done.');
SELECT is(headway_transcribe(since => now()) IS NOT NULL, true, 'Later calls only: there are none.');

SELECT headway_add_recording('f', '+15555550142', '+15555550100', now() - interval '1 hour') AS f \gset
UPDATE headway.recordings SET media = '{"storage_path": "customer-acme/f.mp3"}', call_started_at = NULL WHERE id = :'f';
SELECT headway_transcribe(since => now() - interval '1 minute') AS run \gset
SELECT is((SELECT total FROM headway.runs WHERE id = :'run'), 1, 'A call of which nobody knows when it was is as old as its record.');
SELECT is((SELECT duration_seconds FROM headway.recordings WHERE id = :'f'), NULL, 'How long it is nobody knows either.');
UPDATE headway.recordings SET duration_seconds = 90 WHERE id = :'f';
SELECT t.id AS task, t.token AS fence FROM claim('transcribe') t \gset
SELECT is((headway._input_transcribe(:'w', :task, :fence) ->> 'seconds')::int, 90, 'Where it is known the worker is told, who pays by the second.');
DELETE FROM headway.recordings WHERE id = :'f';
SELECT headway._settle_transcribe(:'w', :task, :fence, '{"turns": [{"text": "Hello."}]}') AS done \gset
SELECT results_eq(format('SELECT i.outcome, i.reason, t.state FROM headway.run_items i, headway.tasks t WHERE i.run_id = %L AND t.id = %s', :'run', :task),
    $$ VALUES ('skipped', 'the recording is gone', 'done') $$, 'A recording that vanishes meanwhile is left out.');
COPY (SELECT WHERE false) TO PROGRAM 'rm -f /tmp/headway-sql-test.keys';
SELECT * FROM finish();
ROLLBACK;
