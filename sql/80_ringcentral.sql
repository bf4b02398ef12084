-- RingCentral: every call of the company's log, and what AI Conversation Expert (RingSense) made of those that were recorded.

CREATE FUNCTION headway._map_ringcentral(records jsonb, settings jsonb) RETURNS SETOF headway.draft
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT call.log ->> 'telephonySessionId',
           coalesce(call.ai ->> 'title', concat_ws(' ', initcap(line.direction), 'call', 'with ' || line.their_name)),
           headway._spoken(spoken.turns), spoken.turns,
           'phone',
           line.their_name, NULL,
           (call.log ->> 'startTime')::timestamptz,
           NULL,
           (call.log ->> 'duration')::numeric::int,
           false,
           coalesce(people.parties, line.parties),
           jsonb_strip_nulls(jsonb_build_object(
               'call_id', call.log -> 'id', 'session_id', call.log -> 'sessionId', 'action', call.log -> 'action', 'result', call.log -> 'result', 'reason', call.log -> 'reason',
               'summary', summed.up -> 'Summary', 'bullets', summed.up -> 'BulletedSummary', 'next_steps', summed.up -> 'NextSteps',
               'highlights', coalesce(summed.up -> 'Highlights', summed.up -> 'HighLights'), 'notes', summed.up -> 'CallNotes',
               'sentiment', summed.up #> '{Sentiment,0}', 'score', summed.up #> '{AIScore,0}')),
           -- A fax is no call. Missed calls and voice mail are: somebody wanted something.
           CASE WHEN call.log ->> 'type' IS DISTINCT FROM 'Fax' THEN jsonb_build_object('direction', line.direction, 'from_phone', line.from_phone, 'to_phone', line.to_phone, 'media', CASE
               WHEN call.log #>> '{recording,id}' IS NOT NULL THEN jsonb_build_object('kind', 'recording', 'id', call.log #> '{recording,id}', 'type', call.log #> '{recording,type}', 'uri', call.log #> '{recording,contentUri}')
               WHEN call.log #>> '{message,id}' IS NOT NULL THEN jsonb_build_object('kind', 'voicemail', 'id', call.log #> '{message,id}', 'type', call.log #> '{message,type}', 'uri', call.log #> '{message,uri}') END) END
    -- OFFSET 0: each part is computed once, and not wherever another one refers to it.
    FROM jsonb_array_elements(records) r (item)
    CROSS JOIN LATERAL (SELECT r.item -> 'record' AS log, r.item #> '{children,insights,0}' AS ai OFFSET 0) call
    CROSS JOIN LATERAL (SELECT call.log ->> 'direction' = 'Outbound' AS is_outbound OFFSET 0) way
    CROSS JOIN LATERAL (SELECT call.log -> CASE WHEN way.is_outbound THEN 'to' ELSE 'from' END AS theirs, call.log -> CASE WHEN way.is_outbound THEN 'from' ELSE 'to' END AS ours OFFSET 0) side
    CROSS JOIN LATERAL (
        SELECT side.theirs ->> 'name' AS their_name,
               -- Extensions on both sides: colleagues among themselves.
               CASE WHEN coalesce(side.theirs ->> 'extensionId', side.theirs ->> 'extensionNumber') IS NOT NULL THEN 'internal' WHEN way.is_outbound THEN 'outbound' ELSE 'inbound' END AS direction,
               coalesce(call.log #>> '{from,phoneNumber}', call.log #>> '{from,dialerPhoneNumber}') AS from_phone,
               coalesce(call.log #>> '{to,phoneNumber}', call.log #>> '{to,dialedPhoneNumber}') AS to_phone OFFSET 0) numbers
    CROSS JOIN LATERAL (
        SELECT numbers.*, right(regexp_replace(CASE WHEN way.is_outbound THEN numbers.to_phone ELSE numbers.from_phone END, '[^0-9]', '', 'g'), 10) AS their_digits,
               jsonb_build_array(
                   jsonb_strip_nulls(jsonb_build_object('name', side.theirs -> 'name', 'phone', CASE WHEN way.is_outbound THEN numbers.to_phone ELSE numbers.from_phone END,
                                                        'affiliation', CASE numbers.direction WHEN 'internal' THEN 'internal' ELSE 'external' END)),
                   jsonb_strip_nulls(jsonb_build_object('name', side.ours -> 'name', 'phone', CASE WHEN way.is_outbound THEN numbers.from_phone ELSE numbers.to_phone END, 'affiliation', 'internal'))) AS parties OFFSET 0) line
    CROSS JOIN LATERAL (
        SELECT jsonb_agg(s || jsonb_build_object('label', coalesce(s ->> 'name', 'Speaker ' || (s ->> 'speakerId')), 'is_theirs',
                   coalesce(right(regexp_replace(s ->> 'phoneNumber', '[^0-9]', '', 'g'), 10) = line.their_digits OR s ->> 'name' = line.their_name, false))) AS known
        FROM headway._elements(call.ai -> 'speakerInfo') s) speaker
    -- Whoever has an extension is a colleague. Where nobody is said to have one, a call still has two sides: who is
    -- not theirs is ours, once theirs is known.
    CROSS JOIN LATERAL (
        SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('name', s -> 'name', 'phone', s -> 'phoneNumber', 'speaker', s -> 'label', 'affiliation',
                   CASE WHEN line.direction = 'internal' OR s ->> 'extensionId' IS NOT NULL THEN 'internal'
                        WHEN (s -> 'is_theirs')::boolean OR jsonb_path_exists(speaker.known, '$[*] ? (@.extensionId != null)') THEN 'external'
                        WHEN speaker.known @> '[{"is_theirs": true}]' THEN 'internal' ELSE 'unknown' END)) ORDER BY NOT (s -> 'is_theirs')::boolean) AS parties
        FROM headway._elements(speaker.known) s) people
    CROSS JOIN LATERAL (
        SELECT headway._merge_lines(jsonb_agg(jsonb_build_object('speaker',
                   coalesce((SELECT s ->> 'label' FROM headway._elements(speaker.known) s WHERE s ->> 'speakerId' = t ->> 'speakerId' LIMIT 1), 'Speaker ' || (t ->> 'speakerId'), 'Speaker'),
                   'start_s', t -> 'start', 'end_s', t -> 'end', 'text', t -> 'text') ORDER BY e.n)) AS turns
        FROM headway._elements(call.ai #> '{insights,Transcript}') WITH ORDINALITY e (t, n)) spoken
    CROSS JOIN LATERAL (
        SELECT jsonb_object_agg(i.key, found.texts) FILTER (WHERE found.texts IS NOT NULL) AS up
        FROM jsonb_each(CASE jsonb_typeof(call.ai -> 'insights') WHEN 'object' THEN (call.ai -> 'insights') - 'Transcript' ELSE '{}' END) i
        CROSS JOIN LATERAL (SELECT jsonb_agg(v -> 'value') AS texts FROM headway._elements(i.value) v WHERE v ->> 'value' IS NOT NULL) found) summed
$$;
COMMENT ON FUNCTION headway._map_ringcentral(jsonb, jsonb) IS 'Private. The mapper of connector type ringcentral.';

INSERT INTO headway.connector_types (name, title, mapper, created_at, registered_by, is_builtin, spec) VALUES (
    'ringcentral', 'RingCentral calls', 'headway._map_ringcentral', '2026-01-01 00:00+00', 'headway_worker', true, '{
  "description": "The company''s call log of RingCentral, and for recorded calls transcript, summary and other insights of AI Conversation Expert (RingSense). Needs an app with JWT auth and the permissions ReadCallLog and RingSense, and a user who sees the company''s call log. Every call becomes a row of headway.recordings, one with a transcript a message as well; transcripts that come within two days of a call are found.",
  "base_url": {"setting": "base_url"},
  "settings": {
    "base_url": {"type": "url", "default": "https://platform.ringcentral.com", "description": "Where RingCentral''s API is"}
  },
  "credentials": {
    "client_id": {"description": "The app''s client ID"},
    "client_secret": {"description": "The app''s client secret"},
    "jwt": {"description": "The JWT credential of the user, made in the developer console"},
    "verification_token": {"optional": true, "description": "The verificationToken of a webhook subscription"}
  },
  "auth": {"kind": "jwt_grant", "path": "/restapi/oauth/token", "client_id": "client_id", "client_secret": "client_secret", "assertion": "jwt"},
  "budgets": [{"requests": 10, "seconds": 60, "group": "heavy"}, {"requests": 50, "seconds": 60, "group": "light"}],
  "rate_headers": {"limit": "X-Rate-Limit-Limit", "remaining": "X-Rate-Limit-Remaining", "window": "X-Rate-Limit-Window"},
  "penalty_seconds": 60,
  "requests": {
    "calls": {
      "method": "GET",
      "path": "/restapi/v1.0/account/~/call-log",
      "group": "heavy",
      "query": {"view": "Detailed", "type": "Voice", "dateFrom": {"$": "window.from"}, "dateTo": {"$": "window.to"}, "perPage": "250"},
      "records": "/records",
      "pagination": {"kind": "next_url", "next": "/navigation/nextPage/uri"}
    },
    "session": {
      "method": "GET",
      "path": "/restapi/v1.0/account/~/call-log",
      "group": "heavy",
      "query": {"view": "Detailed", "telephonySessionId": {"$": "parent"}, "dateFrom": {"$": "window.from"}, "dateTo": {"$": "window.to"}},
      "records": "/records"
    },
    "insights": {
      "method": "GET",
      "path": "/ai/ringsense/v1/public/accounts/~/domains/pbx/records/{parent}/insights",
      "group": "light",
      "records": "",
      "pagination": {"kind": "none"},
      "answers": [{"status": 404, "then": "empty"}]
    }
  },
  "list": {"request": "calls", "id": "/telephonySessionId", "at": "/startTime", "overlap_seconds": 172800},
  "children": {"insights": {"request": "insights", "parent": "/recording/id"}},
  "webhook": {
    "verify": {"kind": "token", "credential": "verification_token", "headers": ["Verification-Token", "Validation-Token"]},
    "handshake": "Validation-Token",
    "delivery": "/uuid",
    "event": "/event",
    "sequence": {"of": "/body/telephonySessionId", "at": "/body/sequence"},
    "events": [
      {"where": {"/event": ["*/telephony/sessions*"], "/body/parties/0/status/code": ["Disconnected"]},
       "lookup": {"request": "session", "id": "/body/telephonySessionId", "after_seconds": 45}},
      {"where": {"/event": ["*/ai/ringsense/*/domains/pbx/insights*"]},
       "lookup": {"request": "session", "id": "/body/sourceSessionId"}}
    ]
  }
}');
