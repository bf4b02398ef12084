-- The synchronous verbs: a session asks, a worker of its own talks to the network, the answer comes back as a row.

CREATE FUNCTION headway._inquire(inquiry jsonb) RETURNS jsonb
    LANGUAGE c STRICT
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_inquire';
COMMENT ON FUNCTION headway._inquire(jsonb) IS
'Private. Has a worker answer an inquiry and waits for it: {kind: match, extract, test or sign, workspace, ...}. The worker logs and commits on its own. 8W015 when none can be had, 8W016 when it got no answer.';

CREATE FUNCTION headway_test_connector(connector text, workspace text DEFAULT NULL) RETURNS jsonb
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_test_connector(text, text) IS
'Makes one authenticated request with a connector, the first page of its list for the last day, and says what came of it. Stores nothing; waits for the answer.
Arguments: connector, name or id, switched on or not; workspace, id or name.
Result: {"ok": boolean, "status": the HTTP status or null, "latency_ms": integer, "detail": text}. A vendor that says no is a result, not an error.
Errors: 8W001 for the workspace, 8W005 for the connector, 8W015 when no worker can be started.
Example: SELECT headway_test_connector(''gong'');';

CREATE FUNCTION headway._test_connector(caller name, connector text, workspace text) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w uuid := headway._workspace(caller, workspace);
BEGIN
    RETURN headway._inquire(jsonb_build_object('kind', 'test', 'workspace', w,
        'source', headway._source(headway._connector(w, connector), clock_timestamp() - interval '1 day', clock_timestamp())));
END $$;
COMMENT ON FUNCTION headway._test_connector(name, text, text) IS 'Private. Twin of headway_test_connector().';

CREATE FUNCTION headway_extract_insights(transcript text, customer_name text DEFAULT NULL, customer_mrr numeric DEFAULT NULL,
                                         themes jsonb DEFAULT NULL, workspace text DEFAULT NULL) RETURNS jsonb
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker_secretly';
COMMENT ON FUNCTION headway_extract_insights(text, text, numeric, jsonb, text) IS
'Reads a transcript with the workspace''s model and gives what is in it. Stores nothing but the call''s row in headway.llm_calls, which a rollback does not undo, and for headway.answer_retention the answer, for who asks the same again; waits for it.
Arguments: transcript, at best with lines "Name: words"; customer_name and customer_mrr (monthly revenue), told to the model; themes, an array of names or {"name", "description"} objects, by default the workspace''s; workspace, id or name.
Result: an object as in messages.ai_insights: feature_requests, bug_reports and pain_points with title, description, urgency, theme, quote and quote_status; sentiment, summary, language, topics, intent, action_items, concerns, requests, feedback, preferences.
Errors: 8W001 for the workspace, 8W009 for the transcript, 8W003 for the themes, 8W015 when no worker can be started, 8W016 when the model gives no usable answer.
Example: SELECT headway_extract_insights(E''Ann: How is it going?\nBob: I wish we could export reports to Excel.'') -> ''feature_requests'';';

-- The server logs a DETAIL, so it says where something is wrong and does not repeat it.
CREATE FUNCTION headway._wrong_element(list jsonb, place bigint) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT CASE WHEN place IS NULL THEN CASE jsonb_typeof(list) WHEN 'array' THEN format('It has %s elements.', jsonb_array_length(list)) ELSE format('It is of type %s.', jsonb_typeof(list)) END
                ELSE format('Element %s is none.', place) END
$$;
COMMENT ON FUNCTION headway._wrong_element(jsonb, bigint) IS
'Private. What is wrong with a list that a caller gives: the place of its first wrong element, or NULL when it is too long or no list at all.';

