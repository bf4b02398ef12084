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

\o /dev/null
SELECT headway_add_connector('fathom', '{"api_token": "sandbox-fathom-admin"}', jsonb_build_object('base_url', :'url'));
SELECT headway_add_connector('ringcentral', '{"client_id": "sandbox-client", "client_secret": "sandbox-client-secret", "jwt": "sandbox-jwt"}', jsonb_build_object('base_url', :'url'));
SELECT headway_add_connector('fathom_sessions', '{"api_token": "sandbox-sessions"}', jsonb_build_object('base_url', :'url', 'project_id', 'sandbox-project'));
\o

\echo
\echo 'Meetings, phone calls and recorded sessions from other vendors, in one run over all connectors: SELECT headway_ingest()'
SELECT headway_ingest() AS all_run \gset
CALL headway_wait(:'all_run');
SELECT c.type AS source, count(DISTINCT m.id) AS conversations, count(DISTINCT r.id) AS phone_calls, count(DISTINCT fm.feature_id) AS features
FROM headway.connectors c
LEFT JOIN headway.messages m ON m.workspace_id = c.workspace_id AND m.connector_id = c.id
LEFT JOIN headway.recordings r ON r.workspace_id = c.workspace_id AND r.connector_id = c.id
LEFT JOIN headway.feature_messages fm ON fm.workspace_id = m.workspace_id AND fm.message_id = m.id
GROUP BY c.type ORDER BY c.type;

\echo
\echo 'A session in which nobody spoke (headway.messages), and what its trail tells:'
SELECT content AS trail FROM headway.messages WHERE external_id = 'vid_05';
SELECT i.kind, i.item ->> 'title' AS title, i.item ->> 'theme' AS theme, m.ai_insights #>> '{sentiment,overall}' AS sentiment
FROM headway.messages m, LATERAL (SELECT k AS kind, e AS item FROM unnest(ARRAY['bug_reports', 'pain_points']) k, jsonb_array_elements(m.ai_insights -> k) e) i
WHERE m.external_id = 'vid_05';

\o /dev/null
SELECT headway_set_provider('speech', 'deepgram', '{"api_key": "sandbox-deepgram"}', jsonb_build_object('base_url', :'url' || '/deepgram'));
\o

\echo
\echo 'Recordings from a web page are fetched, stored, transcribed and analysed: SELECT headway_bulk_import(''Harbor Dental'', ...)'
SELECT headway_bulk_import('Harbor Dental', :'url' || '/audio/page/') ->> 'job_id' AS import_run \gset
CALL headway_wait(:'import_run');

\echo
\echo 'How each call ended (headway.recordings), what was objected, and how that was met (headway.objections):'
SELECT f.file_name AS file, f.duration_seconds AS seconds, r.call_category, round(r.category_confidence::numeric, 2) AS confidence
FROM headway.bulk_import_files f JOIN headway.recordings r ON r.workspace_id = f.workspace_id AND r.bulk_import_file_id = f.id ORDER BY f.file_name;
SELECT o.type, o.quote, o.overcome_quote AS met_by FROM headway.objections o WHERE o.customer_name = 'Harbor Dental' ORDER BY o.type, o.quote;

\echo
\echo 'All of it once more: everything is known, nothing is added.'
SELECT headway_ingest() AS again \gset
CALL headway_wait(:'again');
SELECT headway_bulk_import('Harbor Dental', :'url' || '/audio/page/') ->> 'job_id' AS import_again \gset
CALL headway_wait(:'import_again');
SELECT n.name AS run, p.state, p.fetched, p.stored, p.already_known, p.skipped, p.failed, p.features_created, p.features_matched, p.cost_usd,
       round(extract(epoch FROM p.finished_at - p.started_at), 1) AS seconds
FROM (VALUES (:'run'::uuid, 'gong'), (:'all_run', 'all'), (:'import_run', 'import'), (:'again', 'all again'), (:'import_again', 'import again')) n (id, name)
JOIN headway.run_progress p ON p.run_id = n.id ORDER BY p.created_at;
