"""Cutting a list into pages, truthfully or with the paging faults."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Generic, Mapping, Sequence, TypeVar

from cursors import Cursors

Item = TypeVar("Item")

ENDLESS = frozenset({"repeated_page", "repeated_cursor"})


@dataclass(frozen=True)
class Page(Generic[Item]):
    items: Sequence[Item]
    number: int
    total: int
    cursor: str | None


@dataclass(frozen=True)
class PageRequest:
    """Which page of which list; `identity` is all of the request except its cursor."""

    identity: Any
    cursor: str | None
    fault: str | None

    @property
    def hash(self) -> str:
        canonical = json.dumps(self.identity, sort_keys=True)
        return hashlib.sha256(canonical.encode("utf-8")).hexdigest()[:16]


class Pager:
    """Pages of a fixed size, chained by cursors that fit only the request they were issued for."""

    def __init__(self, cursors: Cursors, size: int) -> None:
        self._cursors = cursors
        self._size = size

    def page(self, items: Sequence[Item], request: PageRequest) -> Page[Item]:
        claims = self._claims(request)
        start = 0 if request.fault == "repeated_page" else claims["offset"]
        shown = items[start : start + self._size]
        return Page(shown, claims["page"], len(items), self._next_cursor(request, claims, len(items)))

    def _claims(self, request: PageRequest) -> Mapping[str, Any]:
        if request.cursor is None:
            return {"offset": 0, "page": 0}
        return self._cursors.open(request.cursor, request.hash)

    def _next_cursor(self, request: PageRequest, claims: Mapping[str, Any], total: int) -> str | None:
        if request.fault == "repeated_cursor" and request.cursor is not None:
            return request.cursor
        offset = claims["offset"] + self._size
        if offset >= total:
            if request.fault not in ENDLESS:
                return None
            # The last page once more: once the fault is used up, the client must find a page behind its cursor.
            offset = max(0, total - 1) // self._size * self._size
        following = {"total": total, "size": self._size, "page": claims["page"] + 1, "offset": offset,
                     "request": request.hash}
        return self._cursors.issue(following, expired=request.fault == "expired_cursor")


def stretch(items: Sequence[Item], first: int, size: int, fault: str | None) -> tuple[Sequence[Item], bool]:
    """A page of a list that is read by numbers, and whether there are more behind it."""
    start = 0 if fault == "repeated_page" else first
    return items[start : start + size], fault in ENDLESS or first + size < len(items)
