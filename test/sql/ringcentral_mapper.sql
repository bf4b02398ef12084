\set ECHO none
\i test/setup.psql
-- RingCentral's records become drafts.
SELECT plan(24);

CREATE TEMP TABLE call (item jsonb);
INSERT INTO call VALUES ('{
  "record": {"id": "A1U", "sessionId": "77", "telephonySessionId": "s-1", "startTime": "2026-06-10T16:01:00.250Z", "duration": 95, "type": "Voice", "direction": "Inbound",
    "action": "Phone Call", "result": "Accepted", "from": {"phoneNumber": "(555) 555-0142", "name": "Bob Buyer", "location": "Springfield, IL"},
    "to": {"phoneNumber": "+15550100", "extensionId": "62264425008", "name": "Front desk"},
    "recording": {"id": "900", "type": "Automatic", "uri": "https://x", "contentUri": "https://media.example/900"}},
  "children": {"insights": [{"title": "Export trouble", "domain": "pbx", "sourceRecordId": "900",
    "speakerInfo": [{"speakerId": "1", "name": "Ann Agent", "extensionId": null}, {"speakerId": "2", "name": "Robert", "phoneNumber": "+15555550142"}],
    "insights": {"Transcript": [{"speakerId": "1", "text": "Hello.", "start": 0.5, "end": 1.25}, {"speakerId": "2", "text": "I wish we", "start": 2, "end": 3},
        {"speakerId": "2", "text": "could export.", "start": 3, "end": 4.5}, {"speakerId": "9", "text": "Hm.", "start": 5, "end": 6}],
      "Summary": [{"value": "About exports.", "start": 0, "end": 95}], "NextSteps": [{"value": "Call back"}], "HighLights": [{"value": "Nice"}],
      "Sentiment": [{"value": "Negative"}], "AIScore": [{"value": "0.55"}], "BulletedSummary": [], "Odd": "x"}}]}}');
CREATE TEMP VIEW draft AS SELECT d.* FROM call, headway._map_ringcentral(jsonb_build_array(item), '{}') d;

SELECT results_eq('SELECT external_id, title, sent_at, duration_seconds FROM draft', $$ VALUES ('s-1', 'Export trouble', '2026-06-10 16:01:00.25+00'::timestamptz, 95) $$,
    'A call is known by its telephony session.');
SELECT is((SELECT content FROM draft), E'Ann Agent: Hello.\nRobert: I wish we could export.\nSpeaker 9: Hm.', 'The transcript reads by speaker.');
SELECT is((SELECT turns -> 1 FROM draft), '{"speaker": "Robert", "start_s": 2, "end_s": 4.5, "text": "I wish we could export."}', 'What one says in one go is one turn.');
SELECT results_eq($$ SELECT p ->> 'speaker', p ->> 'affiliation' FROM draft, jsonb_array_elements(parties) p $$, $$ VALUES ('Robert', 'external'), ('Ann Agent', 'internal') $$,
    'Their side is known by its number, and the other one is ours.');
UPDATE call SET item = jsonb_set(item, '{children,insights,0,speakerInfo}', '[{"speakerId": "1", "name": "Ann Agent", "extensionId": "101"}, {"speakerId": "2", "name": "Robert", "extensionId": null}, {"speakerId": "9"}]');
SELECT results_eq($$ SELECT p ->> 'speaker', p ->> 'affiliation' FROM draft, jsonb_array_elements(parties) p ORDER BY 1 $$, $$ VALUES ('Ann Agent', 'internal'), ('Robert', 'external'), ('Speaker 9', 'external') $$,
    'Where extensions are told, who has none is a customer.');
UPDATE call SET item = jsonb_set(item, '{children,insights,0,speakerInfo}', '[{"speakerId": "1", "name": "Ann Agent"}, {"speakerId": "2", "name": "Robert"}]');
SELECT is((SELECT metadata - 'call_id' - 'session_id' - 'action' - 'result' FROM draft),
    '{"summary": ["About exports."], "next_steps": ["Call back"], "highlights": ["Nice"], "sentiment": "Negative", "score": "0.55"}', 'What else was made of the call is kept, in either spelling.');
