-- Fathom sessions: what people did in a product, and what they said meanwhile. Where they said nothing, the
-- trail of their clicks stands for it.

CREATE FUNCTION headway._trail_part(value text, most int) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT nullif(headway._one_line(replace(value, '"', ''''), most), '')
$$;
COMMENT ON FUNCTION headway._trail_part(text, int) IS
'Private. A foreign text as a part of a trail''s line: on one line and without quotation marks, so that it passes neither for a line of its own nor for the end of its name.';

CREATE FUNCTION headway._page_path(url text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    -- Not what stands behind "?" and "#", which may be secret.
    SELECT headway._trail_part(CASE WHEN p.path LIKE '/%' THEN p.path ELSE '/' || p.path END, 120)
    FROM (SELECT regexp_replace(regexp_replace(left(url, 2000), '^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*', ''), '[?#].*$', '') AS path) p
$$;
COMMENT ON FUNCTION headway._page_path(text) IS 'Private. The path of a page''s address, as trails name pages.';

CREATE FUNCTION headway._clock(seconds numeric) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN seconds >= 3600 THEN floor(seconds / 3600) || ':' ELSE '' END || to_char(floor(seconds)::bigint / 60 % 60, 'FM00') || ':' || to_char(floor(seconds)::bigint % 60, 'FM00')
$$;
COMMENT ON FUNCTION headway._clock(numeric) IS 'Private. "02:05" or "1:02:05".';

CREATE FUNCTION headway._trail(events jsonb, began timestamptz) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    WITH event AS (
        SELECT row_number() OVER (ORDER BY t.at, e.n) AS n, t.at, k.kind, headway._page_path(coalesce(v ->> 'page_url', v ->> 'url', v ->> 'page')) AS page,
               headway._trail_part(CASE jsonb_typeof(v -> 'target') WHEN 'string' THEN v ->> 'target'
                   ELSE coalesce(v #>> '{target,text}', v #>> '{target,label}', v #>> '{target,name}', v #>> '{target,selector}') END, 80) AS target,
               headway._trail_part(v ->> 'message', 160) AS message,
               CASE jsonb_typeof(v -> 'count') WHEN 'number' THEN (v ->> 'count')::numeric END AS clicks,
               CASE jsonb_typeof(v -> 'duration') WHEN 'number' THEN (v ->> 'duration')::numeric END AS took
        FROM headway._elements(events) WITH ORDINALITY e (v, n)
        CROSS JOIN LATERAL (SELECT CASE jsonb_typeof(v -> 'timestamp') WHEN 'number' THEN greatest((v ->> 'timestamp')::numeric, 0)
                                        WHEN 'string' THEN greatest(extract(epoch FROM (v ->> 'timestamp')::timestamptz - began), 0) END AS at) t
        CROSS JOIN LATERAL (SELECT CASE replace(lower(v ->> 'type'), '-', '_')
            WHEN 'rage_click' THEN 'rage click' WHEN 'error_click' THEN 'error click' WHEN 'dead_click' THEN 'dead click' WHEN 'frustrated_gesture' THEN 'frustrated gesture'
            WHEN 'console_error' THEN 'console error' WHEN 'page_view' THEN 'page' WHEN 'navigation' THEN 'page' END AS kind) k
        WHERE jsonb_typeof(v) = 'object'
    ), told AS (  -- a page that is the same as before is no news
        SELECT *, kind IS NULL OR kind = 'page' AND (page IS NULL OR page IS NOT DISTINCT FROM lag(page) OVER (PARTITION BY kind ORDER BY n)) AS is_calm FROM event
    ), block AS (
        SELECT *, count(*) FILTER (WHERE NOT is_calm) OVER (ORDER BY n) AS stretch FROM told
    ), line AS (
        SELECT n, at, CASE kind WHEN 'page' THEN 1 ELSE 0 END AS rank,
               CASE kind WHEN 'page' THEN 'page ' || page
                    ELSE kind || coalesce(' on "' || target || '"', '') || coalesce(': ' || message, '')
                         || coalesce(' (' || clicks || ' clicks' || coalesce(' in ' || trim_scale(round(took, 1)) || ' s', '') || ')', '') || coalesce(' on ' || page, '') END AS words
        FROM block WHERE NOT is_calm
        UNION ALL
        SELECT min(n), min(at), 2, count(*) || ' calm event' || CASE WHEN count(*) > 1 THEN 's' || coalesce(' until ' || headway._clock(max(at)), '') ELSE '' END
        FROM block WHERE is_calm GROUP BY stretch
    ), kept AS (
        SELECT *, row_number() OVER (ORDER BY rank, n) AS place FROM line
    )
    SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('start_s', at, 'text', coalesce('[' || headway._clock(at) || '] ', '') || words)) ORDER BY n)
           || CASE WHEN (SELECT count(*) FROM kept) > 300 THEN jsonb_build_object('text', format('%s more lines are left out', (SELECT count(*) FROM kept) - 300)) ELSE '[]' END
    FROM kept WHERE place <= 300
$$;
COMMENT ON FUNCTION headway._trail(jsonb, timestamptz) IS
'Private. Events of a session, [{type, timestamp (seconds from its start, or a time), target, message, count, duration, page_url}], as turns [{start_s, text}]: a line for each that matters, calm stretches folded, 300 lines at most, trouble first. src/core/conversation/trail.cpp reads them.';

CREATE FUNCTION headway._session_turns(transcript jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    -- A text, {text}, {parts} or the parts themselves; a part is a text or {speaker, text, start, end}.
    SELECT CASE jsonb_typeof(given.t)
               WHEN 'string' THEN nullif(headway._turns(given.t #>> '{}'), '[]')
               WHEN 'array' THEN (
                   SELECT headway._merge_lines(jsonb_agg(CASE jsonb_typeof(p) WHEN 'string' THEN jsonb_build_object('text', p)
                              ELSE jsonb_build_object('speaker', coalesce(p -> 'speaker', p -> 'name'), 'text', p -> 'text',
                                                      'start_s', CASE jsonb_typeof(p -> 'start') WHEN 'number' THEN p -> 'start' END,
                                                      'end_s', CASE jsonb_typeof(p -> 'end') WHEN 'number' THEN p -> 'end' END) END ORDER BY e.n))
                   FROM headway._elements(given.t) WITH ORDINALITY e (p, n)) END
    FROM (SELECT CASE jsonb_typeof(transcript) WHEN 'object' THEN coalesce(nullif(transcript -> 'parts', 'null'), nullif(transcript -> 'text', 'null')) ELSE transcript END AS t) given
$$;
COMMENT ON FUNCTION headway._session_turns(jsonb) IS 'Private. A session''s transcript, in whichever of its shapes, as turns; NULL when nothing is said.';

CREATE FUNCTION headway._map_fathom_sessions(records jsonb, settings jsonb) RETURNS SETOF headway.draft
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT session.v ->> 'id',
           coalesce(session.v ->> 'title', concat_ws(' ', 'Session', 'on ' || headway._page_path(session.v ->> 'page_url'))),
           CASE WHEN spoken.turns IS NULL THEN (SELECT string_agg(l ->> 'text', E'\n' ORDER BY e.n) FROM headway._elements(trail.turns) WITH ORDINALITY e (l, n))
                ELSE headway._spoken(spoken.turns) END,
           coalesce(spoken.turns, trail.turns),
           headway._page_path(session.v ->> 'page_url'),
           session.v #>> '{user,name}', session.v #>> '{user,email}',
           session.began,
           coalesce(session.v ->> 'language', CASE WHEN spoken.turns IS NULL THEN 'en' END),
           round((session.v ->> 'duration')::numeric)::int,
           false,
           CASE WHEN coalesce(session.v #>> '{user,name}', session.v #>> '{user,email}') IS NOT NULL THEN jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
               'name', session.v #> '{user,name}', 'email', session.v #> '{user,email}', 'affiliation', 'external', 'speaker',
               (SELECT t -> 'speaker' FROM headway._elements(spoken.turns) t WHERE t -> 'speaker' = session.v #> '{user,name}' LIMIT 1)))) END,
           jsonb_strip_nulls(jsonb_build_object('medium', CASE WHEN spoken.turns IS NULL AND trail.turns IS NOT NULL THEN 'events' END,
               'page_url', session.v -> 'page_url', 'device', session.v -> 'device', 'browser', session.v -> 'browser', 'os', session.v -> 'os',
               'rage_clicks', session.v -> 'rage_clicks', 'error_clicks', session.v -> 'error_clicks', 'dead_clicks', session.v -> 'dead_clicks',
               'frustrated_gestures', session.v -> 'frustrated_gestures', 'events_count', session.v -> 'events_count', 'has_transcript', session.v -> 'has_transcript',
               'tags', session.v -> 'tags', 'recording_url', session.v -> 'recording_url', 'attributes', session.v -> 'attributes', 'user', session.v -> 'user')),
           NULL::jsonb
    -- OFFSET 0: each part is computed once, and not wherever another one refers to it.
    FROM jsonb_array_elements(records) r (item)
    CROSS JOIN LATERAL (SELECT r.item -> 'record' AS v, (r.item #>> '{record,started_at}')::timestamptz AS began, r.item #> '{children,transcript}' AS said OFFSET 0) session
    -- The transcript is one object, or the bare array of its parts; so are the events.
    CROSS JOIN LATERAL (
        SELECT headway._session_turns(coalesce(nullif(session.said #> '{0,transcript}', 'null'), nullif(session.said #> '{0,data,transcript}', 'null'),
                   CASE WHEN jsonb_array_length(session.said) = 1 THEN nullif(session.said #> '{0,text}', 'null') END,
                   CASE WHEN session.said #> '{0,text}' IS NOT NULL THEN session.said END)) AS turns OFFSET 0) spoken
    CROSS JOIN LATERAL (
        SELECT CASE WHEN spoken.turns IS NULL THEN headway._trail(CASE WHEN jsonb_typeof(r.item #> '{children,events,0,data}') = 'array' THEN r.item #> '{children,events,0,data}'
                                                                       ELSE r.item #> '{children,events}' END, session.began) END AS turns OFFSET 0) trail
$$;
COMMENT ON FUNCTION headway._map_fathom_sessions(jsonb, jsonb) IS 'Private. The mapper of connector type fathom_sessions.';

INSERT INTO headway.connector_types (name, title, mapper, created_at, registered_by, is_builtin, spec) VALUES (
    'fathom_sessions', 'Fathom sessions', 'headway._map_fathom_sessions', '2026-01-01 00:00+00', 'headway_worker', true, '{
  "description": "Recorded sessions of people who use a product: what they said, or the trail of their clicks where they said nothing. Any service can offer them that answers by the convention of docs/how-to/connect-sessions.md.",
  "base_url": {"setting": "base_url"},
  "settings": {
    "base_url": {"type": "url", "default": "https://api.fathom.com", "description": "Where the sessions are"},
    "project_id": {"type": "string", "required": true, "description": "Whose sessions"}
  },
  "credentials": {"api_token": {"description": "The service''s API token"}},
  "auth": {"kind": "bearer", "token": "api_token"},
  "budgets": [{"requests": 10, "seconds": 1}],
  "requests": {
    "videos": {
      "method": "GET",
      "path": "/rest/v1/projects/{settings.project_id}/videos",
      "query": {"from": {"$": "window.from"}, "to": {"$": "window.to"}},
      "records": "/data",
      "pagination": {"kind": "page", "send": {"in": "query", "at": "page"}, "size": {"send": {"in": "query", "at": "per_page"}, "value": 100}, "more": "/has_more"}
    },
    "transcript": {
      "method": "GET",
      "path": "/rest/v1/videos/{parent}/transcript",
      "records": "",
      "pagination": {"kind": "none"},
      "answers": [{"status": 404, "then": "empty"}]
    },
    "events": {
      "method": "GET",
      "path": "/rest/v1/videos/{parent}/events",
      "records": "",
      "pagination": {"kind": "none"},
      "answers": [{"status": 404, "then": "empty"}]
    }
  },
  "list": {"request": "videos", "id": "/id", "at": "/started_at", "overlap_seconds": 86400, "window": "filtered"},
  "children": {"transcript": {"request": "transcript"}, "events": {"request": "events"}}
}');
