"""Whatever goes wrong, the server's log at its most talkative repeats none of the words that headway was trusted with.

Words are handed over as parameters: the text of a client's own statement, which the server logs with an error, is the
client's. All that remains is what headway's functions and workers say.
"""

import json
import threading
from typing import Any

import psycopg
import pytest

from harness.answers import found
from harness.cluster import Cluster
from harness.gong import GongDatabase
from harness.sandbox import corpus
from harness.waiting import wait_until


def mark(what: str) -> str:
    """A word that stands nowhere else."""
    return f"qx{what}xq"


MARKS = ("transcript", "title", "person", "metadata", "customer", "theme", "feature", "credential", "vendor", "model", "prompt")
WORDS = f"Ann: Hello.\nBob: I wish we could export the {mark('transcript')} reports to Excel, really."
ITEM = {"title": mark("model"), "description": mark("model"), "quote": f"I wish we could export the {mark('transcript')} reports to Excel"}


class Ear:
    """What the server has logged since it began to listen."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._start = len(cluster.log())

    def heard(self) -> str:
        return self._cluster.log()[self._start:]

    def marks(self) -> list[str]:
        return [line for line in self.heard().splitlines() if any(mark(what) in line for what in MARKS)]


@pytest.fixture
def ear(cluster: Cluster) -> Ear:
    return Ear(cluster)


@pytest.fixture
def trusted(gong: GongDatabase) -> GongDatabase:
    """A workspace with marked words in all that it keeps, a marked call at the vendor, and a language model."""
    gong.db.sql("ALTER TABLE headway.tasks ALTER max_attempts SET DEFAULT 1")  # what fails is not waited for
    template = gong.db.value("SELECT template FROM headway.prompts WHERE name = 'extract' AND is_active")
    gong.db.sql("INSERT INTO headway.prompts (workspace_id, name, version, system, template, answer_schema) SELECT %s, name, 9, system, %s, answer_schema "
                "FROM headway.prompts WHERE name = 'extract' AND is_active", [gong.workspace, f"{mark('prompt')} {template}"])
    gong.db.sql("SELECT headway_add_theme(%s, %s)", [mark("theme"), mark("theme")])
    gong.db.sql("SELECT headway_set_provider('llm', 'openai', '{\"api_key\": \"sandbox-openai\"}', %s::jsonb)",
                [json.dumps({"model": "sandbox-1", "base_url": gong.sandbox.openai_url})])
    call = corpus("holdout-01")
    call["turns"][0]["sentences"][0] = f"I wish we could export the {mark('transcript')} reports to Excel."
    call["title"] = mark("title")
    gong.sandbox.put_call(call)
    yield gong
    gong.sandbox.drop_call(call["id"])


def tell(gong: GongDatabase, external_id: str, *answers: dict) -> None:
    """Gives a marked transcript, about which the model says `answers`."""
    gong.sandbox.script(*answers)
    gong.db.sql("SELECT headway_ingest_transcript(%s, %s, metadata => %s::jsonb, channel_name => %s, author_name => %s, author_email => %s, title => %s)",
                [external_id, WORDS, json.dumps({"note": mark("metadata")}), mark("person"), mark("person"), mark("person"), mark("title")])


def marked(**changes: Any) -> dict:
    return found(**ITEM | changes)


def await_end(gong: GongDatabase) -> set[str]:
    """Until no run goes on: the states in which they have ended."""
    wait_until(lambda: gong.db.value("SELECT bool_and(state IN ('done', 'failed', 'cancelled')) FROM headway.runs"), "every run ends")
    return {state for (state,) in gong.db.sql("SELECT state FROM headway.runs")}


def test_words_that_are_logged_are_heard(gong: GongDatabase, ear: Ear) -> None:
    for what in MARKS:
        gong.db.refused("SELECT %s::uuid", [mark(what)])
    assert len(ear.marks()) == len(MARKS), "what the server itself quotes is found in its log"


def test_a_job_that_goes_well_is_silent(trusted: GongDatabase, ear: Ear) -> None:
    trusted.finish(trusted.ingest())
    tell(trusted, "well", marked())
    assert await_end(trusted) == {"done"}
    assert trusted.db.value("SELECT count(*) FROM headway.messages WHERE content LIKE %s", [f"%{mark('transcript')}%"]) == 2
    assert trusted.db.value("SELECT count(*) FROM headway.features WHERE name = %s", [mark("model")]) == 1
    assert ear.marks() == []


@pytest.mark.parametrize("rule", [
    {"kind": "status", "status": 400, "body": {"error": {"message": mark("vendor"), "code": mark("vendor") * 9}}},
    {"kind": "status", "status": 503, "body": f"<h1>{mark('vendor')}</h1>", "times": 1},
    {"kind": "malformed", "variant": "truncated"}, {"kind": "malformed", "variant": "nul"}, {"kind": "malformed", "variant": "deep"},
    {"kind": "redirect", "location": f"http://{mark('vendor')}.example/"}, {"kind": "cut"},
], ids=lambda rule: "-".join(str(value) for value in (rule["kind"], rule.get("status"), rule.get("variant")) if value))
@pytest.mark.parametrize("path", ["/v2/calls", "/openai"])
def test_a_vendor_that_fails_is_not_repeated(trusted: GongDatabase, ear: Ear, path: str, rule: dict) -> None:
    trusted.sandbox.faults(rule | {"path": path})
    if path == "/openai":
        tell(trusted, "f")
        try:
            trusted.db.sql("SELECT headway_extract_insights(%s, %s)", [WORDS, mark("customer")])
        except psycopg.Error as error:
            assert error.sqlstate == "8W016"
    else:
        trusted.ingest()
        trusted.db.sql("SELECT headway_test_connector('gong')")
    await_end(trusted)
    assert ear.marks() == []


@pytest.mark.parametrize("answer", [
    {"content": f"Sure: {mark('model')}"}, {"content": f'{{"feature_requests": ["{mark("model")}"'}, {"refusal": mark("model")},
    {"content": json.dumps({"feature_requests": mark("model")})}, {"content": json.dumps({"is_duplicate": mark("model"), "matching_feature_id": mark("model")})},
    {"finish_reason": "length"}, marked(theme=mark("model")), marked(quote=mark("model")), marked(urgency=mark("model"), theme_confidence=mark("model")),
], ids=["prose", "half JSON", "refusal", "another type", "another answer", "cut off", "unknown theme", "invented quote", "wrong values"])
def test_a_model_that_talks_nonsense_is_not_repeated(trusted: GongDatabase, ear: Ear, answer: dict) -> None:
    tell(trusted, "n", answer)
    await_end(trusted)
    for statement, parameters in (("SELECT headway_extract_insights(%s)", [WORDS]),
                                  ("SELECT * FROM headway_match_feature(%s, existing_features => %s::jsonb)", [mark("feature"), features(mark("feature"))])):
        trusted.sandbox.reset()
        trusted.sandbox.script(answer)
        try:
            trusted.db.sql(statement, parameters)
        except psycopg.Error as error:
            assert error.sqlstate == "8W016"
    assert ear.marks() == []


def features(*titles: str) -> str:
    return json.dumps([{"id": f"00000000-0000-4000-8000-{n:012}", "title": title} for n, title in enumerate(titles)])


def test_bad_input_is_not_repeated(trusted: GongDatabase, ear: Ear) -> None:
    matched = "SELECT headway_match_feature(%s, existing_features => %s::jsonb)"
    for state, statement, *parameters in (
            ("8W017", matched, mark("feature"), json.dumps([{"id": "1", "title": mark("feature")}])),
            ("8W017", matched, mark("feature"), json.dumps({"title": mark("feature")})),
            ("8W017", matched, mark("title") * 200, "[]"),
            ("8W003", "SELECT headway_extract_insights(%s, %s, 1, %s::jsonb)", WORDS, mark("customer"), json.dumps([{"title": mark("theme")}])),
            ("8W003", "SELECT headway_extract_insights(%s, %s, 1, %s::jsonb)", WORDS, mark("customer"), json.dumps({"x": mark("theme")})),
            ("8W009", "SELECT headway_ingest_transcript('big', %s)", WORDS * 200_000),
            ("8W009", "SELECT headway_ingest_transcript(%s, '', title => %s)", "empty", mark("title")),
            ("8W009", "SELECT headway_ingest_transcript('odd', %s, metadata => to_jsonb(%s::text))", WORDS, mark("metadata")),
            ("8W009", "SELECT headway_add_recording('r', '1', '2', now(), transcript => %s, metadata => to_jsonb(%s::text))", WORDS, mark("metadata")),
            ("8W006", "SELECT headway_set_credentials('gong', jsonb_build_object('access_key', %s::text))", mark("credential")),
            ("8W006", "SELECT headway_set_provider('llm', 'openai', jsonb_build_object('key', %s::text), '{\"model\": \"m\"}')", mark("credential"))):
        assert trusted.db.refused(statement, parameters).sqlstate == state, statement
    assert "8W017" in ear.heard(), "errors are logged"
    assert ear.marks() == []


def test_another_transcript_under_a_known_id_is_not_repeated(trusted: GongDatabase, ear: Ear) -> None:
    tell(trusted, "twice", marked())
    assert trusted.db.refused("SELECT headway_ingest_transcript('twice', %s)", [WORDS + mark("transcript")]).sqlstate == "8W009"
    await_end(trusted)
    assert ear.marks() == []


@pytest.mark.parametrize("table, column", [("messages", "content"), ("messages", "ai_insights"), ("tasks", "payload"), ("features", "name")])
def test_a_row_that_cannot_be_stored_is_not_repeated(trusted: GongDatabase, ear: Ear, table: str, column: str) -> None:
    trusted.db.sql(f"ALTER TABLE headway.{table} ADD CONSTRAINT unmarked CHECK ({column}::text !~ 'qx[a-z]+xq')")
    if column != "content":
        tell(trusted, "unstorable", *[marked()] * 9)
        assert "failed" in await_end(trusted), "the worker's transaction fails"
    else:
        assert trusted.db.refused("SELECT headway_ingest_transcript('unstorable', %s)", [WORDS]).sqlstate == "8W009"
        trusted.finish(trusted.ingest())
        assert trusted.db.value("SELECT reason FROM headway.run_items WHERE outcome = 'failed'") == "it could not be stored: error 23514"
    assert ear.marks() == []


MAPPERS = {
    "an error": "RAISE EXCEPTION '%', records",
    "a failed cast": "PERFORM (records #>> '{0,record,metaData,title}')::uuid",
    "a warning": "RAISE WARNING '%', records",
    "a log line": "RAISE LOG '%', records",
    "debugging": "RAISE DEBUG '%', records; RAISE INFO '%', records",
}


@pytest.mark.parametrize("way", MAPPERS)
def test_what_a_mapper_says_of_its_records_stays_unsaid(trusted: GongDatabase, ear: Ear, way: str) -> None:
    trusted.db.sql(f"CREATE FUNCTION loud(records jsonb, settings jsonb) RETURNS SETOF headway.draft LANGUAGE plpgsql AS $body$BEGIN {MAPPERS[way]}; END$body$")
    trusted.db.sql("SELECT headway_register_connector_type('loud', (SELECT spec FROM headway.connector_types WHERE name = 'gong'), 'loud(jsonb, jsonb)')")
    trusted.db.sql("SELECT headway_add_connector('loud', '{\"access_key\": \"sandbox-access\", \"secret_key\": \"sandbox-secret\"}', %s::jsonb)",
                   [json.dumps({"base_url": trusted.sandbox.url})])
    trusted.db.sql("SELECT headway_ingest('loud')")
    await_end(trusted)
    assert trusted.db.value("SELECT count(*) FROM headway.run_items WHERE outcome = 'failed'") > 0
    assert ear.marks() == []


@pytest.mark.parametrize("end", ["pg_cancel_backend(pid)", "pg_terminate_backend(pid)", "headway_stop()"])
def test_a_worker_that_is_stopped_does_not_say_what_it_held(trusted: GongDatabase, ear: Ear, end: str) -> None:
    trusted.sandbox.faults({"kind": "hang", "path": "/openai"})
    tell(trusted, "held")
    asking = threading.Thread(target=lambda: trusted.db.refused("SELECT headway_extract_insights(%s, %s)", [WORDS, mark("customer")]))
    asking.start()
    wait_until(lambda: trusted.sandbox.in_flight() == 2, "the worker and the session's own both wait for the model")
    trusted.db.sql(f"SELECT {end} FROM pg_stat_activity WHERE backend_type LIKE 'headway%%' AND datname = current_database()")
    asking.join(timeout=10)
    trusted.sandbox.reset()
    trusted.db.await_no_workers()
    trusted.db.sql("SELECT headway_start()")  # what was held is taken up again
    await_end(trusted)
    assert ear.marks() == []


def test_linking_is_silent_well_or_badly(trusted: GongDatabase, ear: Ear) -> None:
    """Customers and calls with marked words: linked, ambiguous, and not to be linked since a table of the app's is gone."""
    db = trusted.db
    name = f"Ann {mark('customer')}"
    db.sql("INSERT INTO headway.customers (workspace_id, name, phone, region, email, external_id) VALUES (%(w)s, %(n)s, '415 555 0101', 'US', %(e)s, 'a'), "
           "(%(w)s, %(n)s, '415 555 0102', 'US', NULL, 'b'), (%(w)s, %(n)s, '415 555 0102', 'US', NULL, 'c')",
           {"w": trusted.workspace, "n": name, "e": f"{mark('person')}@{mark('customer')}.example"})
    call = "SELECT headway_add_recording(%s, %s, '415 555 0199', now(), transcript => %s, ai_insights => '{}')"
    db.sql(call, ["one", "415 555 0101", WORDS])
    trusted.sandbox.script({"content": json.dumps({"candidate": mark("model"), "confidence": 1, "reasoning": mark("model")})})
    db.sql(call, ["two", "415 555 0102", WORDS])
    assert await_end(trusted) == {"done"}
    assert db.sql("SELECT link_status FROM headway.recordings ORDER BY external_id") == [("customer_only",), ("ambiguous",)]
    assert ear.marks() == []

    db.sql("CREATE TABLE theirs (id int, phone text, name text)")
    db.sql("SELECT headway_use_customers('theirs', '{\"id\": \"id\", \"phone\": \"phone\", \"name\": \"name\"}')")
    db.sql("ALTER TABLE theirs RENAME COLUMN name TO called")
    db.sql(call, ["three", "415 555 0103", WORDS])
    db.sql("SELECT headway_tick()")
    assert db.value("SELECT link_status FROM headway.recordings WHERE external_id = 'three'") == "pending"
    assert ear.marks() == []
