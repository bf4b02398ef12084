"""Gong, as strict as its documents allow and as peculiar as its users report."""

from __future__ import annotations

import base64
import hmac
import secrets
import string
from datetime import datetime
from typing import Any, Callable, Mapping

import gong_checks as checks
import gong_data as data
from corpus import Call, CallStore
from exchange import Answer, Received, Refusal, reply
from gong_extras import extras
from limits import Quota
from pages import Page, PageRequest, Pager
from strict import no_body, read_body, read_flag, read_query, read_text, refuse
from vendor import Vendor, drop_fields, route, the_call

NOTHING_FOUND = "No calls found corresponding to the provided filters"
CURSOR_IN_QUERY = "cursor sent in the query of a POST"
WINDOW_KEYS = frozenset({"fromDateTime", "toDateTime", "workspaceId"})
TRANSCRIPT_FILTER_KEYS = WINDOW_KEYS | {"callIds"}
EXTENSIVE_FILTER_KEYS = TRANSCRIPT_FILTER_KEYS | {"primaryUserIds"}

Payload = dict[str, Any]
Shape = Callable[[Call], Payload]
TimeOf = Callable[[Call], datetime]


class Gong(Vendor):
    """Gong's API V2 over the calls of a store."""

    prefixes = ("/v2",)
    text_fields = ("text", "title", "name", "firstName")

    def __init__(self, calls: CallStore, key: str, secret: str, pager: Pager, quota: Quota) -> None:
        super().__init__(quota)
        self._calls = calls
        self._credentials = base64.b64encode(f"{key}:{secret}".encode("utf-8"))
        self._pager = pager
        self.routes = (
            route("POST", "/v2/calls/extensive", self._extensive),
            route("POST", "/v2/calls/transcript", self._transcripts),
            route("GET", "/v2/calls", self._list_calls),
            route("GET", "/v2/calls/([^/]+)", self._one_call),
            route("GET", "/v2/users", self._users),
            route("GET", "/v2/workspaces", self._workspaces),
        )

    def authorization(self, received: Received) -> str:
        sent = received.headers.get("Authorization")
        if sent is None:
            return "missing"
        scheme, _, credentials = sent.partition(" ")
        known = hmac.compare_digest(credentials.encode("utf-8", "surrogateescape"), self._credentials)
        return "ok" if scheme.lower() == "basic" and known else "bad"

    def error(self, status: int, text: str) -> Answer:
        return _reply(status, {"errors": [text]})

    def webhook(self, call_id: str) -> Payload:
        """As an automation rule posts it: all but the words."""
        call = the_call(self._calls.visible(), call_id)
        selector = checks.Selector(context=True, content=checks.CONTENT_FIELDS, interaction=checks.INTERACTION_FIELDS)
        return {"callData": {"metaData": data.meta_data(call), "parties": data.parties(call), **extras(call, selector)},
                "isTest": False, "isPrivate": call.is_private}

    def unauthorized(self, received: Received, verdict: str) -> Refusal:
        return Refusal(401, f"the access key or its secret is {verdict}")

    def _extensive(self, received: Received) -> Answer:
        body = self._post_body(received, {"filter", "contentSelector", "cursor"})
        wanted = checks.read_filter(body["filter"], EXTENSIVE_FILTER_KEYS)
        selector = checks.read_selector(body.get("contentSelector", {}))

        def shape(call: Call) -> Payload:
            record = {"metaData": data.meta_data(call), **extras(call, selector)}
            return {**record, "parties": data.parties(call)} if selector.parties else record

        calls = self._matching(received, wanted, _started)
        return self._call_page(received, _posted(received, body), calls, "calls", shape)

    def _transcripts(self, received: Received) -> Answer:
        body = self._post_body(received, {"filter", "cursor"})
        wanted = checks.read_filter(body["filter"], TRANSCRIPT_FILTER_KEYS)
        calls = [call for call in self._matching(received, wanted, _started) if call.turns]
        return self._call_page(received, _posted(received, body), calls, "callTranscripts", data.transcript)

    def _list_calls(self, received: Received) -> Answer:
        query = _get_query(received, WINDOW_KEYS | {"cursor"})
        for name in ("fromDateTime", "toDateTime"):
            if name not in query:
                raise refuse(f"{name}: must not be null")
        window = {name: value for name, value in query.items() if name != "cursor"}
        calls = self._matching(received, checks.read_filter(window, WINDOW_KEYS), _scheduled_or_started)
        return self._call_page(received, _queried(received, query), calls, "calls", data.meta_data)

    def _one_call(self, received: Received, call_id: str) -> Answer:
        _get_query(received, ())
        for call in self._calls.visible():
            if call.id == call_id:
                return _reply(200, {"call": data.meta_data(call)})
        raise Refusal(404, f"Call ID {call_id} was not found", violation=False)

    def _users(self, received: Received) -> Answer:
        query = _get_query(received, {"cursor", "includeAvatars"})
        read_flag(query, "includeAvatars")
        page = self._pager.page(data.users(self._calls.visible()), _queried(received, query))
        return _listing(received, page, "users", list(page.items))

    def _workspaces(self, received: Received) -> Answer:
        _get_query(received, ())
        return _reply(200, {"workspaces": data.workspaces()})

    def _post_body(self, received: Received, allowed: set[str]) -> Payload:
        if "cursor" in received.query:
            # The real service ignores it and answers page 1 for ever, so the client must not learn of it here.
            received.violations.append(CURSOR_IN_QUERY)
        else:
            read_query(received, ())
        body = read_body(received, allowed)
        if "filter" not in body:
            raise refuse("filter: must not be null")
        return body

    def _matching(self, received: Received, wanted: checks.CallFilter, time_of: TimeOf) -> list[Call]:
        calls = self._calls.visible()
        if received.data_fault != "ignored_filter":
            calls = [call for call in calls if _accepts(wanted, call, time_of(call))]
        return sorted(calls, key=lambda call: (time_of(call), call.id))

    def _call_page(self, received: Received, request: PageRequest, calls: list[Call], key: str,
                   shape: Shape) -> Answer:
        page = self._pager.page(calls, request)
        if not page.items:
            raise Refusal(404, NOTHING_FOUND, violation=False)
        return _listing(received, page, key, [shape(call) for call in page.items])


