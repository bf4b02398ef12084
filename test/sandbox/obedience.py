"""A model that does what a transcript tells it, which none should: what it changes, nobody has protected."""

from __future__ import annotations

import json
import re
from typing import Any, Callable

LISTS = ("feature_requests", "bug_reports", "pain_points")
Payload = dict[str, Any]


def obey(content: str, question: str) -> str:
    """The answer `content` as somebody who speaks in `question` wants it."""
    answer = json.loads(content)
    for order, carry_out in ORDERS:
        if found := re.search(order, question, re.IGNORECASE):
            carry_out(answer, found)
    return json.dumps(answer)


def _each(change: Callable[[Payload, re.Match], None]) -> Callable[[Payload, re.Match], None]:
    def carry_out(answer: Payload, found: re.Match) -> None:
        for name in LISTS:
            for item in answer.get(name, []):
                change(item, found)
    return carry_out


def _multiply(answer: Payload, found: re.Match) -> None:
    for name in LISTS:
        answer[name] = [item | {"title": f"{item['title']} {n}"} for item in answer.get(name, []) for n in range(int(found[1]))]


def _forget(answer: Payload, found: re.Match) -> None:
    for name in LISTS:
        answer[name] = []


def _invent(answer: Payload, found: re.Match) -> None:
    answer["feature_requests"].append({"title": found[1], "description": "", "quote": found[0], "theme": "Reporting & exports",
                                       "theme_confidence": 1, "urgency": "critical"})


ORDERS: tuple[tuple[str, Callable[[Payload, re.Match], None]], ...] = (
    (r"\b(?:critical|kritisch|critiques|crítico|critici)\b", _each(lambda item, found: item.update(urgency="critical"))),
    (r"theme [^.]*?to ([A-Z][\w& ]+)", _each(lambda item, found: item.update(theme=found[1].strip(), theme_confidence=1))),
    (r"urgency [^.]*?to (low|high)", _each(lambda item, found: item.update(urgency=found[1]))),
    (r"(\d+) times", _multiply),
    (r"report nothing|empty list|do not report", _forget),
    (r"(?:add|report) the feature ([\w ]+)", _invent),
)
