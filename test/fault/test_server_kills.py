"""The server itself is killed at random points of runs that two workers are at: a process of the postmaster's, or all of them at once."""

import pytest

from harness.killing import strike_another_process, strike_the_server

EACH = 5


@pytest.mark.parametrize("seed", range(100, 102))
def test_a_killed_process_of_the_server_loses_and_doubles_nothing(runs_under_fire, seed: int) -> None:
    runs_under_fire(strike_another_process, EACH, seed)


@pytest.mark.parametrize("seed", range(200, 202))
def test_an_immediate_shutdown_loses_and_doubles_nothing(runs_under_fire, seed: int) -> None:
    """What is settled was on disk: a worker writes its log out before it waits for anything."""
    runs_under_fire(strike_the_server, EACH, seed)
