"""kill -9 of the worker when a model's answer has been paid for and not used yet: it is not paid for again."""

import pytest

from harness.gong import GongDatabase
from harness.killing import kill_and_recover
from harness.sandbox import corpus, wishes
from harness.waiting import wait_until


def words(call: str) -> str:
    """Two calls ask for the same thing in words of their own."""
    return "Bob: " + next(m["quote"] for m in corpus(call)["truth"] if m["feature"] == "export-reports-excel")


def paid(gong: GongDatabase) -> list[str]:
    return [purpose for (purpose,) in gong.db.sql("SELECT purpose FROM headway.llm_calls WHERE status = 'ok' ORDER BY started_at")]


@pytest.mark.parametrize("purpose, obstacle", [("extract", "LOCK headway.messages IN SHARE MODE"), ("match", "SELECT FROM headway.themes FOR UPDATE")])
def test_an_answer_survives_its_worker(llm: GongDatabase, purpose: str, obstacle: str) -> None:
    assert llm.finish(llm.give("call-01", words("call-01")))["state"] == "done"
    before = paid(llm)
    llm.sandbox.faults({"kind": "hang", "path": "/openai", "after": 1 if purpose == "match" else 0, "times": 1})
    run = llm.give("call-06", words("call-06"))
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


@pytest.mark.parametrize("moment", ["under way", "answered"])
def test_a_question_about_several_items_is_paid_for_twice_only_if_its_answer_was_under_way(llm: GongDatabase, moment: str) -> None:
    twice_said = [quotes[:2] for quotes in wishes().values() if len(quotes) > 1][:3]
    for number, (quote, _) in enumerate(twice_said):
        assert llm.finish(llm.give(f"known-{number}", f"Bob: {quote}"))["state"] == "done"
    before = len(paid(llm))
    llm.sandbox.faults({"kind": "hang", "path": "/openai", "containing": "<items>", "times": 1})
    run = llm.give("again", "".join(f"Bob: {quote}\n" for _, quote in twice_said))
    wait_until(lambda: llm.sandbox.in_flight() and "match_many" in llm.sandbox.prompts(), "the question is under way")
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
    assert llm.sandbox.prompts() == (["match_many"] if moment == "under way" else []), "what was lost is asked again, and as one question"
    assert paid(llm)[before:] == ["extract", "match"]
    assert llm.db.sql("SELECT DISTINCT mention_count FROM headway.features") == [(2,)]
