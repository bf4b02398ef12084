"""Embeddings: features and items as vectors, made in time, paid once, and what matching makes of them."""

import pytest

from harness.cluster import Cluster
from harness.gong import GongDatabase
from harness.killing import kill_and_recover
from harness.waiting import wait_until

WITHOUT = """SELECT count(*) FROM headway.features f WHERE merged_into IS NULL
             AND NOT EXISTS (SELECT FROM headway.feature_embeddings e WHERE e.feature_id = f.id)"""


def embed_run(gong: GongDatabase) -> str:
    """The latest run that turns features into vectors."""
    return str(gong.db.value("SELECT id FROM headway.runs WHERE kind = 'embed' ORDER BY created_at DESC LIMIT 1"))


def fill(gong: GongDatabase, count: int) -> None:
    """A catalogue that was there before."""
    gong.db.sql("""SELECT headway._create_feature(t.workspace_id, t.id, jsonb_build_object('title', 'Feature number ' || n, 'description', '',
                       'type', 'feature_request', 'urgency', 'low'))
                   FROM (SELECT * FROM headway.themes ORDER BY name LIMIT 1) t, generate_series(1, %s) n""", [count])


@pytest.mark.parametrize("provider", ["openai", "gemini"])
def test_a_catalogue_gets_its_vectors_when_a_provider_is_set(gong: GongDatabase, provider: str) -> None:
    fill(gong, 700)
    gong.embed_by_model(provider)
    status = gong.finish(embed_run(gong))
    assert (status["state"], status["total"], status["processed"]) == ("done", 700, 700)
    assert gong.db.value(WITHOUT) == 0
    assert gong.db.sql("SELECT DISTINCT model, dimensions FROM headway.feature_embeddings") == [(f"{provider} sandbox-embedding", 256)]
    journal = gong.sandbox.journal(f"/{provider}")
    assert [entry["violations"] for entry in journal if entry["violations"]] == [], "every request is as the vendor's rules want it"
    assert len(journal) == (2 if provider == "openai" else 7), "many texts go into one request"
    assert gong.db.sql("SELECT purpose, status, count(*), bool_and(input_tokens > 0) FROM headway.llm_calls GROUP BY 1, 2") == [
        ("embed", "ok", len(journal), True)]


def test_another_model_makes_other_vectors(gong: GongDatabase) -> None:
    fill(gong, 3)
    gong.embed_by_model()
    gong.finish(embed_run(gong))
    gong.embed_by_model(dimensions=32)
    gong.finish(embed_run(gong))
    assert gong.db.sql("SELECT model, dimensions, count(*) FROM headway.feature_embeddings GROUP BY 1, 2") == [("openai sandbox-embedding 32", 32, 3)]
    gong.db.sql("SELECT headway_set_provider('embedding', 'none')")
    assert gong.db.value("SELECT count(*) FROM headway.feature_embeddings") == 0
    assert gong.db.value("SELECT count(*) FROM headway.runs WHERE kind = 'embed'") == 2, "nobody is asked for none"


def test_a_kill_costs_no_text_that_has_its_vector(gong: GongDatabase) -> None:
    fill(gong, 700)
    gong.sandbox.faults({"kind": "hang", "path": "/gemini", "after": 4, "times": 1})
    gong.embed_by_model("gemini")
    wait_until(lambda: gong.db.value("SELECT count(*) FROM headway.embeddings") == 400, "four requests' vectors are kept")
    wait_until(gong.sandbox.in_flight, "the fifth is under way")
    assert kill_and_recover(gong, gong.db.workers()[0], embed_run(gong))["state"] == "done"
    assert gong.db.value(WITHOUT) == 0
    asked = gong.sandbox.journal("/gemini")
    assert sum(len(entry["body"]["requests"]) for entry in asked) == 300, "after the kill those that were missing"


