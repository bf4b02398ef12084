-- Recordings and messages as people see them: conversations, the calls that are open, and the appointments that are missing.

CREATE VIEW headway.conversations WITH (security_invoker = true) AS
SELECT r.workspace_id, r.id, r.id AS recording_id, r.message_id,
       coalesce(r.call_started_at, r.created_at) AS call_started_at,
       coalesce(r.duration_seconds, CASE WHEN m.metadata ->> 'duration_seconds' ~ '^[0-9]{1,9}([.][0-9]*)?$' THEN (m.metadata ->> 'duration_seconds')::numeric::int END) AS duration_seconds,
       r.direction AS call_type, m.title, coalesce(m.source, 'recording') AS source,
       r.customer_id, r.customer_ref, c.name AS customer_name, r.booking_id, r.booking_ref, b.starts_at AS booking_starts_at, b.status AS booking_status,
       r.link_status, r.link_score, r.call_category, m.language, m.content AS transcript, m.ai_insights, m.ai_insights #>> '{sentiment,overall}' AS sentiment
FROM headway.recordings r
LEFT JOIN headway.messages m ON m.workspace_id = r.workspace_id AND m.id = r.message_id
LEFT JOIN headway.customers c ON c.workspace_id = r.workspace_id AND c.id = r.customer_id
LEFT JOIN headway.bookings b ON b.workspace_id = r.workspace_id AND b.id = r.booking_id
UNION ALL
SELECT m.workspace_id, m.id, NULL, m.id, m.sent_at,
       CASE WHEN m.metadata ->> 'duration_seconds' ~ '^[0-9]{1,9}([.][0-9]*)?$' THEN (m.metadata ->> 'duration_seconds')::numeric::int END,
       'meeting', m.title, m.source, m.customer_id, m.customer_ref, c.name, NULL, NULL, NULL, NULL, NULL, NULL, NULL, m.language, m.content, m.ai_insights,
       m.ai_insights #>> '{sentiment,overall}'
FROM headway.messages m
LEFT JOIN headway.customers c ON c.workspace_id = m.workspace_id AND c.id = m.customer_id
WHERE NOT EXISTS (SELECT FROM headway.recordings r WHERE r.workspace_id = m.workspace_id AND r.message_id = m.id);
COMMENT ON VIEW headway.conversations IS
'Every conversation once: each recording with its transcript, customer and booking, and each message that has no recording.';
COMMENT ON COLUMN headway.conversations.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.conversations.id IS 'The recording''s id, else the message''s.';
COMMENT ON COLUMN headway.conversations.recording_id IS 'The recording; NULL when there is none.';
COMMENT ON COLUMN headway.conversations.message_id IS 'The message with what was said; NULL for a recording without a transcript.';
COMMENT ON COLUMN headway.conversations.call_started_at IS 'When it began.';
COMMENT ON COLUMN headway.conversations.duration_seconds IS 'How long it took, if that is known.';
COMMENT ON COLUMN headway.conversations.call_type IS 'A recording''s direction (inbound, outbound, internal), else meeting.';
COMMENT ON COLUMN headway.conversations.title IS 'What it is called.';
COMMENT ON COLUMN headway.conversations.source IS 'Where it comes from: the connector type, or what the app called it.';
COMMENT ON COLUMN headway.conversations.customer_id IS 'Whose conversation it was; NULL when that is not known or the customer is in the app''s own table.';
COMMENT ON COLUMN headway.conversations.customer_ref IS 'The app''s own key of the customer.';
COMMENT ON COLUMN headway.conversations.customer_name IS 'The customer''s name; NULL for those in the app''s own table.';
COMMENT ON COLUMN headway.conversations.booking_id IS 'Which booking it was about; NULL when that is not known or the booking is in the app''s own table.';
COMMENT ON COLUMN headway.conversations.booking_ref IS 'The app''s own key of the booking.';
COMMENT ON COLUMN headway.conversations.booking_starts_at IS 'When the booking begins; NULL for those in the app''s own table.';
COMMENT ON COLUMN headway.conversations.booking_status IS 'The booking''s status; NULL for those in the app''s own table.';
COMMENT ON COLUMN headway.conversations.link_status IS 'How far a recording is linked; NULL without one.';
COMMENT ON COLUMN headway.conversations.link_score IS 'The points that speak for a recording''s link.';
COMMENT ON COLUMN headway.conversations.call_category IS 'How a call ended: consult_scheduled, consult_not_scheduled or other_question.';
COMMENT ON COLUMN headway.conversations.language IS 'Its language, as the source spells it.';
COMMENT ON COLUMN headway.conversations.transcript IS 'What was said.';
COMMENT ON COLUMN headway.conversations.ai_insights IS 'What was found in it, as in headway.messages.';
COMMENT ON COLUMN headway.conversations.sentiment IS 'positive, neutral, negative or mixed; NULL when it was not read.';

