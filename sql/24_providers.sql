-- The verb that sets a provider, and what workers are told of it.

CREATE FUNCTION headway_set_provider(purpose text, provider text, credentials jsonb DEFAULT '{}', settings jsonb DEFAULT '{}',
                                     workspace text DEFAULT NULL) RETURNS void
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker_secretly';
COMMENT ON FUNCTION headway_set_provider(text, text, jsonb, jsonb, text) IS
'Sets who does something for a workspace, from the next task on. The credentials are sealed at once and never shown again.
Arguments: purpose, llm (who reads conversations and judges matches), llm_fallback (who is asked when that one has failed for good), embedding (who turns features into vectors), speech (who transcribes recordings) or storage (where they are kept); provider, for llm and llm_fallback openai (or any server that speaks its chat completions), anthropic, gemini or builtin, which needs no key and no network, for embedding openai, gemini or builtin, none to have no fallback or no embedding, for speech deepgram, assemblyai, openai or none, for storage filesystem, supabase or s3; credentials, {"api_key": a text, {"env": "VARIABLE"} or {"file": "/path"}}, not needed for a base_url of your own, for supabase {"service_key"}, for s3 {"access_key_id", "secret_access_key"}; settings, {"model" (required), "base_url", "timeout_seconds" (1 to 3600)} and for an llm {"temperature" (0 to 2), "max_output_tokens" (1 to 10000000), "response_format": "json_schema", for openai "json_object" or "text", for anthropic "tool", for gemini "json_object"; for openai "token_limit": "max_completion_tokens" or "max_tokens"}, for an embedding {"dimensions" (1 to 16000)}; for speech {"model", "language", "base_url", "timeout_seconds" (1 to 7200), "send": "bytes" or "url"}, none of them required; for supabase {"base_url" (required)}, for s3 {"region", "endpoint"}; workspace, id or name.
Errors: 8W001 for the workspace, 8W014 for the purpose, the provider or its settings, 8W006 for the credentials'' keys, 8W007 for the keyring file.
Example: SELECT headway_set_provider(''llm'', ''openai'', ''{"api_key": {"env": "OPENAI_API_KEY"}}'', ''{"model": "gpt-4o-mini"}'');';

CREATE FUNCTION headway._set_provider(caller name, purpose text, provider text, credentials jsonb, settings jsonb, workspace text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w     uuid := headway._workspace(caller, workspace);
    given jsonb := coalesce(credentials, '{}');
    setup jsonb;
BEGIN
    setup := headway._provider_setup(coalesce(purpose, ''), coalesce(provider, ''), coalesce(settings, '{}'));
    PERFORM headway._check_credentials(caller, setup -> 'credentials', given, setup -> 'optional');
    DELETE FROM headway._providers p WHERE p.workspace_id = w AND p.purpose = _set_provider.purpose;
    IF NOT (setup -> 'is_default')::boolean THEN
        INSERT INTO headway._providers (workspace_id, purpose, provider, settings)
        VALUES (w, _set_provider.purpose, _set_provider.provider, coalesce(_set_provider.settings, '{}'));
    END IF;
    IF given <> '{}' THEN
        PERFORM headway._store_credentials(w, NULL, setup ->> 'origin', given, purpose);
    END IF;
    IF purpose = 'embedding' THEN
        PERFORM headway._embed_features(w, caller);
    END IF;
END $$;
COMMENT ON FUNCTION headway._set_provider(name, text, text, jsonb, jsonb, text) IS 'Private. Twin of headway_set_provider().';

CREATE FUNCTION headway._provider_of(w uuid, purpose text) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN (SELECT jsonb_build_object('name', p.provider, 'settings', p.settings, 'credentials', CASE WHEN k.id IS NOT NULL THEN headway._sealed(k) END)
            FROM headway._providers p LEFT JOIN headway._credentials k ON k.workspace_id = p.workspace_id AND k.purpose = p.purpose
            WHERE p.workspace_id = w AND p.purpose = _provider_of.purpose);
END $$;
COMMENT ON FUNCTION headway._provider_of(uuid, text) IS
'Private. Who does something for a workspace, {name, settings, credentials: sealed}; NULL for what the purpose has by default.';

CREATE FUNCTION headway._provider(w uuid, prompt_name text) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN headway._provider_of(w, 'llm')
        || jsonb_build_object('prompt', to_jsonb(headway._prompt(w, prompt_name)), 'fallback', headway._provider_of(w, 'llm_fallback'));
END $$;
COMMENT ON FUNCTION headway._provider(uuid, text) IS
'Private. Who answers in a workspace, with the prompt and who answers when that one fails for good; NULL for the built-in provider.';
