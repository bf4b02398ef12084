"""OpenAI's chat completions and embeddings, as strict as the vendor's documents, answered by the reader."""

from __future__ import annotations

import json
import re
from typing import Any

from exchange import Answer, Received, Refusal, encode_json
from limits import Quota
from meaning import vector
from model_reader import Reader
from openai_schema import schema_problem
from vendor import Vendor

KNOWN_FIELDS = frozenset({"model", "messages", "response_format", "temperature", "max_completion_tokens"})
MODELS = frozenset({"sandbox-1"})
EMBEDDING_MODELS = frozenset({"sandbox-embedding"})
MOST_TEXTS, LONGEST_TEXT = 2048, 8192 * 6
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")

Payload = dict[str, Any]


class OpenAi(Vendor):
    """POST /openai/v1/chat/completions and /openai/v1/embeddings."""

    prefixes = ("/openai",)
    text_fields = ("content",)
    fields = KNOWN_FIELDS
    """Of a body that asks for a completion."""

    def __init__(self, reader: Reader, key: str, quota: Quota) -> None:
        super().__init__(quota)
        self._reader = reader
        self._key = key
        self._answered = 0

    def authorization(self, received: Received) -> str:
        sent = received.headers.get("Authorization")
        if sent is None:
            return "missing"
        return "ok" if sent == f"Bearer {self._key}" else "bad"

    def _handle(self, received: Received) -> Answer:
        if self.authorization(received) != "ok":
            raise Refusal(401, "Incorrect API key provided.")
        answerers = {("POST", "/v1/chat/completions"): self._completion, ("POST", "/v1/embeddings"): self._embeddings}
        answerer = answerers.get((received.method, received.path[received.path.index("/", 1):]))
        if answerer is None:
            raise Refusal(404, f"Invalid URL ({received.method} {received.path})")
        if not received.headers.get("Content-Type", "").startswith("application/json"):
            raise Refusal(400, "the content type is not application/json")
        try:
            body = json.loads(received.body)
        except ValueError as error:
            raise Refusal(400, f"the body is not JSON: {error}") from error
        return answerer(body)

    def error(self, status: int, text: str) -> Answer:
        kinds = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}
        body = {"error": {"message": text, "type": "invalid_request_error" if status < 500 else "server_error",
                          "param": None, "code": kinds.get(status)}}
        return Answer(status, encode_json(body), headers={"x-request-id": "req_refused"})

    def _completion(self, body: Any) -> Answer:
        for complaint in (_shape_problem(body, self.fields), _message_problem(body), _format_problem(body)):
            if complaint:
                raise Refusal(400, complaint)
        _demand(body["model"], MODELS)
        question = body["messages"][-1]["content"]
        said = self._reader.answer(body["response_format"]["json_schema"]["name"], question)
        choice = {"index": 0, "logprobs": None, "finish_reason": said.finish_reason,
                  "message": {"role": "assistant", "content": said.content if said.refusal is None else None,
                              "refusal": said.refusal, "annotations": []}}
        tokens = sum(len(message["content"]) for message in body["messages"]) // 4, len(said.content) // 4
        return self._ok({
            "id": f"chatcmpl-{self._answered}", "object": "chat.completion", "created": 1790000000, "model": "sandbox-1-2026",
            "choices": [choice], "service_tier": "default",
            "usage": {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens),
                      "prompt_tokens_details": {"cached_tokens": 0}, "completion_tokens_details": {"reasoning_tokens": 0}}})

    def _embeddings(self, body: Any) -> Answer:
        """The last text first: the index tells which is which."""
        if complaint := _embedding_problem(body):
            raise Refusal(400, complaint)
        _demand(body["model"], EMBEDDING_MODELS)
        texts = body["input"]
        data = [{"object": "embedding", "index": n, "embedding": vector(text, body.get("dimensions"))} for n, text in enumerate(texts)]
        tokens = sum(len(text) // 4 + 1 for text in texts)
        return self._ok({"object": "list", "data": data[::-1], "model": "sandbox-embedding-2026",
                         "usage": {"prompt_tokens": tokens, "total_tokens": tokens}})

    def _ok(self, body: Payload) -> Answer:
        self._answered += 1
        return Answer(200, encode_json(body), headers={"x-request-id": f"req_{self._answered}"})


def _demand(model: str, known: frozenset[str]) -> None:
    if model not in known:
        raise Refusal(404, f"The model `{model}` does not exist", violation=False)


def _embedding_problem(body: Any) -> str | None:
    if not isinstance(body, dict) or not isinstance(body.get("model"), str):
        return "Missing required parameter: 'model'."
    if unknown := sorted(body.keys() - {"model", "input", "dimensions", "encoding_format", "user"}):
        return f"Unrecognized request argument supplied: {', '.join(unknown)}"
    if body.get("encoding_format", "float") != "float":
        return "Invalid value for 'encoding_format'."
    texts = body.get("input")
    if not isinstance(texts, list) or not 1 <= len(texts) <= MOST_TEXTS or not all(isinstance(text, str) and text for text in texts):
        return "Invalid 'input': expected 1 to 2048 texts, none of them empty."
    if max(map(len, texts)) > LONGEST_TEXT:
        return "Invalid 'input': maximum context length is 8192 tokens."
    size = body.get("dimensions", 1)
    return None if isinstance(size, int) and size >= 1 else "Invalid value for 'dimensions'."


def _shape_problem(body: Any, fields: frozenset[str]) -> str | None:
    if not isinstance(body, dict):
        return "the body is no object"
    if unknown := sorted(body.keys() - fields):
        return f"Unrecognized request argument supplied: {', '.join(unknown)}"
    if not isinstance(body.get("model"), str):
        return "Missing required parameter: 'model'."
    limit, heat = body.get("max_completion_tokens", 1), body.get("temperature", 1)
    if not isinstance(limit, int) or limit < 1:
        return "Invalid value for 'max_completion_tokens'."
    return None if isinstance(heat, (int, float)) and 0 <= heat <= 2 else "Invalid value for 'temperature'."


def _message_problem(body: Payload) -> str | None:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        return "Missing required parameter: 'messages'."
    for message in messages:
        if not isinstance(message, dict) or set(message) != {"role", "content"} or not isinstance(message["content"], str):
            return "Invalid type for 'messages[0]'."
        if message["role"] not in ("system", "developer", "user", "assistant"):
            return f"Invalid value: '{message['role']}'."
    return None


def _format_problem(body: Payload) -> str | None:
    asked = body.get("response_format")
    if not isinstance(asked, dict) or asked.get("type") != "json_schema" or set(asked) != {"type", "json_schema"}:
        return "Invalid value for 'response_format'."
    schema = asked["json_schema"]
    if set(schema) != {"name", "strict", "schema"} or not NAME.fullmatch(schema["name"]) or schema["strict"] is not True:
        return "Invalid value for 'response_format.json_schema'."
    problem = schema_problem(schema["schema"])
    return f"Invalid schema for response_format '{schema['name']}': {problem}" if problem else None
