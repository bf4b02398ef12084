"""Each fault does what it says, to the requests it is meant for, and no longer than told."""

from __future__ import annotations

import http.client
import json
import socket
import time
from typing import Any

import pytest

from running import AUTHORIZED, Background, RunningSandbox, eventually

TRANSCRIPT = "/v2/calls/transcript"


def test_latency_delays_the_true_answer(sandbox: RunningSandbox) -> None:
    sandbox.fault("latency", seconds=0.05)
    before = time.monotonic()
    assert sandbox.extensive().status == 200
    assert time.monotonic() - before >= 0.05


def test_a_hanging_request_is_in_flight_until_released(sandbox: RunningSandbox) -> None:
    sandbox.fault("hang", times=1)
    waiting = Background(sandbox.extensive)
    eventually(lambda: sandbox.in_flight() == 1)
    assert sandbox.journal()[0]["status"] is None
    sandbox.control("POST", "release")
    waiting.join()
    assert waiting.reply and waiting.reply.status == 200
    assert sandbox.in_flight() == 0 and sandbox.journal()[0]["status"] == 200


def test_latent_requests_are_released_too(sandbox: RunningSandbox) -> None:
    sandbox.fault("latency", seconds=60)
    waiting = Background(sandbox.extensive)
    eventually(lambda: sandbox.in_flight() == 1)
    sandbox.control("POST", "release")
    waiting.join()
    assert waiting.reply and waiting.reply.status == 200


def test_a_hanging_request_ends_when_its_client_leaves(sandbox: RunningSandbox) -> None:
    sandbox.fault("hang")
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port)
    connection.request("GET", "/v2/users", headers=AUTHORIZED)
    eventually(lambda: sandbox.in_flight() == 1)
    connection.close()
    eventually(lambda: sandbox.in_flight() == 0)
    assert sandbox.journal()[0]["status"] is None


