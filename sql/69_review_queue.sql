-- What waits for a person, and what people ask for: the two lists that are read every day.

CREATE VIEW headway.review_queue WITH (security_invoker = true) AS
SELECT q.workspace_id, q.item_id, q.kind, q.reason, q.title, q.uncertainty, s.revenue,
       (q.uncertainty * greatest(s.revenue, 1))::real AS priority, q.evidence, q.message_id, q.waiting_since
FROM (
    SELECT r.workspace_id, r.id AS item_id, 'ambiguous_link' AS kind,
           CASE WHEN r.customer_id IS NULL AND r.customer_ref IS NULL THEN 'several customers fit' ELSE 'several bookings fit' END AS reason,
           coalesce(m.title, r.external_id) AS title, (1 / (1 + coalesce((r.link_reason ->> 'gap')::real, 0)))::real AS uncertainty,
           ARRAY(SELECT r.customer_id UNION ALL SELECT (o ->> 'customer_id')::uuid FROM jsonb_array_elements(r.link_reason -> 'customers') o) AS customers,
           jsonb_build_object('call_started_at', r.call_started_at, 'phone', r.their_e164, 'candidates', coalesce(r.link_reason -> 'candidates', r.link_reason -> 'customers', '[]'),
                              'gap', r.link_reason -> 'gap', 'judged', r.link_reason -> 'judged') AS evidence,
           r.message_id, r.created_at AS waiting_since
    FROM headway.recordings r LEFT JOIN headway.messages m ON m.workspace_id = r.workspace_id AND m.id = r.message_id
    WHERE r.link_status = 'ambiguous'
    UNION ALL
    SELECT d.workspace_id, d.id, 'low_confidence_match',
           CASE d.outcome WHEN 'review' THEN 'created, but perhaps a known feature' ELSE 'linked, but barely' END, d.title, 1 - abs(d.confidence - d.threshold), NULL,
           jsonb_build_object('item', jsonb_build_object('title', d.title, 'description', d.description, 'quote', fm.quote, 'speaker', fm.speaker, 'quote_start_s', fm.quote_start_s),
                              'named', jsonb_build_object('feature_id', n.id, 'name', n.name, 'description', n.description, 'mentions', n.mention_count),
                              'became', d.feature_id, 'confidence', d.confidence, 'threshold', d.threshold, 'reasoning', d.reasoning, 'decided_by', d.decided_by),
           d.message_id, d.created_at
    FROM headway.match_decisions d
    JOIN headway.features f ON f.workspace_id = d.workspace_id AND f.id = d.feature_id
    JOIN headway.features n ON n.workspace_id = d.workspace_id AND n.id = d.matching_feature_id
    -- What a later reading has taken back is no question any more.
    JOIN headway.feature_messages fm ON fm.workspace_id = d.workspace_id AND fm.feature_id = d.feature_id AND fm.message_id = d.message_id AND fm.via IS NULL
    WHERE d.decided_by NOT IN ('person', 'similarity') AND (d.outcome = 'review' OR d.outcome = 'linked' AND d.confidence < d.threshold + 0.05)
      -- A person has found its place already, or has said that it is not there.
      AND NOT (d.outcome = 'review' AND (f.merged_into IS NOT NULL OR headway._are_distinct(d.workspace_id, d.feature_id, d.matching_feature_id)))
    UNION ALL
    SELECT u.workspace_id, u.id, CASE u.reason WHEN 'unverified_quote' THEN 'unverified_quote' ELSE 'unmatched_feature' END,
           CASE u.reason WHEN 'unverified_quote' THEN 'the quote is not in the transcript' WHEN 'low_theme_confidence' THEN 'no theme fits well enough'
                WHEN 'not_relevant' THEN 'it seems to be about something else' ELSE 'no theme fits' END,
           u.title, CASE u.reason WHEN 'not_relevant' THEN 0.1 WHEN 'low_theme_confidence' THEN coalesce(u.theme_confidence, 0.5) ELSE 0.5 END, NULL,
           jsonb_build_object('item', jsonb_build_object('title', u.title, 'description', u.description, 'type', u.type, 'urgency', u.urgency, 'quote', u.quote),
                              'proposed_theme', u.proposed_theme, 'theme_confidence', u.theme_confidence),
           u.message_id, u.created_at
    FROM headway.unmatched_features u
    WHERE u.resolved_feature_id IS NULL AND u.dismissed_at IS NULL) q
-- One look for each customer: a join would be planned as if most of them were asked for.
CROSS JOIN LATERAL (
    SELECT max((SELECT c.mrr FROM headway.customers c WHERE c.workspace_id = q.workspace_id AND c.id = k.id)) AS revenue
    FROM unnest(coalesce(q.customers, ARRAY(
        SELECT coalesce(r.customer_id, m.customer_id) FROM headway.messages m LEFT JOIN headway.recordings r ON r.workspace_id = m.workspace_id AND r.message_id = m.id
        WHERE m.workspace_id = q.workspace_id AND m.id = q.message_id))) k (id)) s