SELECT is((SELECT recording FROM draft), '{"direction": "inbound", "from_phone": "(555) 555-0142", "to_phone": "+15550100",
    "media": {"kind": "recording", "id": "900", "type": "Automatic", "uri": "https://media.example/900"}}', 'The recording has both numbers, and where its sound is.');
SELECT is((SELECT author_name FROM draft), 'Bob Buyer', 'The author is who called.');

UPDATE call SET item = jsonb_set(item, '{record,direction}', '"Outbound"');
SELECT is((SELECT recording ->> 'direction' FROM draft), 'internal', 'Whom one of us calls on an extension is one of us.');
UPDATE call SET item = jsonb_set(jsonb_set(item, '{record,to}', '{"dialedPhoneNumber": "+15555550199", "name": "Cy"}'), '{record,from}', '{"extensionNumber": "101", "name": "Ann Agent"}');
SELECT is((SELECT recording - 'media' FROM draft), '{"direction": "outbound", "from_phone": null, "to_phone": "+15555550199"}', 'An outbound call goes to the number that was dialed.');
SELECT is((SELECT author_name FROM draft), 'Cy', 'And its author is who was called.');
SELECT is((SELECT jsonb_agg(DISTINCT p -> 'affiliation') FROM draft, jsonb_array_elements(parties) p), '["unknown"]', 'Where neither side is known, nobody is taken for a customer or a colleague.');

UPDATE call SET item = jsonb_set(item, '{children}', '{"insights": []}');
SELECT is((SELECT content FROM draft), NULL, 'Without insights there is no content.');
SELECT is((SELECT title FROM draft), 'Outbound call with Cy', 'But a title.');
SELECT is((SELECT parties #>> '{0,phone}' FROM draft), '+15555550199', 'And parties.');
SELECT ok((SELECT recording IS NOT NULL FROM draft), 'And a recording.');
UPDATE call SET item = jsonb_set(item #- '{record,recording}', '{record,message}', '{"id": "55", "type": "VoiceMail", "uri": "https://vm"}');
SELECT is((SELECT recording -> 'media' FROM draft), '{"kind": "voicemail", "id": "55", "type": "VoiceMail", "uri": "https://vm"}', 'Voice mail is a recording.');
UPDATE call SET item = item #- '{record,message}';
SELECT is((SELECT recording ->> 'media' FROM draft), NULL, 'A missed call has none.');
UPDATE call SET item = jsonb_set(item, '{record,type}', '"Fax"');
SELECT is((SELECT recording FROM draft), NULL, 'A fax is no call.');
UPDATE call SET item = jsonb_set(item, '{record,from}', '{}');
UPDATE call SET item = jsonb_set(jsonb_set(item, '{record,type}', '"Voice"'), '{record,direction}', '"Inbound"');
SELECT is((SELECT recording ->> 'from_phone' FROM draft), NULL, 'A number may be withheld.');
SELECT is((SELECT title FROM draft), 'Inbound call', 'And a name.');

SELECT is((SELECT d.external_id FROM headway._map_ringcentral('[{"record": {"telephonySessionId": "s-5"}}]', '{}') d), 's-5', 'Everything but the id may be missing.');
SELECT is((SELECT d.recording ->> 'direction' FROM headway._map_ringcentral('[{"record": {"telephonySessionId": "s-5", "direction": "Sideways"}}]', '{}') d), 'inbound', 'Or unheard of.');
SELECT is((SELECT count(*) FROM headway._map_ringcentral('[{"record": {"telephonySessionId": "s-5", "from": null, "to": null, "recording": null}, "children": {"insights": [{"insights": null, "speakerInfo": null}]}},
    {"record": {"telephonySessionId": "s-6"}, "children": {"insights": [{"insights": {"Transcript": null}}]}}]', '{}')), 2::bigint, 'Or be null.');

SELECT * FROM finish();
ROLLBACK;
