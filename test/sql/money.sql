\set ECHO none
\i test/setup.psql
-- What calls cost, what may be spent, and answers that need not be paid for twice.
SELECT plan(78);
CREATE ROLE alice; GRANT headway_operator TO alice;
SET ROLE alice;
SELECT headway_add_workspace('acme') AS w \gset
SELECT headway_add_workspace('other') AS other \gset
SET headway.workspace = 'acme';

-- Prices.
SELECT lives_ok($$ INSERT INTO headway.model_prices (provider, model, usage_kind, usd_per_million, effective_from) VALUES
    ('p', 'm', 'input', 10, '2026-01-01'), ('p', 'm', 'input', 5, '2026-06-01'), ('p', 'm', 'output', 20, '2026-01-01'), ('p', 'm', 'cached_input', 1, '2026-01-01'),
    ('p', 'mine', 'input', 0, '2026-01-01'), ('p', 'mine', 'output', 0, '2026-01-01'), ('openai', 'gpt-4o-mini', 'input', 0.12, '2025-01-01') $$, 'Operators write prices.');
SELECT throws_ok($$ INSERT INTO headway.model_prices VALUES ('p', 'm', 'input', 10, '2026-02-01', true) $$, '42501', NULL, 'But not as if headway had come with them,');
SELECT is_empty($$ UPDATE headway.model_prices SET usd_per_million = 0 WHERE is_builtin RETURNING 1 $$, 'nor may they change those.');
RESET ROLE;
CREATE FUNCTION call(more jsonb) RETURNS headway.llm_calls LANGUAGE sql AS $$
    SELECT jsonb_populate_record(NULL::headway.llm_calls, '{"purpose": "extract", "provider": "p", "request_model": "m", "status": "ok", "started_at": "2026-07-01"}' || more) $$;
CREATE FUNCTION cost(c headway.llm_calls) RETURNS numeric LANGUAGE sql AS $$ SELECT (headway._costs(ARRAY[c]))[1] $$;
CREATE FUNCTION price(provider text, model text, tokens text, moment text) RETURNS numeric LANGUAGE sql AS $$
    SELECT cost(call(jsonb_build_object('provider', provider, 'request_model', model, 'started_at', moment, 'input_tokens', 0, 'output_tokens', 0, tokens, 1000000))) $$;
SELECT is(price('p', 'm', 'input_tokens', '2026-03-01'), 10::numeric, 'A price holds from its date on,');
SELECT is(price('p', 'm', 'input_tokens', '2026-07-01'), 5::numeric, 'until the next.');
SELECT is(price('p', 'm', 'input_tokens', '2025-07-01'), NULL, 'Before the first it is not known.');
SELECT is(price('p', 'm-2026-02-03', 'output_tokens', '2026-07-01'), 20::numeric, 'A dated model has the price of the one without a date.');
SELECT is(price('openai', 'gpt-4o-mini', 'input_tokens', '2026-07-01'), 0.12, 'One''s own price goes before what headway came with,');
SELECT is(price('openai', 'gpt-4o-mini', 'output_tokens', '2026-07-01'), 0.6, 'which holds where there is none.');
SELECT is(price('openai', 'gpt-4o-min', 'output_tokens', '2026-07-01'), NULL, 'Another model has another price.');

-- Costs.
SELECT is(headway._costs(ARRAY[call('{"input_tokens": 0, "output_tokens": 1000000}'), call('{"request_model": "x"}'), call('{"input_tokens": 0, "output_tokens": 1000000, "started_at": "2026-01-02"}')]), ARRAY[20, NULL, 20]::numeric[],
          'Each of many has its own, in their order.');
