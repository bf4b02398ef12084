"""A bulk import from the link to the analysis: found, fetched, stored, heard by a transcriber, understood by a model."""

import hashlib
import json
import pathlib
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import Iterator

import pytest

from harness.sandbox import Sandbox
from harness.source import SourceDatabase
from harness.waiting import wait_until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sandbox"))
from media import tone  # noqa: E402
from outcomes import KnownCall, load_outcomes  # noqa: E402

CALLS = load_outcomes(pathlib.Path(__file__).resolve().parents[1] / "quality" / "tuned.txt")[:3]
# Every status that a job and a file are ever given, in order.
WATCH = """
CREATE TABLE public.seen (n bigserial, what text, status text);
GRANT ALL ON public.seen, public.seen_n_seq TO PUBLIC;
CREATE FUNCTION public.see() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.seen (what, status) VALUES (to_jsonb(NEW) ->> TG_ARGV[0], NEW.status);
    RETURN NULL;
END $$;
CREATE TRIGGER see AFTER INSERT OR UPDATE ON headway.bulk_import_jobs FOR EACH ROW EXECUTE FUNCTION public.see('customer_name');
CREATE TRIGGER see AFTER INSERT OR UPDATE ON headway.bulk_import_files FOR EACH ROW EXECUTE FUNCTION public.see('file_name');
"""


def said_in(call: KnownCall) -> list[dict]:
    people = list(dict.fromkeys(who for who, _ in call.turns))
    return [{"speaker": people.index(who), "start": 4.0 * n, "end": 4.0 * n + 3.5, "text": words} for n, (who, words) in enumerate(call.turns)]


@pytest.fixture(scope="module")
def web() -> Iterator[tuple[Sandbox, dict[str, bytes]]]:
    with tempfile.TemporaryDirectory(prefix="headway-audio-") as folder:
        sounds = {call.name: tone(300 + 10 * n, 1.0) for n, call in enumerate(CALLS)}
        for name, sound in sounds.items():
            (pathlib.Path(folder) / f"{name}.wav").write_bytes(sound)
        sandbox = Sandbox("--audio", folder)
        yield sandbox, sounds
        sandbox.stop()


@pytest.fixture
def imports(database, web: tuple[Sandbox, dict[str, bytes]]) -> SourceDatabase:
    sandbox, sounds = web
    sandbox.reset()
    sandbox.speak(*[{"sha256": hashlib.sha256(sounds[call.name]).hexdigest(), "turns": said_in(call)} for call in CALLS])
    source = SourceDatabase(database, sandbox)
    source.read_by_model()
    source.db.sql("SELECT headway_set_provider('speech', 'deepgram', '{\"api_key\": \"sandbox-deepgram\"}', jsonb_build_object('base_url', %s::text))",
                  [f"{sandbox.url}/deepgram"])
    return source


def begin(source: SourceDatabase) -> str:
    return str(source.db.value("SELECT headway_bulk_import('Acme Corp', %s) ->> 'job_id'", [f"{source.sandbox.url}/audio/apache/"]))


def steps_of(source: SourceDatabase, what: str) -> list[str]:
    seen = [status for (status,) in source.db.sql("SELECT status FROM public.seen WHERE what = %s ORDER BY n", [what])]
    return [status for n, status in enumerate(seen) if seen[max(n - 1, 0)] != status or n == 0]


def watched_wait(source: SourceDatabase, job: str, lines: list[str]) -> None:
    """CALL headway_wait(); what it says gets into `lines`."""
    with source.db.connect() as session:
        session.add_notice_handler(lambda notice: lines.append(notice.message_primary))
        session.execute("CALL headway_wait(%s, '2 minutes')", [job])


