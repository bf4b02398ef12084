\set ECHO none
\i test/setup.psql
-- Bulk imports: what a job and its files say at each step, without any worker or network.
SELECT plan(67);
SET headway.key_file = '/tmp/headway-sql-test.keys';
SET headway.allowed_private_hosts = 'files.internal';
CREATE ROLE alice; GRANT headway_operator TO alice;
CREATE ROLE bob; GRANT headway_operator TO bob;
CREATE ROLE carol; GRANT headway_reader TO carol;
SET ROLE alice;
SELECT headway_add_workspace('acme') AS w \gset
SELECT headway_add_member('carol') \gset ignored_

-- ---- asking for one
SELECT headway_bulk_import('Acme Corp', 'HTTPS://Example.com:443/audio files', headers => '{"Authorization": "Bearer secret"}') AS result \gset
SELECT :'result'::jsonb ->> 'job_id' AS job \gset
RESET ROLE;
SELECT is(:'result'::jsonb - 'job_id' - 'message', '{"success": true, "customer_name": "Acme Corp", "storage_bucket_name": "customer-acme-corp"}', 'An import says what it is.');
SELECT is((SELECT source_url FROM headway.bulk_import_jobs), 'https://example.com/audio%20files', 'The address is kept in one spelling.');
SELECT is((SELECT c.name || ' ' || j.status FROM headway.bulk_import_jobs j JOIN headway.customers c ON c.id = j.customer_id), 'Acme Corp queued', 'Its customer is made.');
SELECT is((SELECT id FROM headway.runs WHERE kind = 'bulk_import'), :'job'::uuid, 'The job is a run as well.');
SELECT is((SELECT payload FROM headway.tasks), '{"url": "https://example.com/audio%20files", "depth": 0, "is_rest": true}', 'It begins with the address.');
SELECT is((SELECT origin FROM headway._credentials WHERE job_id = :'job'), 'https://example.com:443', 'The headers are sealed for the address''s host.');
SELECT unalike((SELECT string_agg(t::text, ' ') FROM (SELECT to_jsonb(j) AS t FROM headway.bulk_import_jobs j UNION ALL SELECT to_jsonb(r) FROM headway.runs r) s), '%secret%', 'They stand nowhere in the clear.');
SET ROLE alice;
SELECT is(headway_bulk_import('ACME corp', 'https://example.com/audio%20files') ->> 'job_id', :'job', 'The same import under way is not begun twice.');
SELECT throws_ok($$ SELECT headway_bulk_import('Acme', 'ftp://example.com/') $$, '8W027', NULL, 'Only the web is read.');
SELECT throws_ok($$ SELECT headway_bulk_import('Acme', 'http://example.com/') $$, '8W027', 'plain http is not allowed for this host', 'And only with TLS,');
SELECT lives_ok($$ SELECT headway_bulk_import('Other', 'http://files.internal/') $$, 'but for hosts that are allowed.');
SELECT throws_ok($$ SELECT headway_bulk_import(' ', 'https://example.com/') $$, '8W027', NULL, 'A customer has a name.');
SELECT throws_ok($$ SELECT headway_bulk_import('Acme', 'https://example.com/', max_files => 0) $$, '8W027', 'a number is out of range', 'Numbers are checked.');
SELECT throws_ok($$ SELECT headway_bulk_import('Acme', 'https://example.com/', headers => '{"X Y": "z"}') $$, '8W006', NULL, 'So are headers.');
SELECT throws_ok($$ SELECT headway_bulk_import('Acme', 'https://example.com/', headers => '{"X": {"env": "HOME"}}') $$, '42501', NULL, 'Not everybody may name a variable of the server.');
SELECT throws_ok($$ SELECT headway_bulk_import('Acme', 'https://example.com/', provider => 'oracle') $$, '8W014', NULL, 'A provider must be set.');
RESET ROLE;
SELECT is((SELECT count(*) FROM headway.bulk_import_jobs), 2::bigint, 'What was refused has left nothing.');
SET ROLE bob;
SELECT headway_add_workspace('other') AS other \gset
SELECT throws_ok($$ SELECT headway_bulk_import('Acme Corp', 'https://example.com/') $$, '8W027', 'the bucket belongs to another workspace', 'A bucket has one workspace.');
RESET ROLE;
SELECT is(headway._bucket_slug('  O''Brien & Söhne  '), 'o-brien-s-hne', 'A bucket''s name has letters that all stores take.');
SELECT matches(headway._bucket_slug('株式会社'), '^[0-9a-f]{12}$', 'A name in another script gets a mark.');

