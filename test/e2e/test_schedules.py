"""headway_schedule(), with a pg_cron that really runs what it is given, without one, and with one that lives elsewhere."""

import re
from typing import Iterator

import psycopg
import pytest

from harness.cluster import Cluster, Database
from harness.gong import GongDatabase
from harness.sandbox import Sandbox
from harness.waiting import wait_until

MINUTELY = "* * * * *"
TWO_MINUTES = 130  # within them a job for every minute has run, and one that has ended has not


@pytest.fixture(scope="module")
def cron_cluster() -> Iterator[Cluster]:
    """Its database "timed" is pg_cron's, which does not come back once its database was dropped."""
    cluster = Cluster(headway__allowed_private_hosts="127.0.0.1", headway__worker_idle_timeout="200ms", max_worker_processes="16",
                      shared_preload_libraries="pg_cron", cron__database_name="timed", cron__use_background_workers="on")
    cluster.sql("CREATE ROLE alice LOGIN; CREATE ROLE bob LOGIN")
    cluster.sql("CREATE DATABASE timed")
    yield cluster
    cluster.remove()


@pytest.fixture
def center(cron_cluster: Cluster) -> Iterator[Database]:
    """pg_cron's own database."""
    database = Database(cron_cluster, "timed")
    database.sql("CREATE EXTENSION pg_cron")
    yield database
    database.sql("DROP EXTENSION IF EXISTS headway; DROP EXTENSION pg_cron")


@pytest.fixture
def timed(center: Database, sandbox: Sandbox) -> GongDatabase:
    """Alice's workspace in it."""
    center.sql("CREATE EXTENSION headway; GRANT headway_operator TO alice, bob; GRANT USAGE ON SCHEMA cron TO alice, bob")
    return GongDatabase(center.seen_by("alice"), sandbox)


def start_anew(cluster: Cluster) -> None:
    """A pg_cron that runs does not notice that its extension was created anew."""
    cluster.stop()
    cluster.start()


def jobs(db: Database) -> dict[str, tuple[str, str]]:
    """Every job's user and schedule."""
    return {name: (user, schedule) for name, user, schedule in db.sql("SELECT jobname, username, schedule FROM cron.job", user="postgres")}


TICK = {"headway: tick": ("alice", MINUTELY)}


def test_a_schedule_really_reads_ticks_and_ends(timed: GongDatabase) -> None:
    db = timed.db
    start_anew(db.cluster)
    job = db.value("SELECT headway_schedule('gong', %s, max_items => 30)", [MINUTELY])
    assert job == db.value("SELECT jobid FROM cron.job WHERE jobname = 'headway: acme/gong'"), "the caller's own job"
    db.sql("SELECT headway_schedule(schedule => '0 0 1 1 *')")
    timed.sandbox.faults({"kind": "hang", "path": "/v2/calls/extensive"})
    [(run, by)] = wait_until(lambda: db.sql("SELECT id, requested_by FROM headway.runs"), "pg_cron has called headway_ingest()", TWO_MINUTES)
    assert by == "alice", "as the role that scheduled it"
    succeeded = "SELECT count(*) FROM cron.job_run_details WHERE command ~ %s AND status = 'succeeded'"
    wait_until(lambda: db.value(succeeded, ["headway_tick"]), "pg_cron has called headway_tick()", TWO_MINUTES)
    wait_until(lambda: db.value(succeeded, ["max_items => 30"]) >= 2, "the job's next time has come", TWO_MINUTES)
    assert db.value("SELECT count(*) FROM headway.runs") == 1, "a run that goes on is not started once more"
    assert db.value("""SELECT ok FROM headway_health() WHERE "check" = 'tick'""") and db.value("""SELECT ok FROM headway_health() WHERE "check" = 'pg_cron'""")
    assert db.value("SELECT next_run_at BETWEEN now() AND now() + interval '1 minute' FROM headway.connector_health")
    timed.sandbox.reset()
    status = timed.finish(str(run))
    assert (status["state"], status["stored"]) == ("done", 30), "with the options that were given"

    db.sql("SELECT headway_unschedule('gong')")
    assert set(jobs(db)) == {"headway: acme/*", "headway: tick"}, "the tick goes on for the other schedule"
    db.sql("SELECT headway_unschedule()")
    assert jobs(db) == {}
    calls = db.value(succeeded, ["headway"])
    db.sql("SELECT cron.schedule('witness', %s, 'SELECT 1')", [MINUTELY])
    wait_until(lambda: db.value(succeeded, ["SELECT 1"]), "pg_cron has looked at its jobs since", TWO_MINUTES)
    assert db.value(succeeded, ["headway"]) == calls, "nothing else has run"


