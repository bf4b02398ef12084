"""The calls the sandbox serves, free of any vendor's format."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Iterable, Iterator, Mapping, Sequence

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
    id: str
    title: str | None
    started: datetime
    duration: int
    direction: str
    scope: str
    language: str
    is_private: bool
    visible: bool
    parties: Sequence[Mapping[str, Any]]
    turns: Sequence[Turn]


class CallStore:
    """All calls by id. Ages count from `epoch`, so that replacing a call does not move it in time."""

    def __init__(self, epoch: float) -> None:
        self._epoch = datetime.fromtimestamp(int(epoch), timezone.utc)
        self._calls: dict[str, Call] = {}

    def put(self, described: Any) -> Call:
        """Add or replace a call given as the JSON object of a call file."""
        call = _read_call(described, self._epoch)
        self._calls[call.id] = call
        return call

    def remove(self, call_id: str) -> bool:
        return self._calls.pop(call_id, None) is not None

    def visible(self) -> list[Call]:
        """Oldest first."""
        calls = [call for call in self._calls.values() if call.visible]
        return sorted(calls, key=lambda call: (call.started, call.id))

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
        visible=described.get("visible", True),
        parties=_read_parties(described.get("parties", [])),
        turns=tuple(_timed_turns(described.get("turns", []))),
    )


def _fraction(call_id: str) -> timedelta:
    """A part of a second with none, three or six digits, because vendors differ in that too."""
    number = variety(call_id, "fraction")
    return timedelta(microseconds=(0, number % 1000 * 1000, number % 1_000_000)[number % 3])


def _read_parties(described: Any) -> Sequence[Mapping[str, Any]]:
    if not isinstance(described, list) or not all(isinstance(party, dict) for party in described):
        raise BadCall("parties must be a list of objects")
    return tuple(described)


def _timed_turns(described: Any) -> Iterator[Turn]:
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
