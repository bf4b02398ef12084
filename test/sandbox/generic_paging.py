"""Every way to read a list in pages.

    none                            all at once
    page, page_from_zero            ?page=&per_page= -> {"page", "pages", "has_more"}
    page_body                       the same in the body of a POST
    offset                          ?offset=&limit= -> {"total"}
    cursor_query                    ?cursor= -> {"next"}; null, "" or absent at the end
    cursor_more                     the same, but only {"has_more": false} is the end: there is always a next cursor
    cursor_body                     {"page": {"cursor"}} in the body of a POST
    cursor_header                   X-Cursor
    next_url, next_path             -> {"links": {"next"}}: an address, or a path with its query
    link_header                     Link: <address>; rel="next" among others
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, Iterator, Mapping, Sequence
from urllib.parse import urlencode

from corpus import Call
from exchange import Received
from pages import PageRequest, Pager, stretch
from strict import read_number, read_object, read_text, refuse

NUMBERED = {"page": 1, "page_from_zero": 0, "page_body": 1}
LINKED = ("next_url", "next_path", "link_header")
CURSORS = ("cursor_query", "cursor_more", "cursor_body", "cursor_header")
KINDS = ("none", *NUMBERED, "offset", *CURSORS, *LINKED)
IN_BODY = ("page_body", "cursor_body")
SIZE, LARGEST = 7, 50
CURSOR_HEADER = "X-Cursor"


@dataclass(frozen=True)
class Part:
    """One page: its calls, what the answer says beside them, and in its head."""

    calls: Sequence[Call]
    members: Mapping[str, Any]
    headers: Mapping[str, str]


def names(kind: str) -> tuple[set[str], set[str]]:
    """Parameters in the query, members of the body."""
    in_query = {"page": {"page", "per_page"}, "page_from_zero": {"page", "per_page"}, "offset": {"offset", "limit"}}
    in_query |= {name: {"cursor"} for name in ("cursor_query", "cursor_more", *LINKED)}
    return in_query.get(kind, set()), {"page_body": {"page", "per_page"}, "cursor_body": {"page"}}.get(kind, set())


class Paging:
    """Cuts lists into pages of any kind."""

    def __init__(self, pager: Pager) -> None:
        self._pager = pager
        self._ends: Iterator[dict[str, Any]] = itertools.cycle(({"next": None}, {"next": ""}, {}))

    def cut(self, kind: str, calls: Sequence[Call], received: Received, query: Mapping[str, str], body: Mapping[str, Any]) -> Part:
        if CURSOR_HEADER in received.headers and kind != "cursor_header":
            raise refuse(f"{CURSOR_HEADER}: this list has no cursor in the header")
        if kind == "none":
            return Part(calls, {}, {})
        if kind in NUMBERED:
            return _numbered(NUMBERED[kind], calls, _as_query(body) if kind == "page_body" else query, received.data_fault)
        if kind == "offset":
            first, size = read_number(query, "offset", 0, 0, 10**9), read_number(query, "limit", SIZE, 1, LARGEST)
            return Part(stretch(calls, first, size, received.data_fault)[0], {"total": len(calls)}, {})
        return self._by_cursor(kind, calls, received, query, body)

    def _by_cursor(self, kind: str, calls: Sequence[Call], received: Received, query: Mapping[str, str], body: Mapping[str, Any]) -> Part:
        sent = {"cursor_body": lambda: read_text(read_object(body.get("page", {}), "page", {"cursor"}), "cursor"),
                "cursor_header": lambda: received.headers.get(CURSOR_HEADER)}.get(kind, lambda: query.get("cursor"))()
        rest = {name: value for name, value in query.items() if name != "cursor"}
        request = PageRequest([received.path, rest, body.get("window")], sent, received.data_fault)
        page = self._pager.page(calls, request)
        if kind in LINKED:
            return _linked(kind, page.items, received, rest, page.cursor)
        if kind == "cursor_more":
            return Part(page.items, {"next": page.cursor or "behind-the-last-page", "has_more": page.cursor is not None}, {})
        return Part(page.items, {"next": page.cursor} if page.cursor else next(self._ends), {})


def _numbered(first: int, calls: Sequence[Call], query: Mapping[str, str], fault: str | None) -> Part:
    number, size = read_number(query, "page", first, first, 10**6), read_number(query, "per_page", SIZE, 1, LARGEST)
    shown, more = stretch(calls, (number - first) * size, size, fault)
    return Part(shown, {"page": number, "pages": -(-len(calls) // size), "has_more": more}, {})


def _linked(kind: str, calls: Sequence[Call], received: Received, query: Mapping[str, str], cursor: str | None) -> Part:
    path = f"{received.path}?{urlencode({**query, 'cursor': cursor})}"
    address = f"http://{received.host}{path}"
    if kind == "link_header":
        links = [f'<http://{received.host}{received.path}>; rel="first"'] + ([f'<{address}>; title="a, b"; rel="next"'] if cursor else [])
        return Part(calls, {}, {"Link": ", ".join(links)})
    return Part(calls, {"links": {"next": (address if kind == "next_url" else path) if cursor else None}}, {})


def _as_query(body: Mapping[str, Any]) -> dict[str, str]:
    for name in ("page", "per_page"):
        if name in body and type(body[name]) is not int:
            raise refuse(f"{name}: must be a number")
    return {name: str(value) for name, value in body.items() if name != "window"}
