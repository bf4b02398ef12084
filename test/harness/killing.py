"""kill -9 of a server's process, and the cluster's way back."""

import os
import pathlib
import random
import signal
import threading
import time
from contextlib import contextmanager, suppress
from typing import Callable, Iterator

import psycopg

from .gong import GongDatabase
from .source import SourceDatabase
from .waiting import wait_until

LONGEST_LIFE = 0.15
"""Seconds within which random_strikes lets the workers come up and get on before it strikes."""


def kill(source: SourceDatabase, pid: int) -> None:
    """Kills a process of the server and waits until the postmaster has restarted the cluster."""
    with source.db.connect() as witness:
        source.db.cluster.kill(pid)
        await_crash(source, pid, witness)


def await_crash(source: SourceDatabase, pid: int, witness: psycopg.Connection) -> None:
    wait_until(lambda: not source.db.cluster_has(pid), "the process is dead", pause=0.005)
    wait_until(lambda: is_cut(witness), "the postmaster has ended every session", pause=0.005)
    source.db.cluster.await_restart()


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


Strike = Callable[[GongDatabase, random.Random], bool]
"""Ends a process or the whole server, and gives the cluster back once it answers; False when there was nothing to strike."""


def strike_a_worker(gong: GongDatabase, dice: random.Random) -> bool:
    return strike_one_of(gong, dice, "backend_type = 'headway worker' AND datname = current_database()")


def strike_another_process(gong: GongDatabase, dice: random.Random) -> bool:
    """The checkpointer, a writer, a launcher or the session of a client: whatever the postmaster has started, but no worker of ours."""
    with gong.db.connect():
        return strike_one_of(gong, dice, "backend_type <> 'headway worker' AND pid <> pg_backend_pid()")


def strike_the_server(gong: GongDatabase, dice: random.Random) -> bool:
    """An immediate shutdown: no process gets to write what it still holds in memory."""
    gong.db.cluster.stop("immediate")
    gong.db.cluster.start()
    return True


def strike_one_of(gong: GongDatabase, dice: random.Random, which: str) -> bool:
    with gong.db.connect() as witness:
        pids = [pid for (pid,) in witness.execute(f"SELECT pid FROM pg_stat_activity WHERE {which} ORDER BY backend_type, pid")]
        if not pids:
            return False
        pid = dice.choice(pids)
        try:
            gong.db.cluster.kill(pid)
        except ProcessLookupError:  # it has left by itself
            return False
        await_crash(gong, pid, witness)
        return True


def random_strikes(gong: GongDatabase, run: str, strike: Strike, most: int, dice: random.Random) -> list[float]:
    """Strikes at random moments while two workers are at the run, until it ends or so many have fallen; gives their times."""
    times: list[float] = []
    while len(times) < most:
        launch_two_workers(gong)
        with log_writer_held_up(gong):
            time.sleep(dice.uniform(0, LONGEST_LIFE))  # the random moment itself
            if gong.status(run)["state"] not in ("queued", "running"):
                break
            if strike(gong, dice):
                times.append(time.time())
    launch_two_workers(gong)
    return times


def launch_two_workers(gong: GongDatabase) -> None:
    """The restarted cluster has forgotten its workers; each tick that finds work and room launches one."""
    with gong.db.connect() as session:
        for _ in range(2):
            session.execute("SELECT headway_tick()")


@contextmanager
def log_writer_held_up(gong: GongDatabase) -> Iterator[None]:
    """As if it was always too late: only what a worker itself writes to the log is there after a strike. (It goes on, in order to
    die, once it is told to: a process that stands still would hold up the postmaster.)"""
    pid = stop_log_writer(gong)
    done = threading.Event()

    def let_go() -> None:
        while not done.is_set() and not is_told_to_quit(pid):
            time.sleep(0.001)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    keeper = threading.Thread(target=let_go)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()


def stop_log_writer(gong: GongDatabase) -> int:
    """SIGSTOP while it sleeps: within its work it may hold a lock that everybody needs. Its pid."""
    look = "SELECT pid, wait_event FROM pg_stat_get_activity(NULL) WHERE backend_type = 'walwriter'"
    with gong.db.connect() as session:
        def asleep() -> int | None:
            started = session.execute(look).fetchone()
            if not started:
                return None
            pid, _ = started
            os.kill(pid, signal.SIGSTOP)
            wait_until(lambda: process_state(pid) == "T", "it stands still", pause=0.0005)
            if session.execute(look).fetchone()[1] == "WalWriterMain":
                return pid
            os.kill(pid, signal.SIGCONT)
            return None
        return wait_until(asleep, "the log writer sleeps", pause=0.001)


def process_state(pid: int) -> str:
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def is_told_to_quit(pid: int) -> bool:
    """Whether SIGQUIT waits for a process, or the process is gone."""
    try:
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return True
    pending = [int(line.split()[1], 16) for line in lines if line.startswith(("SigPnd", "ShdPnd"))]
    return any(mask >> (signal.SIGQUIT - 1) & 1 for mask in pending)
