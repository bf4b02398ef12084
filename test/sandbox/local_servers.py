"""Servers of one's own that speak as OpenAI does, each in its dialect: no key, and errors that are texts or have numbers for codes."""

from __future__ import annotations

from typing import Any

from exchange import Answer, Received, Refusal, encode_json
from openai import KNOWN_FIELDS, OpenAi


class LocalServer(OpenAi):
    """POST /{name}/v1/chat/completions and so on, for whoever asks."""

    def authorization(self, received: Received) -> str:
        return "ok"


class Ollama(LocalServer):
    """Would not read max_completion_tokens and answer without a limit, so here that is an error."""

    prefixes = ("/ollama",)
    fields = KNOWN_FIELDS - {"max_completion_tokens"} | {"max_tokens"}

    def _ok(self, body: dict[str, Any]) -> Answer:
        body["usage"] = {name: count for name, count in body["usage"].items() if not name.endswith("_details")}
        return super()._ok(body)


class LmStudio(LocalServer):
    """Knows no json_object, and says so in a text."""

    prefixes = ("/lmstudio",)
    fields = KNOWN_FIELDS | {"max_tokens"}

    def error(self, status: int, text: str) -> Answer:
        return Answer(status, encode_json({"error": text}))

    def _completion(self, body: Any) -> Answer:
        if body.get("response_format", {}).get("type") not in ("json_schema", "text"):
            raise Refusal(400, "'response_format.type' must be 'json_schema' or 'text'", violation=False)
        return super()._completion(body)


class LlamaCpp(LocalServer):
    """Reads a schema from json_object, too; its errors have numbers for codes."""

    prefixes = ("/llamacpp",)
    fields = KNOWN_FIELDS | {"max_tokens"}

    def error(self, status: int, text: str) -> Answer:
        return Answer(status, encode_json({"error": {"code": status, "message": text, "type": "invalid_request_error"}}))