def test_scheduling_again_changes_the_job(timed: GongDatabase) -> None:
    job = timed.db.value("SELECT headway_schedule('gong')")
    assert jobs(timed.db) == {"headway: acme/gong": ("alice", "0 * * * *")} | TICK, "hourly, unless told otherwise"
    assert timed.db.value("SELECT headway_schedule('gong', '5 4 * * *', days_back => 2)") == job
    assert jobs(timed.db) == {"headway: acme/gong": ("alice", "5 4 * * *")} | TICK
    assert timed.db.sql("SELECT schedule, params ->> 'days_back', job_id FROM headway.schedules") == [("5 4 * * *", "2", job)]
    assert "days_back => 2" in timed.db.value("SELECT command FROM cron.job WHERE jobid = %s", [job])
    timed.db.sql("SELECT headway_add_member('bob')")
    timed.db.sql("SELECT headway_schedule('gong', '6 4 * * *')", user="bob")
    assert jobs(timed.db) == {"headway: acme/gong": ("bob", "6 4 * * *")} | TICK, "also somebody else's"


def test_the_job_s_workspace_is_pinned(timed: GongDatabase) -> None:
    timed.db.sql("SELECT headway_schedule('gong')")
    timed.db.sql("SELECT headway_add_workspace('second')")
    command = timed.db.value("SELECT command FROM cron.job WHERE jobname = 'headway: acme/gong'")
    timed.db.sql("UPDATE headway.connectors SET name = 'renamed'", user="postgres")
    with timed.db.connect(options="-c headway.workspace=second -c search_path=pg_catalog") as session:
        run = session.execute(command).fetchone()[0]
    assert timed.finish(str(run))["state"] == "done", "whatever the session's settings are, and the connector's name"


@pytest.mark.parametrize("schedule", ["", "nonsense", "61 * * * *", "* * * *", None])
def test_an_invalid_schedule_changes_nothing(timed: GongDatabase, schedule: str | None) -> None:
    timed.db.sql("SELECT headway_schedule('gong', '5 4 * * *')")
    with pytest.raises(psycopg.Error) as refusal:
        timed.db.sql("SELECT headway_schedule('gong', %s)", [schedule])
    assert (refusal.value.sqlstate, refusal.value.diag.message_primary) == ("8W026", "not a schedule")
    assert f'"{schedule or ""}"' in refusal.value.diag.message_detail and "15 * * * *" in refusal.value.diag.message_hint
    assert jobs(timed.db) == {"headway: acme/gong": ("alice", "5 4 * * *")} | TICK
    assert timed.db.value("SELECT schedule FROM headway.schedules") == "5 4 * * *"


def test_what_is_dropped_is_unscheduled(timed: GongDatabase) -> None:
    db = timed.db
    timed.add_connector("again")
    for connector in ("gong", "again"):
        db.sql("SELECT headway_schedule(%s)", [connector])
    db.sql("SELECT headway_add_member('bob')")
    db.sql("SELECT headway_drop_connector('gong')", user="bob")
    assert set(jobs(db)) == {"headway: acme/again", "headway: tick"}, "whoever drops it"
    db.sql("SELECT headway_drop_connector('again')", user="bob")
    assert jobs(db) == {}, "the tick goes with the last"

    timed.add_connector("gong")
    db.sql("SELECT headway_schedule('gong')")
    db.sql("DELETE FROM headway.workspaces", user="postgres")
    db.sql("SELECT headway_tick()")
    assert jobs(db) == {}, "a workspace's schedules end with the next tick"


