\set ECHO none
\i test/setup.psql
-- headway_health(): what is wrong is told with the way out, to those whom it concerns.
SELECT plan(23);
SET headway.key_file = '/tmp/headway-sql-test.keys';
CREATE ROLE alice; GRANT headway_operator TO alice;
CREATE ROLE bob; GRANT headway_reader TO bob;
CREATE FUNCTION health_of(wanted text) RETURNS TABLE (ok boolean, detail text) LANGUAGE sql AS $$ SELECT ok, detail FROM headway_health() WHERE "check" = wanted $$;
SET ROLE alice;
SELECT headway_add_workspace('acme') AS w \gset
SELECT results_eq($$ SELECT "check" FROM headway_health() $$,
    ARRAY['worker slots', 'workers', 'queue', 'tick', 'pg_cron', 'key file', 'version', 'libraries', 'runs of acme', 'themes of acme', 'provider of acme', 'prices of acme'], 'Each thing has its row.');
SELECT results_eq($$ SELECT * FROM health_of('tick') $$, $$ VALUES (false, 'never') $$, 'A tick that never came is told.');
SELECT isnt(headway_tick(), NULL, 'It comes,');
SELECT ok((SELECT ok FROM health_of('tick')), 'and all is well.');
SELECT ok((SELECT ok FROM health_of('pg_cron')), 'Then it matters no more who calls it.');
SELECT results_eq($$ SELECT * FROM health_of('themes of acme') $$, $$ VALUES (false, '0 themes') $$, 'A workspace without themes is told.');
SELECT results_eq($$ SELECT * FROM health_of('key file') $$, $$ VALUES (true, 'none yet; 0 sealed credentials') $$, 'No key file is no matter before it is needed.');
SELECT headway_add_connector('gong', '{"access_key": "a", "secret_key": "b"}', '{"base_url": "https://x.example"}') AS c \gset
SELECT ok((SELECT ok FROM health_of('key file')), 'One that opens what is sealed is well.');
RESET ROLE;
COPY (SELECT WHERE false) TO PROGRAM 'chmod 0644 /tmp/headway-sql-test.keys';
SELECT ok((SELECT NOT ok AND detail ~ 'somebody else' FROM health_of('key file')), 'One that others may read is told.');
COPY (SELECT WHERE false) TO PROGRAM 'rm -f /tmp/headway-sql-test.keys';
SELECT results_eq($$ SELECT * FROM health_of('key file') $$, $$ VALUES (false, 'missing; 1 sealed credentials') $$, 'So is one that is gone.');
UPDATE headway.connectors SET suspended_until = now() + interval '1 hour', is_active = false;
SELECT ok((SELECT NOT ok AND detail ~ 'switched off, the vendor asked to wait' FROM health_of('connector gong of acme')), 'A connector says what is the matter with it.');
INSERT INTO headway.llm_calls (workspace_id, started_at, purpose, provider, status, error) VALUES (:'w', now() - interval '1 hour', 'extract', 'builtin', 'error', 'some money'), (:'w', now() - interval '1 minute', 'extract', 'builtin', 'error', 'no money');
SELECT ok((SELECT NOT ok AND detail ~ '2 of 2 calls failed in the last day, no money' FROM health_of('provider of acme')), 'So does a provider, with what came last.');
INSERT INTO headway._providers (workspace_id, purpose, provider, settings) VALUES (:'w', 'llm', 'openai', '{"model": "mine"}');
INSERT INTO headway.llm_calls (workspace_id, started_at, purpose, provider, request_model, status, error) VALUES (:'w', now() - interval '1 minute', 'extract', 'openai', 'other', 'error', 'too old');
SELECT ok((SELECT ok AND detail ~ '^openai mine, 0 of 0 calls' FROM health_of('provider of acme')), 'The next one is not blamed for it, nor for what was before it was set.');

SELECT results_eq($$ SELECT * FROM health_of('prices of acme') $$, $$ VALUES (false, 'not known: mine of openai') $$, 'A model whose price is not known is told before it is used.');
INSERT INTO headway.llm_calls (workspace_id, started_at, purpose, provider, request_model, status, input_tokens, cached_tokens, output_tokens)
VALUES (:'w', now(), 'extract', 'openai', 'mine', 'ok', 10, 5, 1), (:'w', now(), 'extract', 'openai', 'mine', 'ok', NULL, NULL, NULL);
INSERT INTO headway.model_prices (provider, model, usage_kind, usd_per_million) SELECT 'openai', 'mine', k, 1 FROM unnest('{input,output}'::text[]) k;
SELECT results_eq($$ SELECT * FROM health_of('prices of acme') $$, $$ VALUES (false, 'not known: mine of openai') $$, 'So is one of whose use a kind has none.');
INSERT INTO headway.model_prices (provider, model, usage_kind, usd_per_million) VALUES ('openai', 'mine', 'cached_input', 1);
SELECT results_eq($$ SELECT * FROM health_of('prices of acme') $$, $$ VALUES (true, 'all known') $$, 'Once it is told all is well, whatever calls have cost until then.');

INSERT INTO headway.budgets (workspace_id, period, limit_usd, period_start) VALUES (:'w', 'day', 1, now());
SELECT headway._create_run(:'w', current_user, 'ingest', '{}') AS run \gset
INSERT INTO headway.tasks (workspace_id, run_id, kind, error) SELECT :'w', :'run', 'extract', headway._unknown_price('{}') || '{"kind": "over_budget"}';
SELECT ok((SELECT ok AND detail ~ ' 0 tasks wait' FROM health_of('budget for the day of acme')), 'What waits for a price does not wait for money.');
INSERT INTO headway.tasks (workspace_id, run_id, kind, error) VALUES (:'w', :'run', 'extract', '{"kind": "over_budget", "message": "the day''s budget is used up"}');
SELECT ok((SELECT NOT ok AND detail ~ ' 1 tasks wait' FROM health_of('budget for the day of acme')), 'Other tasks do.');
INSERT INTO headway._providers (workspace_id, purpose, provider, settings) VALUES (:'w', 'llm_fallback', 'gemini', '{"model": "m"}');
SELECT ok((SELECT detail ~ 'standing by: gemini m, ' FROM health_of('provider of acme')), 'It says who stands by.');
SELECT ok(bool_and(CASE WHEN ok THEN hint IS NULL ELSE hint <> '' END), 'There is a hint exactly where something is wrong.') FROM headway_health();
SET ROLE bob;
SELECT is((SELECT count(*) FROM headway_health()), 8::bigint, 'Who sees no workspace is told of the server only.');
SELECT ok((SELECT detail ~ 'headway \d+\.\d+\.\d+, PostgreSQL 1' FROM health_of('libraries')), 'The libraries'' versions are there.');
SELECT ok((SELECT ok AND detail ~ '^library (\S+), extension \1$' FROM health_of('version')), 'So is whether library and extension agree.');

RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
