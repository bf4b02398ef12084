"""Sources that are added in SQL alone: every way of logging in, of paging, of asking for a time and for details, and the manual's example."""

import json
import re
import uuid
from typing import Any

import pytest

from harness.cluster import ROOT
from harness.invariants import expected_mentions, mentions
from harness.sandbox import SERVER, corpus
from harness.source import SourceDatabase

LATE = "holdout-01"
TICKETS = json.loads((SERVER.parent / "tickets.json").read_text())
MAPPER = """
    CREATE FUNCTION map_mine(records jsonb, settings jsonb) RETURNS SETOF headway.draft LANGUAGE sql STABLE AS $$
        SELECT i ->> 'id', i ->> 'title', spoken.content, spoken.turns, 'mine', NULL, NULL,
               CASE jsonb_typeof(i -> 'started') WHEN 'number' THEN to_timestamp((i ->> 'started')::float8 / CASE WHEN (i ->> 'started')::float8 > 1e11 THEN 1000 ELSE 1 END)
                                                 ELSE (i ->> 'started')::timestamptz END,
               'en', (i ->> 'duration')::int, false,
               (SELECT jsonb_agg(jsonb_build_object('name', p -> 'name', 'speaker', p -> 'name', 'affiliation', CASE WHEN (p -> 'own')::boolean THEN 'internal' ELSE 'external' END))
                FROM jsonb_array_elements(i -> 'people') p),
               jsonb_build_object('summary', r.item #> '{children,summary,0,text}'), NULL::jsonb
        FROM jsonb_array_elements(records) r (item)
        CROSS JOIN LATERAL (SELECT r.item -> 'record' AS i) one
        LEFT JOIN LATERAL (
            SELECT string_agg((l ->> 'speaker') || ': ' || (l ->> 'text'), E'\\n' ORDER BY n) AS content,
                   jsonb_agg(jsonb_build_object('speaker', l -> 'speaker', 'start_s', l -> 'start', 'text', l -> 'text') ORDER BY n) AS turns
            FROM jsonb_array_elements(coalesce(i -> 'lines', r.item #> '{children,lines}')) WITH ORDINALITY e (l, n)) spoken ON true
    $$"""

MINTED = {"path": "/token", "client_id": "client", "client_secret": "secret"}
CLIENT = {"client": "generic-client", "secret": "generic-secret"}
TOKEN = {"token": "generic-token"}
AUTH: dict[str, tuple[dict, dict]] = {
    "none": ({"kind": "none"}, {}),
    "basic": ({"kind": "basic", "username": "user", "password": "password"}, {"user": "generic-user", "password": "generic-password"}),
    "bearer": ({"kind": "bearer", "token": "token"}, TOKEN),
    "header": ({"kind": "header", "token": "token", "header": "X-Api-Key"}, TOKEN),
    "header_prefix": ({"kind": "header", "token": "token", "header": "Authorization", "prefix": "Token "}, TOKEN),
    "query": ({"kind": "query", "token": "token", "parameter": "api_key"}, TOKEN),
    "oauth2_client_credentials": ({"kind": "oauth2_client_credentials", **MINTED}, CLIENT),
    "oauth2_client_credentials_body": ({"kind": "oauth2_client_credentials", **MINTED, "client_in": "body"}, CLIENT),
    "oauth2_refresh_token": ({"kind": "oauth2_refresh_token", **MINTED, "refresh_token": "refresh"}, CLIENT | {"refresh": ""}),
    "jwt_grant": ({"kind": "jwt_grant", **MINTED, "assertion": "assertion"}, CLIENT | {"assertion": "generic-assertion"}),
    "session": ({"kind": "session", "path": "/login", "body": {"user": {"$": "credentials.user"}, "password": {"$": "credentials.password"}},
                 "token": "/session/token", "expires_in": "/session/expires_in", "header": "X-Session-Token"}, {"user": "generic-user", "password": "generic-password"}),
}
MINTING = [kind for kind, (auth, _) in AUTH.items() if "path" in auth]


def in_query(at: str) -> dict:
    return {"in": "query", "at": at}