def test_a_budget_holds_embeddings_too(gong: GongDatabase) -> None:
    fill(gong, 3)
    gong.db.sql("INSERT INTO headway.model_prices (provider, model, usage_kind, usd_per_million) VALUES ('openai', 'sandbox-embedding', 'input', 1000000)")
    gong.db.sql("SELECT headway_set_budget('day', 1)")
    gong.embed_by_model()
    wait_until(lambda: gong.db.value("SELECT count(*) FROM headway.tasks WHERE state = 'queued' AND error ->> 'kind' = 'over_budget'") == 1, "it waits for money")
    assert gong.sandbox.journal("/openai") == []
    gong.db.sql("SELECT headway_set_budget('day', 1000)")
    gong.finish(embed_run(gong), hurry=True)
    assert gong.db.value("SELECT cost_usd > 0 FROM headway.llm_calls") is True
    assert gong.db.value("SELECT spent_usd = (SELECT sum(cost_usd) FROM headway.llm_calls) AND reserved_usd = 0 FROM headway.budgets") is True


def test_an_item_that_becomes_a_feature_is_embedded_once(gong: GongDatabase) -> None:
    gong.embed_by_model()
    for name in ("c1", "c2"):
        gong.finish(gong.give(name))
    assert gong.db.value("SELECT mention_count FROM headway.features") == 2
    assert gong.db.value(WITHOUT) == 0
    assert len(gong.sandbox.journal("/openai/v1/embeddings")) == 1, "the second time its vector is there"
    linked = gong.db.sql("SELECT decided_by, confidence, shortlist -> 0 ->> 'cosine' FROM headway.match_decisions WHERE outcome = 'linked'")
    assert linked == [("similarity", 1.0, "1")]


def test_a_decision_by_likeness_is_explained(gong: GongDatabase) -> None:
    gong.read_by_model()
    gong.embed_by_model()
    gong.set_bands(0.7, 0.3)
    gong.finish(gong.ingest())
    told = gong.db.value("""SELECT headway_explain_match(d.feature_id, d.message_id) FROM headway.match_decisions d
                            WHERE d.decided_by = 'similarity' AND d.outcome = 'linked' AND d.confidence < 0.99 LIMIT 1""")
    assert told["decided_by"] == "similarity" and told["model"] is None and told["outcome"] == "linked"
    assert max(shown["cosine"] for shown in told["shortlist"]) == pytest.approx(told["answer"]["confidence"])
    assert "auto_match, 0.70" in told["answer"]["reasoning"]
    told = gong.db.value("""SELECT headway_explain_match(d.feature_id, d.message_id) FROM headway.match_decisions d
                            WHERE d.decided_by = 'similarity' AND d.outcome = 'created' AND d.shortlist <> '[]' LIMIT 1""")
    assert told["answer"]["is_duplicate"] is False and "auto_new, 0.30" in told["answer"]["reasoning"]


def test_a_question_of_a_session_is_answered_by_likeness(gong: GongDatabase) -> None:
    gong.read_by_model()
    gong.embed_by_model()
    gong.finish(gong.ingest())
    gong.set_bands(0.8, 0.3)
    before = gong.db.value("SELECT count(*) FROM headway.llm_calls WHERE purpose = 'match'")
    answer = gong.db.sql("SELECT is_duplicate, tokens_used, f.name FROM headway_match_feature('Save reports as an Excel spreadsheet', theme => 'Reporting & exports') m "
                         "JOIN headway.features f ON f.id = m.matching_feature_id")
    assert len(answer) == 1 and answer[0][:2] == (True, 0) and ("Excel" in answer[0][2] or "xlsx" in answer[0][2])
    assert gong.db.value("SELECT count(*) FROM headway.llm_calls WHERE purpose = 'match'") == before


