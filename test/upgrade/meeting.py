"""What the tests of versions that meet look at."""

from harness.gong import GongDatabase
from harness.waiting import wait_until

UPDATE = "ALTER EXTENSION headway UPDATE"


def version(gong: GongDatabase) -> str:
    return gong.db.value("SELECT extversion FROM pg_extension WHERE extname = 'headway'")


def attempts(gong: GongDatabase) -> list[tuple]:
    return gong.db.sql("SELECT DISTINCT state, attempts FROM headway.tasks WHERE state <> 'done'")


def await_request(gong: GongDatabase) -> int:
    """Until a request of a worker hangs; the worker's pid."""
    wait_until(gong.sandbox.in_flight, "a request is under way")
    [pid] = gong.db.workers()
    return pid


def log_since(gong: GongDatabase, before: str) -> str:
    return gong.db.cluster.log()[len(before):]
