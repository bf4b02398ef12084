"""The synchronous verbs: a worker talks for the session, which waits for the answer and may stop waiting at any time."""

import json
import threading
import time

import psycopg
import pytest

from harness.answers import WORDS, found, verdict
from harness.cluster import ROOT, Cluster
from harness.gong import GongDatabase
from harness.waiting import holds_for, wait_until

PROMPT = 0.1  # seconds within which a stop must act
EXTRACT = "SELECT headway_extract_insights(%s)"
VERBS = {
    "match": "SELECT * FROM headway_match_feature('Export reports', existing_features => "
             "'[{\"id\": \"00000000-0000-4000-8000-000000000001\", \"title\": \"Exporting reports\"}]')",
    "extract": f"SELECT headway_extract_insights('{WORDS}')",
    "test": "SELECT headway_test_connector('gong')",
}


def calls(gong: GongDatabase) -> list[tuple]:
    return gong.db.sql("SELECT purpose, status FROM headway.llm_calls ORDER BY started_at, id")


def asking(gong: GongDatabase) -> list[int]:
    return [pid for (pid,) in gong.db.sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'headway inquiry' AND datname = current_database()")]


# Connectors.

def test_a_connector_that_works_says_so(gong: GongDatabase) -> None:
    result = gong.db.value("SELECT headway_test_connector('gong')")
    assert (result["ok"], result["status"]) == (True, 200) and result["latency_ms"] >= 0
    assert result["detail"].startswith("calls: ")
    [entry] = gong.sandbox.journal("/v2/")
    assert entry["status"] in (200, 404) and entry["violations"] == [], "it was one request, as the vendor wants it"
    assert gong.db.value("SELECT count(*) FROM headway.messages") == 0, "nothing is stored"
    assert gong.db.value("SELECT count(*) FROM headway.runs") == 0


def test_a_vendor_that_says_no_is_a_result(gong: GongDatabase) -> None:
    gong.db.sql("SELECT headway_set_credentials('gong', '{\"access_key\": \"wrong\", \"secret_key\": \"very-wrong\"}')")
    result = gong.db.value("SELECT headway_test_connector('gong')")
    assert (result["ok"], result["status"]) == (False, 401)
    assert "headway_set_credentials" in result["detail"] and "wrong" not in result["detail"]


def test_a_vendor_that_cannot_be_reached_is_a_result(gong: GongDatabase) -> None:
    gong.sandbox.faults({"kind": "cut", "path": "/v2/calls/extensive"})
    result = gong.db.value("SELECT headway_test_connector('gong')")
    assert (result["ok"], result["status"]) == (False, None) and result["detail"]


def test_an_unknown_connector_is_an_error(gong: GongDatabase) -> None:
    assert gong.db.refused("SELECT headway_test_connector('gnog')").sqlstate == "8W005"


# Matching.

def test_a_feature_is_matched_and_nothing_changes_but_the_log(llm: GongDatabase) -> None:
    llm.sandbox.script(verdict("00000000-0000-4000-8000-000000000001"))
    with llm.db.connect() as connection:
        connection.execute("BEGIN")
        row = connection.execute(VERBS["match"]).fetchone()
        connection.execute("ROLLBACK")
    is_duplicate, feature, confidence, reasoning, tokens, shortlist = row
    assert (is_duplicate, str(feature), reasoning) == (True, "00000000-0000-4000-8000-000000000001", "So it is.")
    assert confidence == pytest.approx(0.9) and tokens > 0 and shortlist[0]["name"] == "Exporting reports"
    assert calls(llm) == [("match", "ok")], "the caller's rollback loses no record of a call"
    assert llm.db.sql("SELECT run_id, task_id, input_tokens + output_tokens FROM headway.llm_calls") == [(None, None, tokens)]


def test_below_the_threshold_it_is_no_duplicate(llm: GongDatabase) -> None:
    for threshold, expected in ((0.95, False), (0.85, True)):
        llm.sandbox.script(verdict("00000000-0000-4000-8000-000000000001"))
        assert llm.db.value(VERBS["match"].replace("'Export reports',", f"'Export reports', threshold => {threshold},")) is expected


def test_features_of_the_callers_open_transaction_are_compared_with(llm: GongDatabase) -> None:
    with llm.db.connect() as connection:
        connection.execute("BEGIN")
        theme = connection.execute("SELECT headway_add_theme('Brand new')").fetchone()[0]
        connection.execute("SET ROLE headway_worker")
        feature = connection.execute("INSERT INTO headway.features (workspace_id, theme_id, name, type, theme_seq) VALUES (%s, %s, 'Dark mode', "
                                     "'feature_request', 1) RETURNING id", [llm.workspace, theme]).fetchone()[0]
        connection.execute("RESET ROLE")
        llm.sandbox.script(verdict(str(feature)))
        row = connection.execute("SELECT is_duplicate, matching_feature_id FROM headway_match_feature('A dark mode', theme => 'Brand new')").fetchone()
        assert row == (True, feature)


# Reading.

def test_a_transcript_is_read_with_what_the_caller_tells(llm: GongDatabase) -> None:
    llm.sandbox.script(found(theme="Exports"))
    insights = llm.db.value("SELECT headway_extract_insights(%s, 'Acme Corp', 1200, '[\"Exports\", {\"name\": \"Speed\", \"description\": \"Slowness\"}]')",
                            [WORDS])
    [item] = insights["feature_requests"]
    assert (item["theme"], item["quote_status"], item["speaker"]) == ("Exports", "verified", "Bob")
    question = llm.sandbox.journal("/openai")[-1]["body"]["messages"][-1]["content"]
    assert "Customer: Acme Corp, monthly revenue 1200" in question and "- Speed: Slowness" in question
    assert llm.db.value("SELECT count(*) FROM headway.messages") == 0
    assert calls(llm) == [("extract", "ok")]


def test_what_the_model_refuses_is_an_error_and_logged(llm: GongDatabase) -> None:
    llm.sandbox.script({"refusal": "I will not."})
    error = llm.db.refused(EXTRACT, [WORDS])
    assert error.sqlstate == "8W016" and "I will not" not in str(error), "the model's words stay out of errors"
    assert calls(llm) == [("extract", "error")]


def test_a_passing_fault_is_tried_again_while_the_session_waits(llm: GongDatabase) -> None:
    llm.sandbox.faults({"kind": "status", "status": 503, "path": "/openai", "times": 1})
    llm.sandbox.script(found(), found())
    assert llm.db.value(EXTRACT, [WORDS])["feature_requests"]
    assert calls(llm) == [("extract", "error"), ("extract", "ok")]


def test_a_lock_of_the_session_itself_is_an_error_with_the_way_out(llm: GongDatabase) -> None:
    llm.db.sql("SELECT headway_set_budget('day', 5)")
    with llm.db.connect() as session:
        session.execute("BEGIN")
        session.execute("SELECT headway_set_budget('day', 8)")
        with pytest.raises(psycopg.Error) as error:
            session.execute(EXTRACT, [WORDS])
        assert "needs a row that somebody else has locked" in str(error.value) and "commit" in error.value.diag.message_hint


def test_what_is_asked_in_the_transaction_that_makes_its_workspace_is_logged(llm: GongDatabase) -> None:
    llm.keep_answers(60)
    with llm.db.connect() as session:
        session.execute("BEGIN")
        session.execute("SELECT headway_add_workspace('fresh')")
        session.execute("SELECT headway_add_theme('Reporting & exports', 'Reports', workspace => 'fresh')")
        session.execute("SELECT headway_set_provider('llm', 'openai', '{\"api_key\": \"sandbox-openai\"}', %s::jsonb, workspace => 'fresh')",
                        [json.dumps({"model": "sandbox-1", "base_url": llm.sandbox.openai_url})])
        insights = session.execute("SELECT headway_extract_insights(%s, workspace => 'fresh')", [WORDS]).fetchone()[0]
        assert "feature_requests" in insights
        session.execute("ROLLBACK")
    assert calls(llm) == [("extract", "ok")], "the call has been made, whatever becomes of the workspace"


def test_a_lock_on_the_log_of_calls_costs_time_and_no_record(llm: GongDatabase) -> None:
    llm.sandbox.faults({"kind": "hang", "path": "/openai"})
    llm.sandbox.script(found())
    answers: list[dict] = []
    thread = threading.Thread(target=lambda: answers.append(llm.db.value(EXTRACT, [WORDS])))
    thread.start()
    wait_until(llm.sandbox.in_flight, "the request is under way")
    with llm.db.connect() as builder:
        builder.execute("BEGIN")
        builder.execute("LOCK headway.llm_calls IN SHARE MODE")  # as CREATE INDEX does
        llm.sandbox.release()
        holds_for(thread.is_alive, "the session waits it out", 4)
        builder.execute("ROLLBACK")
    thread.join(timeout=10)
    assert answers and calls(llm) == [("extract", "ok")]


# Items that wait.

@pytest.fixture
def waiting(llm: GongDatabase) -> tuple[GongDatabase, str]:
    """A workspace with an item that no theme was found for."""
    return llm, unmatched(llm, found(theme_confidence=0.2))


def unmatched(llm: GongDatabase, answer: dict) -> str:
    llm.sandbox.script(answer)
    llm.db.sql("SELECT headway_ingest_transcript(%s, %s)", [f"w{time.monotonic_ns()}", WORDS])
    wait_until(lambda: llm.db.value("SELECT bool_and(is_processed) FROM headway.messages"), "it is read")
    return str(llm.db.value("SELECT id FROM headway.unmatched_features WHERE resolved_feature_id IS NULL"))


def test_an_item_that_waits_becomes_a_feature(waiting) -> None:
    llm, item = waiting
    with llm.db.connect() as connection:
        connection.execute("BEGIN")
        assert connection.execute("SELECT is_duplicate FROM headway_match_unmatched(%s)", [item]).fetchone() == (False,)
        connection.execute("ROLLBACK")
    assert llm.db.value("SELECT count(*) FROM headway.features") == 0, "what the verb applies is part of the caller's transaction"
    llm.db.sql("SELECT headway_match_unmatched(%s)", [item])
    assert llm.db.sql("SELECT f.name, f.mention_count, m.quote_status, m.speaker, d.outcome FROM headway.unmatched_features u "
                      "JOIN headway.features f ON f.id = u.resolved_feature_id JOIN headway.feature_messages m ON m.feature_id = f.id "
                      "JOIN headway.match_decisions d ON d.id = m.decision_id") == [("Export reports", 1, "verified", "Bob", "created")]
    error = llm.db.refused("SELECT headway_match_unmatched(%s)", [item])
    assert error.sqlstate == "8W017" and "It has become feature" in str(error.diag.message_detail)


def test_an_item_that_waits_becomes_a_mention_of_what_is_known(waiting) -> None:
    llm, first = waiting
    llm.db.sql("SELECT headway_match_unmatched(%s)", [first])
    second = unmatched(llm, found(theme="Nowhere", title="Exporting reports"))
    feature = str(llm.db.value("SELECT id FROM headway.features"))
    llm.sandbox.script(verdict(feature))
    row = llm.db.sql("SELECT is_duplicate, matching_feature_id::text FROM headway_match_unmatched(%s)", [second])
    assert row == [(True, feature)], "without a theme, all themes' features are compared"
    assert llm.db.sql("SELECT mention_count FROM headway.features") == [(2,)]
    assert llm.db.value("SELECT count(*) FROM headway.unmatched_features WHERE resolved_feature_id IS NULL") == 0


def test_without_a_theme_what_is_new_goes_on_waiting(llm: GongDatabase) -> None:
    item = unmatched(llm, found(theme="Nowhere"))
    with llm.db.connect() as connection:
        notices: list[str] = []
        connection.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
        assert connection.execute("SELECT is_duplicate FROM headway_match_unmatched(%s)", [item]).fetchone() == (False,)
    assert notices == ["the item goes on waiting"]
    assert llm.db.value("SELECT count(*) FROM headway.features") == 0


def test_a_quote_that_nobody_said_is_not_counted_with_its_item(llm: GongDatabase) -> None:
    item = unmatched(llm, found(quote="We would pay double."))
    llm.db.sql("SELECT headway_match_unmatched(%s)", [item])
    assert llm.db.sql("SELECT quote, quote_status FROM headway.feature_messages") == [(None, None)]


# Stopping.

@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("way", ["cancel", "statement_timeout"])
def test_the_wait_ends_at_once_whatever_the_vendor_does(llm: GongDatabase, verb: str, way: str) -> None:
    llm.sandbox.faults({"kind": "hang", "path": "/openai"}, {"kind": "hang", "path": "/v2/calls/extensive"})
    state, seconds = stopped(llm, VERBS[verb], way, ready=llm.sandbox.in_flight)
    assert state == "57014" and seconds < PROMPT, seconds
    llm.sandbox.release()
    wait_until(lambda: not asking(llm), "the worker leaves")
    if verb != "test":
        assert calls(llm) == [(verb, "ok")], "what was paid for is logged though nobody waits for it any more"


def stopped(gong: GongDatabase, statement: str, way: str, ready) -> tuple[str | None, float]:
    """Runs the statement until it is stopped once `ready`: its SQLSTATE, and the seconds from the stop to its end."""
    outcome: dict[str, object] = {}
    timeout = 1.5  # seconds, by which the request must be under way

    def run() -> None:
        with gong.db.connect() as connection:
            outcome["connection"] = connection
            if way == "statement_timeout":
                connection.execute(f"SET statement_timeout = '{timeout}s'")
            outcome["begun"] = time.monotonic()
            try:
                connection.execute(statement)
            except psycopg.Error as error:
                outcome["state"], outcome["at"] = error.sqlstate, time.monotonic()

    thread = threading.Thread(target=run)
    thread.start()
    wait_until(ready, "the request is under way")
    stop = time.monotonic()
    if way == "cancel":
        outcome["connection"].cancel()
    else:
        stop = outcome["begun"] + timeout
    thread.join(timeout=10)
    return outcome.get("state"), outcome["at"] - stop


def test_stopping_the_workers_ends_the_wait_with_an_error(llm: GongDatabase) -> None:
    llm.sandbox.faults({"kind": "hang", "path": "/openai"})
    outcome: list[psycopg.Error] = []
    thread = threading.Thread(target=lambda: outcome.append(llm.db.refused(EXTRACT, [WORDS])))
    thread.start()
    wait_until(llm.sandbox.in_flight, "the request hangs")
    llm.db.sql("SELECT headway_stop()")
    thread.join(timeout=5)
    assert outcome[0].sqlstate == "8W016" and "without an answer" in str(outcome[0])
    error = llm.db.refused(EXTRACT, [WORDS])
    assert error.sqlstate == "8W015" and "headway_start" in str(error.diag.message_hint)


def test_a_database_can_be_dropped_while_a_forsaken_worker_still_listens(llm: GongDatabase, cluster: Cluster) -> None:
    llm.sandbox.faults({"kind": "hang", "path": "/openai"})
    stopped(llm, VERBS["extract"], "cancel", ready=llm.sandbox.in_flight)
    assert asking(llm), "it waits for what was paid for"
    start = time.monotonic()
    cluster.sql(f'DROP DATABASE "{llm.db.name}"')
    assert time.monotonic() - start < 5
    llm.sandbox.release()


@pytest.fixture(scope="module")
def deaf() -> Cluster:
    """A cluster that gets no answer from its name server."""
    deaf = Cluster(preload=ROOT / "build/border/hanging_dns.so", max_worker_processes="4")
    yield deaf
    deaf.remove()


@pytest.mark.parametrize("way", ["cancel", "statement_timeout"])
@pytest.mark.parametrize("verb", VERBS)
def test_the_wait_ends_at_once_though_a_name_is_never_resolved(deaf: Cluster, sandbox, verb: str, way: str) -> None:
    with deaf.database(f"{verb}_{way}") as database:
        gong = GongDatabase(database, sandbox, base_url="https://hanging.example")
        gong.read_by_model(base_url="https://hanging.example/v1")
        state, seconds = stopped(gong, VERBS[verb], way, ready=lambda: asking(gong))
        assert state == "57014" and seconds < PROMPT, seconds
        if verb == "test":
            wait_until(lambda: not asking(gong), "a worker whom nothing is owed leaves")


def test_without_a_slot_the_error_says_what_to_do(sandbox) -> None:
    small = Cluster(headway__allowed_private_hosts="127.0.0.1", max_worker_processes="1")
    try:
        with small.database("crowded") as database:
            gong = GongDatabase(database, sandbox)
            for statement in VERBS.values():
                error = gong.db.refused(statement)
                assert error.sqlstate == "8W015" and error.diag.message_primary == "no slot for a background worker is free"
                assert "max_worker_processes is 1" in str(error.diag.message_detail) and "Raise max_worker_processes" in str(error.diag.message_hint)
    finally:
        small.remove()


def test_questions_that_nobody_waits_for_leave_room_for_the_queue(sandbox) -> None:
    small = Cluster(headway__allowed_private_hosts="127.0.0.1", max_worker_processes="8")
    try:
        with small.database("busy") as database:
            gong = GongDatabase(database, sandbox)
            gong.read_by_model()
            sandbox.faults({"kind": "hang", "path": "/openai"})
            def is_full() -> bool:
                return gong.db.refused(f"SET statement_timeout = '1s'; {VERBS['extract']}").sqlstate == "8W015"
            wait_until(is_full, "no further question is taken")
            assert len(asking(gong)) <= 6, "of eight places"
            gong.db.sql("SELECT headway_set_provider('llm', 'builtin'); SELECT headway_ingest_transcript('m', 'Ann: Hello there.')")
            wait_until(lambda: gong.db.value("SELECT is_processed FROM headway.messages"), "the queue goes on", 10)
            sandbox.release()
    finally:
        small.remove()


# Rights.

def test_a_stranger_may_ask_nothing_in_somebody_elses_workspace(llm: GongDatabase, cluster: Cluster) -> None:
    cluster.sql("DROP ROLE IF EXISTS stranger")
    cluster.sql("CREATE ROLE stranger LOGIN IN ROLE headway_operator")
    try:
        for statement in VERBS.values():
            assert llm.db.refused(statement, user="stranger").sqlstate == "8W001"
        assert llm.db.refused("SELECT headway._inquire('{}')", user="stranger").sqlstate == "42501"
    finally:
        cluster.sql("DROP ROLE stranger")