def test_the_tick_stays_as_long_as_anybody_schedules(timed: GongDatabase) -> None:
    db = timed.db
    db.sql("SELECT headway_schedule('gong')")
    bobs = GongDatabase(db.seen_by("bob"), timed.sandbox, "bobs")
    bobs.db.sql("SELECT headway_schedule('gong')")
    assert jobs(db) == {"headway: acme/gong": ("alice", "0 * * * *"), "headway: bobs/gong": ("bob", "0 * * * *")} | TICK, "one for the database"
    assert bobs.db.refused("SELECT headway_unschedule('gong', workspace => 'acme')").sqlstate == "8W001", "no stranger ends it"
    db.sql("SELECT headway_unschedule('gong')")
    assert set(jobs(db)) == {"headway: bobs/gong", "headway: tick"}
    db.sql("SELECT cron.unschedule(jobid) FROM cron.job WHERE jobname = 'headway: tick'")
    bobs.db.sql("SELECT headway_schedule('gong')")
    assert jobs(db)["headway: tick"] == ("bob", MINUTELY), "one that somebody has removed comes back with the next schedule"
    bobs.db.sql("SELECT headway_unschedule('gong')")
    assert jobs(db) == {}


def test_what_is_not_scheduled_is_told(timed: GongDatabase) -> None:
    timed.db.sql("SELECT headway_schedule('gong')")
    refusal = timed.db.refused("SELECT headway_unschedule()").diag
    assert (refusal.sqlstate, refusal.message_primary) == ("8W026", "this is not scheduled")
    assert refusal.message_detail == "There is no schedule for all connectors; scheduled are: acme/gong."


def test_health_misses_a_job_that_is_gone(timed: GongDatabase) -> None:
    timed.db.sql("SELECT headway_schedule('gong')")
    of_schedule = """SELECT ok FROM headway_health() WHERE "check" = 'schedule acme/gong'"""
    assert timed.db.value(of_schedule)
    timed.db.sql("SELECT cron.unschedule('headway: acme/gong')")
    assert timed.db.value(of_schedule) is False
    timed.db.sql("SELECT headway_schedule('gong')")
    assert timed.db.value(of_schedule), "scheduling it again makes it good"


def test_notices_know_about_the_schedule(timed: GongDatabase) -> None:
    def said() -> list[str]:
        with timed.db.connect() as session:
            notices: list[str] = []
            session.add_notice_handler(lambda notice: notices.append(f"{notice.message_primary}: {notice.message_hint}"))
            session.execute("SELECT headway_cancel(headway_ingest('gong'))")
            return notices
    assert [notice for notice in said() if "headway_schedule() has pg_cron call it" in notice]
    timed.db.sql("SELECT headway_schedule('gong')")
    assert not [notice for notice in said() if "headway_tick() has not run lately" in notice], "the first tick is still to come"
    timed.db.sql("UPDATE headway._ticking SET created_at = created_at - interval '1 hour'", user="postgres")
    assert [notice for notice in said() if "cron.job_run_details" in notice], "pg_cron should have called it by now"


