"""OpenAI's chat completions, as strict as the vendor's documents, answered by a reader who knows the calls.

The reader finds the corpus' requests by their quotes, so its answers are right. A script of answers can be given
instead, one for each request: {"content": ...}, {"refusal": ...}, {"finish_reason": ...}, or {"spoil": a way to lie}.
"""

from __future__ import annotations

import json
import re
from collections import deque
from typing import Any, Callable, Mapping

from exchange import Answer, Received, Refusal, encode_json
from limits import Quota
from openai_schema import schema_problem
from vendor import Vendor

KNOWN_FIELDS = frozenset({"model", "messages", "response_format", "temperature", "max_completion_tokens"})
MODELS = frozenset({"sandbox-1"})
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")

Payload = dict[str, Any]


class OpenAi(Vendor):
    """POST /openai/v1/chat/completions."""

    prefixes = ("/openai",)
    text_fields = ("content",)

    def __init__(self, truth: Mapping[str, Payload], key: str, quota: Quota) -> None:
        """`truth`: quote -> {feature, type, theme, title}."""
        super().__init__(quota)
        self.script: deque[Payload] = deque()
        self._truth = truth
        self._key = key
        self._answered = 0

    def authorization(self, received: Received) -> str:
        sent = received.headers.get("Authorization")
        if sent is None:
            return "missing"
        return "ok" if sent == f"Bearer {self._key}" else "bad"

    def _handle(self, received: Received) -> Answer:
        return self._completion(self._checked(received))

    def error(self, status: int, text: str) -> Answer:
        kinds = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}
        body = {"error": {"message": text, "type": "invalid_request_error" if status < 500 else "server_error",
                          "param": None, "code": kinds.get(status)}}
        return Answer(status, encode_json(body), headers={"x-request-id": "req_refused"})

    def _checked(self, received: Received) -> Payload:
        if self.authorization(received) != "ok":
            raise Refusal(401, "Incorrect API key provided.")
        if (received.method, received.path) != ("POST", "/openai/v1/chat/completions"):
            raise Refusal(404, f"Invalid URL ({received.method} {received.path})")
        if not received.headers.get("Content-Type", "").startswith("application/json"):
            raise Refusal(400, "the content type is not application/json")
        try:
            body = json.loads(received.body)
        except ValueError as error:
            raise Refusal(400, f"the body is not JSON: {error}") from error
        for complaint in (_shape_problem(body), _message_problem(body), _format_problem(body)):
            if complaint:
                raise Refusal(400, complaint)
        if body["model"] not in MODELS:
            raise Refusal(404, f"The model `{body['model']}` does not exist", violation=False)
        return body

    def _completion(self, body: Payload) -> Answer:
        said = self.script.popleft() if self.script else {}
        question = body["messages"][-1]["content"]
        content = said.get("content")
        if content is None:
            content = json.dumps(self._read(question) if body["response_format"]["json_schema"]["name"] == "extract"
                                 else self._judge(question))
        content = SPOIL[said["spoil"]](content) if "spoil" in said else content
        self._answered += 1
        choice = {"index": 0, "logprobs": None, "finish_reason": said.get("finish_reason", "stop"),
                  "message": {"role": "assistant", "content": None if "refusal" in said else content,
                              "refusal": said.get("refusal"), "annotations": []}}
        tokens = len(question) // 4, len(content) // 4
        return Answer(200, encode_json({
            "id": f"chatcmpl-{self._answered}", "object": "chat.completion", "created": 1790000000, "model": "sandbox-1-2026",
            "choices": [choice], "service_tier": "default",
            "usage": {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens),
                      "prompt_tokens_details": {"cached_tokens": 0}, "completion_tokens_details": {"reasoning_tokens": 0}}}),
            headers={"x-request-id": f"req_{self._answered}"})

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
        item, candidates = (json.loads(_between(question, name)) for name in ("item", "candidates"))
        wanted = self._feature_of(item)
        same = next((c for c in candidates if wanted and self._feature_of(c) == wanted), None)
        return {"reasoning": f"Both are about {wanted}." if same else "None of them is about the same.",
                "is_duplicate": same is not None, "matching_feature_id": same["id"] if same else None, "confidence": 0.9}

    def _feature_of(self, document: Payload) -> str | None:
        for quote in document["quotes"]:
            if quote in self._truth:
                return self._truth[quote]["feature"]
        return None


def _between(text: str, tag: str) -> str:
    return text.split(f"<{tag}>", 1)[1].split(f"</{tag}>", 1)[0]


def _shape_problem(body: Any) -> str | None:
    if not isinstance(body, dict):
        return "the body is no object"
    if unknown := sorted(body.keys() - KNOWN_FIELDS):
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


def _changed(content: str, change: Callable[[Payload], None]) -> str:
    answer = json.loads(content)
    for kind in ("feature_requests", "bug_reports", "pain_points"):
        for item in answer.get(kind, []):
            change(item)
    return json.dumps(answer)


def _invent_id(content: str) -> str:
    return json.dumps(json.loads(content) | {"is_duplicate": True, "matching_feature_id": "00000000-0000-4000-8000-000000000000",
                                             "confidence": 1})


SPOIL: Mapping[str, Callable[[str], str]] = {
    "fabricated_quote": lambda content: _changed(content, lambda item: item.update(quote="We would pay double for that, all of us.")),
    "unknown_theme": lambda content: _changed(content, lambda item: item.update(theme="Quantum teleportation")),
    "unsure": lambda content: _changed(content, lambda item: item.update(theme_confidence=0.2)),
    "invented_id": _invent_id,
    "half_json": lambda content: content[: len(content) // 2],
    "no_json": lambda content: "Sure! Here is what I found.",
}
