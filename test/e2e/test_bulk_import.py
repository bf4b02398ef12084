"""Bulk imports of audio: every way to list files, every end that a link can have."""

import hashlib
import pathlib
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Iterator

import pytest

from harness.sandbox import Sandbox
from harness.source import SourceDatabase
from harness.waiting import wait_until

STYLES = ("apache", "nginx", "lighttpd", "iis", "python", "page", "bucket", "api", "rss", "atom", "playlist")
HAS_FFMPEG = shutil.which("ffmpeg") is not None


def sound(path: pathlib.Path, pitch: int, *options: str) -> None:
    """A second of a tone, in the format that the name says."""
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", f"sine=frequency={pitch}:duration=1", *options, "-y", path], check=True)


@pytest.fixture(scope="module")
def folder() -> Iterator[pathlib.Path]:
    """Seven recordings, one in each format, and a telephone's."""
    assert HAS_FFMPEG, "scripts/setup --tests installs ffmpeg"
    with tempfile.TemporaryDirectory(prefix="headway-audio-") as name:
        place = pathlib.Path(name)
        sound(place / "one.wav", 300)
        sound(place / "two calls & more.mp3", 310)
        sound(place / "three.m4a", 320, "-c:a", "aac")
        sound(place / "four.webm", 330, "-c:a", "libopus")
        sound(place / "five.ogg", 340, "-c:a", "libopus")
        sound(place / "six.flac", 350)
        sound(place / "seven.wav", 360, "-ar", "8000", "-c:a", "pcm_mulaw")
        yield place


@pytest.fixture(scope="module")
def web(folder: pathlib.Path) -> Iterator[Sandbox]:
    sandbox = Sandbox("--audio", str(folder))
    yield sandbox
    sandbox.stop()


@pytest.fixture
def imports(database, web: Sandbox) -> SourceDatabase:
    web.reset()
    return SourceDatabase(database, web)


def begin(source: SourceDatabase, path: str, customer: str = "Acme Corp", **options: Any) -> str:
    arguments = "".join(f", {name} => %s" for name in options)
    return source.db.value(f"SELECT headway_bulk_import(%s, %s{arguments}) ->> 'job_id'", [customer, f"{source.sandbox.url}/audio/{path}", *options.values()])


def await_transfers(source: SourceDatabase, job: str, deadline: float = 120) -> dict[str, tuple[str, str | None]]:
    """Until no file has to be fetched any more: {name: (status, reason)}; what waits for a transcript counts as stored."""
    def done() -> bool:
        return source.db.value("SELECT r.list_complete OR r.state = 'failed' FROM headway.runs r WHERE r.id = %s", [job]) and not source.db.value(
            "SELECT count(*) FROM headway.tasks WHERE run_id = %s AND kind IN ('discover', 'transfer') AND state IN ('queued', 'running')", [job])
    wait_until(done, "all files have been fetched", deadline)
    return {name: ("stored", None) if path else (status, error) for name, status, error, path in source.db.sql(
        "SELECT file_name, status, error, storage_path FROM headway.bulk_import_files WHERE job_id = %s", [job])}


def fetched(source: SourceDatabase, path: str = "/audio/") -> list[str]:
    return [entry["path"] for entry in source.sandbox.journal(path)]


@pytest.mark.parametrize("style", STYLES)
def test_files_are_found_however_they_are_listed(imports: SourceDatabase, folder: pathlib.Path, style: str) -> None:
    job = begin(imports, f"{style}/")
    files = await_transfers(imports, job)
    assert files == {path.name: ("stored", None) for path in folder.iterdir()}
    assert imports.db.value("SELECT total_files FROM headway.bulk_import_jobs WHERE id = %s", [job]) == len(files)


def test_what_is_stored_is_what_was_there(imports: SourceDatabase, folder: pathlib.Path) -> None:
    job = begin(imports, "apache/")
    await_transfers(imports, job)
    rows = imports.db.sql("SELECT file_name, format, codec, size_bytes, duration_seconds, sha256 FROM headway.bulk_import_files WHERE job_id = %s", [job])
    assert {row[0]: row[1:3] for row in rows} == {
        "one.wav": ("wav", "pcm_s16le"), "two calls & more.mp3": ("mp3", "mp3"), "three.m4a": ("m4a", "aac"), "four.webm": ("webm", "opus"),
        "five.ogg": ("ogg", "opus"), "six.flac": ("flac", "flac"), "seven.wav": ("wav", "pcm_mulaw")}
    for name, _, _, size, seconds, digest in rows:
        content = (folder / name).read_bytes()
        assert (size, seconds, digest) == (len(content), 1, hashlib.sha256(content).hexdigest()), name
    stored = imports.db.cluster.dir / "data.headway-media"
    kept = {hashlib.sha256(path.read_bytes()).hexdigest() for path in stored.rglob("*") if path.is_file()}
    assert {row[5] for row in rows} <= kept
    assert imports.db.value("SELECT count(*) FROM headway.recordings r JOIN headway.customers c ON c.id = r.customer_id "
                            "WHERE c.name = 'Acme Corp' AND r.bulk_import_file_id IS NOT NULL") == len(rows)
    assert list((imports.db.cluster.dir / "data/base/pgsql_tmp").glob("*headway*")) == [], "nothing is left behind"


