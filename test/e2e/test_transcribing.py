"""Recordings that have sound and no transcript: they are heard by a vendor, and are calls like any other from then on."""

import hashlib
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
from decimal import Decimal

import pytest

from harness.sandbox import Sandbox
from harness.source import SourceDatabase
from harness.waiting import wait_until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sandbox"))
from media import tone  # noqa: E402

KEYS = {"client_id": "sandbox-client", "client_secret": "sandbox-client-secret", "jwt": "sandbox-jwt"}
TURNS = [{"speaker": 0, "start": 0.5, "end": 2.0, "text": "Good morning."},
         {"speaker": 1, "start": 2.5, "end": 6.0, "text": "I wish we could export the reports to Excel."}]


def keep(source: SourceDatabase, name: str, audio: bytes, kind: str = "wav") -> str:
    """A recording whose sound lies in the workspace's storage; its id."""
    storage = source.db.cluster.dir / "data.headway-media"
    file = storage / str(source.workspace) / "customer-acme" / f"{name}.{kind}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(audio)
    for path in (storage, file.parents[1], file.parent, file) if os.geteuid() == 0 else ():
        shutil.chown(path, "postgres")
    source.db.sql("SELECT headway_add_recording(%s, '+15555550142', '+15555550100', now() - interval '1 day')", [name])
    return str(source.db.value("UPDATE headway.recordings SET media = jsonb_build_object('storage_path', %s::text) WHERE external_id = %s RETURNING id",
                               [f"customer-acme/{file.name}", name]))


def heard_by(source: SourceDatabase, provider: str, key: str | None = None, **settings: str) -> None:
    path = {"openai": "openai-speech/v1"}.get(provider, provider)
    source.db.sql("SELECT headway_set_provider('speech', %s, jsonb_build_object('api_key', %s::text), %s::jsonb)",
                  [provider, key or f"sandbox-{provider}", json.dumps({"base_url": f"{source.sandbox.url}/{path}"} | settings)])


@pytest.mark.parametrize("provider", ["deepgram", "assemblyai", "openai"])
def test_a_stored_recording_is_heard_linked_and_read(source: SourceDatabase, provider: str) -> None:
    audio = tone(400, 2.0)
    recording = keep(source, "c1", audio)
    source.db.sql("INSERT INTO headway.customers (workspace_id, name, phone) VALUES (%s, 'Ann', '+15555550142')", [source.workspace])
    source.sandbox.speak({"sha256": hashlib.sha256(audio).hexdigest(), "turns": TURNS})
    heard_by(source, provider)
    status = source.finish(str(source.db.value("SELECT headway_transcribe()")), hurry=True)
    assert (status["state"], status["processed"], status["error"]) == ("done", 1, None)
    [(content, turns, language, seconds, customer, processed)] = source.db.sql("""
        SELECT m.content, m.turns, m.language, r.duration_seconds, c.name, m.is_processed FROM headway.recordings r
        JOIN headway.messages m ON m.id = r.message_id JOIN headway.customers c ON c.id = r.customer_id WHERE r.id = %s""", [recording])
    names = {"deepgram": ("Speaker 1", "Speaker 2")}.get(provider, ("Speaker A", "Speaker B"))
    assert turns == [{"speaker": name, "start_s": turn["start"], "end_s": turn["end"], "text": turn["text"]} for name, turn in zip(names, TURNS)]
    assert content == f"{names[0]}: Good morning.\n{names[1]}: I wish we could export the reports to Excel."
    assert (seconds, customer, processed) == (2, "Ann", True) and language in ("en", "en_us", None)
    assert source.db.sql("SELECT provider, status, audio_seconds, task_id IS NOT NULL FROM headway.llm_calls WHERE purpose = 'transcribe'") == [
        (provider, "ok", 2.0, True)]
    assert [(theme, kind) for theme, kind, _ in source.features()] == [("Reporting & exports", "feature_request")], "it is read for features"
    assert [entry for entry in source.sandbox.journal(f"/{provider}") if entry["violations"]] == []


