"""One run over all connectors: what one of them suffers is its own; what its vendor asks for is kept; nobody reads one twice at once."""

import psycopg
import pytest

from harness.gong import GongDatabase
from harness.sandbox import Sandbox
from harness.waiting import holds_for, wait_until

LIST, TRANSCRIPTS = "/v2/calls/extensive", "/v2/calls/transcript"
THREE_HOURS = {"kind": "status", "status": 429, "retry_after": 10800, "times": 1, "path": LIST}


def ingest(gong: GongDatabase, arguments: str = "") -> tuple[str, list[str]]:
    """The run, and what was said about it."""
    with gong.db.connect() as session:
        said: list[str] = []
        session.add_notice_handler(lambda notice: said.append(f"{notice.message_primary} {notice.message_detail}"))
        return str(session.execute(f"SELECT headway_ingest({arguments})").fetchone()[0]), said


def health(gong: GongDatabase, connector: str = "gong") -> dict:
    [(row,)] = gong.db.sql("SELECT to_jsonb(h) FROM headway.connector_health h WHERE name = %s", [connector])
    return row


def await_suspension(gong: GongDatabase) -> None:
    wait_until(lambda: health(gong)["suspended_until"], "the connector is suspended")
    gong.db.await_no_workers()


def let_time_pass(gong: GongDatabase) -> None:
    """As if the vendor had been left alone for as long as it asked."""
    gong.db.sql("UPDATE headway.tasks SET run_at = run_at - interval '3:00:02' WHERE state = 'queued'; "
                "UPDATE headway.connectors SET suspended_until = suspended_until - interval '3:00:02'; "
                "UPDATE headway._rate_ledgers SET state = state - 'stops'")


def test_a_connector_that_fails_stops_no_other(gong: GongDatabase) -> None:
    gong.add_connector("broken")
    gong.db.sql("""SELECT headway_set_credentials('broken', '{"access_key": "wrong", "secret_key": "wrong"}')""")
    run, _ = ingest(gong)
    status = gong.finish(run)
    assert (status["state"], status["stored"]) == ("failed", 40), "the other one's calls are all there"
    assert status["error"].startswith("broken: ") and "401" in status["error"], "the error says which failed, and why"
    children = dict(gong.db.sql("SELECT connector, state FROM headway.run_progress WHERE parent_id = %s", [run]))
    assert children == {"gong": "done", "broken": "failed"}
    assert health(gong)["failing_since"] is None and health(gong)["lag"], "the one is read"
    broken = health(gong, "broken")
    assert "401" in broken["last_error"] and broken["failing_since"] == broken["last_error_at"] and broken["lag"] is None
    gong.db.sql("""SELECT headway_set_credentials('broken', '{"access_key": "sandbox-access", "secret_key": "sandbox-secret"}')""")
    assert gong.db.value("SELECT headway_retry(%s)", [run]) == 1
    assert gong.finish(run)["state"] == "done", "mended, it can be tried again"
    assert health(gong, "broken")["failing_since"] is None
    gong.check_complete()


def test_a_suspended_connector_goes_on_with_the_first_tick_after_it(gong: GongDatabase) -> None:
    gong.sandbox.faults(THREE_HOURS)
    run, _ = ingest(gong)
    await_suspension(gong)
    assert gong.db.value("SELECT suspended_until - now() BETWEEN '2:59' AND '3:01' FROM headway.connector_health")
    asked = len(gong.sandbox.journal("/v2/"))
    gong.db.sql("SELECT headway_tick()")
    holds_for(lambda: len(gong.sandbox.journal("/v2/")) == asked, "a tick before that asks for nothing", 1)
    let_time_pass(gong)
    holds_for(lambda: not gong.db.workers(), "nobody comes by himself", 1)
    gong.db.sql("SELECT headway_tick()")
    assert gong.finish(run)["state"] == "done"
    assert gong.db.value("SELECT max(attempts) FROM headway.tasks WHERE kind = 'list'") == 1, "waiting used up no attempt"
    assert health(gong)["suspended_until"] is None
    gong.check_complete()


