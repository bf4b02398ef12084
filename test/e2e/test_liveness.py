"""While the vendor hangs, nothing of the server is held up, and everything can be stopped at once."""

import threading
import time
from typing import Callable

import psycopg
import pytest

from harness.cluster import Cluster
from harness.gong import GongDatabase
from harness.waiting import wait_until

PROMPT = 0.1  # seconds within which a stop must act


@pytest.fixture
def hanging(gong: GongDatabase) -> tuple[GongDatabase, str]:
    gong.sandbox.faults({"kind": "hang", "path": "/v2/calls/extensive"})
    run = gong.ingest()
    wait_until(gong.sandbox.in_flight, "the request hangs")
    return gong, run


def seconds_until(done: Callable[[], bool], what: str) -> float:
    start = time.monotonic()
    wait_until(done, what, pause=0.002)
    return time.monotonic() - start


def interrupt(connection: psycopg.Connection, statement: str, ready: Callable[[], object]) -> tuple[str, float]:
    """Runs the statement, cancels it once `ready`; its SQLSTATE and the seconds the cancel took."""
    outcome: dict[str, object] = {}

    def run() -> None:
        try:
            connection.execute(statement)
        except psycopg.Error as error:
            outcome["state"], outcome["at"] = error.sqlstate, time.monotonic()

    thread = threading.Thread(target=run)
    thread.start()
    wait_until(ready, "the statement is under way")
    cancelled = time.monotonic()
    connection.cancel()
    thread.join(timeout=10)
    assert "at" in outcome, "the statement was cancelled"
    return str(outcome["state"]), float(outcome["at"]) - cancelled


def test_no_snapshot_or_transaction_is_held_during_a_request(hanging) -> None:
    gong, run = hanging
    waiter = gong.db.connect()
    thread = threading.Thread(target=lambda: pytest.raises(psycopg.Error, waiter.execute, f"CALL headway_wait('{run}')"))
    thread.start()
    # A transaction held for the request would last as long as the request, which never ends: one look without any disproves it.
    # Its short transactions (looking for work, for dead workers) and the waiter's looks at the run's status come and go.
    wait_until(lambda: gong.db.value("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'headway worker' "
                                     "AND datname = current_database() AND xact_start IS NULL AND backend_xmin IS NULL AND backend_xid IS NULL"),
               "the worker holds neither snapshot nor transaction")
    idle = wait_until(lambda: gong.db.value("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CALL headway_wait%' AND pid <> pg_backend_pid() "
                                            "AND backend_xmin IS NULL AND wait_event_type = 'Extension'"), "the waiter waits without a snapshot")
    assert idle == 1
    assert gong.sandbox.in_flight(), "the request hung all the while"
    waiter.cancel()
    thread.join(timeout=10)


