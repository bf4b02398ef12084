-- Leave to ask a model: a stored answer to the same question, or a reservation of what asking may cost.

CREATE TABLE headway._answers (
    workspace_id uuid NOT NULL REFERENCES headway.workspaces (id) ON DELETE CASCADE,
    key          bytea NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    message_id   uuid,
    model        text,
    text         text NOT NULL,
    PRIMARY KEY (workspace_id, key)
);
COMMENT ON TABLE headway._answers IS 'Private. Answers of models that could be used, for headway.answer_retention: who asks the same again pays nothing. May be emptied at any time.';
COMMENT ON COLUMN headway._answers.workspace_id IS 'The workspace that asked; no other one is given its answers.';
COMMENT ON COLUMN headway._answers.key IS 'SHA-256 of provider, settings, prompt and question.';
COMMENT ON COLUMN headway._answers.created_at IS 'When it came.';
COMMENT ON COLUMN headway._answers.message_id IS 'The message that it is about, for erasing it with that; not a foreign key.';
COMMENT ON COLUMN headway._answers.model IS 'The model that gave it.';
COMMENT ON COLUMN headway._answers.text IS 'The answer.';
CREATE INDEX _answers_created ON headway._answers (workspace_id, created_at);
COMMENT ON INDEX headway._answers_created IS 'What the tick purges.';
CREATE INDEX _answers_message ON headway._answers (workspace_id, message_id) WHERE message_id IS NOT NULL;
COMMENT ON INDEX headway._answers_message IS 'The answers about a message.';

CREATE FUNCTION headway._answer_retention(w uuid) RETURNS interval
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN make_interval(mins => headway._setting(w, 'answer_retention')::int);
END $$;
COMMENT ON FUNCTION headway._answer_retention(uuid) IS 'Private. How long a workspace keeps answers; 0 when it keeps none.';

CREATE FUNCTION headway._keep_answers(w uuid, answers headway._answers[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    -- Of a workspace that the asking session has not committed yet, nobody else can keep anything.
    IF headway._answer_retention(w) > interval '0' AND EXISTS (SELECT FROM headway.workspaces s WHERE s.id = w) THEN
        INSERT INTO headway._answers (workspace_id, key, created_at, message_id, model, text)
        SELECT DISTINCT ON (a.key) w, a.key, moment, a.message_id, a.model, a.text FROM unnest(answers) a ORDER BY a.key
        ON CONFLICT (workspace_id, key) DO UPDATE SET created_at = excluded.created_at, message_id = excluded.message_id, model = excluded.model, text = excluded.text;
    END IF;
END $$;
COMMENT ON FUNCTION headway._keep_answers(uuid, headway._answers[]) IS 'Private. Keeps answers of models for who asks the same again.';

CREATE FUNCTION headway._unknown_price(wanted jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT jsonb_build_object('message', 'a budget is set, and the price of the model is not known', 'detail', format('It is %s of %s.', wanted ->> 'model', wanted ->> 'provider'),
        'hint', 'Tell it with INSERT INTO headway.model_prices (provider, model, usage_kind, usd_per_million) VALUES ..., or end the budget: headway_set_budget(period, NULL).',
        'retry_after', 300)
$$;
COMMENT ON FUNCTION headway._unknown_price(jsonb) IS 'Private. Why a call whose price is not known does not fit into any budget.';

CREATE FUNCTION headway._leaves(w uuid, wanted jsonb) RETURNS SETOF jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    oldest   timestamptz := clock_timestamp() - headway._answer_retention(w);
    budgeted boolean;
    costs    numeric[];
    one      jsonb;
    n        int;
    known    jsonb;
BEGIN
    FOR one, n IN SELECT e.value, e.n FROM jsonb_array_elements(wanted) WITH ORDINALITY e (value, n) LOOP
        -- OFFSET 0: by its key, whatever the plan that is made while there are few.
        known := (SELECT jsonb_build_object('answer', a.text, 'model', a.model)
                  FROM (SELECT s.* FROM headway._answers s WHERE s.workspace_id = w AND s.key = decode(one ->> 'key', 'hex') OFFSET 0) a WHERE a.created_at > oldest);
        IF known IS NULL THEN
            IF budgeted IS NULL THEN
                budgeted := EXISTS (SELECT FROM headway._hold_budgets(w));
                costs := CASE WHEN budgeted THEN headway._most_costs(wanted) END;
            END IF;
            known := CASE WHEN NOT budgeted THEN '{}' WHEN costs[n] IS NULL THEN jsonb_build_object('refusal', headway._unknown_price(one))
                          ELSE headway._reserve(w, costs[n], make_interval(secs => (one ->> 'longest')::int)) END;
        END IF;
        RETURN NEXT known;
    END LOOP;
END $$;
COMMENT ON FUNCTION headway._leaves(uuid, jsonb) IS
'Private. Whether calls may be made, [{provider, model, input_tokens, output_tokens, audio_seconds, longest (seconds), key (hex or null)}]: for each {answer, model}, a stored one; {reservation}, or nothing, when it may; {refusal} when no budget has room for it.';