def _accepts(wanted: checks.CallFilter, call: Call, moment: datetime) -> bool:
    """The window includes its start and excludes its end."""
    return ((wanted.since is None or wanted.since <= moment)
            and (wanted.until is None or moment < wanted.until)
            and (wanted.call_ids is None or call.id in wanted.call_ids)
            and (wanted.user_ids is None or data.primary_user_id(call) in wanted.user_ids)
            and wanted.workspace_id in (None, data.WORKSPACE_ID))


def _started(call: Call) -> datetime:
    return call.started


def _scheduled_or_started(call: Call) -> datetime:
    """GET /v2/calls dates a meeting by its plan, unlike the two POST lists."""
    return data.scheduled_time(call) or call.started


def _get_query(received: Received, allowed: Any) -> dict[str, str]:
    no_body(received)
    return read_query(received, allowed)


def _posted(received: Received, body: Payload) -> PageRequest:
    rest = {name: value for name, value in body.items() if name != "cursor"}
    return PageRequest([received.path, rest], read_text(body, "cursor"), received.data_fault)


def _queried(received: Received, query: Mapping[str, str]) -> PageRequest:
    return _posted(received, dict(query))


def _listing(received: Received, page: Page[Any], key: str, records: list[Payload]) -> Answer:
    if received.data_fault == "missing_record_fields":
        heads = [record.get("metaData", record) for record in records]
        drop_fields(heads, "callId" if key == "callTranscripts" else "id", "started", "transcript", "emailAddress")
    counts: Payload = {"totalRecords": page.total, "currentPageSize": len(records), "currentPageNumber": page.number}
    if page.cursor:
        counts["cursor"] = page.cursor
    return _reply(200, {"records": counts, key: records})


def _reply(status: int, payload: Payload) -> Answer:
    request_id = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(19))
    headers = {"x-traceid": request_id, "x-gong-service-version": "sandbox"}
    return reply({"requestId": request_id, **payload}, status, **headers)
