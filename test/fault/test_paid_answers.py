"""kill -9 of the worker when a model's answer has been paid for and not used yet: it is not paid for again."""

import json

import pytest

from harness.gong import GongDatabase
from harness.killing import kill_and_recover
from harness.sandbox import CALLS, corpus
from harness.waiting import wait_until

def words(call: str) -> str:
    """Two calls ask for the same thing in words of their own."""
    return next(m["quote"] for m in corpus(call)["truth"] if m["feature"] == "export-reports-excel")


@pytest.fixture
def llm(gong: GongDatabase) -> GongDatabase:
    gong.read_by_model()
    return gong


def give(gong: GongDatabase, call: str, *said: str) -> str:
    gong.db.sql("SELECT headway_ingest_transcript(%s, %s)", [call, "".join(f"Bob: {quote}\n" for quote in said or [words(call)])])
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


def twice_said() -> tuple[list[str], list[str]]:
    """What is asked for more than once, of three features: by the first call, and by another."""
    said: dict[str, list[str]] = {}
    for path in sorted(CALLS.glob("call-[0-9]*.json")):
        for mention in json.loads(path.read_text())["truth"]:
            said.setdefault(mention["feature"], []).append(mention["quote"])
    first, second, *_ = zip(*[quotes[:2] for quotes in said.values() if len(quotes) > 1][:3])
    return list(first), list(second)


def asked(gong: GongDatabase) -> list[str]:
    return [entry["body"]["response_format"]["json_schema"]["name"] for entry in gong.sandbox.journal("/openai")]


@pytest.mark.parametrize("moment", ["under way", "answered"])
def test_a_question_about_several_items_is_paid_for_twice_only_if_its_answer_was_under_way(llm: GongDatabase, moment: str) -> None:
    known, again = twice_said()
    for number, quote in enumerate(known):
        assert llm.finish(give(llm, f"known-{number}", quote))["state"] == "done"
    before = len(paid(llm))
    llm.sandbox.faults({"kind": "hang", "path": "/openai", "containing": "<items>", "times": 1})
    run = give(llm, "again", *again)
    wait_until(lambda: llm.sandbox.in_flight() and "match_many" in asked(llm), "the question is under way")
    holder = llm.db.connect()
    if moment == "answered":
        holder.execute("BEGIN")
        holder.execute("SELECT FROM headway.themes FOR UPDATE")
        llm.sandbox.release()
        wait_until(lambda: len(paid(llm)) == before + 2, "the answer is stored")
        stored_at = llm.db.value("SELECT pg_current_wal_insert_lsn()")
        wait_until(lambda: llm.db.value("SELECT pg_current_wal_flush_lsn() >= %s::pg_lsn", [stored_at]), "and on disk")
    [pid] = llm.db.workers()
    assert kill_and_recover(llm, pid, run)["state"] == "done"
    holder.close()
    assert asked(llm) == (["match_many"] if moment == "under way" else []), "what was lost is asked again, and as one question"
    assert paid(llm)[before:] == ["extract", "match"]
    assert llm.db.sql("SELECT DISTINCT mention_count FROM headway.features") == [(2,)]
