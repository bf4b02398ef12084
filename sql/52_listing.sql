-- Listing and detail: from a vendor's pages to records that are wanted.

CREATE FUNCTION headway._source(c headway.connectors, window_from timestamptz, window_to timestamptz) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    k headway._credentials;
BEGIN
    SELECT * INTO k FROM headway._credentials s WHERE s.workspace_id = c.workspace_id AND s.connector_id = c.id;
    RETURN jsonb_build_object('connector_id', c.id, 'settings', c.settings,
        'spec', (SELECT y.spec FROM headway.connector_types y WHERE y.name = c.type),
        'window_from', to_char(window_from AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'window_to', to_char(window_to AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'credentials', headway._sealed(k));
END $$;
COMMENT ON FUNCTION headway._source(headway.connectors, timestamptz, timestamptz) IS
'Private. A connector as workers need it to ask for a time: spec, settings, window, sealed credentials.';

CREATE FUNCTION headway._input_source(w uuid, task bigint, fence bigint) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t headway.tasks := headway._hold(w, task, fence);
    r headway.runs;
    c headway.connectors;
BEGIN
    IF t.id IS NULL OR NOT headway._take_turn(t) THEN
        RETURN NULL;
    END IF;
    SELECT * INTO r FROM headway.runs s WHERE s.workspace_id = w AND s.id = t.run_id;
    SELECT * INTO c FROM headway.connectors s WHERE s.workspace_id = w AND s.id = r.connector_id;
    RETURN headway._source(c, coalesce((t.payload #>> '{span,from}')::timestamptz, r.window_from), coalesce((t.payload #>> '{span,to}')::timestamptz, r.window_to))
           || jsonb_build_object('max_items', r.params -> 'max_items');
END $$;
COMMENT ON FUNCTION headway._input_source(uuid, bigint, bigint) IS
'Private. What list, receive and detail need; NULL when the task is somebody else''s, or another run''s turn.';

CREATE FUNCTION headway._enter_page(run headway.runs, page text, listed jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    records jsonb;
    fresh   text[];
BEGIN
    -- A record without an id is entered under its place, so that it is not lost silently.
    SELECT coalesce(jsonb_agg(e.value || jsonb_build_object('nameless', e.value ->> 'id' = '',
               'id', coalesce(nullif(e.value ->> 'id', ''), format('%s, record %s', page, e.n))) ORDER BY e.n), '[]')
    INTO records FROM jsonb_array_elements(listed) WITH ORDINALITY e (value, n);
    fresh := headway._add_items(run.workspace_id, run.id, ARRAY(SELECT e ->> 'id' FROM jsonb_array_elements(records) e));
    IF records <> '[]' AND fresh = '{}' THEN
        RETURN NULL;
    END IF;
    PERFORM headway._move_items(run.workspace_id, run.id, ARRAY(SELECT e ->> 'id' FROM jsonb_array_elements(records) e
        WHERE (e -> 'nameless')::boolean), 'failed', 'the record has no id');
    RETURN (SELECT coalesce(jsonb_agg(e.value - 'nameless' ORDER BY e.value ->> 'at', e.n), '[]')
            FROM jsonb_array_elements(records) WITH ORDINALITY e (value, n)
            WHERE e.value ->> 'id' = ANY (fresh) AND NOT (e.value -> 'nameless')::boolean);
END $$;
COMMENT ON FUNCTION headway._enter_page(headway.runs, text, jsonb) IS
'Private. Enters a page''s records in the ledger and gives those that are new to the run, oldest first; NULL when none of a page is.';

CREATE FUNCTION headway._room(w uuid, run uuid) RETURNS int
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT (r.params ->> 'max_items')::int - (r.fetched - r.already_known - r.skipped - r.failed)
    FROM headway.runs r WHERE r.workspace_id = w AND r.id = run
$$;
COMMENT ON FUNCTION headway._room(uuid, uuid) IS
'Private. How many more records a run may take than it has listed, stored or dealt with; below zero when a page brought more.';

CREATE FUNCTION headway._choose(run headway.runs, source text, mapper text, settings jsonb, records jsonb,
                                OUT chosen headway._mapped[], OUT beyond int)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    known    text[];
    settled  text[];
    open     text[];
    again    headway._mapped[] := ARRAY[]::headway._mapped[];
    mapped   headway._mapped;
    reason   text;
    room     int;
BEGIN
    known := ARRAY(SELECT m.external_id FROM headway.messages m
                   WHERE m.workspace_id = run.workspace_id AND m.source = _choose.source
                     AND m.external_id IN (SELECT e ->> 'id' FROM jsonb_array_elements(records) e)
                     AND (m.content IS NOT NULL OR NOT (run.params ->> 'transcripts')::boolean));
    SELECT * INTO settled, open FROM headway._untranscribed(run, source, ARRAY(SELECT e ->> 'id' FROM jsonb_array_elements(records) e));
    PERFORM headway._move_items(run.workspace_id, run.id, known || settled || open, 'already_known');
    IF (run.params ->> 'extract_features')::boolean THEN
        PERFORM headway._begin_reading(run, headway._unread(run.workspace_id, source, known));
    END IF;
    chosen := ARRAY[]::headway._mapped[];
    FOR mapped IN SELECT m.* FROM headway._map(mapper,
            coalesce((SELECT jsonb_agg(e) FROM jsonb_array_elements(records) e WHERE NOT e ->> 'id' = ANY (known || settled)), '[]'), settings) m LOOP
        reason := headway._refusal(mapped.draft, run.params, settings);
        IF mapped.problem IS NOT NULL THEN
            PERFORM headway._move_items(run.workspace_id, run.id, ARRAY[mapped.record_id], 'failed', mapped.problem);
        ELSIF mapped.record_id = ANY (open) THEN
            again := again || CASE WHEN reason IS NULL THEN ARRAY[mapped] END;
        ELSIF reason IS NOT NULL THEN
            PERFORM headway._move_items(run.workspace_id, run.id, ARRAY[mapped.record_id], 'skipped', reason);
        ELSE
            chosen := chosen || mapped;
        END IF;
    END LOOP;
    -- Those beyond max_items are skipped; the next run finds them again. What is looked at again is not new.
    room := greatest(headway._room(run.workspace_id, run.id) + cardinality(chosen), 0);
    beyond := greatest(cardinality(chosen) - room, 0);
    PERFORM headway._move_items(run.workspace_id, run.id, ARRAY(SELECT u.record_id FROM unnest(chosen[room + 1:]) u), 'skipped', 'beyond max_items');
    chosen := chosen[:room] || again;
END $$;
COMMENT ON FUNCTION headway._choose(headway.runs, text, text, jsonb, jsonb) IS
'Private. Of a page''s new records those that the run wants, mapped; the others get their outcome. beyond: how many max_items left out.';

CREATE FUNCTION headway._pass_on(run headway.runs, source text, spec jsonb, records jsonb, chosen headway._mapped[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    batch int;
BEGIN
    IF jsonb_typeof(spec -> 'children') = 'object' AND (run.params ->> 'transcripts')::boolean THEN
        batch := (SELECT min(coalesce((e.value ->> 'batch')::int, 1)) FROM jsonb_each(spec -> 'children') e);
        PERFORM headway._enqueue(run.workspace_id, run.id, 'detail', coalesce((
            SELECT jsonb_agg(jsonb_build_object('records', b.records) ORDER BY b.n)
            FROM (SELECT (u.n - 1) / batch AS n, jsonb_agg(e ORDER BY u.n) AS records
                  FROM unnest(chosen) WITH ORDINALITY u (record_id, draft, problem, n)
                  JOIN jsonb_array_elements(records) e ON e ->> 'id' = u.record_id
                  GROUP BY 1) b), '[]'));
    ELSE
        PERFORM headway._take(run, source, chosen);
    END IF;
END $$;
COMMENT ON FUNCTION headway._pass_on(headway.runs, text, jsonb, jsonb, headway._mapped[]) IS
'Private. Queues the details of the chosen records, or stores them where the spec has no children.';

CREATE FUNCTION headway._go_on_listing(t headway.tasks, page int, answer jsonb, beyond int) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    IF answer ->> 'next_cursor' = '' THEN
        UPDATE headway.runs r SET list_complete = (beyond = 0 AND r.open_lists <= 1), open_lists = greatest(r.open_lists - (beyond = 0)::int, 0)
        WHERE r.workspace_id = t.workspace_id AND r.id = t.run_id;
    ELSIF headway._room(t.workspace_id, t.run_id) > 0 THEN
        PERFORM headway._enqueue(t.workspace_id, t.run_id, 'list', jsonb_build_array(jsonb_build_object('cursor', answer -> 'next_cursor',
            'marks', answer -> 'marks', 'page', page + 1, 'restarted', t.payload -> 'restarted', 'span', t.payload -> 'span')), run_priority => 2);
    ELSE
        PERFORM headway._log(t.workspace_id, t.run_id, t.id, 'info', 'stopped at max_items; the vendor''s list goes on');
    END IF;
END $$;
COMMENT ON FUNCTION headway._go_on_listing(headway.tasks, int, jsonb, int) IS
'Private. Queues the list''s next page, if there is one and the run has room for more.';

CREATE FUNCTION headway._settle_list(w uuid, task bigint, fence bigint, answer jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t       headway.tasks := headway._hold(w, task, fence);
    r       headway.runs;
    c       headway.connectors;
    y       headway.connector_types;
    page    int := coalesce((t.payload ->> 'page')::int, 1);
    records jsonb;
    chosen  headway._mapped[];
    beyond  int;
BEGIN
    IF t.id IS NULL THEN
        RETURN jsonb_build_object('stale', true);
    END IF;
    SELECT * INTO r FROM headway.runs s WHERE s.workspace_id = w AND s.id = t.run_id;
    SELECT * INTO c FROM headway.connectors s WHERE s.workspace_id = w AND s.id = r.connector_id;
    SELECT * INTO y FROM headway.connector_types s WHERE s.name = c.type;

    records := headway._enter_page(r, concat('span ' || (t.payload #>> '{span,n}') || ', ', 'page ', page), answer -> 'records');
    IF records IS NULL AND answer ->> 'next_cursor' <> '' AND NOT coalesce((t.payload ->> 'restarted')::boolean, false) THEN
        RETURN jsonb_build_object('repeated', true);
    END IF;
    records := coalesce(records, '[]');
    UPDATE headway.runs s SET pages = s.pages + 1,
        min_seen = least(s.min_seen, (answer ->> 'min_at')::timestamptz), max_seen = greatest(s.max_seen, (answer ->> 'max_at')::timestamptz)
    WHERE s.workspace_id = w AND s.id = r.id;
    IF (answer ->> 'repairs')::int > 0 THEN
        PERFORM headway._log(w, r.id, task, 'warning', 'the vendor sent characters that are no text', answer - 'records' - 'next_cursor' - 'marks');
    END IF;
    IF (answer ->> 'left_out')::int > 0 THEN
        PERFORM headway._log(w, r.id, task, 'info', 'records outside the window were left out', jsonb_build_object('page', page, 'left_out', answer -> 'left_out'));
    END IF;

    IF records = '[]' AND t.payload ? 'lookup' THEN
        PERFORM headway._log(w, r.id, task, 'warning', 'the vendor does not have the record yet', t.payload);
    END IF;

    SELECT * INTO chosen, beyond FROM headway._choose(r, c.type, y.mapper, c.settings, records);
    PERFORM headway._pass_on(r, c.type, y.spec, records, chosen);
    PERFORM headway._go_on_listing(t, page, answer, beyond);
    PERFORM headway._finish(t);
    RETURN '{}'::jsonb;
END $$;
COMMENT ON FUNCTION headway._settle_list(uuid, bigint, bigint, jsonb) IS
'Private. One page of a vendor''s list, or the record that a webhook told of: what is new and wanted goes on to detail tasks (or is stored), the rest gets its outcome; then the next page.';

CREATE FUNCTION headway._split_list(w uuid, task bigint, fence bigint, spans jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t headway.tasks := headway._hold(w, task, fence);
BEGIN
    IF t.id IS NULL THEN
        RETURN;
    END IF;
    PERFORM headway._enqueue(w, t.run_id, 'list', spans, run_priority => 2);
    UPDATE headway.runs r SET open_lists = jsonb_array_length(spans) WHERE r.workspace_id = w AND r.id = t.run_id;
    PERFORM headway._log(w, t.run_id, task, 'info', format('the window is read in %s spans side by side', jsonb_array_length(spans)), jsonb_build_object('spans', spans));
    PERFORM headway._finish(t);
END $$;
COMMENT ON FUNCTION headway._split_list(uuid, bigint, bigint, jsonb) IS
'Private. A list over a long window gives way to one over each of its spans, [{span: {n, from, to}}]; each keeps its own cursor.';

CREATE FUNCTION headway._restart_list(w uuid, task bigint, fence bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t headway.tasks := headway._hold(w, task, fence);
BEGIN
    IF t.id IS NULL THEN
        RETURN;
    END IF;
    PERFORM headway._enqueue(w, t.run_id, 'list', jsonb_build_array(jsonb_build_object('restarted', true, 'span', t.payload -> 'span')), run_priority => 2);
    PERFORM headway._log(w, t.run_id, task, 'warning', 'the vendor''s cursor has expired: the list starts again');
    PERFORM headway._finish(t);
END $$;
COMMENT ON FUNCTION headway._restart_list(uuid, bigint, bigint) IS
'Private. A cursor went stale: the list is read again from the start of its span; the ledger knows what was seen.';

CREATE FUNCTION headway._settle_detail(w uuid, task bigint, fence bigint, answer jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t        headway.tasks := headway._hold(w, task, fence);
    r        headway.runs;
    c        headway.connectors;
    records  jsonb;
BEGIN
    IF t.id IS NULL THEN
        RETURN jsonb_build_object('stale', true);
    END IF;
    SELECT * INTO r FROM headway.runs s WHERE s.workspace_id = w AND s.id = t.run_id;
    SELECT * INTO c FROM headway.connectors s WHERE s.workspace_id = w AND s.id = r.connector_id;
    SELECT jsonb_agg(e.value || jsonb_build_object('children', answer -> 'children' -> (e.value ->> 'id')) ORDER BY e.n)
    INTO records FROM jsonb_array_elements(t.payload -> 'records') WITH ORDINALITY e (value, n);

    PERFORM headway._take(r, c.type, ARRAY(SELECT m FROM headway._map(
        (SELECT y.mapper FROM headway.connector_types y WHERE y.name = c.type), records, c.settings) m));
    IF (answer ->> 'strangers')::int > 0 OR (answer ->> 'repairs')::int > 0 THEN
        PERFORM headway._log(w, r.id, task, 'warning', 'the vendor sent details that nobody asked for, or characters that are no text', answer - 'children');
    END IF;
    PERFORM headway._finish(t);
    RETURN '{}'::jsonb;
END $$;
COMMENT ON FUNCTION headway._settle_detail(uuid, bigint, bigint, jsonb) IS
'Private. Completed records become messages, and their reading is queued.';

CREATE FUNCTION headway._settle_finalize(w uuid, task bigint, fence bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t headway.tasks := headway._hold(w, task, fence);
BEGIN
    IF t.id IS NOT NULL THEN
        PERFORM headway._finish(t);
    END IF;
END $$;
COMMENT ON FUNCTION headway._settle_finalize(uuid, bigint, bigint) IS 'Private. The last task of a run: closes it.';
