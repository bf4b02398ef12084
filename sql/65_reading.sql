-- Reading: what a model's answers about conversations change.

CREATE FUNCTION headway._record_calls(w uuid, calls jsonb) RETURNS SETOF uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
    SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    given jsonb[] := ARRAY(SELECT g.value -> 'call' FROM jsonb_array_elements(calls) WITH ORDINALITY g (value, n) ORDER BY g.n);
    logs  headway.llm_calls[] := ARRAY(SELECT jsonb_populate_record(NULL::headway.llm_calls, g.made -> 'call' || jsonb_build_object('id', gen_random_uuid(), 'task_id', g.made -> 'task'))
                                       FROM jsonb_array_elements(calls) WITH ORDINALITY g (made, n) ORDER BY g.n);
    costs numeric[] := headway._costs(logs);
    kept  headway._answers[];
BEGIN
    -- A call is logged whoever holds its task now: it has been made.
    WITH told AS MATERIALIZED (
        SELECT c.*, costs[c.ordinality] AS cost, CASE WHEN costs[c.ordinality] IS NULL THEN (
                   SELECT r.usd FROM headway._reservations r
                   WHERE r.workspace_id = w AND r.id = (given[c.ordinality] ->> 'reservation')::uuid) END AS assumed, t.run_id AS run, t.attempts, t.message_id AS message
        FROM unnest(logs) WITH ORDINALITY c
        LEFT JOIN LATERAL (SELECT s.run_id, s.attempts, s.message_id FROM headway.tasks s WHERE s.workspace_id = w AND s.id = c.task_id OFFSET 0) t ON true
    ), logged AS (
        INSERT INTO headway.llm_calls AS l (workspace_id, started_at, id, run_id, task_id, message_id, purpose, provider, request_model, response_model,
            attempt, input_tokens, output_tokens, cached_tokens, reasoning_tokens, audio_seconds, cost_usd, latency_ms, status, http_status, error,
            finish_reason, request_id, prompt_id, quotes_total, quotes_verified, cache_hit, cache_write_tokens, assumed_usd)
        SELECT w, c.started_at, c.id, c.run, c.task_id, c.message, c.purpose, c.provider, c.request_model, c.response_model,
               coalesce(c.attempts, 1), c.input_tokens, c.output_tokens, c.cached_tokens, c.reasoning_tokens, c.audio_seconds, c.cost, c.latency_ms,
               c.status, c.http_status, c.error, c.finish_reason, c.request_id, c.prompt_id, c.quotes_total, c.quotes_verified, coalesce(c.cache_hit, false), c.cache_write_tokens, c.assumed
        FROM told c
    )
    SELECT array_agg((w, decode(k.kept ->> 'key', 'hex'), NULL, c.message, c.response_model, k.kept ->> 'text')::headway._answers) INTO kept
    FROM told c CROSS JOIN LATERAL (SELECT given[c.ordinality] -> 'kept' AS kept) k WHERE k.kept IS NOT NULL;
    PERFORM headway._spend(w, p.reservations, p.costs)
    FROM (SELECT array_agg((given[c.ordinality] ->> 'reservation')::uuid ORDER BY c.ordinality) AS reservations, array_agg(costs[c.ordinality] ORDER BY c.ordinality) AS costs
          FROM unnest(logs) WITH ORDINALITY c WHERE c.provider <> 'builtin') p
    WHERE p.costs IS NOT NULL;
    PERFORM headway._keep_answers(w, kept) WHERE kept IS NOT NULL;
    UPDATE headway.tasks s SET reply = (o.kept -> 'reply')
        || jsonb_build_object('call_id', logs[g.n].id, 'started_at', g.made #> '{call,started_at}', 'prompt_id', g.made #> '{call,prompt_id}')
    FROM jsonb_array_elements(calls) WITH ORDINALITY g (made, n)
    CROSS JOIN LATERAL (SELECT g.made UNION ALL SELECT e.value FROM jsonb_array_elements(g.made -> 'others') e) o (kept)
    WHERE s.workspace_id = w AND s.id = (o.kept ->> 'task')::bigint AND s.token = (o.kept ->> 'token')::bigint AND s.worker_id IS NOT NULL
      AND jsonb_typeof(o.kept -> 'reply') = 'object';
    RETURN QUERY SELECT c.id FROM unnest(logs) WITH ORDINALITY c ORDER BY c.ordinality;
END $$;
COMMENT ON FUNCTION headway._record_calls(uuid, jsonb) IS
'Private. Logs exchanges with models, [{task, token, call, reply, others: [{task, token, reply}]}], with what they cost, and keeps each answer, or each task''s part of one, with its task until that is settled. A call may name its reservation, and an answer to be kept for who asks the same again, {key, text}. Gives the calls'' ids in their order.';

CREATE FUNCTION headway._themes(w uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    has_rest boolean := (SELECT s.uses_default_theme FROM headway.workspaces s WHERE s.id = w);
BEGIN
    RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object('id', h.id, 'name', h.name, 'description', h.description, 'takes_rest', has_rest AND h.is_default)
                                      ORDER BY h.sort_order, h.name), '[]')
            FROM headway.themes h WHERE h.workspace_id = w);
