"""OpenAI's transcription of recordings: a form with one file, of 25 MiB at most."""

from __future__ import annotations

import json
import re
from typing import Any

from ear import Ear, Said, seconds
from exchange import Answer, Received, Refusal, encode_json
from limits import Quota
from vendor import Vendor

MOST_BYTES = 25 * 1024 * 1024
FIELDS = frozenset({"model", "response_format", "chunking_strategy", "language", "temperature", "prompt"})
FORMATS = {"whisper-1": {"json", "text", "verbose_json"}, "gpt-4o-transcribe": {"json"}, "gpt-4o-transcribe-diarize": {"json", "diarized_json"}}
EXTENSIONS = ("flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "wav", "webm")
PART = re.compile(rb'Content-Disposition: form-data; name="([a-z_]+)"(?:; filename="([^"\r\n]*)")?(?:\r\nContent-Type: [^\r\n]+)?\r\n\r\n(.*)', re.S)


class OpenAiSpeech(Vendor):
    """POST /openai-speech/v1/audio/transcriptions."""

    prefixes = ("/openai-speech",)
    text_fields = ("text",)

    def __init__(self, ear: Ear, key: str, quota: Quota) -> None:
        super().__init__(quota)
        self._ear, self._key = ear, key
        self._answered = 0

    def authorization(self, received: Received) -> str:
        sent = received.headers.get("Authorization")
        if sent is None:
            return "missing"
        return "ok" if sent == f"Bearer {self._key}" else "bad"

    def error(self, status: int, text: str) -> Answer:
        return Answer(status, encode_json({"error": {"message": text, "type": "server_error" if status >= 413 else "invalid_request_error",
                                                     "param": None, "code": None}}))

    def _handle(self, received: Received) -> Answer:
        if self.authorization(received) != "ok":
            raise Refusal(401, "Incorrect API key provided.")
        if (received.method, received.path) != ("POST", "/openai-speech/v1/audio/transcriptions"):
            raise Refusal(404, f"Invalid URL ({received.method} {received.path})")
        if len(received.body) > MOST_BYTES:
            raise Refusal(413, "Maximum content size limit exceeded")
        fields, name, audio = _form(received)
        _check(fields, name)
        turns = self._ear.hear(audio)
        if turns is None:
            raise Refusal(400, "Audio file might be corrupted or unsupported", violation=False)
        self._answered += 1
        return Answer(200, json.dumps(_transcript(fields["response_format"], turns, seconds(audio))).encode(),
                      headers={"x-request-id": f"req_speech_{self._answered}"})


def _form(received: Received) -> tuple[dict[str, str], str, bytes]:
    boundary = re.fullmatch(r"multipart/form-data; boundary=([A-Za-z0-9-]{1,70})", received.headers.get("Content-Type", ""))
    if not boundary:
        raise Refusal(400, "the body is no form")
    mark = b"--" + boundary[1].encode()
    begin, *parts, end = (b"\r\n" + received.body).split(b"\r\n" + mark)
    if begin or end != b"--\r\n":
        raise Refusal(400, "the form does not begin and end as it must")
    fields: dict[str, str] = {}
    file: tuple[str, bytes] | None = None
    for part in parts:
        described = PART.fullmatch(part.removeprefix(b"\r\n"))
        if not described:
            raise Refusal(400, "a part of the form cannot be read")
        if described[1] == b"file":
            file = (described[2] or b"").decode(), described[3]
        else:
            fields[described[1].decode()] = described[3].decode()
    if file is None:
        raise Refusal(400, "Missing required parameter: 'file'.")
    return fields, *file


def _check(fields: dict[str, str], name: str) -> None:
    if fields.keys() - FIELDS:
        raise Refusal(400, f"Unrecognized request argument supplied: {sorted(fields.keys() - FIELDS)}")
    if fields.get("model") not in FORMATS:
        raise Refusal(404, f"The model `{fields.get('model')}` does not exist", violation=False)
    if fields.get("response_format") not in FORMATS[fields["model"]]:
        raise Refusal(400, f"response_format '{fields.get('response_format')}' is not compatible with the model")
    if fields["response_format"] == "diarized_json" and fields.get("chunking_strategy") != "auto":
        raise Refusal(400, "chunking_strategy is required for diarization models")
    if not name.endswith(EXTENSIONS):
        raise Refusal(400, f"Unsupported file format {name}")


def _transcript(form: str, turns: list[Said], duration: float) -> dict[str, Any]:
    heard = [turn for turn in turns if turn.text]
    told: dict[str, Any] = {"text": " ".join(turn.text for turn in heard)}
    if form == "diarized_json":
        told |= {"task": "transcribe", "duration": duration, "segments": [
            {"type": "transcript.text.segment", "id": f"seg_{n}", "start": turn.start, "end": turn.end, "text": turn.text,
             "speaker": chr(ord("A") + turn.speaker)} for n, turn in enumerate(heard)]}
    elif form == "verbose_json":
        told |= {"task": "transcribe", "language": "english", "duration": duration, "segments": [
            {"id": n, "seek": 0, "start": turn.start, "end": turn.end, "text": turn.text} for n, turn in enumerate(heard)]}
    return told
