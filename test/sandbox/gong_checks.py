"""Gong's side of the contract: what the filter and the selector of a request must look like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Collection, Mapping

from strict import read_object, read_text, read_time, refuse

NUMERIC_ID = re.compile(r"\d{1,20}", re.ASCII)
MOST_IDS = 100

CONTENT_FIELDS = frozenset({
    "structure", "topics", "trackers", "trackerOccurrences", "pointsOfInterest", "brief", "outline", "highlights",
    "callOutcome", "keyPoints",
})
INTERACTION_FIELDS = frozenset({"speakers", "video", "personInteractionStats", "questions"})
COLLABORATION_FIELDS = frozenset({"publicComments"})


@dataclass(frozen=True)
class CallFilter:
    """Which calls are wanted; None means not restricted."""

    since: datetime | None = None
    until: datetime | None = None
    call_ids: frozenset[str] | None = None
    user_ids: frozenset[str] | None = None
    workspace_id: str | None = None


@dataclass(frozen=True)
class Selector:
    """What of each call is wanted besides its metaData."""

    context: bool = False
    parties: bool = False
    media: bool = False
    content: frozenset[str] = frozenset()
    interaction: frozenset[str] = frozenset()
    collaboration: frozenset[str] = frozenset()


def read_filter(described: Mapping[str, Any], allowed: Collection[str]) -> CallFilter:
    read_object(described, "filter", allowed)
    since, until = (read_time(described, name) for name in ("fromDateTime", "toDateTime"))
    if since and until and since > until:
        raise refuse("fromDateTime: must not be after toDateTime")
    return CallFilter(since, until, _ids(described, "callIds"), _ids(described, "primaryUserIds"),
                      read_text(described, "workspaceId"))


def read_selector(described: Any) -> Selector:
    read_object(described, "contentSelector", {"context", "contextTiming", "exposedFields"})
    context = _context(described)
    fields = read_object(described.get("exposedFields", {}), "exposedFields",
                     {"parties", "content", "interaction", "collaboration", "media"})
    content = _chosen(fields, "content", CONTENT_FIELDS)
    if "trackerOccurrences" in content and "trackers" not in content:
        raise refuse("exposedFields.content.trackerOccurrences: needs trackers")
    return Selector(
        context=context,
        parties=_flag(fields, "parties", "exposedFields"),
        media=_flag(fields, "media", "exposedFields"),
        content=content,
        interaction=_chosen(fields, "interaction", INTERACTION_FIELDS),
        collaboration=_chosen(fields, "collaboration", COLLABORATION_FIELDS),
    )


def _context(described: Mapping[str, Any]) -> bool:
    context = described.get("context", "None")
    if context not in ("None", "Basic", "Extended"):
        raise refuse("contentSelector.context: must be None, Basic or Extended")
    timing = described.get("contextTiming", [])
    if not isinstance(timing, list) or any(moment not in ("Now", "TimeOfCall") for moment in timing):
        raise refuse("contentSelector.contextTiming: must be a list of Now and TimeOfCall")
    if timing and context != "Extended":
        raise refuse("contentSelector.contextTiming: only allowed with context Extended")
    return bool(context != "None")


def _chosen(fields: Mapping[str, Any], group: str, allowed: Collection[str]) -> frozenset[str]:
    where = f"exposedFields.{group}"
    flags = read_object(fields.get(group, {}), where, allowed)
    return frozenset(name for name in flags if _flag(flags, name, where))


def _flag(fields: Mapping[str, Any], name: str, where: str) -> bool:
    value = fields.get(name, False)
    if not isinstance(value, bool):
        raise refuse(f"{where}.{name}: must be a boolean")
    return value


def _ids(described: Mapping[str, Any], name: str) -> frozenset[str] | None:
    if name not in described:
        return None
    ids = described[name]
    if not isinstance(ids, list) or not 1 <= len(ids) <= MOST_IDS:
        raise refuse(f"{name}: must be an array of 1 to {MOST_IDS} ids")
    if not all(isinstance(one, str) and NUMERIC_ID.fullmatch(one) for one in ids):
        raise refuse(f"{name}: every id must be a string of digits")
    return frozenset(ids)
