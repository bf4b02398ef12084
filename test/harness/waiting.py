"""Waiting for conditions instead of for time."""

import time
from typing import Callable, TypeVar

T = TypeVar("T")


def wait_until(condition: Callable[[], T], what: str, deadline: float = 30.0, pause: float = 0.02) -> T:
    """Returns the condition's first true value; fails with `what` after `deadline` seconds."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"not in {deadline} s: {what}"
        time.sleep(pause)


def holds_for(condition: Callable[[], bool], what: str, seconds: float, pause: float = 0.1) -> None:
    """Fails with `what` unless the condition is true at every look for so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert condition(), what
        time.sleep(pause)
