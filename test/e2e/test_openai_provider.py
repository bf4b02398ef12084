"""A language model as the provider: what it is asked, what is made of its answers, and what they cost."""

import json

import pytest

from harness.answers import found
from harness.cluster import ROOT
from harness.gong import GongDatabase
from harness.invariants import check_paid
from harness.waiting import wait_until


def calls(gong: GongDatabase) -> list[tuple]:
    return gong.db.sql("SELECT purpose, provider, status, error FROM headway.llm_calls ORDER BY started_at, id")


def test_the_main_job_is_done_by_the_model(llm: GongDatabase) -> None:
    assert llm.finish(llm.ingest())["state"] == "done"
    llm.check_complete()
    journal = llm.sandbox.journal("/openai")
    assert [entry["violations"] for entry in journal if entry["violations"]] == [], "every request is as the vendor's rules want it"
    check_paid(llm.db, journal)
    assert llm.db.sql("""SELECT DISTINCT purpose, provider, request_model, response_model, status, finish_reason, input_tokens > 0, output_tokens > 0,
                         request_id ~ '^req_', prompt_id IS NOT NULL FROM headway.llm_calls ORDER BY 1""") == [
        (purpose, "openai", "sandbox-1", "sandbox-1-2026", "ok", "stop", True, True, True, True) for purpose in ("extract", "match")]
    assert {decided for (decided,) in llm.db.sql("SELECT DISTINCT decided_by FROM headway.match_decisions")} == {"llm", "similarity"}


DOCUMENT = ROOT.parent / "shared/specs/openai/openapi.json"


@pytest.mark.skipif(not DOCUMENT.exists(), reason="the vendor's OpenAPI document does not lie beside the project")
def test_requests_are_as_the_vendors_document_describes_them(llm: GongDatabase) -> None:
    import jsonschema
    document = json.loads(DOCUMENT.read_text())
    schema = {"$ref": "#/components/schemas/CreateChatCompletionRequest", "components": document["components"]}
    llm.finish(llm.ingest(max_items=5))
    bodies = [entry["body"] for entry in llm.sandbox.journal("/openai")]
    assert {body["response_format"]["json_schema"]["name"] for body in bodies} >= {"extract"}
    for body in bodies:
        jsonschema.Draft202012Validator(schema).validate(body)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(bodies[0] | {"messages": []})


