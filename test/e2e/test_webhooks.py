"""A call that Gong sends by itself is stored, read and matched once; what is not Gong's leaves nothing behind."""

import json
import threading
from typing import Any, Iterator

import pytest

from harness import invariants
from harness.cluster import Cluster, Database
from harness.gong import GongDatabase
from harness.sandbox import corpus
from harness import vendors, webhooks
from harness.source import SourceDatabase
from harness.waiting import wait_until
from harness.webhooks import GongRule

ADDRESS = "https://app.example/hooks/gong"


@pytest.fixture(scope="module")
def rule() -> GongRule:
    return GongRule()


@pytest.fixture
def hooked(gong: GongDatabase, rule: GongRule) -> Iterator[GongDatabase]:
    """A Gong connector that a rule sends to."""
    gong.db.sql("SELECT headway_set_connector('gong', jsonb_build_object('webhook_url', %s::text))", [ADDRESS])
    gong.db.sql("SELECT headway_set_credentials('gong', jsonb_build_object('webhook_key', %s::text))", [rule.public_key])
    yield gong


def body_for(gong: GongDatabase, call_id: str, **more: Any) -> bytes:
    return json.dumps(gong.sandbox.webhook("gong", call_id) | more).encode()


def signed(rule: GongRule, body: bytes, **options: Any) -> dict[str, str]:
    return rule.deliver(ADDRESS, body, **options)[0]


def deliver(db: Database, headers: dict, body: bytes, connector: str = "gong") -> dict:
    return db.value("SELECT headway_receive_webhook(%s, %s::jsonb, %s)", [connector, json.dumps(headers), body])


def accept(hooked: GongDatabase, rule: GongRule, call: str = "call-01") -> tuple[str, bytes]:
    body = body_for(hooked, corpus(call)["id"])
    answer = deliver(hooked.db, signed(rule, body), body)
    assert (answer["status"], answer["body"]) == (200, {"result": "accepted"})
    return answer["run_id"], body


def stored(gong: GongDatabase) -> int:
    return gong.db.value("SELECT (SELECT count(*) FROM headway.messages) + (SELECT count(*) FROM headway.runs)")


def test_a_signed_call_is_stored_read_and_matched(hooked: GongDatabase, rule: GongRule) -> None:
    run, _ = accept(hooked, rule)
    status = hooked.finish(run)
    assert (status["kind"], status["state"], status["fetched"], status["stored"]) == ("webhook", "done", 1, 1)
    assert hooked.db.value("SELECT content LIKE '%%: %%' FROM headway.messages WHERE external_id = %s", [corpus("call-01")["id"]]), "it has its transcript"
    assert invariants.features(hooked.db) == invariants.expected_features({"call-01"})
    assert hooked.db.value("SELECT requested_by::text FROM headway.runs") == "postgres"


def test_a_replay_starts_no_second_run(hooked: GongDatabase, rule: GongRule) -> None:
    run, body = accept(hooked, rule)
    again = deliver(hooked.db, signed(rule, body), body)
    assert (again["status"], again["body"], again["run_id"]) == (200, {"result": "duplicate"}, run)
    hooked.finish(run)
    passed_on = {"X-Webhook-Authorization": signed(rule, body)["Authorization"], "Authorization": "Bearer of the gateway's own"}
    assert deliver(hooked.db, passed_on, body)["run_id"] == run
    assert hooked.db.sql("SELECT status, times FROM headway.webhook_deliveries") == [("accepted", 3)]
    assert hooked.db.value("SELECT count(*) FROM headway.runs") == 1


def test_two_deliveries_at_the_same_moment_start_one_run(hooked: GongDatabase, rule: GongRule) -> None:
    body = body_for(hooked, corpus("call-01")["id"])
    headers = signed(rule, body)
    answers: list[dict] = []
    with hooked.db.connect() as first:
        first.execute("BEGIN")
        answers.append(first.execute("SELECT headway_receive_webhook('gong', %s::jsonb, %s)", [json.dumps(headers), body]).fetchone()[0])
        second = threading.Thread(target=lambda: answers.append(deliver(hooked.db, headers, body)))
        second.start()
        wait_until(lambda: hooked.db.value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"),
                   "the second waits for the first")
        first.execute("COMMIT")
        second.join(timeout=10)
    assert [answer["body"]["result"] for answer in answers] == ["accepted", "duplicate"]
    assert answers[0]["run_id"] == answers[1]["run_id"]


