"""The sandbox's messages refuse what Anthropic refuses, and answer what they are told to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from anthropic import Anthropic, schema_problem
from exchange import Received
from model_reader import Reader

TRUTH = {"I wish it could export.": {"feature": "export", "type": "feature_request", "theme": "Reporting", "title": "Export"}}
SCHEMA = {"type": "object", "additionalProperties": False, "required": ["feature_requests"], "properties": {"feature_requests": {"type": "array"}}}
BODY = {"model": "sandbox-claude", "max_tokens": 100, "system": "s", "messages": [{"role": "user", "content": "Bob: I wish it could export."}],
        "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}
HEADERS = {"x-api-key": "key", "anthropic-version": "2023-06-01", "Content-Type": "application/json"}


@pytest.fixture
def reader() -> Reader:
    return Reader(TRUTH)


@pytest.fixture
def vendor(reader: Reader) -> Anthropic:
    return Anthropic(reader, "key", [])


def ask(vendor: Anthropic, body: Any = BODY, path: str = "/anthropic/v1/messages", **headers: str) -> tuple[int, dict, list[str]]:
    received = Received("POST", path, {}, HEADERS | {name.replace("_", "-"): value for name, value in headers.items()}, json.dumps(body).encode())
    answer = vendor.answer(received)
    return answer.status, json.loads(answer.body), received.violations


def without(*names: str, **changes: Any) -> dict:
    return {name: value for name, value in (BODY | changes).items() if name not in names}


def test_the_reader_answers_behind_its_thoughts(vendor: Anthropic) -> None:
    status, answer, violations = ask(vendor)
    assert (status, violations, answer["stop_reason"]) == (200, [], "end_turn")
    assert [block["type"] for block in answer["content"]] == ["thinking", "text"]
    assert [item["quote"] for item in json.loads(answer["content"][1]["text"])["feature_requests"]] == list(TRUTH)


def test_a_tool_takes_the_answer_as_an_object(vendor: Anthropic) -> None:
    tool = {"name": "extract", "description": "d", "input_schema": SCHEMA}
    choice = {"type": "tool", "name": "extract", "disable_parallel_tool_use": True}
    status, answer, _ = ask(vendor, without("output_config", model="sandbox-claude-old", tools=[tool], tool_choice=choice, temperature=0))
    assert (status, answer["stop_reason"]) == (200, "tool_use")
    assert answer["content"][0]["input"]["feature_requests"]


@pytest.mark.parametrize("body, status", [
    (without("model"), 400), (without("max_tokens"), 400), (without("messages"), 400), (without("output_config"), 400), (without(colour=1), 400),
    (without(messages=[{"role": "system", "content": "x"}]), 400), (without(model="gpt"), 404), (without(temperature=1), 400),
    (without(model="sandbox-claude-old"), 400), (without(output_config={"format": {"type": "json_object", "schema": {}}}), 400)])
def test_what_the_vendor_refuses_is_refused(vendor: Anthropic, body: dict, status: int) -> None:
    got, answer, _ = ask(vendor, body)
    assert got == status and set(answer) == {"type", "error", "request_id"}


def marked(text: str = "s", **mark: Any) -> dict:
    return {"type": "text", "text": text, "cache_control": mark or {"type": "ephemeral"}}


@pytest.mark.parametrize("system", [
    {"text": "s"}, ["s"], [{"type": "image", "text": "s"}], [{"type": "text"}], [marked() | {"colour": 1}], [marked("")], [marked(type="forever")],
    [marked(type="ephemeral", ttl="2h")], [marked(type="ephemeral", size=1)], [marked()] * 5])
def test_a_mark_for_the_cache_must_be_right(vendor: Anthropic, system: Any) -> None:
    assert ask(vendor, without(system=system))[0] == 400


def test_what_is_marked_is_written_once_and_read_from_then_on(vendor: Anthropic) -> None:
    body = without(system=[marked("s" * 400)])
    usages = [ask(vendor, body)[1]["usage"] for _ in range(2)] + [ask(vendor)[1]["usage"]]
    assert [(u["cache_creation_input_tokens"], u["cache_read_input_tokens"]) for u in usages] == [(100, 0), (0, 100), (0, 0)]


def test_headers_and_paths_are_checked(vendor: Anthropic) -> None:
    assert ask(vendor, x_api_key="other")[0] == 401
    assert ask(vendor, anthropic_version="1999")[0] == 400
    assert ask(vendor, path="/anthropic/v1/complete")[0] == 404


@pytest.mark.parametrize("schema, word", [
    (SCHEMA | {"minimum": 1}, "minimum"), ({"type": "object", "properties": {}}, "additionalProperties"), ({"type": "array", "minItems": 2}, "minItems"),
    (SCHEMA | {"properties": {f"p{n}": {"type": "string"} for n in range(25)}, "required": []}, "too complex"),
    (SCHEMA | {"properties": {f"p{n}": {"type": ["string", "null"]} for n in range(17)}, "required": [f"p{n}" for n in range(17)]}, "too complex")])
def test_a_schema_outside_the_subset_is_refused(schema: dict, word: str) -> None:
    assert word in (schema_problem(schema) or "")


def test_a_script_goes_before_the_reader(vendor: Anthropic, reader: Reader) -> None:
    reader.script.extend([{"refusal": "no"}, {"content": "{", "finish_reason": "length"}])
    assert (ask(vendor)[1]["stop_reason"], ask(vendor)[1]["stop_reason"]) == ("refusal", "max_tokens")
