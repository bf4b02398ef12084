"""ALTER EXTENSION headway UPDATE while a database is at work: nothing hangs, nothing breaks, nothing is lost."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from harness.gong import GongDatabase
from harness.installation import CURRENT, Installation
from harness.waiting import holds_for, wait_until
from meeting import UPDATE, attempts, await_request, version


@pytest.mark.parametrize("path", ["/v2/calls/extensive", "/v2/calls/transcript"])
def test_an_update_while_an_old_worker_is_in_the_middle(old_gong: GongDatabase, installation: Installation, old: str, path: str) -> None:
    gong = old_gong
    gong.sandbox.faults({"kind": "hang", "path": path})
    run = gong.ingest()
    pid = await_request(gong)
    assert installation.version_in(pid) == old
    installation.load(CURRENT)
    began = time.monotonic()
    gong.db.sql(UPDATE)
    assert time.monotonic() - began < 5, "the update does not wait for the vendor"
    assert not gong.db.cluster_has(pid), "the old worker has left"
    assert version(gong) == CURRENT

    wait_until(lambda: gong.db.workers() and gong.sandbox.in_flight(), "a new worker asks again")
    assert installation.version_in(await_request(gong)) == CURRENT
    gong.sandbox.reset()
    assert gong.finish(run)["state"] == "done"
    gong.check_complete()
    assert gong.db.value("SELECT max(attempts) FROM headway.tasks") == 1, "leaving cost no attempt"


def test_a_session_that_works_itself_is_ended_by_the_update(old_gong: GongDatabase, installation: Installation) -> None:
    gong = old_gong
    gong.db.sql("SELECT headway_stop()")
    gong.sandbox.faults({"kind": "hang", "path": "/v2/calls/extensive"})
    run = gong.ingest()
    with gong.db.connect() as session, ThreadPoolExecutor() as threads:
        working = threads.submit(session.execute, "CALL headway_work()")
        wait_until(gong.sandbox.in_flight, "its request hangs")
        installation.load(CURRENT)
        gong.db.sql(UPDATE)
        assert isinstance(working.exception(timeout=5), psycopg.OperationalError)
    assert attempts(gong) == [("queued", 0)], "it has put back what it held"
    gong.sandbox.reset()
    assert gong.db.workers() == [], "who has stopped the workers finds them stopped"
    gong.db.sql("SELECT headway_start()")
    assert gong.finish(run)["state"] == "done"
    gong.check_complete()


def test_a_worker_that_comes_during_the_update_waits_for_its_end(old_gong: GongDatabase, installation: Installation) -> None:
    gong = old_gong
    installation.load(CURRENT)
    runs: list[str] = []
    asking = threading.Thread(target=lambda: runs.append(gong.ingest()))
    with gong.db.connect() as admin, admin.transaction():
        admin.execute(UPDATE)
        asking.start()  # has to wait for the tables that the update changes, as anybody has who reads them
        holds_for(lambda: gong.sandbox.journal("/v2/") == [], "nobody works on a half-updated database", seconds=1)
    asking.join(timeout=30)
    assert gong.finish(runs[0])["state"] == "done"
    gong.check_complete()


def test_an_update_that_cannot_have_its_locks_gives_up_and_changes_nothing(old_gong: GongDatabase, installation: Installation, old: str) -> None:
    gong = old_gong
    gong.sandbox.faults({"kind": "hang", "path": "/v2/calls/extensive"})
    run = gong.ingest()
    await_request(gong)
    installation.load(CURRENT)
    with gong.db.connect() as reader:
        with reader.transaction():
            reader.execute("SELECT count(*) FROM headway.run_progress")
            for setting, least, most in (("1s", 0.9, 9), ("0", 9, 20)):
                began = time.monotonic()
                with pytest.raises(psycopg.errors.LockNotAvailable), gong.db.connect() as admin:
                    admin.execute(f"SET lock_timeout = '{setting}'; SET statement_timeout = '25s'")
                    admin.execute(UPDATE)
                assert least < time.monotonic() - began < most
        assert version(gong) == old
    gong.sandbox.reset()
    gong.db.sql(UPDATE)
    assert gong.finish(run)["state"] == "done"
    gong.check_complete()


def test_a_session_with_the_old_library_cannot_update(old_gong: GongDatabase, installation: Installation, old: str) -> None:
    with old_gong.db.connect() as stale:
        assert stale.execute("SELECT headway_version()").fetchone()[0].startswith(f"headway {old},")
        installation.load(CURRENT)
        with pytest.raises(psycopg.Error) as refused:
            stale.execute(UPDATE)
        assert refused.value.sqlstate == "8W018" and "new session" in refused.value.diag.message_hint
        assert version(old_gong) == old
        old_gong.db.sql(UPDATE)
        assert stale.execute("SELECT headway_tick()").fetchone()[0]["reclaimed"] == 0, "it can go on with the verbs that it knows"
