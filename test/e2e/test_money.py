"""What models cost, what may be spent on them, and answers that are not paid for twice."""

import psycopg
import pytest

from harness.gong import GongDatabase
from harness.sandbox import corpus
from harness.waiting import wait_until

QUOTE = next(mention["quote"] for mention in corpus("call-01")["truth"] if mention["feature"] == "export-reports-excel")


@pytest.fixture
def llm(gong: GongDatabase) -> GongDatabase:
    """Read by a model whose tokens cost a hundredth of a cent each; an answer has at most 300 of them."""
    gong.read_by_model(max_output_tokens=300)
    return gong


def set_prices(gong: GongDatabase, usd_per_million: float = 100) -> None:
    gong.db.sql("INSERT INTO headway.model_prices (provider, model, usage_kind, usd_per_million) SELECT 'openai', 'sandbox-1', k, %s FROM unnest(ARRAY['input', 'output']) k", [usd_per_million])


def give(gong: GongDatabase, *names: str) -> str:
    gong.db.sql("SELECT headway_ingest_transcript(n, 'Ann: Call ' || n || E'.\\nBob: ' || %s) FROM unnest(%s::text[]) n", [QUOTE, list(names)])
    return gong.latest_run()


def calls(gong: GongDatabase) -> list[tuple]:
    return gong.db.sql("SELECT purpose, cache_hit, cost_usd FROM headway.llm_calls ORDER BY started_at, id")


def test_a_budget_is_never_passed_however_many_workers_ask_and_the_rest_waits(llm: GongDatabase) -> None:
    set_prices(llm)
    llm.limit_workers(2, 16)
    llm.db.sql("SELECT headway_set_budget('day', 1)")
    give(llm, *[f"c{n}" for n in range(100)])
    wait_until(llm.waits_for_money, "what no money is left for waits", 120)

    spent = llm.db.value("SELECT sum((input_tokens + output_tokens) * 0.0001) FROM headway.llm_calls")
    assert 0.2 < spent <= 1, "by the vendor's count"
    assert llm.db.sql("SELECT spent_usd, reserved_usd FROM headway.budgets") == [(spent, 0)]
    ok, detail = llm.health("budget for the day")
    assert not ok and "tasks wait for money" in detail
    assert llm.db.value("SELECT count(*) FROM headway.tasks WHERE state = 'failed'") == 0, "waiting is no failure"
    assert llm.db.value("SELECT max(attempts) FROM headway.tasks WHERE state = 'queued'") == 0, "and costs no attempt"
    paid = len(llm.sandbox.journal("/openai"))

    llm.db.sql("SELECT headway_set_budget('day', 1000)")
    wait_until(lambda: llm.db.value("SELECT count(*) FROM headway.messages WHERE is_processed") == 100, "with more money it goes on", 120)
    llm.db.await_no_workers()
    assert len(llm.sandbox.journal("/openai")) > paid
    assert llm.db.sql("SELECT mention_count FROM headway.features") == [(100,)]
    assert llm.db.sql("SELECT spent_usd = (SELECT sum(cost_usd) FROM headway.llm_calls), reserved_usd FROM headway.budgets") == [(True, 0)]
    assert llm.health("budget for the day")[0]


def test_a_session_that_no_money_is_left_for_learns_it(llm: GongDatabase) -> None:
    set_prices(llm)
    llm.db.sql("SELECT headway_set_budget('month', 0.01)")
    with pytest.raises(Exception, match="one call may cost more than the month's budget") as refused:
        llm.db.value("SELECT headway_extract_insights('Bob: We need exports.')")
    assert refused.value.sqlstate == "8W030"
    assert "headway_set_budget()" in refused.value.diag.message_hint
    assert llm.sandbox.journal("/openai") == []
    llm.db.sql("SELECT headway_set_budget('month', 10)")
    llm.db.value("SELECT headway_extract_insights('Bob: We need exports.')")
    assert llm.db.sql("SELECT spent_usd > 0, reserved_usd FROM headway.budgets") == [(True, 0)]


def test_an_unknown_price_is_no_price_of_nothing(llm: GongDatabase) -> None:
    status = llm.finish(give(llm, "c1"))
    assert status["state"] == "done" and status["cost_usd"] is None
    assert {cost for _, _, cost in calls(llm)} == {None}
    assert llm.db.value("SELECT message FROM headway.log WHERE level = 'warning'") == "what sandbox-1 of openai costs is not known"
    assert llm.health("prices") == (False, "not known: sandbox-1 of openai")

    llm.db.sql("SELECT headway_set_budget('day', 5)")
    run = give(llm, "c2")
    wait_until(llm.waits_for_money, "no budget can be kept without a price")
    set_prices(llm)
    llm.db.sql("SELECT headway_set_budget('day', 5)")
    status = llm.finish(run)
    assert status["state"] == "done" and status["cost_usd"] > 0


def test_what_never_left_costs_nothing(gong: GongDatabase) -> None:
    gong.db.sql("SELECT headway_set_budget('day', 1)")
    for settings, credentials in (('{"model": "gpt-4o-mini", "base_url": "http://127.0.0.1:9/v1"}', "{}"),
                                  ('{"model": "gpt-4o-mini"}', '{"api_key": {"env": "HEADWAY_NO_SUCH_VARIABLE"}}')):
        gong.db.sql("SELECT headway_set_provider('llm', 'openai', %s::jsonb, %s::jsonb)", [credentials, settings])
        with pytest.raises(psycopg.Error):
            gong.db.sql("SELECT headway_extract_insights(%s)", [f"Bob: {QUOTE}"])
    made = gong.db.sql("SELECT status, request_model, cost_usd FROM headway.llm_calls")
    assert len(made) >= 2 and set(made) == {("error", "gpt-4o-mini", 0)}
    assert gong.db.sql("SELECT spent_usd, reserved_usd FROM headway.budgets") == [(0, 0)]


def test_who_asks_the_same_again_pays_nothing(llm: GongDatabase) -> None:
    llm.read_by_model(keeps_answers=True)
    set_prices(llm)
    for _ in range(2):
        llm.db.value("SELECT headway_extract_insights(%s)", ["Bob: " + QUOTE])
    assert [(purpose, hit, cost > 0) for purpose, hit, cost in calls(llm)] == [("extract", False, True), ("extract", True, False)]
    assert len(llm.sandbox.journal("/openai")) == 1
    llm.read_by_model(keeps_answers=True, temperature=0.5)
    llm.db.value("SELECT headway_extract_insights(%s)", ["Bob: " + QUOTE])
    assert len(llm.sandbox.journal("/openai")) == 2, "with other settings it is another question"


def test_an_answer_that_cannot_be_read_is_not_given_again(llm: GongDatabase) -> None:
    llm.read_by_model(keeps_answers=True)
    llm.sandbox.script({"content": "Sure! Here is what I found."})
    with pytest.raises(Exception):
        llm.db.value("SELECT headway_extract_insights(%s)", ["Bob: " + QUOTE])
    assert llm.db.value("SELECT headway_extract_insights(%s) -> 'feature_requests'", ["Bob: " + QUOTE]) is not None
    assert [hit for _, hit, _ in calls(llm)] == [False, False]
