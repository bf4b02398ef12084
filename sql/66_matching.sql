-- Matching: from an item to a feature.

CREATE FUNCTION headway._candidates(w uuid, theme uuid, item_type text, since bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object('id', f.id, 'title', f.name, 'description', f.description) ORDER BY f.theme_seq), '[]')
            FROM headway.features f
            WHERE f.workspace_id = w AND f.theme_id = theme AND f.type = item_type AND f.theme_seq > since);
END $$;
COMMENT ON FUNCTION headway._candidates(uuid, uuid, text, bigint) IS
'Private. The features of a theme and type that changed after the theme''s feature_seq since.';

CREATE FUNCTION headway._match_case(w uuid, item jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    theme uuid := (item ->> 'theme_id')::uuid;
    seen  bigint;
BEGIN
    -- The number first: a feature that appears in between is then seen twice, not missed.
    seen := (SELECT h.feature_seq FROM headway.themes h WHERE h.workspace_id = w AND h.id = theme);
    RETURN headway._closest(w, item) || jsonb_build_object(
        'item', item, 'seen', coalesce(seen, 0), 'scope', CASE WHEN headway._pgvector() IS NOT NULL THEN jsonb_build_object('type', item -> 'type', 'theme_id', theme) END,
        'language', (SELECT s.language FROM headway.workspaces s WHERE s.id = w),
        'threshold', headway._setting(w, 'match_confidence')::real,
        'provider', headway._provider(w, 'match'),
        'embedding', CASE WHEN NOT headway._embedding_rests(w) THEN headway._embedding(w) END,
        'shortlist_size', headway._setting(w, 'shortlist_size')::int);
END $$;
COMMENT ON FUNCTION headway._match_case(uuid, jsonb) IS
'Private. What a decision needs: the item, the features that it is closest to, where others may be sought, and how far into the theme''s history they reach.';

CREATE FUNCTION headway._match_case_of(w uuid, message uuid, item jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    matter jsonb := headway._match_case(w, item);
BEGIN
    RETURN matter || jsonb_build_object('candidates', headway._proposable(w, message, matter -> 'candidates'),
                                        'scope', nullif(matter -> 'scope', 'null') || jsonb_build_object('message_id', message));
END $$;
COMMENT ON FUNCTION headway._match_case_of(uuid, uuid, jsonb) IS
'Private. What a decision about an item of a message needs, as _match_case() gives it, without what people have said it is not.';

CREATE FUNCTION headway._take_ticket(w uuid, task bigint, item jsonb) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    theme uuid := (item ->> 'theme_id')::uuid;
    mine  bigint;
BEGIN
    -- The theme's lock orders the tickets; whoever settles holds it too.
    UPDATE headway.themes h SET feature_seq = h.feature_seq + 1 WHERE h.workspace_id = w AND h.id = theme RETURNING h.feature_seq INTO mine;
    IF mine IS NOT NULL THEN
        INSERT INTO headway._judging AS j (workspace_id, task_id, theme_id, type, ticket, shown)
        VALUES (w, task, theme, item ->> 'type', mine, jsonb_build_object('title', item -> 'title', 'description', coalesce(item -> 'description', '""'),
                                                                          'quotes', jsonb_path_query_array(item, '$.quote')))
        -- Who is judged again keeps its place: others may be waiting for it, and it must not come to wait for them.
        ON CONFLICT (workspace_id, task_id) DO UPDATE SET feature_id = NULL, created = false RETURNING j.ticket INTO mine;
    END IF;
    RETURN mine;
END $$;
COMMENT ON FUNCTION headway._take_ticket(uuid, bigint, jsonb) IS
'Private. Enters an item among those that are being judged, and locks its theme; its place in their order, NULL when the theme is gone.';

CREATE FUNCTION headway._undecided(w uuid, item jsonb, before bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_agg(j.shown || jsonb_build_object('id', 'task:' || j.task_id) ORDER BY j.ticket), '[]')
            FROM headway._judging j
            WHERE j.workspace_id = w AND j.theme_id = (item ->> 'theme_id')::uuid AND j.type = item ->> 'type' AND j.feature_id IS NULL AND j.ticket < before
              AND EXISTS (SELECT FROM headway.tasks t WHERE t.workspace_id = w AND t.id = j.task_id AND t.state NOT IN ('done', 'cancelled')));
END $$;
COMMENT ON FUNCTION headway._undecided(uuid, jsonb, bigint) IS
'Private. The items of an item''s theme and type that are judged at the same time and came first, or have failed and may be tried again: it may be the same as one of them.';

CREATE FUNCTION headway._is_underway(w uuid, task bigint) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN EXISTS (SELECT FROM headway.tasks t WHERE t.workspace_id = w AND t.id = task AND (t.state = 'queued' OR t.worker_id IS NOT NULL));
END $$;
COMMENT ON FUNCTION headway._is_underway(uuid, bigint) IS 'Private. Whether a task is yet to be done, by a worker that has it or by a later one.';

CREATE FUNCTION headway._joint(t headway.tasks, provider jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w     uuid := t.workspace_id;
    items int;
    many  headway.prompts;
BEGIN
    -- What has failed, or lost its worker twice, is asked about alone: the others may have been the reason. Being told to wait is no failure.
    IF jsonb_typeof(provider) <> 'object' OR t.attempts > 2 OR coalesce(t.error ->> 'kind', 'busy') NOT IN ('busy', 'rate_limited', 'over_budget') THEN
        RETURN NULL;
    END IF;
    items := headway._setting(w, 'items_per_question')::int;
    many := headway._prompt(w, 'match_many');
    -- Who has a prompt of their own for one item has told what counts: the default for several would not know it.
    IF items <= 1 OR many.id IS NULL OR provider #>> '{prompt,workspace_id}' IS NOT NULL AND many.workspace_id IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN jsonb_build_object('provider', provider || jsonb_build_object('prompt', to_jsonb(many)), 'items', items,
                              'tokens', headway._setting(w, 'chunk_tokens')::int);
END $$;
COMMENT ON FUNCTION headway._joint(headway.tasks, jsonb) IS
'Private. Who judges the item of a task together with others of its message where provider judges one, {provider, items: how many at most, tokens: of the whole question}; NULL when it is asked about alone.';

CREATE FUNCTION headway._input_match(w uuid, task bigint, fence bigint) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t      headway.tasks := headway._hold(w, task, fence);
    item   jsonb := t.payload -> 'item';
    ticket bigint;
    matter jsonb;
BEGIN
    IF t.id IS NULL THEN
        RETURN NULL;
    END IF;
    ticket := headway._take_ticket(w, task, item);
    matter := headway._match_case_of(w, t.message_id, item);
    RETURN matter || jsonb_build_object('reply', t.reply, 'undecided', headway._undecided(w, item, ticket), 'joint', CASE WHEN t.reply IS NULL THEN headway._joint(t, matter -> 'provider') END);
END $$;
COMMENT ON FUNCTION headway._input_match(uuid, bigint, bigint) IS
'Private. What the decision of a task needs, the undecided items that it may be the same as, who may judge it with others, and the model''s answer if it has come already.';

CREATE FUNCTION headway._feature_quotes(w uuid, features jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_object_agg(f.id, q.quotes), '{}') FROM jsonb_array_elements_text(features) f (id)
            CROSS JOIN LATERAL (
                SELECT coalesce(jsonb_agg(latest.quote), '[]') AS quotes FROM (
                    SELECT m.quote FROM headway.feature_messages m
                    WHERE m.workspace_id = w AND m.feature_id = f.id::uuid AND m.quote IS NOT NULL
                    ORDER BY m.created_at DESC, m.message_id LIMIT 5) latest) q);
