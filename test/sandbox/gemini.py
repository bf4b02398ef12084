"""Gemini's content and embeddings, as strict as the vendor's documents, answered by the reader."""

from __future__ import annotations

import json
import re
from typing import Any, Iterator

from exchange import Answer, Received, Refusal, encode_json
from limits import Quota
from meaning import vector
from model_reader import Reader, purpose_of
from vendor import Vendor

MODEL, EMBEDDING_MODEL = "sandbox-gemini", "sandbox-embedding"
PATH = re.compile(r"/gemini/v1beta/models/([A-Za-z0-9._-]+):(generateContent|batchEmbedContents)")
KEYWORDS = frozenset({"$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "items", "prefixItems", "minItems",
                      "maxItems", "minimum", "maximum", "anyOf", "oneOf", "properties", "additionalProperties", "required", "propertyOrdering"})
MOST_TEXTS = 100
STOPS = {"stop": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}

Payload = dict[str, Any]


class Gemini(Vendor):
    """POST /gemini/v1beta/models/{model}:generateContent and :batchEmbedContents."""

    prefixes = ("/gemini",)
    text_fields = ("text",)

    def __init__(self, reader: Reader, key: str, quota: Quota) -> None:
        super().__init__(quota)
        self._reader = reader
        self._key = key
        self._answered = 0

    def authorization(self, received: Received) -> str:
        sent = received.headers.get("x-goog-api-key")
        if sent is None:
            return "missing"
        return "ok" if sent == self._key else "bad"

    def error(self, status: int, text: str) -> Answer:
        kinds = {400: "INVALID_ARGUMENT", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE"}
        details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}] if "API key" in text else []
        return Answer(status, encode_json({"error": {"code": status, "message": text, "status": kinds.get(status, "UNKNOWN"), "details": details}}))

    def _handle(self, received: Received) -> Answer:
        if received.query:
            raise Refusal(400, "this sandbox wants no key in the address")
        if self.authorization(received) != "ok":
            raise Refusal(400, "API key not valid. Please pass a valid API key.")
        found = PATH.fullmatch(received.path)
        if received.method != "POST" or not found:
            raise Refusal(404, "Not found")
        try:
            body = json.loads(received.body)
        except ValueError as error:
            raise Refusal(400, f"Invalid JSON payload received. {error}") from error
        if found[2] == "generateContent":
            return self._content(found[1], body)
        return self._vectors(found[1], body)

    def _content(self, model: str, body: Any) -> Answer:
        if problem := _content_problem(body):
            raise Refusal(400, problem)
        _demand(model, MODEL)
        question = "".join(part["text"] for part in body["contents"][-1]["parts"])
        schema = body["generationConfig"].get("responseJsonSchema", {})
        said = self._reader.answer(purpose_of(schema), question)
        usage = {"promptTokenCount": len(question) // 4, "candidatesTokenCount": len(said.content) // 4, "thoughtsTokenCount": 8}
        if said.refusal is not None:
            return self._ok({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": usage})
        half = len(said.content) // 2
        parts = [{"text": "Hm.", "thought": True}, {"text": said.content[:half]}, {"text": said.content[half:]}]
        candidate: Payload = {"finishReason": STOPS[said.finish_reason], "index": 0}
        if said.finish_reason == "stop":
            candidate["content"] = {"parts": parts, "role": "model"}
        return self._ok({"candidates": [candidate], "usageMetadata": usage})

    def _vectors(self, model: str, body: Any) -> Answer:
        requests = body.get("requests") if isinstance(body, dict) and set(body) == {"requests"} else None
        if not isinstance(requests, list) or not requests:
            raise Refusal(400, "* BatchEmbedContentsRequest.requests: contents is not specified")
        if len(requests) > MOST_TEXTS:
            raise Refusal(400, "* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch")
        _demand(model, EMBEDDING_MODEL)
        vectors = []
        for request in requests:
            if request.get("model") != f"models/{model}" or set(request) - {"model", "content", "outputDimensionality"}:
                raise Refusal(400, "* BatchEmbedContentsRequest.requests[0].model: must be the model of the batch")
            text = "".join(part["text"] for part in request["content"]["parts"])
            if not text:
                raise Refusal(400, "* EmbedContentRequest.content contains an empty Part.")
            vectors.append({"values": vector(text, request.get("outputDimensionality"))})
        return self._ok({"embeddings": vectors, "usageMetadata": {"promptTokenCount": len(received_texts(requests)) // 4}})

    def _ok(self, body: Payload) -> Answer:
        self._answered += 1
        if "embeddings" not in body:
            body |= {"modelVersion": "sandbox-gemini-2026", "responseId": f"req_g{self._answered}"}
        return Answer(200, encode_json(body))


def received_texts(requests: list[Payload]) -> str:
    return "".join(part["text"] for request in requests for part in request["content"]["parts"])


def _demand(model: str, known: str) -> None:
    if model != known:
        raise Refusal(404, f"models/{model} is not found for API version v1beta", violation=False)


def _content_problem(body: Any) -> str | None:
    if not isinstance(body, dict):
        return "Invalid JSON payload received."
    if unknown := sorted(body.keys() - {"contents", "systemInstruction", "generationConfig"}):
        return f'Invalid JSON payload received. Unknown name "{unknown[0]}": Cannot find field.'
    contents = body.get("contents")
    if not isinstance(contents, list) or not contents or not all(_is_content(content) for content in contents):
        return "* GenerateContentRequest.contents: contents is not specified"
    if contents[-1].get("role") != "user":
        return "Please use a valid role: user, model."
    if "systemInstruction" in body and not _is_content(body["systemInstruction"]):
        return "* GenerateContentRequest.systemInstruction: is not valid"
    return _generation_problem(body.get("generationConfig", {}))


def _is_content(content: Any) -> bool:
    return (isinstance(content, dict) and isinstance(content.get("parts"), list) and bool(content["parts"])
            and all(isinstance(part.get("text"), str) and set(part) == {"text"} for part in content["parts"]))


def _generation_problem(asked: Payload) -> str | None:
    if unknown := sorted(asked.keys() - {"temperature", "maxOutputTokens", "responseMimeType", "responseJsonSchema"}):
        return f'Invalid JSON payload received. Unknown name "{unknown[0]}" at \'generation_config\'.'
    heat, limit = asked.get("temperature", 1), asked.get("maxOutputTokens", 1)
    if not isinstance(heat, (int, float)) or not 0 <= heat <= 2 or not isinstance(limit, int) or limit < 1:
        return "* GenerateContentRequest.generation_config: value out of range"
    if "responseJsonSchema" in asked and asked.get("responseMimeType") != "application/json":
        return "* GenerateContentRequest.generation_config.response_json_schema: needs response_mime_type application/json"
    return next((problem for part in _parts(asked.get("responseJsonSchema", {})) if (problem := _part_problem(part))), None)


def _part_problem(part: Payload) -> str | None:
    if unknown := sorted(part.keys() - KEYWORDS):
        return f'Invalid JSON payload received. Unknown name "{unknown[0]}" at \'generation_config.response_json_schema\'.'
    return "a $ref stands with others" if "$ref" in part and any(not name.startswith("$") for name in part) else None


def _parts(schema: Payload) -> Iterator[Payload]:
    yield schema
    inner = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values(), *schema.get("anyOf", [])]
    for part in inner + ([schema["items"]] if "items" in schema else []):
        yield from _parts(part)