def test_the_key_is_sealed_and_goes_only_where_it_was_given_for(llm: GongDatabase) -> None:
    assert llm.finish(llm.give())["state"] == "done"
    dump = " ".join(llm.db.value(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {name} t") for name in
                    ("headway._providers", "headway._credentials", "headway.llm_calls", "headway.tasks", "headway.log"))
    assert "sandbox-openai" not in dump
    assert {entry["headers"]["authorization"] for entry in llm.sandbox.journal("/openai")} == {"ok"}
    llm.db.sql("UPDATE headway._providers SET settings = settings || '{\"base_url\": \"http://127.0.0.1:1/v1\"}'")
    status = llm.finish(llm.give("c2"))
    assert (status["state"], status["error"]) == ("failed", "the credentials were given for another host")


def test_rotating_the_key_keeps_the_provider(llm: GongDatabase) -> None:
    assert llm.db.value("SELECT headway_rotate_key()") == 2, "the connector's credentials and the provider's"
    assert llm.finish(llm.give())["state"] == "done"


@pytest.mark.parametrize("spoil, reason", [("fabricated_quote", "unverified_quote"), ("unknown_theme", "no_theme"), ("unsure", "low_theme_confidence")])
def test_what_cannot_be_true_is_set_aside(llm: GongDatabase, spoil: str, reason: str) -> None:
    llm.sandbox.script(found() | {"spoil": spoil})
    assert llm.finish(llm.give())["state"] == "done"
    assert llm.db.sql("SELECT reason FROM headway.unmatched_features") == [(reason,)]
    assert llm.features() == []


def test_a_feature_that_it_was_not_shown_is_no_match(llm: GongDatabase) -> None:
    llm.sandbox.script(found())
    llm.finish(llm.give())
    llm.sandbox.script(found(title="Export all reports"), {"spoil": "invented_id"})
    assert llm.finish(llm.give("c2"))["state"] == "done"
    assert llm.db.value("SELECT count(*) FROM headway.features") == 2
    assert llm.db.value("SELECT count(*) FROM headway.match_decisions WHERE outcome = 'linked'") == 0


@pytest.mark.parametrize("spoil", ["half_json", "no_json"])
def test_an_answer_that_cannot_be_read_is_asked_for_again(llm: GongDatabase, spoil: str) -> None:
    llm.sandbox.script(found() | {"spoil": spoil}, found())
    run = llm.give()
    llm.db.sql("UPDATE headway.tasks SET run_at = now() WHERE state = 'queued'")
    wait_until(lambda: llm.db.sql("UPDATE headway.tasks SET run_at = now() WHERE state = 'queued' AND run_at > now() RETURNING headway_start()"), "the attempt has failed")
    assert llm.finish(run)["state"] == "done"
    assert [status for _, _, status, _ in calls(llm)] == ["ok", "ok"], "both were paid for"
    assert len(llm.features()) == 1


@pytest.mark.parametrize("answer, message", [
    ({"refusal": "I cannot help with that."}, "the model refused to answer"),
    (found() | {"finish_reason": "length"}, "the model's answer was cut at its limit of tokens"),
    ({"content": "", "finish_reason": "content_filter"}, "the vendor's content filter withheld the answer"),
], ids=["refusal", "cut", "content filter"])
def test_a_useless_answer_fails_at_once_and_its_tokens_are_counted(llm: GongDatabase, answer: dict, message: str) -> None:
    llm.sandbox.script(answer)
    status = llm.finish(llm.give())
    assert (status["state"], status["error"]) == ("failed", message)
    assert calls(llm) == [("extract", "openai", "error", message)]
    assert llm.db.value("SELECT input_tokens > 0 FROM headway.llm_calls") is True
    llm.sandbox.script(found())
    assert llm.db.value("SELECT sum(headway_retry(id)) FROM headway.runs WHERE state = 'failed'") == 1
    wait_until(lambda: len(llm.features()) == 1, "a person's retry reads it")


def test_an_empty_purse_is_told_from_a_rate_limit(llm: GongDatabase) -> None:
    quota = {"error": {"message": "You exceeded your current quota", "type": "insufficient_quota", "param": None, "code": "insufficient_quota"}}
    llm.sandbox.faults({"kind": "status", "status": 429, "body": quota, "path": "/openai", "times": 1})
    status = llm.finish(llm.give())
    assert (status["state"], status["error"]) == ("failed", "the model's vendor says that the quota is used up")
    assert len(llm.sandbox.journal("/openai")) == 1, "it is not asked again"

    llm.sandbox.faults({"kind": "status", "status": 429, "retry_after": 1, "path": "/openai", "times": 1})
    assert llm.finish(llm.give("c2"))["state"] == "done"


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 500}, {"kind": "status", "status": 503}, {"kind": "cut", "at": "headers"}, {"kind": "cut", "at": "body"}],
                         ids=lambda fault: f"{fault['kind']} {fault.get('status', fault.get('at'))}")
def test_a_passing_fault_costs_a_second_exchange_and_nothing_else(llm: GongDatabase, fault: dict) -> None:
    llm.sandbox.faults(fault | {"path": "/openai", "times": 1})
    llm.sandbox.script(*[found()] * 2)
    assert llm.finish(llm.give())["state"] == "done"
    assert [status for _, _, status, _ in calls(llm)] == ["error", "ok"]
    assert len(llm.features()) == 1