def test_a_recording_at_its_source_is_fetched_and_heard(database) -> None:
    sandbox = Sandbox("--include", "phone-01,phone-02,phone-03,phone-04")
    try:
        source = SourceDatabase(database, sandbox)
        limits = {"requests": 1000, "seconds": 60}
        sandbox.limits(ringcentral={"heavy": limits, "light": limits, "auth": limits})
        source.change_spec("ringcentral", "budgets", [limits])
        source.connect("ringcentral", KEYS)
        source.read("ringcentral")
        open_before = source.db.value("SELECT count(*) FROM headway.recordings WHERE message_id IS NULL AND headway._has_sound(media)")
        assert open_before >= 1
        heard_by(source, "deepgram")
        status = source.finish(str(source.db.value("SELECT headway_transcribe()")))
        assert (status["state"], status["processed"]) == ("done", open_before), status
        assert source.db.sql("SELECT DISTINCT m.source, m.metadata ->> 'transcribed_by' FROM headway.messages m WHERE m.metadata ? 'transcribed_by'") == [
            ("ringcentral", "deepgram")]
        assert source.db.value("SELECT count(*) FROM headway.recordings WHERE message_id IS NULL AND headway._has_sound(media)") == 0
        assert [entry for entry in sandbox.journal() if entry["violations"]] == []
    finally:
        sandbox.stop()


def test_what_a_source_has_no_transcript_of_is_heard_in_the_same_run(database) -> None:
    sandbox = Sandbox("--include", "phone-01,phone-02,phone-03,phone-04")
    try:
        source = SourceDatabase(database, sandbox)
        limits = {"requests": 1000, "seconds": 60}
        sandbox.limits(ringcentral={"heavy": limits, "light": limits, "auth": limits})
        source.change_spec("ringcentral", "budgets", [limits])
        source.connect("ringcentral", KEYS)
        heard_by(source, "deepgram")
        status = source.read("ringcentral")
        assert (status["state"], status["failed"]) == ("done", 0), status
        assert status["processed"] == status["stored"]
        heard = source.db.value("SELECT count(*) FROM headway.messages WHERE source = 'ringcentral' AND metadata ->> 'transcribed_by' = 'deepgram' AND is_processed")
        assert heard >= 1 and len(sandbox.journal("/deepgram")) == heard
        assert source.db.value("SELECT count(*) FROM headway.recordings WHERE message_id IS NULL AND headway._has_sound(media)") == 0
        again = source.read("ringcentral")
        assert again["stored"] == 0 and len(sandbox.journal("/deepgram")) == heard, "and once"
    finally:
        sandbox.stop()


def test_a_vendor_that_is_still_at_it_costs_no_attempt(source: SourceDatabase) -> None:
    keep(source, "c1", tone(400, 1.0))
    heard_by(source, "assemblyai")
    run = str(source.db.value("SELECT headway_transcribe()"))
    waiting = wait_until(lambda: source.db.sql("SELECT attempts, reply #>> '{progress,id}' FROM headway.tasks WHERE kind = 'transcribe' AND state = 'queued' "
                                               "AND reply IS NOT NULL"), "the task waits for the vendor")
    assert waiting[0][0] == 0 and waiting[0][1].startswith("t-")
    assert source.finish(run, hurry=True)["state"] == "done"
    journal = source.sandbox.journal("/assemblyai")
    assert [(entry["method"], entry["path"]) for entry in journal][:2] == [("POST", "/assemblyai/v2/upload"), ("POST", "/assemblyai/v2/transcript")]
    assert sum(entry["path"].endswith("/upload") for entry in journal) == 1, "the recording is sent once"


@pytest.mark.parametrize("provider", ["deepgram", "assemblyai", "openai"])
def test_what_is_no_sound_fails_with_its_reason(source: SourceDatabase, provider: str) -> None:
    keep(source, "c1", b"<html>not found</html>")
    keep(source, "c2", tone(500, 1.0))
    heard_by(source, provider)
    status = source.finish(str(source.db.value("SELECT headway_transcribe()")), hurry=True)
    assert (status["processed"], status["failed"]) == (1, 1), "the other one is heard"
    [(reason,)] = source.db.sql("SELECT reason FROM headway.run_items WHERE outcome = 'failed'")
    assert reason.startswith("transcribe: the transcriber"), reason
    assert source.db.sql("SELECT status, count(*) FROM headway.llm_calls WHERE purpose = 'transcribe' GROUP BY 1 ORDER BY 1") == [("error", 1), ("ok", 1)]


