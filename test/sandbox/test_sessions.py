"""Sessions: their pages, the shapes of what was said in them, and their clicks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from running import Reply, RunningSandbox

CORPUS = json.loads(Path(__file__).with_name("sessions.json").read_text())
VIDEOS = "/rest/v1/projects/sandbox-project/videos"


def ask(sandbox: RunningSandbox, path: str = VIDEOS) -> Reply:
    return sandbox.send("GET", path, None, {"Authorization": "Bearer sandbox-sessions"})


def words(answer: Any) -> str:
    """What a tolerant reader makes of a transcript."""
    value = answer.get("transcript", answer.get("text", answer.get("data", {}).get("transcript") if "data" in answer else None))
    if isinstance(value, str):
        return value
    return str(value["text"]) if "text" in value else "\n".join(f"{part['speaker']}: {part['text']}" for part in value["parts"])


def test_all_sessions_come_newest_first_on_one_page(sandbox: RunningSandbox) -> None:
    page = ask(sandbox).json()
    assert [one["id"] for one in page["data"]] == [one["id"] for one in reversed(CORPUS)]
    assert (page["page"], page["per_page"], page["has_more"]) == (1, 20, False)
    fields = {"page_url", "device", "browser", "os", "rage_clicks", "error_clicks", "dead_clicks", "frustrated_gestures", "events_count", "has_transcript",
              "tags", "recording_url", "attributes", "duration", "started_at", "user", "id"}
    assert all(one.keys() == fields for one in page["data"])


def test_pages_are_numbered(sandbox: RunningSandbox) -> None:
    pages = [ask(sandbox, f"{VIDEOS}?per_page=5&page={number}").json() for number in (1, 2, 3, 4)]
    assert [len(page["data"]) for page in pages] == [5, 5, 3, 0]
    assert [page["has_more"] for page in pages] == [True, True, False, False]


def test_the_window_includes_its_start_and_excludes_its_end(sandbox: RunningSandbox) -> None:
    times = [one["started_at"] for one in ask(sandbox).json()["data"]]
    assert [one["started_at"] for one in ask(sandbox, f"{VIDEOS}?from={times[4]}&to={times[1]}").json()["data"]] == times[2:5]


def test_words_come_in_every_shape(sandbox: RunningSandbox) -> None:
    told = [one for one in CORPUS if one["said"]]
    answers = [ask(sandbox, f"/rest/v1/videos/{one['id']}/transcript").json() for one in told]
    assert [words(answer) for answer in answers] == ["\n".join(f"{who}: {text}" for who, text in one["said"]) for one in told]
    assert len({json.dumps(_shape_of(answer)) for answer in answers}) == len({one["shape"] for one in told}) >= 6


def _shape_of(answer: Any) -> Any:
    return {name: _shape_of(value) for name, value in answer.items()} if isinstance(answer, dict) else type(answer).__name__


def test_a_session_without_words_has_no_transcript(sandbox: RunningSandbox) -> None:
    silent = [one["id"] for one in ask(sandbox).json()["data"] if not one["has_transcript"]]
    assert {ask(sandbox, f"/rest/v1/videos/{one}/transcript").status for one in silent} == {404}
    assert not any(entry["violations"] for entry in sandbox.journal())


def test_events_come_in_two_shapes_and_are_counted(sandbox: RunningSandbox) -> None:
    videos = {one["id"]: one for one in ask(sandbox).json()["data"]}
    answers = {one: ask(sandbox, f"/rest/v1/videos/{one}/events").json() for one in videos}
    assert {type(answer) for answer in answers.values()} == {dict, list}
    for one, answer in answers.items():
        events = answer if isinstance(answer, list) else answer["data"]
        assert len(events) == videos[one]["events_count"]
        assert sum(event["type"] == "rage_click" for event in events) == videos[one]["rage_clicks"]
    errors = [event for event in answers["vid_04"]["data"] if event["type"] == "error_click"]
    assert errors[0]["target"]["text"] == "Apply discount" and errors[0]["message"].startswith("TypeError")


def test_the_corpus_holds_every_sort(sandbox: RunningSandbox) -> None:
    videos = ask(sandbox).json()["data"]
    mute = [one for one in videos if not one["has_transcript"]]
    assert any(one["rage_clicks"] for one in mute) and any(one["error_clicks"] for one in mute) and any(one["dead_clicks"] for one in mute)
    assert any(one["frustrated_gestures"] == 0 for one in mute) and any(one["duration"] < 10 for one in videos)
    assert any(one["user"] is None for one in videos) and any(one["attributes"] is None for one in videos)


def test_a_session_can_be_added_late(sandbox: RunningSandbox) -> None:
    late = {**CORPUS[0], "id": "vid_99", "visible": 30}
    assert sandbox.control("POST", "sessions", late).status == 200
    assert ask(sandbox, "/rest/v1/videos/vid_99/events").status == 404
    sandbox.clock.now += 30
    assert ask(sandbox, "/rest/v1/videos/vid_99/events").status == 200
    assert sandbox.control("DELETE", "sessions/vid_99").status == 204
    assert sandbox.control("POST", "sessions", {"id": "vid_99"}).status == 400


@pytest.mark.parametrize("query", ["limit=5", "page=0", "per_page=101", "per_page=ten", "from=2026-09-01", "page=1&page=2", "cursor=x",
                                   "from=2026-09-02T00:00:00Z&to=2026-09-01T00:00:00Z"])
def test_a_wrong_query_is_refused(sandbox: RunningSandbox, query: str) -> None:
    assert ask(sandbox, f"{VIDEOS}?{query}").status == 400 and sandbox.journal()[0]["violations"]


def test_only_the_right_token_and_project_are_served(sandbox: RunningSandbox) -> None:
    assert sandbox.send("GET", VIDEOS, None, {"X-Api-Key": "sandbox-sessions"}).status == 200
    assert sandbox.send("GET", VIDEOS, None, {"X-Api-Key": "sandbox-fathom"}).status == 401
    assert sandbox.send("GET", VIDEOS, None, {}).status == 401
    assert ask(sandbox, "/rest/v1/projects/other/videos").status == 404
    assert [bool(entry["violations"]) for entry in sandbox.journal()] == [False, True, True, True]


def test_the_shared_faults_work_here_too(sandbox: RunningSandbox) -> None:
    sandbox.fault("repeated_page", times=1)
    page = ask(sandbox, f"{VIDEOS}?per_page=5&page=9").json()
    assert len(page["data"]) == 5 and page["has_more"]
    sandbox.fault("malformed", variant="nul", times=1)
    assert b"\\u0000" in ask(sandbox, "/rest/v1/videos/vid_01/transcript").body