CREATE FUNCTION headway._given_themes(themes jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    wrong bigint;
BEGIN
    IF jsonb_typeof(themes) = 'array' THEN
        SELECT min(n.place) INTO wrong FROM jsonb_array_elements(themes) WITH ORDINALITY n (t, place)
        WHERE coalesce(trim(CASE jsonb_typeof(n.t) WHEN 'object' THEN n.t ->> 'name' WHEN 'string' THEN n.t #>> '{}' END), '') = '';
    END IF;
    IF jsonb_typeof(themes) <> 'array' OR wrong IS NOT NULL THEN
        RAISE EXCEPTION 'themes must be an array of names or {"name", "description"} objects' USING ERRCODE = '8W003',
            DETAIL = headway._wrong_element(themes, wrong);
    END IF;
    RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object('id', n.name, 'name', n.name, 'description', coalesce(n.theme ->> 'description', '')) ORDER BY n.place), '[]')
            FROM (SELECT t.theme, t.place, coalesce(t.theme ->> 'name', t.theme #>> '{}') AS name
                  FROM jsonb_array_elements(themes) WITH ORDINALITY t (theme, place)) n);
END $$;
COMMENT ON FUNCTION headway._given_themes(jsonb) IS 'Private. Themes that a caller gives, in the form of _themes(); 8W003 for anything else.';

CREATE FUNCTION headway._extract_insights(caller name, transcript text, customer_name text, customer_mrr numeric, themes jsonb, workspace text)
    RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w        uuid := headway._workspace(caller, workspace);
    problem  text := headway._transcript_problem(transcript);
BEGIN
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION '%', problem USING ERRCODE = '8W009',
            HINT = 'Give the conversation as text, at best with a line "Name: words" for each speaker''s turn.';
    END IF;
    RETURN headway._inquire(headway._reading_rules(w) || jsonb_build_object('kind', 'extract', 'workspace', w, 'title', '',
        'language', coalesce(headway._language(transcript), headway._workspace_language(w)), 'title_language', headway._workspace_language(w),
        'turns', headway._turns(transcript), 'insiders', '[]'::jsonb,
        'themes', CASE WHEN themes IS NULL THEN headway._themes(w) ELSE headway._given_themes(themes) END,
        'customer', headway._customer_line(customer_name, customer_mrr)));
END $$;
COMMENT ON FUNCTION headway._extract_insights(name, text, text, numeric, jsonb, text) IS 'Private. Twin of headway_extract_insights().';

CREATE FUNCTION headway_match_feature(title text, description text DEFAULT '', theme text DEFAULT NULL, type text DEFAULT 'feature_request',
                                      threshold real DEFAULT NULL, existing_features jsonb DEFAULT NULL, workspace text DEFAULT NULL,
                                      OUT is_duplicate boolean, OUT matching_feature_id uuid, OUT confidence real, OUT reasoning text,
                                      OUT tokens_used int, OUT shortlist jsonb) RETURNS record
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker_secretly';
COMMENT ON FUNCTION headway_match_feature(text, text, text, text, real, jsonb, text) IS
'Says whether something that was asked for is a known feature. Changes nothing; the model''s call has its row in headway.llm_calls, which a rollback does not undo. Waits for the answer.
Arguments: title and description of what was asked for; theme, name or id, by default all themes; type, feature_request, bug_report or pain_point; threshold, the confidence needed, 0 to 1, by default headway.match_confidence; existing_features, [{"id": uuid, "title", "description"}] to compare with instead of the workspace''s features, at most 10000 of at most 20000 characters each; workspace, id or name.
Result: one row. is_duplicate, whether it is a known one and the judge is sure enough; matching_feature_id, the one that the judge named, also when it was not sure enough (what it is merged into, if it was merged); confidence, 0 to 1, that the judgement is right; reasoning, a sentence; tokens_used, 0 when no model was asked, NULL when it did not say; shortlist, what it was compared with.
Errors: 8W001 for the workspace, 8W003 for the theme, 8W017 for the title, type, threshold or existing_features, 8W015 when no worker can be started, 8W016 when the model gives no usable answer.
Example: SELECT is_duplicate, matching_feature_id, reasoning FROM headway_match_feature(''Export reports to Excel'', theme => ''Reporting'');';

CREATE FUNCTION headway._given_features(given jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    wrong bigint;
BEGIN
    IF jsonb_typeof(given) = 'array' THEN
        SELECT min(n.place) INTO wrong FROM jsonb_array_elements(given) WITH ORDINALITY n (f, place)
        WHERE jsonb_typeof(n.f) <> 'object' OR length(n.f::text) > 20000 OR coalesce(trim(coalesce(n.f ->> 'title', n.f ->> 'name')), '') = ''
           OR headway._as_uuid(n.f ->> 'id') IS NULL;
    END IF;
    IF jsonb_typeof(given) <> 'array' OR wrong IS NOT NULL OR jsonb_array_length(given) > 10000 THEN
        RAISE EXCEPTION 'existing_features must be an array of features' USING ERRCODE = '8W017',
            DETAIL = headway._wrong_element(given, wrong),
            HINT = 'There may be 10000 of them. Each is {"id": uuid, "title": text, "description": text}, with at most 20000 characters.';
    END IF;
    RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object('id', lower(f.feature ->> 'id'), 'title', coalesce(f.feature ->> 'title', f.feature ->> 'name'),
                                                         'description', coalesce(f.feature ->> 'description', '')) ORDER BY f.place), '[]')
            FROM jsonb_array_elements(given) WITH ORDINALITY f (feature, place));
