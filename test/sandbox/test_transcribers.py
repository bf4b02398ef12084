"""The sandbox's transcribers and storages refuse what the vendors refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assemblyai import AssemblyAi
from deepgram import Deepgram
from ear import Ear, seconds
from exchange import Received
from media import tone
from openai_speech import OpenAiSpeech
from s3 import S3
from supabase import Supabase

SOUND = tone(400, 1.0)
URL = "/deepgram/v1/listen"
GOOD = {"model": ["nova-3"], "detect_language": ["true"], "utterances": ["true"], "diarize_model": ["latest"]}


def fetch(url: str) -> bytes:
    if url != "http://files/1":
        raise LookupError(url)
    return SOUND


@pytest.fixture
def deepgram() -> Deepgram:
    return Deepgram(Ear(), fetch, "key", [])


def ask(vendor: Any, method: str, path: str, body: bytes = b"", query: dict | None = None, **headers: str) -> tuple[int, Any, list[str]]:
    received = Received(method, path, query or {}, {name.replace("_", "-"): value for name, value in headers.items()}, body)
    answer = vendor.answer(received)
    return answer.status, json.loads(answer.body) if answer.body.startswith(b"{") else answer.body, received.violations


def test_a_recording_lasts_as_long_as_its_header_says() -> None:
    assert seconds(SOUND) == 1.0


def test_deepgram_hears_bytes_and_urls(deepgram: Deepgram) -> None:
    for kind, body in (("audio/*", SOUND), ("application/json", b'{"url": "http://files/1"}')):
        status, answer, violations = ask(deepgram, "POST", URL, body, GOOD, Authorization="Token key", Content_Type=kind)
        assert (status, violations) == (200, [])
        assert [turn["speaker"] for turn in answer["results"]["utterances"]] == [0, 1, 0, 1]
        assert answer["metadata"]["duration"] == 1.0


@pytest.mark.parametrize("change, status", [
    ({"model": ["base"]}, 400), ({"colour": ["red"]}, 400), ({"utterances": ["yes"]}, 400), ({"language": ["de"]}, 400)])
def test_deepgram_refuses_wrong_options(deepgram: Deepgram, change: dict, status: int) -> None:
    refused, _, violations = ask(deepgram, "POST", URL, SOUND, GOOD | change, Authorization="Token key", Content_Type="audio/wav")
    assert refused == status and violations


def test_deepgram_refuses_strangers_and_what_is_no_sound(deepgram: Deepgram) -> None:
    assert ask(deepgram, "POST", URL, SOUND, GOOD, Authorization="Bearer key", Content_Type="audio/wav")[0] == 401
    assert ask(deepgram, "POST", URL, b"<html>", GOOD, Authorization="Token key", Content_Type="audio/wav")[::2] == (400, [])
    assert ask(deepgram, "POST", URL, b'{"url": "http://files/2"}', GOOD, Authorization="Token key", Content_Type="application/json")[0] == 400


def test_assemblyai_is_done_after_a_while() -> None:
    vendor = AssemblyAi(Ear(), fetch, "key", [])
    _, uploaded, _ = ask(vendor, "POST", "/assemblyai/v2/upload", SOUND, Authorization="key", Content_Type="application/octet-stream")
    body = {"audio_url": uploaded["upload_url"], "speech_models": ["universal-2"], "speaker_labels": True}
    _, job, _ = ask(vendor, "POST", "/assemblyai/v2/transcript", json.dumps(body).encode(), Authorization="key")
    looks = [ask(vendor, "GET", f"/assemblyai/v2/transcript/{job['id']}", Authorization="key")[1] for _ in range(3)]
    assert [look["status"] for look in looks] == ["queued", "processing", "completed"]
    assert {said["speaker"] for said in looks[-1]["utterances"]} == {"A", "B"}
    del body["speech_models"]
    assert ask(vendor, "POST", "/assemblyai/v2/transcript", json.dumps(body).encode(), Authorization="key")[0] == 400
    assert ask(vendor, "GET", "/assemblyai/v2/transcript/t-9", Authorization="key")[0] == 400


def test_openai_wants_a_whole_form() -> None:
    vendor = OpenAiSpeech(Ear(), "key", [])
    path, kind = "/openai-speech/v1/audio/transcriptions", "multipart/form-data; boundary=b"
    def form(name: str = "a.wav", end: bytes = b"\r\n--b--\r\n") -> bytes:
        fields = b"".join(b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % pair for pair in (
            (b"model", b"gpt-4o-transcribe-diarize"), (b"response_format", b"diarized_json"), (b"chunking_strategy", b"auto")))
        return fields + b'--b\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n' % name.encode() + SOUND + end
    assert ask(vendor, "POST", path, form(), Authorization="Bearer key", Content_Type=kind)[::2] == (200, [])
    assert ask(vendor, "POST", path, form("a.bin"), Authorization="Bearer key", Content_Type=kind)[0] == 400
    assert ask(vendor, "POST", path, form(end=b""), Authorization="Bearer key", Content_Type=kind)[0] == 400


def test_s3_wants_a_signature() -> None:
    vendor = S3("id", "secret", "eu-central-1", lambda: 1_790_000_000.0, [])
    assert ask(vendor, "PUT", "/s3/customer-acme", Host="h")[0] == 403
    status, answer, _ = ask(vendor, "PUT", "/s3/customer-acme", Host="h", x_amz_date="20260921T141320Z", x_amz_content_sha256="UNSIGNED-PAYLOAD", Authorization=(
        "AWS4-HMAC-SHA256 Credential=id/20260921/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=" + "0" * 64))
    assert status == 403 and b"SignatureDoesNotMatch" in answer


def test_supabase_says_400_for_nearly_everything() -> None:
    vendor = Supabase("a.b.c", lambda: 0.0, [])
    known = {"apikey": "a.b.c", "Authorization": "Bearer a.b.c"}
    status, answer, _ = ask(vendor, "POST", "/supabase/storage/v1/object/gone/a.wav", SOUND, **known)
    assert (status, answer["statusCode"], answer["code"]) == (400, "404", "NoSuchBucket")
    assert ask(vendor, "POST", "/supabase/storage/v1/bucket", b'{"name": "b", "public": true}', **known)[0] == 400
    assert ask(vendor, "POST", "/supabase/storage/v1/bucket", b'{"name": "b", "public": false}', **known)[0] == 200
    status, answer, _ = ask(vendor, "POST", "/supabase/storage/v1/object/b/a%.wav", SOUND, **known)
    assert answer["code"] == "InvalidKey"
