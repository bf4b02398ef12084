"""Fathom: who sees which meetings, how they are shown, and what is refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Callable

import pytest

from running import Reply, RunningSandbox, call, read_pages

Launch = Callable[..., RunningSandbox]
ADMIN, ONE, TWO = "sandbox-fathom-admin", "sandbox-fathom", "sandbox-fathom-2"
MEETINGS = "/external/v1/meetings"


def ask(sandbox: RunningSandbox, path: str = MEETINGS, key: str = ADMIN) -> Reply:
    return sandbox.send("GET", path, None, {"X-Api-Key": key})


def pages(sandbox: RunningSandbox, path: str = MEETINGS, key: str = ADMIN) -> list[Any]:
    return read_pages(lambda more: ask(sandbox, path + more, key).json(), "next_cursor", "&" if "?" in path else "?")


def meetings(sandbox: RunningSandbox, path: str = MEETINGS, key: str = ADMIN) -> list[Any]:
    return [item for page in pages(sandbox, path, key) for item in page["items"]]


def recording_ids(sandbox: RunningSandbox, path: str = MEETINGS, key: str = ADMIN) -> list[int]:
    return [item["recording_id"] for item in meetings(sandbox, path, key)]


@pytest.fixture
def full(launch: Launch) -> RunningSandbox:
    """Thirty-five calls, with all limits far away."""
    sandbox = launch()
    for number in range(1, 36):
        sandbox.calls.put(call(number))
    sandbox.control("POST", "limits", {"fathom": {"all": {"requests": 999, "seconds": 60}, "heavy": {"requests": 999, "seconds": 60}}})
    return sandbox


def test_pages_hold_ten_meetings_and_the_newest_comes_first(full: RunningSandbox) -> None:
    read = pages(full)
    assert [len(page["items"]) for page in read] == [10, 10, 10, 5]
    times = [item["created_at"] for page in read for item in page["items"]]
    assert times == sorted(times, reverse=True) and len(set(recording_ids(full))) == 35


def test_the_last_page_says_so_in_three_ways(full: RunningSandbox) -> None:
    ends = [pages(full)[-1] for _ in range(3)]
    assert [end.get("next_cursor", "absent") for end in ends] == [None, "", "absent"]


def test_two_users_see_sets_that_overlap(full: RunningSandbox) -> None:
    one, two = set(recording_ids(full, key=ONE)), set(recording_ids(full, key=TWO))
    assert one & two and one - two and two - one
    assert one | two == set(recording_ids(full))


def test_the_window_is_on_the_time_of_creation_and_leaves_its_ends_out(full: RunningSandbox) -> None:
    times = [item["created_at"] for item in meetings(full)]
    assert [item["created_at"] for item in meetings(full, f"{MEETINGS}?created_after={times[9]}&created_before={times[5]}")] == times[6:9]


def test_lists_in_the_query_are_alternatives(full: RunningSandbox) -> None:
    assert len(meetings(full, f"{MEETINGS}?calendar_invitees_domains[]=nobody.example&calendar_invitees_domains[]=customer.example")) == 35
    assert meetings(full, f"{MEETINGS}?recorded_by[]=nobody@vendor.example") == []
    assert meetings(full, f"{MEETINGS}?calendar_invitees_domains_type=only_internal") == []


def test_parts_come_only_when_asked_for(full: RunningSandbox) -> None:
    assert {item.get("transcript") for item in meetings(full)} == {None}
    assert {"transcript" in item for item in meetings(full)} == {True, False}
    whole = meetings(full, MEETINGS + "?include_transcript=true&include_crm_matches=true&include_summary=true")
    assert all(item["transcript"] and item["default_summary"] for item in whole)
    assert {frozenset(item["crm_matches"]) for item in whole} == {frozenset({"error"}), frozenset({"contacts", "companies", "deals"})}


def test_what_users_stumble_on_is_there(full: RunningSandbox) -> None:
    items = meetings(full)
    assert all(item["url"].rpartition("/")[2] != str(item["recording_id"]) for item in items)
    assert {item["transcript_language"] for item in items} == {"unknown", "en"}
    invitees = [invitee for item in items for invitee in item["calendar_invitees"]]
    assert {invitee["name"] is None for invitee in invitees} == {invitee["email"] is None for invitee in invitees} == {True, False}
    assert {invitee.get("email_domain", "absent") for invitee in invitees} == {"vendor.example", "customer.example", None, "absent"}


def test_an_unplanned_meeting_has_no_plan(full: RunningSandbox) -> None:
    for number in range(40, 60):
        full.calls.put(call(number, direction="Inbound"))
    assert {item.get("scheduled_start_time", "absent") in (None, "absent") for item in meetings(full)} == {True, False}
    assert {"scheduled_start_time" in item for item in meetings(full)} == {True, False}


def test_a_transcript_is_stamped_by_the_second(full: RunningSandbox) -> None:
    said = ask(full, f"/external/v1/recordings/{recording_ids(full)[0]}/transcript").json()["transcript"]
    assert [line["speaker"]["display_name"] for line in said] == ["Ada Host", "Ada Host", "Bo Guest"]
    assert [line["timestamp"] for line in said] == ["00:00:00", "00:00:01", "00:00:05"]
    assert said[2]["text"] == "It loses the last row every single time."


def test_short_lines_share_a_stamp(full: RunningSandbox) -> None:
    full.calls.put(call(1, turns=[{"speakerId": "701", "sentences": ["Yes.", "No.", "Well.", "Right."]}]))
    said = ask(full, f"/external/v1/recordings/{recording_ids(full)[0]}/transcript").json()["transcript"]
    assert [line["timestamp"] for line in said] == ["00:00:00", "00:00:01", "00:00:02", "00:00:02"]


def test_a_summary_is_markdown_or_nothing(full: RunningSandbox) -> None:
    summaries = [ask(full, f"/external/v1/recordings/{number}/summary").json()["summary"] for number in recording_ids(full)]
    assert {summary["template_name"] for summary in summaries} == {"General", "general", None}
    assert all((summary["markdown_formatted"] is None) == (summary["template_name"] is None) for summary in summaries)


def test_a_transcript_that_is_not_ready_is_empty_or_not_found(full: RunningSandbox) -> None:
    for number in range(1, 36):
        full.calls.put(call(number, transcribed=60))
    early = [ask(full, f"/external/v1/recordings/{number}/transcript") for number in recording_ids(full)]
    assert {reply.status for reply in early} == {200, 404}
    assert all(reply.body == b"" if reply.status == 404 else reply.json() == {"transcript": []} for reply in early)
    full.clock.now += 60
    assert all(ask(full, f"/external/v1/recordings/{number}/transcript").json()["transcript"] for number in recording_ids(full))


def test_recordings_of_others_and_unknown_ones_are_not_found(full: RunningSandbox) -> None:
    hidden = set(recording_ids(full)) - set(recording_ids(full, key=ONE))
    assert {ask(full, f"/external/v1/recordings/{number}/transcript", ONE).status for number in [*hidden, 77]} == {404}


@pytest.mark.parametrize("query", [
    "limit=50", "created_after=2026-09-01", "created_after=1790000000", "created_before=2026-09-01T00:00:00+02:00", "cursor=x", "include_transcript=1",
    "created_after=2026-09-01T00:00:00Z&created_after=2026-09-01T00:00:00Z", "calendar_invitees_domains_type=external",
    "calendar_invitees[]=bo@customer.example", "include_transcripts=true",
])
def test_a_wrong_query_is_refused_without_a_word(full: RunningSandbox, query: str) -> None:
    reply = ask(full, f"{MEETINGS}?{query}")
    assert (reply.status, reply.body) == (400, b"")
    assert full.journal()[-1]["violations"]


def test_a_cursor_fits_only_the_filters_it_came_with(full: RunningSandbox) -> None:
    cursor = ask(full).json()["next_cursor"]
    assert ask(full, f"{MEETINGS}?cursor={cursor}").status == 200
    assert ask(full, f"{MEETINGS}?cursor={cursor}&include_summary=true").status == 400


@pytest.mark.parametrize("headers, verdict", [
    ({}, "missing"), ({"X-Api-Key": "sandbox-access"}, "bad"), ({"Authorization": "Basic c2FuZGJveC1mYXRob20="}, "bad"),
    ({"Authorization": "Bearer nobody"}, "bad"), ({"X-Api-Key": ONE, "Authorization": f"Bearer {ONE}"}, "bad"),
])
def test_only_one_right_key_is_let_in(full: RunningSandbox, headers: dict[str, str], verdict: str) -> None:
    reply = full.send("GET", MEETINGS, None, headers)
    assert (reply.status, reply.body) == (401, b"")
    entry = full.journal()[-1]
    assert entry["headers"]["authorization"] == verdict and "sandbox" not in entry["headers"].get("x-api-key", "")


def test_a_key_may_come_as_a_bearer_token(full: RunningSandbox) -> None:
    assert full.send("GET", MEETINGS, None, {"Authorization": f"Bearer {ONE}"}).status == 200


def test_other_methods_bodies_and_paths_are_refused(full: RunningSandbox) -> None:
    assert full.send("POST", MEETINGS, b"{}", {"X-Api-Key": ONE}).status == 405
    assert full.send("GET", MEETINGS, b"{}", {"X-Api-Key": ONE}).status == 400
    assert ask(full, "/external/v1/calls").status == 404 and full.journal()[-1]["violations"]


def test_heavy_requests_have_a_limit_of_their_own(launch: Launch) -> None:
    sandbox = launch()
    number = recording_ids(sandbox)[0]
    replies = [ask(sandbox, f"/external/v1/recordings/{number}/transcript") for _ in range(30)]
    assert [reply.headers["RateLimit-Remaining"] for reply in replies] == [str(left) for left in range(29, -1, -1)]
    assert {reply.headers["RateLimit-Limit"] for reply in replies} == {"30"}
    sandbox.clock.now += 20
    late = ask(sandbox, f"{MEETINGS}?include_summary=true")
    assert (late.status, late.headers["Retry-After"], late.headers["RateLimit-Reset"], late.body) == (429, "40", "40", b"")
    assert sandbox.journal()[-1]["violations"] == ["rate limit exceeded"]
    light = ask(sandbox)
    assert (light.status, light.headers["RateLimit-Limit"], light.headers["RateLimit-Remaining"]) == (200, "60", "28")
    assert ask(sandbox, f"/external/v1/recordings/{number}/transcript", TWO).status != 429


def test_the_shared_faults_work_here_too(full: RunningSandbox) -> None:
    full.fault("missing_record_fields", times=1)
    first, second = ask(full).json()["items"][:2]
    assert "recording_id" not in first and second["created_at"] is None
    full.fault("ignored_filter", times=1)
    tomorrow = (datetime.utcfromtimestamp(full.clock.now) + timedelta(days=1)).isoformat(timespec="seconds") + "Z"
    assert len(ask(full, f"{MEETINGS}?created_after={tomorrow}").json()["items"]) == 10
    full.fault("repeated_cursor")
    cursor = ask(full).json()["next_cursor"]
    assert ask(full, f"{MEETINGS}?cursor={cursor}").json()["next_cursor"] == cursor
