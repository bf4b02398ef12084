"""Gong refuses what its documents do not allow, and the journal says why."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from running import AUTHORIZED, RunningSandbox

TIME = "2026-09-01T00:00:00Z"
LATER = "2026-09-02T00:00:00Z"
EXTENSIVE, TRANSCRIPT = "/v2/calls/extensive", "/v2/calls/transcript"


def exposing(**fields: Any) -> dict[str, Any]:
    return {"filter": {}, "contentSelector": {"exposedFields": fields}}


REFUSED_BODIES: dict[str, tuple[str, Any, str]] = {
    "array as body": (EXTENSIVE, [], "body: must be an object"),
    "no filter": (EXTENSIVE, {}, "filter: must not be null"),
    "null filter": (EXTENSIVE, {"filter": None}, "filter: must be an object"),
    "unknown body key": (EXTENSIVE, {"filter": {}, "limit": 50}, "unknown field 'limit'"),
    "selector on transcripts": (TRANSCRIPT, {"filter": {}, "contentSelector": {}}, "unknown field 'contentSelector'"),
    "unknown filter key": (EXTENSIVE, {"filter": {"from": TIME}}, "filter: unknown field 'from'"),
    "users on transcripts": (TRANSCRIPT, {"filter": {"primaryUserIds": ["1"]}}, "unknown field 'primaryUserIds'"),
    "time without offset": (EXTENSIVE, {"filter": {"fromDateTime": "2026-09-01T00:00:00"}}, "ISO-8601"),
    "time with a short offset": (EXTENSIVE, {"filter": {"toDateTime": "2026-09-01T00:00:00+00"}}, "ISO-8601"),
    "time with a blank": (EXTENSIVE, {"filter": {"fromDateTime": "2026-09-01 00:00:00Z"}}, "ISO-8601"),
    "date only": (TRANSCRIPT, {"filter": {"fromDateTime": "2026-09-01"}}, "ISO-8601"),
    "epoch time": (EXTENSIVE, {"filter": {"fromDateTime": 1790000000}}, "ISO-8601"),
    "impossible date": (EXTENSIVE, {"filter": {"fromDateTime": "2026-02-30T00:00:00Z"}}, "fromDateTime: "),
    "window backwards": (EXTENSIVE, {"filter": {"fromDateTime": LATER, "toDateTime": TIME}}, "must not be after"),
    "ids as numbers": (EXTENSIVE, {"filter": {"callIds": [9100000000000000001]}}, "string of digits"),
    "ids not numeric": (EXTENSIVE, {"filter": {"callIds": ["call-1"]}}, "string of digits"),
    "one id not in a list": (TRANSCRIPT, {"filter": {"callIds": "12"}}, "array of 1 to 100"),
    "no ids": (TRANSCRIPT, {"filter": {"callIds": []}}, "array of 1 to 100"),
    "101 ids": (TRANSCRIPT, {"filter": {"callIds": [str(n) for n in range(101)]}}, "array of 1 to 100"),
    "workspace as number": (EXTENSIVE, {"filter": {"workspaceId": 7}}, "workspaceId: must be a string"),
    "cursor as number": (EXTENSIVE, {"filter": {}, "cursor": 2}, "cursor: must be a string"),
    "forged cursor": (EXTENSIVE, {"filter": {}, "cursor": "a.b.c"}, "failed to verify cursor"),
    "unknown selector key": (EXTENSIVE, {"filter": {}, "contentSelector": {"fields": {}}}, "unknown field 'fields'"),
    "unknown context": (EXTENSIVE, {"filter": {}, "contentSelector": {"context": "Full"}}, "context: must be"),
    "timing without context": (EXTENSIVE, {"filter": {}, "contentSelector": {"contextTiming": ["Now"]}}, "Extended"),
    "unknown timing": (EXTENSIVE, {"filter": {}, "contentSelector": {"context": "Extended", "contextTiming": ["Then"]}},
                       "contextTiming: must be a list"),
    "unknown exposed field": (EXTENSIVE, exposing(people=True), "exposedFields: unknown field 'people'"),
    "unknown content": (EXTENSIVE, exposing(content={"summary": True}), "content: unknown field 'summary'"),
    "parties as text": (EXTENSIVE, exposing(parties="true"), "parties: must be a boolean"),
    "content as flag": (EXTENSIVE, exposing(content=True), "content: must be an object"),
    "occurrences alone": (EXTENSIVE, exposing(content={"trackerOccurrences": True}), "needs trackers"),
}


@pytest.mark.parametrize("path, body, reason", REFUSED_BODIES.values(), ids=REFUSED_BODIES.keys())
def test_a_wrong_body_is_refused_and_journaled(sandbox: RunningSandbox, path: str, body: Any, reason: str) -> None:
    reply = sandbox.post(path, body)
    assert reply.status == 400
    assert reason in reply.json()["errors"][0]
    assert reply.headers["x-traceid"] == reply.json()["requestId"]
    entry = sandbox.journal()[0]
    assert entry["violations"] == reply.json()["errors"] and entry["body"] == body


@pytest.mark.parametrize("raw", [b"", b"{", b'{"filter":{},"filter":{}}', b'{"filter":NaN}', b'{"filter":"\xff"}',
                                 b"[" * 100_000], ids=["empty", "cut", "twice", "nan", "not utf-8", "deep"])
def test_a_body_that_is_not_clean_json_is_refused(sandbox: RunningSandbox, raw: bytes) -> None:
    reply = sandbox.send("POST", EXTENSIVE, raw, {**AUTHORIZED, "Content-Type": "application/json"})
    assert reply.status == 400 and "not valid JSON" in reply.json()["errors"][0]
    assert len(sandbox.journal()) == 1


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_post_must_say_that_it_is_json(sandbox: RunningSandbox, content_type: str) -> None:
    reply = sandbox.post(EXTENSIVE, {"filter": {}}, **{"Content-Type": content_type})
    assert reply.status == 400 and "Content-Type" in reply.json()["errors"][0]


def test_a_charset_beside_the_content_type_is_fine(sandbox: RunningSandbox) -> None:
    reply = sandbox.post(EXTENSIVE, {"filter": {}}, **{"Content-Type": "application/json; charset=UTF-8"})
    assert reply.status == 200


@pytest.mark.parametrize("time", [TIME, "2026-09-01T00:00:00-07:00", "2026-09-01T00:00:00.123456+00:00",
                                  "2026-09-01T00:00:00.123456789Z"])
def test_every_full_iso_time_is_accepted(sandbox: RunningSandbox, time: str) -> None:
    assert sandbox.extensive(filter={"fromDateTime": time}).status == 200


@pytest.mark.parametrize("header, verdict", [
    (None, "missing"),
    ("Basic " + base64.b64encode(b"sandbox-access:wrong").decode(), "bad"),
    ("Bearer " + base64.b64encode(b"sandbox-access:sandbox-secret").decode(), "bad"),
    ("Basic sandbox-access:sandbox-secret", "bad"),
])
def test_only_the_right_key_and_secret_are_let_in(sandbox: RunningSandbox, header: str | None, verdict: str) -> None:
    headers = {"Content-Type": "application/json", **({"Authorization": header} if header else {})}
    reply = sandbox.send("POST", EXTENSIVE, b'{"filter":{}}', headers)
    assert reply.status == 401 and reply.json()["errors"]
    journal = sandbox.journal()
    assert journal[0]["headers"]["authorization"] == verdict and journal[0]["status"] == 401
    assert "wrong" not in json.dumps(journal)


def test_a_cursor_in_the_query_of_a_post_gives_page_one_for_ever(sandbox: RunningSandbox) -> None:
    first = sandbox.extensive().json()
    cursor = first["records"]["cursor"]
    again = sandbox.post(f"{EXTENSIVE}?cursor={cursor}", {"filter": {}})
    assert again.status == 200 and again.json()["calls"] == first["calls"]
    assert sandbox.journal()[1]["violations"] == ["cursor sent in the query of a POST"]


@pytest.mark.parametrize("path, reason", [
    ("/v2/calls?fromDateTime=" + TIME, "toDateTime: must not be null"),
    ("/v2/calls?toDateTime=" + TIME, "fromDateTime: must not be null"),
    (f"/v2/calls?fromDateTime={TIME}&toDateTime={LATER}&limit=5", "unknown query parameter 'limit'"),
    (f"/v2/calls?fromDateTime={TIME}&fromDateTime={TIME}&toDateTime={LATER}", "more than once"),
    (f"/v2/calls?fromDateTime=2026-09-01T00:00:00+02:00&toDateTime={LATER}", "ISO-8601"),
    ("/v2/users?includeAvatars=maybe", "includeAvatars"),
    ("/v2/workspaces?cursor=x", "unknown query parameter 'cursor'"),
])
def test_a_wrong_query_is_refused(sandbox: RunningSandbox, path: str, reason: str) -> None:
    reply = sandbox.get(path)
    assert reply.status == 400 and reason in reply.json()["errors"][0]
    assert sandbox.journal()[0]["violations"]


def test_other_query_parameters_of_a_post_and_bodies_of_a_get_are_refused(sandbox: RunningSandbox) -> None:
    assert sandbox.post(EXTENSIVE + "?limit=5", {"filter": {}}).status == 400
    assert sandbox.send("GET", "/v2/users", b"{}", AUTHORIZED).status == 400


def test_an_unknown_path_is_not_mistaken_for_an_empty_list(sandbox: RunningSandbox) -> None:
    reply = sandbox.get("/v2/callz")
    assert reply.status == 404 and reply.json()["errors"]
    assert b"found corresponding" not in reply.body
    assert sandbox.journal()[0]["violations"]


def test_a_known_path_with_another_method_is_refused(sandbox: RunningSandbox) -> None:
    assert sandbox.send("PUT", EXTENSIVE, b"{}", AUTHORIZED).status == 405
    assert sandbox.send("POST", "/v2/users", b"{}", AUTHORIZED).status == 405
