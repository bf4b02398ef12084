"""Deepgram's transcription of recordings, as strict as its documents."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Callable

from ear import Ear, Said, seconds
from exchange import Answer, Received, Refusal, reply
from limits import Quota
from vendor import Vendor

FLAGS = frozenset({"smart_format", "utterances", "punctuate", "paragraphs", "numerals", "multichannel", "detect_language", "diarize"})
CHOICES = {"model": {"nova-3", "nova-2"}, "diarize_model": {"latest", "v1", "v2"}}
KNOWN = FLAGS | CHOICES.keys() | {"language"}

Fetch = Callable[[str], bytes]


class Deepgram(Vendor):
    """POST /deepgram/v1/listen."""

    prefixes = ("/deepgram",)
    text_fields = ("transcript",)

    def __init__(self, ear: Ear, fetch: Fetch, key: str, quota: Quota) -> None:
        """`fetch`: what lies behind a URL; LookupError when it is nothing."""
        super().__init__(quota)
        self._ear, self._fetch, self._key = ear, fetch, key
        self._answered = 0

    def authorization(self, received: Received) -> str:
        sent = received.headers.get("Authorization")
        if sent is None:
            return "missing"
        return "ok" if sent == f"Token {self._key}" else "bad"

    def error(self, status: int, text: str) -> Answer:
        codes = {400: "Bad Request", 401: "INVALID_AUTH", 429: "TOO_MANY_REQUESTS"}
        return reply({"err_code": codes.get(status, "ERROR"), "err_msg": text, "request_id": "refused"}, status)

    def _handle(self, received: Received) -> Answer:
        if self.authorization(received) != "ok":
            raise Refusal(401, "Invalid credentials.")
        if (received.method, received.path) != ("POST", "/deepgram/v1/listen"):
            raise Refusal(404, "no such resource")
        options = _options(received)
        audio = self._audio(received)
        turns = self._ear.hear(audio)
        if turns is None:
            raise Refusal(400, "failed to process audio: corrupt or unsupported data", violation=False)
        self._answered += 1
        return reply(_transcript(audio, turns, options, f"dg-{self._answered}"))

    def _audio(self, received: Received) -> bytes:
        kind = received.headers.get("Content-Type", "")
        if kind.startswith("audio/") and received.body:
            return received.body
        if kind.startswith("application/json"):
            try:
                return self._fetch(json.loads(received.body)["url"])
            except (ValueError, KeyError, TypeError) as error:
                raise Refusal(400, "The JSON body has no url.") from error
            except LookupError as error:
                raise Refusal(400, "The remote server hosting the media returned a client error.", violation=False) from error
        raise Refusal(400, f"unsupported content type {kind!r} or no body")


def _options(received: Received) -> dict[str, str]:
    if unknown := sorted(received.query.keys() - KNOWN):
        raise Refusal(400, f"unknown parameter: {', '.join(unknown)}")
    options = {name: values[-1] for name, values in received.query.items()}
    for name, value in options.items():
        if name in FLAGS and value not in ("true", "false") or value not in CHOICES.get(name, {value}):
            raise Refusal(400, f"{name} cannot be {value!r}")
    if "language" in options and options.get("detect_language") == "true":
        raise Refusal(400, "language and detect_language exclude each other")
    return options


def _transcript(audio: bytes, turns: list[Said], options: dict[str, str], request_id: str) -> dict[str, Any]:
    heard = [turn for turn in turns if turn.text]
    who = (lambda turn: {"speaker": turn.speaker}) if {"diarize", "diarize_model"} & options.keys() else (lambda turn: {})
    channel: dict[str, Any] = {"alternatives": [{"transcript": " ".join(turn.text for turn in heard), "confidence": 0.98, "words": []}]}
    if options.get("detect_language") == "true":
        channel["detected_language"] = "en"
    results: dict[str, Any] = {"channels": [channel]}
    if options.get("utterances") == "true":
        results["utterances"] = [{"start": turn.start, "end": turn.end, "confidence": 0.97, "channel": 0, "transcript": turn.text, "words": [],
                                  "id": f"u-{n}"} | who(turn) for n, turn in enumerate(heard)]
    return {"metadata": {"transaction_key": "deprecated", "request_id": request_id, "sha256": hashlib.sha256(audio).hexdigest(),
                         "created": "2026-01-01T00:00:00.000Z", "duration": seconds(audio), "channels": 1, "models": ["m-1"],
                         "model_info": {"m-1": {"name": "general-nova-3", "version": "2024-12-20.0", "arch": "nova-3"}}},
            "results": results}
