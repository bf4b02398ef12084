"""Which meetings a query asks for, and which parts of them."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

import fathom_data as data
from corpus import Call, variety
from exchange import Received
from strict import read_choice, read_flag, read_lists, read_time

LISTS: Mapping[str, Callable[[Call], set[Any]]] = {
    "calendar_invitees_domains[]": data.domains,
    "recorded_by[]": lambda call: {data.host(call).get("emailAddress")},
    "teams[]": lambda call: {data.team(call)},
}
"""Parameters that may be repeated: a meeting needs to have one of their values."""

PARTS: Mapping[str, tuple[str, Callable[[Call], Any]]] = {
    "include_action_items": ("action_items", data.action_items),
    "include_crm_matches": ("crm_matches", data.crm_matches),
    "include_highlights": ("highlights", lambda call: []),
    "include_summary": ("default_summary", data.summary),
    "include_transcript": ("transcript", data.transcript),
}
SINGLE = frozenset({*PARTS, "calendar_invitees_domains_type", "created_after", "created_before", "cursor", "meeting_type"})
DOMAIN_TYPES = frozenset({"all", "only_internal", "one_or_more_external"})


class MeetingQuery:
    """One strictly read query of GET /meetings."""

    def __init__(self, received: Received) -> None:
        lists = read_lists(received, SINGLE, LISTS)
        self.single = {name: values[0] for name, values in lists.items() if name in SINGLE}
        self.identity = {name: values for name, values in lists.items() if name != "cursor"}
        self._parts = {name for name in PARTS if read_flag(self.single, name)}
        self._conditions = [*self._of_time(), *self._of_kind(), *(_has_one(LISTS[name], lists[name]) for name in LISTS if name in lists)]

    def accepts(self, call: Call) -> bool:
        return all(holds(call) for holds in self._conditions)

    def shown(self, call: Call) -> dict[str, Any]:
        """Parts that were not asked for are null in some meetings and absent in others."""
        nulls = variety(call.id, "nulls") % 2
        parts = {key: make(call) if flag in self._parts else None
                 for flag, (key, make) in PARTS.items() if flag in self._parts or nulls}
        return data.meeting(call) | parts

    def _of_time(self) -> list[Callable[[Call], bool]]:
        """After means after and before means before: a meeting at either end is not meant."""
        since, until = read_time(self.single, "created_after"), read_time(self.single, "created_before")
        after = [lambda call: since < data.created(call)] if since else []
        return after + ([lambda call: data.created(call) < until] if until else [])

    def _of_kind(self) -> list[Callable[[Call], bool]]:
        domains = read_choice(self.single, "calendar_invitees_domains_type", DOMAIN_TYPES)
        kind = self.single.get("meeting_type")
        of_domains = [lambda call: data.domains_type(call) == domains] if domains not in (None, "all") else []
        return of_domains + ([lambda call: data.meeting(call)["meeting_type"] == kind] if kind else [])


def _has_one(values_of: Callable[[Call], set[Any]], wanted: Sequence[str]) -> Callable[[Call], bool]:
    return lambda call: bool(values_of(call).intersection(wanted))