SELECT is(cost(call('{"input_tokens": 1000000, "output_tokens": 100000}')), 7.0, 'Tokens sent and received have their prices.');
SELECT is(cost(call('{"input_tokens": 1000000, "cached_tokens": 800000, "output_tokens": 0}')), 1.8, 'Cached ones have their own.');
SELECT is(cost(call('{"input_tokens": 10, "output_tokens": 10, "request_model": "x"}')), NULL, 'An unknown model has no known cost, and not none.');
SELECT is(cost(call('{"input_tokens": 10, "cached_tokens": 5, "output_tokens": 10, "provider": "openai", "request_model": "text-embedding-3-small"}')), NULL, 'Nor has an unknown kind.');
SELECT is(cost(call('{"input_tokens": 10, "cache_write_tokens": 5, "output_tokens": 10}')), NULL, 'What a vendor took into its cache costs nothing known where that has no price.');
SELECT is(cost(call('{"provider": "anthropic", "request_model": "claude-sonnet-4-5-20250929", "input_tokens": 1000000, "cached_tokens": 300000, "cache_write_tokens": 200000, "output_tokens": 0}')),
    2.34, 'Anthropic takes a quarter more for it: 0.5 * 3 + 0.3 * 0.3 + 0.2 * 3.75.');
SELECT is(cost(call('{"cached_tokens": 5, "cache_write_tokens": 5, "output_tokens": 10}')), NULL, 'What of an unknown number was cached tells no cost.');
SELECT is(round((headway._most_costs('[{"provider": "anthropic", "model": "claude-haiku-4-5", "input_tokens": 1000000, "output_tokens": 0, "audio_seconds": 0}]'))[1], 6), 1.25,
    'So as much may be needed for all that is sent.');
SELECT is((headway._most_costs('[{"provider": "p", "model": "x", "input_tokens": 1000000, "output_tokens": 0, "audio_seconds": 0}]'))[1], NULL, 'What an unknown model may need is not known.');
SELECT is(cost(call('{"status": "error", "cost_usd": 0}')), 0::numeric, 'What never left has cost nothing.');
SELECT is(cost(call('{"output_tokens": 10}')), NULL, 'Nor what nobody has counted,');
SELECT is(cost(call('{"request_model": "mine"}')), 0::numeric, 'unless it is free.');
SELECT is(cost(call('{"status": "error", "http_status": 429}')), 0::numeric, 'What a vendor refuses costs nothing.');
SELECT is(cost(call('{"status": "error"}')), NULL, 'What a lost answer has cost is not known.');
SELECT is(cost(call('{"status": "error", "input_tokens": 1000000, "output_tokens": 0}')), 5::numeric, 'A useless answer is paid for.');
SELECT is(cost(call('{"purpose": "embed", "provider": "openai", "request_model": "text-embedding-3-small", "input_tokens": 1000000}')), 0.02, 'Embeddings have input alone.');
SELECT is(round(cost(call('{"purpose": "transcribe", "provider": "openai", "request_model": "whisper-1", "audio_seconds": 60}')), 6), 0.006, 'Speech is paid by the second.');
SELECT is((SELECT round(cost(call(jsonb_build_object('purpose', 'transcribe', 'provider', p, 'request_model', m, 'audio_seconds', 3600))), 3)), usd, format('%s of %s has a price.', m, p))
FROM (VALUES ('openai', 'gpt-4o-transcribe-diarize', 0.36), ('deepgram', 'nova-3', 0.258), ('assemblyai', 'universal-3-pro,universal-2', 0.23)) s (p, m, usd);

-- Setting budgets.
SET ROLE alice;
SELECT throws_ok($$ SELECT headway_set_budget('week', 1) $$, '8W030', 'this is no budget', 'A budget is for a day or a month.');
SELECT throws_ok($$ SELECT headway_set_budget('day', -1) $$, '8W030', NULL, 'It is not below 0,');
SELECT throws_ok($$ SELECT headway_set_budget('day', 'NaN') $$, '8W030', NULL, 'and a number.');
SELECT throws_ok($$ SELECT headway_set_budget('day', 1e400) $$, '8W030', NULL, 'that somebody could have.');
SELECT throws_ok($$ SELECT headway_set_budget('day', 1, 'nobody''s') $$, '8W001', NULL, 'It is for a workspace of one''s own.');
SELECT throws_ok($$ INSERT INTO headway.budgets (workspace_id, period, limit_usd, period_start) VALUES (headway_workspace(), 'day', 5, now()) $$, '42501', NULL, 'Nobody writes it directly.');

