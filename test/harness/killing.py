"""kill -9 of a worker, and the cluster's way back."""

import psycopg

from .gong import GongDatabase
from .waiting import wait_until


def kill(gong: GongDatabase, pid: int) -> None:
    """Kills the worker and waits until the postmaster has restarted the cluster."""
    with gong.db.connect() as witness:
        gong.db.cluster.kill(pid)
        wait_until(lambda: not gong.db.cluster_has(pid), "the worker is dead")
        wait_until(lambda: is_cut(witness), "the postmaster has ended every session")
    gong.db.cluster.await_restart()


def kill_and_recover(gong: GongDatabase, pid: int, run: str) -> dict:
    """Kills the worker, ticks, and gives the run's end; the restarted cluster has forgotten all workers."""
    kill(gong, pid)
    gong.sandbox.reset()
    assert gong.db.workers() == [], "nothing brings a worker back by itself"
    gong.db.sql("SELECT headway_tick()")
    return gong.finish(run)


def is_cut(session: psycopg.Connection) -> bool:
    try:
        session.execute("SELECT 1")
        return False
    except psycopg.OperationalError:
        return True
