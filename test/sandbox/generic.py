"""No vendor in particular: every kind of login, of pages and of windows, chosen by the path.

    GET or POST /generic/{auth}/{paging}/{window}/items     {"items": [{"id", "ref", "title", "started", "duration", "has_lines", "people"}], ...}
    GET or POST /generic/{auth}/{paging}/{window}/mixed     the same, but some items hold their lines already
    GET  /generic/{auth}/items/{id}/lines, refs/{ref}/lines {"lines": [{"item", "speaker", "text", "start"}]}
    GET  /generic/{auth}/items/{id}/summary                 {"summary": {"item", "text"}}: one object
    GET  /generic/{auth}/lines?id=&id=                      lines of at most ten items; POST {"ids": [...]} too
    POST /generic/{auth}/token, /generic/session/login      see generic_auth

The kinds are in generic_auth, generic_paging and generic_window. A list is a POST if its window or its page stands in the body.
"""

from __future__ import annotations

from typing import Any, Mapping

import generic_auth as auth
import generic_paging as paging
import generic_window as window
from corpus import Call, CallStore, variety
from cursors import Cursors
from exchange import Answer, Received, Refusal, encode_json, reply
from limits import Charge, Clock, Quota, Rate, SlidingWindow
from pages import Pager
from strict import no_body, read_body, read_lists, read_query, refuse
from tokens import Tokens
from vendor import Vendor, drop_fields, route

MOST_PARENTS = 10
TOKEN_SECONDS = 3600
KIND = "|".join

Payload = dict[str, Any]


class Generic(Vendor):
    """The calls of a store as items with lines."""

    prefixes = ("/generic",)
    text_fields = ("text", "title")

    def __init__(self, calls: CallStore, clock: Clock) -> None:
        super().__init__(Quota({"list": Rate(1000, 1.0), "child": Rate(1000, 1.0), "token": Rate(1000, 1.0)}, clock))
        self.tokens = Tokens(clock, TOKEN_SECONDS)
        self._calls = calls
        self._door = auth.Door(self.tokens)
        self._paging = paging.Paging(Pager(Cursors(clock), paging.SIZE))
        lists = f"/generic/({KIND(auth.KINDS)})/({KIND(paging.KINDS)})/({KIND(window.STYLES)})/(items|mixed)"
        children = f"/generic/({KIND(auth.KINDS)})"
        self.routes = (
            route("GET", lists, self._list), route("POST", lists, self._list),
            route("GET", f"{children}/(items|refs)/([^/]+)/(lines|summary)", self._child),
            route("GET", f"{children}/lines", self._lines_by_query), route("POST", f"{children}/lines", self._lines_by_body),
            route("POST", f"/generic/({KIND(auth.GRANTS)})/token", lambda received, kind: self._door.mint(kind, received)),
            route("POST", "/generic/session/login", self._door.log_in),
        )

    def authorization(self, received: Received) -> str:
        if received.path.endswith(("/token", "/login")):
            return "ok"  # judged where the form is read
        return self._door.verdict(_kind(received), received) if _kind(received) in auth.KINDS else "missing"

    def unauthorized(self, received: Received, verdict: str) -> Refusal:
        return Refusal(401, f"the credentials are {verdict}", violation=not self._door.is_dead(_kind(received), received))

    def charge(self, received: Received) -> Charge:
        end = received.path.rpartition("/")[2]
        return Charge("", ("list" if end in ("items", "mixed") else "token" if end in ("token", "login") else "child",))

    def limit_headers(self, windows: Mapping[str, SlidingWindow]) -> Mapping[str, str]:
        return {f"X-RateLimit-{name}": str(value) for each in windows.values() for name, value in {
            "Limit": each.rate.requests, "Remaining": each.remaining(), "Window": round(each.rate.seconds), "Reset": round(each.reset())}.items()}

    def error(self, status: int, text: str) -> Answer:
        return reply({"error": {"status": status, "message": text}}, status)

    def refused(self, refusal: Refusal) -> Answer:
        if refusal.code:
            return reply({"error": refusal.code, "error_description": refusal.text}, refusal.status)
        return self.error(refusal.status, refusal.text)

    def _list(self, received: Received, kind: str, pages: str, style: str, resource: str) -> Answer:
        query, body = _read(received, kind, pages, style)
        span = window.Window(style, query, body)
        calls = [call for call in self._calls.visible() if received.data_fault == "ignored_filter" or span.holds(call.started)]
        part = self._paging.cut(pages, calls[::-1], received, query, body)
        items = [_item(call, span, resource == "mixed") for call in part.calls]
        if received.data_fault == "missing_record_fields":
            drop_fields(items, "id", "started")
        return Answer(200, encode_json({"items": items, **part.members}), headers=part.headers)

    def _child(self, received: Received, kind: str, by: str, one: str, child: str) -> Answer:
        _no_body_and_query(received, kind)
        call = next((call for call in self._calls.visible() if (call.id if by == "items" else _ref(call)) == one), None)
        if call is None:
            raise Refusal(404, f"no item {one}", violation=False)
        return reply({"lines": _lines(call)} if child == "lines" else {"summary": {"item": call.id, "text": f"About {call.title}."}})

    def _lines_by_query(self, received: Received, kind: str) -> Answer:
        no_body(received)
        query = read_lists(received, {"api_key"} if kind == "query" else (), {"id"})
        return self._lines_of(query.get("id", []))

    def _lines_by_body(self, received: Received, kind: str) -> Answer:
        read_query(received, {"api_key"} if kind == "query" else ())
        return self._lines_of(read_body(received, {"ids"}).get("ids"))

    def _lines_of(self, ids: Any) -> Answer:
        if not isinstance(ids, list) or not 1 <= len(ids) <= MOST_PARENTS or not all(isinstance(one, str) for one in ids):
            raise refuse(f"ids: must be 1 to {MOST_PARENTS} texts")
        return reply({"lines": [line for call in self._calls.visible() if call.id in ids for line in _lines(call)]})


