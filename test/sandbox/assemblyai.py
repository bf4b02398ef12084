"""AssemblyAI's transcription of recordings: upload, submit, and ask until it is done."""

from __future__ import annotations

import json
from typing import Any

from deepgram import Fetch
from ear import Ear, Said, seconds
from exchange import Answer, Received, Refusal, reply
from limits import Quota
from vendor import Vendor, route

KNOWN = frozenset({"audio_url", "speech_models", "speaker_labels", "language_code", "language_detection", "punctuate", "format_text"})
MODELS = frozenset({"universal-3-pro", "universal-2"})
STEPS = ("queued", "processing")


class AssemblyAi(Vendor):
    """/assemblyai/v2/..."""

    prefixes = ("/assemblyai",)
    text_fields = ("text",)

    def __init__(self, ear: Ear, fetch: Fetch, key: str, quota: Quota) -> None:
        super().__init__(quota)
        self._ear, self._fetch, self._key = ear, fetch, key
        self._uploads: dict[str, bytes] = {}
        self._jobs: dict[str, dict[str, Any]] = {}
        self.routes = [route("POST", "/assemblyai/v2/upload", self._upload), route("POST", "/assemblyai/v2/transcript", self._submit),
                       route("GET", "/assemblyai/v2/transcript/([^/]+)", self._look)]

    def authorization(self, received: Received) -> str:
        sent = received.headers.get("Authorization")
        if sent is None:
            return "missing"
        return "ok" if sent == self._key else "bad"

    def error(self, status: int, text: str) -> Answer:
        return reply({"error": text}, status)

    def _upload(self, received: Received) -> Answer:
        if received.headers.get("Content-Type") != "application/octet-stream" or not received.body:
            raise Refusal(400, "expected the bytes of a recording")
        url = f"http://{received.host}/assemblyai/cdn/{len(self._uploads) + 1}"
        self._uploads[url] = received.body
        return reply({"upload_url": url})

    def _submit(self, received: Received) -> Answer:
        try:
            body = json.loads(received.body)
        except ValueError as error:
            raise Refusal(400, f"the body is not JSON: {error}") from error
        if not isinstance(body, dict) or body.keys() - KNOWN or not isinstance(body.get("audio_url"), str):
            raise Refusal(400, "Invalid endpoint schema, please refer to documentation.")
        models = body.get("speech_models")
        if not isinstance(models, list) or not models or set(models) - MODELS:
            raise Refusal(400, "speech_models must be a non-empty list of known models")
        if "language_code" in body and body.get("language_detection"):
            raise Refusal(400, "language_code and language_detection exclude each other")
        job = f"t-{len(self._jobs) + 1}"
        self._jobs[job] = body | {"looks": 0}
        return reply({"id": job, "status": "queued", "audio_url": body["audio_url"]})

    def _look(self, received: Received, job: str) -> Answer:
        if job not in self._jobs:
            raise Refusal(400, "Transcript lookup error, transcript id not found")
        known = self._jobs[job]
        known["looks"] += 1
        if known["looks"] <= len(STEPS):
            return reply({"id": job, "status": STEPS[known["looks"] - 1]})
        try:
            audio = self._uploads.get(known["audio_url"]) or self._fetch(known["audio_url"])
        except LookupError:
            return reply({"id": job, "status": "error", "error": f"Download error, unable to download {known['audio_url']}."})
        turns = self._ear.hear(audio)
        if turns is None:
            return reply({"id": job, "status": "error", "error": "Transcoding failed. File does not appear to contain audio."})
        return reply({"id": job} | _transcript(audio, [turn for turn in turns if turn.text], known))


def _transcript(audio: bytes, turns: list[Said], options: dict[str, Any]) -> dict[str, Any]:
    utterances = [{"speaker": chr(ord("A") + turn.speaker), "start": round(turn.start * 1000), "end": round(turn.end * 1000), "text": turn.text,
                   "confidence": 0.97, "words": []} for turn in turns]
    return {"status": "completed", "text": " ".join(turn.text for turn in turns), "confidence": 0.97, "audio_duration": round(seconds(audio)),
            "words": [], "utterances": utterances if options.get("speaker_labels") else None, "language_code": options.get("language_code", "en_us"),
            "speech_model_used": options["speech_models"][0]}