def test_a_wrong_key_or_model_says_what_to_do(gong: GongDatabase) -> None:
    for number, settings in enumerate(({"key": "wrong"}, {"model": "sandbox-9"})):
        gong.read_by_model(**settings)
        status = gong.finish(gong.give(f"c{number}"))
        assert status["state"] == "failed" and status["error"].startswith("the model's vendor refused with HTTP status 40")
        assert "headway_set_provider" in gong.db.value("SELECT error ->> 'hint' FROM headway.tasks WHERE state = 'failed' ORDER BY id DESC LIMIT 1")


def test_a_workspaces_own_prompt_goes_before_the_default(llm: GongDatabase) -> None:
    llm.db.sql("""INSERT INTO headway.prompts (workspace_id, name, version, system, template, answer_schema)
                  SELECT headway_workspace(), 'extract', 2, 'You are terse.', 'Just this: {{transcript}}', answer_schema FROM headway.prompts
                  WHERE name = 'extract' AND is_active""")
    assert llm.finish(llm.give())["state"] == "done"
    body = llm.sandbox.journal("/openai")[0]["body"]
    assert body["messages"][0]["content"] == "You are terse."
    assert body["messages"][1]["content"].startswith("Just this: ")
    assert llm.db.value("SELECT p.version FROM headway.llm_calls c JOIN headway.prompts p ON p.id = c.prompt_id") == 2


def test_a_long_call_is_read_in_parts_and_what_two_of_them_have_is_found_once(llm: GongDatabase) -> None:
    llm.db.sql("UPDATE headway.workspaces SET settings = settings || '{\"chunk_tokens\": 500}'")
    small_talk = [f"Ann: And then we talked about the weather of day number {day}, which was fine." for day in range(60)]
    words = "\n".join([*small_talk, "Bob: I wish we could export the reports to Excel, really.", *small_talk])
    llm.sandbox.script(*[found()] * 20)  # as if every part had it
    assert llm.finish(llm.give("long", words))["state"] == "done"
    asked = [entry["body"]["messages"][-1]["content"] for entry in llm.sandbox.journal("/openai") if "part" in entry["body"]["messages"][-1]["content"]]
    assert len(asked) > 5 and max(map(len, asked)) < 6000 and "(part 1 of" in asked[0]
    assert llm.db.value("SELECT count(*) FROM headway.llm_calls WHERE purpose = 'extract' AND status = 'ok'") == len(asked)
    assert llm.db.sql("SELECT quote, speaker FROM headway.feature_messages") == [("I wish we could export the reports to Excel", "Bob")]


def test_builtin_is_back_when_it_is_asked_for(llm: GongDatabase) -> None:
    llm.db.sql("SELECT headway_set_provider('llm', 'builtin')")
    assert llm.finish(llm.give())["state"] == "done"
    assert llm.sandbox.journal("/openai") == []
    assert calls(llm)[0][1] == "builtin"


@pytest.mark.parametrize("arguments, code", [
    ("'singing', 'openai'", "8W014"), ("'llm', 'oracle'", "8W014"), ("'llm', 'openai', '{\"api_key\": \"k\"}'", "8W014"),
    ("'llm', 'openai', '{}', '{\"model\": \"m\"}'", "8W006"), ("'llm', 'openai', '{\"key\": \"k\"}', '{\"model\": \"m\"}'", "8W006"),
    ("'llm', 'openai', '{\"api_key\": \"k\"}', '{\"model\": \"m\", \"base_url\": \"http://plain.example\"}'", "8W014"),
    ("'llm', 'builtin', '{\"api_key\": \"k\"}'", "8W006"), ("'llm', 'builtin', '{}', '{\"model\": \"m\"}'", "8W014")])
def test_what_cannot_be_set_is_refused(gong: GongDatabase, arguments: str, code: str) -> None:
    with pytest.raises(Exception) as refused:
        gong.db.sql(f"SELECT headway_set_provider({arguments})")
    assert refused.value.sqlstate == code
    assert gong.db.value("SELECT count(*) FROM headway._providers") == 0
