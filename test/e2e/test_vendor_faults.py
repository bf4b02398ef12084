"""Every way in which the vendor misbehaves: the run ends right, or fails and says why; nothing is half done."""

import pytest

from harness.gong import GongDatabase
from harness.sandbox import Sandbox, corpus
from harness.waiting import wait_until

LIST, TRANSCRIPTS = "/v2/calls/extensive", "/v2/calls/transcript"

PASSING = [
    {"kind": "status", "status": 429, "retry_after": 1, "times": 1},
    {"kind": "status", "status": 429, "times": 1},
    {"kind": "status", "status": 500, "times": 2},
    {"kind": "status", "status": 503, "times": 1},
    {"kind": "cut", "times": 1},
    {"kind": "cut", "at": "headers", "times": 1},
    {"kind": "malformed", "variant": "truncated", "times": 1},
    {"kind": "malformed", "variant": "html", "times": 1},
    {"kind": "malformed", "variant": "not_json", "times": 1},
    {"kind": "malformed", "variant": "deep", "times": 1},
    {"kind": "latency", "seconds": 0.5},
]


@pytest.mark.parametrize("path", [LIST, TRANSCRIPTS], ids=["list", "transcripts"])
@pytest.mark.parametrize("fault", PASSING, ids=lambda f: "-".join(str(v) for v in f.values()))
def test_a_passing_fault_costs_nothing(gong: GongDatabase, fault: dict, path: str) -> None:
    gong.sandbox.faults(fault | {"path": path})
    assert gong.finish(gong.ingest())["state"] == "done"
    gong.check_complete()


LASTING = [
    ({"kind": "status", "status": 401}, LIST, "HTTP status 401"),
    ({"kind": "status", "status": 403}, TRANSCRIPTS, "HTTP status 403"),
    ({"kind": "repeated_cursor"}, LIST, "the vendor repeats a cursor"),
    ({"kind": "repeated_page"}, LIST, "the vendor repeats a page"),
    ({"kind": "redirect", "location": "http://169.254.169.254/latest"}, LIST, "HTTP status 30"),
    ({"kind": "oversize", "megabytes": 3}, LIST, "larger than headway.max_response_bytes"),
]


@pytest.mark.parametrize("fault,path,message", LASTING, ids=[m for _, _, m in LASTING])
def test_a_lasting_fault_fails_the_run_and_says_why(gong: GongDatabase, fault: dict, path: str, message: str) -> None:
    gong.db.set(headway__max_response_bytes="2MB")
    gong.sandbox.faults(fault | {"path": path})
    run = gong.ingest()
    # What may pass is tried again later; nobody wants to wait for that here.
    def hurry() -> bool:
        gong.db.sql("UPDATE headway.tasks SET run_at = now() WHERE state = 'queued'")
        gong.db.sql("SELECT headway_tick()")
        return gong.status(run)["state"] in ("done", "failed")
    wait_until(hurry, "the run fails", pause=0.2)
    status = gong.finish(run)
    assert status["state"] == "failed" and message in status["error"], status
    assert gong.db.value("SELECT count(*) FROM headway.log WHERE level = 'error'") >= 1
    gong.sandbox.reset()
    assert gong.db.value("SELECT headway_retry(%s)", [run]) >= 1
    if path == TRANSCRIPTS:
        assert gong.finish(run)["state"] == "done", "a retry makes good what failed"
        gong.check_complete()


def test_a_filter_that_is_ignored_fails_the_run(gong: GongDatabase) -> None:
    gong.sandbox.faults({"kind": "ignored_filter", "path": LIST})
    run = gong.ingest(days_back=1)
    wait_until(lambda: gong.db.value("SELECT error ->> 'message' FROM headway.tasks WHERE kind = 'list'"), "the list task has failed once")
    assert gong.db.value("SELECT error ->> 'message' FROM headway.tasks WHERE kind = 'list'") == "the vendor ignored the time window"
    assert gong.db.value("SELECT count(*) FROM headway.messages") == 0, "nothing of it is stored"
    gong.db.sql("SELECT headway_cancel(%s)", [run])


def test_an_expired_cursor_starts_the_list_again(database) -> None:
    sandbox = Sandbox("--page-size", "10")
    try:
        gong = GongDatabase(database, sandbox)
        sandbox.faults({"kind": "expired_cursor", "path": LIST, "times": 1, "after": 1})
        status = gong.finish(gong.ingest())
        assert (status["state"], status["fetched"], status["stored"]) == ("done", 40, 40)
        assert gong.db.value("SELECT count(*) FROM headway.log WHERE message LIKE '%the list starts again'") == 1
        gong.check_complete()
    finally:
        sandbox.stop()