def _kind(received: Received) -> str:
    """How one logs in here."""
    return received.path.removeprefix("/generic/").partition("/")[0]


def _read(received: Received, kind: str, pages: str, style: str) -> tuple[Mapping[str, str], Mapping[str, Any]]:
    """Query and body of a list, with nothing in them that belongs elsewhere."""
    in_query, in_body = (one | other for one, other in zip(window.names(style), paging.names(pages)))
    query = read_query(received, in_query | ({"api_key"} if kind == "query" else set()))
    if received.method != ("POST" if in_body else "GET"):
        raise Refusal(405, f"{received.method} is not supported for {received.path}")
    if not in_body:
        no_body(received)
    return {name: value for name, value in query.items() if name != "api_key"}, read_body(received, in_body) if in_body else {}


def _no_body_and_query(received: Received, kind: str) -> None:
    no_body(received)
    read_query(received, {"api_key"} if kind == "query" else ())


def _ref(call: Call) -> str:
    return f"r{variety(call.id, 'ref'):x}"


def _item(call: Call, span: window.Window, mixed: bool) -> Payload:
    people = [{"name": party.get("name"), "email": party.get("emailAddress"), "phone": party.get("phoneNumber"),
               "own": party.get("affiliation") == "Internal"} for party in call.parties]
    shown: Payload = {"id": call.id, "ref": _ref(call), "title": call.title, "started": span.spell(call.started), "duration": call.duration,
                      "has_lines": bool(call.turns), "people": people}
    return {**shown, "lines": _lines(call)} if mixed and variety(call.id, "mixed") % 2 else shown


def _lines(call: Call) -> list[Payload]:
    names = {party.get("speakerId"): party.get("name") for party in call.parties}
    return [{"item": call.id, "speaker": names.get(turn.speaker_id) or turn.speaker_id, "text": " ".join(said.text for said in turn.sentences),
             "start": turn.sentences[0].start / 1000} for turn in call.turns if turn.sentences]