END $$;
COMMENT ON FUNCTION headway._feature_quotes(uuid, jsonb) IS 'Private. {feature id: [its latest five quotes]} for an array of features.';

CREATE FUNCTION headway._create_feature(w uuid, theme uuid, item jsonb) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    seq     bigint;
    feature uuid;
BEGIN
    UPDATE headway.themes h SET feature_seq = h.feature_seq + 1 WHERE h.workspace_id = w AND h.id = theme RETURNING h.feature_seq INTO seq;
    INSERT INTO headway.features AS f (workspace_id, theme_id, name, description, type, urgency, founded_urgency, theme_seq)
    VALUES (w, theme, item ->> 'title', coalesce(item ->> 'description', ''), item ->> 'type', item ->> 'urgency', item ->> 'urgency', seq)
    RETURNING f.id INTO feature;
    PERFORM headway._keep_embedding_of(w, item);
    RETURN feature;
END $$;
COMMENT ON FUNCTION headway._create_feature(uuid, uuid, jsonb) IS 'Private. Makes a feature of an item; its theme is locked.';

CREATE FUNCTION headway._appeared(w uuid, theme uuid, item_type text, since bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    -- What was judged side by side with an item has been compared with it, by whichever of the two came second.
    RETURN (SELECT coalesce(jsonb_agg(c.feature ORDER BY c.place), '[]')
            FROM jsonb_array_elements(headway._candidates(w, theme, item_type, since)) WITH ORDINALITY c (feature, place)
            WHERE NOT EXISTS (SELECT FROM headway._judging j WHERE j.workspace_id = w AND j.feature_id = (c.feature ->> 'id')::uuid AND j.created));
END $$;
COMMENT ON FUNCTION headway._appeared(uuid, uuid, text, bigint) IS
'Private. The features of a theme and type that came since, and that nobody has compared an item under judgement with.';

CREATE FUNCTION headway._apply_decision(w uuid, message uuid, item jsonb, answer jsonb, prompt uuid, task bigint DEFAULT NULL) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    links    boolean := answer ->> 'outcome' = 'linked';
    named    uuid := (answer ->> 'matching_feature_id')::uuid;
    theme    uuid := (item ->> 'theme_id')::uuid;
    target   uuid;
    seen     bigint := (answer ->> 'seen')::bigint;
    now_seq  bigint;
    other    headway._judging;
    appeared jsonb;
    decision uuid := gen_random_uuid();
BEGIN
    IF theme IS NULL AND links THEN
        theme := (SELECT f.theme_id FROM headway.features f WHERE f.workspace_id = w AND f.id = named);
    END IF;
    SELECT h.feature_seq INTO now_seq FROM headway.themes h WHERE h.workspace_id = w AND h.id = theme FOR NO KEY UPDATE;
    IF now_seq IS NULL THEN
        RETURN jsonb_build_object('no_theme', true);
    END IF;
    IF answer ? 'matching_task' THEN  -- the same as an item that was judged at the same time
        SELECT * INTO other FROM headway._judging j WHERE j.workspace_id = w AND j.task_id = (answer ->> 'matching_task')::bigint;
        IF answer ->> 'outcome' <> 'created' AND other.feature_id IS NULL AND headway._is_underway(w, other.task_id) THEN
            RETURN jsonb_build_object('waits_for', other.task_id);
        END IF;
        named := other.feature_id;
    END IF;
    IF links THEN
        target := headway._heir(w, named, theme);
    END IF;
    -- Something changed while the judge was thinking: a feature appeared that may be the same, or the one it chose
    -- is gone. The decision is asked again about what is new alone.
    appeared := headway._proposable(w, message, CASE WHEN NOT links AND task IS NULL THEN headway._candidates(w, theme, item ->> 'type', seen)
                     WHEN NOT links THEN headway._appeared(w, theme, item ->> 'type', seen)
                     WHEN target IS NULL THEN headway._closest(w, item || jsonb_build_object('theme_id', theme)) -> 'candidates' END);
    IF links AND target IS NULL OR appeared <> '[]' THEN
        RETURN jsonb_build_object('seen', now_seq, 'appeared', appeared);
    END IF;
    IF NOT links THEN
        target := headway._create_feature(w, theme, item);
    END IF;
    INSERT INTO headway.match_decisions (workspace_id, id, message_id, title, description, theme_id, shortlist, is_duplicate,
        matching_feature_id, confidence, reasoning, threshold, outcome, decided_by, llm_call_id, feature_id, prompt_id)
    VALUES (w, decision, message, item ->> 'title', coalesce(item ->> 'description', ''), theme, answer -> 'shortlist',
        (answer ->> 'is_duplicate')::boolean, named, (answer ->> 'confidence')::real,
        answer ->> 'reasoning', (answer ->> 'threshold')::real, answer ->> 'outcome', answer ->> 'decided_by',
        (answer ->> 'call_id')::uuid, target, prompt);
    UPDATE headway._judging j SET feature_id = target, created = NOT links WHERE j.workspace_id = w AND j.task_id = task;
    RETURN jsonb_build_object('feature', target, 'created', NOT links,
        'mentioned', headway._mention(w, target, message, decision, item, CASE WHEN links THEN (answer ->> 'confidence')::real END));
END $$;
COMMENT ON FUNCTION headway._apply_decision(uuid, uuid, jsonb, jsonb, uuid, bigint) IS
'Private. Applies a decision under the theme''s lock: links the item or creates the feature, {feature, created, mentioned}. Changes nothing and answers {seen, appeared} when features appeared that the judge has not seen, {waits_for} when it is the same as an item that is undecided, {no_theme} when there is no theme for a new one.';

CREATE FUNCTION headway._settle_match(w uuid, task bigint, fence bigint, answer jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t       headway.tasks := headway._hold(w, task, fence);
    item    jsonb := t.payload -> 'item';
    outcome jsonb;
BEGIN
    IF t.id IS NULL THEN
        RETURN jsonb_build_object('stale', true);
    END IF;
    outcome := headway._apply_decision(w, t.message_id, item, answer,
                                       CASE WHEN t.reply ->> 'call_id' = answer ->> 'call_id' THEN (t.reply ->> 'prompt_id')::uuid END, task);
    IF outcome ?| '{appeared,waits_for}' THEN
        RETURN outcome;
    ELSIF outcome ? 'no_theme' THEN
        INSERT INTO headway.unmatched_features (workspace_id, message_id, title, description, type, urgency, theme_confidence, reason, quote)
        VALUES (w, t.message_id, item ->> 'title', coalesce(item ->> 'description', ''), item ->> 'type', item ->> 'urgency',
                (item ->> 'theme_confidence')::real, 'no_theme', item ->> 'quote');
    ELSIF (outcome -> 'mentioned')::boolean THEN
        UPDATE headway.runs r SET features_created = r.features_created + (outcome -> 'created')::boolean::int,
                                  features_matched = r.features_matched + (NOT (outcome -> 'created')::boolean)::int
        WHERE r.workspace_id = w AND r.id = t.run_id;
    END IF;
    PERFORM headway._finish(t);
    PERFORM headway._end_messages(w, t.run_id, ARRAY[t.message_id]);
    RETURN outcome;
END $$;
COMMENT ON FUNCTION headway._settle_match(uuid, bigint, bigint, jsonb) IS
'Private. Applies a decision and ends its task; or answers {seen, appeared} or {waits_for}, as _apply_decision() does, and changes nothing.';