CREATE VIEW headway.unlinked_recordings WITH (security_invoker = true) AS
SELECT r.workspace_id, r.id AS recording_id, r.message_id, coalesce(r.call_started_at, r.created_at) AS call_started_at, r.direction,
       coalesce(r.their_e164, CASE r.direction WHEN 'outbound' THEN r.to_phone ELSE r.from_phone END) AS phone, r.link_status,
       CASE WHEN r.link_status = 'pending' THEN 'not linked yet'
            WHEN r.direction = 'internal' THEN 'an internal call'
            WHEN r.link_status = 'ambiguous' AND r.customer_id IS NULL AND r.customer_ref IS NULL THEN 'several customers fit'
            WHEN r.link_status = 'ambiguous' THEN 'several bookings fit'
            WHEN r.their_e164 IS NULL THEN 'no number that can be matched'
            WHEN EXISTS (SELECT FROM headway.shared_phones s WHERE s.workspace_id = r.workspace_id AND s.phone_e164 = r.their_e164) THEN 'the number is shared'
            -- the app's table is not read here
            WHEN EXISTS (SELECT FROM headway._app_tables t WHERE t.workspace_id = r.workspace_id AND t.noun = 'customers') THEN 'nobody''s number, or one that does not tell whose call it is'
            -- too many have it, or it is a line of the company's own
            WHEN EXISTS (SELECT FROM headway.customers c WHERE c.workspace_id = r.workspace_id AND c.phone_e164 = r.their_e164)
              OR EXISTS (SELECT FROM headway.customer_phones p WHERE p.workspace_id = r.workspace_id AND p.phone_e164 = r.their_e164) THEN 'the number does not tell whose call it is'
            ELSE 'no customer has this number' END AS reason,
       r.customer_id, r.customer_ref, coalesce(r.link_reason -> 'candidates', r.link_reason -> 'customers', '[]') AS candidates
FROM headway.recordings r WHERE r.link_status IN ('pending', 'ambiguous', 'unmatched');
COMMENT ON VIEW headway.unlinked_recordings IS
'Recordings whose customer or booking is open: what waits, what nothing fits and what a person must decide (headway_pin_link()).';
COMMENT ON COLUMN headway.unlinked_recordings.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.unlinked_recordings.recording_id IS 'The recording.';
COMMENT ON COLUMN headway.unlinked_recordings.message_id IS 'Its transcript.';
COMMENT ON COLUMN headway.unlinked_recordings.call_started_at IS 'When the call began.';
COMMENT ON COLUMN headway.unlinked_recordings.direction IS 'inbound, outbound or internal.';
COMMENT ON COLUMN headway.unlinked_recordings.phone IS 'The other side''s number, as headway_e164() writes it where it can, else as the source does.';
COMMENT ON COLUMN headway.unlinked_recordings.link_status IS 'pending, ambiguous or unmatched.';
COMMENT ON COLUMN headway.unlinked_recordings.reason IS 'Why it is open, in a phrase.';
COMMENT ON COLUMN headway.unlinked_recordings.customer_id IS 'The customer, where only the booking is open.';
COMMENT ON COLUMN headway.unlinked_recordings.customer_ref IS 'The app''s own key of that customer.';
COMMENT ON COLUMN headway.unlinked_recordings.candidates IS 'The bookings, else the customers, that came into question; [] when none did.';

CREATE VIEW headway.scheduled_but_not_booked WITH (security_invoker = true) AS
SELECT r.workspace_id, r.id AS recording_id, r.message_id, t.call_started_at, r.direction, r.their_e164 AS phone, r.customer_id, r.customer_ref,
       c.name AS customer_name, r.link_status, r.category_confidence
FROM headway.recordings r
CROSS JOIN LATERAL (SELECT coalesce(r.call_started_at, r.created_at) AS call_started_at) t
LEFT JOIN headway.customers c ON c.workspace_id = r.workspace_id AND c.id = r.customer_id
WHERE r.call_category = 'consult_scheduled' AND r.booking_id IS NULL AND r.booking_ref IS NULL
  AND NOT EXISTS (SELECT FROM headway.bookings b
                  WHERE b.workspace_id = r.workspace_id AND b.customer_id = r.customer_id
                    AND (b.booked_at BETWEEN t.call_started_at - interval '12 hours' AND t.call_started_at + interval '7 days'
                         OR b.booked_at IS NULL AND b.starts_at BETWEEN t.call_started_at AND t.call_started_at + interval '30 days'));
COMMENT ON VIEW headway.scheduled_but_not_booked IS
'Calls that ended with an appointment for which there is no booking: none is linked, and the customer has none that was made between 12 hours before the call and 7 days after it (nor, when it is not known when it was made, one that begins within 30 days after the call). Calls of unknown customers are listed too. With the app''s own bookings registered, a call counts as booked once it is linked.';
COMMENT ON COLUMN headway.scheduled_but_not_booked.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.scheduled_but_not_booked.recording_id IS 'The recording.';
COMMENT ON COLUMN headway.scheduled_but_not_booked.message_id IS 'Its transcript.';
COMMENT ON COLUMN headway.scheduled_but_not_booked.call_started_at IS 'When the call began.';
COMMENT ON COLUMN headway.scheduled_but_not_booked.direction IS 'inbound, outbound or internal.';
COMMENT ON COLUMN headway.scheduled_but_not_booked.phone IS 'The other side''s number.';
COMMENT ON COLUMN headway.scheduled_but_not_booked.customer_id IS 'Whose call it was; NULL when that is not known or the customer is in the app''s own table.';
COMMENT ON COLUMN headway.scheduled_but_not_booked.customer_ref IS 'The app''s own key of the customer.';
COMMENT ON COLUMN headway.scheduled_but_not_booked.customer_name IS 'The customer''s name; NULL for those in the app''s own table.';
COMMENT ON COLUMN headway.scheduled_but_not_booked.link_status IS 'How far the recording is linked.';
COMMENT ON COLUMN headway.scheduled_but_not_booked.category_confidence IS 'How sure it is that the call ended with an appointment, 0 to 1.';
