"""Request quotas: how many requests may start within a span of time."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Callable, Iterable, Mapping, Sequence

Clock = Callable[[], float]


@dataclass(frozen=True)
class Rate:
    """At most `requests` in any `seconds`; one too many closes the account for `penalty` seconds."""

    requests: int
    seconds: float
    penalty: float = 0.0


@dataclass(frozen=True)
class Charge:
    """What one request counts against: the named rates of one account."""

    account: str
    groups: Sequence[str]


class SlidingWindow:
    """One rate as it is used. Refused requests do not use up the quota, but each restarts the penalty, if there is one."""

    def __init__(self, rate: Rate, clock: Clock) -> None:
        self.rate = rate
        self._clock = clock
        self._taken: deque[float] = deque()
        self._closed_until = float("-inf")

    def wait(self) -> float:
        """Seconds until a request would be allowed; 0 when it is allowed now."""
        now = self._clock()
        if self._closed_until > now:
            return self._closed_until - now
        return self.reset() if self.remaining() < 1 else 0.0

    def remaining(self) -> int:
        now = self._clock()
        while self._taken and self._taken[0] + self.rate.seconds <= now:
            self._taken.popleft()
        return max(0, self.rate.requests - len(self._taken))

    def reset(self) -> float:
        """Seconds until the oldest request counts no more."""
        # A limit of zero has nothing that could expire: the whole span is the honest answer.
        now = self._clock()
        return (self._taken[0] if self._taken else now) + self.rate.seconds - now

    def take(self) -> None:
        """Count one admitted request."""
        self._taken.append(self._clock())

    def refuse(self) -> bool:
        """Punish a request that came too early; true if it came during a penalty."""
        now = self._clock()
        punished = self._closed_until > now
        if self.rate.penalty:
            self._closed_until = now + self.rate.penalty
        return punished


@dataclass(frozen=True)
class Denial:
    """A request over the quota: whole seconds to wait, and whether it came in spite of a penalty."""

    seconds: int
    punished: bool


def admit(windows: Iterable[SlidingWindow]) -> Denial | None:
    """Count a request in every window, or in none and say how long to wait."""
    windows = list(windows)
    full = [window for window in windows if window.wait() > 0]
    if full:
        punished = [window.refuse() for window in full]
        return Denial(max(1, math.ceil(max(window.wait() for window in full))), any(punished))
    for window in windows:
        window.take()
    return None


class Quota:
    """The rates of a vendor by group, used by every account apart."""

    def __init__(self, rates: Mapping[str, Rate], clock: Clock) -> None:
        self.rates = dict(rates)
        self._clock = clock
        self._windows: dict[tuple[str, str], SlidingWindow] = {}

    def change(self, rates: Mapping[str, Rate]) -> None:
        """Other rates for some groups; what was used of them is forgotten."""
        self.rates |= rates
        self._windows = {key: window for key, window in self._windows.items() if key[1] not in rates}

    def windows(self, charge: Charge) -> dict[str, SlidingWindow]:
        """By group, those that a request counts in."""
        return {group: self._window(charge.account, group) for group in charge.groups}

    def _window(self, account: str, group: str) -> SlidingWindow:
        return self._windows.setdefault((account, group), SlidingWindow(self.rates[group], self._clock))
