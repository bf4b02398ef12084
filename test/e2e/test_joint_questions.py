"""The items of one conversation are judged in one question: what that costs, and what is made of answers that are wrong about one of them or of no use."""

import pytest

from harness.gong import GongDatabase
from harness.invariants import check_paid
from harness.sandbox import corpus, wishes
from harness.waiting import wait_until

TYPES = {one["key"]: one["type"] for one in corpus("truth")["features"]}
WISHES = [quotes for feature, quotes in wishes().items() if len(quotes) > 1 and TYPES[feature] == "feature_request"][:4]
"""Four features; each is known by the first of its quotes, and said again by the second."""


@pytest.fixture
def llm(gong: GongDatabase) -> GongDatabase:
    """Four features are known, each from a conversation of its own; the journal is empty."""
    gong.read_by_model(max_output_tokens=300)
    for number, quotes in enumerate(WISHES):
        gong.finish(gong.give(f"known-{number}", said(quotes[:1])))
    assert gong.db.sql("SELECT mention_count FROM headway.features") == [(1,)] * len(WISHES)
    gong.sandbox.reset()
    gong.db.sql("DELETE FROM headway.llm_calls")
    return gong


def said(quotes: list[str]) -> str:
    return "".join(f"Bob: {quote}\n" for quote in quotes)


def again() -> str:
    return said([quotes[1] for quotes in WISHES])


def mentions(gong: GongDatabase) -> list[int]:
    return [n for (n,) in gong.db.sql("SELECT mention_count FROM headway.features ORDER BY created_at, id")]


def test_the_items_of_a_conversation_are_one_question_and_each_has_its_decision(llm: GongDatabase) -> None:
    assert llm.finish(llm.give("again", again()))["state"] == "done"
    assert llm.sandbox.prompts() == ["extract", "match_many"]
    assert [entry["violations"] for entry in llm.sandbox.journal("/openai")] == [[], []], "the vendor has nothing against it"
    assert mentions(llm) == [2, 2, 2, 2]
    check_paid(llm.db, llm.sandbox.journal("/openai"))
    assert llm.db.sql("""SELECT count(*), count(DISTINCT llm_call_id), array_agg(DISTINCT p.name), array_agg(DISTINCT decided_by)
                         FROM headway.match_decisions d JOIN headway.prompts p ON p.id = d.prompt_id WHERE outcome = 'linked'""") == [(4, 1, ["match_many"], ["llm"])]
    told = llm.db.value("SELECT headway_explain_match(feature_id, message_id) FROM headway.match_decisions WHERE outcome = 'linked' LIMIT 1")
    assert (told["model"]["decisions"], told["prompt"]["name"]) == (4, "match_many")


@pytest.mark.parametrize("provider", ["anthropic", "gemini"])
def test_other_vendors_judge_several_items_as_well(llm: GongDatabase, provider: str) -> None:
    llm.read_by_model(provider=provider)
    assert llm.finish(llm.give("again", again()))["state"] == "done"
    assert mentions(llm) == [2, 2, 2, 2]
    assert llm.db.sql("SELECT provider, count(*) FROM headway.llm_calls WHERE purpose = 'match' AND status = 'ok' GROUP BY 1") == [(provider, 1)]


def test_a_fallback_that_needs_no_network_judges_them_too(llm: GongDatabase) -> None:
    llm.db.sql("SELECT headway_set_provider('llm_fallback', 'builtin')")
    llm.sandbox.faults({"kind": "status", "status": 401, "path": "/openai", "containing": "<items>"})
    assert llm.finish(llm.give("again", again()))["state"] == "done"
    assert llm.db.sql("SELECT provider, status, count(*) FROM headway.llm_calls WHERE purpose = 'match' GROUP BY 1, 2 ORDER BY 1") == [("builtin", "ok", 1), ("openai", "error", 1)]
    assert llm.db.sql("SELECT DISTINCT decided_by FROM headway.match_decisions WHERE llm_call_id IN (SELECT id FROM headway.llm_calls)") == [("builtin",)]
    assert sum(mentions(llm)) == 8


@pytest.mark.parametrize("spoil, rest", [("one_left_out", 1), ("one_invented", 1), ("numbered_from_zero", 4), ("half_json", 4), ("no_json", 4), ("invented_id", 4)])
def test_what_has_no_judgement_is_asked_about_alone_at_once(llm: GongDatabase, spoil: str, rest: int) -> None:
    llm.sandbox.script({}, {"spoil": spoil})
    assert llm.finish(llm.give("again", again()))["state"] == "done"
    assert llm.sandbox.prompts() == ["extract", "match_many"] + ["match"] * rest
    assert mentions(llm) == [2, 2, 2, 2], "and the answer to that counts"
    assert llm.db.value("SELECT max(attempts) FROM headway.tasks WHERE kind = 'match'") == 1, "no attempt has failed"
    assert llm.db.sql("SELECT status, count(*) FROM headway.llm_calls WHERE purpose = 'match' GROUP BY 1") == [("ok", 1 + rest)], "all were paid for"


@pytest.mark.parametrize("answer", [{"refusal": "I cannot help with that."}, {"finish_reason": "length"}, {"content": "", "finish_reason": "content_filter"}],
                         ids=["refused", "cut", "withheld"])
