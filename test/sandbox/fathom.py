"""Fathom's external API, where every user has a key and sees some of the meetings."""

from __future__ import annotations

import itertools
import math
from typing import Any, Mapping, Sequence

import fathom_data as data
from corpus import Call, CallStore, variety
from cursors import Cursors
from exchange import Answer, Received, Refusal, reply
from fathom_query import MeetingQuery
from limits import Charge, Clock, Quota, Rate, SlidingWindow
from pages import PageRequest, Pager
from strict import no_body, read_query
from vendor import Vendor, drop_fields, route, the_call, tokens_sent

RATES = {"all": Rate(60, 60.0), "heavy": Rate(30, 60.0)}
PAGE_SIZE = 10

USERS: Mapping[str, Sequence[int]] = {"sandbox-fathom-admin": (0, 1, 2, 3), "sandbox-fathom": (0, 1, 2), "sandbox-fathom-2": (1, 2, 3)}
"""Key -> which quarters of the meetings its user sees; two users share one half."""


class Fathom(Vendor):
    """Meetings made of the calls of a store."""

    prefixes = ("/external/v1",)
    text_fields = ("text", "markdown_formatted", "title")

    def __init__(self, calls: CallStore, clock: Clock) -> None:
        super().__init__(Quota(RATES, clock))
        self._calls = calls
        self._pager = Pager(Cursors(clock), PAGE_SIZE)
        self._ends = itertools.cycle(({"next_cursor": None}, {"next_cursor": ""}, {}))
        self.routes = (
            route("GET", "/external/v1/meetings", self._meetings),
            route("GET", r"/external/v1/recordings/(\d{1,18})/transcript", self._transcript),
            route("GET", r"/external/v1/recordings/(\d{1,18})/summary", self._summary),
        )

    def authorization(self, received: Received) -> str:
        sent = tokens_sent(received)
        return "missing" if not sent else "ok" if len(sent) == 1 and sent[0] in USERS else "bad"

    def charge(self, received: Received) -> Charge:
        heavy = received.path.endswith(("/transcript", "/summary")) or any(
            "true" in received.query.get(name, ()) for name in ("include_summary", "include_transcript"))
        return Charge(tokens_sent(received)[0], ("all", "heavy") if heavy else ("all",))

    def limit_headers(self, windows: Mapping[str, SlidingWindow]) -> Mapping[str, str]:
        if not windows:
            return {}
        tightest = min(windows.values(), key=SlidingWindow.remaining)
        return {"RateLimit-Limit": str(tightest.rate.requests), "RateLimit-Remaining": str(tightest.remaining()),
                "RateLimit-Reset": str(math.ceil(tightest.reset()))}

    def webhook(self, call_id: str) -> dict[str, Any]:
        """The bare meeting, with the parts that the webhook was set up for."""
        call = the_call(self._calls.visible(), call_id)
        return {**data.meeting(call), "transcript": data.transcript(call), "default_summary": data.summary(call), "crm_matches": data.crm_matches(call)}

    def error(self, status: int, text: str) -> Answer:
        """Fathom documents no body for errors; the reason is for the journal."""
        return Answer(status, b"")

    def _meetings(self, received: Received) -> Answer:
        no_body(received)
        query = MeetingQuery(received)
        calls = [call for call in self._seen(received) if received.data_fault == "ignored_filter" or query.accepts(call)]
        calls.sort(key=lambda call: (data.created(call), call.id), reverse=True)
        page = self._pager.page(calls, PageRequest(query.identity, query.single.get("cursor"), received.data_fault))
        items = [query.shown(call) for call in page.items]
        if received.data_fault == "missing_record_fields":
            drop_fields(items, "recording_id", "created_at", "recording_start_time")
        end = {"next_cursor": page.cursor} if page.cursor else next(self._ends)
        return reply({"limit": PAGE_SIZE if page.number % 2 == 0 else None, **end, "items": items})

    def _transcript(self, received: Received, number: str) -> Answer:
        call = self._recording(received, number)
        if not call.turns and variety(call.id, "unready") % 2:
            raise Refusal(404, "the transcript is not ready", violation=False)
        return reply({"transcript": data.transcript(call)})

    def _summary(self, received: Received, number: str) -> Answer:
        return reply({"summary": data.summary(self._recording(received, number))})

    def _recording(self, received: Received, number: str) -> Call:
        no_body(received)
        read_query(received, ())
        for call in self._seen(received):
            if data.recording_id(call) == int(number):
                return call
        raise Refusal(404, f"no recording {number}", violation=False)

    def _seen(self, received: Received) -> list[Call]:
        quarters = USERS[tokens_sent(received)[0]]
        return [call for call in self._calls.visible() if variety(call.id, "sight") % 4 in quarters]
