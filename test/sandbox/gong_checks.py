"""Gong's side of the contract: what a request must look like. Every breach is a Refusal with status 400.

Where Gong's documents are silent the sandbox is strict, because a request that only a lenient server accepts is a
bug that waits for the real one.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Collection, Iterable, Mapping

from exchange import Received, Refusal

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
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


def refuse(text: str) -> Refusal:
    return Refusal(400, text)


def read_body(received: Received, allowed: Collection[str]) -> dict[str, Any]:
    """The JSON object of a POST, with none but the allowed keys."""
    content_type = received.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise refuse(f"Content-Type must be application/json, not '{content_type}'")
    try:
        body = json.loads(received.body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise refuse(f"the body is not valid JSON: {error}") from error
    return _object(body, "body", allowed)


def read_query(received: Received, allowed: Collection[str]) -> dict[str, str]:
    """The query parameters, each known and given once."""
    for name, values in received.query.items():
        if name not in allowed:
            raise refuse(f"unknown query parameter '{name}'")
        if len(values) > 1:
            raise refuse(f"query parameter '{name}' is given more than once")
    return {name: values[0] for name, values in received.query.items()}


def read_filter(described: Mapping[str, Any], allowed: Collection[str]) -> CallFilter:
    _object(described, "filter", allowed)
    since, until = (_time(described, name) for name in ("fromDateTime", "toDateTime"))
    if since and until and since > until:
        raise refuse("fromDateTime: must not be after toDateTime")
    return CallFilter(since, until, _ids(described, "callIds"), _ids(described, "primaryUserIds"),
                      _text(described, "workspaceId"))


def read_cursor(described: Mapping[str, Any]) -> str | None:
    return _text(described, "cursor")


def read_selector(described: Any) -> Selector:
    _object(described, "contentSelector", {"context", "contextTiming", "exposedFields"})
    context = _context(described)
    fields = _object(described.get("exposedFields", {}), "exposedFields",
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
    flags = _object(fields.get(group, {}), where, allowed)
    return frozenset(name for name in flags if _flag(flags, name, where))


def _flag(fields: Mapping[str, Any], name: str, where: str) -> bool:
    value = fields.get(name, False)
    if not isinstance(value, bool):
        raise refuse(f"{where}.{name}: must be a boolean")
    return value


def _object(value: Any, where: str, allowed: Collection[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise refuse(f"{where}: must be an object")
    unknown = sorted(set(value) - set(allowed))
    if unknown:
        raise refuse(f"{where}: unknown field '{unknown[0]}'")
    return value


def _time(described: Mapping[str, Any], name: str) -> datetime | None:
    text = described.get(name)
    if name not in described:
        return None
    if not isinstance(text, str) or not TIME.fullmatch(text):
        raise refuse(f"{name}: must be an ISO-8601 time with an offset or Z")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise refuse(f"{name}: {error}") from error


def _ids(described: Mapping[str, Any], name: str) -> frozenset[str] | None:
    if name not in described:
        return None
    ids = described[name]
    if not isinstance(ids, list) or not 1 <= len(ids) <= MOST_IDS:
        raise refuse(f"{name}: must be an array of 1 to {MOST_IDS} ids")
    if not all(isinstance(one, str) and NUMERIC_ID.fullmatch(one) for one in ids):
        raise refuse(f"{name}: every id must be a string of digits")
    return frozenset(ids)


def _text(described: Mapping[str, Any], name: str) -> str | None:
    if name not in described:
        return None
    if not isinstance(described[name], str):
        raise refuse(f"{name}: must be a string")
    text: str = described[name]
    return text


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    pairs = list(pairs)
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("an object names a field twice")
    return dict(pairs)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