def mentions(gong: GongDatabase) -> list[tuple]:
    """Which calls ask for the same: theme, type and calls of each feature."""
    return sorted(gong.db.sql("""SELECT t.name, f.type, array_agg(m.external_id ORDER BY m.external_id) FROM headway.features f
        JOIN headway.themes t ON t.id = f.theme_id JOIN headway.feature_messages fm ON fm.feature_id = f.id
        JOIN headway.messages m ON m.id = fm.message_id GROUP BY f.id, t.name, f.type"""))


def asked(gong: GongDatabase) -> int:
    """How many items the judge was asked about; those of a conversation share a call, so that calls would not tell what likeness spares."""
    return gong.db.value("""SELECT count(*) FROM headway.match_decisions d
        JOIN headway.llm_calls c ON c.workspace_id = d.workspace_id AND c.id = d.llm_call_id WHERE c.purpose = 'match' AND c.provider <> 'builtin'""")


@pytest.mark.parametrize("provider, bands, share", [("openai", None, 0.4), ("builtin", (0.6, 0.0), 0.5)])
def test_likeness_spares_the_judge_items_and_changes_no_result(gong: GongDatabase, cluster: Cluster, provider: str,
                                                                 bands: tuple[float, float] | None, share: float) -> None:
    gong.read_by_model()
    gong.finish(gong.ingest())
    gong.check_complete()
    with cluster.database(f"alike_{provider}") as database:
        alike = GongDatabase(database, gong.sandbox)
        alike.read_by_model()
        alike.embed_by_model(provider)
        if bands:
            alike.set_bands(*bands)
        alike.finish(alike.ingest())
        alike.check_complete()
        assert mentions(alike) == mentions(gong)
        assert asked(alike) <= share * asked(gong), f"{asked(alike)} items instead of {asked(gong)}"


QUOTA = {"error": {"message": "You exceeded your current quota", "type": "insufficient_quota", "param": None, "code": "insufficient_quota"}}
GONE = [("the key is wrong", {"key": "wrong"}, None, "HTTP status 401"),
        ("the model is unknown", {"model": "no-such-model"}, None, "HTTP status 404"),
        ("no money is left", {}, {"kind": "status", "status": 429, "body": QUOTA}, "the quota is used up"),
        ("nobody answers", {}, {"kind": "status", "status": 503}, "HTTP status 503")]


@pytest.mark.parametrize("settings, fault, told", [gone[1:] for gone in GONE], ids=[gone[0] for gone in GONE])
def test_when_embeddings_fail_for_good_words_and_the_judge_go_on(gong: GongDatabase, settings: dict, fault: dict | None, told: str) -> None:
    gong.read_by_model()
    if fault:
        gong.sandbox.faults(fault | {"path": "/openai/v1/embeddings"})
    gong.embed_by_model(**settings)
    run = gong.ingest()
    assert gong.finish(run)["state"] == "done", "no item fails for it, and none waits"
    gong.check_complete()
    assert gong.db.value("SELECT count(*) FROM headway.match_decisions d WHERE d.shortlist @? '$[*].cosine'") == 0
    ok, detail = gong.health("embeddings")
    assert not ok and told in detail
    warnings = gong.db.sql("SELECT message FROM headway.log WHERE run_id = %s AND level = 'warning' AND message LIKE 'embeddings failed%%'", [run])
    assert len(warnings) == 1 and told in warnings[0][0]
    run = gong.give()
    tries = len(gong.sandbox.journal("/openai/v1/embeddings"))
    gong.finish(run)
    assert len(gong.sandbox.journal("/openai/v1/embeddings")) == tries, "it is left alone for a while, and not tried for each item"

    gong.sandbox.no_faults()
    if fault:
        gong.db.sql("UPDATE headway._providers SET failed_at = failed_at - interval '1 hour'")
        gong.db.sql("SELECT headway_tick()")
    else:
        gong.embed_by_model()
    wait_until(lambda: gong.db.value(WITHOUT) == 0, "what is missing is made up for")
    assert gong.health("embeddings")[0]
