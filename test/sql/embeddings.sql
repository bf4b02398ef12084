\set ECHO none
\i test/setup.psql
-- Vectors of features and items: who needs one, who shares one, what becomes of them when the model changes.
SELECT plan(37);

SELECT headway_add_workspace('acme') AS w \gset
SELECT headway_add_theme('Reporting') AS theme \gset
SELECT headway_stop() \g /dev/null
CREATE FUNCTION add_feature(theme uuid, title text, about text DEFAULT '') RETURNS uuid LANGUAGE sql AS $$
    SELECT headway._create_feature(headway_workspace(), theme, jsonb_build_object('title', title, 'description', about, 'type', 'feature_request', 'urgency', 'medium')) $$;
CREATE FUNCTION keep(model text, title text, vector real[], kept boolean DEFAULT true) RETURNS void LANGUAGE sql AS $$
    SELECT headway._keep_embeddings(headway_workspace(), model, jsonb_build_array(jsonb_build_object(
        'key', encode(headway._embedding_key(title, ''), 'hex'), 'is_kept', kept, 'vector', vector::text))) $$;
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
SELECT is(headway._compare(:'w', 'm', document('Spreadsheets'), jsonb_build_array(document('Wide'))), '{"cosines": [null]}', 'What cannot be compared has none.');
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
SELECT is((SELECT count(*) FROM headway.embeddings WHERE is_kept), 3::bigint, 'Those of features stay.');
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
SELECT is((SELECT array_agg(name ORDER BY name) FROM headway.feature_embeddings WHERE model = 'builtin'), '{Export to Excel,Weekly report}', 'A model that comes back has its vectors still.');

SELECT * FROM finish();
ROLLBACK;
