"""Request quotas: how many requests may start within a span of time."""

from __future__ import annotations

import math
from collections import deque
from typing import Callable, Iterable

Clock = Callable[[], float]


class SlidingWindow:
    """At most `limit` requests in any `span` seconds. Refused requests do not use up the quota."""

    def __init__(self, limit: int, span: float, clock: Clock) -> None:
        self._limit = limit
        self._span = span
        self._clock = clock
        self._taken: deque[float] = deque()

    def wait(self) -> float:
        """Seconds until a request would be allowed; 0 when it is allowed now."""
        now = self._clock()
        while self._taken and self._taken[0] + self._span <= now:
            self._taken.popleft()
        if len(self._taken) < self._limit:
            return 0.0
        # A limit of zero has nothing that could expire: the whole span is the honest answer.
        oldest = self._taken[0] if self._taken else now
        return oldest + self._span - now

    def take(self) -> None:
        """Count one admitted request."""
        self._taken.append(self._clock())


def admit(windows: Iterable[SlidingWindow]) -> int:
    """Count a request in every window and return 0, or count nothing and return whole seconds to wait."""
    windows = list(windows)
    longest = max((window.wait() for window in windows), default=0.0)
    if longest > 0:
        return max(1, math.ceil(longest))
    for window in windows:
        window.take()
    return 0
