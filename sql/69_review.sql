-- Review: what people say of what the machine was not sure of.

CREATE FUNCTION headway_assign_theme(unmatched uuid, theme text, workspace text DEFAULT NULL) RETURNS uuid
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_assign_theme(uuid, text, text) IS
'Puts an item of headway.unmatched_features into a theme: it becomes a mention of a known feature of that theme, or a new one. Accepts the item, also one whose quote is not in the transcript (it is then counted without the quote) and one that was dismissed. Waits for the judge''s answer, as headway_match_unmatched() does.
Arguments: unmatched, an id in headway.unmatched_features; theme, name or id; workspace, id or name.
Result: the feature that the item became.
Errors: 8W001 for the workspace, 8W003 for the theme, 8W017 for an item that does not exist or is resolved, 8W015 when no worker can be started, 8W016 when the model gives no usable answer.
Example: SELECT headway_assign_theme(item_id, ''Reporting'') FROM headway.review_queue WHERE kind = ''unmatched_feature'' ORDER BY priority DESC LIMIT 1;';

CREATE FUNCTION headway._enter_review(w uuid, item uuid, kind text, decision text, why text, caller name) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    INSERT INTO headway.reviews (workspace_id, item_id, kind, decision, reason, reviewed_by, again_at)
    VALUES (w, item, kind, decision, nullif(trim(why), ''), caller, CASE decision WHEN 'later' THEN clock_timestamp() + interval '1 day' END);
END $$;
COMMENT ON FUNCTION headway._enter_review(uuid, uuid, text, text, text, name) IS 'Private. Enters what a person has said of an item.';

