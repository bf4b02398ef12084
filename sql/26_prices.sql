-- What models cost. Prices are rows with a date: a call keeps what it cost when it was made.

CREATE TABLE headway.model_prices (
    provider        text NOT NULL CHECK (provider <> ''),
    model           text NOT NULL CHECK (model <> ''),
    usage_kind      text NOT NULL CHECK (usage_kind IN ('input', 'cached_input', 'cache_write', 'output', 'audio_second')),
    usd_per_million numeric NOT NULL CHECK (usd_per_million >= 0 AND usd_per_million < 'Infinity'),
    effective_from  timestamptz NOT NULL DEFAULT now(),
    is_builtin      boolean NOT NULL DEFAULT false,
    PRIMARY KEY (provider, model, usage_kind, effective_from, is_builtin)
);
COMMENT ON TABLE headway.model_prices IS
'What providers charge. Those that headway comes with are a beginning and may be out of date; operators write their own directly, and these go before them. A model of yours that costs nothing has rows with 0. A kind that has no row has no known price: what uses it has a NULL cost.';
COMMENT ON COLUMN headway.model_prices.provider IS 'As in llm_calls: openai, anthropic, ...';
COMMENT ON COLUMN headway.model_prices.model IS 'As headway_set_provider() was told it. A model with a date or "latest" at its end has the price of the one without, unless it has its own.';
COMMENT ON COLUMN headway.model_prices.usage_kind IS 'input: tokens sent; cached_input: those of them that the vendor had cached; cache_write: those that it took into its cache and charges for that; output: tokens received, reasoning included; audio_second: seconds of audio.';
COMMENT ON COLUMN headway.model_prices.usd_per_million IS 'US dollars for a million of them.';
COMMENT ON COLUMN headway.model_prices.effective_from IS 'Since when; calls that began before keep the price of then.';
COMMENT ON COLUMN headway.model_prices.is_builtin IS 'Whether headway came with it; those cannot be changed, only outdone.';

-- As they were in August 2026. Some vendors take more for prompts of 200,000 tokens and more, which headway does not send.
INSERT INTO headway.model_prices (provider, model, usage_kind, usd_per_million, effective_from, is_builtin)
SELECT p.provider, p.model, k.kind, k.usd, '2026-01-01 00:00+00', true
FROM (VALUES ('openai', 'gpt-4o', 2.5, 1.25, 10), ('openai', 'gpt-4o-mini', 0.15, 0.075, 0.6), ('openai', 'gpt-4.1', 2, 0.5, 8),
             ('openai', 'gpt-4.1-mini', 0.4, 0.1, 1.6), ('openai', 'gpt-4.1-nano', 0.1, 0.025, 0.4), ('openai', 'o3', 2, 0.5, 8),
             ('openai', 'o4-mini', 1.1, 0.275, 4.4), ('openai', 'gpt-5', 1.25, 0.125, 10), ('openai', 'gpt-5-mini', 0.25, 0.025, 2),
             ('openai', 'gpt-5-nano', 0.05, 0.005, 0.4), ('openai', 'gpt-5.1', 1.25, 0.125, 10), ('openai', 'gpt-5.2', 1.75, 0.175, 14),
             ('openai', 'gpt-5.4', 2.5, 0.25, 15), ('openai', 'gpt-5.4-mini', 0.75, 0.075, 4.5), ('openai', 'gpt-5.4-nano', 0.2, 0.02, 1.25),
             ('openai', 'gpt-5.5', 5, 0.5, 30), ('openai', 'gpt-5.6-sol', 5, 0.5, 30), ('openai', 'gpt-5.6-terra', 2, 0.2, 12), ('openai', 'gpt-5.6-luna', 0.2, 0.02, 1.2),
             ('anthropic', 'claude-haiku-4-5', 1, 0.1, 5), ('anthropic', 'claude-sonnet-4', 3, 0.3, 15), ('anthropic', 'claude-sonnet-4-5', 3, 0.3, 15),
             ('anthropic', 'claude-sonnet-4-6', 3, 0.3, 15), ('anthropic', 'claude-opus-4-5', 5, 0.5, 25), ('anthropic', 'claude-opus-4-6', 5, 0.5, 25),
             ('anthropic', 'claude-opus-4-7', 5, 0.5, 25), ('anthropic', 'claude-opus-4-8', 5, 0.5, 25), ('anthropic', 'claude-opus-5', 5, 0.5, 25),
             ('anthropic', 'claude-sonnet-5', 3, 0.3, 15), ('gemini', 'gemini-3.1-flash-lite', 0.25, 0.025, 1.5), ('gemini', 'gemini-3.5-flash', 1.5, 0.15, 9),
             ('gemini', 'gemini-3.5-flash-lite', 0.3, 0.03, 2.5),
             ('gemini', 'gemini-2.5-pro', 1.25, 0.125, 10), ('gemini', 'gemini-2.5-flash', 0.3, 0.03, 2.5), ('gemini', 'gemini-2.5-flash-lite', 0.1, 0.01, 0.4),
             ('openai', 'text-embedding-3-small', 0.02, NULL, NULL), ('openai', 'text-embedding-3-large', 0.13, NULL, NULL),
             ('gemini', 'gemini-embedding-001', 0.15, NULL, NULL), ('gemini', 'gemini-embedding-2', 0.2, NULL, NULL)) p (provider, model, input, cached, output)
-- Anthropic takes a quarter more for what it keeps for five minutes, which is all that headway has it keep.
CROSS JOIN LATERAL (VALUES ('input', p.input), ('cached_input', p.cached), ('cache_write', CASE p.provider WHEN 'anthropic' THEN p.input * 1.25 END),
                           ('output', p.output)) k (kind, usd)
WHERE k.usd IS NOT NULL;

-- Speech is sold by the minute or the hour. A list of models, the first of which that knows the language is taken, costs what the dearest costs.
INSERT INTO headway.model_prices (provider, model, usage_kind, usd_per_million, effective_from, is_builtin)
SELECT p.provider, p.model, 'audio_second', round(p.usd * 1000000 / p.seconds, 6), '2026-01-01 00:00+00', true
FROM (VALUES ('openai', 'whisper-1', 0.006, 60), ('openai', 'gpt-4o-transcribe', 0.006, 60), ('openai', 'gpt-4o-mini-transcribe', 0.003, 60),
             ('openai', 'gpt-4o-transcribe-diarize', 0.006, 60),
             ('deepgram', 'nova-3', 0.0043, 60), ('deepgram', 'nova-2', 0.0043, 60), ('assemblyai', 'universal', 0.15, 3600),
             -- with 0.02 for telling the speakers apart
             ('assemblyai', 'universal-2', 0.17, 3600), ('assemblyai', 'universal-3-pro', 0.23, 3600), ('assemblyai', 'universal-3-pro,universal-2', 0.23, 3600)) p (provider, model, usd, seconds);

CREATE FUNCTION headway._undated(model text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT regexp_replace(model, '-([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}|latest)$', '')
$$;
COMMENT ON FUNCTION headway._undated(text) IS 'Private. A model''s name without the date of its release.';