PAGING: dict[str, dict] = {
    "none": {"kind": "none"},
    "page": {"kind": "page", "send": in_query("page"), "size": {"send": in_query("per_page"), "value": 9}, "more": "/has_more"},
    "page_from_zero": {"kind": "page", "first": 0, "send": in_query("page"), "size": {"send": in_query("per_page"), "value": 9}, "pages": "/pages"},
    "page_body": {"kind": "page", "send": {"in": "body", "at": "/page"}, "size": {"send": {"in": "body", "at": "/per_page"}, "value": 8}},
    "offset": {"kind": "offset", "send": in_query("offset"), "size": {"send": in_query("limit"), "value": 9}, "total": "/total"},
    "cursor_query": {"kind": "cursor", "next": "/next", "send": in_query("cursor")},
    "cursor_more": {"kind": "cursor", "next": "/next", "more": "/has_more", "send": in_query("cursor")},
    "cursor_body": {"kind": "cursor", "next": "/next", "send": {"in": "body", "at": "/page/cursor"}},
    "cursor_header": {"kind": "cursor", "next": "/next", "send": {"in": "header", "at": "X-Cursor"}},
    "next_url": {"kind": "next_url", "next": "/links/next"},
    "next_path": {"kind": "next_url", "next": "/links/next"},
    "link_header": {"kind": "link_header"},
}
FORMATS = ("iso", "unix", "unix_ms", "date")
WINDOWS = ["none", *(f"{where}-{how}" for where in ("query", "body", "from") for how in FORMATS)]
BY_ID = {"method": "GET", "path": "/items/{parent}/lines", "records": "/lines"}
CHILDREN: dict[str, tuple[dict, dict]] = {
    "one by one": (BY_ID, {}),
    "by another id": (BY_ID | {"path": "/refs/{parent}/lines"}, {"parent": "/ref"}),
    "ten at a time in the query": ({"method": "GET", "path": "/lines", "query": {"id": {"$": "parents"}}, "records": "/lines"}, {"batch": 10, "key": "/item"}),
    "ten at a time in the body": ({"method": "POST", "path": "/lines", "body": {"ids": {"$": "parents"}}, "records": "/lines"}, {"batch": 10, "key": "/item"}),
    "where they are": (BY_ID, {"when": "/has_lines"}),
}


def as_asked(window: str) -> dict:
    """Query and body of a list by this way of asking for a time, and what the spec says about its records."""
    where, _, how = window.partition("-")
    ends = {name: {"$": f"window.{name}", "as": how} for name in ("from", "to")}
    request = {"none": {}, "query": {"query": ends}, "from": {"query": {"since": ends["from"]}}, "body": {"body": {"window": ends}}}[where]
    rule = {"at": "/started", "at_as": how if how in ("unix", "unix_ms") else "iso"}
    if where in ("none", "from") or how == "date":
        rule |= {"window": "filtered"}
    return {"request": request, "list": rule | ({"order": "newest_first"} if where == "none" else {})}


def add(source: SourceDatabase, auth: str = "none", paging: str = "cursor_query", window: str = "query-iso", child: str = "one by one", resource: str = "items", **more: Any) -> None:
    """A connector "mine" that reads the sandbox in these ways."""
    login, credentials = AUTH[auth]
    asked = as_asked(window)
    post = window.startswith("body") or paging in ("page_body", "cursor_body")
    lines, joined = CHILDREN[child]
    spec = {
        "base_url": {"setting": "base_url"}, "settings": {"base_url": {"type": "url", "required": True}}, "credentials": {name: {} for name in credentials}, "auth": login,
        "requests": {"items": {"method": "POST" if post else "GET", "path": f"/{paging}/{window}/{resource}", "records": "/items", "pagination": PAGING[paging]} | asked["request"],
                     "lines": lines, "summary": {"method": "GET", "path": "/items/{parent}/summary", "records": "/summary"}},
        "list": {"request": "items", "id": "/id", "overlap_seconds": 86400} | asked["list"],
        "children": {"lines": {"request": "lines"} | joined | more},
    }
    if child == "one by one":
        spec["children"]["summary"] = {"request": "summary"}
    source.db.sql(MAPPER)
    source.db.sql("SELECT headway_register_connector_type('mine', %s::jsonb, 'map_mine(jsonb, jsonb)')", [json.dumps(spec)])
    if "refresh" in credentials:  # is good for one exchange
        credentials = credentials | {"refresh": f"generic-refresh-{uuid.uuid4()}"}
    source.connect("mine", credentials, base_url=f"{source.sandbox.url}/generic/{auth}")


def check_read(source: SourceDatabase) -> None:
    """All of it once, by correct requests; and a second run adds nothing."""
    status = source.read("mine", extract_features=False)
    assert (status["state"], status["fetched"], status["stored"]) == ("done", 40, 40), status
    assert [entry for entry in source.sandbox.journal("/generic") if entry["violations"]] == []
    again = source.read("mine", extract_features=False)
    assert (again["already_known"], again["stored"]) == (40, 0)
    assert source.db.value("SELECT count(*) FROM headway.messages WHERE content IS NOT NULL") == 40


