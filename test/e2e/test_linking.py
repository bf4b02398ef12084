"""Linking end to end: calls find their customers as they are stored, a model decides what text cannot, and nobody gets in anybody's way."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from harness.cluster import Cluster
from harness.gong import GongDatabase
from harness.killing import kill_and_recover
from harness.sandbox import corpus
from harness.waiting import wait_until

OURS = "+1 415 555 0199"
SHARED = "+1 415 555 0200"


@pytest.fixture
def llm(gong: GongDatabase) -> GongDatabase:
    """A workspace with a language model, and a number that two customers share."""
    gong.read_by_model()
    customer(gong, "Zoe Park", phone=SHARED, external_id="zoe")
    customer(gong, "Max Park", phone=SHARED, external_id="max")
    return gong


def customer(gong: GongDatabase, name: str, **columns: str) -> str:
    names = "".join(f", {column}" for column in columns)
    return str(gong.db.value(f"INSERT INTO headway.customers (workspace_id, name, region{names}) VALUES (%s, %s, 'US'{', %s' * len(columns)}) RETURNING id",
                             [gong.workspace, name, *columns.values()]))


def call(gong: GongDatabase, name: str, phone: str = SHARED, words: str | None = "Agent: Hello.\nCaller: It is me again.", at: str = "2026-11-10 15:00+00") -> str:
    """A call whose insights the app has found itself, so that no model reads it."""
    return str(gong.db.value("SELECT headway_add_recording(%s, %s, %s, %s, duration_seconds => 300, transcript => %s, ai_insights => '{}')", [name, phone, OURS, at, words]))


def linked(gong: GongDatabase, name: str) -> tuple[str, str | None]:
    """(status, customer's name) of a recording."""
    [row] = gong.db.sql("""SELECT r.link_status, c.name FROM headway.recordings r LEFT JOIN headway.customers c ON c.workspace_id = r.workspace_id AND c.id = r.customer_id
                           WHERE r.external_id = %s""", [name])
    return row


def reason(gong: GongDatabase, name: str) -> dict:
    return gong.db.value("SELECT link_reason FROM headway.recordings WHERE external_id = %s", [name])


def verdict(candidate: str | None, confidence: float = 0.9) -> dict:
    return {"content": json.dumps({"reasoning": "She says so.", "candidate": candidate, "confidence": confidence})}


def await_judge(gong: GongDatabase, runs: int = 1) -> None:
    wait_until(lambda: gong.db.value("SELECT count(*) FROM headway.runs WHERE kind = 'link' AND state IN ('done', 'failed')") == runs, f"{runs} question(s) to a model have ended")


def link_calls(gong: GongDatabase) -> list[tuple]:
    return gong.db.sql("SELECT purpose, provider, status FROM headway.llm_calls WHERE purpose = 'link' ORDER BY started_at")


# ---- as they are stored ----------------------------------------------------------------------

def test_gongs_calls_find_their_customers_in_the_transaction_that_stores_them(gong: GongDatabase) -> None:
    spoken = corpus("call-01")
    [karen, luis] = [party for party in spoken["parties"] if party["affiliation"] == "External"]
    customer(gong, "Brightwater", phone=karen["phoneNumber"])
    addresses = {party["emailAddress"] for name in gong.sandbox.calls for party in corpus(name)["parties"]
                 if party["affiliation"] == "External" and "phoneNumber" not in party and party.get("emailAddress") and party["emailAddress"] != luis["emailAddress"]}
    for address in addresses:
        customer(gong, address, email=address.upper())
    # At each commit no recording is pending.
    gong.db.sql("""CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                       IF EXISTS (SELECT FROM headway.recordings r WHERE r.id = NEW.id AND r.link_status = 'pending') THEN RAISE 'it is pending'; END IF; RETURN NULL;
                   END $$""")
    gong.db.sql("CREATE CONSTRAINT TRIGGER linked AFTER INSERT ON headway.recordings DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()")
    run = gong.ingest(extract_features=False)
    assert gong.finish(run)["state"] == "done"
    assert linked(gong, spoken["id"]) == ("customer_only", "Brightwater"), "by the number of the first customer on the call"
    by = gong.db.sql("""SELECT link_reason ->> 'by', count(*) FROM headway.recordings WHERE link_status <> 'unmatched' GROUP BY 1""")
    assert dict(by)["phone"] >= 1
    assert gong.db.value("SELECT max(linked_at - created_at) < interval '5 seconds' FROM headway.recordings") is True
    mail = gong.db.sql("""SELECT m.author_email, c.name FROM headway.messages m JOIN headway.customers c ON c.id = m.customer_id
                          WHERE NOT EXISTS (SELECT FROM headway.recordings r WHERE r.message_id = m.id)""")
    assert mail, "conferences find their customer by address"
    assert all(name in addresses or name == "Brightwater" for _, name in mail)


def test_an_apps_own_call_is_linked_when_the_verb_returns(gong: GongDatabase) -> None:
    customer(gong, "Ann Lee", phone="(415) 555-0101")
    with gong.db.connect() as session:
        session.autocommit = False
        session.execute("SELECT headway_add_recording('c', '415.555.0101', '415 555 0199', now())")
        assert session.execute("SELECT link_status FROM headway.recordings").fetchall() == [("customer_only",)]
        session.commit()
    assert linked(gong, "c") == ("customer_only", "Ann Lee")


def test_product_test_4_a_number_of_three_customers(gong: GongDatabase) -> None:
    for name in ("Zoe", "Amy", "Max"):
        customer(gong, name, phone=SHARED, external_id=name.lower())
    call(gong, "c")
    assert linked(gong, "c") == ("ambiguous", None), "without more it is ambiguous"
    orders = set()
    for _ in range(3):
        gong.db.sql("SELECT headway_link_recordings(only_unlinked => false)")
        orders.add(tuple(candidate["customer_ref"] for candidate in reason(gong, "c")["customers"]))
    assert orders == {("amy", "max", "zoe")}, "in the same order on every run"
    gong.db.sql("INSERT INTO headway.bookings (workspace_id, customer_id, starts_at, booked_at) SELECT workspace_id, id, '2026-12-24 19:00+00', '2026-11-10 15:09+00' FROM headway.customers WHERE name = 'Max'")
    gong.db.sql("SELECT headway_tick()")
    assert linked(gong, "c") == ("linked", "Max"), "a booking made four minutes after the call's end tells whose call it was"
    assert reason(gong, "c")["customers"][0]["just_booked"] is True, "and the reason says so"


def test_product_test_5_a_customer_gains_a_number(gong: GongDatabase) -> None:
    ann, bob = customer(gong, "Ann", phone="415 555 0101"), customer(gong, "Bob", phone="415 555 0102")
    call(gong, "old", "415 555 0777", at="2025-01-01 12:00+00")
    pinned = call(gong, "old and pinned", "415 555 0777", at="2025-01-02 12:00+00")
    gong.db.sql("SELECT headway_pin_link(%s, %s, reason => 'his voice')", [pinned, bob])
    assert linked(gong, "old") == ("unmatched", None)
    gong.db.sql("INSERT INTO headway.customer_phones (workspace_id, customer_id, phone, region) VALUES (%s, %s, '(415) 555-0777', 'US')", [gong.workspace, ann])
    gong.db.sql("SELECT headway_tick()")
    assert linked(gong, "old") == ("customer_only", "Ann"), "old calls that were nobody's are hers"
    assert linked(gong, "old and pinned") == ("pinned", "Bob"), "pinned ones do not move"
    assert gong.db.value("SELECT automatic_customer_id::text FROM headway.pinned_links") == ann


# ---- when text cannot decide -----------------------------------------------------------------

def test_a_model_decides_a_tie(llm: GongDatabase) -> None:
    llm.sandbox.script(verdict("max"))
    call(llm, "c")
    await_judge(llm)
    assert linked(llm, "c") == ("customer_only", "Max Park")
    assert reason(llm, "c")["decided_by"] == "model"
    assert reason(llm, "c")["judged"]["reasoning"] == "She says so."
    [asked] = llm.sandbox.journal("/openai")
    assert asked["violations"] == []
    question = asked["body"]["messages"][-1]["content"]
    assert "Zoe Park" in question and "It is me again." in question
    assert link_calls(llm) == [("link", "openai", "ok")]


def test_a_model_decides_between_bookings(llm: GongDatabase) -> None:
    customer(llm, "Ann", phone="415 555 0101")
    llm.db.sql("""INSERT INTO headway.bookings (workspace_id, customer_id, starts_at, booked_at, external_id)
                  SELECT workspace_id, id, '2026-11-10 19:00+00', '2026-01-01', x FROM headway.customers, unnest(ARRAY['a', 'b']) x WHERE name = 'Ann'""")
    llm.sandbox.script(verdict("b"))
    call(llm, "c", "415 555 0101")
    await_judge(llm)
    assert linked(llm, "c") == ("linked", "Ann")
    assert llm.db.value("SELECT booking_ref FROM headway.recordings") == "b"


@pytest.mark.parametrize("answer", [verdict("anybody", 1), verdict("max", 0.69), verdict(None, 1)], ids=["invented", "unsure", "none"])
def test_what_a_model_does_not_know_stays_ambiguous_and_is_kept(llm: GongDatabase, answer: dict) -> None:
    llm.sandbox.script(answer)
    call(llm, "c")
    await_judge(llm)
    assert linked(llm, "c") == ("ambiguous", None)
    judged = reason(llm, "c")["judged"]
    assert judged["reasoning"] == "She says so." and judged.get("candidate") in (None, "max")
    assert link_calls(llm) == [("link", "openai", "ok")], "it was paid for"
    assert llm.db.sql("SELECT state, done, total FROM headway.runs WHERE kind = 'link'") == [("done", 1, 1)]


def test_it_is_asked_once_while_the_candidates_are_the_same(llm: GongDatabase) -> None:
    llm.sandbox.script(verdict(None))
    recording = call(llm, "c")
    await_judge(llm)
    llm.db.sql("SELECT headway_link_recording(%s)", [recording])
    llm.db.sql("SELECT headway_link_recordings(only_unlinked => false)")
    llm.db.sql("SELECT headway_tick()")
    assert llm.db.value("SELECT count(*) FROM headway.tasks WHERE kind = 'judge_link'") == 1
    llm.sandbox.script(verdict("new"))
    customer(llm, "New Park", phone=SHARED, external_id="new")
    llm.db.sql("SELECT headway_tick()")
    await_judge(llm, 2)
    assert linked(llm, "c") == ("customer_only", "New Park"), "one more candidate is another question"


def test_a_call_without_words_is_nothing_to_ask_about(llm: GongDatabase) -> None:
    call(llm, "c", words=None)
    assert llm.db.value("SELECT count(*) FROM headway.tasks WHERE kind = 'judge_link'") == 0
    llm.sandbox.script(verdict("zoe"))
    call(llm, "c")
    await_judge(llm)
    assert linked(llm, "c") == ("customer_only", "Zoe Park"), "until they come"


def test_without_a_model_nobody_is_asked(llm: GongDatabase) -> None:
    llm.db.sql("SELECT headway_set_provider('llm', 'builtin')")
    call(llm, "c")
    assert linked(llm, "c") == ("ambiguous", None)
    assert llm.db.value("SELECT count(*) FROM headway.tasks WHERE kind = 'judge_link'") == 0
    assert llm.sandbox.journal("/openai") == []


def test_a_model_that_is_switched_off_meanwhile_leaves_the_call_ambiguous(llm: GongDatabase) -> None:
    with llm.db.connect() as session:
        session.autocommit = False
        session.execute("SELECT headway_add_recording('c', %s, %s, now(), transcript => 'A: Hi.', ai_insights => '{}')", [SHARED, OURS])
        session.execute("SELECT headway_set_provider('llm', 'builtin')")
        session.commit()
    await_judge(llm)
    assert llm.db.sql("SELECT state FROM headway.runs WHERE kind = 'link'") == [("done",)]
    assert linked(llm, "c") == ("ambiguous", None)


def test_a_pin_stands_while_a_model_thinks(llm: GongDatabase) -> None:
    llm.sandbox.faults({"kind": "hang", "path": "/openai", "times": 1})
    llm.sandbox.script(verdict("max", 1))
    recording = call(llm, "c")
    wait_until(llm.sandbox.in_flight, "the model is asked")
    llm.db.sql("SELECT headway_pin_link(%s, 'zoe', reason => 'I know her')", [recording])
    llm.sandbox.release()
    await_judge(llm)
    assert linked(llm, "c") == ("pinned", "Zoe Park")


def test_an_answer_survives_its_worker(llm: GongDatabase) -> None:
    llm.sandbox.faults({"kind": "hang", "path": "/openai", "times": 1})
    llm.sandbox.script(verdict("max"))
    call(llm, "c")
    run = str(llm.db.value("SELECT id FROM headway.runs WHERE kind = 'link'"))
    wait_until(llm.sandbox.in_flight, "the question is under way")
    holder = llm.db.connect()
    holder.execute("BEGIN")
    holder.execute("SELECT FROM headway.recordings FOR UPDATE")
    llm.sandbox.release()
    wait_until(lambda: link_calls(llm), "the answer is stored")
    stored_at = llm.db.value("SELECT pg_current_wal_insert_lsn()")
    wait_until(lambda: llm.db.value("SELECT pg_current_wal_flush_lsn() >= %s::pg_lsn", [stored_at]), "and on disk")
    [pid] = llm.db.workers()
    assert kill_and_recover(llm, pid, run)["state"] == "done"
    holder.close()
    assert linked(llm, "c") == ("customer_only", "Max Park")
    assert link_calls(llm) == [("link", "openai", "ok")], "it was paid for once"
    assert llm.sandbox.journal("/openai") == [], "and not even asked again"


# ---- two at once -----------------------------------------------------------------------------

def answer_of(act: Any) -> str:
    try:
        act()
        return "done"
    except psycopg.Error as error:
        return str(error.sqlstate)


def await_lock(gong: GongDatabase, waiting: int = 1) -> None:
    wait_until(lambda: gong.db.value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == waiting, "a session waits for the other")


def test_a_pin_during_linking_by_set_holds(gong: GongDatabase) -> None:
    customer(gong, "Ann", phone="415 555 0101", external_id="ann")
    customer(gong, "Bob", phone="415 555 0102", external_id="bob")
    recording = call(gong, "c", "415 555 0101")
    gong.db.sql("UPDATE headway.recordings SET link_status = 'pending', customer_id = NULL")
    with gong.db.connect() as person:
        person.execute("BEGIN")
        person.execute("SELECT headway_pin_link(%s, 'bob')", [recording])
        linking = threading.Thread(target=lambda: gong.db.sql("SELECT headway_link_recordings(only_unlinked => false)"))
        linking.start()
        await_lock(gong)
        person.execute("COMMIT")
        linking.join(timeout=30)
    assert linked(gong, "c") == ("pinned", "Bob"), "who had begun to link sees the pin"

    gong.db.sql("SELECT headway_unpin_link(%s)", [recording])
    gong.db.sql("UPDATE headway.recordings SET link_status = 'pending', customer_id = NULL")
    with gong.db.connect() as linker:
        linker.execute("BEGIN")
        linker.execute("SELECT headway_link_recordings()")
        pinning = threading.Thread(target=lambda: gong.db.sql("SELECT headway_pin_link(%s, 'bob')", [recording]))
        pinning.start()
        await_lock(gong)
        linker.execute("COMMIT")
        pinning.join(timeout=30)
    assert linked(gong, "c") == ("pinned", "Bob"), "who pins waits for the linking and has the last word"


def test_many_sessions_that_link_the_same_calls_do_not_trip_over_each_other(gong: GongDatabase) -> None:
    gong.db.sql("""INSERT INTO headway.customers (workspace_id, name, phone, region) SELECT %s, 'C' || n, '+1415557' || to_char(n, 'FM0000'), 'US' FROM generate_series(1, 300) n""", [gong.workspace])
    gong.db.sql("""INSERT INTO headway.recordings (workspace_id, external_id, from_e164, direction, call_started_at)
                   SELECT %s, 'r' || n, '+1415557' || to_char(1 + n %% 300, 'FM0000'), 'inbound', '2026-11-10' FROM generate_series(1, 3000) n""", [gong.workspace])
    for _ in range(3):
        gong.db.sql("UPDATE headway.recordings SET link_status = 'pending', customer_id = NULL WHERE random() < 0.9")
        with ThreadPoolExecutor(4) as sessions:
            ends = list(sessions.map(lambda verb: answer_of(lambda: gong.db.sql(f"SELECT {verb}")), ["headway_link_recordings(only_unlinked => false)", "headway_tick()"] * 2))
        assert ends == ["done"] * 4, "no deadlock"
        assert gong.db.sql("SELECT link_status, count(*) FROM headway.recordings GROUP BY 1") == [("customer_only", 3000)]
    assert gong.db.value("SELECT count(*) FROM headway.log WHERE level = 'warning'") == 0, "nor one that the tick kept to itself"


def test_two_who_make_a_customer_of_one_caller_make_one(gong: GongDatabase) -> None:
    first, second = call(gong, "c1", "415 555 0101"), call(gong, "c2", "415 555 0101")
    with gong.db.connect() as one:
        one.execute("BEGIN")
        one.execute("SELECT headway_create_customer_from(%s, 'Ann')", [first])
        with ThreadPoolExecutor(1) as other:
            end = other.submit(lambda: answer_of(lambda: gong.db.sql("SELECT headway_create_customer_from(%s, 'Anne')", [second])))
            await_lock(gong)
            one.execute("COMMIT")
            assert end.result(timeout=30) == "8W022", "the second is told that somebody has the number"
    assert gong.db.sql("SELECT name FROM headway.customers") == [("Ann",)]
    assert linked(gong, "c2") == ("customer_only", "Ann")


# ---- the app's own tables --------------------------------------------------------------------

def test_a_slow_view_of_the_apps_does_not_hold_up_what_arrives(gong: GongDatabase) -> None:
    gong.db.sql("CREATE VIEW slow AS SELECT 1 AS id, '415 555 0101' AS phone FROM pg_sleep(60)")
    gong.db.sql("SELECT headway_use_customers('slow', '{\"id\": \"id\", \"phone\": \"phone\"}')")
    recording = call(gong, "c", "415 555 0101")
    assert linked(gong, "c") == ("pending", None), "after five seconds it is given up"
    assert gong.db.value("SELECT detail ->> 'sqlstate' FROM headway.log WHERE level = 'warning'") == "8W020"
    assert answer_of(lambda: gong.db.sql("SELECT headway_link_recording(%s)", [recording])) == "8W020"


def test_a_table_of_the_apps_is_lost_and_the_run_goes_on(gong: GongDatabase, cluster: Cluster) -> None:
    gong.db.sql("CREATE TABLE clients (id uuid, phone text)")
    gong.db.sql("SELECT headway_use_customers('clients', '{\"id\": \"id\", \"phone\": \"phone\"}')")
    gong.db.sql("DROP TABLE clients")
    assert gong.finish(gong.ingest(max_items=5, extract_features=False))["state"] == "done"
    assert gong.db.value("SELECT count(*) FROM headway.messages") == 5
    assert gong.db.value("SELECT count(*) FROM headway.recordings WHERE link_status <> 'pending'") == 0
    assert gong.db.value("SELECT count(*) > 0 FROM headway.log WHERE level = 'warning' AND detail ->> 'sqlstate' = '8W020'") is True
    assert gong.db.value("SELECT headway_tick()")["linked"] == 0


def test_a_function_that_calls_a_verb_of_ours_gets_no_more_time_by_it(gong: GongDatabase) -> None:
    gong.db.sql("""CREATE FUNCTION deep() RETURNS text LANGUAGE plpgsql AS $$ BEGIN
                       IF current_setting('my.deep', true) = 'x' THEN RETURN 'x'; END IF;
                       PERFORM set_config('my.deep', 'x', true), public.headway_preview_link(id) FROM headway.recordings;
                       PERFORM pg_sleep(60);
                       RETURN 'x';
                   END $$""")
    recording = call(gong, "c", "415 555 0101")
    gong.db.sql("CREATE VIEW slow AS SELECT deep() AS id, '415 555 0101' AS phone")
    gong.db.sql("SELECT headway_use_customers('slow', '{\"id\": \"id\", \"phone\": \"phone\"}')")
    with gong.db.connect(options="-c statement_timeout=30s") as session, pytest.raises(psycopg.Error) as refusal:
        session.execute("SELECT headway_link_recording(%s)", [recording])
    assert refusal.value.sqlstate == "8W020"
