"""Zendesk: the export by cursor, the comments, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from running import START, Reply, RunningSandbox
from vendor import basic

CORPUS = {ticket["id"]: ticket for ticket in json.loads(Path(__file__).with_name("tickets.json").read_text())}
EXPORT = "/zendesk/api/v2/incremental/tickets/cursor.json"
LOGIN = {"Authorization": basic("agent@larkspur.example/token", "sandbox-zendesk")}


def ask(sandbox: RunningSandbox, path: str = f"{EXPORT}?start_time=0") -> Reply:
    return sandbox.send("GET", path, None, LOGIN)


def export(sandbox: RunningSandbox, query: str = "start_time=0") -> list[Any]:
    pages = [ask(sandbox, f"{EXPORT}?{query}").json()]
    while not pages[-1]["end_of_stream"]:
        pages.append(ask(sandbox, f"{EXPORT}?cursor={quote(pages[-1]['after_cursor'])}").json())
    return pages


def path_of(address: str) -> str:
    return "/" + address.split("/", 3)[3]


def test_tickets_come_in_the_order_of_their_last_change(sandbox: RunningSandbox) -> None:
    pages = export(sandbox)
    assert [len(page["tickets"]) for page in pages] == [3, 3, 2]
    tickets = [ticket for page in pages for ticket in page["tickets"]]
    times = [ticket["updated_at"] for ticket in tickets]
    assert times == sorted(times) and {ticket["id"] for ticket in tickets} == CORPUS.keys()
    assert not any(entry["violations"] for entry in sandbox.journal())


def test_the_end_names_a_cursor_that_goes_on_later(sandbox: RunningSandbox) -> None:
    end = export(sandbox)[-1]
    again = ask(sandbox, path_of(end["after_url"])).json()
    assert again["tickets"] == [] and again["end_of_stream"] and again["after_cursor"]
    sandbox.control("POST", "tickets", {**CORPUS[3501], "updated_minutes": 2})
    assert [ticket["id"] for ticket in ask(sandbox, path_of(again["after_url"])).json()["tickets"]] == [3501]


def test_an_export_begins_with_changes_at_its_start(sandbox: RunningSandbox) -> None:
    changed = int(START) - 300 * 60
    assert [ticket["id"] for page in export(sandbox, f"start_time={changed}") for ticket in page["tickets"]] == [3506]
    assert export(sandbox, f"start_time={changed + 1}")[0]["tickets"] == []


def test_comments_come_in_pages_that_name_the_next(sandbox: RunningSandbox) -> None:
    first = ask(sandbox, "/zendesk/api/v2/tickets/3506/comments.json?include=users").json()
    second = ask(sandbox, path_of(first["next_page"])).json()
    assert (len(first["comments"]), len(second["comments"]), first["count"]) == (3, 2, 5)
    assert first["previous_page"] is None and second["next_page"] is None
    assert [one["body"] for one in first["comments"] + second["comments"]] == [text for _, text in CORPUS[3506]["comments"]]
    authors = {person["id"]: person["name"] for person in first["users"]}
    assert [authors[one["author_id"]] for one in first["comments"]] == ["Abby Quill", "Devon Okafor", "Abby Quill"]


def test_a_note_among_agents_is_not_public(sandbox: RunningSandbox) -> None:
    second = ask(sandbox, "/zendesk/api/v2/tickets/3502/comments.json?page=2").json()
    assert [one["public"] for one in second["comments"]] == [False]


@pytest.mark.parametrize("path", [
    EXPORT, f"{EXPORT}?start_time=2026-09-01T00:00:00Z", f"{EXPORT}?start_time={int(START) - 59}", f"{EXPORT}?start_time=0&limit=5", f"{EXPORT}?cursor=x",
    f"{EXPORT}?start_time=0&start_time=1", f"{EXPORT}?start_time=0&include=comments", "/zendesk/api/v2/tickets/3506/comments.json?page=0",
    "/zendesk/api/v2/tickets/3506/comments.json?sort=x",
])
def test_a_wrong_query_is_refused(sandbox: RunningSandbox, path: str) -> None:
    assert ask(sandbox, path).status == 400 and sandbox.journal()[-1]["violations"]


@pytest.mark.parametrize("header", ["Bearer sandbox-zendesk", basic("agent@larkspur.example", "sandbox-zendesk"), None])
def test_only_an_agent_with_a_token_is_let_in(sandbox: RunningSandbox, header: str | None) -> None:
    assert sandbox.send("GET", EXPORT, None, {"Authorization": header} if header else {}).status == 401


def test_unknown_tickets_and_paths_are_not_found(sandbox: RunningSandbox) -> None:
    assert ask(sandbox, "/zendesk/api/v2/tickets/1/comments.json").json()["error"] == "RecordNotFound"
    assert ask(sandbox, "/zendesk/api/v2/tickets.json").status == 404
    assert [bool(entry["violations"]) for entry in sandbox.journal()] == [False, True]


def test_an_export_has_a_limit_of_its_own(sandbox: RunningSandbox) -> None:
    assert [ask(sandbox).status for _ in range(11)] == [200] * 10 + [429]
    sandbox.clock.now += 45
    assert ask(sandbox).headers["Retry-After"] == "15"
    assert ask(sandbox, "/zendesk/api/v2/tickets/3506/comments.json").headers["X-Rate-Limit-Remaining"] == "389"


def test_the_shared_faults_work_here_too(sandbox: RunningSandbox) -> None:
    first = ask(sandbox).json()
    sandbox.fault("repeated_cursor", times=1)
    assert ask(sandbox, path_of(first["after_url"])).json()["after_cursor"] == first["after_cursor"]
    sandbox.fault("repeated_page", times=1)
    assert ask(sandbox, path_of(first["after_url"])).json()["tickets"] == first["tickets"]
    sandbox.fault("expired_cursor", times=1)
    assert ask(sandbox, path_of(ask(sandbox).json()["after_url"])).status == 400
