-- What scripts/demo runs: the main job against the sandbox, then its results.
\pset footer off
SET client_min_messages = warning;
CREATE EXTENSION headway;
\o /dev/null
SELECT headway_add_workspace('acme');
SELECT headway_add_theme(t ->> 'name', t ->> 'description') FROM jsonb_array_elements(:'themes') t;
SELECT headway_add_connector('gong', '{"access_key": "sandbox-access", "secret_key": "sandbox-secret"}', jsonb_build_object('base_url', :'url'));
\if :{?model}
SELECT headway_set_provider('llm', 'openai', '{"api_key": {"env": "OPENAI_API_KEY"}}', jsonb_build_object('model', :'model', 'base_url', :'model_url'));
\endif
\o

\echo
\echo 'SELECT headway_ingest(''gong'')'
SELECT headway_ingest('gong', min_duration => 60) AS run \gset
CALL headway_wait(:'run');

\echo
\echo 'What customers ask for (headway.features):'
SELECT t.name AS theme, f.type, f.mention_count AS mentions, left(f.name, 70) AS feature
FROM headway.features f JOIN headway.themes t USING (workspace_id) WHERE t.id = f.theme_id
ORDER BY f.mention_count DESC, t.name, f.name;

\echo
\echo 'In whose words (headway.feature_messages):'
SELECT m.sent_at::date AS date, fm.speaker, fm.quote
FROM headway.feature_messages fm JOIN headway.messages m USING (workspace_id) WHERE m.id = fm.message_id
  AND fm.feature_id = (SELECT id FROM headway.features ORDER BY mention_count DESC, name LIMIT 1)
ORDER BY m.sent_at;

\echo
\echo 'And why they are one (headway.match_decisions):'
SELECT d.outcome, round(d.confidence::numeric, 2) AS confidence, left(d.title, 50) AS item, d.reasoning
FROM headway.match_decisions d
WHERE d.feature_id = (SELECT id FROM headway.features ORDER BY mention_count DESC, name LIMIT 1)
ORDER BY d.created_at;

\echo
\echo 'Left for a person (headway.unmatched_features), and left out (headway.run_items):'
SELECT u.reason, u.proposed_theme, round(u.theme_confidence::numeric, 2) AS confidence, left(u.quote, 80) AS quote FROM headway.unmatched_features u ORDER BY u.created_at;
SELECT i.outcome, i.reason, count(*) FROM headway.run_items i WHERE i.outcome <> 'processed' GROUP BY 1, 2 ORDER BY 2;

\echo
\echo 'Whose calls they were (headway.customers is yours to write), and what an assistant is told of one:'
INSERT INTO headway.customers (workspace_id, name, phone, company_domain, mrr)
VALUES (headway_workspace(), 'Brightwater Plumbing', '555-0111', NULL, 1200), (headway_workspace(), 'Polar Crest HVAC', NULL, 'polarcresthvac.example', 900);
SELECT headway_tick() ->> 'linked' AS linked;
SELECT c.name, c.mrr, v.call_started_at::date AS date, v.call_type, v.link_status, left(v.title, 50) AS title
FROM headway.conversations v JOIN headway.customers c ON c.workspace_id = v.workspace_id AND c.id = v.customer_id ORDER BY c.name, v.call_started_at;
SELECT headway_ai_context(id::text, calls => 2) FROM headway.customers WHERE name = 'Brightwater Plumbing';
SELECT call_started_at::date AS date, title, snippet FROM headway_search_conversations('export*', max_items => 3);

\echo
\echo 'The same once more: everything is known, nothing is added.'
SELECT headway_ingest('gong', min_duration => 60) AS again \gset
CALL headway_wait(:'again');
SELECT CASE run_id WHEN :'run' THEN 'first' ELSE 'second' END AS run, state, fetched, stored, already_known, skipped, failed, features_created, features_matched, cost_usd,
       round(extract(epoch FROM finished_at - started_at), 1) AS seconds
FROM headway.run_progress ORDER BY created_at;