END $$;
COMMENT ON FUNCTION headway._themes(uuid) IS
'Private. A workspace''s themes as a model is told of them, [{id, name, description}], and whether what fits none goes there, takes_rest.';

CREATE FUNCTION headway._reading_rules(w uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN jsonb_build_object('threshold', headway._setting(w, 'theme_confidence')::real, 'chunk_tokens', headway._setting(w, 'chunk_tokens')::int,
                              'min_relevance', headway._setting(w, 'min_relevance')::real,
                              'provider', headway._provider(w, 'extract'));
END $$;
COMMENT ON FUNCTION headway._reading_rules(uuid) IS 'Private. How conversations are read in a workspace: {threshold, chunk_tokens, min_relevance, provider}.';

CREATE FUNCTION headway._told_customer(w uuid, customer uuid, ref text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    c headway._customer;
BEGIN
    IF customer IS NOT NULL THEN
        RETURN (SELECT headway._customer_line(s.name, s.mrr) FROM headway.customers s WHERE s.workspace_id = w AND s.id = customer);
    END IF;
    c := headway._find_customer(w, ref);
    RETURN headway._customer_line(c.name, c.mrr);
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;  -- a table of the app's that is gone must not keep a conversation from being read
END $$;
COMMENT ON FUNCTION headway._told_customer(uuid, uuid, text) IS 'Private. What a model is told of a conversation''s customer.';

CREATE FUNCTION headway._insiders(metadata jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_agg(p -> 'speaker'), '[]')
            FROM jsonb_array_elements(CASE jsonb_typeof(metadata -> 'parties') WHEN 'array' THEN metadata -> 'parties' ELSE '[]' END) p
            WHERE p ->> 'affiliation' = 'internal' AND jsonb_typeof(p -> 'speaker') = 'string');
END $$;
COMMENT ON FUNCTION headway._insiders(jsonb) IS 'Private. The speakers of a message who belong to the company itself, by its metadata.';

CREATE FUNCTION headway._input_extracts(w uuid, keys jsonb) RETURNS SETOF jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
    SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    workspace_language text := headway._workspace_language(w);
BEGIN
    RETURN NEXT headway._reading_rules(w) || jsonb_build_object('themes', headway._themes(w));
    RETURN QUERY
    SELECT CASE WHEN m.id IS NOT NULL THEN jsonb_build_object(
        'title', m.title,
        'language', coalesce(m.language, workspace_language),
        'title_language', workspace_language,
        'prompt', (SELECT to_jsonb(p) FROM headway.prompts p WHERE p.id = (m.payload ->> 'prompt_id')::uuid),
        'medium', m.metadata ->> 'medium',
        'turns', coalesce(m.turns, headway._turns(m.content)),
        -- (spares most conversations a call)
        'insiders', CASE WHEN m.metadata ? 'parties' THEN headway._insiders(m.metadata) ELSE '[]' END,
        'customer', CASE WHEN coalesce(m.customer_id, r.customer_id) IS NOT NULL OR coalesce(m.customer_ref, r.customer_ref) IS NOT NULL
                         THEN headway._told_customer(w, coalesce(m.customer_id, r.customer_id), coalesce(m.customer_ref, r.customer_ref)) END,
        'again', m.payload -> 'again',
        'reply', m.reply) END
    FROM jsonb_array_elements(keys) WITH ORDINALITY k (key, n)
    LEFT JOIN LATERAL (
        SELECT s.*, t.reply, t.payload FROM headway.tasks t JOIN headway.messages s ON s.workspace_id = w AND s.id = coalesce(t.message_id, (t.payload ->> 'reads')::uuid)
        WHERE t.workspace_id = w AND t.id = (k.key ->> 'task')::bigint AND t.token = (k.key ->> 'token')::bigint AND t.worker_id IS NOT NULL OFFSET 0) m ON true
    LEFT JOIN LATERAL (SELECT s.customer_id, s.customer_ref FROM headway.recordings s WHERE s.workspace_id = w AND s.message_id = m.id LIMIT 1) r ON true
    ORDER BY k.n;
END $$;
COMMENT ON FUNCTION headway._input_extracts(uuid, jsonb) IS
'Private. What reading messages needs, for tasks [{task, token}]: first what all have in common, {themes, threshold, chunk_tokens, min_relevance, provider}, then each task''s conversation with the model''s answer if it has come already, and its own prompt if it is to be read with another than the active one; NULL where somebody else holds the task.';

CREATE FUNCTION headway._ended_messages(w uuid, messages uuid[]) RETURNS uuid[]
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
    RETURN ARRAY(SELECT DISTINCT m FROM unnest(messages) m WHERE NOT EXISTS (
        SELECT FROM headway.tasks t WHERE t.workspace_id = w AND t.message_id = m AND t.state IN ('queued', 'running', 'failed') OFFSET 0));
END $$;
COMMENT ON FUNCTION headway._ended_messages(uuid, uuid[]) IS 'Private. Those of some messages about which no task is yet to be done.';

CREATE FUNCTION headway._settle_extracts(w uuid, answers jsonb) RETURNS bigint[]
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
    SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    held   headway.tasks[] := headway._hold_all(w, answers);
    moment timestamptz := clock_timestamp();
    ended  uuid[];
    f      jsonb;
    t      headway.tasks;
BEGIN
    FOR t IN SELECT h.* FROM unnest(held) h WHERE h.payload ? 'again' LOOP
        answers := jsonb_set(answers, ARRAY[t.id::text, 'found'], headway._reread(t, answers #> ARRAY[t.id::text, 'found']));
    END LOOP;
    PERFORM headway._retell_moods(w, x.moods) FROM (
        SELECT jsonb_object_agg(h.message_id, answers #> ARRAY[h.id::text, 'found', 'insights', 'sentiment', 'score']) AS moods
        FROM unnest(held) h WHERE h.payload ? 'again' AND h.message_id IS NOT NULL) x WHERE x.moods IS NOT NULL;
    -- Only of answers that an earlier attempt was given: the others come with their counts (_record_calls).
    FOR f IN SELECT x.found FROM unnest(held) h CROSS JOIN LATERAL (SELECT answers #> ARRAY[h.id::text, 'found'] AS found) x WHERE x.found ? 'call_id' LOOP
        UPDATE headway.llm_calls c SET quotes_total = (f ->> 'quotes_total')::int, quotes_verified = (f ->> 'quotes_verified')::int
        WHERE c.workspace_id = w AND c.started_at = (f ->> 'call_started_at')::timestamptz AND c.id = (f ->> 'call_id')::uuid;
    END LOOP;
    INSERT INTO headway.unmatched_features (workspace_id, message_id, title, description, type, urgency, proposed_theme,
                                            theme_confidence, reason, quote)
    SELECT w, h.message_id, u.title, coalesce(u.description, ''), u.type, u.urgency, u.proposed_theme, u.theme_confidence, u.reason, u.quote
    FROM unnest(held) h
    CROSS JOIN LATERAL jsonb_populate_recordset(NULL::headway.unmatched_features, answers #> ARRAY[h.id::text, 'found', 'unmatched']) u;
    PERFORM headway._log(w, h.run_id, h.id, 'warning', 'something was left out in reading', x.problems)
    FROM unnest(held) h CROSS JOIN LATERAL (SELECT answers #> ARRAY[h.id::text, 'found', 'problems'] AS problems) x WHERE x.problems <> '[]';
    PERFORM headway._enqueue(w, i.run_id, 'match', i.payloads, run_priority => 3) FROM (
        SELECT h.run_id, jsonb_agg(jsonb_build_object('message_id', h.message_id, 'item', g.item) ORDER BY h.id, g.n) AS payloads
        FROM unnest(held) h CROSS JOIN LATERAL jsonb_array_elements(answers #> ARRAY[h.id::text, 'found', 'items']) WITH ORDINALITY g (item, n)
        GROUP BY h.run_id) i;
    PERFORM headway._finish_all(w, held);
    ended := headway._ended_messages(w, ARRAY(SELECT h.message_id FROM unnest(held) h WHERE h.message_id IS NOT NULL));
    UPDATE headway.messages m SET ai_insights = x.found -> 'insights', relevance = (x.found ->> 'relevance')::real,
        is_processed = x.ended, processed_at = CASE WHEN x.ended THEN moment END
    FROM (SELECT h.message_id, answers #> ARRAY[h.id::text, 'found'] AS found, h.message_id = ANY (ended) AS ended FROM unnest(held) h) x
    WHERE m.workspace_id = w AND m.id = x.message_id;
    PERFORM headway._count_processed(w, h.run_id, array_agg(h.message_id)) FROM unnest(held) h
    WHERE h.message_id = ANY (ended) AND NOT answers #> ARRAY[h.id::text, 'found'] ? 'skipped' GROUP BY h.run_id;
    PERFORM headway._move_items(w, h.run_id, headway._items_of(w, h.run_id, h.message_id), 'skipped',
                                format('%s (relevance %s)', f.found ->> 'skipped', f.found ->> 'relevance'))
    FROM unnest(held) h CROSS JOIN LATERAL (SELECT answers #> ARRAY[h.id::text, 'found'] AS found) f WHERE f.found ? 'skipped';
    RETURN ARRAY(SELECT h.id FROM unnest(held) h);
END $$;
COMMENT ON FUNCTION headway._settle_extracts(uuid, jsonb) IS
'Private. What was found in messages, {task: {token, found}}, is stored; each item with a theme and a verified quote goes on to matching. Those that no model was paid for count as skipped, with the reason. Gives the tasks that were still held; of others nothing is taken.';

CREATE FUNCTION headway._count_processed(w uuid, run uuid, messages uuid[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    PERFORM headway._move_items(w, run, ARRAY(SELECT i.external_id FROM headway.run_items i
        WHERE i.workspace_id = w AND i.run_id = run AND i.message_id = ANY (messages)), 'processed');
END $$;
COMMENT ON FUNCTION headway._count_processed(uuid, uuid, uuid[]) IS 'Private. Messages of a run are processed: so are the records behind them.';

CREATE FUNCTION headway._end_messages(w uuid, run uuid, messages uuid[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    ended  uuid[] := headway._ended_messages(w, messages);
BEGIN
    UPDATE headway.messages m SET is_processed = true, processed_at = moment
    WHERE m.workspace_id = w AND m.id = ANY (ended) AND NOT m.is_processed;
    PERFORM headway._count_processed(w, run, ended);
END $$;
COMMENT ON FUNCTION headway._end_messages(uuid, uuid, uuid[]) IS
'Private. Marks those messages of a run as processed about which nothing is outstanding.';
