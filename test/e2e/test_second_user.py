"""A user who owns nothing beside the one who came first: the same job, and nothing of the other's; and one who may only read."""

import json
from typing import Iterator

import psycopg
import pytest

from harness.answers import WORDS, found
from harness.cluster import Cluster, Database
from harness.gong import GongDatabase
from harness.invariants import expected_features
from harness.sandbox import Sandbox
from harness.waiting import wait_until

ROLES = {"landlord": "", "alice": "IN ROLE headway_operator", "bob": "IN ROLE headway_operator", "rita": "IN ROLE headway_reader"}
NOUNS = """SELECT c.relname, EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'workspace_id')
           FROM pg_class c WHERE c.relnamespace = 'headway'::regnamespace AND c.relkind IN ('r', 'v') AND has_table_privilege(c.oid, 'SELECT')"""


@pytest.fixture
def house(cluster: Cluster) -> Iterator[Database]:
    """A database that belongs to somebody who uses no headway, with users who own nothing in it."""
    cluster.sql("CREATE DATABASE house")
    house = Database(cluster, "house")
    house.sql("CREATE EXTENSION headway")
    for role, groups in ROLES.items():
        house.sql(f"CREATE ROLE {role} LOGIN {groups}")
    house.sql("ALTER DATABASE house OWNER TO landlord; REVOKE ALL ON DATABASE house FROM PUBLIC; REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    house.sql(f"GRANT CONNECT ON DATABASE house TO {', '.join(ROLES)}")
    yield house
    cluster.sql("DROP DATABASE house WITH (FORCE)")
    cluster.sql(f"DROP ROLE {', '.join(ROLES)}")


@pytest.fixture
def alice(house: Database, sandbox: Sandbox) -> GongDatabase:
    return GongDatabase(house.seen_by("alice"), sandbox, "alices")


@pytest.fixture
def bob(house: Database, alice: GongDatabase, sandbox: Sandbox) -> GongDatabase:
    return GongDatabase(house.seen_by("bob"), sandbox, "bobs")


@pytest.fixture
def done(alice: GongDatabase, bob: GongDatabase) -> tuple[GongDatabase, GongDatabase]:
    """Both after their main job, the two runs side by side."""
    runs = alice.ingest(), bob.ingest()
    for user, run in zip((alice, bob), runs):
        assert user.finish(run)["state"] == "done"
    return alice, bob


def test_the_main_job_needs_nothing_but_membership(done, house: Database) -> None:
    for user in done:
        user.check_complete()
        assert user.db.value("SELECT has_schema_privilege('public', 'CREATE') OR has_database_privilege(current_database(), 'CREATE, TEMPORARY')") is False
    owned = house.sql("SELECT d.objid FROM pg_shdepend d WHERE d.refobjid IN ('alice'::regrole, 'bob'::regrole) AND d.deptype = 'o'")
    assert owned == [], "working has made neither of them the owner of anything"


def test_neither_sees_a_row_of_the_others(done) -> None:
    for user, other in (done, done[::-1]):
        for noun, has_workspace in user.db.sql(NOUNS):
            if has_workspace:
                assert user.db.value(f"SELECT count(*) FROM headway.{noun} WHERE workspace_id <> %s", [user.workspace]) == 0, noun
            assert str(other.workspace) not in str(user.db.sql(f"SELECT * FROM headway.{noun}")), noun


def verbs(gong: GongDatabase) -> None:
    """Everything else that an operator does, with the arguments that need no superuser."""
    say = gong.db.value
    say("SELECT headway_set_provider('llm', 'openai', '{\"api_key\": \"sandbox-openai\"}', %s::jsonb)",
        [json.dumps({"model": "sandbox-1", "base_url": gong.sandbox.openai_url})])
    say("SELECT headway_set_credentials('gong', '{\"access_key\": \"sandbox-access\", \"secret_key\": \"sandbox-secret\"}')")
    say("SELECT headway_set_connector('gong', is_active => true)")
    assert say("SELECT headway_test_connector('gong')")["status"] in (200, 429)
    theme = say("SELECT headway_add_theme('A theme of my own')")
    say("UPDATE headway.themes SET description = 'Exports' WHERE id = %s", [theme])
    answer = found(theme="A theme of my own", theme_confidence=0.2)
    gong.sandbox.script(answer, answer)
    assert say("SELECT headway_extract_insights(%s)", [WORDS])["feature_requests"]
    message = say("SELECT headway_ingest_transcript('given', %s)", [WORDS + " Thanks."])  # asked once more, the same would be answered from the store
    wait_until(lambda: say("SELECT is_processed FROM headway.messages WHERE id = %s", [message]), "it is read")
    assert say("SELECT reasoning FROM headway_match_feature('Export reports')")
    assert say("SELECT m.is_duplicate FROM headway.unmatched_features u, headway_match_unmatched(u.id) m WHERE u.resolved_feature_id IS NULL") is False
    assert say("SELECT headway_add_recording('mine', '1', '2', now())")
    for run in [run for (run,) in gong.db.sql("SELECT id FROM headway.runs")]:
        gong.db.sql("CALL headway_wait(%s, '30 seconds')", [run])
    gong.sandbox.faults({"kind": "status", "status": 403, "path": "/v2/calls/extensive", "times": 1})
    failed = gong.ingest()
    assert gong.finish(failed)["state"] == "failed"
    assert say("SELECT headway_retry(%s)", [failed]) == 1
    assert gong.finish(failed)["state"] == "done"
    say("SELECT headway_cancel(%s)", [failed])
    gong.db.sql("CALL headway_work(1)")
    assert "reclaimed" in say("SELECT headway_tick()")
    assert say("SELECT count(*) FROM headway_health() WHERE NOT ok AND \"check\" = 'workspaces'") == 0
    say("SELECT headway_add_member('rita')")
    say("SELECT headway_remove_member('rita')")
    say("SELECT headway_drop_connector('gong')")


def test_every_verb_serves_a_user_who_owns_nothing(done) -> None:
    alice, bob = done
    before = alice.db.sql("SELECT id, name, mention_count FROM headway.features ORDER BY id"), alice.db.sql("SELECT id, state FROM headway.runs")
    verbs(bob)
    assert before == (alice.db.sql("SELECT id, name, mention_count FROM headway.features ORDER BY id"), alice.db.sql("SELECT id, state FROM headway.runs")), \
        "and changes nothing of anybody else's"
    # Both talk to one vendor as one customer of it, which may have to wait.
    assert alice.db.value("SELECT headway_test_connector('gong') ->> 'status'") in ("200", "429"), "nor their connector"


def test_what_belongs_to_another_is_unknown_to_every_verb(done, house: Database) -> None:
    alice, bob = done
    run, feature = alice.db.sql("SELECT r.id, f.id FROM headway.runs r, headway.features f LIMIT 1")[0]
    for state, statement, *parameters in (
            ("8W001", "SELECT headway_ingest('gong', workspace => %s)", str(alice.workspace)), ("8W001", "SELECT headway_ingest('gong', workspace => 'alices')"),
            ("8W001", "SELECT headway_extract_insights(%s, workspace => %s)", WORDS, str(alice.workspace)),
            ("8W001", "SELECT headway_match_feature('x', workspace => 'alices')"), ("8W001", "SELECT headway_test_connector('gong', 'alices')"),
            ("8W001", "SELECT headway_set_credentials('gong', '{\"access_key\": \"a\", \"secret_key\": \"b\"}', workspace => 'alices')"),
            ("8W001", "SELECT headway_add_member('bob', 'alices')"), ("8W001", "SELECT headway_drop_connector('gong', 'alices')"),
            ("8W010", "SELECT headway_run_status(%s)", run), ("8W010", "SELECT headway_cancel(%s)", run), ("8W010", "SELECT headway_retry(%s)", run),
            ("8W010", "CALL headway_wait(%s)", run), ("8W017", "SELECT headway_match_unmatched(%s)", feature),
            ("8W010", "SELECT headway_retry_task(%s)", house.value("SELECT min(id) FROM headway.tasks WHERE workspace_id = %s", [alice.workspace]))):
        assert bob.db.refused(statement, parameters).sqlstate == state, statement
    with bob.db.connect() as session:
        session.execute("SET headway.workspace = 'alices'")
        with pytest.raises(psycopg.Error) as refusal:
            session.execute("SELECT headway_workspace()")
        assert refusal.value.sqlstate == "8W001" and alice.workspace.hex not in str(refusal.value).replace("-", "")


def test_given_features_of_another_give_none_of_their_quotes_away(done) -> None:
    alice, bob = done
    feature, quote = alice.db.sql("SELECT feature_id, quote FROM headway.feature_messages WHERE quote IS NOT NULL LIMIT 1")[0]
    bob.db.sql("SELECT headway_set_provider('llm', 'openai', '{\"api_key\": \"sandbox-openai\"}', %s::jsonb)",
               [json.dumps({"model": "sandbox-1", "base_url": bob.sandbox.openai_url})])
    bob.db.sql("SELECT headway_match_feature('Export reports', existing_features => jsonb_build_array(jsonb_build_object('id', %s::text, 'title', 'Export reports')))",
               [str(feature)])
    [asked] = bob.sandbox.journal("/openai")
    assert str(feature) in json.dumps(asked["body"]) and quote not in json.dumps(asked["body"])


def test_a_reader_reads_and_nothing_else(done, house: Database) -> None:
    alice, _ = done
    rita = house.seen_by("rita")
    assert rita.value("SELECT count(*) FROM headway.messages") == 0, "a reader sees what it was let into"
    alice.db.sql("SELECT headway_add_member('rita')")
    assert rita.value("SELECT count(*) FROM headway.messages") == 40
    assert rita.value("SELECT sum(mention_count) FROM headway.features") == sum(n for _, _, n in expected_features())
    assert rita.value("SELECT headway_workspace()") == alice.workspace
    run = rita.value("SELECT id FROM headway.runs")
    assert rita.value("SELECT headway_run_status(%s)", [run])["state"] == "done"
    rita.sql("CALL headway_wait(%s)", [run])
    for noun, _ in rita.sql(NOUNS):
        rita.sql(f"SELECT * FROM headway.{noun}")
        assert rita.value(f"SELECT has_table_privilege('headway.{noun}', 'INSERT, UPDATE, DELETE, TRUNCATE')") is False, noun
    may = {name for (name,) in rita.sql("SELECT p.proname FROM pg_proc p WHERE p.proname ~ '^headway_' AND has_function_privilege(p.oid, 'EXECUTE')")}
    assert may == {"headway_version", "headway_workspace", "headway_default_region", "headway_run_status", "headway_wait", "headway_health",
                       "headway_customer_history", "headway_booking_context", "headway_ai_context", "headway_search_conversations",
                       "headway_e164", "headway_phone_extension", "headway_preview_link", "headway_explain_match", "headway_threshold_preview",
                       "headway_suggest_merges", "headway_suggest_themes", "headway_bulk_import_jobs", "headway_bulk_import_status"}
    for statement in ("SELECT headway_ingest('gong')", "SELECT headway_test_connector('gong')", "SELECT headway_match_feature('x')", "SELECT headway_tick()",
                      "CALL headway_work()", "UPDATE headway.themes SET name = 'x'", "SELECT headway_add_member('bob')", "SELECT * FROM headway._credentials"):
        assert rita.refused(statement).sqlstate == "42501", statement
