"""The call log: which records a query asks for, and its pages, which are addresses of further pages."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Mapping, Sequence
from urllib.parse import urlencode

import ringcentral_data as data
from corpus import Call
from exchange import Received
from limits import Clock
from pages import stretch
from strict import read_choice, read_lists, read_number, read_time, refuse
from vendor import drop_fields

SINGLE = frozenset({"view", "dateFrom", "dateTo", "sessionId", "telephonySessionId", "recordingType", "perPage", "page"})
LISTS: Mapping[str, frozenset[str]] = {"type": frozenset({"Voice", "Fax"}), "direction": frozenset({"Inbound", "Outbound"})}
LARGEST_PAGE = 1000
LARGEST_DETAILED_PAGE = 250
UNPINNED = "page after the first without dateTo: the log grows while it is read"


class LogQuery:
    """One strictly read query of the call log."""

    def __init__(self, received: Received, clock: Clock) -> None:
        lists = read_lists(received, SINGLE, LISTS)
        self._single = {name: values[0] for name, values in lists.items() if name in SINGLE}
        self._lists = {name: _known(name, values) for name, values in lists.items() if name in LISTS}
        self._host, self._path, self._fault = received.host, received.path, received.data_fault
        self.detailed = read_choice(self._single, "view", {"Simple", "Detailed"}) == "Detailed"
        self.page = read_number(self._single, "page", 1, 1, 10**6)
        asked = read_number(self._single, "perPage", 100, 1, LARGEST_PAGE)
        self.per_page = min(asked, LARGEST_DETAILED_PAGE) if self.detailed else asked
        self._recording = read_choice(self._single, "recordingType", {"Automatic", "OnDemand", "All"})
        self._since, self._until = self._window(clock)

    def answer(self, calls: Sequence[Call]) -> dict[str, Any]:
        fitting = [call for call in calls if self._fault == "ignored_filter" or self._accepts(call)]
        fitting.sort(key=lambda call: (call.started, call.id), reverse=True)
        first = (self.page - 1) * self.per_page
        shown, more = stretch(fitting, first, self.per_page, self._fault)
        records = [data.record(call, self.detailed, self._host) for call in shown]
        if self._fault == "missing_record_fields":
            drop_fields(records, "id", "startTime")
        navigation = {"firstPage": {"uri": self._address(1)}}
        if more:
            stuck = self._fault == "repeated_cursor" and self.page > 1
            navigation["nextPage"] = {"uri": self._address(self.page if stuck else self.page + 1)}
        paging = {"page": self.page, "perPage": self.per_page, "pageStart": first, "pageEnd": first + max(0, len(records) - 1)}
        return {"uri": self._address(self.page), "records": records, "navigation": navigation, "paging": paging}

    def _window(self, clock: Clock) -> tuple[datetime | None, datetime | None]:
        """Without dates it is the last 24 hours, unless one session is asked for."""
        since, until = read_time(self._single, "dateFrom"), read_time(self._single, "dateTo")
        if self.page > 1 and until is None:
            raise refuse(UNPINNED)
        if {"sessionId", "telephonySessionId"} & self._single.keys():
            return since, until
        until = until or datetime.fromtimestamp(clock(), timezone.utc)
        since = since or until - timedelta(hours=24)
        if since > until:
            raise refuse("dateFrom: must not be after dateTo")
        return since, until

    def _accepts(self, call: Call) -> bool:
        wanted: Mapping[str, Callable[[Call], Any]] = {"sessionId": data.session_id, "telephonySessionId": data.telephony_session_id}
        return ((self._since is None or self._since <= call.started)
                and (self._until is None or call.started < self._until)
                and all(value_of(call) == self._single.get(name, value_of(call)) for name, value_of in wanted.items())
                and "Voice" in self._lists.get("type", ["Voice"])
                and call.direction in self._lists.get("direction", [call.direction])
                and self._has_recording(call))

    def _has_recording(self, call: Call) -> bool:
        kind = data.record(call, False, self._host).get("recording", {}).get("type") if self._recording else None
        return self._recording is None or kind is not None and self._recording in (kind, "All")

    def _address(self, page: int) -> str:
        """An absolute address with all of the query, and the window's end pinned."""
        query = {**self._single, **self._lists, "page": page, "perPage": self.per_page}
        if self._until:
            query.setdefault("dateTo", data.spell(self._until))
        return f"http://{self._host}{self._path}?{urlencode(sorted(query.items()), doseq=True)}"


def _known(name: str, values: Sequence[str]) -> Sequence[str]:
    if unknown := set(values) - LISTS[name]:
        raise refuse(f"{name}: '{unknown.pop()}' is unknown")
    return values