def test_what_the_model_does_not_do_for_several_it_may_do_for_each(llm: GongDatabase, answer: dict) -> None:
    llm.sandbox.script({}, answer)
    assert llm.finish(llm.give("again", again()))["state"] == "done"
    assert llm.sandbox.prompts() == ["extract", "match_many"] + ["match"] * 4
    assert mentions(llm) == [2, 2, 2, 2]


def test_what_has_failed_is_asked_about_alone_the_next_time(llm: GongDatabase) -> None:
    llm.sandbox.faults({"kind": "status", "status": 500, "path": "/openai", "containing": "<items>"})
    run = llm.give("again", again())
    assert llm.finish(run, hurry=True)["state"] == "done"
    assert llm.sandbox.prompts() == ["extract"] + ["match_many"] * 3 + ["match"] * 4
    assert mentions(llm) == [2, 2, 2, 2]


def test_how_many_share_a_question_is_a_setting(llm: GongDatabase) -> None:
    for most, names in ((3, ["match", "match_many"]), (2, ["match_many"] * 2), (1, ["match"] * 4)):
        llm.db.sql("UPDATE headway.workspaces SET settings = settings || jsonb_build_object('items_per_question', %s::int)", [most])
        llm.sandbox.reset()
        assert llm.finish(llm.give(f"at most {most}", again()))["state"] == "done"
        assert sorted(llm.sandbox.prompts()[1:]) == names
    assert mentions(llm) == [4, 4, 4, 4]


def test_a_question_is_no_longer_than_a_model_reads(llm: GongDatabase) -> None:
    llm.db.sql("UPDATE headway.workspaces SET settings = settings || '{\"chunk_tokens\": 500}'")
    assert llm.finish(llm.give("again", again()))["state"] == "done"
    assert "match" in llm.sandbox.prompts() or llm.sandbox.prompts().count("match_many") > 1
    assert max(len(entry["body"]["messages"][-1]["content"]) for entry in llm.sandbox.journal("/openai") if "<items>" in entry["body"]["messages"][-1]["content"]) < 2300
    assert mentions(llm) == [2, 2, 2, 2]


def test_an_answer_about_several_is_kept_once_and_goes_with_its_message(llm: GongDatabase) -> None:
    llm.keep_answers(60)
    llm.finish(llm.give("again", again()))
    assert llm.db.value("SELECT count(*) FROM headway._answers") == 2, "what was read, and what was judged"
    assert llm.db.value("SELECT bool_and(message_id IS NOT NULL) FROM headway._answers") is True


def test_own_words_for_one_item_hold_for_each(llm: GongDatabase) -> None:
    llm.db.sql("""INSERT INTO headway.prompts (workspace_id, name, version, system, template, answer_schema)
                  SELECT headway_workspace(), name, 2, 'You are strict.', template, answer_schema FROM headway.prompts WHERE name = 'match'""")
    assert llm.finish(llm.give("again", again()))["state"] == "done"
    assert llm.sandbox.prompts() == ["extract"] + ["match"] * 4
    assert {entry["body"]["messages"][0]["content"] for entry in llm.sandbox.journal("/openai")[1:]} == {"You are strict."}


def test_a_budget_is_not_passed_by_questions_about_several(llm: GongDatabase) -> None:
    """A hundred items of 25 conversations, with a dollar that does not last for them."""
    llm.db.sql("INSERT INTO headway.model_prices (provider, model, usage_kind, usd_per_million) SELECT 'openai', 'sandbox-1', k, 100 FROM unnest(ARRAY['input', 'output']) k")
    llm.limit_workers(2, 16)
    llm.db.sql("SELECT headway_set_budget('day', 1)")
    llm.db.sql("SELECT headway_ingest_transcript('m' || n, 'Ann: Number ' || n || E'.\\n' || %s) FROM generate_series(1, 25) n", [again()])
    wait_until(llm.waits_for_money, "what no money is left for waits", 120)
    spent = llm.db.value("SELECT sum((input_tokens + output_tokens) * 0.0001) FROM headway.llm_calls")
    assert 0.2 < spent <= 1, "by the vendor's count"
    assert llm.db.sql("SELECT spent_usd, reserved_usd FROM headway.budgets") == [(spent, 0)]
    assert llm.db.value("SELECT count(*) FROM headway.tasks WHERE state = 'failed'") == 0

    llm.db.sql("SELECT headway_set_budget('day', 1000)")
    wait_until(lambda: llm.db.value("SELECT count(*) FROM headway.messages WHERE is_processed") == 25 + len(WISHES), "with more money it goes on", 120)
    llm.db.await_no_workers()
    assert mentions(llm) == [26, 26, 26, 26]
    assert llm.db.sql("SELECT spent_usd = (SELECT sum(cost_usd) FROM headway.llm_calls), reserved_usd FROM headway.budgets") == [(True, 0)]
    joint = llm.db.value("SELECT count(*) FROM headway.llm_calls c JOIN headway.prompts p ON p.id = c.prompt_id WHERE p.name = 'match_many' AND c.status = 'ok'")
    assert joint >= 10, "most conversations were asked about at once"