def test_an_import_goes_from_its_link_to_its_analyses(imports: SourceDatabase) -> None:
    imports.db.sql(WATCH)
    job = begin(imports)
    assert imports.finish(job, 120)["state"] == "done"
    assert steps_of(imports, "Acme Corp") == ["queued", "discovering", "transferring", "transcribing", "analyzing", "completed"]
    for call in CALLS:
        assert steps_of(imports, f"{call.name}.wav") == ["queued", "downloading", "uploading", "transcribing", "analyzing", "completed"], call.name

    rows = imports.db.sql("""
        SELECT f.file_name, r.call_category, c.name, r.link_status, a.provider, a.storage_path, m.content FROM headway.bulk_import_files f
        JOIN headway.recordings r ON r.bulk_import_file_id = f.id JOIN headway.messages m ON m.id = r.message_id
        LEFT JOIN headway.customers c ON c.id = r.customer_id LEFT JOIN headway.call_analyses a ON a.recording_id = r.id ORDER BY f.file_name""")
    assert [(name, category, customer, provider) for name, category, customer, _, provider, *_ in rows] == [
        (f"{call.name}.wav", call.category, "Acme Corp", "openai") for call in CALLS]
    assert all(words in row[-1] for row, call in zip(rows, CALLS) for _, words in call.turns), "what was heard is the transcript"
    found = imports.db.sql("SELECT type, quote, overcome_quote FROM headway.objections WHERE customer_name = 'Acme Corp' ORDER BY quote")
    known = [(kind, quote, answer if call.category == "consult_scheduled" else None) for call in CALLS for kind, quote, answer in call.objections]
    assert found == sorted(known, key=lambda objection: objection[1]) and len(found) > 2

    stored = imports.db.cluster.dir / "data.headway-media" / str(imports.workspace)
    for row, call in zip(rows, CALLS):
        bucket, user, _, name = row[5].split("/")
        assert (bucket, user, name) == ("customer-acme-corp-analysis", imports.db.user, "analysis.json")
        kept = json.loads((stored / row[5]).read_text())
        assert kept["category"] == call.category
        assert [objection["quote"] for objection in kept["objections"]] == [quote for _, quote, _ in call.objections]
    assert [entry for entry in imports.sandbox.journal() if entry["violations"]] == []


def test_its_rate_and_its_end_are_told_on_the_way(imports: SourceDatabase) -> None:
    imports.sandbox.faults({"kind": "hang", "path": "/openai", "after": 1, "times": len(CALLS) - 1})
    job = begin(imports)
    lines: list[str] = []

    def status() -> dict:
        return imports.db.value("SELECT headway_bulk_import_status(%s)", [job])
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(watched_wait, imports, job, lines)
        try:
            wait_until(lambda: any(line.startswith("1/3 calls, 0 features, 0 matched") for line in lines) and imports.sandbox.in_flight() == len(CALLS) - 1,
                       "one call is understood, the others are being thought about", 120)
            halfway = status()
            assert (halfway["status"], halfway["total_files"], halfway["progress_percentage"]) == ("analyzing", len(CALLS), 33)
            assert halfway["files_per_minute"] > 0
            left = (len(CALLS) - 1) / halfway["files_per_minute"] * 60
            assert abs(halfway["eta_seconds"] - left) <= 1, "at this rate"
        finally:
            imports.sandbox.release()
        waiting.result()
    assert lines[-1].startswith("3/3 calls, 0 features, 0 matched"), lines
    ended = status()
    assert (ended["status"], ended["processed_files"], ended["progress_percentage"], ended["eta_seconds"]) == ("completed", 3, 100, None)


def test_the_same_import_again_adds_nothing(imports: SourceDatabase) -> None:
    imports.finish(begin(imports), 120)
    counts = "SELECT (SELECT count(*) FROM headway.recordings), (SELECT count(*) FROM headway.call_objections), (SELECT count(*) FROM headway.llm_calls)"
    before = imports.db.sql(counts)
    again = begin(imports)
    assert imports.finish(again)["state"] == "done"
    assert imports.db.sql(counts) == before
    assert imports.db.sql("SELECT DISTINCT status, error FROM headway.bulk_import_files WHERE job_id = %s", [again]) == [("skipped", "imported before")]