def test_what_is_rolled_back_was_never_here(hooked: GongDatabase, rule: GongRule) -> None:
    body = body_for(hooked, corpus("call-01")["id"])
    with hooked.db.connect() as session:
        session.execute("BEGIN")
        session.execute("SELECT headway_receive_webhook('gong', %s::jsonb, %s)", [json.dumps(signed(rule, body)), body])
        session.execute("ROLLBACK")
    assert stored(hooked) == 0
    assert deliver(hooked.db, signed(rule, body), body)["body"] == {"result": "accepted"}, "so that the vendor's next attempt counts"


def test_what_is_not_gongs_leaves_nothing_behind(hooked: GongDatabase, rule: GongRule) -> None:
    body = body_for(hooked, corpus("call-01")["id"])
    forgeries = {
        "another key": signed(GongRule(), body),
        "another body": signed(rule, body + b" "),
        "another address": signed(rule, body, webhook_url="https://app.example/hooks/other"),
        "an old token": signed(rule, body, lives=-1),
        "no token": {},
    }
    for what, headers in forgeries.items():
        answer = deliver(hooked.db, headers, body)
        assert (answer["status"], answer["body"], answer["run_id"]) == (401, {"result": "refused"}, None), what
    assert stored(hooked) == 0
    assert hooked.db.value("SELECT count(DISTINCT reason) FROM headway.webhook_deliveries WHERE status = 'refused'") == 5
    assert hooked.db.value("SELECT count(*) FROM headway.log WHERE message = 'webhook refused' AND level = 'warning'") == 5


def test_polling_and_webhooks_meet_without_doubles(hooked: GongDatabase, rule: GongRule) -> None:
    run, _ = accept(hooked, rule)
    hooked.finish(run)
    assert hooked.db.sql("SELECT cursor, last_success_at FROM headway.connectors") == [({}, None)], "one call says nothing about a window"
    hooked.lift_budget()
    status = hooked.finish(hooked.ingest(max_items=1000, days_back=3650))
    assert status["already_known"] == 1, "the call is known by then"
    hooked.check_complete()
    body = body_for(hooked, corpus("call-02")["id"])
    later = hooked.finish(deliver(hooked.db, signed(rule, body), body)["run_id"])
    assert (later["already_known"], later["stored"]) == (1, 0), "and the other way round"


def test_gongs_test_button_and_private_calls_are_left_out(hooked: GongDatabase, rule: GongRule) -> None:
    body = body_for(hooked, corpus("call-01")["id"], isTest=True)
    assert deliver(hooked.db, signed(rule, body), body) == {"status": 200, "headers": {"Content-Type": "application/json"}, "body": {"result": "ignored"}, "run_id": None}
    hooked.sandbox.put_call(corpus("private-01"))
    try:
        body = body_for(hooked, corpus("private-01")["id"])
        hooked.finish(deliver(hooked.db, signed(rule, body), body)["run_id"])
    finally:
        hooked.sandbox.drop_call(corpus("private-01")["id"])
    assert hooked.db.sql("SELECT outcome, reason FROM headway.run_items") == [("skipped", "private")]
    assert hooked.db.value("SELECT count(*) FROM headway.messages") == 0


def test_an_event_that_names_a_call_has_it_looked_up(gong: GongDatabase) -> None:
    gong.db.sql("""SELECT headway_register_connector_type('told', t.spec
        || jsonb_build_object('credentials', t.spec -> 'credentials' || '{"token": {"optional": true}}'::jsonb,
            'requests', t.spec -> 'requests' || jsonb_build_object('one', jsonb_set(t.spec #> '{requests,calls}', '{body,filter}', '{"callIds": {"$": "parents"}}')),
            'webhook', '{"verify": {"kind": "token", "credential": "token", "headers": ["X-Token"]},
                         "events": [{"where": {"/event": ["ended"]}, "lookup": {"request": "one", "id": "/call", "after_seconds": 1}}]}'::jsonb),
        'headway._map_gong(jsonb, jsonb)') FROM headway.connector_types t WHERE t.name = 'gong'""")
    gong.db.sql("SELECT headway_add_connector('told', %s::jsonb, %s::jsonb)",
                ['{"access_key": "sandbox-access", "secret_key": "sandbox-secret", "token": "a secret"}', json.dumps({"base_url": gong.sandbox.url})])
    body = json.dumps({"event": "ended", "call": corpus("call-01")["id"]}).encode()
    run = deliver(gong.db, {"X-TOKEN": "a secret"}, body, "told")["run_id"]
    assert gong.db.value("SELECT run_at > created_at + interval '0.5 s' FROM headway.tasks WHERE kind = 'receive'"), "not before the vendor has it"
    status = gong.finish(run)
    assert (status["state"], status["stored"]) == ("done", 1)
    assert invariants.features(gong.db) == invariants.expected_features({"call-01"})

    unknown = json.dumps({"event": "ended", "call": "999"}).encode()
    status = gong.finish(deliver(gong.db, {"X-TOKEN": "a secret"}, unknown, "told")["run_id"])
    assert (status["state"], status["fetched"]) == ("done", 0)
    assert gong.db.value("SELECT count(*) FROM headway.log WHERE message = 'the vendor does not have the record yet'") == 1


