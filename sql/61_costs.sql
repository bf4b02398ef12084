-- What calls cost: each one when it is recorded, and what that makes for budgets, features and days.

CREATE FUNCTION headway._costs(calls headway.llm_calls[]) RETURNS numeric[]
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
    SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    RETURN ARRAY(
        WITH made AS MATERIALIZED (
            SELECT c.*, coalesce(c.purpose = 'transcribe', false) AS speaks, coalesce(c.purpose = 'embed', false) AS embeds,
                   least(coalesce(c.cached_tokens, 0), c.input_tokens) AS cached, least(coalesce(c.cache_write_tokens, 0), c.input_tokens) AS written
            FROM unnest(calls) WITH ORDINALITY c
        ), known AS MATERIALIZED (  -- looked up once for all calls of a model
            SELECT m.provider, m.request_model, p.usage_kind, p.usd_per_million, p.effective_from, p.is_builtin, p.model <> m.request_model AS is_undated
            FROM (SELECT DISTINCT s.provider, s.request_model FROM made s) m
            JOIN headway.model_prices p ON p.provider = m.provider AND p.model = ANY (ARRAY[m.request_model, headway._undated(m.request_model)])
        )
        SELECT CASE WHEN m.cost_usd IS NOT NULL THEN m.cost_usd
                    WHEN m.status = 'error' AND m.http_status >= 400 THEN 0  -- what a vendor refuses it does not charge for
                    ELSE (SELECT CASE WHEN bool_and(x.usd IS NOT NULL) THEN sum(x.usd) / 1000000 END
                          FROM (VALUES ('input', CASE WHEN m.speaks THEN 0 ELSE m.input_tokens - least(m.cached + m.written, m.input_tokens) END),
                                       ('cached_input', CASE WHEN m.speaks THEN 0 ELSE m.cached END),
                                       ('cache_write', CASE WHEN m.speaks THEN 0 ELSE m.written END),
                                       ('output', CASE WHEN m.speaks OR m.embeds THEN 0 ELSE m.output_tokens END),
                                       ('audio_second', CASE WHEN m.speaks THEN m.audio_seconds::numeric ELSE 0 END)) u (kind, units)
                          -- Somebody's own price goes before what headway came with.
                          LEFT JOIN LATERAL (
                              SELECT k.usd_per_million FROM known k
                              WHERE k.provider = m.provider AND k.request_model = m.request_model AND k.usage_kind = u.kind AND k.effective_from <= m.started_at
                              ORDER BY k.is_undated, k.is_builtin, k.effective_from DESC LIMIT 1) p ON u.units IS DISTINCT FROM 0
                          CROSS JOIN LATERAL (SELECT CASE WHEN u.units = 0 OR p.usd_per_million = 0 THEN 0 ELSE u.units * p.usd_per_million END AS usd) x) END
        FROM made m ORDER BY m.ordinality);
END $$;
COMMENT ON FUNCTION headway._costs(headway.llm_calls[]) IS
'Private. What calls cost by the prices of their time, in their order; NULL for one that used a kind whose price is not known, or of which nobody said how much it used.';

CREATE FUNCTION headway._most_costs(wanted jsonb) RETURNS numeric[]
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    calls  headway.llm_calls[] := ARRAY(
        SELECT jsonb_populate_record(NULL::headway.llm_calls, e.value || jsonb_build_object('request_model', e.value ->> 'model', 'started_at', moment,
            'purpose', CASE WHEN (e.value ->> 'audio_seconds')::numeric > 0 THEN 'transcribe' END))
        FROM jsonb_array_elements(wanted) WITH ORDINALITY e (value, n) ORDER BY e.n);
    -- All that is sent may go to the vendor's cache.
    cached headway.llm_calls[] := ARRAY(SELECT jsonb_populate_record(c, jsonb_build_object('cache_write_tokens', c.input_tokens)) FROM unnest(calls) c);
BEGIN
    RETURN ARRAY(SELECT CASE WHEN k.plain IS NOT NULL THEN greatest(k.plain, k.cached) END
                 FROM unnest(headway._costs(calls), headway._costs(cached)) WITH ORDINALITY k (plain, cached, n) ORDER BY k.n);
END $$;
COMMENT ON FUNCTION headway._most_costs(jsonb) IS
'Private. What calls [{provider, model, input_tokens, output_tokens, audio_seconds}] cost if they use all of that; NULL for one whose price is not known.';