-- ---- discovering
DELETE FROM headway.runs WHERE id <> :'job';
CREATE FUNCTION held(kind text) RETURNS headway.tasks LANGUAGE plpgsql AS $$
DECLARE t headway.tasks;
BEGIN
    PERFORM headway._claim_any(1, 100);
    SELECT * INTO t FROM headway.tasks s WHERE s.kind = held.kind AND s.state = 'running' ORDER BY s.id LIMIT 1;
    RETURN t;
END $$;
CREATE FUNCTION statuses() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(file_name || ' ' || status || coalesce(': ' || error, ''), ', ' ORDER BY file_name) FROM headway.bulk_import_files $$;
CREATE FUNCTION job_row() RETURNS text LANGUAGE sql AS $$
    SELECT format('%s %s/%s/%s of %s', status, processed_files, failed_files, skipped_files, total_files) FROM headway.bulk_import_jobs ORDER BY created_at, id LIMIT 1 $$;
SELECT id, token FROM held('discover') \gset
SELECT is(headway._input_discover(:'w', :id, :token) - 'headers' - 'job_id', '{"user": "alice", "bucket": "customer-acme-corp", "max_depth": 1, "max_files": 10000, "any_origin": false, "transcripts": true, "extract_features": false,
    "source_url": "https://example.com/audio%20files"}', 'A page is looked at as the job says.');
SELECT is(job_row(), 'discovering 0/0/0 of 0', 'The job says so.');
SELECT headway._settle_discover(:'w', :id, :token, '{"files": [{"url": "https://example.com/a.mp3", "name": "a.mp3"}, {"url": "https://example.com/b.mp3", "name": "b.mp3"},
    {"url": "https://example.com/a.mp3", "name": "a.mp3"}], "pages": [{"url": "https://example.com/?page=2", "depth": 0, "is_rest": true}], "elsewhere": 2, "unreadable": 0}');
SELECT is(job_row(), 'discovering 0/0/0 of 2', 'Each link is one file, and the listing goes on.');
SELECT is((SELECT error FROM headway.bulk_import_jobs), '2 links lead to other hosts, which any_origin => true would follow', 'What was left out is told.');
SELECT id, token FROM held('discover') \gset
SELECT headway._settle_discover(:'w', :id, :token, '{"files": [{"url": "https://example.com/c.mp3", "name": "c.mp3"}, {"url": "https://example.com/d.mp3", "name": "d.mp3"}],
    "pages": [{"url": "https://example.com/?page=2", "depth": 0, "is_rest": true}], "elsewhere": 0, "unreadable": 0}');
SELECT is(job_row(), 'transferring 0/0/0 of 4', 'A page that repeats itself is not looked at again.');

-- ---- transferring
SELECT id, token FROM held('transfer') \gset
SELECT is(headway._input_transfer(:'w', :id, :token) - 'file_id' - 'headers' - 'job_id', '{"url": "https://example.com/a.mp3", "file_name": "a.mp3", "speech": null, "storage": null, "user": "alice",
    "bucket": "customer-acme-corp", "source_url": "https://example.com/audio%20files"}', 'A file is fetched.');
SELECT is(statuses(), 'a.mp3 downloading, b.mp3 queued, c.mp3 queued, d.mp3 queued', 'Its status says so.');
SELECT is(headway._note_transfer(:'w', :id, :token, 'converting', '{"size_bytes": 10, "sha256": "aa", "format": "mp3", "codec": "mp3", "duration_seconds": 61}'), '{}', 'What is known of it is kept.');
SELECT is(headway._note_transfer(:'w', :id, :token, 'uploading', '{}'), '{}', 'It is converted and then stored.');
SELECT is((SELECT format('%s %s %s %s %s', status, size_bytes, sha256, codec, duration_seconds) FROM headway.bulk_import_files WHERE file_name = 'a.mp3'), 'uploading 10 aa mp3 61', 'The file tells of it.');
SELECT is(headway._note_transfer(:'w', :id, :token - 1, 'uploading', '{}'), NULL, 'An old holder of the task changes nothing.');
SELECT headway._settle_transfer(:'w', :id, :token, '{"storage_path": "customer-acme-corp/alice/j/a.mp3", "content_type": "audio/mpeg"}');
SELECT is((SELECT format('%s %s %s %s', r.link_status, c.name, r.duration_seconds, r.media ->> 'storage_path') FROM headway.recordings r JOIN headway.customers c ON c.id = r.customer_id),
    'customer_only Acme Corp 61 customer-acme-corp/alice/j/a.mp3', 'A stored file is a recording of the job''s customer.');
