"""kill -9 of the worker in every phase: after the next tick the run ends complete."""

import psycopg
import pytest

from harness.cluster import Cluster
from harness.gong import GongDatabase
from harness.killing import kill, kill_and_recover
from harness.waiting import wait_until


def lock(gong: GongDatabase, statement: str) -> psycopg.Connection:
    connection = gong.db.connect()
    connection.execute("BEGIN")
    connection.execute(statement)
    return connection


def test_after_the_claim_before_the_request(gong: GongDatabase) -> None:
    holder = lock(gong, "SELECT FROM headway._rate_ledgers FOR UPDATE")
    run = gong.ingest()
    [pid] = gong.await_blocked_worker()
    assert gong.sandbox.journal("/v2/") == []
    assert kill_and_recover(gong, pid, run)["state"] == "done"
    gong.check_complete()
    holder.close()


def test_during_the_list_request(gong: GongDatabase) -> None:
    gong.sandbox.faults({"kind": "hang", "path": "/v2/calls/extensive"})
    run = gong.ingest()
    wait_until(gong.sandbox.in_flight, "the request is under way")
    assert kill_and_recover(gong, gong.db.workers()[0], run)["state"] == "done"
    gong.check_complete()


def test_during_the_transcripts_request(gong: GongDatabase) -> None:
    gong.sandbox.faults({"kind": "hang", "path": "/v2/calls/transcript"})
    run = gong.ingest()
    wait_until(gong.sandbox.in_flight, "the request is under way")
    assert kill_and_recover(gong, gong.db.workers()[0], run)["state"] == "done"
    gong.check_complete()


@pytest.mark.parametrize("path", ["/v2/calls/extensive", "/v2/calls/transcript"])
def test_after_the_response_before_the_settlement(gong: GongDatabase, path: str) -> None:
    gong.sandbox.faults({"kind": "hang", "path": path})
    run = gong.ingest()
    wait_until(gong.sandbox.in_flight, "the request is under way")
    holder = lock(gong, "SELECT FROM headway.runs FOR UPDATE")
    gong.sandbox.release()
    [pid] = gong.await_blocked_worker()
    assert kill_and_recover(gong, pid, run)["state"] == "done"
    gong.check_complete()
    holder.close()


def test_after_a_settlement(gong: GongDatabase) -> None:
    run = gong.ingest()
    wait_until(lambda: gong.db.value("SELECT count(*) FROM headway.tasks WHERE kind = 'detail' AND state = 'done'"), "the transcripts are stored",
               pause=0.001)
    pids = gong.db.workers()
    assert kill_and_recover(gong, pids[0], run)["state"] == "done"
    gong.check_complete()


def test_in_the_middle_of_applying_a_decision(gong: GongDatabase) -> None:
    holder = lock(gong, "SELECT FROM headway.themes FOR UPDATE")
    run = gong.ingest()
    [pid] = gong.await_blocked_worker()
    assert kill_and_recover(gong, pid, run)["state"] == "done"
    gong.check_complete()
    holder.close()


def test_a_task_that_kills_its_worker_every_time_fails_for_good(gong: GongDatabase) -> None:
    run = gong.ingest()
    gong.sandbox.faults({"kind": "hang", "path": "/v2/calls/extensive"})
    for _ in range(5):
        wait_until(gong.sandbox.in_flight, "the request is under way")
        [pid] = gong.db.workers()
        kill(gong, pid)
        wait_until(lambda: not gong.sandbox.in_flight(), "its request is gone")
        gong.db.sql("SELECT headway_tick()")
    status = gong.finish(run)
    assert status["state"] == "failed"
    assert status["error"] == "its worker died in every attempt"
    gong.sandbox.reset()
    assert gong.db.value("SELECT headway_retry(%s)", [run]) == 1
    assert gong.finish(run)["state"] == "done"
    gong.check_complete()


def test_an_immediate_shutdown_loses_nothing(gong: GongDatabase, cluster: Cluster) -> None:
    gong.sandbox.faults({"kind": "hang", "path": "/v2/calls/transcript"})
    run = gong.ingest()
    wait_until(gong.sandbox.in_flight, "the request is under way")
    cluster.stop("immediate")
    gong.sandbox.reset()
    cluster.start()
    gong.db.sql("SELECT headway_tick()")
    assert gong.finish(run)["state"] == "done"
    gong.check_complete()
