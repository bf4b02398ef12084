"""Fixtures of the fault tests."""

import itertools
import random
from contextlib import contextmanager
from typing import Callable, Iterator

import pytest

from harness.cluster import Cluster
from harness.gong import GongDatabase
from harness.invariants import check_lost
from harness.killing import Strike, random_strikes
from harness.sandbox import Sandbox

_numbers = itertools.count(1)
WORKERS = 2


@pytest.fixture(scope="session")
def patient_sandbox() -> Iterator[Sandbox]:
    """A vendor that lets itself be asked as often as a worker dies."""
    sandbox = Sandbox("--per-second", "1000")
    yield sandbox
    sandbox.stop()


@pytest.fixture
def runs_under_fire(cluster: Cluster, patient_sandbox: Sandbox) -> Callable[..., None]:
    """Strikes so often at random moments of runs, one after the other, and checks after each run that all is well."""
    def fire(strike: Strike, strikes: int, seed: int, concurrency: int = 1) -> None:
        dice = random.Random(seed)
        print(f"seed {seed}")  # pytest shows it when the test fails
        while strikes > 0:
            with run_to_strike(cluster, patient_sandbox, concurrency) as (gong, run):
                times = random_strikes(gong, run, strike, strikes, dice)
                assert gong.finish(run)["state"] == "done"
                gong.check_complete()
                lost = check_lost(gong.db, gong.sandbox.journal("/openai"), times, at_once=WORKERS * concurrency)
                print(f"{len(times)} strikes, {lost} exchanges paid for again")
                strikes -= len(times)
    return fire


@contextmanager
def run_to_strike(cluster: Cluster, sandbox: Sandbox, concurrency: int) -> Iterator[tuple[GongDatabase, str]]:
    """A run that is read by a language model, in small steps, and by two workers; its tasks may lose more than five of them."""
    sandbox.reset()
    sandbox.faults({"kind": "latency", "seconds": 0.005})
    with cluster.database(f"struck{next(_numbers)}") as database:
        gong = GongDatabase(database, sandbox)
        gong.read_by_model()
        gong.limit_workers(WORKERS, concurrency)
        gong.db.sql("ALTER TABLE headway.tasks ALTER max_attempts SET DEFAULT 1000")
        gong.lift_budget()
        gong.db.sql("UPDATE headway.connector_types SET spec = jsonb_set(spec, '{children,transcripts,batch}', '5') WHERE name = 'gong'")
        yield gong, gong.ingest()
