"""Thousands of small calls, for backfills: cheap to make, because they share their people and their words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Iterator, Sequence

from corpus import Call, Turn, timed_turns

FIRST_ID = 5_000_000_000_000_000_000
SPAN = timedelta(days=365)
EVERY = 10
"""One call in so many asks for something."""

SMALL_TALK = ("Good morning, I have a question about an invoice.", "Could you tell me when the technician comes?",
              "I only wanted to change our phone number.", "We moved, so please note the new address.")
HOST = {"id": "31", "name": "Devon Okafor", "emailAddress": "devon.okafor@larkspur.example", "title": None, "affiliation": "Internal", "speakerId": "711"}
GUESTS = tuple({"id": f"4{n:02}", "name": f"Customer {n}", "emailAddress": f"customer{n}@bulk.example", "title": None, "affiliation": "External",
                "phoneNumber": f"+1555020{n:04}", "speakerId": "712"} for n in range(100))


def bulk_id(number: int) -> str:
    return str(FIRST_ID + number)


def bulk_calls(count: int, until: datetime, quotes: Sequence[str]) -> Iterator[Call]:
    """Spread evenly over the year until `until`, the newest first; every tenth holds the next of the quotes."""
    talk = [_turns(said) for said in SMALL_TALK]
    asking = [_turns(quote) for quote in quotes] or talk
    for n in range(count):
        turns = asking[n // EVERY % len(asking)] if n % EVERY == 0 else talk[n % len(talk)]
        yield Call(id=bulk_id(n), title=f"Call {n}", started=until - SPAN * (n + 1) / (count + 1), duration=45, direction=("Outbound", "Inbound")[n % 2],
                   scope="External", language="eng", is_private=False, recorded=True, parties=(HOST, GUESTS[n % len(GUESTS)]), turns=turns)


def _turns(said: str) -> tuple[Turn, ...]:
    described = [{"speakerId": "711", "sentences": ["Larkspur, good day."]}, {"speakerId": "712", "sentences": [said]},
                 {"speakerId": "711", "sentences": ["I will see to it."]}]
    return tuple(timed_turns(described))