END $$;
COMMENT ON FUNCTION headway._given_features(jsonb) IS 'Private. Features that a caller gives, in the form of _candidates(); 8W017 for anything else.';

CREATE FUNCTION headway._judged(answer jsonb, OUT is_duplicate boolean, OUT matching_feature_id uuid, OUT confidence real, OUT reasoning text,
                                OUT tokens_used int, OUT shortlist jsonb) RETURNS record
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT answer ->> 'outcome' = 'linked', (answer ->> 'matching_feature_id')::uuid, (answer ->> 'confidence')::real, answer ->> 'reasoning',
           CASE WHEN answer ->> 'decided_by' = 'llm' THEN (answer ->> 'tokens')::int ELSE 0 END, answer -> 'shortlist'
$$;
COMMENT ON FUNCTION headway._judged(jsonb) IS 'Private. A decision as a row of headway_match_feature().';

CREATE FUNCTION headway._match_feature(caller name, title text, description text, theme text, type text, threshold real, existing_features jsonb,
                                       workspace text, OUT is_duplicate boolean, OUT matching_feature_id uuid, OUT confidence real,
                                       OUT reasoning text, OUT tokens_used int, OUT shortlist jsonb) RETURNS record
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w      uuid := headway._workspace(caller, workspace);
    matter jsonb;
    answer jsonb;
BEGIN
    IF coalesce(trim(title), '') = '' OR length(title) > 1000 OR length(description) > 10000
       OR coalesce(type, '') NOT IN ('feature_request', 'bug_report', 'pain_point') OR threshold NOT BETWEEN 0 AND 1 THEN
        RAISE EXCEPTION 'this cannot be compared with features' USING ERRCODE = '8W017',
            DETAIL = format('The title has %s characters, the description %s; the type is %L, the threshold %L.',
                            coalesce(length(trim(title)), 0), coalesce(length(description), 0), type, threshold),
            HINT = 'A title has 1 to 1000 characters, a description at most 10000; the type is feature_request, bug_report or pain_point; the threshold lies between 0 and 1.';
    END IF;
    matter := headway._match_case(w, jsonb_build_object('title', title, 'description', coalesce(description, ''), 'type', type,
                                                        'theme_id', CASE WHEN theme IS NOT NULL THEN headway._theme(w, theme) END));
    IF existing_features IS NOT NULL THEN
        matter := matter - ARRAY['known', 'scope'] || jsonb_build_object('candidates', headway._given_features(existing_features));
    END IF;
    matter := matter || jsonb_build_object('kind', 'match', 'workspace', w, 'threshold', coalesce(threshold, (matter ->> 'threshold')::real));
    answer := headway._inquire(matter);
    SELECT j.* INTO is_duplicate, matching_feature_id, confidence, reasoning, tokens_used, shortlist FROM headway._judged(answer) j;
    IF existing_features IS NULL THEN
        matching_feature_id := headway._head(w, matching_feature_id);
    END IF;
END $$;
COMMENT ON FUNCTION headway._match_feature(name, text, text, text, text, real, jsonb, text) IS 'Private. Twin of headway_match_feature().';

CREATE FUNCTION headway_match_unmatched(unmatched uuid, workspace text DEFAULT NULL,
                                        OUT is_duplicate boolean, OUT matching_feature_id uuid, OUT confidence real, OUT reasoning text,
                                        OUT tokens_used int, OUT shortlist jsonb) RETURNS record
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_match_unmatched(uuid, text) IS
'Matches an item of headway.unmatched_features, and applies what comes of it: the item becomes a mention of a known feature, or a new feature of the theme that was proposed for it. Calling it accepts the item, also one whose quote is not in the transcript (it is then counted without the quote). Without a theme of that name, features of all themes are compared; if none matches, the item goes on waiting. Waits for the answer; best called once in a transaction, which until its end keeps others from adding features to the theme.
Arguments: unmatched, an id in headway.unmatched_features; workspace, id or name.
Result: one row, as of headway_match_feature(); the feature that the item became is unmatched_features.resolved_feature_id.
Errors: 8W001 for the workspace, 8W017 for an item that does not exist or is resolved, 8W015 when no worker can be started, 8W016 when the model gives no usable answer.
Example: SELECT u.title, m.* FROM headway.unmatched_features u, headway_match_unmatched(u.id) m WHERE u.resolved_feature_id IS NULL LIMIT 1;';