def test_it_stays_suspended_over_a_restart_of_the_server(gong: GongDatabase) -> None:
    gong.sandbox.faults(THREE_HOURS | {"path": TRANSCRIPTS})
    run, _ = ingest(gong)
    await_suspension(gong)
    until = health(gong)["suspended_until"]
    gong.db.cluster.stop()
    gong.db.cluster.start()
    assert health(gong)["suspended_until"] == until
    gong.db.sql("SELECT headway_tick()")
    assert gong.status(run)["state"] == "running"
    let_time_pass(gong)
    gong.db.sql("SELECT headway_tick()")
    assert gong.finish(run)["state"] == "done"
    assert gong.db.value("SELECT max(attempts) FROM headway.tasks WHERE kind = 'detail'") == 1
    gong.check_complete()


def test_a_suspended_connector_says_so_when_it_is_asked_again(gong: GongDatabase) -> None:
    gong.sandbox.faults(THREE_HOURS)
    run, _ = ingest(gong, "'gong'")
    await_suspension(gong)
    until = gong.db.value("SELECT date_trunc('second', suspended_until)::text FROM headway.connectors")
    again, said = ingest(gong, "'gong'")
    assert again == run and any(f'connector "gong" waits until {until}' in notice for notice in said), said
    other, said = ingest(gong, "'gong', days_back => 2")
    assert other != run and any(f'connector "gong" waits until {until}' in notice for notice in said), said
    let_time_pass(gong)
    gong.db.sql("SELECT headway_tick()")
    assert [gong.finish(r, hurry=True)["state"] for r in (run, other)] == ["done", "done"], "both are carried out"
    gong.check_complete()


def test_the_others_go_on_while_one_is_suspended(gong: GongDatabase) -> None:
    gong.add_connector("again")
    gong.sandbox.faults(THREE_HOURS)
    run, _ = ingest(gong)
    wait_until(lambda: gong.db.value("SELECT count(*) FROM headway.runs WHERE parent_id = %s AND state = 'done'", [run]) == 1, "one of the two has ended")
    assert gong.status(run)["state"] == "running"
    assert gong.db.value("SELECT count(*) FROM headway.messages") == 40
    let_time_pass(gong)
    gong.db.sql("SELECT headway_tick()")
    assert gong.finish(run)["state"] == "done"


@pytest.mark.parametrize("options", ["", ", days_back => 3", ", max_items => 7, extract_features => false"])
def test_one_connector_is_never_read_twice_at_once(gong: GongDatabase, options: str) -> None:
    gong.limit_workers(workers=2, concurrency=8)
    gong.sandbox.faults({"kind": "hang", "path": LIST})
    first, _ = ingest(gong, "'gong', days_back => 5")
    wait_until(gong.sandbox.in_flight, "the first one reads")
    second, said = ingest(gong, f"'gong'{options}")
    assert second != first and any("is being read by another run" in notice and first in notice for notice in said), said
    gong.db.sql("SELECT headway_tick()")
    holds_for(lambda: gong.sandbox.in_flight() == 1, "nobody else asks the vendor meanwhile", 1.5)
    assert gong.status(second)["state"] == "queued"
    gong.sandbox.reset()
    assert [gong.finish(run)["state"] for run in (first, second)] == ["done", "done"]
    ended = gong.db.value("SELECT finished_at FROM headway.runs WHERE id = %s", [first])
    assert gong.db.value("SELECT window_to >= %s FROM headway.runs WHERE id = %s", [ended, second]), "the second began behind the first, with a window of its own"


def test_whoever_asks_at_the_same_moment_waits_for_the_other(gong: GongDatabase) -> None:
    """Neither transaction sees the other's run."""
    with gong.db.connect() as one, gong.db.connect() as two, one.transaction(), two.transaction():
        first = one.execute("SELECT headway_ingest('gong')").fetchone()[0]
        second = two.execute("SELECT headway_ingest('gong', days_back => 3)").fetchone()[0]
    gong.limit_workers(workers=2, concurrency=8)
    for run in (first, second):
        assert gong.finish(str(run), hurry=True)["state"] == "done"
    spans = gong.db.sql("SELECT window_to, finished_at FROM headway.runs ORDER BY window_to")
    assert spans[0][1] <= spans[1][0], "one after the other"