def test_an_address_may_be_a_file(imports: SourceDatabase) -> None:
    assert await_transfers(imports, begin(imports, "files/one.wav")) == {"one.wav": ("stored", None)}


def test_links_without_an_ending_are_told_by_their_content(imports: SourceDatabase, folder: pathlib.Path) -> None:
    page = folder / "links.html"
    shutil.copy(folder / "five.ogg", folder / "call")
    page.write_text('<html><a href="/audio/files/call">a call</a><a href="/audio/dead/x">nothing</a><a href="/audio/apache/?q">a page</a></html>')
    try:
        assert await_transfers(imports, begin(imports, "files/links.html")) == {"call": ("stored", None)}
        assert imports.db.value("SELECT count(*) FROM headway.log WHERE message = 'a link could not be looked at'") == 1
    finally:
        page.unlink()
        (folder / "call").unlink()


def test_each_link_has_an_end_of_its_own(imports: SourceDatabase, folder: pathlib.Path) -> None:
    (folder / "page.mp3").write_text("<!doctype html><html>sign in</html>")
    (folder / "list.mp3").write_text("#EXTM3U\n#EXT-X-VERSION:3\nfile:///etc/passwd\n")
    (folder / "broken.m4a").write_bytes((folder / "three.m4a").read_bytes()[:400])
    (folder / "empty.wav").write_bytes(b"")
    (folder / "large.wav").write_bytes((folder / "one.wav").read_bytes() + bytes(3_000_000))
    shutil.copy(folder / "one.wav", folder / "twin.wav")
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc=duration=1:size=64x64", "-c:v", "libvpx", "-y", folder / "silent.webm"], check=True)
    links = ["files/one.wav", "files/twin.wav", "files/page.mp3", "files/list.mp3", "files/broken.m4a", "files/empty.wav", "files/large.wav", "files/silent.webm",
             "dead/gone.mp3", "expired/late.mp3", "files/six.flac?expires=1", "moved/four.webm", "inwards/secret.mp3", "round/round.mp3"]
    (folder / "index.html").write_text("<html>" + "".join(f'<a href="/audio/{link}">x</a>' for link in links))
    imports.db.set(headway__max_audio_bytes="2MB")
    try:
        job = begin(imports, "files/index.html")
        files = await_transfers(imports, job)
    finally:
        for name in ("page.mp3", "list.mp3", "broken.m4a", "empty.wav", "large.wav", "twin.wav", "silent.webm", "index.html"):
            (folder / name).unlink()
    twins = sorted([files.pop("one.wav"), files.pop("twin.wav")], key=str)
    assert twins[0][0] == "skipped" and twins[0][1].startswith("the same content as "), twins
    assert twins[1] == ("stored", None)
    damaged = files.pop("broken.m4a")
    assert damaged[0] == "failed" and damaged[1].startswith("the file is damaged: "), damaged
    assert files == {
        "page.mp3": ("skipped", "not audio: a web page"), "list.mp3": ("skipped", "not audio: a playlist"), "empty.wav": ("skipped", "not audio: an empty file"),
        "large.wav": ("skipped", "too large: more than 2 MB"), "silent.webm": ("failed", "the file has no sound in it"),
        "gone.mp3": ("failed", "the link is dead (HTTP 404)"), "late.mp3": ("failed", "the link has expired or is forbidden (HTTP 403)"),
        "six.flac": ("failed", "the link has expired or is forbidden (HTTP 403)"), "four.webm": ("stored", None),
        "secret.mp3": ("failed", "plain http is not allowed for this host"), "round.mp3": ("failed", "the source redirects without an end")}
    total, failed, skipped = imports.db.sql("SELECT total_files, failed_files, skipped_files FROM headway.bulk_import_jobs WHERE id = %s", [job])[0]
    assert (total, skipped) == (len(links), 5) and failed >= 7


def test_a_cut_transfer_goes_on_where_it_ended(imports: SourceDatabase, folder: pathlib.Path) -> None:
    imports.sandbox.faults(*[{"kind": "cut", "path": "/audio/files/one.wav", "after": n, "times": 1} for n in range(3)])
    job = begin(imports, "files/one.wav")
    # Its beginning is looked at first, which a cut does not keep from being audio.
    assert await_transfers(imports, job) == {"one.wav": ("stored", None)}
    assert imports.db.value("SELECT sha256 FROM headway.bulk_import_files") == hashlib.sha256((folder / "one.wav").read_bytes()).hexdigest()
    assert any(entry["status"] == 206 for entry in imports.sandbox.journal("/audio/files/one.wav")), "the rest was asked for, not the whole"