WHERE NOT EXISTS (SELECT FROM headway.reviews v WHERE v.workspace_id = q.workspace_id AND v.item_id = q.item_id AND v.again_at > now());
COMMENT ON VIEW headway.review_queue IS
'What waits for a person: recordings that several customers or bookings fit, matches near the threshold, items whose quote is not in the transcript or that fit no theme. headway_review() decides an item; sort by priority.';
COMMENT ON COLUMN headway.review_queue.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.review_queue.item_id IS 'What headway_review() takes: an id in recordings, match_decisions or unmatched_features, by kind.';
COMMENT ON COLUMN headway.review_queue.kind IS 'ambiguous_link, low_confidence_match, unverified_quote or unmatched_feature.';
COMMENT ON COLUMN headway.review_queue.reason IS 'Why it is here, in a phrase.';
COMMENT ON COLUMN headway.review_queue.title IS 'What it is about.';
COMMENT ON COLUMN headway.review_queue.uncertainty IS
'How open it is, 0 to 1. Of a match: 1 at the threshold, less with the distance from it. Of a link: 1 when nothing sets the first two candidates apart, 1 / (1 + their points'' gap) else. Of an item without a theme: its confidence in the one that was named; 0.5 where there is none or the quote is wrong, 0.1 for what seems to be about something else.';
COMMENT ON COLUMN headway.review_queue.revenue IS 'Monthly revenue of the customer it is from; the highest of those who come into question; NULL when it is not known or the customers are in a table of the app''s own.';
COMMENT ON COLUMN headway.review_queue.priority IS 'Revenue x uncertainty, the revenue counting as 1 at least.';
COMMENT ON COLUMN headway.review_queue.evidence IS 'What is known, by kind: the candidates with their points; the item, the feature that was named and the judge''s words; the item with the quote as it was claimed.';
COMMENT ON COLUMN headway.review_queue.message_id IS 'The conversation, where there is a transcript.';
COMMENT ON COLUMN headway.review_queue.waiting_since IS 'Since when it waits.';

-- What is costly stands in the list of columns, where the server computes it for the rows that a LIMIT leaves and no others.
CREATE VIEW headway.feature_overview WITH (security_invoker = true) AS
SELECT f.workspace_id, f.id AS feature_id, h.name AS theme, f.name, f.description, f.type, f.status, f.mention_count AS mentions,
       (SELECT count(DISTINCT coalesce(r.customer_id::text, m.customer_id::text, r.customer_ref, m.customer_ref))::int
        FROM headway.feature_messages fm
        JOIN headway.messages m ON m.workspace_id = fm.workspace_id AND m.id = fm.message_id
        LEFT JOIN headway.recordings r ON r.workspace_id = m.workspace_id AND r.message_id = m.id
        WHERE fm.workspace_id = f.workspace_id AND fm.feature_id = f.id) AS distinct_customers,
       (SELECT sum(c.mrr)
        FROM (SELECT DISTINCT coalesce(r.customer_id, m.customer_id) AS id
              FROM headway.feature_messages fm
              JOIN headway.messages m ON m.workspace_id = fm.workspace_id AND m.id = fm.message_id
              LEFT JOIN headway.recordings r ON r.workspace_id = m.workspace_id AND r.message_id = m.id
              WHERE fm.workspace_id = f.workspace_id AND fm.feature_id = f.id) d
        JOIN headway.customers c ON c.workspace_id = f.workspace_id AND c.id = d.id) AS revenue,
       f.urgency, f.sentiment_score, f.first_mentioned, f.last_mentioned,
       (SELECT fm.quote FROM headway.feature_messages fm JOIN headway.messages m ON m.workspace_id = fm.workspace_id AND m.id = fm.message_id
        WHERE fm.workspace_id = f.workspace_id AND fm.feature_id = f.id AND fm.quote IS NOT NULL
        ORDER BY m.sent_at DESC, m.id LIMIT 1) AS last_quote
FROM headway.features f
JOIN headway.themes h ON h.workspace_id = f.workspace_id AND h.id = f.theme_id
WHERE f.merged_into IS NULL;
COMMENT ON VIEW headway.feature_overview IS
'What customers ask for: each feature with how often, by how many customers, what they pay, and in whose words. Merged features are counted where they went.';
COMMENT ON COLUMN headway.feature_overview.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.feature_overview.feature_id IS 'The feature.';
COMMENT ON COLUMN headway.feature_overview.theme IS 'Its theme''s name.';
COMMENT ON COLUMN headway.feature_overview.name IS 'What it is, in a few words.';
COMMENT ON COLUMN headway.feature_overview.description IS 'What it is, in a few sentences.';
COMMENT ON COLUMN headway.feature_overview.type IS 'feature_request, bug_report or pain_point.';
COMMENT ON COLUMN headway.feature_overview.status IS 'new, under-review, planned, shipped or declined.';
COMMENT ON COLUMN headway.feature_overview.mentions IS 'How many conversations mention it.';
COMMENT ON COLUMN headway.feature_overview.distinct_customers IS 'How many different customers these are from; conversations of unknown customers are not counted.';
COMMENT ON COLUMN headway.feature_overview.revenue IS 'What those customers pay a month, each once; NULL when that is known of none. Customers in a table of the app''s own are counted, and their revenue is not.';
COMMENT ON COLUMN headway.feature_overview.urgency IS 'low, medium, high or critical.';
COMMENT ON COLUMN headway.feature_overview.sentiment_score IS 'Mean sentiment of those conversations, -1 to 1.';
COMMENT ON COLUMN headway.feature_overview.first_mentioned IS 'When the earliest of them was.';
COMMENT ON COLUMN headway.feature_overview.last_mentioned IS 'When the latest of them was.';
COMMENT ON COLUMN headway.feature_overview.last_quote IS 'What was said in the latest of them that has a quote.';
