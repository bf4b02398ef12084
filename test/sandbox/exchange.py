"""What passes between the frame and a vendor: one received request, one answer.

Vendors are plain synchronous code. They never see sockets, so every transport fault can be applied to every
vendor without the vendor knowing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Mapping, Sequence


@dataclass
class Received:
    """One request, completely read. Vendors append to `violations`; the journal keeps the same list."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    body: bytes
    violations: list[str] = field(default_factory=list)
    data_fault: str | None = None

    @property
    def host(self) -> str:
        """Where the client believes this server to be."""
        return self.headers.get("Host", "127.0.0.1")


@dataclass(frozen=True)
class Answer:
    """One response before delivery."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """Ends a request with an error answer; `violation` says whether the client broke the vendor's rules, `code` is the
    vendor's own name of the error, where it has names."""

    def __init__(self, status: int, text: str, violation: bool = True, code: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.violation = violation
        self.code = code


def encode_json(value: Any) -> bytes:
    """UTF-8 as vendors send it; escapes only where a text cannot be UTF-8 (a lone surrogate in a call)."""
    try:
        return json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value).encode("ascii")


def reply(value: Any, status: int = 200, **headers: str) -> Answer:
    """An answer in JSON."""
    return Answer(status, encode_json(value), headers=headers)
