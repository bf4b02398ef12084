"""A reader who knows the calls: what it answers is right, whichever vendor's envelope it comes in.

It finds the corpus' requests by their quotes, and knows how the calls of test/quality ended. A script of answers can be given instead, one for each request: {"content": ...},
{"refusal": ...}, {"finish_reason": ...} (in OpenAI's words), {"spoil": a way to lie}, or {"obey": true}: then it does what
the transcript tells it.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Sequence

from obedience import obey
from outcomes import KnownCall, outcome_of

Payload = dict[str, Any]


@dataclass(frozen=True)
class Said:
    """An answer before it is put into a vendor's envelope."""

    content: str
    refusal: str | None = None
    finish_reason: str = "stop"


class Reader:
    """One for all vendors, with one script."""

    def __init__(self, truth: Mapping[str, Payload], outcomes: Sequence[KnownCall] = ()) -> None:
        """`truth`: quote -> {feature, type, theme, title}."""
        self.script: deque[Payload] = deque()
        self._truth = truth
        self._readers = {"extract": self._read, "match_many": self._judge_many,
                         "analyse": lambda question: outcome_of(_between(question, "transcript"), outcomes)}

    def answer(self, purpose: str, question: str) -> Said:
        """`purpose`: the name of the prompt."""
        said = self.script.popleft() if self.script else {}
        content = said.get("content")
        if content is None:
            content = json.dumps(self._readers.get(purpose, self._judge)(question))
        content = SPOIL[said["spoil"]](content) if "spoil" in said else content
        content = obey(content, question) if said.get("obey") else content
        return Said(content, said.get("refusal"), said.get("finish_reason", "stop"))

    def _read(self, question: str) -> Payload:
        lists: dict[str, list[Payload]] = {"feature_request": [], "bug_report": [], "pain_point": []}
        for quote, known in self._truth.items():
            if quote in question:
                lists[known["type"]].append({"title": known["title"], "description": known["title"], "quote": quote,
                                             "theme": known["theme"], "theme_confidence": 0.95, "urgency": "medium"})
        phrases = {name: [] for name in ("topics", "action_items", "concerns", "requests", "feedback", "preferences")}
        return {"feature_requests": lists["feature_request"], "bug_reports": lists["bug_report"], "pain_points": lists["pain_point"],
                "sentiment": {"overall": "neutral", "score": 0}, "summary": "", "language": "en", "intent": "", **phrases}

    def _judge(self, question: str) -> Payload:
        return self._judgement(*(json.loads(_between(question, name)) for name in ("item", "candidates")))

    def _judge_many(self, question: str) -> Payload:
        features = {feature["id"]: feature for feature in json.loads(_between(question, "features"))}
        return {"judgements": [{"number": one["number"]} | self._judgement(one["item"], [features[id] for id in one["candidates"]])
                               for one in json.loads(_between(question, "items"))]}

    def _judgement(self, item: Payload, candidates: list[Payload]) -> Payload:
        wanted = self._feature_of(item)
        same = next((c for c in candidates if wanted and self._feature_of(c) == wanted), None)
        return {"reasoning": f"Both are about {wanted}." if same else "None of them is about the same.",
                "is_duplicate": same is not None, "matching_feature_id": same["id"] if same else None, "confidence": 0.9}

    def _feature_of(self, document: Payload) -> str | None:
        return next((self._truth[quote]["feature"] for quote in document["quotes"] if quote in self._truth), None)


def purpose_of(schema: Payload) -> str:
    """The name of the prompt whose answer a schema describes, for vendors to whom it is not sent."""
    asked = schema.get("properties", {})
    return "extract" if "feature_requests" in asked else "analyse" if "category" in asked else "match_many" if "judgements" in asked else "match"


def _between(text: str, tag: str) -> str:
    return text.split(f"<{tag}>", 1)[1].split(f"</{tag}>", 1)[0]


def _changed(content: str, change: Callable[[Payload], None]) -> str:
    answer = json.loads(content)
    for kind in ("feature_requests", "bug_reports", "pain_points"):
        for item in answer.get(kind, []):
            change(item)
    return json.dumps(answer)


INVENTED = {"is_duplicate": True, "matching_feature_id": "00000000-0000-4000-8000-000000000000", "confidence": 1}


def _invent_id(content: str) -> str:
    answer = json.loads(content)
    return json.dumps(answer | ({"judgements": [one | INVENTED for one in answer["judgements"]]} if "judgements" in answer else INVENTED))


def _judged(content: str, change: Callable[[list[Payload]], list[Payload]]) -> str:
    """The answer about several items with other judgements."""
    return json.dumps({"judgements": change(json.loads(content)["judgements"])})


SPOIL: Mapping[str, Callable[[str], str]] = {
    "fabricated_quote": lambda content: _changed(content, lambda item: item.update(quote="We would pay double for that, all of us.")),
    "unknown_theme": lambda content: _changed(content, lambda item: item.update(theme="Quantum teleportation")),
    "unsure": lambda content: _changed(content, lambda item: item.update(theme_confidence=0.2)),
    "invented_id": _invent_id,
    "one_invented": lambda content: _judged(content, lambda judgements: [*judgements[:-1], judgements[-1] | INVENTED]),
    "one_left_out": lambda content: _judged(content, lambda judgements: judgements[:-1]),
    "numbered_from_zero": lambda content: _judged(content, lambda judgements: [one | {"number": one["number"] - 1} for one in judgements]),
    "half_json": lambda content: content[: len(content) // 2],
    "no_json": lambda content: "Sure! Here is what I found.",
}