@pytest.mark.parametrize("variant", ["lone_surrogate", "nul", "invalid_utf8"])
@pytest.mark.parametrize("path", [LIST, TRANSCRIPTS], ids=["list", "transcripts"])
def test_characters_that_are_no_text_are_replaced_and_the_log_says_so(gong: GongDatabase, variant: str, path: str) -> None:
    gong.sandbox.faults({"kind": "malformed", "variant": variant, "path": path})
    status = gong.finish(gong.ingest())
    assert (status["state"], status["stored"]) == ("done", 40)
    assert gong.db.value("SELECT count(*) FROM headway.log WHERE message LIKE '%characters that are no text%' AND level = 'warning'") >= 1
    assert gong.db.value("SELECT count(*) FROM headway.messages WHERE title LIKE '%\ufffd%' OR content LIKE '%\ufffd%'") >= 1


def test_records_without_an_id_or_a_time_are_told_of(gong: GongDatabase) -> None:
    gong.sandbox.faults({"kind": "missing_record_fields", "path": LIST})
    status = gong.finish(gong.ingest())
    assert status["fetched"] == 40 and status["stored"] >= 38
    assert gong.db.value("SELECT count(*) FROM headway.run_items WHERE outcome = 'failed' AND reason = 'the record has no id'") == 1


def test_a_day_s_quota_is_not_waited_for(gong: GongDatabase) -> None:
    gong.sandbox.faults({"kind": "status", "status": 429, "retry_after": 10800, "times": 1, "path": LIST})
    run = gong.ingest()
    def waiting() -> int:
        return gong.db.value("SELECT count(*) FROM headway.tasks WHERE state = 'queued' AND run_at > now()")
    wait_until(lambda: waiting() == 1, "the task was put off")
    gong.db.await_no_workers()
    wait = gong.db.value("SELECT extract(epoch FROM run_at - now()) FROM headway.tasks")
    assert 10700 < wait < 10900, "the wait is stored, no worker sleeps through it"
    assert gong.db.value("SELECT extract(epoch FROM suspended_until - now()) FROM headway.connectors") > 10700
    # Another run does not ask the vendor meanwhile.
    asked = len(gong.sandbox.journal("/v2/"))
    gong.ingest(days_back=3)
    wait_until(lambda: waiting() == 2, "its task was put off as well")
    assert len(gong.sandbox.journal("/v2/")) == asked
    gong.db.sql("UPDATE headway.tasks SET run_at = now(); UPDATE headway._rate_ledgers SET state = '[]'")
    gong.db.sql("SELECT headway_tick()")
    assert gong.finish(run)["state"] == "done"


def test_a_slow_drip_ends_with_the_request_timeout(gong: GongDatabase) -> None:
    gong.db.set(headway__request_timeout="1s")
    gong.sandbox.faults({"kind": "slow_drip", "bytes_per_second": 200, "path": LIST, "times": 1})
    assert gong.finish(gong.ingest())["state"] == "done"
    assert len(gong.sandbox.journal(LIST)) == 2


def test_a_call_that_shows_up_late_is_not_lost(gong: GongDatabase) -> None:
    call = corpus("holdout-02") | {"visible": False}
    gong.sandbox.put_call(call)
    try:
        gong.finish(gong.ingest())
        gong.sandbox.put_call(call | {"visible": True})
        status = gong.finish(gong.ingest())
        assert status["stored"] == 1, "it began before calls that the first run had read already"
    finally:
        gong.sandbox.drop_call(call["id"])


def test_a_host_with_a_private_address_is_refused(gong: GongDatabase) -> None:
    gong.db.set(headway__allowed_private_hosts="")
    status = gong.finish(gong.ingest())
    assert status["state"] == "failed"
    assert gong.sandbox.journal("/v2/") == [], "not a byte was sent"


def test_wrong_credentials_fail_at_once_with_a_hint(gong: GongDatabase) -> None:
    gong.db.sql("""SELECT headway_set_credentials('gong', '{"access_key": "wrong", "secret_key": "wrong"}')""")
    status = gong.finish(gong.ingest())
    assert status["state"] == "failed"
    assert "headway_set_credentials" in gong.db.value("SELECT error ->> 'hint' FROM headway.tasks WHERE state = 'failed'")


def test_credentials_are_not_sent_to_another_host_than_they_were_given_for(gong: GongDatabase) -> None:
    other = Sandbox()
    try:
        gong.db.sql("SELECT headway_set_connector('gong', jsonb_build_object('base_url', %s::text))", [other.url])
        status = gong.finish(gong.ingest())
        assert status["state"] == "failed" and "another host" in status["error"]
        assert other.journal("/v2/") == []
    finally:
        other.stop()