@pytest.mark.parametrize("retry_after", [7, "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_a_status_comes_with_the_vendors_error_body(sandbox: RunningSandbox, retry_after: Any) -> None:
    sandbox.fault("status", status=503, retry_after=retry_after)
    reply = sandbox.extensive()
    assert reply.status == 503 and reply.headers["Retry-After"] == str(retry_after)
    assert reply.json().keys() == {"requestId", "errors"}
    entry = sandbox.journal()[0]
    assert entry["status"] == 503 and entry["fault"] == "status"


@pytest.mark.parametrize("body, sent, content_type", [
    ("<html>502</html>", b"<html>502</html>", "text/html"),
    ({"errors": [{"message": "no"}]}, b'{"errors": [{"message": "no"}]}', "application/json"),
    ("", b"", "application/json"),
])
def test_a_status_may_bring_its_own_body(sandbox: RunningSandbox, body: Any, sent: bytes, content_type: str) -> None:
    sandbox.fault("status", status=502, body=body)
    reply = sandbox.extensive()
    assert reply.body == sent and reply.headers["Content-Type"].startswith(content_type)


def test_a_fault_does_not_hide_what_the_client_did_wrong(sandbox: RunningSandbox) -> None:
    sandbox.fault("status", status=500)
    assert sandbox.extensive(limit=5).status == 500
    assert sandbox.journal()[0]["violations"]


def test_a_cut_answer_ends_in_the_middle_of_its_body(sandbox: RunningSandbox) -> None:
    whole = sandbox.extensive().body
    sandbox.fault("cut")
    with pytest.raises(http.client.IncompleteRead) as cut:
        sandbox.extensive()
    assert len(cut.value.partial) + (cut.value.expected or 0) == len(whole)
    assert sandbox.journal()[1]["status"] == 200


def test_a_cut_before_the_headers_sends_no_byte(sandbox: RunningSandbox) -> None:
    sandbox.fault("cut", at="headers")
    with pytest.raises(http.client.RemoteDisconnected):
        sandbox.extensive()
    eventually(lambda: sandbox.in_flight() == 0)
    assert sandbox.journal()[0]["status"] is None


def test_a_truncated_answer_is_complete_http_and_half_json(sandbox: RunningSandbox) -> None:
    whole = sandbox.extensive().body
    sandbox.fault("malformed", variant="truncated")
    reply = sandbox.extensive()
    assert reply.status == 200 and int(reply.headers["Content-Length"]) == len(reply.body) == len(whole) // 2
    with pytest.raises(json.JSONDecodeError):
        reply.json()


@pytest.mark.parametrize("variant, content_type", [("html", "text/html"), ("not_json", "application/json")])
def test_an_answer_may_not_be_json_at_all(sandbox: RunningSandbox, variant: str, content_type: str) -> None:
    sandbox.fault("malformed", variant=variant)
    reply = sandbox.extensive()
    assert reply.status == 200 and reply.headers["Content-Type"].startswith(content_type)
    with pytest.raises(json.JSONDecodeError):
        reply.json()


@pytest.mark.parametrize("variant, planted", [
    ("lone_surrogate", b"\\ud83d"), ("nul", b"\\u0000"), ("invalid_utf8", b"\xc3\x28"),
])
def test_one_text_of_a_valid_page_holds_bad_bytes(sandbox: RunningSandbox, variant: str, planted: bytes) -> None:
    clean = sandbox.transcript().json()["callTranscripts"]
    sandbox.fault("malformed", variant=variant, path=TRANSCRIPT)
    reply = sandbox.transcript()
    assert reply.body.count(planted) == 1
    assert b"Hello " + planted + b"there." in reply.body
    assert json.loads(reply.body.replace(planted, b""))["callTranscripts"] == clean


def test_a_test_may_choose_the_text_that_is_spoiled(sandbox: RunningSandbox) -> None:
    sandbox.fault("malformed", variant="nul", field="scope")
    record = sandbox.extensive().json()["calls"][0]
    assert record["metaData"]["scope"] == "Exte\x00rnal"


def test_a_deep_answer_nests_a_hundred_thousand_arrays(sandbox: RunningSandbox) -> None:
    sandbox.fault("malformed", variant="deep")
    reply = sandbox.extensive()
    assert reply.body.count(b"[" * 100_000) == 1 and reply.body.count(b"]" * 100_000) == 1
    with pytest.raises(RecursionError):
        reply.json()


def test_a_repeated_cursor_never_moves_on(sandbox: RunningSandbox) -> None:
    sandbox.fault("repeated_cursor")
    cursors = [sandbox.extensive().json()["records"]["cursor"]]
    for _ in range(4):
        cursors.append(sandbox.extensive(cursor=cursors[-1]).json()["records"]["cursor"])
    assert len(set(cursors)) == 1


def test_a_repeated_page_has_fresh_cursors_and_stale_records(sandbox: RunningSandbox) -> None:
    sandbox.fault("repeated_page", times=4)
    pages = [sandbox.extensive().json()]
    for _ in range(3):
        pages.append(sandbox.extensive(cursor=pages[-1]["records"]["cursor"]).json())
    assert len({page["records"]["cursor"] for page in pages}) == 4
    assert all(page["calls"] == pages[0]["calls"] for page in pages)
    last = sandbox.extensive(cursor=pages[-1]["records"]["cursor"])
    assert last.status == 200 and "cursor" not in last.json()["records"]


def test_an_ignored_filter_answers_everything(sandbox: RunningSandbox) -> None:
    sandbox.fault("ignored_filter")
    reply = sandbox.extensive(filter={"toDateTime": "2001-01-01T00:00:00Z"})
    assert reply.json()["records"]["totalRecords"] == 5


def test_an_expired_cursor_is_issued_once_and_then_refused(sandbox: RunningSandbox) -> None:
    sandbox.fault("expired_cursor", times=1)
    reply = sandbox.extensive(cursor=sandbox.extensive().json()["records"]["cursor"])
    assert reply.status == 400 and reply.json()["errors"] == ["cursor has expired"]
    assert sandbox.extensive(cursor=sandbox.extensive().json()["records"]["cursor"]).status == 200


def test_a_slow_drip_sends_the_whole_answer_in_its_own_time(sandbox: RunningSandbox) -> None:
    whole = sandbox.get("/v2/workspaces").body
    sandbox.fault("slow_drip", bytes_per_second=len(whole) * 5)
    before = time.monotonic()
    reply = sandbox.get("/v2/workspaces")
    assert len(reply.body) == len(whole) and reply.json()["workspaces"]
    assert time.monotonic() - before >= 0.1


def test_a_released_drip_sends_the_rest_at_once(sandbox: RunningSandbox) -> None:
    sandbox.fault("slow_drip", bytes_per_second=1)
    waiting = Background(sandbox.extensive)
    eventually(lambda: sandbox.in_flight() == 1)
    sandbox.control("POST", "release")
    waiting.join()
    assert waiting.reply and len(waiting.reply.json()["calls"]) == 2


def test_an_oversize_answer_is_valid_and_has_no_length(sandbox: RunningSandbox) -> None:
    sandbox.fault("oversize", megabytes=3)
    reply = sandbox.extensive()
    assert len(reply.body) > 3 * 1024 * 1024 and "Content-Length" not in reply.headers
    assert len(reply.json()["calls"]) == 2


def test_a_client_may_leave_an_oversize_answer(sandbox: RunningSandbox) -> None:
    sandbox.fault("oversize", megabytes=100_000)
    with socket.create_connection(("127.0.0.1", sandbox.port)) as connection:
        connection.sendall(b"GET /v2/users HTTP/1.1\r\nHost: sandbox\r\n\r\n")
        assert connection.recv(4096)
        assert sandbox.in_flight() == 1
    eventually(lambda: sandbox.in_flight() == 0)


def test_a_redirect_points_where_it_is_told(sandbox: RunningSandbox) -> None:
    sandbox.fault("redirect", location="http://169.254.169.254/latest", times=1)
    sandbox.fault("redirect", location="/v2/users", status=307)
    first, second = sandbox.extensive(), sandbox.extensive()
    assert (first.status, first.headers["Location"]) == (302, "http://169.254.169.254/latest")
    assert (second.status, second.headers["Location"]) == (307, "/v2/users")


def test_records_may_miss_what_they_stand_on(sandbox: RunningSandbox) -> None:
    sandbox.fault("missing_record_fields")
    first, second = [record["metaData"] for record in sandbox.extensive().json()["calls"]]
    assert "id" not in first and first["started"] and second["id"] and second["started"] is None
    one, two = sandbox.transcript().json()["callTranscripts"]
    assert "callId" not in one and one["transcript"] and two["transcript"] is None


def test_rules_hit_only_their_path(sandbox: RunningSandbox) -> None:
    sandbox.fault("status", status=500, path=TRANSCRIPT)
    assert sandbox.extensive().status == 200 and sandbox.transcript().status == 500


def test_rules_hit_only_what_contains_their_text(sandbox: RunningSandbox) -> None:
    sandbox.fault("status", status=500, containing="fromDateTime", times=1)
    assert sandbox.extensive().status == 200
    assert sandbox.extensive(filter={"fromDateTime": "2020-01-01T00:00:00Z"}).status == 500
    assert [rule["seen"] for rule in sandbox.control("GET", "faults").json()] == [1]


def test_rules_read_like_a_script(sandbox: RunningSandbox) -> None:
    sandbox.fault("status", status=500, times=1, after=1)
    sandbox.fault("status", status=502, times=2, after=2)
    assert [sandbox.extensive().status for _ in range(5)] == [200, 500, 502, 502, 200]
    assert [rule["applied"] for rule in sandbox.control("GET", "faults").json()] == [1, 2]


def test_a_rule_may_take_but_a_share_of_the_requests(sandbox: RunningSandbox) -> None:
    sandbox.fault("status", status=429, retry_after=1, share=0.5)
    statuses = [sandbox.extensive().status for _ in range(60)]
    assert 20 <= statuses.count(429) <= 40 and statuses.count(200) == 60 - statuses.count(429)
    sandbox.control("DELETE", "faults")
    sandbox.fault("status", status=429, retry_after=1, share=0.5)
    assert [sandbox.extensive().status for _ in range(60)] == statuses


def test_cleared_rules_hit_no_more(sandbox: RunningSandbox) -> None:
    sandbox.fault("status", status=500)
    sandbox.control("DELETE", "faults")
    assert sandbox.extensive().status == 200


@pytest.mark.parametrize("rules", [
    {"kind": "hang"}, ["hang"], [{"kind": "explode"}], [{"kind": "status"}], [{"kind": "status", "status": "500"}],
    [{"kind": "hang", "seconds": 1}], [{"kind": "hang", "times": -1}], [{"kind": "hang", "after": True}], [{"kind": "hang", "share": "half"}],
    [{"kind": "cut", "at": "end"}], [{"kind": "malformed", "variant": "odd"}], [{"kind": "hang", "path": None}], [{"kind": "hang", "containing": 5}],
    [{"kind": "hang"}, {"kind": "latency"}],
])
def test_a_wrong_rule_is_refused_with_all_beside_it(sandbox: RunningSandbox, rules: Any) -> None:
    assert sandbox.control("POST", "faults", rules).status == 400
    assert sandbox.control("GET", "faults").json() == []