CREATE FUNCTION headway._spend(w uuid, reservations uuid[], costs numeric[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    has_budget boolean := EXISTS (SELECT FROM headway._hold_budgets(w));
    freed      numeric;
    spent      numeric;
BEGIN
    -- A reservation that has expired was taken for spent by then.
    WITH settled AS (DELETE FROM headway._reservations r WHERE r.workspace_id = w AND r.id = ANY (reservations) RETURNING r.id, r.usd)
    SELECT coalesce(sum(s.usd), 0), coalesce(sum(coalesce(c.usd, s.usd)) FILTER (WHERE c.reservation IS NULL OR s.id IS NOT NULL), 0) INTO freed, spent
    FROM unnest(reservations, costs) c (reservation, usd) LEFT JOIN settled s ON s.id = c.reservation;
    IF has_budget THEN
        UPDATE headway.budgets b SET reserved_usd = b.reserved_usd - freed, spent_usd = b.spent_usd + spent WHERE b.workspace_id = w;
    END IF;
END $$;
COMMENT ON FUNCTION headway._spend(uuid, uuid[], numeric[]) IS
'Private. Settles calls with a workspace''s budgets: what was reserved for each (NULL: nothing) is free again, what it cost is spent; all that was reserved when the cost is not known.';

CREATE FUNCTION headway._warn_of_prices(w uuid, run uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    PERFORM headway._log(w, run, NULL, 'warning', format('what %s of %s costs is not known', c.request_model, c.provider), jsonb_build_object('calls', count(*)))
    FROM headway.llm_calls c WHERE c.workspace_id = w AND c.run_id = run AND c.status = 'ok' AND c.cost_usd IS NULL GROUP BY c.provider, c.request_model;
END $$;
COMMENT ON FUNCTION headway._warn_of_prices(uuid, uuid) IS 'Private. Logs which models'' prices a run would have needed.';

CREATE FUNCTION headway._unpriced(w uuid) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    RETURN (
        SELECT string_agg(DISTINCT format('%s of %s', c.request_model, c.provider), ', ')
        FROM (SELECT array_agg(k) AS calls, headway._costs(array_agg(k)) AS costs FROM (
                  -- what was used lately, and what is set to be used, at the prices of now
                  SELECT jsonb_populate_record(c, jsonb_build_object('started_at', moment)) AS k FROM headway.llm_calls c
                  WHERE c.workspace_id = w AND c.started_at > moment - interval '1 day' AND c.status = 'ok' AND c.cost_usd IS NULL
                    AND (c.input_tokens IS NOT NULL OR c.audio_seconds IS NOT NULL)
                  UNION ALL
                  SELECT jsonb_populate_record(NULL::headway.llm_calls, jsonb_build_object('started_at', moment, 'provider', p.provider, 'request_model', p.settings ->> 'model',
                      'purpose', CASE p.purpose WHEN 'embedding' THEN 'embed' END, 'input_tokens', 1, 'output_tokens', 1))
                  FROM headway._providers p WHERE p.workspace_id = w AND p.purpose IN ('llm', 'llm_fallback', 'embedding') AND p.provider <> 'builtin') x) a
        CROSS JOIN LATERAL unnest(a.calls) WITH ORDINALITY c WHERE a.costs[c.ordinality] IS NULL);
END $$;
COMMENT ON FUNCTION headway._unpriced(uuid) IS 'Private. Which models a workspace uses whose price is not known now; NULL for none.';

CREATE FUNCTION headway._health_of_money(w uuid, OUT what text, OUT ok boolean, OUT detail text, OUT hint text) RETURNS SETOF record
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    -- What waits since a price is not known is no matter of the budget.
    waiting bigint := (SELECT count(*) FROM headway.tasks t WHERE t.workspace_id = w AND t.state = 'queued' AND t.error ->> 'kind' = 'over_budget'
                       AND t.error ->> 'message' IS DISTINCT FROM headway._unknown_price('{}') ->> 'message');
    unknown text := headway._unpriced(w);
BEGIN
    RETURN QUERY SELECT 'prices', unknown IS NULL, coalesce('not known: ' || unknown, 'all known'),
        'INSERT INTO headway.model_prices (provider, model, usage_kind, usd_per_million) VALUES ...; what calls have cost until then stays NULL, and where a budget is set they wait.';
    RETURN QUERY SELECT 'budget for the ' || b.period, waiting = 0,
        format('since %s $%s of $%s spent, $%s reserved, %s tasks wait for money', date_trunc('second', b.period_start), round(b.spent_usd, 2),
               round(b.limit_usd, 2), round(b.reserved_usd, 2), waiting),
        format('SELECT headway_set_budget(%L, more); or wait for the next %s.', b.period, b.period)
    FROM headway.budgets b WHERE b.workspace_id = w ORDER BY b.period;
END $$;
COMMENT ON FUNCTION headway._health_of_money(uuid) IS 'Private. The checks of a workspace that concern prices and budgets.';

CREATE VIEW headway.llm_usage WITH (security_invoker = true) AS
SELECT c.workspace_id, date_trunc('day', c.started_at, 'UTC') AS day, c.purpose, c.provider, c.request_model AS model, count(*) AS calls,
       count(*) FILTER (WHERE c.cache_hit) AS cache_hits, count(*) FILTER (WHERE c.status = 'error') AS errors,
       sum(c.input_tokens) AS input_tokens, sum(c.cached_tokens) AS cached_tokens, sum(c.output_tokens) AS output_tokens,
       sum(c.reasoning_tokens) AS reasoning_tokens, sum(c.audio_seconds) AS audio_seconds,
       CASE WHEN count(*) FILTER (WHERE c.cost_usd IS NULL) = 0 THEN trim_scale(sum(c.cost_usd)) END AS cost_usd,
       count(*) FILTER (WHERE c.cost_usd IS NULL) AS calls_of_unknown_cost,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY c.latency_ms) FILTER (WHERE NOT c.cache_hit)::int AS p50_ms,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY c.latency_ms) FILTER (WHERE NOT c.cache_hit)::int AS p95_ms,
       sum(c.cache_write_tokens) AS cache_write_tokens
FROM headway.llm_calls c GROUP BY 1, 2, 3, 4, 5;
COMMENT ON VIEW headway.llm_usage IS 'What models were used for each day, and what that cost.';
COMMENT ON COLUMN headway.llm_usage.workspace_id IS 'The workspace that pays.';
COMMENT ON COLUMN headway.llm_usage.day IS 'The day (UTC), by its beginning.';
COMMENT ON COLUMN headway.llm_usage.purpose IS 'As in headway.llm_calls.';
COMMENT ON COLUMN headway.llm_usage.provider IS 'Who was asked.';
COMMENT ON COLUMN headway.llm_usage.model IS 'The model that was asked for.';
COMMENT ON COLUMN headway.llm_usage.calls IS 'Calls, failed ones and stored answers included.';
COMMENT ON COLUMN headway.llm_usage.cache_hits IS 'Those that a stored answer was used for.';
COMMENT ON COLUMN headway.llm_usage.errors IS 'Those that failed.';
COMMENT ON COLUMN headway.llm_usage.input_tokens IS 'Tokens sent, as far as the provider said.';
COMMENT ON COLUMN headway.llm_usage.cached_tokens IS 'Those of them that the provider had cached.';
COMMENT ON COLUMN headway.llm_usage.output_tokens IS 'Tokens received, reasoning included.';
COMMENT ON COLUMN headway.llm_usage.reasoning_tokens IS 'Tokens spent on reasoning.';
COMMENT ON COLUMN headway.llm_usage.audio_seconds IS 'Seconds of audio sent.';
COMMENT ON COLUMN headway.llm_usage.cost_usd IS 'What they cost together; NULL when that is not known of all of them.';
COMMENT ON COLUMN headway.llm_usage.calls_of_unknown_cost IS 'Those whose price is not known (see headway.model_prices), or of which nobody said what they used.';
COMMENT ON COLUMN headway.llm_usage.p50_ms IS 'Half of the calls took no longer, in milliseconds.';
COMMENT ON COLUMN headway.llm_usage.p95_ms IS '95 of 100 calls took no longer.';
COMMENT ON COLUMN headway.llm_usage.cache_write_tokens IS 'Those of input_tokens that the provider has charged for taking into its cache.';

CREATE VIEW headway.feature_costs WITH (security_invoker = true) AS
SELECT f.workspace_id, f.id AS feature_id, f.name, count(m.message_id) AS messages,
       CASE WHEN count(*) FILTER (WHERE x.unknown > 0) = 0 THEN trim_scale(round(coalesce(sum(x.usd / x.mentions), 0), 12)) END AS cost_usd
FROM headway.features f
LEFT JOIN headway.feature_messages m ON m.workspace_id = f.workspace_id AND m.feature_id = f.id
LEFT JOIN LATERAL (
    SELECT sum(c.cost_usd) AS usd, count(*) FILTER (WHERE c.cost_usd IS NULL AND c.status = 'ok') AS unknown,
           (SELECT count(*) FROM headway.feature_messages o JOIN headway.features u ON u.workspace_id = o.workspace_id AND u.id = o.feature_id
            WHERE o.workspace_id = m.workspace_id AND o.message_id = m.message_id AND u.merged_into IS NULL) AS mentions
    FROM headway.llm_calls c WHERE c.workspace_id = m.workspace_id AND c.message_id = m.message_id) x ON true
WHERE f.merged_into IS NULL
GROUP BY f.workspace_id, f.id, f.name;
COMMENT ON VIEW headway.feature_costs IS 'What it cost to find each feature: the calls about a conversation are shared equally among the features that it mentions. Merged features are counted where they went.';
COMMENT ON COLUMN headway.feature_costs.workspace_id IS 'The workspace that paid.';
COMMENT ON COLUMN headway.feature_costs.feature_id IS 'The feature.';
COMMENT ON COLUMN headway.feature_costs.name IS 'Its name.';
COMMENT ON COLUMN headway.feature_costs.messages IS 'The conversations that mention it.';
COMMENT ON COLUMN headway.feature_costs.cost_usd IS 'What it cost; NULL when that is not known of all calls.';
