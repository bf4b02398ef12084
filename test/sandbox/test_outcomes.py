"""A model that knows the calls of test/quality tells how they ended, in the shape that is asked for."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from exchange import Received
from model_reader import Reader
from openai import OpenAi
from outcomes import KnownCall, load_outcomes
from server import OUTCOMES

CALLS = load_outcomes(OUTCOMES)
NUMBER = {"type": "number"}


def record(**parts: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": list(parts), "properties": parts}


TEXT = {"type": "string"}
WAY = record(how=TEXT, quote=TEXT, confidence=NUMBER)
SCHEMA = record(category={"type": "string", "enum": ["consult_scheduled", "consult_not_scheduled", "other_question"]}, category_confidence=NUMBER,
                objections={"type": "array", "items": record(type=TEXT, summary=TEXT, quote=TEXT, confidence=NUMBER, overcome={"type": "array", "items": WAY})})


def ask(transcript: str) -> dict[str, Any]:
    body = {"model": "sandbox-1", "messages": [{"role": "user", "content": f"Title: x\n<transcript>\n{transcript}</transcript>"}],
            "response_format": {"type": "json_schema", "json_schema": {"name": "analyse", "strict": True, "schema": SCHEMA}}}
    headers = {"Authorization": "Bearer key", "Content-Type": "application/json"}
    received = Received("POST", "/openai/v1/chat/completions", {}, headers, json.dumps(body).encode())
    answer = OpenAi(Reader({}, CALLS), "key", []).answer(received)
    assert (answer.status, received.violations) == (200, [])
    return json.loads(json.loads(answer.body)["choices"][0]["message"]["content"])


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_each_call_is_known_by_its_words(call: KnownCall) -> None:
    said = ask("".join(f"[0:0{n % 10}] Speaker: {words}\n" for n, (_, words) in enumerate(call.turns)))
    jsonschema.validate(said, SCHEMA)
    assert said["category"] == call.category
    words = [words for _, words in call.turns]
    quotes = [objection["quote"] for objection in said["objections"]] + [way["quote"] for objection in said["objections"] for way in objection["overcome"]]
    assert all(any(quote in turn for turn in words) for quote in quotes), "what is quoted was said"
    assert len(said["objections"]) == len(call.objections)


def test_of_any_other_call_nothing_is_made_up() -> None:
    assert ask("Ann: Hello?\n") == {"category": "other_question", "category_confidence": 0.5, "objections": []}