def test_two_equal_calls_at_once_make_one_import(imports: SourceDatabase) -> None:
    call = "SELECT headway_bulk_import('Acme Corp', %s) ->> 'job_id'"
    address = [f"{imports.sandbox.url}/audio/apache/"]
    with imports.db.connect() as first, imports.db.connect() as second, ThreadPoolExecutor() as pool:
        with first.transaction():
            job = first.execute(call, address).fetchone()[0]
            answer = pool.submit(lambda: second.execute(call, address).fetchone()[0])
            wait_until(lambda: answer.done() or imports.db.value("SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s", [second.info.backend_pid]),
                       "the second one waits for the first")
        assert answer.result() == job
    assert imports.db.sql("SELECT (SELECT count(*) FROM headway.customers), (SELECT count(*) FROM headway.bulk_import_jobs)") == [(1, 1)]


def test_no_secret_of_an_address_is_logged(imports: SourceDatabase, folder: pathlib.Path) -> None:
    page = folder / "links.html"
    page.write_text('<html><a href="/audio/dead/x?sig=geheim"></a><a href="/audio/files/gone.mp3?sig=geheim"></a><a href="http://127.0.0.3/x.mp3?sig=geheim"></a>')
    try:
        await_transfers(imports, begin(imports, "files/links.html?sig=geheim"))
    finally:
        page.unlink()
    assert imports.db.value("SELECT count(*) FROM headway.log l WHERE l::text LIKE '%%/audio/%%'") >= 1, "where something was amiss is told"
    assert imports.db.value("SELECT count(*) FROM headway.log l WHERE l::text LIKE '%%geheim%%'") == 0
    assert "geheim" not in imports.db.cluster.log()


def test_headers_are_sent_to_their_host_and_shown_nowhere(imports: SourceDatabase) -> None:
    job = begin(imports, "guarded/apache/")
    wait_until(lambda: imports.status(job)["state"] == "failed", "without them the source refuses")
    assert imports.db.value("SELECT error FROM headway.bulk_import_jobs WHERE id = %s", [job]) == "the source wants credentials (HTTP 401)"
    job = begin(imports, "guarded/apache/", headers='{"Authorization": "Bearer sandbox-audio"}')
    assert set(await_transfers(imports, job).values()) == {("stored", None)}
    assert "sandbox-audio" not in imports.db.cluster.log()


def test_imported_again_only_what_failed_is_fetched(imports: SourceDatabase) -> None:
    imports.sandbox.faults({"kind": "status", "status": 404, "path": "/audio/files/five.ogg"})
    first = begin(imports, "apache/")
    assert await_transfers(imports, first).pop("five.ogg")[0] == "failed"
    imports.db.value("SELECT headway_cancel(%s)", [first])
    imports.db.sql("UPDATE headway.bulk_import_files SET status = 'completed' WHERE storage_path IS NOT NULL")
    imports.sandbox.reset()
    files = await_transfers(imports, begin(imports, "apache/"))
    assert files.pop("five.ogg") == ("stored", None)
    assert set(files.values()) == {("skipped", "imported before")}
    assert fetched(imports, "/audio/files/") == ["/audio/files/five.ogg"]


def test_an_address_that_cannot_be_read_fails_the_job(imports: SourceDatabase) -> None:
    job = begin(imports, "dead/")
    wait_until(lambda: imports.status(job)["state"] == "failed", "the run fails")
    assert imports.db.sql("SELECT status, error, total_files FROM headway.bulk_import_jobs WHERE id = %s", [job]) == [("failed", "the link is dead (HTTP 404)", 0)]


def test_a_telephone_s_recording_is_converted_for_who_needs_it(imports: SourceDatabase) -> None:
    imports.db.sql("INSERT INTO headway._providers (workspace_id, purpose, provider, settings) VALUES (%s, 'speech', 'openai', '{}')", [imports.workspace])
    await_transfers(imports, begin(imports, "files/seven.wav"))
    path = imports.db.value("SELECT storage_path FROM headway.bulk_import_files")
    assert path.endswith(".flac")
    (stored,) = (imports.db.cluster.dir / "data.headway-media").rglob(path.rpartition("/")[2])
    assert stored.read_bytes()[:4] == b"fLaC"


def test_without_ffmpeg_what_needs_no_conversion_still_works(imports: SourceDatabase) -> None:
    imports.db.set(headway__ffmpeg_directory="/nowhere")
    files = await_transfers(imports, begin(imports, "apache/"))
    assert set(files.values()) == {("stored", None)}
    imports.db.sql("INSERT INTO headway._providers (workspace_id, purpose, provider, settings) VALUES (%s, 'speech', 'openai', '{}')", [imports.workspace])
    (status, reason) = await_transfers(imports, begin(imports, "files/seven.wav", customer="Other"))["seven.wav"]
    assert status == "failed" and "ffmpeg is not installed" in reason