SELECT is((SELECT payload ->> 'recording_id' FROM headway.tasks WHERE kind = 'transcribe'), (SELECT id::text FROM headway.recordings), 'It is to be transcribed.');
SELECT id, token FROM held('transfer') \gset
SELECT headway._input_transfer(:'w', :id, :token) \gset ignored_
SELECT is(headway._note_transfer(:'w', :id, :token, 'uploading', '{"sha256": "aa"}'), NULL, 'The same content is not stored twice.');
SELECT id, token FROM held('transfer') \gset
SELECT headway._input_transfer(:'w', :id, :token) \gset ignored_
SELECT headway._skip_transfer(:'w', :id, :token, 'not audio: a web page');
SELECT id, token FROM held('transfer') \gset
SELECT headway._input_transfer(:'w', :id, :token) \gset ignored_
SELECT headway._fail(:'w', :id, :token, '{"kind": "refused", "message": "the link is dead (HTTP 404)"}', NULL);
SELECT is(statuses(), 'a.mp3 transcribing, b.mp3 skipped: the same content as a.mp3, c.mp3 skipped: not audio: a web page, d.mp3 failed: the link is dead (HTTP 404)',
    'Each has its own status and reason.');
SELECT is(job_row(), 'transcribing 0/1/2 of 4', 'The job adds them up.');

-- ---- transcribing and analysing
SELECT id, token, (payload ->> 'recording_id') AS recording FROM held('transcribe') \gset
SELECT headway._after_transcript(:'w', :'job', :'recording');
SELECT headway._finish(headway._hold(:'w', :id, :token));
SELECT is((SELECT payload ->> 'recording_id' FROM headway.tasks WHERE kind = 'analyse'), :'recording', 'A transcript is analysed.');
SELECT is(job_row(), 'analyzing 0/1/2 of 4', 'The job is at its last step.');
SELECT id, token FROM held('analyse') \gset
SELECT headway._after_analysis(:'w', :'recording');
SELECT headway._finish(headway._hold(:'w', :id, :token));
SELECT id, token FROM held('finalize') \gset
SELECT headway._finish(headway._hold(:'w', :id, :token));
SELECT is(job_row(), 'completed 1/1/2 of 4', 'Then it is completed.');
SELECT is((SELECT format('%s %s %s/%s/%s of %s', state, error, done, failed, skipped, total) FROM headway.runs), 'failed the link is dead (HTTP 404) 1/1/2 of 4', 'The run says the same.');
SELECT is((SELECT count(*) FROM headway._credentials), 1::bigint, 'The headers stay as long as a file may be tried again.');

