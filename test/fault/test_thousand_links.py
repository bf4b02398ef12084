"""An import of a thousand links of every kind, with a server that crashes in the middle of it."""

import pathlib
import random
import shutil
import struct
import subprocess
import tempfile
from collections import Counter
from typing import Iterator

import psycopg
import pytest

from harness.killing import kill
from harness.sandbox import Sandbox
from harness.source import SourceDatabase
from harness.waiting import wait_until

FORMATS = {"sample.mp3": (), "sample.m4a": ("-c:a", "aac"), "sample.webm": ("-c:a", "libopus"), "sample.ogg": ("-c:a", "libopus"), "sample.flac": (),
           "telephone.wav": ("-ar", "8000", "-c:a", "pcm_mulaw")}
COUNTS = {"valid": 714, "dead": 60, "expired": 60, "page": 60, "twin": 40, "private": 20, "large": 10, "corrupt": 30}


def noise(number: int) -> bytes:
    """A tenth of a second that is like no other."""
    samples = random.Random(number).randbytes(800)
    return b"RIFF" + struct.pack("<I", 836) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8) + b"data" + struct.pack("<I", 800) + samples


@pytest.fixture(scope="module")
def thousand() -> Iterator[Sandbox]:
    with tempfile.TemporaryDirectory(prefix="headway-thousand-") as name:
        folder = pathlib.Path(name)
        for n in range(COUNTS["valid"]):
            (folder / f"call-{n}.wav").write_bytes(noise(n))
        for file, options in FORMATS.items():
            subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "sine=duration=1", *options, "-y", folder / file], check=True)
        for n in range(COUNTS["page"]):
            (folder / f"page-{n}.mp3").write_text(f"<!doctype html><html>Please sign in to hear call {n}.</html>")
        for n in range(COUNTS["large"]):
            (folder / f"large-{n}.wav").write_bytes(noise(n) + bytes(1_500_000))
        for n in range(COUNTS["corrupt"]):
            (folder / f"corrupt-{n}.m4a").write_bytes((folder / "sample.m4a").read_bytes()[:300 + n])
        for n in range(COUNTS["twin"]):
            shutil.copy(folder / f"call-{n}.wav", folder / f"twin-{n}.wav")
        links = [f"/audio/files/{path.name}" for path in folder.iterdir()]
        links += [f"/audio/dead/{n}.mp3" for n in range(COUNTS["dead"])] + [f"/audio/expired/{n}.mp3" for n in range(COUNTS["expired"])]
        links += [f"https://10.0.0.{n}/secret.mp3" for n in range(COUNTS["private"])]
        random.Random(1).shuffle(links)
        assert len(links) == 1000
        (folder / "index.html").write_text("<!doctype html><html>" + "\n".join(f'<a href="{link}">call</a>' for link in links))
        sandbox = Sandbox("--audio", str(folder))
        yield sandbox
        sandbox.stop()


def stored(source: SourceDatabase) -> set[str]:
    return {url for (url,) in source.db.sql("SELECT source_url FROM headway.bulk_import_files WHERE storage_path IS NOT NULL")}


def reason(error: str | None) -> str:
    """What an error is about, without what tells it from others of its kind."""
    if error and error.startswith("the same content as "):
        return "the same content"
    return error if error and error.startswith("not audio") else (error or "").partition(": ")[0]


def test_a_thousand_links_each_have_their_end_also_when_the_server_crashes(database, thousand: Sandbox) -> None:
    source = SourceDatabase(database, thousand)
    database.set(headway__max_audio_bytes="1MB")
    job = database.value("SELECT headway_bulk_import('Acme Corp', %s, any_origin => true) ->> 'job_id'", [f"{thousand.url}/audio/files/index.html"])
    wait_until(lambda: len(stored(source)) >= 150, "some files are stored", 180)
    kill(source, database.workers()[0])
    before = stored(source)
    assert 150 <= len(before) < COUNTS["valid"], "it was in the middle"

    def ended() -> bool:
        try:
            database.sql("SELECT headway_tick()")
            return source.status(job)["state"] in ("done", "failed")
        except psycopg.OperationalError:
            return False
    wait_until(ended, "the import ends", 400, pause=0.5)

    ends = Counter((status if status in ("skipped", "failed") and not path else "stored", reason(error) if not path else "")
                   for status, error, path in database.sql("SELECT status, error, storage_path FROM headway.bulk_import_files"))
    assert ends == {("stored", ""): COUNTS["valid"] + len(FORMATS), ("failed", "the link is dead (HTTP 404)"): COUNTS["dead"],
                    ("failed", "the link has expired or is forbidden (HTTP 403)"): COUNTS["expired"], ("skipped", "not audio: a web page"): COUNTS["page"],
                    ("skipped", "the same content"): COUNTS["twin"], ("failed", "the host resolves to a private address"): COUNTS["private"],
                    ("skipped", "too large"): COUNTS["large"], ("failed", "the file is damaged"): COUNTS["corrupt"]}
    total, processed, failed, skipped = database.sql("SELECT total_files, processed_files, failed_files, skipped_files FROM headway.bulk_import_jobs")[0]
    assert (total, skipped) == (1000, COUNTS["page"] + COUNTS["twin"] + COUNTS["large"])
    assert total == processed + failed + skipped, "the totals add up"
    fetches = Counter(f"{thousand.url}{entry['path']}" for entry in thousand.journal("/audio/files/"))
    again = [url for url in before if fetches[url] > 1]
    assert again == [], "what was finished before the crash is not fetched again"
    assert list((database.cluster.dir / "data/base/pgsql_tmp").glob("*headway*")) == [], "the crash has left nothing behind"
