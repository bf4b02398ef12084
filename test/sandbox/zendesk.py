"""Zendesk's tickets, exported in the order of their last change, and the comments of each."""

from __future__ import annotations

from typing import Any, Mapping
from urllib.parse import urlencode

import zendesk_data as data
from aged import Aged, AgedStore
from cursors import Cursors
from exchange import Answer, Received, Refusal, reply
from limits import Charge, Clock, Quota, Rate, SlidingWindow
from pages import ENDLESS, stretch
from strict import no_body, read_choice, read_number, read_query, refuse
from vendor import Vendor, basic, drop_fields, route

RATES = {"all": Rate(400, 60.0), "incremental": Rate(10, 60.0)}
CREDENTIALS = basic("agent@larkspur.example/token", "sandbox-zendesk")
LARGEST_PAGE = 3
"""Zendesk's own is 1000; the vendor decides, and these few tickets must fill several."""
FRESH_SECONDS = 60

Payload = dict[str, Any]
Place = tuple[int, int]


class Zendesk(Vendor):
    """The tickets of a store."""

    prefixes = ("/zendesk/api/v2",)
    text_fields = ("body", "subject", "description")

    def __init__(self, tickets: AgedStore, clock: Clock) -> None:
        super().__init__(Quota(RATES, clock))
        self._tickets = tickets
        self._clock = clock
        self._cursors = Cursors(clock)
        self.routes = (
            route("GET", r"/zendesk/api/v2/incremental/tickets/cursor\.json", self._export),
            route("GET", r"/zendesk/api/v2/tickets/(\d{1,15})/comments\.json", self._comments),
        )

    def authorization(self, received: Received) -> str:
        sent = received.headers.get("Authorization")
        return "missing" if sent is None else "ok" if sent == CREDENTIALS else "bad"

    def charge(self, received: Received) -> Charge:
        return Charge("", ("all", "incremental") if "/incremental/" in received.path else ("all",))

    def limit_headers(self, windows: Mapping[str, SlidingWindow]) -> Mapping[str, str]:
        if "all" not in windows:
            return {}
        return {"X-Rate-Limit": str(windows["all"].rate.requests), "X-Rate-Limit-Remaining": str(windows["all"].remaining())}

    def error(self, status: int, text: str) -> Answer:
        names = {401: "Couldn't authenticate you", 404: "RecordNotFound", 429: "APIRateLimitExceeded"}
        return reply({"error": names.get(status, "InvalidValue"), "description": text}, status)

    def _export(self, received: Received) -> Answer:
        """The last page says so, and yet names a cursor: the next export goes on from there."""
        no_body(received)
        query = read_query(received, {"start_time", "cursor", "per_page", "include"})
        size = read_number(query, "per_page", LARGEST_PAGE, 1, 1000)
        wanted, fault = read_choice(query, "include", {"users"}), received.data_fault
        place = self._place(query)
        tickets = sorted(self._tickets.visible(), key=self._place_of)
        behind = tickets if fault == "ignored_filter" else [one for one in tickets if self._place_of(one) > place]
        shown = (tickets if fault == "repeated_page" else behind)[: min(size, LARGEST_PAGE)]
        records = [data.ticket(one, self._tickets, received.host) for one in shown]
        if fault == "missing_record_fields":
            drop_fields(records, "id", "updated_at")
        cursor = self._cursor(place if not behind else self._place_of(behind[min(len(behind), len(shown)) - 1]), query, fault)
        users = {person["id"]: person for one in shown for person in data.people(one)}
        return reply({"tickets": records, "after_cursor": cursor, "after_url": self._address(received, cursor), "before_cursor": None, "before_url": None,
                      "end_of_stream": len(behind) <= len(shown) and fault not in ENDLESS, **({"users": list(users.values())} if wanted else {})})

    def _comments(self, received: Received, number: str) -> Answer:
        no_body(received)
        query = read_query(received, {"page", "per_page", "include"})
        page, size = read_number(query, "page", 1, 1, 10**6), min(LARGEST_PAGE, read_number(query, "per_page", LARGEST_PAGE, 1, 100))
        wanted = read_choice(query, "include", {"users"})
        kept = self._tickets.find(number)
        if kept is None:
            raise Refusal(404, "Not found", violation=False)
        comments = data.comments(kept, self._tickets)
        shown, more = stretch(comments, (page - 1) * size, size, received.data_fault)
        address = f"http://{received.host}{received.path}?"
        around = {name: address + urlencode({**query, "page": other}) if there else None
                  for name, other, there in (("next_page", page + 1, more), ("previous_page", page - 1, page > 1))}
        return reply({"comments": shown, **around, "count": len(comments), **({"users": data.people(kept)} if wanted else {})})

    def _place(self, query: Mapping[str, str]) -> Place:
        """Where an export goes on: behind the cursor, or at a time that must lie a minute back. A cursor comes before a time."""
        if "cursor" in query:
            at, number = self._cursors.open(query["cursor"], "tickets")["place"]
            return at, number
        if "start_time" not in query:
            raise refuse("start_time: must not be missing")
        start = read_number(query, "start_time", 0, 0, 10**11)
        if start > self._clock() - FRESH_SECONDS:
            raise refuse("start_time: too recent, must be at least a minute ago")
        return start, -1

    def _place_of(self, ticket: Aged) -> Place:
        return int(data.updated(ticket, self._tickets).timestamp()), int(ticket.id)

    def _cursor(self, place: Place, query: Mapping[str, str], fault: str | None) -> str:
        if fault == "repeated_cursor" and "cursor" in query:
            return query["cursor"]
        return self._cursors.issue({"place": place, "request": "tickets"}, expired=fault == "expired_cursor")

    def _address(self, received: Received, cursor: str) -> str:
        return f"http://{received.host}{received.path}?{urlencode({'cursor': cursor})}"
