"""kill -9 of the worker when a model's answer has been paid for and not used yet: it is not paid for again."""

import pytest

from harness.gong import GongDatabase
from harness.killing import kill_and_recover
from harness.sandbox import corpus
from harness.waiting import wait_until

def words(call: str) -> str:
    """Two calls ask for the same thing in words of their own."""
    return next(m["quote"] for m in corpus(call)["truth"] if m["feature"] == "export-reports-excel")


@pytest.fixture
def llm(gong: GongDatabase) -> GongDatabase:
    gong.read_by_model()
    return gong


def give(gong: GongDatabase, call: str) -> str:
    gong.db.sql("SELECT headway_ingest_transcript(%s, %s)", [call, "Bob: " + words(call)])
    return str(gong.db.value("SELECT id FROM headway.runs ORDER BY created_at DESC LIMIT 1"))


def paid(gong: GongDatabase) -> list[str]:
    return [purpose for (purpose,) in gong.db.sql("SELECT purpose FROM headway.llm_calls WHERE status = 'ok' ORDER BY started_at")]


@pytest.mark.parametrize("purpose, obstacle", [("extract", "LOCK headway.messages IN SHARE MODE"), ("match", "SELECT FROM headway.themes FOR UPDATE")])
def test_an_answer_survives_its_worker(llm: GongDatabase, purpose: str, obstacle: str) -> None:
    assert llm.finish(give(llm, "call-01"))["state"] == "done"
    before = paid(llm)
    llm.sandbox.faults({"kind": "hang", "path": "/openai", "after": 1 if purpose == "match" else 0, "times": 1})
    run = give(llm, "call-06")
    wait_until(llm.sandbox.in_flight, f"the question ({purpose}) is under way")
    holder = llm.db.connect()
    holder.execute("BEGIN")
    holder.execute(obstacle)
    llm.sandbox.release()
    wait_until(lambda: len(paid(llm)) > len(before) and paid(llm)[-1] == purpose, "the answer is stored")
    stored_at = llm.db.value("SELECT pg_current_wal_insert_lsn()")
    wait_until(lambda: llm.db.value("SELECT pg_current_wal_flush_lsn() >= %s::pg_lsn", [stored_at]), "and on disk")

    [pid] = llm.db.workers()
    assert kill_and_recover(llm, pid, run)["state"] == "done"
    holder.close()
    assert paid(llm) == ["extract", "extract", "match"], "each question was paid for once"
    assert llm.sandbox.journal("/openai") == [] or purpose == "extract", "and not even asked again"
    assert llm.db.sql("SELECT mention_count FROM headway.features") == [(2,)]
