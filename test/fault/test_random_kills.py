"""kill -9 of one of two workers at random points of runs that a language model reads: 200 of them, or as many as HEADWAY_KILLS says."""

import os

import pytest

from harness.killing import strike_a_worker

KILLS = int(os.environ.get("HEADWAY_KILLS", "200"))
EACH = 20


@pytest.mark.parametrize("seed", range(-(-KILLS // EACH)))
def test_nothing_is_lost_or_doubled_and_a_kill_costs_what_was_under_way(runs_under_fire, seed: int) -> None:
    runs_under_fire(strike_a_worker, EACH, seed, concurrency=1 if seed % 5 else 4)
