"""Each local server speaks its dialect of OpenAI's completions, and wants no key."""

from __future__ import annotations

import json
from typing import Any

import pytest

from exchange import Received
from local_servers import LlamaCpp, LmStudio, LocalServer, Ollama
from model_reader import Reader
from test_openai import BODY


def ask(kind: type[LocalServer], **changes: Any) -> tuple[int, dict, list[str]]:
    server = kind(Reader({}), "", [])
    received = Received("POST", f"{kind.prefixes[0]}/v1/chat/completions", {}, {"Content-Type": "application/json"}, json.dumps(BODY | changes).encode())
    answer = server.answer(received)
    return answer.status, json.loads(answer.body), received.violations


@pytest.mark.parametrize("kind", [Ollama, LmStudio, LlamaCpp])
def test_whoever_asks_is_answered(kind: type[LocalServer]) -> None:
    status, answer, violations = ask(kind, max_tokens=100)
    assert (status, violations) == (200, []) and answer["choices"]


def test_a_limit_that_ollama_would_not_read_is_an_error() -> None:
    assert ask(Ollama, max_completion_tokens=100)[0] == 400
    assert set(ask(Ollama)[1]["usage"]) == {"prompt_tokens", "completion_tokens", "total_tokens"}


def test_errors_are_texts_and_numbers() -> None:
    status, answer, violations = ask(LmStudio, response_format={"type": "json_object"})
    assert (status, violations) == (400, []) and isinstance(answer["error"], str)
    assert ask(LlamaCpp, messages=[])[1]["error"]["code"] == 400
