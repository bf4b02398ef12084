"""Every SQL block of the README and the manual runs, page by page, in the order in which it is read."""

import pathlib
import re
from typing import Iterator

import pytest

from harness.cluster import ROOT, Cluster
from harness.gong import GongDatabase
from harness.sandbox import Sandbox
from harness.waiting import wait_until

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
WITH_SQL = [page for page in PAGES if "```sql" in page.read_text()]
NAMES = {"https://example.com/audio-files": "/audio/apache/", "https://example.com/archive/": "/audio/nginx/", "https://us-12345.api.gong.io": "", "https://larkspur.zendesk.com": "/zendesk"}  # what the pages call the vendors' addresses
KEYS = {"GONG_ACCESS_KEY": "sandbox-access", "GONG_SECRET_KEY": "sandbox-secret", "FATHOM_API_KEY": "sandbox-fathom", "FATHOM_API_KEY_2": "sandbox-fathom-2",
        "RINGCENTRAL_CLIENT_ID": "sandbox-client", "RINGCENTRAL_CLIENT_SECRET": "sandbox-client-secret", "RINGCENTRAL_JWT": "sandbox-jwt",
        "SESSIONS_API_TOKEN": "sandbox-sessions", "ZENDESK_API_TOKEN": "sandbox-zendesk",
        "S3_ACCESS_KEY_ID": "k", "S3_SECRET_ACCESS_KEY": "s", "SUPABASE_SERVICE_KEY": "a.b.c", "DEEPGRAM_API_KEY": "k"}


def name_of(page: pathlib.Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture(scope="module")
def manual_cluster() -> Iterator[Cluster]:
    """A server whose environment holds the keys that the pages name."""
    with pytest.MonkeyPatch.context() as patch:
        for name, key in KEYS.items():
            patch.setenv(name, key)
        cluster = Cluster(headway__allowed_private_hosts="127.0.0.1", headway__worker_idle_timeout="200ms", max_worker_processes="16",
                          shared_preload_libraries="pg_cron", cron__database_name="manual", cron__use_background_workers="on")
    yield cluster
    cluster.remove()


def prepare(database, sandbox: Sandbox, begins_with: str) -> None:
    """What a page says that its reader has already."""
    if begins_with == "nothing":
        return
    if begins_with == "a workspace":
        database.sql("CREATE EXTENSION headway")
        database.sql("""UPDATE headway.connector_types SET spec = jsonb_set(spec, '{settings,base_url,default}', to_jsonb(%s::text))
                        WHERE spec #> '{settings,base_url,default}' IS NOT NULL""", [sandbox.url])
        database.sql("SELECT headway_add_workspace('acme')")
        return
    gong = GongDatabase(database, sandbox)
    if begins_with == "a finished run":
        assert gong.finish(gong.ingest())["state"] == "done"
        database.await_no_workers()


def in_the_sandbox(script: str, sandbox: Sandbox) -> str:
    for name, path in NAMES.items():
        script = script.replace(name, sandbox.url + path)
    return script.replace('"web-app"', '"sandbox-project"')


def sql_of(page: pathlib.Path) -> str:
    return "\n".join(re.findall(r"^```sql\n(.*?)^```", page.read_text(), re.M | re.S))


@pytest.mark.parametrize("page", WITH_SQL, ids=name_of)
def test_a_pages_sql_runs(page: pathlib.Path, manual_cluster: Cluster, sandbox: Sandbox) -> None:
    begins_with = re.match(r"(?:<!-- begins with: (.*) -->)?", page.read_text())[1] or "nothing"
    assert begins_with in ("nothing", "a workspace", "a connector", "a finished run")
    with manual_cluster.database("manual") as database:
        prepare(database, sandbox, begins_with)
        script = in_the_sandbox(sql_of(page), sandbox)
        manual_cluster.run("psql", "-X", "-d", "manual", "-v", "ON_ERROR_STOP=1", "-f", "-", input=script)
        states = database.sql("SELECT state, error FROM headway.runs") if database.value("SELECT to_regnamespace('headway') IS NOT NULL") else []
        assert not [error for state, error in states if state == "failed"]
        if page.name == "run-unattended.md":
            database.sql("DROP EXTENSION pg_cron")


def test_the_tutorial_counts_what_it_says(manual_cluster: Cluster, sandbox: Sandbox) -> None:
    with manual_cluster.database("tutorial") as database:
        manual_cluster.run("psql", "-X", "-d", "tutorial", "-v", "ON_ERROR_STOP=1", "-f", "-", input=sql_of(ROOT / "docs/tutorial/first-features.md"))
        counts = wait_until(lambda: len(rows := database.sql("SELECT mention_count FROM headway.features ORDER BY 1 DESC")) == 2 and rows,
                            "both features are there")
        assert counts == [(2,), (1,)], "the export was asked for twice, the crash once"
        assert database.value("SELECT count(*) FROM headway.messages") == 2, "giving a conversation again adds nothing"


def test_the_readme_shows_a_result_within_thirty_lines() -> None:
    lines = (ROOT / "README.md").read_text().splitlines()
    assert any("feature_request" in line for line in lines[:30])
    assert any("scripts/demo" in line for line in lines[:15]) and any("scripts/check" in line for line in lines[:15])


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: pathlib.Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert target.startswith("https://") or (page.parent / target).exists(), f"{name_of(page)} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_named_files_exist(page: pathlib.Path) -> None:
    for path in re.findall(r"\b((?:src|sql|test|bench|scripts)/[\w./-]*\w)", page.read_text()):
        assert (ROOT / path).exists() or (ROOT / f"{path}.cpp").exists(), f"{name_of(page)} names {path}"


def test_every_page_is_in_the_table_of_contents() -> None:
    contents = (ROOT / "docs/README.md").read_text()
    for page in (ROOT / "docs").rglob("*.md"):
        assert page.name == "README.md" or str(page.relative_to(ROOT / "docs")) in contents


def test_the_reference_says_what_the_database_says(manual_cluster: Cluster, tmp_path: pathlib.Path) -> None:
    with manual_cluster.database("reference") as database:
        database.sql("CREATE EXTENSION headway")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PGDATABASE", "reference")
            manual_cluster.run(str(ROOT / "scripts/reference"), str(tmp_path))
        for page in ("functions.md", "tables.md", "settings.md"):
            assert (tmp_path / page).read_text() == (ROOT / "docs/reference" / page).read_text(), f"run scripts/reference: {page} is out of date"


def test_every_error_code_is_documented() -> None:
    known = set(re.findall(r"^\| (8W\d{3}) ", (ROOT / "docs/reference/errors.md").read_text(), re.M))
    used = set()
    for source in [*(ROOT / "sql").glob("*.sql"), *(ROOT / "src/pg").glob("*.cpp")]:
        used |= set(re.findall(r"['\"](8W\d{3})['\"]", source.read_text()))
    assert used == known
