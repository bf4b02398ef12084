-- When text cannot decide a link: a model is asked, by a task of the queue.

CREATE FUNCTION headway._link_candidates(w uuid, r headway.recordings) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    zone text := headway._time_zone(w);
BEGIN
    RETURN (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                'id', headway._link_option_key(c), 'customer', c ->> 'name',
                'booking_starts_at', to_char((c ->> 'starts_at')::timestamptz AT TIME ZONE zone, 'Day, YYYY-MM-DD HH24:MI'), 'status', c ->> 'status', 'guests', c -> 'guest_count')))
            FROM jsonb_array_elements(headway._link_options(r.link_reason)) c);
END $$;
COMMENT ON FUNCTION headway._link_candidates(uuid, headway.recordings) IS
'Private. What an ambiguous recording may be about, as a model is told: [{id, customer, booking_starts_at, status, guests}], times in the workspace''s zone.';

CREATE FUNCTION headway._input_judge_link(w uuid, task bigint, fence bigint) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t headway.tasks := headway._hold(w, task, fence);
    r headway.recordings;
    m headway.messages;
BEGIN
    SELECT * INTO r FROM headway.recordings s WHERE s.workspace_id = w AND s.id = (t.payload ->> 'recording_id')::uuid;
    SELECT * INTO m FROM headway.messages s WHERE s.workspace_id = w AND s.id = r.message_id;
    IF t.id IS NULL OR r.link_status IS DISTINCT FROM 'ambiguous' OR r.link_reason ? 'judged' OR m.content IS NULL
       OR NOT EXISTS (SELECT FROM headway._providers p WHERE p.workspace_id = w AND p.purpose = 'llm') THEN
        PERFORM headway._finish(t) WHERE t.id IS NOT NULL;  -- decided meanwhile, or somebody else's
        RETURN NULL;
    END IF;
    RETURN jsonb_build_object('provider', headway._provider(w, 'link'), 'reply', t.reply, 'question', jsonb_build_object(
        'call', jsonb_strip_nulls(jsonb_build_object('started_at', to_char(r.call_started_at AT TIME ZONE headway._time_zone(w), 'Day, YYYY-MM-DD HH24:MI'),
                                                     'direction', r.direction, 'seconds', r.duration_seconds)),
        'language', coalesce(m.language, (SELECT s.language FROM headway.workspaces s WHERE s.id = w)),
        'candidates', headway._link_candidates(w, r), 'among', headway._among(r.link_reason), 'turns', coalesce(m.turns, headway._turns(m.content))));
END $$;
COMMENT ON FUNCTION headway._input_judge_link(uuid, bigint, bigint) IS
'Private. What a model is asked about a recording that is still ambiguous: {question, provider, reply}; NULL otherwise.';

CREATE FUNCTION headway._settle_judge_link(w uuid, task bigint, fence bigint, answer jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t      headway.tasks := headway._hold(w, task, fence);
    moment timestamptz := clock_timestamp();
    sure   boolean := (answer ->> 'confidence')::real >= headway._setting(w, 'match_confidence')::real;
    r      headway.recordings;
    chosen jsonb;
    about  headway._link;
BEGIN
    IF t.id IS NULL THEN
        RETURN;
    END IF;
    SELECT * INTO r FROM headway.recordings s WHERE s.workspace_id = w AND s.id = (t.payload ->> 'recording_id')::uuid FOR NO KEY UPDATE;
    -- An answer about other candidates than there are by now is none.
    IF r.link_status = 'ambiguous' AND headway._among(r.link_reason) = answer -> 'among' THEN
        SELECT c INTO chosen FROM jsonb_array_elements(headway._link_options(r.link_reason)) c
        WHERE sure AND headway._link_option_key(c) = answer ->> 'candidate';
        IF NOT chosen ?| '{booking_id,booking_ref}' THEN  -- whose it was; text says what it was about
            SELECT * INTO about FROM headway._decide(w, ARRAY[r.id], ((chosen ->> 'customer_id')::uuid, chosen ->> 'customer_ref', chosen ->> 'name', NULL)::headway._customer) d
            WHERE d.status = 'linked';
            chosen := chosen || jsonb_strip_nulls(jsonb_build_object('booking_id', about.booking_id, 'booking_ref', about.booking_ref));
        END IF;
        UPDATE headway.recordings s SET linked_at = moment,
            link_status = CASE WHEN chosen ?| '{booking_id,booking_ref}' THEN 'linked' WHEN chosen IS NOT NULL THEN 'customer_only' ELSE 'ambiguous' END,
            booking_id = (chosen ->> 'booking_id')::uuid, booking_ref = chosen ->> 'booking_ref', link_score = (chosen ->> 'points')::real + coalesce(about.score, 0),
            customer_id = coalesce((chosen ->> 'customer_id')::uuid, s.customer_id), customer_ref = coalesce(chosen ->> 'customer_ref', s.customer_ref),
            link_reason = r.link_reason || jsonb_build_object('judged', answer - 'among') || CASE WHEN chosen IS NOT NULL THEN '{"decided_by": "model"}' ELSE '{}' END::jsonb
        WHERE s.workspace_id = w AND s.id = r.id;
    END IF;
    UPDATE headway.runs s SET done = s.done + 1 WHERE s.workspace_id = w AND s.id = t.run_id;
    PERFORM headway._finish(t);
END $$;
COMMENT ON FUNCTION headway._settle_judge_link(uuid, bigint, bigint, jsonb) IS
'Private. A model''s answer {candidate, confidence, reasoning, call_id, among} about a recording: linked when it is sure enough, with the booking that text finds where it was asked for the customer; else it stays ambiguous, with what the model said.';
