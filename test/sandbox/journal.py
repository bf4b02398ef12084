"""The journal: every vendor request as it was received, with what it did wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from exchange import Received
from limits import Clock

SECRETS = frozenset({
    "authorization", "x-api-key", "x-goog-api-key", "x-session-token", "api_key", "api_token", "password", "client_secret", "refresh_token", "assertion",
    "access_token", "token",
})
"""Headers, query parameters and fields of a body that carry credentials, for all vendors."""
HIDDEN = "***"
LONGEST_TEXT = 1 << 16


@dataclass
class Entry:
    """One request. `status` stays None until an answer starts, and for good if none ever does; `request_id` is what the
    vendor calls the exchange, if it tells; `connection` the client's port."""

    n: int
    at: float
    received: Received
    authorization: str
    connection: int | None = None
    status: int | None = None
    request_id: str | None = None
    fault: str | None = None

    def as_json(self) -> dict[str, Any]:
        received = self.received
        return {
            "n": self.n,
            "at": self.at,
            "method": received.method,
            "connection": self.connection,
            "path": received.path,
            "query": _flat_query(received),
            "headers": self._headers(),
            "body": _readable_body(received),
            "status": self.status,
            "request_id": self.request_id,
            "fault": self.fault,
            "violations": received.violations,
        }

    def _headers(self) -> dict[str, str]:
        """Names in lower case; the verdict stands in for the credentials, which never leave the server."""
        headers: dict[str, str] = {}
        for name, value in self.received.headers.items():
            name = name.lower()
            value = HIDDEN if name in SECRETS else value
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        headers["authorization"] = self.authorization
        return headers


class Journal:
    """Entries in order of arrival, numbered from 1 since the last clearing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: list[Entry] = []

    def open(self, received: Received, authorization: str, connection: int | None = None) -> Entry:
        """Record a request on arrival, so that one which is never answered is seen too."""
        entry = Entry(len(self._entries) + 1, self._clock(), received, authorization, connection)
        self._entries.append(entry)
        return entry

    def clear(self) -> None:
        self._entries = []

    def as_json(self) -> list[dict[str, Any]]:
        return [entry.as_json() for entry in self._entries]


def _flat_query(received: Received) -> dict[str, Any]:
    return _without_secrets({name: values[0] if len(values) == 1 else list(values) for name, values in received.query.items()})


def _readable_body(received: Received) -> Any:
    """The JSON value or the form if it is one, else the text, of a file its beginning; None for no body."""
    if not received.body:
        return None
    if received.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        return _without_secrets(dict(parse_qsl(received.body.decode("utf-8", "backslashreplace"), keep_blank_values=True)))
    try:
        body = json.loads(received.body)
    except (ValueError, RecursionError):
        return received.body[:LONGEST_TEXT].decode("utf-8", "backslashreplace")
    return _without_secrets(body) if isinstance(body, dict) else body


def _without_secrets(named: dict[str, Any]) -> dict[str, Any]:
    return {name: HIDDEN if name in SECRETS else value for name, value in named.items()}
