\set ECHO none
\i test/setup.psql
-- Vectors of features and items: who needs one, who shares one, what becomes of them when the model changes.
SELECT plan(62);

SELECT headway_add_workspace('acme') AS w \gset
SELECT headway_add_theme('Reporting') AS theme \gset
SELECT headway_stop() \g /dev/null
CREATE FUNCTION add_feature(theme uuid, title text, about text DEFAULT '') RETURNS uuid LANGUAGE sql AS $$
    SELECT headway._create_feature(headway_workspace(), theme, jsonb_build_object('title', title, 'description', about, 'type', 'feature_request', 'urgency', 'medium')) $$;
CREATE FUNCTION keep(model text, title text, vector real[], kept boolean DEFAULT true, about text DEFAULT '') RETURNS void LANGUAGE sql AS $$
    SELECT headway._keep_embeddings(headway_workspace(), model, jsonb_build_array(jsonb_build_object(
        'key', encode(headway._embedding_key(title, about), 'hex'), 'is_kept', kept, 'vector', vector::text))) $$;
CREATE FUNCTION document(title text, id text DEFAULT 'x', about text DEFAULT '') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('id', id, 'title', title, 'description', about) $$;
CREATE FUNCTION texts(missing jsonb) RETURNS text[] LANGUAGE sql AS $$ SELECT coalesce(array_agg(m ->> 'text' ORDER BY m ->> 'text'), '{}') FROM jsonb_array_elements(missing) m $$;

SELECT is(headway._cosine('{3,4}', '{4,3}'), 0.96::float8, 'A cosine is told.');
SELECT is(headway._cosine('{1}', '{1,0}'), NULL, 'Vectors of two sizes cannot be compared.');
SELECT is(headway._cosine('{}', '{}'), NULL, 'Nor what is none.');
SELECT is(headway._cosine('{{1,0},{0,1}}', '{1,0}'), NULL, 'Nor tables.');
SELECT is(headway._cosine('{1,NULL}', '{1,0}'), NULL, 'Nor what has gaps.');

-- Which texts need a vector.
SELECT is(headway._embedded_text('Export', 'To Excel'), E'Export\nTo Excel', 'The title and the description are embedded.');
SELECT is(headway._embedded_text('Export', 'Export'), 'Export', 'What says the same twice is embedded once.');
SELECT is(headway._embedding(:'w'), NULL, 'By default nobody embeds.');
SELECT is((headway._match_case(:'w', '{"title": "x", "type": "bug_report"}') -> 'embedding'), 'null', 'And matching does not compare.');
SELECT add_feature(:'theme', 'Export to Excel') AS excel, add_feature(:'theme', 'Dark mode', 'For the night') AS dark \gset
SELECT headway_set_provider('embedding', 'builtin') \g /dev/null
SELECT is(headway._embedding(:'w') - 'provider', '{"model": "builtin", "auto_match": 0.9, "auto_new": 0}', 'A model has a name, and bands; what the built-in one finds unlike need not be new.');
UPDATE headway.workspaces SET settings = settings || '{"auto_match": 0.8, "auto_new": 0.1}' WHERE id = :'w';
SELECT is(headway._embedding(:'w') - 'provider', '{"model": "builtin", "auto_match": 0.8, "auto_new": 0.1}', 'A workspace has its own bands.');
SELECT is(texts(headway._compare(:'w', 'm', document('Spreadsheets'), jsonb_build_array(document('Export to Excel', :'excel'), document('Dark mode', :'dark', 'For the night'))) -> 'missing'),
    ARRAY[E'Dark mode\nFor the night', 'Export to Excel', 'Spreadsheets'], 'What has no vector is named, the item itself as well.');
SELECT is((SELECT array_agg(m -> 'is_kept' ORDER BY m ->> 'text') FROM jsonb_array_elements(headway._unembedded(:'w', 'm', jsonb_build_array(document('Export to Excel', :'excel'), document('Nobody', 'task:5')))) m),
    ARRAY['true', 'false']::jsonb[], 'A feature''s is kept, an item''s is not.');
SELECT is(jsonb_array_length(headway._unembedded(:'w', 'm', jsonb_build_array(document('Same'), document('Same', 'y')))), 1, 'One text needs one vector.');

