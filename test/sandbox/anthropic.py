"""Anthropic's messages, as strict as the vendor's documents, answered by the reader."""

from __future__ import annotations

import json
from typing import Any, Iterator

from exchange import Answer, Received, Refusal, encode_json
from limits import Quota
from model_reader import Reader, Said, purpose_of
from vendor import Vendor

KNOWN_FIELDS = frozenset({"model", "max_tokens", "system", "messages", "output_config", "tools", "tool_choice", "temperature"})
WITH_SCHEMAS, WITHOUT = "sandbox-claude", "sandbox-claude-old"
KEYWORDS = frozenset({"type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "allOf", "$ref", "$defs",
                      "description", "title", "default", "format", "minItems"})
MOST_OPTIONAL, MOST_UNIONS, MOST_MARKS = 24, 16, 4
STOPS = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}

Payload = dict[str, Any]


class Anthropic(Vendor):
    """POST /anthropic/v1/messages."""

    prefixes = ("/anthropic",)
    text_fields = ("text",)

    def __init__(self, reader: Reader, key: str, quota: Quota) -> None:
        super().__init__(quota)
        self._reader = reader
        self._key = key
        self._answered = 0
        self._prefixes: set[str] = set()

    def authorization(self, received: Received) -> str:
        sent = received.headers.get("x-api-key")
        if sent is None:
            return "missing"
        return "ok" if sent == self._key else "bad"

    def error(self, status: int, text: str) -> Answer:
        kinds = {400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error", 529: "overloaded_error"}
        body = {"type": "error", "error": {"type": kinds.get(status, "api_error"), "message": text}, "request_id": "req_refused"}
        return Answer(status, encode_json(body), headers={"request-id": "req_refused"})

    def _handle(self, received: Received) -> Answer:
        if self.authorization(received) != "ok":
            raise Refusal(401, "invalid x-api-key")
        if (received.method, received.path) != ("POST", "/anthropic/v1/messages"):
            raise Refusal(404, "Not found")
        if received.headers.get("anthropic-version") != "2023-06-01":
            raise Refusal(400, "anthropic-version: header is required")
        if not received.headers.get("Content-Type", "").startswith("application/json"):
            raise Refusal(400, "the content type is not application/json")
        try:
            body = json.loads(received.body)
        except ValueError as error:
            raise Refusal(400, f"the body is not JSON: {error}") from error
        return self._message(_checked(body))

    def _message(self, body: Payload) -> Answer:
        question = body["messages"][-1]["content"]
        said = self._reader.answer(_purpose(body), question)
        stop, content = _content(body, said)
        self._answered += 1
        usage = {"input_tokens": len(question) // 4, "output_tokens": len(said.content) // 4, **self._cache(body),
                 "server_tool_use": None, "service_tier": "standard"}
        return Answer(200, encode_json({"id": f"msg_{self._answered}", "type": "message", "role": "assistant", "model": body["model"] + "-2026",
                                        "content": content, "stop_reason": stop, "stop_sequence": None, "usage": usage}),
                      headers={"request-id": f"req_a{self._answered}"})


    def _cache(self, body: Payload) -> dict[str, int]:
        """What is before the mark is written once and read from then on; without a mark nothing is."""
        marked = [block["text"] for block in _blocks(body) if "cache_control" in block]
        prefix = json.dumps([body["model"], body.get("tools"), marked])
        size = sum(map(len, marked)) // 4
        known = prefix in self._prefixes
        self._prefixes.add(prefix)
        return {"cache_creation_input_tokens": 0 if known else size, "cache_read_input_tokens": size if known else 0}


def _blocks(body: Payload) -> list[Payload]:
    system = body.get("system", [])
    return system if isinstance(system, list) else []


def _purpose(body: Payload) -> str:
    """The prompt's name travels with a tool only; a schema is known by what it asks for."""
    if "tools" in body:
        return str(body["tools"][0]["name"])
    return purpose_of(body["output_config"]["format"]["schema"])


def _content(body: Payload, said: Said) -> tuple[str, list[Payload]]:
    if said.refusal is not None:
        return "refusal", []
    if "tools" in body and said.finish_reason == "stop":
        return "tool_use", [{"type": "tool_use", "id": "toolu_1", "name": body["tools"][0]["name"], "input": json.loads(said.content)}]
    return STOPS[said.finish_reason], [{"type": "thinking", "thinking": "Hm.", "signature": "s"}, {"type": "text", "text": said.content}]


def _checked(body: Any) -> Payload:
    problem = _shape_problem(body) or _message_problem(body)
    if problem:
        raise Refusal(400, problem)
    if body["model"] not in (WITH_SCHEMAS, WITHOUT):
        raise Refusal(404, f"model: {body['model']}", violation=False)
    if problem := _answer_problem(body):
        # Which model knows what is for the caller to find out.
        raise Refusal(400, problem, violation="not supported" not in problem and "deprecated" not in problem)
    return dict(body)


def _shape_problem(body: Any) -> str | None:
    if not isinstance(body, dict):
        return "the body is no object"
    if unknown := sorted(body.keys() - KNOWN_FIELDS):
        return f"{unknown[0]}: Extra inputs are not permitted"
    if not isinstance(body.get("model"), str):
        return "model: Field required"
    limit = body.get("max_tokens")
    if not isinstance(limit, int) or limit < 1:
        return "max_tokens: Field required"
    return _system_problem(body.get("system", ""))


def _system_problem(system: Any) -> str | None:
    if isinstance(system, str):
        return None
    if not isinstance(system, list):
        return "system: Input should be a valid string"
    for n, block in enumerate(system):
        if not isinstance(block, dict) or block.get("type") != "text" or not isinstance(block.get("text"), str):
            return f"system.{n}: Input should be a valid text block"
        if unknown := sorted(block.keys() - {"type", "text", "cache_control", "citations"}):
            return f"system.{n}.{unknown[0]}: Extra inputs are not permitted"
        if "cache_control" in block and (problem := _mark_problem(block)):
            return f"system.{n}.{problem}"
    marks = sum("cache_control" in block for block in system)
    return f"A maximum of {MOST_MARKS} blocks with cache_control may be provided. Found {marks}." if marks > MOST_MARKS else None


def _mark_problem(block: Payload) -> str | None:
    mark = block["cache_control"]
    if not block["text"]:
        return "cache_control: cache_control cannot be set for empty text blocks"
    if not isinstance(mark, dict) or mark.get("type") != "ephemeral" or mark.keys() - {"type", "ttl"} or mark.get("ttl", "5m") not in ("5m", "1h"):
        return "cache_control: Input should be a valid cache_control"
    return None


def _message_problem(body: Payload) -> str | None:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        return "messages: Field required"
    for message in messages:
        if not isinstance(message, dict) or set(message) != {"role", "content"} or not isinstance(message["content"], str) or not message["content"]:
            return "messages.0: Input should be a valid message"
        if message["role"] not in ("user", "assistant"):
            return "messages: Unexpected role"
    return None


def _answer_problem(body: Payload) -> str | None:
    if body["model"] == WITH_SCHEMAS and "temperature" in body:
        return "`temperature` is deprecated for this model."
    if "output_config" in body:
        if body["model"] == WITHOUT:
            return "output_config: not supported by this model"
        asked = body["output_config"]
        if set(asked) != {"format"} or set(asked["format"]) != {"type", "schema"} or asked["format"]["type"] != "json_schema":
            return "output_config.format: Input should be a json_schema"
        return schema_problem(asked["format"]["schema"])
    tools, choice = body.get("tools"), body.get("tool_choice")
    if not isinstance(tools, list) or len(tools) != 1 or set(tools[0]) != {"name", "description", "input_schema"}:
        return "tools: this sandbox expects one tool, or output_config"
    if choice != {"type": "tool", "name": tools[0]["name"], "disable_parallel_tool_use": True}:
        return "tool_choice: Input should name the tool"
    return None if tools[0]["input_schema"].get("type") == "object" else "tools.0.input_schema: Input should be an object"


def schema_problem(schema: Any) -> str | None:
    """What the vendor would not take, or None."""
    optional = unions = 0
    for part in _parts(schema):
        if unknown := sorted(part.keys() - KEYWORDS):
            return f"output_config.format.schema: For '{part.get('type')}' type, property '{unknown[0]}' is not allowed"
        if part.get("type") == "object" and part.get("additionalProperties") is not False:
            return "output_config.format.schema: 'additionalProperties' must be false"
        if part.get("minItems", 0) not in (0, 1):
            return "output_config.format.schema: 'minItems' must be 0 or 1"
        optional += len(part.get("properties", {}).keys() - set(part.get("required", [])))
        unions += isinstance(part.get("type"), list) or "anyOf" in part
    return "Schema is too complex for compilation." if optional > MOST_OPTIONAL or unions > MOST_UNIONS else None


def _parts(schema: Payload) -> Iterator[Payload]:
    yield schema
    inner = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values(), *schema.get("anyOf", []), *schema.get("allOf", [])]
    for part in inner + ([schema["items"]] if "items" in schema else []):
        yield from _parts(part)
