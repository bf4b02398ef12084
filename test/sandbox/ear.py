"""What the sandbox's transcribers hear: what a test has said is spoken in a recording, else what is said at the next one.

Nobody listens. A recording is known by the SHA-256 of its bytes; anything that begins like no audio file is none.
"""

from __future__ import annotations

import hashlib
import struct
from collections import deque
from dataclasses import dataclass
from typing import Any, Iterable

SIGNS = (b"RIFF", b"OggS", b"fLaC", b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\x1aE\xdf\xa3")
WORDS = ["Thanks for calling, how can I help you?", "I would like to book a consultation, but I worry about the price.",
         "We can spread the cost over six months.", "Then let us do that on Tuesday."]


@dataclass(frozen=True)
class Said:
    """A turn: who (from 0), when in seconds, and what."""

    speaker: int
    start: float
    end: float
    text: str


class Ear:
    def __init__(self) -> None:
        self._known: dict[str, list[Said]] = {}
        self._next: deque[list[Said]] = deque()

    def learn(self, described: Iterable[dict[str, Any]]) -> None:
        """[{"sha256"?: of a recording, "turns": [{speaker, start, end, text}]}]"""
        for one in described:
            turns = [Said(**turn) for turn in one["turns"]]
            if "sha256" in one:
                self._known[one["sha256"]] = turns
            else:
                self._next.append(turns)

    def forget(self) -> None:
        self._known.clear()
        self._next.clear()

    def hear(self, audio: bytes) -> list[Said] | None:
        """Nothing for what is no audio."""
        if not audio.startswith(SIGNS) and audio[4:8] != b"ftyp":
            return None
        known = self._known.get(hashlib.sha256(audio).hexdigest())
        if known is not None:
            return known
        if self._next:
            return self._next.popleft()
        return [Said(n % 2, 4.0 * n, 4.0 * n + 3.5, words) for n, words in enumerate(WORDS)]


def seconds(audio: bytes) -> float:
    """How long it is: as a WAV header says, else at 16 kB a second."""
    if audio.startswith(b"RIFF") and len(audio) > 44:
        return float(round((len(audio) - 44) / struct.unpack_from("<I", audio, 28)[0], 2))
    return round(len(audio) / 16_000, 2)