CREATE FUNCTION headway._unmatched_item(u headway.unmatched_features) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    -- What is known of the quote stands where the item was found.
    RETURN jsonb_strip_nulls(jsonb_build_object('title', u.title, 'description', u.description, 'type', u.type, 'urgency', u.urgency,
               'theme_confidence', u.theme_confidence,
               'theme_id', (SELECT h.id FROM headway.themes h WHERE h.workspace_id = u.workspace_id AND lower(h.name) = lower(u.proposed_theme)
                            ORDER BY h.name <> u.proposed_theme, h.id LIMIT 1)))
        || coalesce((SELECT jsonb_strip_nulls(jsonb_build_object('quote', i -> 'quote', 'quote_status', i -> 'quote_status',
                                                                 'quote_start_s', i -> 'quote_start_s', 'speaker', i -> 'speaker'))
                     FROM headway.messages m, jsonb_array_elements(m.ai_insights -> (u.type || 's')) i
                     WHERE m.workspace_id = u.workspace_id AND m.id = u.message_id AND i ->> 'title' = u.title AND i ->> 'quote' = u.quote
                       AND i ->> 'quote_status' <> 'unverified' LIMIT 1), '{}');
END $$;
COMMENT ON FUNCTION headway._unmatched_item(headway.unmatched_features) IS 'Private. An unmatched item as it would have gone on to matching.';

CREATE FUNCTION headway._open_unmatched(w uuid, item uuid) RETURNS headway.unmatched_features
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    u headway.unmatched_features;
BEGIN
    SELECT * INTO u FROM headway.unmatched_features s WHERE s.workspace_id = w AND s.id = item FOR UPDATE;
    IF u.id IS NULL OR u.resolved_feature_id IS NOT NULL THEN
        RAISE EXCEPTION 'no such item waits' USING ERRCODE = '8W017',
            DETAIL = CASE WHEN u.id IS NULL THEN format('The workspace has no unmatched item %L.', item)
                          ELSE format('It has become feature %s.', u.resolved_feature_id) END,
            HINT = 'SELECT id, title FROM headway.unmatched_features WHERE resolved_feature_id IS NULL;';
    END IF;
    RETURN u;
END $$;
COMMENT ON FUNCTION headway._open_unmatched(uuid, uuid) IS 'Private. An item that still waits, locked; 8W017 when there is none.';

CREATE FUNCTION headway._match_waiting(w uuid, u headway.unmatched_features, item jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    matter  jsonb;
    answer  jsonb;
    outcome jsonb;
BEGIN
    -- Asked anew about everything when features appeared meanwhile.
    LOOP
        matter := headway._match_case_of(w, u.message_id, item) || jsonb_build_object('kind', 'match', 'workspace', w);
        answer := headway._inquire(matter);
        outcome := headway._apply_decision(w, u.message_id, item, answer,
                                           CASE WHEN answer ? 'call_id' THEN (matter #>> '{provider,prompt,id}')::uuid END);
        EXIT WHEN NOT outcome ? 'appeared';
    END LOOP;
    IF outcome ? 'no_theme' THEN
        RAISE NOTICE 'the item goes on waiting' USING DETAIL = format('It is no known feature, and no theme is called "%s".', u.proposed_theme),
            HINT = 'Name its theme with headway_assign_theme(), after headway_add_theme() if it is a new one.';
    ELSE
        UPDATE headway.unmatched_features s SET resolved_feature_id = (outcome ->> 'feature')::uuid, dismissed_at = NULL
        WHERE s.workspace_id = w AND s.id = u.id;
    END IF;
    RETURN answer || outcome;
END $$;
COMMENT ON FUNCTION headway._match_waiting(uuid, headway.unmatched_features, jsonb) IS
'Private. Matches an unmatched item as a person has completed it, and applies what comes of it: the answer with {feature, created}, or with {no_theme} when it goes on waiting.';

CREATE FUNCTION headway._match_unmatched(caller name, unmatched uuid, workspace text, OUT is_duplicate boolean, OUT matching_feature_id uuid,
                                         OUT confidence real, OUT reasoning text, OUT tokens_used int, OUT shortlist jsonb) RETURNS record
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w uuid := headway._workspace(caller, workspace);
    u headway.unmatched_features := headway._open_unmatched(w, unmatched);
BEGIN
    SELECT j.* INTO is_duplicate, matching_feature_id, confidence, reasoning, tokens_used, shortlist
    FROM headway._judged(headway._match_waiting(w, u, headway._unmatched_item(u))) j;
    matching_feature_id := headway._head(w, matching_feature_id);
END $$;
COMMENT ON FUNCTION headway._match_unmatched(name, uuid, text) IS 'Private. Twin of headway_match_unmatched().';