-- Comparing.
SELECT keep('m', 'Export to Excel', '{1,0}'), keep('m', 'Spreadsheets', '{0.8,0.6}', false), keep('m', 'Night', '{0,1}', false) \g /dev/null
SELECT is((SELECT array_agg(round(c::numeric, 3)) FROM jsonb_array_elements(headway._compare(:'w', 'm', document('Spreadsheets'),
        jsonb_build_array(document('Export to Excel'), document('Night'), document('Export to Excel'))) -> 'cosines') c), '{0.800,0.600,0.800}', 'Each document has its cosine, in their order.');
SELECT is(texts(headway._compare(:'w', 'other', document('Spreadsheets'), '[]') -> 'missing'), '{Spreadsheets}', 'Vectors of another model are none.');
SELECT keep('m', 'Wide', '{1,0,0}') \g /dev/null
SELECT is(headway._compare(:'w', 'm', document('Spreadsheets'), jsonb_build_array(document('Wide'))), '{"cosines": [null], "near": []}', 'What cannot be compared has none.');
SELECT headway_add_workspace('other') AS other \gset
SET headway.workspace = 'acme';
SELECT is(texts(headway._compare(:'other', 'm', document('Spreadsheets'), '[]') -> 'missing'), '{Spreadsheets}', 'Nor has another workspace these vectors.');

-- An item that becomes a feature keeps its vector; one that was known loses it.
SELECT keep('builtin', 'Weekly report', '{1,0}', false), keep('builtin', 'Reports each week', '{1,0}', false) \g /dev/null
SELECT add_feature(:'theme', 'Weekly report') \g /dev/null
SELECT is((SELECT array_agg(name) FROM headway.feature_embeddings WHERE model = 'builtin'), '{Weekly report}', 'Its vector is the feature''s.');
UPDATE headway.embeddings SET created_at = now() - interval '2 days';
SELECT headway._purge('1 day', 100) \g /dev/null
SELECT is((SELECT count(*) FROM headway.embeddings WHERE key = headway._embedding_key('Reports each week', '')), 0::bigint, 'That of an item goes after a day.');
SELECT is((SELECT count(*) FROM headway.embeddings WHERE is_kept), 1::bigint, 'Those of features stay.');
SELECT keep('builtin', 'Young', '{1,0}', false) \g /dev/null
SELECT headway._purge('1 day', 100) \g /dev/null
SELECT is((SELECT count(*) FROM headway.embeddings WHERE NOT is_kept), 1::bigint, 'A young one stays as well.');
SELECT keep('builtin', 'Young', '{0,1}') \g /dev/null
SELECT is((SELECT vector FROM headway.embeddings WHERE is_kept AND key = headway._embedding_key('Young', '')), '{1,0}', 'A feature of the same text keeps it.');

-- The features that are there already.
CREATE FUNCTION claim(run_kind text) RETURNS headway.tasks LANGUAGE sql AS $$
    UPDATE headway.tasks t SET state = 'running', token = t.token + 1, worker_id = 1
    WHERE t.id = (SELECT min(s.id) FROM headway.tasks s WHERE s.kind = run_kind AND s.state = 'queued') RETURNING t.* $$;
