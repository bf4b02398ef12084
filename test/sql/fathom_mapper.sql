\set ECHO none
\i test/setup.psql
-- Fathom's records become drafts.
SELECT plan(22);

CREATE TEMP TABLE meeting (item jsonb);
INSERT INTO meeting VALUES ('{
  "record": {"recording_id": 94413018, "title": "Quarterly review", "url": "https://fathom.video/calls/443282345", "share_url": "https://fathom.video/share/x",
    "created_at": "2026-06-10T16:01:09Z", "recording_start_time": "2026-06-10T16:01:00Z", "recording_end_time": "2026-06-10T16:31:30Z",
    "calendar_invitees_domains_type": "one_or_more_external", "transcript_language": "unknown", "surprise": {"new": "key"},
    "transcript": [
      {"speaker": {"display_name": "Ann Agent", "matched_calendar_invitee_email": "ANN@us.example"}, "text": "Hello.", "timestamp": "00:00:05"},
      {"speaker": {"display_name": "Ann Agent"}, "text": " How are you? ", "timestamp": "00:00:05"},
      {"speaker": {"display_name": "Bob (Acme)", "matched_calendar_invitee_email": "bob@acme.example"}, "text": "I wish we", "timestamp": "00:00:09"},
      {"speaker": {"display_name": "Bob (Acme)"}, "text": "could export.", "timestamp": "00:00:11"},
      {"speaker": {"display_name": "Bob (Acme)"}, "text": "  ", "timestamp": "00:00:12"},
      {"speaker": {"display_name": "Room 4"}, "text": "Me too.", "timestamp": "01:00:00"}],
    "default_summary": {"template_name": null, "markdown_formatted": "## Purpose"},
    "action_items": [{"description": "Send notes", "completed": false, "assignee": {"name": null, "email": "ann@us.example"}}, {"description": "Rest"}],
    "highlights": [{"type": "praise", "summary": null, "text": "Nice", "start_time": 9, "end_time": 12}],
    "crm_matches": {"error": "No CRM connected"},
    "calendar_invitees": [{"name": "Ann Agent", "email": "ann@us.example", "is_external": false, "matched_speaker_display_name": null},
      {"name": null, "email": "cy@acme.example", "is_external": true},
      {"name": "Bob Buyer", "email": "bob@acme.example", "is_external": true, "matched_speaker_display_name": "Bob (Acme)"}],
    "recorded_by": {"name": "Ray Recorder", "email": "ray@us.example"}}, "children": {}}');
CREATE TEMP VIEW draft AS SELECT d.* FROM meeting, headway._map_fathom(jsonb_build_array(item), '{}') d;

SELECT results_eq('SELECT external_id, title, sent_at, duration_seconds, language FROM draft',
    $$ VALUES ('94413018', 'Quarterly review', '2026-06-10 16:01:00+00'::timestamptz, 1830, NULL::text) $$, 'A meeting is known by its recording, and lasts as long as that.');
SELECT is((SELECT jsonb_array_length(turns) FROM draft), 3, 'What one says in one go is one turn.');
SELECT is((SELECT turns #>> '{1,text}' FROM draft), 'I wish we could export.', 'So no sentence is torn apart.');
SELECT is((SELECT (turns #>> '{0,start_s}')::numeric || '-' || (turns #>> '{0,end_s}')::numeric FROM draft), '5-9', 'A line ends where the next begins.');
SELECT is((SELECT (turns #>> '{2,end_s}')::int FROM draft), 3600, 'The last one with the recording, and not before it began.');
SELECT is((SELECT split_part(content, E'\n', 2) FROM draft), 'Bob (Acme): I wish we could export.', 'The content reads as a transcript.');
SELECT results_eq('SELECT author_name, author_email FROM draft', $$ VALUES ('Bob Buyer', 'bob@acme.example') $$, 'The first customer who spoke is the author.');
SELECT results_eq($$ SELECT coalesce(p ->> 'email', p ->> 'name'), p ->> 'affiliation', p ->> 'speaker' FROM draft, jsonb_array_elements(parties) WITH ORDINALITY e (p, n) ORDER BY n $$,
    $$ VALUES ('ann@us.example', 'internal', 'Ann Agent'), ('cy@acme.example', 'external', NULL), ('bob@acme.example', 'external', 'Bob (Acme)'),
              ('ray@us.example', 'internal', NULL), ('Room 4', 'unknown', 'Room 4') $$, 'Invited, recording or merely heard: each is a party once, with the name of the turns.');
SELECT is((SELECT metadata ->> 'summary' FROM draft), '## Purpose', 'The summary is kept.');
SELECT is((SELECT metadata -> 'action_items' FROM draft), '[{"description": "Send notes", "completed": false, "assignee": "ann@us.example"}, {"description": "Rest"}]', 'So are the action items.');
SELECT is((SELECT metadata #>> '{highlights,0,text}' FROM draft), 'Nice', 'And the highlights.');
SELECT is((SELECT metadata #>> '{crm,error}' FROM draft), 'No CRM connected', 'A CRM that is not there is no error.');
SELECT is((SELECT recording FROM draft), NULL, 'A meeting is no telephone recording.');

UPDATE meeting SET item = item #- '{record,transcript}' || '{"children": {"transcript": [{"speaker": {"display_name": "Bob (Acme)"}, "text": "Late.", "timestamp": "00:01:02"}]}}';
SELECT is((SELECT content FROM draft), 'Bob (Acme): Late.', 'A transcript that is fetched by itself is read as well.');
UPDATE meeting SET item = jsonb_set(item, '{record,transcript}', '[]');
SELECT is((SELECT content FROM draft), 'Bob (Acme): Late.', 'An empty one in the list does not hide it.');
UPDATE meeting SET item = jsonb_set(item, '{children}', '{"transcript": []}');
SELECT is((SELECT content FROM draft), NULL, 'Without any there is no content.');
UPDATE meeting SET item = jsonb_set(item, '{record,recorded_by}', '{"name": "Ann Agent", "email": "Ann@US.example", "team": "CS"}');
SELECT is((SELECT jsonb_array_length(parties) FROM draft), 3, 'Who recorded and was invited is one party.');
UPDATE meeting SET item = jsonb_set(item, '{record,transcript}', '[{"speaker": {"display_name": null}, "text": "Hm.", "timestamp": "soon"}]');
SELECT is((SELECT turns FROM draft), '[{"text": "Hm.", "end_s": 1830, "speaker": "Speaker"}]', 'A stamp that is none is left out.');
SELECT is((SELECT d.external_id FROM headway._map_fathom('[{"record": {"recording_id": 5}}]', '{}') d), '5', 'Everything but the id may be missing.');
SELECT is((SELECT d.sent_at FROM headway._map_fathom('[{"record": {"recording_id": 5, "recording_start_time": null, "created_at": "2026-06-10T16:01:09Z"}}]', '{}') d), '2026-06-10 16:01:09+00',
    'A meeting that does not say when it began began when it was made.');
SELECT is((SELECT count(*) FROM headway._map_fathom('[{"record": {"recording_id": 5, "transcript": null, "calendar_invitees": null, "recorded_by": null, "action_items": "x", "highlights": null, "crm_matches": null}}, {"record": {"recording_id": 6, "crm_matches": []}}]', '{}')),
    2::bigint, 'Or be null, or of another type.');
SELECT is((SELECT metadata FROM headway._map_fathom('[{"record": {"recording_id": 6, "crm_matches": []}}]', '{}')), '{}', 'And then leaves nothing behind.');

SELECT * FROM finish();
ROLLBACK;