CREATE FUNCTION headway._unmatched_kind(reason text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE reason WHEN 'unverified_quote' THEN 'unverified_quote' ELSE 'unmatched_feature' END
$$;
COMMENT ON FUNCTION headway._unmatched_kind(text) IS 'Private. What an unmatched item is in review_queue.';

CREATE FUNCTION headway._assign_theme(caller name, unmatched uuid, theme text, workspace text) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w       uuid := headway._workspace(caller, workspace);
    chosen  uuid := headway._theme(w, theme);
    u       headway.unmatched_features := headway._open_unmatched(w, unmatched);
    outcome jsonb := headway._match_waiting(w, u, headway._unmatched_item(u) || jsonb_build_object('theme_id', chosen));
BEGIN
    PERFORM headway._enter_review(w, u.id, headway._unmatched_kind(u.reason), 'accept', NULL, caller);
    RETURN (outcome ->> 'feature')::uuid;
END $$;
COMMENT ON FUNCTION headway._assign_theme(name, uuid, text, text) IS 'Private. Twin of headway_assign_theme().';

CREATE FUNCTION headway_dismiss(unmatched uuid, reason text DEFAULT NULL, workspace text DEFAULT NULL) RETURNS void
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_dismiss(uuid, text, text) IS
'Says that an item of headway.unmatched_features is none. It stays, and is asked about no more; headway_review(), headway_assign_theme() and headway_match_unmatched() take it in after all.
Arguments: unmatched, an id in headway.unmatched_features; reason, for those who come after; workspace, id or name.
Errors: 8W001 for the workspace, 8W017 for an item that does not exist or is resolved.
Example: SELECT headway_dismiss(item_id, ''about another product'') FROM headway.review_queue WHERE kind = ''unmatched_feature'' LIMIT 1;';

CREATE FUNCTION headway._dismiss(caller name, unmatched uuid, reason text, workspace text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w      uuid := headway._workspace(caller, workspace);
    u      headway.unmatched_features := headway._open_unmatched(w, unmatched);
    moment timestamptz := clock_timestamp();
BEGIN
    UPDATE headway.unmatched_features s SET dismissed_at = moment WHERE s.workspace_id = w AND s.id = u.id;
    PERFORM headway._enter_review(w, u.id, headway._unmatched_kind(u.reason), 'reject', reason, caller);
END $$;
COMMENT ON FUNCTION headway._dismiss(name, uuid, text, text) IS 'Private. Twin of headway_dismiss().';

CREATE FUNCTION headway_review(item uuid, decision text, reason text DEFAULT NULL, workspace text DEFAULT NULL) RETURNS void
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_review(uuid, text, text, text) IS
'Decides an item of headway.review_queue. What accept and reject do depends on its kind:
low_confidence_match: accept says that the two are the same (a feature that was created is merged into the one that the judge named), reject that they are not, for good (what was linked becomes a feature of its own).
unverified_quote and unmatched_feature: accept has it matched and counted, as headway_match_unmatched() does, and waits for the judge''s answer; reject dismisses it.
ambiguous_link: accept pins the recording to its first candidate, reject says that none of them fits; headway_pin_link() names another one.
Arguments: item, review_queue.item_id; decision: accept, reject or later, which shows it again after a day; reason, for those who come after; workspace, id or name.
Errors: 8W001 for the workspace, 8W024 for an item that is none or is decided already, for another decision, and for the reject of what was merged meanwhile, 8W017 for an unmatched item that is resolved, 8W023 for a match with a feature that was merged elsewhere; 8W015 and 8W016 when a judge is needed and does not answer.
Example: SELECT headway_review(item_id, ''accept'') FROM headway.review_queue WHERE kind = ''low_confidence_match'' ORDER BY priority DESC LIMIT 1;';

CREATE FUNCTION headway._review_refused(problem text, detail text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION '%', problem USING ERRCODE = '8W024', DETAIL = detail, HINT = 'SELECT item_id, kind, reason, title FROM headway.review_queue ORDER BY priority DESC;';
END $$;
COMMENT ON FUNCTION headway._review_refused(text, text) IS 'Private. Raises 8W024.';

CREATE FUNCTION headway._review(caller name, item uuid, decision text, reason text, workspace text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w uuid := headway._workspace(caller, workspace);
    u headway.unmatched_features;
    d headway.match_decisions;
    r headway.recordings;
BEGIN
    IF coalesce(decision, '') NOT IN ('accept', 'reject', 'later') THEN
        PERFORM headway._review_refused('a decision is accept, reject or later', format('It is %L.', left(decision, 50)));
    END IF;
    SELECT * INTO u FROM headway.unmatched_features s WHERE s.workspace_id = w AND s.id = item;
    SELECT * INTO d FROM headway.match_decisions s WHERE s.workspace_id = w AND s.id = item FOR NO KEY UPDATE;  -- mentions point to it, and a merge copies them
    SELECT * INTO r FROM headway.recordings s WHERE s.workspace_id = w AND s.id = item FOR NO KEY UPDATE;
    IF u.id IS NOT NULL THEN
        PERFORM headway._review_unmatched(w, u, decision, reason, caller);
    ELSIF d.id IS NOT NULL THEN
        PERFORM headway._review_match(w, d, decision, reason, caller);
    ELSIF r.id IS NOT NULL THEN
        PERFORM headway._review_link(w, r, decision, reason, caller);
    ELSE
        PERFORM headway._review_refused('unknown item', format('The workspace has nothing to review with the id %s.', coalesce(item::text, 'NULL')));
    END IF;
END $$;
COMMENT ON FUNCTION headway._review(name, uuid, text, text, text) IS 'Private. Twin of headway_review().';

CREATE FUNCTION headway._review_unmatched(w uuid, u headway.unmatched_features, decision text, why text, caller name) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    IF decision = 'reject' THEN
        PERFORM headway._dismiss(caller, u.id, why, w::text);
        RETURN;
    END IF;
    u := headway._open_unmatched(w, u.id);
    IF decision = 'accept' AND headway._match_waiting(w, u, headway._unmatched_item(u)) ? 'no_theme' THEN
        RETURN;  -- a notice has told what it lacks
    END IF;
    PERFORM headway._enter_review(w, u.id, headway._unmatched_kind(u.reason), decision, why, caller);
END $$;
COMMENT ON FUNCTION headway._review_unmatched(uuid, headway.unmatched_features, text, text, name) IS 'Private. A person''s word on an unmatched item.';

CREATE FUNCTION headway._review_link(w uuid, r headway.recordings, decision text, why text, caller name) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    choice   jsonb := CASE decision WHEN 'accept' THEN headway._link_options(r.link_reason) -> 0 END;
    customer text := coalesce(choice ->> 'customer_ref', choice ->> 'customer_id', r.customer_ref, r.customer_id::text);
BEGIN
    IF r.link_status <> 'ambiguous' OR decision = 'accept' AND choice IS NULL THEN
        PERFORM headway._review_refused('the recording is not ambiguous', format('It is %s.', r.link_status));
    ELSIF decision <> 'later' THEN
        PERFORM headway._pin_link(caller, r.id, customer, coalesce(choice ->> 'booking_ref', choice ->> 'booking_id'), why, w::text);
    END IF;
    PERFORM headway._enter_review(w, r.id, 'ambiguous_link', decision, why, caller);
END $$;
COMMENT ON FUNCTION headway._review_link(uuid, headway.recordings, text, text, name) IS
'Private. A person''s word on an ambiguous link: its first candidate, or none (a customer that is known stays).';