SELECT is((SELECT count(*) FROM headway.runs WHERE kind = 'embed'), 1::bigint, 'Setting a provider has them embedded.');
SELECT is((SELECT total FROM headway.runs WHERE kind = 'embed'), 2, 'As many as there were.');
SELECT id AS task, token FROM claim('embed') \gset
SELECT headway._input_embed(:'w', :task, :token) AS batch \gset
SELECT is(texts(:'batch'::jsonb -> 'missing'), ARRAY[E'Dark mode\nFor the night', 'Export to Excel'], 'Those that have none are to be embedded.');
SELECT is((:'batch'::jsonb -> 'features')::int, 3, 'Those that have one count as well.');
SELECT keep('builtin', 'Export to Excel', '{1,0}') \g /dev/null
SELECT is(texts(headway._input_embed(:'w', :task, :token) -> 'missing'), ARRAY[E'Dark mode\nFor the night'], 'Who begins again after a crash pays for what is missing.');
SELECT keep('builtin', 'Dark mode', '{1,0}', true, 'For the night') \g /dev/null
SELECT headway._settle_embed(:'w', :task, :token, :'batch') \g /dev/null
SELECT is((SELECT done FROM headway.runs WHERE kind = 'embed'), 3, 'The run tells how far it is.');
SELECT is((SELECT string_agg(kind, ' ') FROM headway.tasks WHERE state = 'queued'), 'finalize', 'It ends behind the last feature.');
SELECT headway._create_feature(:'w', :'theme', jsonb_build_object('title', 'Feature ' || n, 'type', 'feature_request', 'urgency', 'medium')) FROM generate_series(1, 700) n \g /dev/null
SELECT headway_set_provider('embedding', 'openai', '{"api_key": "k"}', '{"model": "m", "dimensions": 8}') \g /dev/null
UPDATE headway.workspaces SET settings = settings - 'auto_match' - 'auto_new' WHERE id = :'w';
SELECT is(headway._embedding(:'w') - 'provider', '{"model": "openai m 8", "auto_match": 0.9, "auto_new": 0.3}', 'A vendor''s model has the server''s bands.');
SELECT is((SELECT count(*) FROM headway.embeddings WHERE is_kept), 0::bigint, 'Another model: the vectors of the old one are let go.');
SELECT id AS task, token FROM claim('embed') \gset
SELECT headway._input_embed(:'w', :task, :token) AS batch \gset
SELECT is(:'batch'::jsonb ->> 'model', 'openai m 8', 'The model''s name tells provider and dimensions.');
SELECT is((:'batch'::jsonb -> 'features')::int, 500, 'Many features are several batches.');
SELECT headway._settle_embed(:'w', :task, :token, :'batch') \g /dev/null
SELECT id AS task, token FROM claim('embed') \gset
SELECT is((headway._input_embed(:'w', :task, :token) -> 'features')::int, 203, 'The next one goes on behind the last.');
SELECT headway_set_provider('embedding', 'builtin') \g /dev/null
SELECT is(headway._input_embed(:'w', :task, :token), NULL, 'A run about a model that is gone ends.');
SELECT id AS task, token FROM claim('embed') \gset
SELECT headway._settle_embed(:'w', :task, :token, headway._input_embed(:'w', :task, :token)) \g /dev/null
SELECT id AS task, token FROM claim('embed') \gset
SELECT headway._input_embed(:'w', :task, :token) \g /dev/null
SELECT is((SELECT array_agg(name ORDER BY name) FROM headway.feature_embeddings WHERE model = 'builtin'), '{Dark mode,Export to Excel,Weekly report}', 'A model that comes back has its vectors still.');

-- A provider that fails for good: matching goes on without it.
DELETE FROM headway.tasks; DELETE FROM headway.runs;
CREATE FUNCTION matches_with() RETURNS text LANGUAGE sql AS $$ SELECT headway._match_case(headway_workspace(), '{"title": "x", "type": "bug_report"}') #>> '{embedding,model}' $$;
CREATE FUNCTION health(OUT ok boolean, OUT detail text) LANGUAGE sql AS $$ SELECT h.ok, h.detail FROM headway_health() h WHERE h.check = 'embeddings of acme' $$;
CREATE FUNCTION runs() RETURNS text LANGUAGE sql AS $$ SELECT string_agg(state, ' ' ORDER BY created_at, state) FROM headway.runs WHERE kind = 'embed' $$;
SELECT headway_set_provider('embedding', 'openai', '{"api_key": "k"}', '{"model": "n"}') \g /dev/null
SELECT results_eq('SELECT * FROM health()', $$ VALUES (true, 'openai n') $$, 'Health names who embeds.');
SELECT headway._embedding_fails(:'w', 'builtin', '{"message": "late"}') \g /dev/null
SELECT results_eq('SELECT * FROM health()', $$ VALUES (true, 'openai n') $$, 'What becomes of another model says nothing about it.');
SELECT is(matches_with(), 'openai n', 'It is asked,');
SELECT headway._embedding_fails(:'w', 'openai n', '{"kind": "refused", "message": "no money"}') \g /dev/null
SELECT is(matches_with(), NULL, 'and when it has failed, it is left alone for a while.');
SELECT results_eq('SELECT ok, detail FROM health()', $$ SELECT false, format('openai n, failing since %s: no money', date_trunc('second', failing_since)) FROM headway._providers WHERE purpose = 'embedding' $$, 'Health says since when, and why.');
UPDATE headway._providers SET failed_at = failed_at - interval '2 minutes' WHERE purpose = 'embedding';
SELECT is(matches_with(), 'openai n', 'Then the next item tries again.');
SELECT isnt(headway._input_embed(:'w', t.id, t.token), NULL, 'So does the run that embeds features.') FROM claim('embed') t;
SELECT headway._create_run(:'w', 'me', 'ingest', '{}') AS run \gset
UPDATE headway.runs SET features_created = 1, created_at = now() + interval '1 day' WHERE id = :'run';
SELECT headway._close_run(:'w', :'run') \g /dev/null
SELECT is((SELECT message FROM headway.log WHERE run_id = :'run' AND level = 'warning'), 'embeddings failed, and words alone put features before the judge: no money', 'A run that matches meanwhile warns.');