def test_a_wrong_key_is_told_and_never_shown(source: SourceDatabase) -> None:
    keep(source, "c1", tone(400, 1.0))
    heard_by(source, "deepgram", key="stolen-key")
    run = str(source.db.value("SELECT headway_transcribe()"))
    assert source.finish(run)["failed"] == 1
    [(error,)] = source.db.sql("SELECT error FROM headway.tasks WHERE kind = 'transcribe'")
    assert error["http_status"] == 401 and "headway_set_provider" in error["hint"]
    heard_by(source, "deepgram")
    source.db.sql("SELECT headway_retry(%s)", [run])
    assert source.finish(run)["processed"] == 1
    dump = " ".join(source.db.value(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {name} t") for name in
                    ("headway._providers", "headway._credentials", "headway.llm_calls", "headway.tasks", "headway.log"))
    assert "sandbox-deepgram" not in dump and "stolen-key" not in dump


def test_a_recording_that_is_too_large_for_one_exchange_goes_in_parts(source: SourceDatabase) -> None:
    second = tone(400, 1.0)
    size = (len(second) - 44) * 2_600
    keep(source, "c1", second[:4] + struct.pack("<I", 36 + size) + second[8:40] + struct.pack("<I", size) + second[44:] * 2_600)
    heard_by(source, "openai")
    for n in range(3):
        source.sandbox.speak({"turns": [{"speaker": n % 2, "start": 1.0, "end": 2.0, "text": f"Part {n}."}]})
    assert source.finish(str(source.db.value("SELECT headway_transcribe(extract_features => false)")), hurry=True)["processed"] == 1
    [(turns, seconds)] = source.db.sql("SELECT m.turns, r.duration_seconds FROM headway.messages m JOIN headway.recordings r ON r.message_id = m.id")
    assert [turn["text"] for turn in turns] == ["Part 0.", "Part 1.", "Part 2."] and seconds == 2_600
    starts = [turn["start_s"] for turn in turns]
    assert starts[0] == 1.0 and 1_170 < starts[1] <= 1_201 and 2_340 < starts[2] <= 2_401, "each part is cut at a pause before the limit"
    assert [entry["violations"] for entry in source.sandbox.journal("/openai-speech")] == [[], [], []]


def test_one_that_is_no_wav_is_made_so_to_be_cut(source: SourceDatabase) -> None:
    made = subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=400:d=10", "-b:a", "160k", "-write_xing", "0", "-id3v2_version", "0", "-f", "mp3", "-"],
                          stdout=subprocess.PIPE, check=True)
    audio = made.stdout * 140  # an MP3 file is its frames, one after the other
    assert len(audio) > 26_214_400
    keep(source, "c1", audio, "mp3")
    heard_by(source, "openai")
    for n in range(2):
        source.sandbox.speak({"turns": [{"speaker": n % 2, "start": 1.0, "end": 2.0, "text": f"Part {n}."}]})
    status = source.finish(str(source.db.value("SELECT headway_transcribe(extract_features => false)")), hurry=True)
    assert (status["processed"], status["error"]) == (1, None)
    [(turns, seconds)] = source.db.sql("SELECT m.turns, r.duration_seconds FROM headway.messages m JOIN headway.recordings r ON r.message_id = m.id")
    assert [turn["text"] for turn in turns] == ["Part 0.", "Part 1."] and 1_390 < seconds < 1_420
    assert [entry["violations"] for entry in source.sandbox.journal("/openai-speech")] == [[], []]


def test_a_budget_that_is_used_up_holds_a_recording_back(source: SourceDatabase) -> None:
    keep(source, "c1", tone(400, 2.0))
    heard_by(source, "assemblyai")
    source.db.sql("SELECT headway_set_budget('day', 0.0001)")
    run = str(source.db.value("SELECT headway_transcribe(extract_features => false)"))
    wait_until(lambda: source.db.value("SELECT error ->> 'kind' FROM headway.tasks WHERE kind = 'transcribe' AND state = 'queued'") == "over_budget",
               "the recording waits for money")
    assert source.sandbox.journal("/assemblyai") == []

    source.db.sql("SELECT headway_set_budget('day', 1)")
    status = source.finish(run, hurry=True)
    price = Decimal("0.23") / 3600
    assert (status["processed"], status["cost_usd"]) == (1, pytest.approx(float(2 * price), rel=1e-3)), "two seconds"
    assert source.db.sql("SELECT round(spent_usd, 6), reserved_usd FROM headway.budgets") == [(round(2 * price, 6), 0)]
    assert source.db.sql("SELECT FROM headway._reservations") == [], "what was reserved for all steps is settled with the last"
