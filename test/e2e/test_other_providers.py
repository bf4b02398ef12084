"""Anthropic and Gemini as providers, servers of one's own, and the provider that stands by for the first."""

import json
import pathlib

import pytest

from harness.answers import WORDS, found
from harness.cluster import ROOT
from harness.gong import GongDatabase

FOUND = found()["content"]
QUOTA = {"error": {"message": "You exceeded your current quota", "type": "insufficient_quota", "param": None, "code": "insufficient_quota"}}


def calls(gong: GongDatabase) -> list[tuple]:
    return gong.db.sql("SELECT provider, status, error FROM headway.llm_calls ORDER BY started_at, id")


@pytest.mark.parametrize("provider", ["anthropic", "gemini"])
def test_the_main_job_is_done_by_the_model(gong: GongDatabase, provider: str) -> None:
    gong.read_by_model(provider=provider)
    assert gong.finish(gong.ingest())["state"] == "done"
    gong.check_complete()
    journal = gong.sandbox.journal(f"/{provider}")
    assert [entry["violations"] for entry in journal if entry["violations"]] == [], "every request is as the vendor's rules want it"
    assert gong.db.sql("""SELECT DISTINCT purpose, provider, request_model, response_model ~ '-2026$', status, input_tokens > 0, output_tokens > 0,
                          request_id ~ '^req_', prompt_id IS NOT NULL FROM headway.llm_calls ORDER BY 1""") == [
        (purpose, provider, f"sandbox-{'claude' if provider == 'anthropic' else 'gemini'}", True, "ok", True, True, True, True)
        for purpose in ("extract", "match")]
    assert gong.db.value("SELECT count(*) FROM headway.llm_calls") == len(journal), "each exchange has its row"
    if provider == "anthropic":
        assert gong.db.value("SELECT count(*) FROM headway.llm_calls WHERE cached_tokens = 0") < len(journal) / 2, "the prompts are read from the vendor's cache"
        assert gong.db.value("SELECT bool_or(cache_write_tokens > 0) AND bool_and(input_tokens > cached_tokens + cache_write_tokens) FROM headway.llm_calls"), (
            "and what went there first is told apart, since it has a price of its own")


def ask_local(gong: GongDatabase, server: str, **settings: str) -> None:
    gong.keep_answers(0)
    gong.db.sql("SELECT headway_set_provider('llm', 'openai', '{}', %s::jsonb)",
                [json.dumps({"model": "sandbox-1", "base_url": f"{gong.sandbox.url}/{server}/v1"} | settings)])


@pytest.mark.parametrize("server", ["ollama", "lmstudio", "llamacpp"])
def test_a_server_of_ones_own_does_the_main_job_without_a_key(gong: GongDatabase, server: str) -> None:
    ask_local(gong, server, token_limit="max_tokens")
    assert gong.finish(gong.ingest(max_items=5))["state"] == "done"
    journal = gong.sandbox.journal(f"/{server}")
    assert [entry["violations"] for entry in journal if entry["violations"]] == [], "it is asked in its dialect"
    assert gong.db.value("SELECT bool_and(input_tokens > 0 AND reasoning_tokens IS NOT DISTINCT FROM %s) FROM headway.llm_calls",
                         [None if server == "ollama" else 0]) is True, "what it does not count is unknown"


def test_an_error_that_is_a_text_is_an_error(gong: GongDatabase) -> None:
    ask_local(gong, "lmstudio", response_format="json_object")
    assert gong.finish(gong.give())["error"] == "the model's vendor refused with HTTP status 400"
    ask_local(gong, "llamacpp")
    gong.sandbox.faults({"kind": "status", "status": 503, "body": {"error": {"code": 503, "message": "Loading model"}}, "path": "/llamacpp", "times": 2})
    gong.sandbox.script(*[{"content": FOUND}] * 3)
    assert gong.finish(gong.give("c2"))["state"] == "done", "a model that is being loaded is waited for"


