"""Every way to ask for a span of time: where it stands, and how times are spelled.

    query-iso, query-unix, query-unix_ms, query-date     ?from=&to=
    body-iso, body-unix, body-unix_ms, body-date         {"window": {"from": , "to": }} of a POST
    from-iso, from-unix, from-unix_ms, from-date         ?since= alone
    none                                                 no span; the newest comes first
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any, Mapping

from strict import read_object, read_time, refuse

FORMATS = ("iso", "unix", "unix_ms", "date")
STYLES = ("none", *(f"{where}-{how}" for where in ("query", "body", "from") for how in FORMATS))
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
DIGITS = {"unix": re.compile(r"\d{10}", re.ASCII), "unix_ms": re.compile(r"\d{13}", re.ASCII)}


class Window:
    """The span that one request asks for: its start included, its end not."""

    def __init__(self, style: str, query: Mapping[str, str], body: Mapping[str, Any]) -> None:
        self._where, _, self._format = style.partition("-")
        described = read_object(body.get("window", {}), "window", {"from", "to"}) if self._where == "body" else query
        self._since = self._read(described, "since" if self._where == "from" else "from")
        self._until = self._read(described, "to")
        if self._since and self._until and self._since > self._until:
            raise refuse("from: must not be after to")

    def holds(self, moment: datetime) -> bool:
        return (self._since is None or self._since <= moment) and (self._until is None or moment < self._until)

    def spell(self, moment: datetime) -> Any:
        if self._format in DIGITS:
            return int(moment.timestamp() * (1 if self._format == "unix" else 1000))
        return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _read(self, described: Mapping[str, Any], name: str) -> datetime | None:
        if name not in described:
            return None
        if self._format == "iso":
            return read_time(described, name)
        value = described[name]
        if self._format == "date":
            return _read_date(value, name)
        if not (isinstance(value, str) if self._where != "body" else type(value) is int) or not DIGITS[self._format].fullmatch(str(value)):
            raise refuse(f"{name}: must be a time in {self._format}")
        return datetime.fromtimestamp(int(value) / (1 if self._format == "unix" else 1000), timezone.utc)


def names(style: str) -> tuple[set[str], set[str]]:
    """Parameters in the query, members of the body."""
    where = style.partition("-")[0]
    return {"query": {"from", "to"}, "from": {"since"}}.get(where, set()), {"window"} if where == "body" else set()


def _read_date(value: Any, name: str) -> datetime:
    """A day; as an end it means the end of the day."""
    try:
        if not isinstance(value, str) or not DATE.fullmatch(value):
            raise ValueError("must be a date")
        day = datetime.fromisoformat(value).replace(tzinfo=timezone.utc)
    except ValueError as error:
        raise refuse(f"{name}: {error}") from error
    return day + timedelta(days=1) if name == "to" else day
