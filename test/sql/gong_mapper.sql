\set ECHO none
\i test/setup.psql
-- What gong's records mean: each field and each of the vendor's traps.
SELECT plan(22);

CREATE TEMP TABLE call (item jsonb);
INSERT INTO call VALUES ('{
  "record": {
    "metaData": {"id": "18446744073709551617", "title": "Weekly", "started": "2026-06-10T21:50:07.428+02:00", "scheduled": null, "duration": 1800.6,
                 "direction": "Conference", "system": "Zoom", "language": "eng", "isPrivate": false, "url": "https://app.gong.io/call?id=1", "brandNew": {"x": 1}},
    "parties": [
      {"id": "1", "name": "Ann Agent", "emailAddress": "ann@larkspur.example", "affiliation": "Internal", "speakerId": "900"},
      {"id": "2", "name": "Bob Buyer", "emailAddress": "bob@acme.example", "affiliation": "External", "speakerId": "901", "phoneNumber": "+15550100"},
      {"id": "3", "name": "Silent Sue", "emailAddress": null, "affiliation": "External", "speakerId": null},
      {"id": "4", "affiliation": "Unknown", "speakerId": "903"}]},
  "children": {"transcripts": [{"callId": "18446744073709551617", "transcript": [
      {"speakerId": "900", "topic": "Intro", "sentences": [{"start": 1500, "end": 2000, "text": "Hello."}, {"start": 2100, "end": 3250, "text": "How are you?"}]},
      {"speakerId": "901", "topic": null, "sentences": [{"start": 4000, "end": 9000, "text": "Fine, but I miss exports."}]},
      {"speakerId": "903", "sentences": [{"start": 9500, "end": 9900, "text": "Me too."}]},
      {"speakerId": "999", "sentences": [{"start": 10000, "end": 10500, "text": "Who am I?"}]},
      {"speakerId": "900", "sentences": []}]}]}
}');
CREATE TEMP TABLE draft AS SELECT d.* FROM call, headway._map_gong(jsonb_build_array(item), '{}') d;

SELECT is((SELECT external_id FROM draft), '18446744073709551617', 'Ids of 20 digits are texts.');
SELECT is((SELECT sent_at FROM draft), '2026-06-10 19:50:07.428+00'::timestamptz, 'The start keeps its offset.');
SELECT is((SELECT duration_seconds FROM draft), 1801, 'The duration is rounded to seconds.');
SELECT is((SELECT jsonb_array_length(turns) FROM draft), 4, 'Each monologue is a turn; an empty one is none.');
SELECT is((SELECT turns #>> '{0,speaker}' FROM draft), 'Ann Agent', 'Speakers are joined by speakerId.');
SELECT is((SELECT (turns #>> '{0,start_s}')::numeric FROM draft), 1.5, 'Milliseconds become seconds.');
SELECT is((SELECT (turns #>> '{0,end_s}')::numeric FROM draft), 3.25, 'A turn ends with its last sentence.');
SELECT is((SELECT turns #>> '{0,text}' FROM draft), 'Hello. How are you?', 'Sentences are joined in their order.');
SELECT is((SELECT turns #>> '{3,speaker}' FROM draft), 'Speaker 999', 'An unknown speaker keeps a name of its own.');
SELECT is((SELECT split_part(content, E'\n', 2) FROM draft), 'Bob Buyer: Fine, but I miss exports.', 'The content reads as a transcript.');
SELECT is((SELECT jsonb_array_length(parties) FROM draft), 4, 'All parties are kept.');
SELECT is((SELECT parties #>> '{0,affiliation}' FROM draft), 'internal', 'With their affiliation.');
SELECT is((SELECT parties #>> '{1,speaker}' FROM draft), 'Bob Buyer', 'And their name in the turns.');
SELECT is((SELECT parties #> '{2,speaker}' FROM draft), NULL, 'Who never spoke has none.');
SELECT results_eq('SELECT author_name, author_email FROM draft', $$ VALUES ('Bob Buyer', 'bob@acme.example') $$, 'The first customer who spoke is the author.');
SELECT is((SELECT recording FROM draft), NULL, 'A conference is no telephone recording.');

UPDATE call SET item = jsonb_set(item, '{record,metaData,direction}', '"Inbound"');
SELECT is((SELECT d.recording FROM call, headway._map_gong(jsonb_build_array(item), '{}') d), '{"direction": "inbound", "from_phone": "+15550100", "to_phone": null}',
    'An inbound call comes from the customer''s number.');
UPDATE call SET item = jsonb_set(item, '{record,metaData,direction}', '"Outbound"');
SELECT is((SELECT d.recording ->> 'to_phone' FROM call, headway._map_gong(jsonb_build_array(item), '{}') d), '+15550100', 'An outbound one goes to it.');

UPDATE call SET item = jsonb_set(item, '{children}', '{"transcripts": []}');
SELECT is((SELECT d.content FROM call, headway._map_gong(jsonb_build_array(item), '{}') d), NULL, 'Without a transcript there is no content.');
UPDATE call SET item = item - 'children';
SELECT is((SELECT d.title FROM call, headway._map_gong(jsonb_build_array(item), '{}') d), 'Weekly', 'A record that is only listed is mapped too.');
SELECT is((SELECT d.external_id FROM headway._map_gong('[{"record": {"metaData": {"id": "5"}}}]', '{}') d), '5', 'Everything but the id may be missing.');
SELECT is((SELECT count(*) FROM headway._map_gong('[{"record": {"metaData": {"id": "5", "started": null}, "parties": null}}, {"record": {"metaData": {"id": "6"}}}]', '{}')), 2::bigint,
    'Or be null.');

SELECT * FROM finish();
ROLLBACK;
