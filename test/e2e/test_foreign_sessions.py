"""Sessions of other people: what they set, hold open or own changes nothing for anybody else."""

import itertools
import os

import psycopg
import pytest

from harness.cluster import Cluster
from harness.gong import GongDatabase
from harness.invariants import expected_features
from harness.waiting import holds_for, wait_until

WORDS = "Ann: Hello.\nBob: It would be great if we could export reports to Excel."


@pytest.fixture
def mallory(gong: GongDatabase):
    """A session of an operator with a workspace of its own, beside that of somebody else."""
    gong.db.sql("DO $$ BEGIN CREATE ROLE mallory LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$; GRANT headway_operator TO mallory")
    with gong.db.cluster.connect(gong.db.name, "mallory") as session:
        session.execute("SELECT headway_add_workspace('evil')")
        session.execute("SELECT headway_add_theme('Reporting', 'Reports, dashboards, exports to Excel', workspace => 'evil')")
        yield session


def give(session: psycopg.Connection, external_id: str, workspace: str) -> None:
    session.execute("SELECT headway_ingest_transcript(%s, %s, workspace => %s)", [external_id, WORDS, workspace])


def test_a_search_path_of_the_callers_reaches_no_statement_of_ours(gong: GongDatabase, mallory) -> None:
    gong.db.sql("SELECT headway_stop()")
    give(mallory, "m1", "evil")
    gong.db.sql("CREATE SCHEMA evil AUTHORIZATION mallory")
    mallory.execute("CREATE TABLE evil.ran (as_role name)")
    mallory.execute("GRANT ALL ON evil.ran TO PUBLIC; GRANT USAGE ON SCHEMA evil TO PUBLIC")
    for name, signature, result in (("pg_advisory_lock", "bigint", "void"), ("pg_advisory_unlock", "bigint", "boolean"),
                                    ("make_interval", "secs float8", "interval"), ("to_char", "timestamp, text", "text")):
        mallory.execute(f"CREATE FUNCTION evil.{name}({signature}) RETURNS {result} LANGUAGE plpgsql AS "
                        "$$BEGIN INSERT INTO evil.ran VALUES (current_user); RETURN" + (";" if result == "void" else " NULL;") + " END$$")
    mallory.execute("CREATE FUNCTION pg_temp.check_it(v pg_catalog.uuid) RETURNS boolean LANGUAGE plpgsql AS "
                    "$$BEGIN INSERT INTO evil.ran VALUES (current_user); RETURN true; END$$")
    mallory.execute("CREATE DOMAIN pg_temp.uuid AS pg_catalog.uuid CHECK (pg_temp.check_it(VALUE))")
    mallory.execute("SET search_path = evil, pg_catalog, public")
    mallory.execute("CALL public.headway_work()")
    assert gong.db.sql("SELECT as_role FROM evil.ran") == [], "none of its functions ran as somebody else"
    assert gong.db.value("SELECT is_processed FROM headway.messages WHERE external_id = 'm1'") is True
    assert mallory.execute("SHOW search_path").fetchone() == ("evil, pg_catalog, public",), "its own settings are as before"


def test_work_in_the_foreground_serves_the_callers_workspaces_only(gong: GongDatabase, mallory) -> None:
    gong.db.sql("SELECT headway_stop()")
    give(gong.db.connect(), "theirs", "acme")
    give(mallory, "mine", "evil")
    mallory.execute("SET headway.theme_confidence = 1")
    mallory.execute("CALL headway_work()")
    assert dict(gong.db.sql("SELECT external_id, is_processed FROM headway.messages")) == {"theirs": False, "mine": True}


def test_a_run_that_somebody_holds_locked_holds_up_nobody_else(gong: GongDatabase, mallory) -> None:
    with gong.db.connect() as alice:
        run = gong.ingest(workspace="acme")
        alice.execute("BEGIN")
        alice.execute("SELECT headway_cancel(%s)", [run])
        numbers = itertools.count(1)
        def is_read() -> bool:
            give(mallory, name := f"m{next(numbers)}", "evil")
            return wait_until(lambda: gong.db.value("SELECT is_processed FROM headway.messages WHERE external_id = %s", [name]), "it is read", 5)
        holds_for(is_read, "mallory's messages are read all the time", 7)
        alice.execute("ROLLBACK")
    assert gong.finish(run)["state"] == "done"


def test_a_lock_on_the_whole_queue_costs_time_and_no_exchange(gong: GongDatabase) -> None:
    gong.sandbox.faults({"kind": "hang", "path": "/v2/calls/extensive", "times": 1})
    run = gong.ingest()
    wait_until(lambda: gong.sandbox.in_flight() == 1, "the request hangs")
    worker = gong.db.workers()
    with gong.db.connect() as builder:
        builder.execute("BEGIN")
        builder.execute("LOCK headway.tasks IN SHARE MODE")  # as CREATE INDEX does
        holds_for(lambda: gong.db.workers() == worker and gong.sandbox.in_flight() == 1, "the worker waits it out", 7)
        builder.execute("ROLLBACK")
    gong.sandbox.release()
    assert gong.finish(run)["state"] == "done"
    assert len(gong.sandbox.journal("/v2/calls/extensive")) == 1, "nothing was asked for twice"