-- What has been spent counts from the beginning.
RESET ROLE;
INSERT INTO headway.llm_calls (workspace_id, started_at, purpose, provider, status, cost_usd) VALUES (:'w', now(), 'extract', 'p', 'ok', 0.25), (:'w', now() - interval '40 days', 'extract', 'p', 'ok', 7);
SELECT lives_ok($$ SELECT headway_set_budget('day', 1) $$, 'A budget is set.');
CREATE FUNCTION budget(OUT left_usd numeric, OUT reserved numeric, OUT spent numeric) LANGUAGE sql AS $$
    SELECT trim_scale(limit_usd - reserved_usd - spent_usd), trim_scale(reserved_usd), trim_scale(spent_usd) FROM headway.budgets WHERE period = 'day' $$;
SELECT results_eq('SELECT * FROM budget()', 'VALUES (0.75, 0::numeric, 0.25)', 'What the day has cost already is spent.');
UPDATE headway.workspaces SET time_zone = 'Asia/Kathmandu' WHERE id = :'w';
SELECT results_eq(format('SELECT trim_scale(spent_usd), period_start FROM headway._hold_budgets(%L)', :'w'),
    $$ VALUES (0.25, date_trunc('day', now(), 'Asia/Kathmandu')) $$, 'In another time zone the day begins at another moment, and what is spent stays so.');
UPDATE headway.workspaces SET time_zone = 'UTC' WHERE id = :'w';