@pytest.mark.parametrize("trouble,problem,way_out", [
    ("REVOKE USAGE ON SCHEMA cron FROM bob", "role bob may not use pg_cron", "GRANT USAGE ON SCHEMA cron TO bob;"),
    ("REVOKE EXECUTE ON FUNCTION cron.schedule(text, text, text) FROM PUBLIC", "role bob may not schedule jobs", "GRANT EXECUTE ON FUNCTION cron.schedule(text, text, text) TO bob;"),
    ("ALTER ROLE bob NOLOGIN", "role bob cannot log in, so pg_cron cannot run a job as it", "ALTER ROLE bob LOGIN;"),
    ("DROP EXTENSION pg_cron", "pg_cron has not been created", "CREATE EXTENSION pg_cron;"),
], ids=["schema", "function", "login", "extension"])
def test_the_hint_is_the_way_out(timed: GongDatabase, trouble: str, problem: str, way_out: str) -> None:
    bobs = GongDatabase(timed.db.seen_by("bob"), timed.sandbox, "bobs")
    with bobs.db.connect() as session:
        timed.db.sql(trouble, user="postgres")
        with pytest.raises(psycopg.Error) as refusal:
            session.execute("SELECT headway_schedule('gong')")
        assert (refusal.value.sqlstate, refusal.value.diag.message_primary) == ("8W026", problem)
        assert refusal.value.diag.message_hint.endswith(way_out)
        timed.db.sql(way_out, user="postgres")
        if problem == "pg_cron has not been created":
            timed.db.sql("GRANT USAGE ON SCHEMA cron TO bob", user="postgres")
        assert session.execute("SELECT headway_schedule('gong')").fetchone()[0] > 0


def test_a_schedule_rolled_back_leaves_no_job(timed: GongDatabase) -> None:
    with timed.db.connect() as session, session.transaction(force_rollback=True):
        session.execute("SELECT headway_schedule('gong')")
    assert jobs(timed.db) == {}


def test_in_another_database_the_hint_is_the_statement_to_run_there(center: Database, sandbox: Sandbox) -> None:
    start_anew(center.cluster)
    with center.cluster.database("elsewhere") as database:
        database.sql("CREATE EXTENSION headway; GRANT headway_operator TO alice")
        gong = GongDatabase(database.seen_by("alice"), sandbox)
        refusal = gong.db.refused("SELECT headway_schedule('gong', '* * * * *', max_items => 30)").diag
        assert (refusal.sqlstate, refusal.message_primary) == ("8W026", "pg_cron lives in database timed")
        assert gong.db.sql("SELECT * FROM headway.schedules") == []
        center.sql(re.match("As a superuser, run there: (.*)", refusal.message_hint)[1])
        assert jobs(center) == {"headway: elsewhere.acme/gong": ("alice", MINUTELY), "headway: elsewhere.tick": ("alice", MINUTELY)}
        [(run, by)] = wait_until(lambda: gong.db.sql("SELECT id, requested_by FROM headway.runs"), "pg_cron has called headway_ingest()", TWO_MINUTES)
        assert by == "alice" and gong.finish(str(run))["stored"] == 30
        refusal = gong.db.refused("SELECT headway_unschedule('gong')").diag
        center.sql(re.search("run there: (.*)", refusal.message_hint)[1])
        assert set(jobs(center)) == {"headway: elsewhere.tick"}


def test_without_pg_cron_the_hint_says_what_to_install(sandbox: Sandbox) -> None:
    plain = Cluster(headway__allowed_private_hosts="127.0.0.1")
    try:
        with plain.database("plain") as database:
            gong = GongDatabase(database, sandbox)
            refusal = gong.db.refused("SELECT headway_schedule('gong')").diag
            assert (refusal.sqlstate, refusal.message_primary) == ("8W026", "pg_cron is not loaded")
            assert refusal.message_hint == "Add pg_cron to shared_preload_libraries, set cron.database_name = 'plain' and restart the server; then run here: CREATE EXTENSION pg_cron;"
            plain.stop()
            plain.start(shared_preload_libraries="pg_cron", cron__database_name="plain")
            gong.db.sql("CREATE EXTENSION pg_cron")
            assert gong.db.value("SELECT headway_schedule('gong')") > 0
    finally:
        plain.remove()
