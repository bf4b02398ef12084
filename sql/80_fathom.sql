-- Fathom: meetings with their transcripts, summaries, action items and highlights.

CREATE FUNCTION headway._map_fathom(records jsonb, settings jsonb) RETURNS SETOF headway.draft
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT meeting.m ->> 'recording_id',
           coalesce(meeting.m ->> 'title', meeting.m ->> 'meeting_title'),
           headway._spoken(spoken.turns), spoken.turns,
           'fathom',
           customer.p ->> 'name', customer.p ->> 'email',
           meeting.began,
           nullif(meeting.m ->> 'transcript_language', 'unknown'),
           meeting.seconds,
           false,
           people.parties,
           jsonb_strip_nulls(jsonb_build_object(
               'url', meeting.m -> 'url', 'share_url', meeting.m -> 'share_url', 'meeting_type', meeting.m -> 'meeting_type', 'shared_with', meeting.m -> 'shared_with',
               'scheduled', meeting.m -> 'scheduled_start_time', 'invitees', meeting.m -> 'calendar_invitees_domains_type',
               'summary', meeting.m #> '{default_summary,markdown_formatted}', 'action_items', extras.tasks, 'highlights', extras.highlights,
               -- Without a CRM all that comes is {"error": ...}.
               'crm', CASE WHEN jsonb_typeof(meeting.m -> 'crm_matches') = 'object' THEN meeting.m -> 'crm_matches' END)),
           NULL::jsonb
    -- OFFSET 0: each part is computed once, and not wherever another one refers to it.
    FROM jsonb_array_elements(records) r (item)
    CROSS JOIN LATERAL (
        SELECT r.item -> 'record' AS m,
               coalesce(r.item #>> '{record,recording_start_time}', r.item #>> '{record,scheduled_start_time}', r.item #>> '{record,created_at}')::timestamptz AS began,
               round(extract(epoch FROM (r.item #>> '{record,recording_end_time}')::timestamptz - (r.item #>> '{record,recording_start_time}')::timestamptz))::int AS seconds,
               CASE jsonb_typeof(r.item #> '{record,transcript}') WHEN 'array' THEN nullif(r.item #> '{record,transcript}', '[]') END AS listed OFFSET 0) meeting
    -- A line says when it begins; it ends where the next one does so.
    CROSS JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_object('speaker', l.name, 'start_s', l.start_s, 'end_s', coalesce(l.next_s, greatest(meeting.seconds, l.start_s)), 'text', l.said,
                                            'email', l.email) ORDER BY l.n) AS lines
        FROM (SELECT e.n, coalesce(t #>> '{speaker,display_name}', t #>> '{speaker,matched_calendar_invitee_email}', 'Speaker') AS name, t ->> 'text' AS said,
                     lower(t #>> '{speaker,matched_calendar_invitee_email}') AS email, s.start_s, lead(s.start_s) OVER (ORDER BY e.n) AS next_s
              FROM headway._elements(coalesce(meeting.listed, r.item #> '{children,transcript}')) WITH ORDINALITY e (t, n)
              CROSS JOIN LATERAL (SELECT CASE WHEN t ->> 'timestamp' ~ '^[0-9]{1,3}:[0-5]?[0-9]:[0-5]?[0-9]$' THEN extract(epoch FROM (t ->> 'timestamp')::interval)::int END AS start_s) s) l) said
    CROSS JOIN LATERAL (SELECT headway._merge_lines(said.lines) AS turns OFFSET 0) spoken
    -- Who was invited, who recorded it, and who spoke without being either.
    CROSS JOIN LATERAL (
        SELECT jsonb_agg(jsonb_strip_nulls(p.party) ORDER BY p.kind, p.n) AS parties
        FROM (SELECT 1 AS kind, e.n, jsonb_build_object('name', i -> 'name', 'email', i -> 'email', 'affiliation',
                         CASE i ->> 'is_external' WHEN 'true' THEN 'external' WHEN 'false' THEN 'internal' ELSE 'unknown' END, 'speaker',
                         (SELECT l ->> 'speaker' FROM headway._elements(said.lines) l
                          WHERE l ->> 'speaker' IN (i ->> 'matched_speaker_display_name', i ->> 'name') OR l ->> 'email' = lower(i ->> 'email') LIMIT 1)) AS party
              FROM headway._elements(meeting.m -> 'calendar_invitees') WITH ORDINALITY e (i, n)
              UNION ALL
              SELECT 2, 1, jsonb_build_object('name', h -> 'name', 'email', h -> 'email', 'affiliation', 'internal', 'speaker',
                         (SELECT l ->> 'speaker' FROM headway._elements(said.lines) l WHERE l ->> 'speaker' = h ->> 'name' OR l ->> 'email' = lower(h ->> 'email') LIMIT 1))
              FROM (SELECT meeting.m -> 'recorded_by' AS h) recorder
              WHERE jsonb_typeof(h) = 'object' AND NOT EXISTS (SELECT FROM headway._elements(meeting.m -> 'calendar_invitees') i
                                                               WHERE lower(i ->> 'email') = lower(h ->> 'email') OR i ->> 'name' = h ->> 'name')
              UNION ALL
              SELECT 3, min(e.n), jsonb_build_object('name', l ->> 'speaker', 'affiliation', 'unknown', 'speaker', l ->> 'speaker')
              FROM headway._elements(said.lines) WITH ORDINALITY e (l, n)
              WHERE NOT EXISTS (SELECT FROM headway._elements(meeting.m -> 'calendar_invitees') i
                                WHERE l ->> 'speaker' IN (i ->> 'matched_speaker_display_name', i ->> 'name') OR l ->> 'email' = lower(i ->> 'email'))
                AND l ->> 'speaker' IS DISTINCT FROM meeting.m #>> '{recorded_by,name}'
                AND l ->> 'email' IS DISTINCT FROM lower(meeting.m #>> '{recorded_by,email}')
              GROUP BY l ->> 'speaker') p) people
    LEFT JOIN LATERAL (
        SELECT e.p FROM headway._elements(people.parties) WITH ORDINALITY e (p, n)
        WHERE p ->> 'affiliation' = 'external' ORDER BY (p ->> 'speaker') IS NULL, n LIMIT 1) customer ON true
    CROSS JOIN LATERAL (
        SELECT (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('description', a -> 'description', 'completed', a -> 'completed', 'assignee', coalesce(a #>> '{assignee,name}', a #>> '{assignee,email}'))))
                FROM headway._elements(meeting.m -> 'action_items') a) AS tasks,
               (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('type', h -> 'type', 'text', coalesce(h ->> 'summary', h ->> 'text'), 'start_s', h -> 'start_time', 'end_s', h -> 'end_time')))
                FROM headway._elements(meeting.m -> 'highlights') h) AS highlights) extras
$$;
COMMENT ON FUNCTION headway._map_fathom(jsonb, jsonb) IS 'Private. The mapper of connector type fathom.';

INSERT INTO headway.connector_types (name, title, mapper, created_at, registered_by, is_builtin, spec) VALUES (
    'fathom', 'Fathom meetings', 'headway._map_fathom', '2026-01-01 00:00+00', 'headway_worker', true, '{
  "description": "Meetings recorded by Fathom, with transcript, summary, action items, highlights and CRM matches. A key belongs to a user, who makes it in Fathom''s settings (API access) and sees own and shared meetings. Transcripts come with the list: a page of ten meetings is one heavy request, of which there are 30 a minute, where asking for each of them would be ten. Only a meeting that is listed without one is asked about by itself.",
  "base_url": {"setting": "base_url"},
  "settings": {
    "base_url": {"type": "url", "default": "https://api.fathom.ai", "description": "Where Fathom''s API is"},
    "recorded_by": {"type": "list", "description": "Only meetings that users with these e-mail addresses recorded"},
    "teams": {"type": "list", "description": "Only meetings of these teams, by name"},
    "invitees": {"type": "string", "description": "all, only_internal or one_or_more_external"}
  },
  "credentials": {
    "api_token": {"description": "Fathom''s API key"},
    "webhook_secret": {"optional": true, "description": "The secret of a webhook made with Fathom, whsec_..."}
  },
  "auth": {"kind": "header", "token": "api_token", "header": "X-Api-Key"},
  "budgets": [{"requests": 60, "seconds": 60}, {"requests": 30, "seconds": 60, "group": "heavy"}],
  "rate_headers": {"limit": "RateLimit-Limit", "remaining": "RateLimit-Remaining", "reset": "RateLimit-Reset"},
  "requests": {
    "meetings": {
      "method": "GET",
      "path": "/external/v1/meetings",
      "group": "heavy",
      "query": {
        "created_after": {"$": "window.from"},
        "created_before": {"$": "window.to"},
        "include_transcript": "true",
        "include_summary": "true",
        "include_action_items": "true",
        "include_highlights": "true",
        "include_crm_matches": "true",
        "recorded_by[]": {"$": "settings.recorded_by"},
        "teams[]": {"$": "settings.teams"},
        "calendar_invitees_domains_type": {"$": "settings.invitees"}
      },
      "records": "/items",
      "pagination": {"kind": "cursor", "next": "/next_cursor", "send": {"in": "query", "at": "cursor"}}
    },
    "transcript": {
      "method": "GET",
      "path": "/external/v1/recordings/{parent}/transcript",
      "group": "heavy",
      "records": "/transcript",
      "pagination": {"kind": "none"},
      "answers": [{"status": 404, "then": "empty"}]
    }
  },
  "list": {"request": "meetings", "id": "/recording_id", "at": "/created_at", "overlap_seconds": 86400},
  "children": {"transcript": {"request": "transcript", "unless": "/transcript"}},
  "webhook": {"verify": {"kind": "standard", "credential": "webhook_secret"}, "events": [{"record": [""]}]}
}');
