\set ECHO none
\i test/setup.psql
-- Providers and prompts: what is set, who sees it, and which prompt holds.
SELECT plan(66);
SET headway.key_file = '/tmp/headway-sql-test.keys';
CREATE ROLE alice; GRANT headway_operator TO alice;
CREATE ROLE bob; GRANT headway_operator TO bob;
SET ROLE alice;
SELECT headway_add_workspace('acme') AS w \gset
SELECT lives_ok($$ SELECT headway_set_provider('llm', 'openai', '{"api_key": "k"}', '{"model": "m", "temperature": 0.2}') $$, 'A provider is set.');
SELECT throws_ok($$ SELECT headway_set_provider('llm', 'openai', '{"api_key": {"env": "HOME"}}', '{"model": "m"}') $$, '42501', NULL,
    'Not everybody may name a variable of the server.');
SELECT throws_ok($$ SELECT * FROM headway._providers $$, '42501', NULL, 'The table is private.');
RESET ROLE;
SELECT is(headway._provider(:'w', 'extract') ->> 'name', 'openai', 'A worker is told who is asked,');
SELECT is(headway._provider(:'w', 'match') #>> '{prompt,name}', 'match', 'and with which prompt.');
SELECT is(headway._provider_of(:'w', 'storage'), NULL, 'What a purpose has by default is told as nothing.');
SELECT is((SELECT count(*) FROM headway._credentials WHERE purpose = 'llm'), 1::bigint, 'The failed attempt changed nothing.');
SET ROLE alice;
SELECT headway_set_provider('llm', 'openai', '{"api_key": "k2"}', '{"model": "m2"}') AS done \gset
RESET ROLE;
SELECT is(headway._provider(:'w', 'extract') #>> '{settings,model}', 'm2', 'Setting it again replaces it,');
SELECT is((SELECT count(*) FROM headway._credentials), 1::bigint, 'with its credentials.');
SELECT is(headway._provider_setup('llm', 'openai', '{"model": "m"}'),
    '{"credentials": ["api_key"], "optional": [], "is_default": false, "origin": "https://api.openai.com:443"}', 'The vendor wants a key.');
SELECT is(headway._provider_setup('llm', 'openai', '{"model": "m", "base_url": "https://llm.internal/v1"}') -> 'optional', '["api_key"]', 'A server of one''s own may.');
SET ROLE alice;
SELECT throws_ok($$ SELECT headway_set_provider('poetry', 'openai') $$, '8W014', 'there is no provider for this purpose', 'A purpose must be known.');
SELECT throws_ok($$ SELECT headway_set_provider(NULL, 'openai') $$, '8W014', 'there is no provider for this purpose', 'None is none.');
SELECT throws_ok($$ SELECT headway_set_provider('embedding', 'oracle') $$, '8W014', 'unknown provider', 'Each purpose has its own providers.');
SELECT throws_ok($$ SELECT headway_set_provider('embedding', 'builtin', '{"api_key": "k"}') $$, '8W006', NULL, 'Who needs no key is given none.');
SELECT throws_ok($$ SELECT headway_set_provider('embedding', 'builtin', '{}', '{"model": "m"}') $$, '8W014', 'the provider''s settings are not valid', 'Nor settings.');

-- Numbers. What is told is what is set, and the range.
RESET ROLE;
CREATE FUNCTION refusal(purpose text, provider text, settings jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
    hint   text;
BEGIN
    PERFORM headway_set_provider(purpose, provider, '{"api_key": "k"}', settings);
    RETURN 'taken';
EXCEPTION WHEN SQLSTATE '8W014' THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN SQLERRM || ' | ' || detail || ' | ' || hint;
END $$;
SET ROLE alice;
SELECT is(refusal('llm', 'openai', '{"model": "m", "temperature": 1e400}'),
    'the provider''s settings are not valid | "temperature" is 100000000000000000000000000000... (401 characters). | "temperature" takes a number from 0 to 2.',
    'A number that nothing can hold is out of range like others.');
SELECT is(refusal('llm', v.provider, format('{"model": "m", "temperature": %s}', v.number)::jsonb),
    format('the provider''s settings are not valid | "temperature" is %s. | "temperature" takes a number from 0 to 2.', v.shown),
    format('%s is no temperature for %s.', v.number, v.provider))
FROM (VALUES ('openai', '-1', '-1'), ('openai', '2.5', '2.5'), ('anthropic', '"NaN"', 'a text'), ('gemini', 'true', 'a boolean'),
             ('openai', 'null', 'null'), ('openai', '[1]', 'an array')) v (provider, number, shown);
SELECT is(refusal(v.purpose, v.provider, format('{"model": "m", "%s": %s}', v.name, v.number)::jsonb),
    format('the provider''s settings are not valid | "%1$s" is %2$s. | "%1$s" takes a whole number from 1 to %3$s.', v.name, v.number, v.most),
    format('%s of %s cannot be %s.', v.name, v.purpose, v.number))
FROM (VALUES ('llm', 'openai', 'timeout_seconds', 3600), ('llm_fallback', 'gemini', 'max_output_tokens', 10000000),
             ('embedding', 'openai', 'dimensions', 16000), ('speech', 'deepgram', 'timeout_seconds', 7200)) s (purpose, provider, name, most)
CROSS JOIN LATERAL (VALUES (s.purpose, s.provider, s.name, s.most, '-1'), (s.purpose, s.provider, s.name, s.most, '0'),
                           (s.purpose, s.provider, s.name, s.most, '1.5'), (s.purpose, s.provider, s.name, s.most, (s.most + 1)::text)) v (purpose, provider, name, most, number);
SELECT is(refusal('llm', 'builtin', '[]'), 'the provider''s settings are not valid | They are an array. | Settings are a JSON object, such as {"model": "name"}.',
    'Settings are an object.');
SELECT is(refusal('llm', 'openai', '{"model": "m", "temperature": 2, "timeout_seconds": 3600, "max_output_tokens": 10000000}'), 'taken',
    'The ends of a range belong to it.');

SELECT headway_set_provider('embedding', 'builtin') AS done \gset
RESET ROLE;
SELECT is(headway._provider_of(:'w', 'embedding'), '{"name": "builtin", "settings": {}, "credentials": null}', 'A worker is told who embeds.');
SELECT is(headway._provider(:'w', 'match') -> 'fallback', 'null', 'Nobody stands by,');
SET ROLE alice;
SELECT headway_set_provider('llm_fallback', 'anthropic', '{"api_key": "k3"}', '{"model": "c"}') AS done \gset
RESET ROLE;
SELECT is(headway._provider(:'w', 'match') #>> '{fallback,settings,model}', 'c', 'until somebody is set to.');
SELECT isnt(headway._provider(:'w', 'match') #> '{fallback,credentials,sealed}', headway._provider(:'w', 'match') #> '{credentials,sealed}', 'Each has its own key.');
SET ROLE alice;
SELECT headway_set_provider('llm_fallback', 'none') AS done \gset
RESET ROLE;
SELECT is(headway._provider(:'w', 'match') -> 'fallback', 'null', 'Taken away, nobody does.');
SELECT results_eq(format($$ SELECT purpose, provider FROM headway._providers WHERE workspace_id = %L ORDER BY 1 $$, :'w'),
    $$ VALUES ('embedding', 'builtin'), ('llm', 'openai') $$, 'Purposes stand side by side.');
SET ROLE alice;
SELECT headway_set_provider('llm', 'builtin') AS done, headway_set_provider('embedding', 'none') AS too \gset
RESET ROLE;
SELECT is_empty($$ SELECT FROM headway._providers $$, 'What a purpose has by default leaves no row,');
SELECT is_empty($$ SELECT FROM headway._credentials $$, 'and takes the old secrets with it.');

-- Prompts.
SET ROLE alice;
SELECT lives_ok(format($$ INSERT INTO headway.prompts (workspace_id, name, version, system, template, answer_schema) VALUES (%L, 'match', 1, 's', 't', '{}') $$, :'w'),
    'A member writes a prompt for the workspace.');
SELECT throws_ok($$ INSERT INTO headway.prompts (name, version, system, template, answer_schema) VALUES ('match', 2, 's', 't', '{}') $$, '42501', NULL,
    'The defaults are nobody''s to write.');
SELECT is_empty('DELETE FROM headway.prompts WHERE workspace_id IS NULL RETURNING 1', 'They delete no default,');
SELECT is_empty(format('UPDATE headway.prompts SET workspace_id = %L, version = 9 WHERE workspace_id IS NULL RETURNING 1', :'w'), 'nor make one theirs,');
SELECT throws_ok('UPDATE headway.prompts SET workspace_id = NULL, version = 9', '42501', NULL, 'nor one of theirs a default.');
SELECT is((SELECT count(*) FROM headway.prompts), 9::bigint, 'Members see their own and the defaults.');
SET ROLE bob;
SELECT is((SELECT count(*) FROM headway.prompts), 8::bigint, 'Others see the defaults.');
RESET ROLE;
SELECT is((headway._prompt(:'w', 'match')).system, 's', 'The workspace''s own goes before the default.');
CREATE FUNCTION joint(changes jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    w uuid := (SELECT id FROM headway.workspaces WHERE name = 'acme');
BEGIN  -- as for a task of one workspace that has been taken once
    RETURN headway._joint(jsonb_populate_record(NULL::headway.tasks, jsonb_build_object('workspace_id', w, 'attempts', 1) || changes),
                          jsonb_build_object('name', 'openai', 'prompt', to_jsonb(headway._prompt(w, 'match'))));
END $$;
SELECT is(joint(), NULL, 'Who has one of their own for one item has none for several.');
UPDATE headway.prompts SET is_active = false WHERE workspace_id = :'w';
SELECT is((headway._prompt(:'w', 'match')).workspace_id, NULL, 'Switched off, the default is back.');

-- Several items in one question.
SELECT is(joint() #>> '{provider,prompt,name}', 'match_many', 'Who judges one item judges several, with the prompt for that.');
SELECT is(joint() - 'provider', '{"items": 8, "tokens": 12000}', 'How many, and how long the question is, has bounds.');
SELECT is(joint('{"error": {"kind": "server"}}'), NULL, 'What has failed is asked about alone.');
SELECT is(joint('{"error": {"kind": "over_budget"}}') ->> 'items', '8', 'To be told to wait is no failure.');
SELECT is(joint('{"attempts": 2}') ->> 'items', '8', 'Nor is it that a worker has died,');
SELECT is(joint('{"attempts": 3}'), NULL, 'unless that happens again.');
UPDATE headway.workspaces SET settings = settings || '{"items_per_question": 1}' WHERE id = :'w';
SELECT is(joint(), NULL, 'A workspace may want each asked about alone.');

COPY (SELECT WHERE false) TO PROGRAM 'rm -f /tmp/headway-sql-test.keys';
SELECT * FROM finish();
ROLLBACK;