def test_an_open_change_of_a_theme_defers_matching_and_fails_nothing(gong: GongDatabase) -> None:
    with gong.db.connect() as editor:
        editor.execute("BEGIN")
        editor.execute("UPDATE headway.themes SET description = description || ' '")
        run = gong.ingest()
        wait_until(lambda: gong.status(run)["stored"] == 40, "all calls are stored")
        holds_for(lambda: gong.db.value("SELECT count(*) FROM headway.tasks WHERE state = 'failed'") == 0, "nothing fails", 3)
        editor.execute("COMMIT")
    assert gong.finish(run)["state"] == "done"
    mentions = sum(n for _, _, n in expected_features())
    assert gong.db.value("SELECT count(*) FROM headway.match_decisions") == mentions, "each item was decided once"


def test_stopped_workers_are_mentioned(gong: GongDatabase) -> None:
    gong.db.sql("SELECT headway_stop()")
    notices: list[str] = []
    with gong.db.connect() as session:
        session.add_notice_handler(lambda notice: notices.append(notice.message_primary))
        session.execute("SELECT headway_ingest('gong')")
    assert "the workers are stopped; the work stays queued" in notices


def test_secrets_in_a_functions_statement_are_not_logged_either(gong: GongDatabase, cluster: Cluster) -> None:
    start = len(cluster.log())
    for wrong in ('{"access_key": "TOPSECRET"}', '{"access_key": "TOPSECRET", "secret_key": "TOPSECRET", "more": 1}'):
        with pytest.raises(psycopg.Error):
            gong.db.sql(f"DO $$BEGIN PERFORM headway_add_connector('gong', '{wrong}', '{{\"base_url\": \"https://x.example\"}}'); END$$")
        with pytest.raises(psycopg.Error):
            gong.db.sql(f"DO $$BEGIN EXECUTE $x$SELECT headway_set_credentials('gong', '{wrong}')$x$; END$$")
    log = cluster.log()[start:]
    assert "the credentials do not have the right keys" in log
    assert "TOPSECRET" not in log


def test_a_credential_that_is_a_pipe_is_refused_and_holds_up_nobody(gong: GongDatabase, cluster: Cluster) -> None:
    pipe = cluster.dir / "pipe"
    os.mkfifo(pipe, 0o666)
    gong.db.sql("SELECT headway_set_credentials('gong', jsonb_build_object('access_key', 'a', 'secret_key', jsonb_build_object('file', %s::text)))", [str(pipe)])
    status = gong.finish(gong.ingest())
    assert (status["state"], status["error"]) == ("failed", "a credential's file cannot be read")
    os.unlink(pipe)


def test_a_credential_may_be_a_link_as_orchestrators_mount_them(gong: GongDatabase, cluster: Cluster) -> None:
    secret, link = cluster.dir / "secret", cluster.dir / "link"
    secret.write_text("sandbox-secret\n")
    secret.chmod(0o644)
    link.symlink_to(secret)
    gong.db.sql("SELECT headway_set_credentials('gong', jsonb_build_object('access_key', 'sandbox-access', 'secret_key', jsonb_build_object('file', %s::text)))", [str(link)])
    assert gong.finish(gong.ingest())["state"] == "done"


def test_waiting_for_long_takes_no_more_memory(gong: GongDatabase) -> None:
    gong.db.sql("SELECT headway_stop()")
    run = gong.ingest()
    with gong.db.connect() as waiter:
        pid = waiter.info.backend_pid
        def resident() -> int:
            return int(next(line.split()[1] for line in open(f"/proc/{pid}/status") if line.startswith("RssAnon")))
        with pytest.raises(psycopg.Error):
            waiter.execute("CALL headway_wait(%s, '2 seconds')", [run])
        before = resident()
        with pytest.raises(psycopg.Error):
            waiter.execute("CALL headway_wait(%s, '8 seconds')", [run])
        assert resident() - before < 200, "kB; it was 87 kB a second"


def test_verbs_in_another_schema_are_within_reach(database) -> None:
    database.sql("CREATE SCHEMA api; CREATE EXTENSION headway SCHEMA api")
    database.sql("DO $$ BEGIN CREATE ROLE mallory LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$; GRANT headway_operator TO mallory")
    assert database.value("SELECT api.headway_add_workspace('acme')", user="mallory")


def test_workers_may_connect_where_the_public_may_not(gong: GongDatabase) -> None:
    gong.db.sql(f'REVOKE CONNECT ON DATABASE "{gong.db.name}" FROM PUBLIC')
    assert gong.finish(gong.ingest())["state"] == "done"
