-- Reading: what a model's answers about conversations change.

-- What workers do for many tasks at once goes from key to key, never through a table: a plan that is made
-- while a table is small must still be right when it has grown, so these functions allow no other. That a
-- task runs is asked as "it has a worker" here, or the small index of running tasks would look like the
-- shortest way to each of them.

CREATE FUNCTION headway._record_calls(w uuid, calls jsonb) RETURNS SETOF uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    ids uuid[] := ARRAY(SELECT gen_random_uuid() FROM jsonb_array_elements(calls));
BEGIN
    -- A call is logged whoever holds its task now: it has been made.
    INSERT INTO headway.llm_calls (workspace_id, started_at, id, run_id, task_id, purpose, provider, request_model, response_model,
        attempt, input_tokens, output_tokens, cached_tokens, reasoning_tokens, cost_usd, latency_ms, status, http_status, error,
        finish_reason, request_id, prompt_id)
    SELECT w, (g.made #>> '{call,started_at}')::timestamptz, ids[g.n], t.run_id, (g.made ->> 'task')::bigint, c.purpose, c.provider,
           c.request_model, c.response_model, coalesce(t.attempts, 1), c.input_tokens, c.output_tokens, c.cached_tokens, c.reasoning_tokens,
           c.cost_usd, c.latency_ms, c.status, c.http_status, c.error, c.finish_reason, c.request_id, c.prompt_id
    FROM jsonb_array_elements(calls) WITH ORDINALITY g (made, n)
    CROSS JOIN LATERAL jsonb_populate_record(NULL::headway.llm_calls, g.made -> 'call') c
    LEFT JOIN LATERAL (SELECT s.run_id, s.attempts FROM headway.tasks s WHERE s.workspace_id = w AND s.id = (g.made ->> 'task')::bigint OFFSET 0) t ON true;
    UPDATE headway.tasks s SET reply = (g.made -> 'reply')
        || jsonb_build_object('call_id', ids[g.n], 'started_at', g.made #> '{call,started_at}', 'prompt_id', g.made #> '{call,prompt_id}')
    FROM jsonb_array_elements(calls) WITH ORDINALITY g (made, n)
    WHERE s.workspace_id = w AND s.id = (g.made ->> 'task')::bigint AND s.token = (g.made ->> 'token')::bigint AND s.worker_id IS NOT NULL
      AND jsonb_typeof(g.made -> 'reply') = 'object';
    RETURN QUERY SELECT * FROM unnest(ids);
END $$;
COMMENT ON FUNCTION headway._record_calls(uuid, jsonb) IS
'Private. Logs exchanges with models, [{task, token, call, reply}], and keeps each answer with its task until that is settled. Gives the calls'' ids in their order.';

CREATE FUNCTION headway._themes(w uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object('id', h.id, 'name', h.name, 'description', h.description) ORDER BY h.sort_order, h.name), '[]')
            FROM headway.themes h WHERE h.workspace_id = w);
END $$;
COMMENT ON FUNCTION headway._themes(uuid) IS 'Private. A workspace''s themes as a model is told of them: [{id, name, description}].';

CREATE FUNCTION headway._input_extracts(w uuid, keys jsonb) RETURNS SETOF jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    workspace_language text := (SELECT s.language FROM headway.workspaces s WHERE s.id = w);
BEGIN
    RETURN NEXT jsonb_build_object('themes', headway._themes(w), 'threshold', headway._setting(w, 'theme_confidence')::real,
                                   'provider', headway._provider(w, 'extract'));
    RETURN QUERY
    SELECT CASE WHEN m.id IS NOT NULL THEN jsonb_build_object(
        'title', m.title,
        'language', coalesce(m.language, workspace_language),
        'turns', coalesce(m.turns, headway._turns(m.content)),
        'insiders', (SELECT coalesce(jsonb_agg(p -> 'speaker'), '[]')
                     FROM jsonb_array_elements(CASE jsonb_typeof(m.metadata -> 'parties') WHEN 'array' THEN m.metadata -> 'parties' ELSE '[]' END) p
                     WHERE p ->> 'affiliation' = 'internal' AND jsonb_typeof(p -> 'speaker') = 'string'),
        'reply', m.reply) END
    FROM jsonb_array_elements(keys) WITH ORDINALITY k (key, n)
    LEFT JOIN LATERAL (
        SELECT s.*, t.reply FROM headway.tasks t JOIN headway.messages s ON s.workspace_id = w AND s.id = t.message_id
        WHERE t.workspace_id = w AND t.id = (k.key ->> 'task')::bigint AND t.token = (k.key ->> 'token')::bigint AND t.worker_id IS NOT NULL OFFSET 0) m ON true
    ORDER BY k.n;
