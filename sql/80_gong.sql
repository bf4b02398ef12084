-- Gong: a connector type is data. The spec says how the API is read, the mapper what its records mean.

CREATE FUNCTION headway._map_gong(records jsonb, settings jsonb) RETURNS SETOF headway.draft
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT call.meta ->> 'id',
           call.meta ->> 'title',
           headway._spoken(spoken.turns), spoken.turns,
           call.meta ->> 'system',
           customer.name, customer.email,
           coalesce(call.meta ->> 'started', call.meta ->> 'scheduled')::timestamptz,
           call.meta ->> 'language',
           round((call.meta ->> 'duration')::numeric)::int,
           (call.meta ->> 'isPrivate')::boolean,
           people.parties,
           jsonb_strip_nulls(jsonb_build_object('url', call.meta -> 'url', 'direction', call.meta -> 'direction', 'scope', call.meta -> 'scope',
               'scheduled', call.meta -> 'scheduled', 'purpose', call.meta -> 'purpose', 'primary_user_id', call.meta -> 'primaryUserId',
               'gong_workspace_id', call.meta -> 'workspaceId')),
           -- Only a call by telephone is a recording with two numbers; a conference has parties.
           CASE lower(call.meta ->> 'direction')
               WHEN 'inbound' THEN jsonb_build_object('direction', 'inbound', 'from_phone', customer.phone, 'to_phone', colleague.phone)
               WHEN 'outbound' THEN jsonb_build_object('direction', 'outbound', 'from_phone', colleague.phone, 'to_phone', customer.phone)
           END
    FROM jsonb_array_elements(records) r (item)
    CROSS JOIN LATERAL (
        SELECT r.item #> '{record,metaData}' AS meta,
               CASE jsonb_typeof(r.item #> '{record,parties}') WHEN 'array' THEN r.item #> '{record,parties}' ELSE '[]' END AS parties,
               r.item #> '{children,transcripts,0,transcript}' AS transcript) call
    CROSS JOIN LATERAL (
        SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('name', p ->> 'name', 'email', p ->> 'emailAddress', 'phone', p ->> 'phoneNumber',
                   'title', p ->> 'title', 'affiliation', lower(coalesce(p ->> 'affiliation', 'unknown')),
                   'speaker', CASE WHEN p ->> 'speakerId' IS NOT NULL THEN coalesce(p ->> 'name', p ->> 'emailAddress', 'Speaker ' || (p ->> 'speakerId')) END))
                   ORDER BY n) AS parties
        FROM jsonb_array_elements(call.parties) WITH ORDINALITY e (p, n)) people
    -- Monologues become turns. Times are milliseconds here and seconds everywhere else.
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_object('speaker', coalesce(
                       (SELECT coalesce(p ->> 'name', p ->> 'emailAddress') FROM jsonb_array_elements(call.parties) p
                        WHERE p ->> 'speakerId' = m.monologue ->> 'speakerId' LIMIT 1), 'Speaker ' || (m.monologue ->> 'speakerId')),
                   'start_s', (m.monologue #>> '{sentences,0,start}')::numeric / 1000,
                   'end_s', (m.monologue #>> '{sentences,-1,end}')::numeric / 1000,
                   'text', (SELECT string_agg(s.sentence ->> 'text', ' ' ORDER BY s.n)
                            FROM jsonb_array_elements(m.monologue -> 'sentences') WITH ORDINALITY s (sentence, n))) ORDER BY m.n) AS turns
        FROM jsonb_array_elements(call.transcript) WITH ORDINALITY m (monologue, n)
        WHERE jsonb_array_length(m.monologue -> 'sentences') > 0) spoken ON true
    LEFT JOIN LATERAL (
        SELECT p ->> 'name' AS name, p ->> 'emailAddress' AS email, p ->> 'phoneNumber' AS phone
        FROM jsonb_array_elements(call.parties) WITH ORDINALITY e (p, n)
        WHERE p ->> 'affiliation' = 'External' ORDER BY (p ->> 'speakerId') IS NULL, n LIMIT 1) customer ON true
    LEFT JOIN LATERAL (
        SELECT p ->> 'phoneNumber' AS phone
        FROM jsonb_array_elements(call.parties) WITH ORDINALITY e (p, n)
        WHERE p ->> 'affiliation' = 'Internal' ORDER BY (p ->> 'speakerId') IS NULL, n LIMIT 1) colleague ON true
$$;
COMMENT ON FUNCTION headway._map_gong(jsonb, jsonb) IS 'Private. The mapper of connector type gong.';

-- Nothing in the row depends on where and when it is installed, so that a restored database is equal.
INSERT INTO headway.connector_types (name, title, mapper, created_at, registered_by, is_builtin, spec) VALUES (
    'gong', 'Gong calls', 'headway._map_gong', '2026-01-01 00:00+00', 'headway_worker', true, '{
  "description": "Calls recorded by Gong, with their transcripts. Keys come from Gong''s admin page API.",
  "base_url": {"setting": "base_url"},
  "settings": {
    "base_url": {"type": "url", "required": true, "description": "As Gong''s admin page API shows it; every customer has one, such as https://us-12345.api.gong.io"},
    "include_private": {"type": "boolean", "default": false, "description": "Whether calls marked private are read"},
    "gong_workspace_id": {"type": "string", "description": "Only calls of this Gong workspace"},
    "webhook_url": {"type": "string", "description": "The address that an automation rule of Gong''s sends calls to"}
  },
  "credentials": {
    "access_key": {},
    "secret_key": {},
    "webhook_key": {"optional": true, "description": "The public key that Gong shows for the automation rule"}
  },
  "auth": {"kind": "basic", "username": "access_key", "password": "secret_key"},
  "budgets": [{"requests": 3, "seconds": 1}, {"requests": 10000, "seconds": 86400}],
  "answers": [
    {"status": 404, "contains": "found corresponding to the provided filters", "then": "empty"},
    {"status": 400, "contains": "cursor has expired", "then": "restart"},
    {"status": 400, "contains": "failed to verify cursor", "then": "restart"}
  ],
  "requests": {
    "calls": {
      "method": "POST",
      "path": "/v2/calls/extensive",
      "body": {
        "filter": {
          "fromDateTime": {"$": "window.from"},
          "toDateTime": {"$": "window.to"},
          "workspaceId": {"$": "settings.gong_workspace_id"}
        },
        "contentSelector": {"exposedFields": {"parties": true}}
      },
      "records": "/calls",
      "pagination": {"kind": "cursor", "next": "/records/cursor", "send": {"in": "body", "at": "/cursor"}}
    },
    "transcripts": {
      "method": "POST",
      "path": "/v2/calls/transcript",
      "body": {"filter": {"callIds": {"$": "parents"}}},
      "records": "/callTranscripts",
      "pagination": {"kind": "cursor", "next": "/records/cursor", "send": {"in": "body", "at": "/cursor"}}
    }
  },
  "list": {"request": "calls", "id": "/metaData/id", "at": "/metaData/started", "overlap_seconds": 86400, "spans": 8},
  "children": {"transcripts": {"request": "transcripts", "batch": 100, "key": "/callId"}},
  "webhook": {
    "verify": {"kind": "jwt_rs256", "credential": "webhook_key", "headers": ["X-Webhook-Authorization", "Authorization"],
               "body_sha256": "body_sha256", "url": {"claim": "webhook_url", "setting": "webhook_url"}},
    "events": [{"where": {"/isTest": [true]}, "ignore": true}, {"record": ["/callData", ""]}]
  }
}');
