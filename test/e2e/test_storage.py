"""Where recordings are kept: the storages as the worker speaks to them, against servers that check signatures and rules."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.request
from typing import Iterator

import psycopg
import pytest

from harness.cluster import ROOT
from harness.sandbox import Sandbox
from harness.source import SourceDatabase

sys.path.insert(0, str(ROOT / "test/sandbox"))
from media import tone  # noqa: E402

SOUND = tone(400, 1.0)
PROVIDERS = {"s3": ({"access_key_id": "SANDBOXKEYID", "secret_access_key": "sandbox/s3+secret"}, {"region": "eu-central-1"}, "endpoint"),
             "supabase": ({"service_key": "sandbox.supabase.jwt"}, {}, "base_url")}


@pytest.fixture(scope="module")
def web() -> Iterator[Sandbox]:
    """A sandbox that has a recording to import."""
    with tempfile.TemporaryDirectory(prefix="headway-audio-") as folder:
        (pathlib.Path(folder) / "one.wav").write_bytes(SOUND)
        sandbox = Sandbox("--audio", folder)
        yield sandbox
        sandbox.stop()


@pytest.fixture
def imports(database, web: Sandbox) -> SourceDatabase:
    web.reset()
    return SourceDatabase(database, web)


def store_at(source: SourceDatabase, name: str) -> None:
    keys, settings, place = PROVIDERS[name]
    source.db.sql("SELECT headway_set_provider('storage', %s, %s::jsonb, %s::jsonb)", [name, json.dumps(keys), json.dumps(settings | {place: f"{source.sandbox.url}/{name}"})])


@pytest.mark.parametrize("storage", PROVIDERS)
@pytest.mark.parametrize("send", ["bytes", "url"])
def test_an_imported_file_is_stored_heard_and_given_by_a_url(imports: SourceDatabase, storage: str, send: str) -> None:
    imports.sandbox.storage(storage, forget=True)
    store_at(imports, storage)
    imports.db.sql("SELECT headway_set_provider('speech', 'deepgram', '{\"api_key\": \"sandbox-deepgram\"}', %s::jsonb)",
                   [json.dumps({"base_url": f"{imports.sandbox.url}/deepgram", "send": send})])
    job = imports.db.value("SELECT headway_bulk_import('Acme Corp', %s) ->> 'job_id'", [f"{imports.sandbox.url}/audio/apache/"])
    imports.finish(job)
    [(file, path, words)] = imports.db.sql("""
        SELECT f.id, f.storage_path, m.content FROM headway.bulk_import_files f JOIN headway.recordings r ON r.bulk_import_file_id = f.id
        LEFT JOIN headway.messages m ON m.id = r.message_id""")
    assert path.startswith("customer-acme-corp/") and "book a consultation" in words
    url = imports.db.value("SELECT headway_signed_url(%s, expires => '10 minutes')", [file])
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert answer.read() == SOUND
    assert [entry["violations"] for entry in imports.sandbox.journal() if entry["violations"]] == []


def test_what_has_no_url_says_so(imports: SourceDatabase) -> None:
    job = imports.db.value("SELECT headway_bulk_import('Acme Corp', %s) ->> 'job_id'", [f"{imports.sandbox.url}/audio/apache/"])
    imports.finish(job)
    file = imports.db.value("SELECT id FROM headway.bulk_import_files")
    with pytest.raises(psycopg.Error, match="the filesystem gives no URLs") as refused:
        imports.db.value("SELECT headway_signed_url(%s)", [file])
    assert refused.value.sqlstate == "8W016"
    for arguments in ("gen_random_uuid()", f"'{file}', expires => '8 days'", f"'{file}', expires => '0'", f"'{file}', expires => NULL"):
        with pytest.raises(psycopg.Error) as refused:
            imports.db.value(f"SELECT headway_signed_url({arguments})")
        assert refused.value.sqlstate == "8W027"


def drive(sandbox: Sandbox, tests: str) -> None:
    """Runs C++ tests of the storages over real connections."""
    done = subprocess.run([ROOT / "build/unit/tests", "--gtest_brief=1", f"--gtest_filter=Vendors/StorageSandboxTest.{tests}"],
                          env=os.environ | {"HEADWAY_STORAGE_URL": sandbox.url}, text=True, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SKIPPED" not in done.stdout


@pytest.mark.parametrize("storage", ["s3", "supabase"])
def test_objects_are_kept_and_given_again(sandbox: Sandbox, storage: str) -> None:
    sandbox.storage(storage, forget=True)
    drive(sandbox, f"*/{0 if storage == 's3' else 1}")
    violations = [(entry["path"], entry["violations"]) for entry in sandbox.journal(f"/{storage}") if entry["violations"]]
    assert all("signature" in str(told) or "credentials" in str(told) or "jwt" in str(told) for _, told in violations), violations


def test_a_completion_that_fails_with_status_200_is_no_success(sandbox: Sandbox) -> None:
    sandbox.storage("s3", forget=True, failing_completions=1)
    with pytest.raises(AssertionError, match="InternalError"):
        drive(sandbox, "KeepsALargeFileThatGoesInParts/0")
    assert [entry["method"] for entry in sandbox.journal("/s3")][-1] == "DELETE", "its parts are thrown away"
    drive(sandbox, "KeepsALargeFileThatGoesInParts/0")


def test_an_upload_that_breaks_off_goes_on_where_it_was(sandbox: Sandbox) -> None:
    sandbox.storage("supabase", forget=True, cut_parts=2)
    drive(sandbox, "KeepsALargeFileThatGoesInParts/1")
    methods = [entry["method"] for entry in sandbox.journal("/supabase") if "/resumable" in entry["path"]]
    assert methods.count("HEAD") == 2 and methods.count("PATCH") == 6, "no part was sent twice"
