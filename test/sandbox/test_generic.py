"""The generic vendor: each kind of login, pages and window works as it says, and nothing else does."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, Iterator, Mapping
from urllib.parse import parse_qsl, urlencode

import pytest

import generic_auth as auth
import generic_paging as paging
import generic_window as window
from running import START, Reply, RunningSandbox, call
from vendor import basic

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
NUMBERS = itertools.count()
ALL = [call(number)["id"] for number in range(1, 26)]


@pytest.fixture
def full(sandbox: RunningSandbox) -> RunningSandbox:
    """Twenty-five calls."""
    for number in range(1, 26):
        sandbox.calls.put(call(number))
    return sandbox


def mint(sandbox: RunningSandbox, kind: str, form: Mapping[str, str] | None = None, client: str | None = "right") -> Reply:
    form = {**auth.GRANTS[kind], **({"refresh_token": "generic-refresh-1"} if kind == "oauth2_refresh_token" else {}), **(form or {})}
    client = basic(auth.CLIENT, auth.SECRET) if client == "right" else client
    headers = {**FORM, **({"Authorization": client} if client and "client_id" not in auth.GRANTS[kind] else {})}
    return sandbox.send("POST", f"/generic/{kind}/token", urlencode(form).encode(), headers)


def log_in(sandbox: RunningSandbox, password: str = auth.PASSWORD) -> Reply:
    body = json.dumps({"user": auth.USER, "password": password}).encode()
    return sandbox.send("POST", "/generic/session/login", body, {"Content-Type": "application/json"})


def credentials(sandbox: RunningSandbox, kind: str) -> tuple[dict[str, str], dict[str, str]]:
    """Headers and query parameters that let in."""
    if kind in auth.FIXED:
        return dict([auth.FIXED[kind]]), {}
    if kind in auth.GRANTS:
        form = {"refresh_token": f"generic-refresh-of-test-{next(NUMBERS)}"} if kind == "oauth2_refresh_token" else {}
        return {"Authorization": f"Bearer {mint(sandbox, kind, form).json()['access_token']}"}, {}
    if kind == "session":
        return {"X-Session-Token": log_in(sandbox).json()["session"]["token"]}, {}
    return {}, {"api_key": auth.TOKEN} if kind == "query" else {}


def ask(sandbox: RunningSandbox, path: str, query: Mapping[str, Any] = {}, body: Any = None, kind: str = "none", headers: Mapping[str, str] = {}) -> Reply:
    shown, parameters = credentials(sandbox, kind)
    query = urlencode({**query, **parameters}, doseq=True)
    if body is None:
        return sandbox.send("GET", f"/generic/{kind}/{path}?{query}", None, {**shown, **headers})
    return sandbox.send("POST", f"/generic/{kind}/{path}?{query}", json.dumps(body).encode(), {**shown, **headers, "Content-Type": "application/json"})


@dataclass
class Listing:
    """A list while it is read: what is sent for the next page."""

    kind: str
    query: dict[str, Any]
    body: dict[str, Any] | None
    headers: dict[str, str] = field(default_factory=dict)
    pages: int = 0

    def move_on(self, reply: Reply) -> bool:
        """Take from an answer where the next page is; false if there is none."""
        page = reply.json()
        self.pages += 1
        if self.kind in paging.NUMBERED:
            (self.query if self.body is None or self.kind != "page_body" else self.body)["page"] = paging.NUMBERED[self.kind] + self.pages
            return bool(page["has_more"]) and self.pages < page["pages"]
        if self.kind == "offset":
            self.query["offset"] = self.pages * paging.SIZE
            return self.pages * paging.SIZE < int(page["total"])
        if self.kind in paging.LINKED:
            address = page["links"]["next"] if "links" in page else next_link(reply)
            self.query = dict(parse_qsl((address or "").partition("?")[2]))
            return address is not None
        cursor = page.get("next")
        if self.kind == "cursor_body":
            self.body["page"] = {"cursor": cursor}
        else:
            (self.headers if self.kind == "cursor_header" else self.query)["X-Cursor" if self.kind == "cursor_header" else "cursor"] = cursor
        return bool(cursor) and page.get("has_more", True)


def read(sandbox: RunningSandbox, kind: str, style: str = "none", query: Mapping[str, Any] = {}, span: Any = None, key: str = "none") -> Iterator[list[Any]]:
    """The items of each page, read as the kind wants it."""
    body = {"window": span} if style.startswith("body") else {} if kind in paging.IN_BODY else None
    listing = Listing(kind, dict(query), body)
    while True:
        reply = ask(sandbox, f"{kind}/{style}/items", listing.query, listing.body, key, listing.headers)
        assert reply.status == 200, reply.body
        yield reply.json()["items"]
        if kind == "none" or not listing.move_on(reply):
            return


def next_link(reply: Reply) -> str | None:
    found = [link for link in reply.headers["Link"].split("<") if 'rel="next"' in link]
    return found[0].partition(">")[0] if found else None


def ids(pages: Any) -> list[str]:
    return [item["id"] for page in pages for item in page]


def ago(style: str, hours: float) -> Any:
    moment = datetime.fromtimestamp(START, timezone.utc) - timedelta(hours=hours)
    number = int(moment.timestamp()) * (1000 if style.endswith("ms") else 1)
    return {"iso": moment.isoformat().replace("+00:00", "Z"), "date": moment.date().isoformat()}.get(
        style.partition("-")[2], number if style.startswith("body") else str(number))


@pytest.mark.parametrize("kind", auth.KINDS)
def test_each_login_lets_in_everywhere(full: RunningSandbox, kind: str) -> None:
    assert ids(read(full, "next_url", key=kind)) == ALL
    assert ask(full, "lines", {"id": ALL[:2]}, kind=kind).json()["lines"]
    assert not any(entry["violations"] for entry in full.journal())


@pytest.mark.parametrize("other", auth.KINDS[1:])
@pytest.mark.parametrize("kind", auth.KINDS)
def test_no_login_lets_in_where_another_is_asked_for(full: RunningSandbox, kind: str, other: str) -> None:
    headers, query = credentials(full, other)
    reply = full.send("GET", f"/generic/{kind}/none/none/items?{urlencode(query)}", None, headers)
    assert (reply.status == 200) == (kind == other)
    assert bool(full.journal()[-1]["violations"]) == (kind != other)


@pytest.mark.parametrize("style", window.STYLES)
@pytest.mark.parametrize("kind", paging.KINDS)
def test_each_paging_goes_with_each_window(full: RunningSandbox, kind: str, style: str) -> None:
    since, until = ago(style, 20.5), ago(style, 3.5)
    query = {"from": since, "to": until} if style.startswith("query") else {"since": since} if style.startswith("from") else {}
    pages = list(read(full, kind, style, query, {"from": since, "to": until}))
    found = ids(pages)
    if style.endswith("date"):
        assert set(ALL[:20]) <= set(found)
    else:
        assert found == (ALL if style == "none" else ALL[:20] if style.startswith("from") else ALL[3:20])
    assert kind == "none" or all(len(page) <= paging.SIZE for page in pages)
    assert not any(entry["violations"] for entry in full.journal())


@pytest.mark.parametrize("style, pattern", [("query-unix", 10**10), ("query-unix_ms", 10**13)])
def test_times_are_spelled_as_they_are_asked_for(full: RunningSandbox, style: str, pattern: int) -> None:
    started = ask(full, f"none/{style}/items").json()["items"][0]["started"]
    assert isinstance(started, int) and pattern / 10 <= started < pattern
    assert ask(full, "none/none/items").json()["items"][0]["started"].endswith("Z")


@pytest.mark.parametrize("kind", ["oauth2_client_credentials", "oauth2_client_credentials_body", "jwt_grant", "oauth2_refresh_token"])
def test_a_wrong_token_request_is_refused(full: RunningSandbox, kind: str) -> None:
    wrong = {"grant_type": "password"} if "client" in kind else {"assertion": "x"} if kind == "jwt_grant" else {"refresh_token": "x"}
    assert mint(full, kind, wrong).status == 400
    assert mint(full, kind, {"audience": "x"}).status == 400
    assert mint(full, kind, {"client_secret": "x"} if kind.endswith("body") else {}, client="Basic eA==").status == 401
    assert all(entry["violations"] for entry in full.journal())


def test_a_refresh_token_is_good_once_and_brings_the_next(full: RunningSandbox) -> None:
    following = mint(full, "oauth2_refresh_token").json()["refresh_token"]
    assert mint(full, "oauth2_refresh_token").json()["error"] == "invalid_grant"
    assert full.journal()[-1]["violations"] == ["the refresh token was used twice"]
    assert mint(full, "oauth2_refresh_token", {"refresh_token": following}).status == 200
    assert mint(full, "oauth2_refresh_token", {"refresh_token": following}).status == 400


def test_a_session_needs_the_password_and_ends(full: RunningSandbox) -> None:
    assert log_in(full, "wrong").status == 401 and full.journal()[-1]["violations"]
    token = {"X-Session-Token": log_in(full).json()["session"]["token"]}
    full.control("DELETE", "tokens")
    assert full.send("GET", "/generic/session/none/none/items", None, token).status == 401
    assert full.journal()[-1]["violations"] == []


def test_children_come_one_by_one_and_in_batches(full: RunningSandbox) -> None:
    items = ask(full, "none/none/items").json()["items"][:3]
    singly = [line for item in reversed(items) for line in ask(full, f"items/{item['id']}/lines").json()["lines"]]
    by_ref = [line for item in reversed(items) for line in ask(full, f"refs/{item['ref']}/lines").json()["lines"]]
    chosen = [item["id"] for item in items]
    assert singly == by_ref == ask(full, "lines", {"id": chosen}).json()["lines"] == ask(full, "lines", body={"ids": chosen}).json()["lines"]
    assert {line["item"] for line in singly} == set(chosen) and singly[0]["text"] == "Hello there. How does the export work for you?"
    assert ask(full, f"items/{chosen[0]}/summary").json()["summary"]["item"] == chosen[0]
    assert ask(full, "items/unknown/lines").status == 404


def test_mixed_items_hold_their_lines_or_not(full: RunningSandbox) -> None:
    assert {"lines" in item for item in ask(full, "none/none/mixed").json()["items"]} == {True, False}


@pytest.mark.parametrize("path, query, body", [
    ("cursor_query/none/items", {"cursor": "x"}, None), ("cursor_body/none/items", {"cursor": "x"}, {}), ("cursor_query/body-iso/items", {}, {"cursor": "x"}),
    ("cursor_header/none/items", {"cursor": "x"}, None), ("none/none/items", {"cursor": "x"}, None), ("page/none/items", {"offset": 1}, None),
    ("page/none/items", {"page": 0}, None), ("page/none/items", {"per_page": 51}, None), ("page_body/none/items", {}, {"page": "1"}),
    ("none/query-iso/items", {"from": "2026-09-01"}, None), ("none/query-unix/items", {"from": "2026-09-01T00:00:00Z"}, None),
    ("none/query-unix/items", {"from": "1790000000000"}, None), ("none/query-unix_ms/items", {"from": "1790000000"}, None),
    ("none/query-date/items", {"from": "2026-09-31"}, None), ("none/body-unix/items", {}, {"window": {"from": "1790000000"}}),
    ("none/body-iso/items", {"from": "2026-09-01T00:00:00Z"}, {}), ("none/body-iso/items", {}, {"from": "2026-09-01T00:00:00Z"}),
    ("none/from-iso/items", {"to": "2026-09-01T00:00:00Z"}, None), ("none/none/items", {"since": "2026-09-01T00:00:00Z"}, None),
    ("none/none/items", {"api_key": auth.TOKEN}, None), ("lines", {}, None), ("lines", {"id": [str(n) for n in range(11)]}, None),
    ("lines", {}, {"ids": "1"}), ("lines", {}, {"ids": [1]}), ("items/1/lines", {"page": 1}, None),
])
def test_what_belongs_elsewhere_is_refused(full: RunningSandbox, path: str, query: Any, body: Any) -> None:
    assert ask(full, path, query, body).status == 400 and full.journal()[-1]["violations"]


def test_a_cursor_header_and_a_method_belong_elsewhere_too(full: RunningSandbox) -> None:
    assert ask(full, "cursor_query/none/items", headers={"X-Cursor": "x"}).status == 400
    assert ask(full, "cursor_query/none/items", body={}).status == 405
    assert ask(full, "cursor_body/none/items").status == 405
    assert ask(full, "pages/none/items").status == 404
    assert all(entry["violations"] for entry in full.journal())


def test_the_next_address_is_absolute_relative_or_in_the_head(full: RunningSandbox) -> None:
    assert ask(full, "next_url/none/items").json()["links"]["next"].startswith(f"http://127.0.0.1:{full.port}/generic/none/next_url/")
    assert ask(full, "next_path/none/items").json()["links"]["next"].startswith("/generic/none/next_path/none/items?cursor=")
    assert ask(full, "link_header/none/items").headers["Link"].count("rel=") == 2


def test_limits_are_told_in_the_head_and_kept(full: RunningSandbox) -> None:
    full.control("POST", "limits", {"generic": {"list": {"requests": 1, "seconds": 9}}})
    reply = ask(full, "none/none/items")
    assert [reply.headers[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining", "Window", "Reset")] == ["1", "0", "9", "9"]
    assert ask(full, "none/none/items").status == 429
    assert ask(full, "items/unknown/lines").status == 404
    assert full.control("POST", "limits", {"generic": {"lists": {"requests": 1, "seconds": 9}}}).status == 400
    assert full.control("POST", "limits", {"nobody": {}}).status == 400
