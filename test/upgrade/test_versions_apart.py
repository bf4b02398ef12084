"""Libraries and extensions of different versions meet: what can work does, and the rest stays away and says so."""

import psycopg
import pytest

from harness.gong import GongDatabase
from harness.installation import CURRENT, Installation
from harness.waiting import holds_for, wait_until
from meeting import UPDATE, attempts, await_request, log_since


def test_a_new_library_without_its_update(old_gong: GongDatabase, installation: Installation) -> None:
    gong = old_gong
    gong.sandbox.faults({"kind": "hang", "path": "/v2/calls/transcript"})
    first = gong.ingest()
    await_request(gong)
    installation.load(CURRENT)
    gong.sandbox.release()
    assert gong.finish(first)["state"] == "done", "the old worker ends what it began"
    gong.check_complete()
    gong.db.await_no_workers()

    log = gong.db.cluster.log()
    with gong.db.connect() as session:
        warnings: list[tuple] = []
        session.add_notice_handler(lambda n: n.severity_nonlocalized == "WARNING" and warnings.append((n.sqlstate, n.message_hint)))
        [second] = session.execute("SELECT headway_ingest('gong')").fetchone()
        [(code, hint)] = warnings
        assert code == "8W018" and UPDATE in hint
        assert session.execute("SELECT headway_ingest_transcript('x', 'Ann: Hello there.')").fetchone()[0]
        assert session.execute("SELECT headway_run_status(%s)", [second]).fetchone()[0]["state"] == "queued"
        assert session.execute("SELECT headway_tick()").fetchone()[0]["due"] is True
        assert session.execute("SELECT count(*) FROM headway_health()").fetchone()[0] > 5
        with pytest.raises(psycopg.Error) as refused:
            session.execute("CALL headway_work()")
        assert refused.value.sqlstate == "8W018" and UPDATE in refused.value.diag.message_hint
        assert CURRENT in refused.value.diag.message_detail
        with pytest.raises(psycopg.Error) as unanswered:
            session.execute("SELECT headway_match_feature('Export to Excel')")
        assert unanswered.value.sqlstate == "8W016", "who waits for a worker is told that it has left"
    wait_until(lambda: "headway worker leaves" in log_since(gong, log), "the log tells of the worker")
    assert f"HINT:  Run {UPDATE}" in log_since(gong, log)
    gong.db.await_no_workers()
    assert attempts(gong) == [("queued", 0)], "nobody has touched what waits"

    gong.db.sql(UPDATE)
    assert gong.finish(str(second))["state"] == "done", "and the update itself gets it going"
    wait_until(lambda: gong.db.value("SELECT bool_and(is_processed) FROM headway.messages"), "the transcript is read")


def test_a_worker_leaves_when_the_version_changes_under_it(gong: GongDatabase) -> None:
    """Not told by anybody, as when the update's signal has missed it."""
    gong.sandbox.faults({"kind": "hang", "path": "/v2/calls/extensive"})
    run = gong.ingest()
    pid = await_request(gong)
    log = gong.db.cluster.log()
    gong.db.sql("UPDATE pg_extension SET extversion = '77.0.0' WHERE extname = 'headway'")
    wait_until(lambda: not gong.db.cluster_has(pid), "the worker leaves", deadline=5)
    assert attempts(gong) == [("queued", 0)], "and has put back what it held"
    assert "the extension in this database 77.0.0" in log_since(gong, log) and UPDATE in log_since(gong, log)
    health = gong.db.sql("SELECT ok, detail, hint FROM headway_health() WHERE \"check\" = 'version'")
    assert [(ok, detail) for ok, detail, _ in health] == [(False, f"library {CURRENT}, extension 77.0.0")] and UPDATE in health[0][2]

    gong.sandbox.reset()
    gong.db.sql("SELECT headway_tick()")
    gong.db.await_no_workers()
    assert attempts(gong) == [("queued", 0)] and gong.sandbox.journal("/v2/") == [], "nor does another begin"
    gong.db.sql(f"UPDATE pg_extension SET extversion = '{CURRENT}' WHERE extname = 'headway'")
    gong.db.sql("SELECT headway_tick()")
    assert gong.finish(run)["state"] == "done"
    gong.check_complete()


def test_a_worker_that_no_signal_reaches_does_nothing_during_an_update(gong: GongDatabase) -> None:
    """What an update does to the extension's own row, without its script."""
    gong.sandbox.faults({"kind": "hang", "path": "/v2/calls/extensive"})
    run = gong.ingest()
    pid = await_request(gong)
    with gong.db.connect() as admin, admin.transaction():
        admin.execute("COMMENT ON EXTENSION headway IS 'being updated'")
        admin.execute("UPDATE pg_extension SET extversion = '77.0.0' WHERE extname = 'headway'")
        gong.sandbox.release()
        wait_until(lambda: not gong.sandbox.in_flight(), "the vendor has answered")
        holds_for(lambda: attempts(gong) == [("running", 1)], "the answer waits for the update's end", seconds=1.5)
    wait_until(lambda: not gong.db.cluster_has(pid), "then the worker leaves", deadline=5)
    assert attempts(gong) == [("queued", 0)]
    gong.db.sql(f"UPDATE pg_extension SET extversion = '{CURRENT}' WHERE extname = 'headway'")
    gong.sandbox.reset()
    gong.db.sql("SELECT headway_tick()")
    assert gong.finish(run)["state"] == "done"
    gong.check_complete()


def test_two_databases_are_updated_one_after_the_other(old_gong: GongDatabase, installation: Installation) -> None:
    """The server's processes share their books of workers, whatever library they have."""
    gong = old_gong
    gong.sandbox.faults({"kind": "hang", "path": "/v2/calls/extensive"})
    run = gong.ingest()
    pid = await_request(gong)
    installation.load(CURRENT)
    with gong.db.cluster.database("another") as other:
        other.sql("CREATE EXTENSION headway")
        other.sql("SELECT headway_add_workspace('acme')")
        other.sql("SELECT headway_ingest_transcript('x', 'Ann: Hello there.')")
        wait_until(lambda: other.value("SELECT bool_and(is_processed) FROM headway.messages"), "a new worker serves the other database")
        assert gong.db.workers() == [pid]
    gong.sandbox.reset()
    assert gong.finish(run)["state"] == "done"
    gong.check_complete()