-- ---- watching
SET ROLE alice;
SELECT is(headway_bulk_import_status(:'job') - 'created_at' - 'updated_at' - 'files_per_minute', format('{"job_id": "%s", "status": "completed", "customer_name": "Acme Corp", "total_files": 4,
    "processed_files": 1, "failed_files": 1, "skipped_files": 2, "progress_percentage": 100, "eta_seconds": null,
    "error": "the link is dead (HTTP 404)"}', :'job')::jsonb, 'The status is told.');
SELECT is(jsonb_array_length(headway_bulk_import_status(:'job', include_files => true) -> 'files'), 4, 'With its files, when asked for.');
SELECT is((SELECT job_id FROM headway_bulk_import_jobs()), :'job'::uuid, 'Jobs are listed.');
RESET ROLE;
SET ROLE carol;
SELECT is_empty('SELECT job_id FROM headway_bulk_import_jobs()', 'Who is no operator sees own jobs only.');
SELECT throws_ok(format('SELECT headway_bulk_import_status(%L)', :'job'), '8W010', 'unknown import', 'Also by name.');
RESET ROLE;
SET ROLE bob;
SELECT throws_ok(format('SELECT headway_bulk_import_status(%L)', :'job'), '8W010', 'unknown import', 'Who is no member sees nothing.');
RESET ROLE;

-- ---- again
SET ROLE alice;
SELECT is(headway_retry(:'job'), 1::bigint, 'Only what failed is tried again.');
RESET ROLE;
SELECT is(statuses() || '; ' || job_row(), 'a.mp3 completed, b.mp3 skipped: the same content as a.mp3, c.mp3 skipped: not audio: a web page, d.mp3 queued; transferring 1/0/2 of 4',
    'It is under way again.');
SELECT id, token FROM held('transfer') \gset
SELECT headway._input_transfer(:'w', :id, :token) \gset ignored_
SET ROLE alice;
SELECT ok(headway_cancel(:'job'), 'It can be cancelled.');
RESET ROLE;
SELECT is(split_part(statuses(), ', ', 4) || '; ' || job_row(), 'd.mp3 skipped: the import was cancelled; cancelled 1/0/3 of 4', 'What was left says so.');
SET ROLE alice;
SELECT headway_bulk_import('Acme Corp', 'https://example.com/audio files') ->> 'job_id' AS second \gset
RESET ROLE;
SELECT id, token FROM held('discover') \gset
SELECT headway._settle_discover(:'w', :id, :token, '{"files": [{"url": "https://example.com/a.mp3", "name": "a.mp3"}, {"url": "https://example.com/d.mp3", "name": "d.mp3"}],
    "pages": [], "elsewhere": 0, "unreadable": 0}');
SELECT results_eq(format('SELECT file_name, status, error FROM headway.bulk_import_files WHERE job_id = %L ORDER BY file_name', :'second'),
    $$ VALUES ('a.mp3', 'skipped', 'imported before'), ('d.mp3', 'queued', NULL) $$, 'Imported again, only what is new or failed is fetched.');
-- ---- what somebody else's fate decided is decided anew
CREATE FUNCTION begun(customer text, url text, max_files int DEFAULT 100) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE result jsonb;
BEGIN
    SET ROLE alice;
    result := headway_bulk_import(customer, url, max_files => max_files);
    RESET ROLE;
    RETURN result ->> 'job_id';
END $$;
CREATE FUNCTION found(names text[] DEFAULT '{}', pages text[] DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
DECLARE t headway.tasks := held('discover');
BEGIN
    PERFORM headway._input_discover(t.workspace_id, t.id, t.token);
    PERFORM headway._settle_discover(t.workspace_id, t.id, t.token, jsonb_build_object('elsewhere', 0, 'unreadable', 0,
        'files', (SELECT coalesce(jsonb_agg(jsonb_build_object('url', 'https://example.com/' || n, 'name', split_part(n, '?', 1))), '[]') FROM unnest(names) n),
        'pages', (SELECT coalesce(jsonb_agg(jsonb_build_object('url', 'https://example.com/' || p, 'depth', 0, 'is_rest', true)), '[]') FROM unnest(pages) p)));
END $$;
CREATE FUNCTION files_of(job uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(file_name || ' ' || status || coalesce(': ' || error, ''), ', ' ORDER BY file_name) FROM headway.bulk_import_files WHERE job_id = job $$;
CREATE FUNCTION stored(hash text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE t headway.tasks := held('transfer');
BEGIN
    PERFORM headway._input_transfer(t.workspace_id, t.id, t.token);
    IF headway._note_transfer(t.workspace_id, t.id, t.token, 'uploading', jsonb_build_object('sha256', hash)) IS NOT NULL THEN
        PERFORM headway._settle_transfer(t.workspace_id, t.id, t.token, '{"storage_path": "b/u/j/f", "content_type": "audio/mpeg"}');
    END IF;
    RETURN (SELECT f.status || coalesce(': ' || f.error, '') FROM headway.bulk_import_files f WHERE f.id = headway._file_of(t.workspace_id, t.payload));
END $$;
SELECT headway._cancel_run(:'w', :'second') \gset ignored_
SELECT begun('Beta', 'https://example.com/beta') AS beta \gset
SELECT found('{e.mp3}');
SELECT is(stored('ee'), 'transcribing', 'A file is stored;');
SELECT headway._cancel_run(:'w', :'beta') \gset ignored_
SELECT is(files_of(:'beta'), 'e.mp3 skipped: the import was cancelled', 'then its import is cancelled.');
SELECT begun('Beta', 'https://example.com/beta') AS beta \gset
SELECT found('{e.mp3}');
SELECT is(stored('ee'), 'transcribing', 'Imported again it is no twin of itself.');
SELECT id, token FROM held('transcribe') \gset
SELECT headway._fail(:'w', :id, :token, '{"kind": "refused", "message": "nobody speaks"}', NULL);
SELECT is(files_of(:'beta'), 'e.mp3 failed: nobody speaks', 'Now nothing is understood in it.');
SELECT headway._cancel_run(:'w', :'beta') \gset ignored_
SELECT begun('Beta', 'https://example.com/beta2') AS beta \gset
SELECT found('{e.mp3}');
SELECT is(stored('ee'), 'transcribing', 'Nor is it one of a file that failed.');
SELECT begun('Beta', 'https://example.com/beta3') AS other_beta \gset
SELECT found('{e.mp3}');
SELECT is(files_of(:'other_beta'), 'e.mp3 skipped: is being imported already', 'What another import has in hand is left to that one.');
SELECT id, token FROM held('transcribe') \gset
SELECT headway._fail(:'w', :id, :token, '{"kind": "refused", "message": "nobody speaks"}', NULL);
SELECT begun('Beta', 'https://example.com/beta4') AS third_beta \gset
SELECT found('{e.mp3}');
SELECT is(files_of(:'third_beta'), 'e.mp3 queued', 'Once that has failed, it is new.');
SELECT headway._cancel_run(:'w', :'third_beta') \gset ignored_

-- ---- no further than asked for, and never without a word
SELECT begun('Delta', 'https://example.com/delta?sig=secret', max_files => 2) AS delta \gset
SELECT found(pages => '{p2,p3,p4}');
UPDATE headway.tasks SET run_at = now() + interval '1 hour' WHERE run_id = :'delta' AND payload ->> 'url' ~ 'p[34]$';
SELECT found('{g.mp3,h.mp3?sig=secret,i.mp3}', pages => '{p5}');
SELECT is((SELECT format('%s %s; %s', status, total_files, error) FROM headway.bulk_import_jobs WHERE id = :'delta'), 'transferring 2; no more than max_files (2) were taken', 'Enough is enough,');
SELECT is((SELECT string_agg(DISTINCT state, ' ' ORDER BY state) || ' ' || count(*) FROM headway.tasks WHERE run_id = :'delta' AND kind = 'discover'), 'cancelled done 4', 'and no more pages are looked at.');
SELECT is((SELECT open_tasks FROM headway.runs WHERE id = :'delta'), 2, 'Its files are what is left to do.');
SELECT headway._cancel_run(:'w', :'delta') \gset ignored_
SELECT begun('Delta', 'https://example.com/endless?sig=secret') AS endless \gset
SELECT found(pages => (SELECT array_agg(n::text) FROM generate_series(1, 5001) n));
SELECT is((SELECT error FROM headway.bulk_import_jobs WHERE id = :'endless'), '2 pages are not looked at, since an import has no more than 5000', 'What there is no room for is told.');
SELECT unalike((SELECT string_agg(l::text, ' ') FROM headway.log l), '%sig=%', 'What follows an address'' question mark stands in no log.');
SELECT headway._cancel_run(:'w', :'endless') \gset ignored_

-- ---- a bucket and the one for its analyses have one workspace
SET ROLE bob;
SELECT throws_ok($$ SELECT headway_bulk_import('Acme Corp Analysis', 'https://example.com/') $$, '8W027', 'the bucket belongs to another workspace', 'Nobody else''s files come among the analyses.');
SELECT lives_ok($$ SELECT headway_bulk_import('Gamma Analysis', 'https://example.com/') $$, 'The name itself is free.');
RESET ROLE;
SET ROLE alice;
SELECT throws_ok($$ SELECT headway_bulk_import('Gamma', 'https://example.com/') $$, '8W027', 'the bucket belongs to another workspace', 'Nor come analyses among somebody else''s files.');
RESET ROLE;
SELECT finish();
ROLLBACK;