@pytest.mark.parametrize("auth", AUTH)
def test_every_way_to_log_in(source: SourceDatabase, auth: str) -> None:
    add(source, auth=auth)
    check_read(source)


@pytest.mark.parametrize("paging", PAGING)
def test_every_way_from_page_to_page(source: SourceDatabase, paging: str) -> None:
    add(source, paging=paging)
    check_read(source)


@pytest.mark.parametrize("window", WINDOWS)
def test_every_way_to_ask_for_a_time(source: SourceDatabase, window: str) -> None:
    add(source, window=window)
    check_read(source)


@pytest.mark.parametrize("child", CHILDREN)
def test_every_way_to_ask_for_details(source: SourceDatabase, child: str) -> None:
    add(source, child=child)
    check_read(source)


def test_details_that_are_there_already_are_not_asked_for(source: SourceDatabase) -> None:
    add(source, resource="mixed", child="by another id", unless="/lines")
    check_read(source)
    assert 0 < len(source.sandbox.journal("/generic/none/refs/")) < 40


@pytest.mark.parametrize("auth", MINTING)
def test_a_token_is_minted_once_and_anew_when_it_is_refused(source: SourceDatabase, auth: str) -> None:
    add(source, auth=auth)
    minted = lambda: len([entry for entry in source.sandbox.journal("/generic") if entry["path"].endswith(("/token", "/login"))])
    source.read("mine", extract_features=False)
    assert minted() == 1, "one token serves all requests and all workers"
    source.sandbox.revoke_tokens()
    assert source.read("mine", extract_features=False)["state"] == "done"
    assert minted() == 2


def test_the_main_job_is_done_with_it(source: SourceDatabase) -> None:
    add(source)
    assert source.read("mine")["processed"] == 40
    assert mentions(source.db) == expected_mentions()
    assert source.db.value("SELECT count(*) FROM headway.messages WHERE metadata ->> 'summary' IS NOT NULL") == 40, "a child that is one object is one record"


def test_a_late_one_is_not_lost(source: SourceDatabase) -> None:
    add(source)
    source.sandbox.put_call(corpus(LATE) | {"turns": []})
    try:
        assert source.read("mine", extract_features=False)["skipped"] == 1
        source.sandbox.put_call(corpus(LATE))
        assert source.read("mine", extract_features=False)["stored"] == 1
    finally:
        source.sandbox.drop_call(corpus(LATE)["id"])


def add_zendesk(source: SourceDatabase) -> None:
    """As the manual says, in SQL alone."""
    mapper, _, spec, _ = re.findall(r"^```sql\n(.*?)^```", (ROOT / "docs/how-to/add-a-source.md").read_text(), re.M | re.S)
    for block in (mapper, spec):
        source.db.sql(block)
    source.sandbox.limits(zendesk={"incremental": {"requests": 1000, "seconds": 60}})  # all tests of a minute share them
    source.connect("zendesk", {"email": "agent@larkspur.example", "api_token": "sandbox-zendesk"}, base_url=f"{source.sandbox.url}/zendesk")


def test_the_manuals_zendesk_is_read(source: SourceDatabase) -> None:
    solved = [ticket for ticket in TICKETS if ticket["status"] in ("solved", "closed")]
    add_zendesk(source)
    status = source.read("zendesk", days_back=30)
    assert (status["state"], status["stored"], status["skipped"]) == ("done", len(solved), len(TICKETS) - len(solved)), status
    assert [entry for entry in source.sandbox.journal("/zendesk") if entry["violations"]] == []
    for ticket in solved:
        content = source.db.value("SELECT content FROM headway.messages WHERE external_id = %s", [str(ticket["id"])])
        assert all((text in content) == (who != "internal") for who, text in ticket["comments"])
    assert source.db.value("SELECT count(*) FROM headway.features") > 0
    again = source.read("zendesk", days_back=30)
    assert (again["already_known"], again["stored"]) == (len(solved), 0)


def test_a_zendesk_ticket_that_is_solved_later_is_not_lost(source: SourceDatabase) -> None:
    add_zendesk(source)
    source.read("zendesk", days_back=30)
    pending = next(ticket for ticket in TICKETS if ticket["status"] == "open")
    source.sandbox.put_ticket(pending | {"status": "solved", "updated_minutes": 2})
    try:
        assert source.read("zendesk", days_back=30)["stored"] == 1
    finally:
        source.sandbox.put_ticket(pending)
