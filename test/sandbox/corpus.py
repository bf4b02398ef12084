"""The calls the sandbox serves, free of any vendor's format."""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Iterable, Iterator, Mapping, Sequence

from limits import Clock

WORDS_PER_SECOND = 2.6


class BadCall(ValueError):
    """A call that cannot be served."""


@dataclass(frozen=True)
class Sentence:
    """Spoken from `start` to `end`, both in milliseconds from the start of the call."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Turn:
    speaker_id: str
    topic: str | None
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True)
class Call:
    """A call as a vendor knows it at some moment: `turns` are empty until it is transcribed, `recorded` false until its
    recording is there."""

    id: str
    title: str | None
    started: datetime
    duration: int
    direction: str
    scope: str
    language: str
    is_private: bool
    recorded: bool
    parties: Sequence[Mapping[str, Any]]
    turns: Sequence[Turn]


@dataclass(frozen=True)
class Kept:
    """A call with the times from which it is seen, transcribed and recorded."""

    call: Call
    seen: float
    transcribed: float
    recorded: float

    def at(self, now: float) -> Call:
        turns = self.call.turns if self.transcribed <= now else ()
        recorded = self.recorded <= now
        # Nearly all calls are complete, and a backfill asks for ten thousand of them again and again.
        complete = turns is self.call.turns and recorded == self.call.recorded
        return self.call if complete else replace(self.call, turns=turns, recorded=recorded)


class CallStore:
    """All calls by id. Ages count from the store's beginning, so that replacing a call does not move it in time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.epoch = datetime.fromtimestamp(int(clock()), timezone.utc)
        self._calls: dict[str, Kept] = {}
        self._sorted: list[Kept] = []

    def put(self, described: Any) -> Call:
        """Add or replace a call given as the JSON object of a call file."""
        call = _read_call(described, self.epoch)
        since = {name: self._clock() + delay(described, name) for name in ("visible", "transcribed", "recorded")}
        self.keep([Kept(call, since["visible"], since["transcribed"], since["recorded"])])
        return call

    def keep(self, calls: Iterable[Kept]) -> None:
        self._calls |= {kept.call.id: kept for kept in calls}
        self._sort()

    def add_whole(self, calls: Iterable[Call]) -> None:
        """Add calls that are there at once with all they have."""
        self.keep(Kept(call, *[float("-inf")] * 3) for call in calls)

    def remove(self, call_id: str) -> bool:
        removed = self._calls.pop(call_id, None)
        self._sort()
        return removed is not None

    def visible(self) -> list[Call]:
        """Oldest first."""
        now = self._clock()
        return [kept.at(now) for kept in self._sorted if kept.seen <= now]

    def _sort(self) -> None:
        self._sorted = sorted(self._calls.values(), key=lambda kept: (kept.call.started, kept.call.id))

    def load(self, paths: Iterable[Path]) -> None:
        """Read call files; two files with one id are a mistake."""
        for path in paths:
            known = len(self._calls)
            try:
                self.put(json.loads(path.read_text(encoding="utf-8")))
            except ValueError as error:
                raise BadCall(f"{path}: {error}") from error
            if len(self._calls) == known:
                raise BadCall(f"{path}: its id is taken by another file")


@functools.lru_cache(maxsize=2**18)
def variety(*parts: str) -> int:
    """A stable number for a name: lets calls differ in form, yet be the same in every run."""
    return int.from_bytes(hashlib.sha256("/".join(parts).encode("utf-8", "surrogatepass")).digest()[:8], "big")


def _read_call(described: Any, epoch: datetime) -> Call:
    """Only `id` and `age_minutes` are needed; what else is absent gets the poorest value a vendor would send."""
    if not isinstance(described, dict):
        raise BadCall("a call must be an object")
    call_id, age = described.get("id"), described.get("age_minutes")
    if not isinstance(call_id, str) or not call_id:
        raise BadCall("id must be a string")
    if isinstance(age, bool) or not isinstance(age, (int, float)):
        raise BadCall("age_minutes must be a number")
    return Call(
        id=call_id,
        title=described.get("title"),
        started=epoch - timedelta(minutes=age) - _fraction(call_id),
        duration=described.get("duration", 0),
        direction=described.get("direction", "Unknown"),
        scope=described.get("scope", "Unknown"),
        language=described.get("language", "und"),
        is_private=described.get("isPrivate", False),
        recorded=described.get("recorded", True) is not False,
        parties=_read_parties(described.get("parties", [])),
        turns=tuple(timed_turns(described.get("turns", []))),
    )


def delay(described: Mapping[str, Any], name: str) -> float:
    """Seconds from now on until a call is `visible`, `transcribed` or `recorded`: at once (true), never (false), or after a time."""
    value = described.get(name, True)
    if isinstance(value, bool):
        return float("-inf") if value else float("inf")
    if not isinstance(value, (int, float)) or value < 0:
        raise BadCall(f"{name} must be a boolean or seconds")
    return float(value)


def _fraction(call_id: str) -> timedelta:
    """A part of a second with none, three or six digits, because vendors differ in that too."""
    number = variety(call_id, "fraction")
    return timedelta(microseconds=(0, number % 1000 * 1000, number % 1_000_000)[number % 3])


def _read_parties(described: Any) -> Sequence[Mapping[str, Any]]:
    if not isinstance(described, list) or not all(isinstance(party, dict) for party in described):
        raise BadCall("parties must be a list of objects")
    return tuple(described)


def timed_turns(described: Any) -> Iterator[Turn]:
    """Lay the sentences out in time: speaking pace, a breath between sentences, a pause between turns."""
    now = 800
    try:
        for turn in described:
            sentences = []
            for text in turn["sentences"]:
                end = now + max(300, round(len(text.split()) / WORDS_PER_SECOND * 1000))
                sentences.append(Sentence(now, end, text))
                now = end + 120 + len(text) * 37 % 300
            now += 350
            yield Turn(turn["speakerId"], turn.get("topic"), tuple(sentences))
    except (KeyError, TypeError, AttributeError) as error:
        raise BadCall(f"turns must be a list of {{speakerId, topic, sentences}}: {error!r}") from error