-- Reserving and settling: m costs $5 and $20 a million.
CREATE FUNCTION leave(w uuid, tokens int, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT * FROM headway._leaves(w, jsonb_build_array('{"provider": "p", "model": "m", "output_tokens": 0, "audio_seconds": 0, "longest": 60, "key": null}'
        || jsonb_build_object('input_tokens', tokens) || more)) $$;
CREATE FUNCTION record(w uuid, call jsonb) RETURNS uuid LANGUAGE sql AS $$
    SELECT * FROM headway._record_calls(w, jsonb_build_array(jsonb_build_object('call',
        '{"purpose": "extract", "provider": "p", "request_model": "m", "status": "ok", "latency_ms": 1}' || jsonb_build_object('started_at', now()) || call))) $$;
SELECT leave(:'w', 100000) ->> 'reservation' AS one \gset
SELECT results_eq('SELECT * FROM budget()', 'VALUES (0.25, 0.5, 0.25)', 'What a call may cost at most is reserved.');
SELECT is(leave(:'w', 60000) #>> '{refusal,message}', 'the rest of the day''s budget is reserved', 'Another that does not fit beside it waits,');
SELECT is((leave(:'w', 60000) #>> '{refusal,retry_after}')::int, 1, 'for a moment.');
SELECT is(leave(:'w', 200000) #>> '{refusal,message}', 'the day''s budget is used up', 'One that never fits waits');
SELECT ok((leave(:'w', 200000) #>> '{refusal,retry_after}')::int BETWEEN 1 AND 86400, 'for the next day.');
SELECT is(leave(:'w', 200001) #>> '{refusal,message}', 'one call may cost more than the day''s budget', 'What costs more than a whole day may is not told to wait for the next,');
SELECT is((leave(:'w', 200001) #>> '{refusal,retry_after}')::int, 300, 'and is looked at again soon, since somebody has to change something.');
SELECT record(:'w', jsonb_build_object('reservation', :'one', 'input_tokens', 20000, 'output_tokens', 0)) AS paid \gset
SELECT results_eq('SELECT * FROM budget()', 'VALUES (0.65, 0::numeric, 0.35)', 'Afterwards what it did cost is spent.');
SELECT is((SELECT trim_scale(cost_usd) FROM headway.llm_calls WHERE id = :'paid'), 0.1, 'The call knows it.');
SELECT leave(:'w', 40000) ->> 'reservation' AS two \gset
SELECT record(:'w', jsonb_build_object('reservation', :'two', 'status', 'error')) AS lost \gset
SELECT results_eq('SELECT * FROM budget()', 'VALUES (0.45, 0::numeric, 0.55)', 'A call of unknown cost counts with all that it may have cost.');
SELECT leave(:'w', 20000) ->> 'reservation' AS three \gset
UPDATE headway._reservations SET expires_at = now() - interval '1 second';
SELECT results_eq(format('SELECT spent_usd - 0.65 FROM headway._hold_budgets(%L)', :'w'), 'VALUES (0::numeric)', 'So does one whose worker has died.');
SELECT record(:'w', jsonb_build_object('reservation', :'three', 'input_tokens', 20000, 'output_tokens', 0)) AS late \gset
SELECT results_eq('SELECT * FROM budget()', 'VALUES (0.35, 0::numeric, 0.65)', 'When it is recorded after all it does not count twice.');
SELECT is(leave(:'w', 10000000, '{"model": "mine"}'), '{}', 'What is free always fits.');
UPDATE headway.budgets SET spent_usd = spent_usd + 1;
SELECT is(leave(:'w', 10000000, '{"model": "mine"}'), '{}', 'Even when more is spent than was allowed.');
UPDATE headway.budgets SET spent_usd = spent_usd - 1;
SELECT is(leave(:'w', 1, '{"model": "x"}') #>> '{refusal,message}', 'a budget is set, and the price of the model is not known', 'What has no price fits into no budget.');
SELECT is(leave(:'other', 1000000), '{}', 'A workspace without a budget may spend anything.');
SELECT headway_set_budget('month', 100) AS done \gset
SELECT is((SELECT trim_scale(spent_usd) FROM headway.budgets WHERE period = 'month'), 0.65, 'A budget that is set later counts calls of unknown cost as the others have.');
SELECT leave(:'w', 10000) ->> 'reservation' AS four \gset
SELECT results_eq('SELECT reserved_usd - 0.05 FROM headway.budgets', 'VALUES (0::numeric), (0)', 'Two budgets hold at once.');
UPDATE headway.budgets SET period_start = period_start - interval '1 day' WHERE period = 'day';
SELECT results_eq(format('SELECT spent_usd, reserved_usd - 0.05 FROM headway._hold_budgets(%L) WHERE period = ''day''', :'w'), 'VALUES (0::numeric, 0::numeric)', 'A new day begins with what is under way.');
SELECT is((SELECT period_start FROM headway.budgets WHERE period = 'day'), date_trunc('day', now(), 'UTC'), 'It has its own beginning.');

-- Work that waits goes on when more is allowed.
SELECT headway_add_theme('Reporting') AS theme \gset
SELECT headway_ingest_transcript('m-1', 'Bob: We need exports.') AS message \gset
UPDATE headway.tasks SET error = '{"kind": "over_budget"}', run_at = now() + interval '5 hours' WHERE state = 'queued';
SELECT is((SELECT h.ok FROM headway_health() h WHERE h.check = 'budget for the day of acme'), false, 'That work waits is no good health,');
SELECT matches((SELECT h.detail FROM headway_health() h WHERE h.check = 'budget for the day of acme'), '1 tasks wait for money', 'which says how much.');
SELECT headway_set_budget('day', 2) AS done \gset
SELECT ok((SELECT bool_and(run_at < clock_timestamp()) FROM headway.tasks WHERE state = 'queued'), 'What waited is due.');
SELECT headway_set_budget('day', NULL) AS done \gset
SELECT is((SELECT count(*) FROM headway.budgets WHERE period = 'day'), 0::bigint, 'A budget can end.');

-- Answers that are kept.
SELECT record(:'w', jsonb_build_object('input_tokens', 1, 'output_tokens', 1, 'response_model', 'm-1', 'kept', jsonb_build_object('key', '00ff', 'text', 'because'))) AS kept \gset
SELECT is(leave(:'w', 10000, '{"key": "00ff"}'), '{"answer": "because", "model": "m-1"}', 'Who asks the same again is given the stored answer, and nothing is reserved.');
SELECT is(leave(:'other', 10000, '{"key": "00ff"}'), '{}', 'Another workspace is not.');
UPDATE headway._answers SET created_at = now() - interval '31 days';
SELECT ok(leave(:'w', 10000, '{"key": "00ff"}') ? 'reservation', 'Nor is anybody when its time is over.');
SELECT headway_tick() AS ticked \gset
SELECT is((SELECT count(*) FROM headway._answers), 0::bigint, 'Then the tick removes it.');
UPDATE headway.workspaces SET settings = '{"answer_retention": 0}' WHERE id = :'w';
SELECT record(:'w', '{"input_tokens": 1, "output_tokens": 1, "kept": {"key": "00ff", "text": "because"}}') AS kept \gset
SELECT is((SELECT count(*) FROM headway._answers), 0::bigint, 'A workspace may keep none.');

-- What a run, a day and a feature cost.
SELECT id AS t, run_id AS r FROM headway.tasks WHERE kind = 'extract' \gset
CREATE FUNCTION record_of(w uuid, t bigint, more jsonb) RETURNS uuid LANGUAGE sql AS $$
    SELECT * FROM headway._record_calls(w, jsonb_build_array(jsonb_build_object('task', t, 'token', 0, 'call',
        '{"purpose": "extract", "provider": "p", "request_model": "m", "status": "ok", "latency_ms": 10}' || jsonb_build_object('started_at', now()) || more))) $$;
SELECT record_of(:'w', :t, '{"input_tokens": 100000, "output_tokens": 0}') AS a, record_of(:'w', :t, '{"cache_hit": true, "cost_usd": 0}') AS b \gset
SELECT is((headway_run_status(:'r') ->> 'cost_usd')::numeric, 0.5, 'A run has the cost of its calls.');
INSERT INTO headway.features (workspace_id, theme_id, name, type, urgency, theme_seq) SELECT :'w', :'theme', n, 'feature_request', 'low', 1 FROM unnest(ARRAY['A', 'B', 'C']) n;
INSERT INTO headway.feature_messages (workspace_id, feature_id, message_id, confidence) SELECT :'w', id, :'message', 1 FROM headway.features WHERE name <> 'C';
SELECT results_eq('SELECT name::text, messages, cost_usd FROM headway.feature_costs ORDER BY 1', $$ VALUES ('A', 1::bigint, 0.25), ('B', 1, 0.25), ('C', 0, 0) $$,
    'The features of a conversation share what it cost.');
SELECT headway_merge_features((SELECT id FROM headway.features WHERE name = 'A'), ARRAY[id]) AS ignored FROM headway.features WHERE name = 'B' \gset
SELECT results_eq('SELECT name::text, messages, cost_usd FROM headway.feature_costs ORDER BY 1', $$ VALUES ('A', 1::bigint, 0.5), ('C', 0, 0) $$,
    'Merged, they are one that bears it alone.');
SELECT record_of(:'w', :t, '{"request_model": "x", "input_tokens": 1, "output_tokens": 1}') AS c \gset
SELECT ok(headway_run_status(:'r') -> 'cost_usd' = 'null', 'What a run costs is not known when it is not known of a call.');
SELECT is((SELECT cost_usd FROM headway.feature_costs WHERE name = 'A'), NULL, 'Nor what a feature costs.');
SELECT results_eq($$ SELECT calls, cache_hits, errors, input_tokens, cost_usd, p50_ms FROM headway.llm_usage WHERE model = 'm' $$,
    $$ VALUES (7::bigint, 1::bigint, 1::bigint, 140002::bigint, NULL::numeric, 1) $$, 'A day has its numbers.');
SELECT results_eq($$ SELECT cost_usd, calls_of_unknown_cost FROM headway.llm_usage WHERE model = 'x' $$, 'VALUES (NULL::numeric, 1::bigint)', 'With what is not known.');
SELECT results_eq($$ SELECT h.ok, h.detail FROM headway_health() h WHERE h.check = 'prices of acme' $$, $$ VALUES (false, 'not known: x of p') $$, 'Health says which prices are missing.');
SELECT headway._warn_of_prices(:'w', :'r') AS warned \gset
SELECT results_eq($$ SELECT level, message FROM headway.log WHERE level = 'warning' $$, $$ VALUES ('warning', 'what x of p costs is not known') $$, 'The run''s log warns.');
SELECT * FROM finish();
ROLLBACK;