def test_a_meeting_that_fathom_sends_is_stored_once(source: SourceDatabase) -> None:
    secret = "whsec_c2FuZGJveC13ZWJob29rLXNlY3JldA=="
    source.connect("fathom", vendors.CREDENTIALS["fathom"] | {"webhook_secret": secret})
    meeting = source.sandbox.webhook("fathom", corpus("call-01")["id"])
    headers, body = webhooks.fathom(secret, meeting)
    run = deliver(source.db, headers, body, "fathom")["run_id"]
    status = source.finish(run)
    assert (status["kind"], status["state"], status["stored"]) == ("webhook", "done", 1), status["error"]
    assert invariants.features(source.db) == invariants.expected_features({"call-01"})
    assert deliver(source.db, headers, body, "fathom")["body"] == {"result": "duplicate"}
    assert deliver(source.db, *webhooks.fathom("whsec_b3RoZXI=", meeting), "fathom")["status"] == 401
    assert deliver(source.db, *webhooks.fathom(secret, meeting, at=1_600_000_000), "fathom")["status"] == 401, "too old"
    assert source.read("fathom")["already_known"] == 1, "and the list knows it"


def test_ringcentrals_insights_have_their_call_looked_up(source: SourceDatabase) -> None:
    call = sorted(vendors.calls_of("ringcentral"))[0]
    source.connect("ringcentral", vendors.CREDENTIALS["ringcentral"] | {"verification_token": "a token"})
    headers, body = webhooks.ringcentral_handshake("echo this")
    answer = deliver(source.db, headers, body, "ringcentral")
    assert (answer["status"], answer["headers"]["Validation-Token"], answer["run_id"]) == (200, "echo this", None)

    event = source.sandbox.webhook("ringcentral", corpus(call)["id"])
    assert deliver(source.db, *webhooks.ringcentral("another", event), "ringcentral")["status"] == 401
    run = deliver(source.db, *webhooks.ringcentral("a token", event), "ringcentral")["run_id"]
    status = source.finish(run)
    assert (status["kind"], status["state"], status["stored"]) == ("webhook", "done", 1), status["error"]
    assert source.db.sql("SELECT count(*), count(message_id) FROM headway.recordings") == [(1, 1)]
    assert invariants.features(source.db) == invariants.expected_features({call})
    assert deliver(source.db, *webhooks.ringcentral("a token", event), "ringcentral")["run_id"] == run, "once only"


def test_neither_words_nor_tokens_reach_a_log(hooked: GongDatabase, rule: GongRule, cluster: Cluster) -> None:
    start = len(cluster.log())
    run, body = accept(hooked, rule)
    hooked.finish(run)
    secret = signed(rule, body)["Authorization"].split(".")[0]
    for statement in ("SELECT headway_receive_webhook('nope', '{\"authorization\": \"TOPSECRET\"}', 'TOPSECRET')",
                      "SELECT headway_receive_webhook('gong', '{\"authorization\": \"TOPSECRET\"}', 'TOPSECRET', workspace => 'nope')"):
        with pytest.raises(Exception):
            hooked.db.sql(statement)
    hooked.db.sql("SELECT headway_receive_webhook('gong', '{\"authorization\": \"TOPSECRET\"}', 'TOPSECRET')")
    log = cluster.log()[start:]
    assert "unknown connector" in log, "errors are logged"
    assert "TOPSECRET" not in log and secret not in log
    kept = hooked.db.value("SELECT string_agg(l::text, ' ') FROM headway.log l") + hooked.db.value("SELECT string_agg(d::text, ' ') FROM headway.webhook_deliveries d")
    assert "TOPSECRET" not in kept and corpus("call-01")["title"] not in kept