def test_a_model_without_schemas_is_made_to_call_a_tool(gong: GongDatabase) -> None:
    gong.read_by_model(provider="anthropic", model="sandbox-claude-old")
    status = gong.finish(gong.give())
    assert (status["state"], status["error"]) == ("failed", "the model's vendor refused with HTTP status 400")
    assert '"response_format": "tool"' in gong.db.value("SELECT error ->> 'hint' FROM headway.tasks WHERE state = 'failed'")
    gong.read_by_model(provider="anthropic", model="sandbox-claude-old", response_format="tool")
    gong.sandbox.script({"content": FOUND})
    assert gong.finish(gong.give("c2"))["state"] == "done"
    assert len(gong.features()) == 1


@pytest.mark.parametrize("provider", ["anthropic", "gemini"])
@pytest.mark.parametrize("answer, message", [
    ({"refusal": "I cannot help with that."}, {"anthropic": "the model refused to answer", "gemini": "the vendor's content filter withheld the answer"}),
    ({"content": "{", "finish_reason": "length"}, dict.fromkeys(("anthropic", "gemini"), "the model's answer was cut at its limit of tokens")),
], ids=["refusal", "cut"])
def test_a_useless_answer_fails_at_once_and_its_tokens_are_counted(gong: GongDatabase, provider: str, answer: dict, message: dict) -> None:
    gong.read_by_model(provider=provider)
    gong.sandbox.script(answer)
    status = gong.finish(gong.give())
    assert (status["state"], status["error"]) == ("failed", message[provider])
    assert calls(gong) == [(provider, "error", message[provider])]
    assert gong.db.value("SELECT input_tokens > 0 FROM headway.llm_calls") is True


@pytest.mark.parametrize("provider, status", [("anthropic", 529), ("anthropic", 500), ("gemini", 503), ("gemini", 500)])
def test_an_overloaded_vendor_is_asked_again(gong: GongDatabase, provider: str, status: int) -> None:
    gong.read_by_model(provider=provider)
    gong.sandbox.faults({"kind": "status", "status": status, "path": f"/{provider}", "times": 1})
    gong.sandbox.script({"content": FOUND}, {"content": FOUND})
    assert gong.finish(gong.give())["state"] == "done"
    assert [(name, outcome) for name, outcome, _ in calls(gong)] == [(provider, "error"), (provider, "ok")]


def test_a_wait_that_stands_in_the_body_is_obeyed(gong: GongDatabase) -> None:
    gong.read_by_model(provider="gemini")
    wait = {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [{"retryDelay": "1.5s"}]}}
    gong.sandbox.faults({"kind": "status", "status": 429, "body": wait, "path": "/gemini", "times": 1})
    gong.sandbox.script({"content": FOUND}, {"content": FOUND})
    assert gong.finish(gong.give())["state"] == "done"
    first, second = (entry["at"] for entry in gong.sandbox.journal("/gemini"))
    assert second - first >= 1.9, "a fraction of a second is rounded up"


@pytest.mark.parametrize("provider, code", [("anthropic", "authentication_error"), ("gemini", "API_KEY_INVALID")])
def test_a_wrong_key_says_what_to_do(gong: GongDatabase, provider: str, code: str) -> None:
    gong.read_by_model(key="wrong", provider=provider)
    assert gong.finish(gong.give())["state"] == "failed"
    error = gong.db.value("SELECT error FROM headway.tasks WHERE state = 'failed'")
    assert error["detail"] == code and "headway_set_provider" in error["hint"]
    assert {entry["headers"]["authorization"] for entry in gong.sandbox.journal(f"/{provider}")} == {"bad"}


def test_the_fallback_answers_when_the_quota_is_used_up(gong: GongDatabase) -> None:
    gong.read_by_model()
    gong.read_by_model(provider="anthropic", purpose="llm_fallback")
    gong.sandbox.faults({"kind": "status", "status": 429, "body": QUOTA, "path": "/openai"})
    assert gong.finish(gong.ingest())["state"] == "done"
    gong.check_complete()
    assert gong.db.sql("SELECT DISTINCT provider, status FROM headway.llm_calls ORDER BY 1") == [("anthropic", "ok"), ("openai", "error")]
    assert gong.db.value("""SELECT bool_and(c.provider = 'anthropic') FROM headway.match_decisions d JOIN headway.llm_calls c
                            ON c.workspace_id = d.workspace_id AND c.id = d.llm_call_id""") is True, "a decision points to the call that it came from"


