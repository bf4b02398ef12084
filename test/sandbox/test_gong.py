"""What Gong answers to a well-formed request."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Callable
from urllib.parse import quote

import pytest

from cursors import LIFETIME_SECONDS
from running import RunningSandbox, call

Launch = Callable[..., RunningSandbox]
EMPTY = "No calls found corresponding to the provided filters"


def ids(reply: Any) -> list[str]:
    return [record["metaData"]["id"] for record in reply.json()["calls"]]


def started(record: Any) -> datetime:
    return datetime.fromisoformat(record["metaData"]["started"])


def all_pages(ask: Callable[..., Any]) -> list[Any]:
    pages = [ask().json()]
    while "cursor" in pages[-1]["records"]:
        pages.append(ask(cursor=pages[-1]["records"]["cursor"]).json())
    return pages


def test_pages_come_oldest_first_and_without_gaps(sandbox: RunningSandbox) -> None:
    pages = all_pages(sandbox.extensive)
    assert [page["records"]["currentPageNumber"] for page in pages] == [0, 1, 2]
    assert [page["records"]["currentPageSize"] for page in pages] == [2, 2, 1]
    assert {page["records"]["totalRecords"] for page in pages} == {5}
    times = [started(record) for page in pages for record in page["calls"]]
    assert times == sorted(times) and len(set(times)) == 5


def test_transcripts_page_too(sandbox: RunningSandbox) -> None:
    pages = all_pages(sandbox.transcript)
    assert [len(page["callTranscripts"]) for page in pages] == [2, 2, 1]


def test_the_window_includes_its_start_and_excludes_its_end(launch: Launch) -> None:
    sandbox = launch()
    records = sandbox.extensive().json()["calls"]
    window = {"fromDateTime": records[1]["metaData"]["started"], "toDateTime": records[3]["metaData"]["started"]}
    expected = [record["metaData"]["id"] for record in records[1:3]]
    assert ids(sandbox.extensive(filter=window)) == expected
    found = sandbox.transcript(filter=window).json()["callTranscripts"]
    assert [one["callId"] for one in found] == expected


def test_ids_and_window_must_both_fit(sandbox: RunningSandbox) -> None:
    record = sandbox.extensive().json()["calls"][0]
    wanted = {"callIds": [record["metaData"]["id"]]}
    assert ids(sandbox.extensive(filter=wanted)) == wanted["callIds"]
    after = (started(record) + timedelta(seconds=1)).isoformat()
    assert sandbox.extensive(filter={**wanted, "fromDateTime": after}).status == 404


def test_calls_are_filtered_by_user_and_workspace(sandbox: RunningSandbox) -> None:
    meta = sandbox.extensive().json()["calls"][0]["metaData"]
    user, workspace = meta["primaryUserId"], meta["workspaceId"]
    assert sandbox.extensive(filter={"primaryUserIds": [user], "workspaceId": workspace}).status == 200
    assert sandbox.extensive(filter={"primaryUserIds": ["1"]}).status == 404
    assert sandbox.extensive(filter={"workspaceId": "1"}).status == 404


@pytest.mark.parametrize("ask", [
    lambda sandbox: sandbox.extensive(filter={"callIds": ["1"]}),
    lambda sandbox: sandbox.transcript(filter={"callIds": ["1"]}),
    lambda sandbox: sandbox.get("/v2/calls?fromDateTime=2001-01-01T00:00:00Z&toDateTime=2001-01-02T00:00:00Z"),
], ids=["extensive", "transcript", "calls"])
def test_an_empty_list_is_a_404_with_its_own_words(sandbox: RunningSandbox, ask: Callable[..., Any]) -> None:
    reply = ask(sandbox)
    assert reply.status == 404 and reply.json()["errors"] == [EMPTY]
    assert reply.headers["x-traceid"] == reply.json()["requestId"]
    assert sandbox.journal()[0]["violations"] == []


def test_a_cursor_fits_only_the_request_it_was_issued_for(sandbox: RunningSandbox) -> None:
    cursor = sandbox.extensive().json()["records"]["cursor"]
    assert cursor.count(".") == 2
    changed = sandbox.extensive(filter={"toDateTime": "2030-01-01T00:00:00Z"}, cursor=cursor)
    assert changed.status == 400 and changed.json()["errors"] == ["failed to verify cursor"]
    elsewhere = sandbox.transcript(cursor=cursor)
    assert elsewhere.status == 400 and sandbox.journal()[-1]["violations"]


def test_a_cursor_of_another_server_is_refused(launch: Launch) -> None:
    cursor = launch(page_size=2).extensive().json()["records"]["cursor"]
    assert launch(page_size=2).extensive(cursor=cursor).status == 400


def test_a_cursor_expires(sandbox: RunningSandbox) -> None:
    cursor = sandbox.extensive().json()["records"]["cursor"]
    sandbox.clock.now += LIFETIME_SECONDS
    reply = sandbox.extensive(cursor=cursor)
    assert reply.status == 400 and reply.json()["errors"] == ["cursor has expired"]
    assert sandbox.journal()[-1]["violations"] == []


def test_without_a_selector_only_meta_data_is_shown(sandbox: RunningSandbox) -> None:
    record = sandbox.extensive().json()["calls"][0]
    assert list(record) == ["metaData"]
    meta = record["metaData"]
    assert isinstance(meta["id"], str) and int(meta["id"]) > 2**53
    assert meta["purpose"] is None and meta["customData"] is None
    assert meta["title"].endswith("caf\u00e9")


def test_parties_are_shown_when_exposed(sandbox: RunningSandbox) -> None:
    selector = {"exposedFields": {"parties": True}}
    record = sandbox.extensive(contentSelector=selector).json()["calls"][0]
    host, guest, silent = record["parties"]
    assert host["userId"] == record["metaData"]["primaryUserId"] and host["speakerId"] == "701"
    assert guest["userId"] is None and silent.get("speakerId") is None
    assert sandbox.extensive(contentSelector={"exposedFields": {"parties": False}}).json()["calls"][0].keys() == {
        "metaData"}


def test_every_other_part_is_shown_when_exposed(sandbox: RunningSandbox) -> None:
    selector = {"context": "Extended", "contextTiming": ["Now"], "exposedFields": {
        "content": {"topics": True, "trackers": True, "trackerOccurrences": True, "brief": False},
        "interaction": {"speakers": True, "questions": True, "personInteractionStats": True},
        "collaboration": {"publicComments": True}, "media": True}}
    record = sandbox.extensive(contentSelector=selector).json()["calls"][0]
    assert record.keys() == {"metaData", "context", "content", "interaction", "collaboration", "media"}
    assert record["content"].keys() == {"topics", "trackers"}
    assert record["interaction"].keys() == {"speakers", "interactionStats", "questions"}
    assert record["interaction"]["questions"] == {"companyCount": 1, "nonCompanyCount": 0}


def test_transcript_times_are_milliseconds_that_only_grow(sandbox: RunningSandbox) -> None:
    turns = sandbox.transcript().json()["callTranscripts"][0]["transcript"]
    assert [turn["speakerId"] for turn in turns] == ["701", "702"]
    edges = [edge for turn in turns for said in turn["sentences"] for edge in (said["start"], said["end"])]
    assert edges == sorted(set(edges)) and all(isinstance(edge, int) for edge in edges)
    longest = turns[1]["sentences"][0]
    assert longest["end"] - longest["start"] == round(8 / 2.6 * 1000)


def test_calls_without_words_are_absent_from_transcripts(sandbox: RunningSandbox) -> None:
    silent = call(9, turns=[])
    sandbox.calls.put(silent)
    only = sandbox.transcript(filter={"callIds": [silent["id"]]})
    assert only.status == 404 and only.json()["errors"] == [EMPTY]
    both = sandbox.transcript(filter={"callIds": [silent["id"], call(1)["id"]]}).json()
    assert [one["callId"] for one in both["callTranscripts"]] == [call(1)["id"]]


def test_times_are_spelled_in_several_ways_and_fields_appear_unannounced(launch: Launch) -> None:
    sandbox = launch()
    for number in range(10, 40):
        sandbox.calls.put(call(number))
    metas = [record["metaData"] for record in sandbox.extensive().json()["calls"]]
    zones = {meta["started"][19:].lstrip(".0123456789") for meta in metas}
    fractions = {len(meta["started"].partition(".")[2].rstrip("Z").partition("-")[0].partition("+")[0])
                 for meta in metas}
    assert zones == {"Z", "-07:00", "+02:00"} and fractions == {0, 3, 6}
    assert {"captureQuality" in meta for meta in metas} == {True, False}
    again = [record["metaData"] for record in sandbox.extensive().json()["calls"]]
    assert again == metas


def test_truth_is_never_served(sandbox: RunningSandbox) -> None:
    bodies = [sandbox.extensive(contentSelector={"exposedFields": {"parties": True}}).body, sandbox.transcript().body,
              sandbox.get(f"/v2/calls/{call(1)['id']}").body]
    assert not any(b"never to be served" in body for body in bodies)


def test_the_call_list_dates_meetings_by_their_plan(launch: Launch) -> None:
    sandbox = launch()
    record = sandbox.extensive().json()["calls"][-1]["metaData"]
    scheduled = datetime.fromisoformat(record["scheduled"])
    assert scheduled < datetime.fromisoformat(record["started"])
    until = (scheduled + timedelta(microseconds=1)).isoformat()
    reply = sandbox.get(f"/v2/calls?fromDateTime={quote(record['scheduled'])}&toDateTime={quote(until)}")
    assert reply.json()["calls"] == [record]


def test_the_call_list_pages_by_a_cursor_in_the_query(sandbox: RunningSandbox) -> None:
    window = "/v2/calls?fromDateTime=2020-01-01T00:00:00Z&toDateTime=2030-01-01T00:00:00Z"
    first = sandbox.get(window).json()
    second = sandbox.get(f"{window}&cursor={first['records']['cursor']}").json()
    assert second["records"]["currentPageNumber"] == 1
    assert not {one["id"] for one in first["calls"]} & {one["id"] for one in second["calls"]}


def test_one_call_is_found_by_its_id(sandbox: RunningSandbox) -> None:
    found = sandbox.get(f"/v2/calls/{call(2)['id']}").json()["call"]
    assert found["id"] == call(2)["id"]
    missing = sandbox.get("/v2/calls/77")
    assert missing.status == 404 and missing.json()["errors"] == ["Call ID 77 was not found"]


def test_users_and_workspaces_are_listed(sandbox: RunningSandbox) -> None:
    people = sandbox.get("/v2/users?includeAvatars=false").json()
    assert [user["firstName"] for user in people["users"]] == ["Ada"]
    assert people["records"]["totalRecords"] == 1 and "cursor" not in people["records"]
    workspace = sandbox.get("/v2/workspaces").json()["workspaces"][0]
    assert workspace["id"] == sandbox.extensive().json()["calls"][0]["metaData"]["workspaceId"]
