"""Documents that are not calls, kept by id and told to have an age."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Iterable, Mapping

from corpus import BadCall, delay
from limits import Clock


@dataclass(frozen=True)
class Aged:
    """A document, when it came about, and from when it is seen."""

    document: Mapping[str, Any]
    started: datetime
    seen: float

    @property
    def id(self) -> str:
        return str(self.document["id"])


class AgedStore:
    """Ages count from the store's beginning. A document may say from when it is `visible`, as a call does."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._epoch = datetime.fromtimestamp(int(clock()), timezone.utc)
        self._kept: dict[str, Aged] = {}

    def put(self, document: Any) -> Aged:
        """Add or replace a document."""
        if not isinstance(document, dict) or "id" not in document or not isinstance(document.get("age_minutes"), (int, float)):
            raise BadCall("expected an object with id and age_minutes")
        aged = Aged(document, self.ago(document["age_minutes"]), self._clock() + delay(document, "visible"))
        self._kept[aged.id] = aged
        return aged

    def load(self, path: Path) -> None:
        for document in json.loads(path.read_text(encoding="utf-8")):
            self.put(document)

    def remove(self, one: str) -> bool:
        return self._kept.pop(one, None) is not None

    def find(self, one: str) -> Aged | None:
        return next((aged for aged in self.visible() if aged.id == one), None)

    def visible(self) -> Iterable[Aged]:
        now = self._clock()
        return [aged for aged in self._kept.values() if aged.seen <= now]

    def ago(self, minutes: float) -> datetime:
        return self._epoch - timedelta(minutes=minutes)