@pytest.mark.parametrize("first", [{"kind": "status", "status": 503}, {"kind": "cut", "at": "headers"}, {"kind": "status", "status": 401}],
                         ids=["outage", "cut", "wrong key"])
def test_the_fallback_answers_when_the_first_is_down(gong: GongDatabase, first: dict) -> None:
    gong.read_by_model()
    gong.read_by_model(provider="gemini", purpose="llm_fallback")
    gong.sandbox.faults(first | {"path": "/openai"})
    gong.sandbox.script(*[{"content": FOUND}] * 9)
    assert gong.finish(gong.give())["state"] == "done"
    assert calls(gong)[-1][:2] == ("gemini", "ok")
    assert len(gong.features()) == 1


def test_the_builtin_reader_can_stand_by(gong: GongDatabase) -> None:
    gong.read_by_model()
    gong.db.sql("SELECT headway_set_provider('llm_fallback', 'builtin')")
    gong.sandbox.faults({"kind": "status", "status": 429, "body": QUOTA, "path": "/openai"})
    assert gong.finish(gong.give())["state"] == "done"
    assert [(name, outcome) for name, outcome, _ in calls(gong)][:2] == [("openai", "error"), ("builtin", "ok")]


def test_the_fallback_waits_while_waiting_is_all_it_takes(gong: GongDatabase) -> None:
    gong.read_by_model()
    gong.read_by_model(provider="anthropic", purpose="llm_fallback")
    gong.sandbox.faults({"kind": "status", "status": 429, "retry_after": 1, "path": "/openai", "times": 1})
    gong.sandbox.script(*[{"content": FOUND}] * 2)
    assert gong.finish(gong.give())["state"] == "done"
    assert gong.sandbox.journal("/anthropic") == []


def test_the_fallback_serves_whoever_asks_directly(gong: GongDatabase) -> None:
    gong.read_by_model()
    gong.read_by_model(provider="gemini", purpose="llm_fallback")
    gong.sandbox.faults({"kind": "status", "status": 429, "body": QUOTA, "path": "/openai"})
    gong.sandbox.script({"content": FOUND}, {"content": FOUND})
    assert gong.db.value("SELECT headway_extract_insights(%s) -> 'feature_requests' -> 0 ->> 'title'", [WORDS]) == "Export reports"


SAMPLES = ROOT.parent / "shared/samples"


def shape(value: object) -> object:
    """The names in a JSON value, without what stands under them."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else type(value).__name__


@pytest.mark.skipif(not SAMPLES.exists(), reason="samples of the vendors' answers do not lie beside the project")
@pytest.mark.parametrize("sample, path", [("anthropic/message_structured_output_ok.json", "/anthropic"), ("gemini/generate_json_ok.json", "/gemini")])
def test_the_sandbox_answers_in_the_vendors_shape(gong: GongDatabase, sample: str, path: str) -> None:
    real = json.loads((pathlib.Path(SAMPLES) / sample).read_text())
    ours = json.loads(ask_directly(gong, path))
    assert set(ours) <= set(real), "nothing that the vendor does not have"
    usage = "usage" if path == "/anthropic" else "usageMetadata"
    assert set(shape(ours)[usage]) <= set(shape(real)[usage])


def ask_directly(gong: GongDatabase, path: str) -> str:
    import urllib.request
    url, body = {
        "/anthropic": ("/anthropic/v1/messages", {"model": "sandbox-claude", "max_tokens": 10, "messages": [{"role": "user", "content": "x"}],
                       "output_config": {"format": {"type": "json_schema", "schema": {"type": "object", "additionalProperties": False,
                                                                                      "properties": {"feature_requests": {"type": "array"}}}}}}),
        "/gemini": ("/gemini/v1beta/models/sandbox-gemini:generateContent", {"contents": [{"role": "user", "parts": [{"text": "x"}]}], "generationConfig": {
            "responseMimeType": "application/json", "responseJsonSchema": {"properties": {"feature_requests": {"type": "array"}}}}}),
    }[path]
    headers = {"x-api-key": "sandbox-anthropic", "x-goog-api-key": "sandbox-gemini", "anthropic-version": "2023-06-01", "Content-Type": "application/json"}
    request = urllib.request.Request(gong.sandbox.url + url, method="POST", data=json.dumps(body).encode(), headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()