def test_ctrl_c_ends_a_wait_at_once(hanging) -> None:
    gong, run = hanging
    with gong.db.connect() as connection:
        state, seconds = interrupt(connection, f"CALL headway_wait('{run}')", lambda: gong.db.value(
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CALL headway_wait%' AND pid <> pg_backend_pid()"))
        assert state == "57014" and seconds < PROMPT, seconds
        assert connection.execute("SELECT 1").fetchone() == (1,), "the session goes on"


def test_ctrl_c_ends_work_in_the_foreground_at_once_and_puts_it_back(gong: GongDatabase) -> None:
    gong.db.sql("SELECT headway_stop()")
    gong.sandbox.faults({"kind": "hang", "path": "/v2/calls/extensive"})
    run = gong.ingest()
    with gong.db.connect() as connection:
        state, seconds = interrupt(connection, "CALL headway_work()", gong.sandbox.in_flight)
    assert state == "57014" and seconds < PROMPT, seconds
    assert gong.db.sql("SELECT state, attempts FROM headway.tasks") == [("queued", 0)], "what it held is back"
    wait_until(lambda: not gong.sandbox.in_flight(), "the request is gone")
    gong.sandbox.reset()
    gong.db.sql("SELECT headway_start()")
    assert gong.finish(run)["state"] == "done"


def test_terminating_a_worker_acts_at_once_and_puts_its_tasks_back(hanging) -> None:
    gong, run = hanging
    [pid] = gong.db.workers()
    gong.db.sql("SELECT headway._set_stopped(true)")
    gong.db.sql("SELECT pg_terminate_backend(%s)", [pid])
    seconds = seconds_until(lambda: not gong.db.cluster_has(pid), "the worker is gone")
    assert seconds < PROMPT, seconds
    assert gong.db.sql("SELECT state, attempts, worker_id FROM headway.tasks") == [("queued", 0, None)]
    gong.sandbox.reset()
    gong.db.sql("SELECT headway_start()")
    assert gong.finish(run)["state"] == "done"


def test_cancelling_a_run_ends_its_request_within_seconds(hanging) -> None:
    gong, run = hanging
    assert gong.db.value("SELECT headway_cancel(%s)", [run]) is True
    wait_until(lambda: not gong.sandbox.in_flight(), "the request is gone", deadline=3)
    assert gong.finish(run)["state"] == "cancelled"


def test_dropping_another_database_is_not_delayed(hanging, cluster: Cluster) -> None:
    gong, _ = hanging
    cluster.sql("CREATE DATABASE elsewhere")
    start = time.monotonic()
    cluster.sql("DROP DATABASE elsewhere")
    assert time.monotonic() - start < 1, "the barrier that a drop waits for is answered"
    assert gong.sandbox.in_flight() == 1, "and the request goes on"


def test_dropping_its_own_database_succeeds(hanging, cluster: Cluster) -> None:
    gong, _ = hanging
    cluster.sql(f'DROP DATABASE "{gong.db.name}"')
    assert cluster.workers(gong.db.name) == []


def test_dropping_the_extension_succeeds_and_the_worker_leaves(hanging) -> None:
    gong, _ = hanging
    gong.db.sql("DROP EXTENSION headway CASCADE")
    gong.db.await_no_workers()
    assert gong.db.value("SELECT to_regnamespace('headway')") is None
    gong.db.sql("CREATE EXTENSION headway")
    assert gong.db.value("SELECT count(*) FROM headway.tasks") == 0


def test_stop_and_start(gong: GongDatabase) -> None:
    gong.sandbox.faults({"kind": "hang", "path": "/v2/calls/extensive"})
    run = gong.ingest()
    wait_until(gong.sandbox.in_flight, "the request hangs")
    assert gong.db.value("SELECT headway_stop()") is True
    gong.db.await_no_workers()
    gong.sandbox.reset()
    gong.db.sql("SELECT headway_tick()")
    gong.db.sql("SELECT headway_ingest_transcript('x', 'Ann: Hello there.')")
    assert gong.db.workers() == [], "while stopped, nothing launches a worker"
    assert gong.db.value("SELECT headway_start()") is True
    assert gong.finish(run)["state"] == "done"


def test_a_worker_leaves_when_there_is_nothing_to_do(gong: GongDatabase) -> None:
    gong.finish(gong.ingest())
    gong.db.await_no_workers()


def test_work_that_falls_due_soon_is_waited_for(gong: GongDatabase) -> None:
    gong.sandbox.faults({"kind": "status", "status": 429, "retry_after": 12, "times": 1, "path": "/v2/calls/extensive"})
    run = gong.ingest()
    wait_until(lambda: gong.db.value("SELECT count(*) FROM headway.tasks WHERE state = 'queued' AND run_at > now()"), "the task waits")
    assert len(gong.db.workers()) == 1
    assert gong.db.value("SELECT suspended_until > now() FROM headway.connectors") is True
    status = gong.finish(run)
    assert status["state"] == "done"
    assert gong.db.value("SELECT attempts FROM headway.tasks WHERE kind = 'list'") == 1, "waiting was no attempt"