END $$;
COMMENT ON FUNCTION headway._input_extracts(uuid, jsonb) IS
'Private. What reading messages needs, for tasks [{task, token}]: first what all have in common, {themes, threshold, provider}, then each task''s conversation with the model''s answer if it has come already; NULL where somebody else holds the task.';

CREATE FUNCTION headway._is_outstanding(w uuid, message uuid, but bigint DEFAULT NULL) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN EXISTS (SELECT FROM headway.tasks t WHERE t.workspace_id = w AND t.message_id = message
                   AND t.state IN ('queued', 'running', 'failed') AND t.id IS DISTINCT FROM but);
END $$;
COMMENT ON FUNCTION headway._is_outstanding(uuid, uuid, bigint) IS 'Private. Whether a task about a message is yet to be done, other than one.';

CREATE FUNCTION headway._settle_extracts(w uuid, answers jsonb) RETURNS bigint[]
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    held   headway.tasks[] := headway._hold_all(w, answers);
    t      headway.tasks;
    f      jsonb;
    moment timestamptz := clock_timestamp();
    over   boolean;
BEGIN
    FOREACH t IN ARRAY held LOOP
        f := answers #> ARRAY[t.id::text, 'found'];
        over := f -> 'items' = '[]' AND NOT headway._is_outstanding(w, t.message_id, t.id);
        UPDATE headway.messages m SET ai_insights = f -> 'insights', relevance = (f ->> 'relevance')::real,
            is_processed = over, processed_at = CASE WHEN over THEN moment END
        WHERE m.workspace_id = w AND m.id = t.message_id;
        UPDATE headway.llm_calls c SET quotes_total = (f ->> 'quotes_total')::int, quotes_verified = (f ->> 'quotes_verified')::int
        WHERE c.workspace_id = w AND c.started_at = (f ->> 'call_started_at')::timestamptz AND c.id = (f ->> 'call_id')::uuid;
        IF f -> 'unmatched' <> '[]' THEN
            INSERT INTO headway.unmatched_features (workspace_id, message_id, title, description, type, urgency, proposed_theme,
                                                    theme_confidence, reason, quote)
            SELECT w, t.message_id, u.title, coalesce(u.description, ''), u.type, u.urgency, u.proposed_theme, u.theme_confidence, u.reason, u.quote
            FROM jsonb_populate_recordset(NULL::headway.unmatched_features, f -> 'unmatched') u;
        END IF;
        IF f -> 'problems' <> '[]' THEN
            PERFORM headway._log(w, t.run_id, t.id, 'warning', 'parts of the model''s answer were dropped', f -> 'problems');
        END IF;
        IF f -> 'items' <> '[]' THEN
            PERFORM headway._enqueue(w, t.run_id, 'match', (SELECT jsonb_agg(jsonb_build_object('message_id', t.message_id, 'item', i))
                FROM jsonb_array_elements(f -> 'items') i), run_priority => 3);
        END IF;
    END LOOP;
    PERFORM headway._finish_all(held);
    PERFORM headway._end_messages(w, h.run_id, array_agg(h.message_id)) FROM unnest(held) h GROUP BY h.run_id;
    RETURN ARRAY(SELECT h.id FROM unnest(held) h);
END $$;
COMMENT ON FUNCTION headway._settle_extracts(uuid, jsonb) IS
'Private. What was found in messages, {task: {token, found}}, is stored; each item with a theme and a verified quote goes on to matching. Gives the tasks that were still held; of others nothing is taken.';

CREATE FUNCTION headway._end_messages(w uuid, run uuid, messages uuid[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    ended  uuid[];
BEGIN
    ended := ARRAY(SELECT m FROM unnest(messages) m WHERE NOT headway._is_outstanding(w, m));
    UPDATE headway.messages m SET is_processed = true, processed_at = moment
    WHERE m.workspace_id = w AND m.id = ANY (ended) AND NOT m.is_processed;
    IF ended <> '{}' THEN
        PERFORM headway._move_items(w, run, ARRAY(SELECT i.external_id FROM headway.run_items i
            WHERE i.workspace_id = w AND i.run_id = run AND i.message_id = ANY (ended)), 'processed');
    END IF;
END $$;
COMMENT ON FUNCTION headway._end_messages(uuid, uuid, uuid[]) IS
'Private. Marks those messages of a run as processed about which nothing is outstanding.';