def test_a_run_with_an_open_transaction_holds_up_nobody(gong: GongDatabase) -> None:
    run, _ = ingest(gong, "'gong'")
    with gong.db.connect() as idle, idle.transaction():
        idle.execute("SELECT headway_ingest('gong', days_back => 2)")
        assert gong.finish(run)["state"] == "done"


def test_a_key_that_sees_nothing_is_told(gong: GongDatabase) -> None:
    empty = Sandbox()
    try:
        empty.serve_only([])
        gong.db.sql("SELECT headway_add_connector('gong', %s, jsonb_build_object('base_url', %s::text), name => 'blind')",
                    ['{"access_key": "sandbox-access", "secret_key": "sandbox-secret"}', empty.url])
        run, _ = ingest(gong, "'blind'")
        status = gong.finish(run)
        assert status["state"] == "done" and "may these credentials see any" in status["error"]
        assert gong.db.value("SELECT count(*) FROM headway.log WHERE run_id = %s AND level = 'warning'", [run]) == 1
        assert health(gong, "blind")["warnings"] == [status["error"]]
        assert gong.db.value("""SELECT detail FROM headway_health() WHERE "check" = 'connector blind of acme' AND NOT ok""").startswith(status["error"])
    finally:
        empty.stop()


def test_a_filter_that_is_ignored_is_told_and_moves_nothing(gong: GongDatabase) -> None:
    gong.sandbox.faults({"kind": "ignored_filter", "path": LIST})
    run, _ = ingest(gong, "'gong', days_back => 1")
    wait_until(lambda: health(gong)["warnings"] == ["the vendor ignored the time window"], "its health says so")
    status = gong.finish(run, hurry=True)
    assert (status["state"], status["error"]) == ("failed", "the vendor ignored the time window"), "and so does the run"
    assert (health(gong)["lag"], status["fetched"]) == (None, 0)


def test_it_moves_on_behind_the_last_stored_row_only(database) -> None:
    sandbox = Sandbox("--page-size", "10")
    try:
        gong = GongDatabase(database, sandbox)
        sandbox.faults({"kind": "hang", "path": TRANSCRIPTS, "after": 3})
        run, _ = ingest(gong, "'gong'")
        wait_until(lambda: gong.db.value("SELECT list_complete FROM headway.runs"), "the list was read to its end")
        wait_until(sandbox.in_flight, "the last transcripts are outstanding")
        assert health(gong)["lag"] is None, "how far it was read says nothing of rows that are not there"
        sandbox.reset()
        assert gong.finish(run)["state"] == "done"
        [(pages, fetched, window, seen)] = gong.db.sql("SELECT pages, fetched, window_to - window_from, min_seen >= window_from AND max_seen < window_to FROM headway.runs")
        assert (pages, fetched, window.days, seen) == (4, 40, 7, True), "the run has noted what it read"
        assert gong.db.value("SELECT (cursor ->> 'read_until')::timestamptz = (SELECT window_to FROM headway.runs) FROM headway.connectors")
    finally:
        sandbox.stop()


def test_what_is_left_of_a_budget_is_told(gong: GongDatabase) -> None:
    gong.finish(gong.ingest())
    asked = len(gong.sandbox.journal("/v2/"))
    a_day = health(gong)["budgets"][1]
    assert (a_day["requests"], a_day["seconds"], a_day["left"]) == (10000, 86400, 10000 - asked)


def test_who_is_no_member_sees_no_connector(gong: GongDatabase) -> None:
    gong.db.sql("CREATE ROLE stranger LOGIN IN ROLE headway_reader")
    try:
        assert gong.db.sql("SELECT * FROM headway.connector_health", user="stranger") == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            gong.db.sql("SELECT headway_schedule('gong')", user="stranger")
    finally:
        gong.db.sql("DROP ROLE stranger")
