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
