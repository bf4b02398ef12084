"""Calls whose outcome is known (test/quality), as a language model that understands them tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterable

Turn = tuple[str, str]
"""Who speaks, and what is said."""


@dataclass(frozen=True)
class KnownCall:
    name: str
    category: str
    turns: tuple[Turn, ...]
    objections: tuple[tuple[str, str, str | None], ...]
    """(type, quote, the words that met it)"""

    def analysis(self) -> dict[str, Any]:
        """In the shape of the answer schema of the prompt `analyse`."""
        return {"category": self.category, "category_confidence": 0.95, "objections": [
            {"type": kind, "summary": f"The customer objects ({kind}).", "quote": quote, "confidence": 0.9, "overcome": [
                {"how": "It was answered.", "quote": answer, "confidence": 0.9}] if answer and self.category == "consult_scheduled" else []}
            for kind, quote, answer in self.objections]}


def load_outcomes(path: Path) -> list[KnownCall]:
    """Of a file of test/quality."""
    return [_parse(block.split("\n")) for block in path.read_text().removeprefix("# ").split("\n# ")]


def outcome_of(transcript: str, calls: Iterable[KnownCall]) -> dict[str, Any]:
    """Of the call all of whose words stand there; of any other nobody knows more than that it is one."""
    for call in calls:
        if all(words in transcript for _, words in call.turns):
            return call.analysis()
    return {"category": "other_question", "category_confidence": 0.5, "objections": []}


def _parse(lines: list[str]) -> KnownCall:
    name, category = lines[0].split()
    said = [line.split(": ", 1) for line in lines[1:] if line and not line.startswith("> ")]
    parts = [line[2:].split(" | ") for line in lines if line.startswith("> ")]
    return KnownCall(name, category, tuple((who, words) for who, words in said), tuple((kind, quote, answer[0] if answer else None) for kind, quote, *answer in parts))