-- It is tried again, and what is missing is made up for.
SELECT is(runs(), 'queued', 'A run that embeds features is open,') FROM headway._embed_again(:'w');
SELECT headway._fail(:'w', t.id, t.token, '{"kind": "refused", "message": "no money"}', NULL) FROM headway.tasks t WHERE t.kind = 'embed' \g /dev/null
SELECT id AS task, token FROM claim('finalize') \gset
SELECT headway._finish(t) FROM headway.tasks t WHERE t.id = :task \g /dev/null
SELECT is(runs(), 'failed', 'and fails.');
SELECT headway_tick() \g /dev/null
SELECT is(runs(), 'failed', 'The tick does not try at once,');
UPDATE headway._providers SET failed_at = failed_at - interval '20 minutes' WHERE purpose = 'embedding';
SELECT headway_tick() \g /dev/null
SELECT is(runs(), 'running', 'but in ten minutes,');
SELECT ok(headway._embedding_rests(:'w'), 'once:');
SELECT headway_tick() \g /dev/null
SELECT is((SELECT string_agg(kind, ' ') FROM headway.tasks WHERE state = 'queued'), 'embed', 'its task is due again.');
UPDATE headway.runs SET state = 'done' WHERE kind = 'embed';
SELECT keep('builtin', 'Export to Excel', '{1,0}') \g /dev/null
SELECT is((SELECT ok FROM health()), false, 'Vectors of another model mend nothing;');
SELECT keep('openai n', 'Export to Excel', '{1,0}') \g /dev/null
SELECT is((SELECT ok FROM health()), true, 'its own do.');
SELECT is(runs(), 'done queued', 'Then what was left out is embedded.');
SELECT keep('openai n', 'Dark mode', '{1,0}') \g /dev/null
SELECT is(runs(), 'done queued', 'Once is enough.');
DELETE FROM headway.tasks;
DELETE FROM headway.features WHERE name <> 'Export to Excel';
SELECT is(headway._embed_again(:'w'), NULL, 'Where nothing is missing, nothing is to be made.');

-- Who comes to the end of the features looks whether one was left out.
SELECT headway_set_provider('embedding', 'openai', '{"api_key": "k"}', '{"model": "o"}') \g /dev/null
SELECT id AS task, token FROM claim('embed') \gset
SELECT headway._settle_embed(:'w', :task, :token, headway._input_embed(:'w', :task, :token)) \g /dev/null
SELECT is((SELECT string_agg(kind || payload, ' ') FROM headway.tasks WHERE state = 'queued'), 'embed{}', 'It begins again when one was.');
SELECT keep('openai o', 'Export to Excel', '{1,0}') \g /dev/null
SELECT id AS task, token FROM claim('embed') \gset
SELECT headway._settle_embed(:'w', :task, :token, headway._input_embed(:'w', :task, :token)) \g /dev/null
SELECT results_eq($$ SELECT string_agg(t.kind, ' '), min(r.done) FROM headway.tasks t JOIN headway.runs r ON r.id = t.run_id WHERE t.state = 'queued' $$, $$ VALUES ('finalize', 1) $$, 'The second time it ends.');

-- Words that no feature has any more, and a worker that is late.
CREATE FUNCTION kept(the_model text, title text) RETURNS boolean LANGUAGE sql AS $$
    SELECT is_kept FROM headway.embeddings WHERE model = the_model AND key = headway._embedding_key(title, '') $$;
SELECT add_feature(:'theme', 'Export to Excel') AS twin \gset
SELECT headway_update_feature(:'twin', 'Export to CSV') \g /dev/null
SELECT ok(kept('openai o', 'Export to Excel'), 'The vector of words that another feature has stays.');
SELECT headway_update_feature(:'excel', 'Save as Excel') \g /dev/null
SELECT ok(NOT kept('openai o', 'Export to Excel'), 'When the last one is renamed it goes,');
SELECT ok(headway._lacks_vectors(:'w', 'openai o'), 'and the new name has none yet.');
SELECT keep('openai n', 'Save as Excel', '{1,0}') \g /dev/null
SELECT ok(NOT kept('openai n', 'Save as Excel'), 'Of a model that the workspace has no more nothing is kept, however late it comes.');

SELECT * FROM finish();
ROLLBACK;
