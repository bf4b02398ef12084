"""The sandbox's Gemini refuses what the vendor refuses, and answers what it is told to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from exchange import Received
from gemini import Gemini
from model_reader import Reader

TRUTH = {"I wish it could export.": {"feature": "export", "type": "feature_request", "theme": "Reporting", "title": "Export"}}
SCHEMA = {"type": "object", "properties": {"feature_requests": {"type": "array"}}}
BODY = {"contents": [{"role": "user", "parts": [{"text": "Bob: I wish it could export."}]}], "systemInstruction": {"parts": [{"text": "s"}]},
        "generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA, "maxOutputTokens": 10}}
CONTENT, VECTORS = "sandbox-gemini:generateContent", "sandbox-embedding:batchEmbedContents"


@pytest.fixture
def reader() -> Reader:
    return Reader(TRUTH)


@pytest.fixture
def vendor(reader: Reader) -> Gemini:
    return Gemini(reader, "key", [])


def ask(vendor: Gemini, body: Any = BODY, method: str = CONTENT, key: str = "key", query: dict | None = None) -> tuple[int, dict]:
    received = Received("POST", f"/gemini/v1beta/models/{method}", query or {}, {"x-goog-api-key": key}, json.dumps(body).encode())
    answer = vendor.answer(received)
    return answer.status, json.loads(answer.body)


def config(**changes: Any) -> dict:
    return BODY | {"generationConfig": BODY["generationConfig"] | changes}


def test_the_reader_answers_in_parts_behind_its_thoughts(vendor: Gemini) -> None:
    status, answer = ask(vendor)
    parts = answer["candidates"][0]["content"]["parts"]
    assert status == 200 and parts[0]["thought"] is True
    found = json.loads("".join(part["text"] for part in parts[1:]))
    assert [item["quote"] for item in found["feature_requests"]] == list(TRUTH)


@pytest.mark.parametrize("body", [
    BODY | {"colour": 1}, BODY | {"contents": []}, BODY | {"contents": [{"role": "model", "parts": [{"text": "x"}]}]},
    BODY | {"systemInstruction": {"parts": []}}, config(temperature=3), config(maxOutputTokens=0), config(topK=1), config(responseMimeType="text/plain"),
    config(responseJsonSchema={"type": "string", "pattern": "a"}), config(responseJsonSchema={"$ref": "#", "type": "string"})])
def test_what_the_vendor_refuses_is_refused(vendor: Gemini, body: dict) -> None:
    status, answer = ask(vendor, body)
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")


def test_a_wrong_key_is_a_bad_request(vendor: Gemini) -> None:
    status, answer = ask(vendor, key="other")
    assert (status, answer["error"]["details"][0]["reason"]) == (400, "API_KEY_INVALID")
    assert ask(vendor, query={"key": ["key"]})[0] == 400, "a key in the address ends in logs"
    assert ask(vendor, method="other:generateContent")[0] == 404


def test_a_refusal_leaves_no_candidate(vendor: Gemini, reader: Reader) -> None:
    reader.script.extend([{"refusal": "no"}, {"content": "{", "finish_reason": "length"}])
    assert "candidates" not in ask(vendor)[1]
    assert ask(vendor)[1]["candidates"] == [{"finishReason": "MAX_TOKENS", "index": 0}]


def vectors(*texts: str, model: str = "sandbox-embedding") -> dict:
    return {"requests": [{"model": f"models/{model}", "content": {"parts": [{"text": text}]}} for text in texts]}


def test_each_text_gets_its_vector(vendor: Gemini) -> None:
    status, answer = ask(vendor, vectors("a", "b"), VECTORS)
    assert status == 200 and len(answer["embeddings"]) == 2


@pytest.mark.parametrize("body", [vectors(), vectors(*["a"] * 101), vectors("a", model="other"), vectors(""), {}, []])
def test_texts_that_the_vendor_refuses_are_refused(vendor: Gemini, body: Any) -> None:
    assert ask(vendor, body, VECTORS)[0] == 400
