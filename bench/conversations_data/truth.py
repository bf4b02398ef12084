"""What a call is to say, and what a careful human would then know of it.

What is what is decided when a call is made, from the facts that its transcript is given (words.Said), never by reading the
transcript or by asking the code that is measured. The truth about a call:

Customer, by the other side's number:
  one      it can be known whose call it was: the number has one holder; or a few (2 to 4), and the name said fits one of them only,
           or else the date said is that of a booking of one of them only; or it is a switchboard, and the full name is said
  none     no customer's call: a stranger, or an internal one
  unknown  a customer's call that nobody could know of: a number that no customer has or that is withheld, a shared or own line, several
           holders and nothing said
Booking, when the customer is `one`, of the bookings that exist by then (made up to an hour after the call began):
  one      the candidates are the bookings on the date said, or those that start within 24 hours when none is said. Of several, those
           count that fit what else is said (booked just now, at the table now, been there, time, lunch or dinner, guests); then those
           not cancelled or missed; then the nearest one to come. One is left
  none     there is no candidate
  free     either answer is right: without a date said, one began more than 24 hours ago and ended less than that ago, or one was made
           within the hour, of which nothing is said
  unknown  several are left, and none is to come, or one is running and another to come
`unknown` counts neither for recall nor for abstention, but a link must be right by what the caller had in mind: whoever links what
nobody can know is wrong at times.
"""

from __future__ import annotations

import bisect
import datetime
from random import Random
from typing import Callable, NamedTuple

from .words import Said
from .world import DAY, Booking, Call, Customer, World, from_local, local


class Truth(NamedTuple):
    number: str                # whose number it is: own, family, switchboard, shared, withheld, unlisted, internal
    customer_verdict: str
    customer_id: str | None
    booking_verdict: str
    booking_id: str | None


def facts(dice: Random, call: Call) -> Said:
    """What the caller says of what there is to say."""
    roll, booking = dice.random(), call.booking
    name = "whole" if roll < 0.22 else "first" if roll < 0.32 else "last" if roll < 0.37 else None
    if booking is None:
        asked = local(call.start).date() + datetime.timedelta(dice.randrange(1, 40)) if dice.random() < 0.1 else None
        taken = call.customer and any(local(other.start).date() == asked for other in call.customer.bookings) if asked else False
        return Said("general", name, None if taken else asked)
    far = abs(booking.start - call.start) > DAY - 3600
    return Said(call.kind, name, local(booking.start).date() if far or dice.random() < (0.25 if call.kind == "during" else 0.6) or call.kind == "book" else None,
                booking.meal if dice.random() < 0.3 else None,
                local(booking.start).hour * 60 + local(booking.start).minute if dice.random() < 0.25 else None,
                booking.guests if dice.random() < 0.3 else None,
                call.kind == "during" and dice.random() < 0.6)


def starting(customer: Customer, first: int, last: int) -> list[Booking]:
    def begin(booking: Booking) -> int:
        return booking.start
    return customer.bookings[bisect.bisect_left(customer.bookings, first, key=begin):bisect.bisect_right(customer.bookings, last, key=begin)]


def on_date(customer: Customer, day: datetime.date) -> list[Booking]:
    midnight = (day - datetime.date(1970, 1, 1)).days * DAY
    return starting(customer, from_local(midnight), from_local(midnight + DAY) - 1)


def fitting(call: Call, said: Said, found: list[Booking]) -> list[Booking]:
    """Those of the candidates that fit what is said; what fits none of them tells nothing."""
    tests: list[Callable[[Booking], bool]] = []
    if said.kind == "book":
        tests.append(lambda b: call.start <= b.booked)
    if said.now:
        tests.append(lambda b: b.start <= call.start <= b.end)
    elif said.kind == "after":
        tests.append(lambda b: b.start <= call.start)
    if said.minute is not None:
        tests.append(lambda b: abs(local(b.start).hour * 60 + local(b.start).minute - said.minute) < 15)
    if said.part:
        tests.append(lambda b: b.meal == said.part)
    if said.guests is not None:
        tests.append(lambda b: b.guests == said.guests)
    tests.append(lambda b: b.status not in ("cancelled", "no_show"))
    for test in tests:
        found = [booking for booking in found if test(booking)] or found
    return found


def booking_truth(call: Call, said: Said) -> tuple[str, str | None]:
    """When the customer is known."""
    if call.customer is None:
        return "none", None
    near = on_date(call.customer, said.date) if said.date else starting(call.customer, call.start - DAY, call.start + DAY)
    found = fitting(call, said, [booking for booking in near if booking.booked <= call.start + 3600])
    if len(found) == 1:
        return "one", found[0].id
    if not found:
        edge = [b for b in starting(call.customer, call.start - 2 * DAY, call.start + 60 * DAY)
                if not said.date and b.start < call.start and b.end > call.start - DAY or call.start <= b.booked <= call.start + 3600 + 300]
        return ("free", edge[0].id) if edge else ("none", None)
    coming = [booking for booking in found if booking.start >= call.start]
    if not coming or any(booking.start < call.start <= booking.end for booking in found):
        return "unknown", call.booking.id if call.booking else None
    return "one", coming[0].id


def named(said: Said, who: Customer, holders: list[Customer]) -> bool:
    """Whether the name said fits this one of the holders only."""
    few = len(holders) <= 4
    if said.name == "whole":
        return sum(h.first == who.first and h.last == who.last for h in holders) == 1
    if said.name == "first" and few:
        return sum(h.first == who.first for h in holders) == 1
    return said.name == "last" and few and sum(h.last == who.last for h in holders) == 1


def whose(world: World, call: Call, number: str | None, said: Said) -> tuple[str, str]:
    """The kind of number, and whether the customer can be known."""
    if call.kind == "internal":
        return "internal", "none"
    holders = world.holders.get(number, []) if number else []
    if call.customer is None:
        return "withheld" if number is None else "unlisted", "none"
    if number is None or not holders:
        return "withheld" if number is None else "unlisted", "unknown"
    if number in world.shared or number in world.lines:
        return "shared", "unknown"
    if len(holders) == 1:
        return "own", "one"
    kind = "family" if len(holders) <= 4 else "switchboard"
    alike = {"whole": lambda h: (h.first, h.last) == (call.customer.first, call.customer.last), "first": lambda h: h.first == call.customer.first,
             "last": lambda h: h.last == call.customer.last}
    fit = [h for h in holders if said.name is None or alike[said.name](h)]
    if named(said, call.customer, holders):
        return kind, "one"
    if kind == "family" and said.date and call.booking and sum(bool(on_date(h, said.date)) for h in fit) == 1:
        return kind, "one"
    return kind, "unknown"


def truth(world: World, call: Call, number: str | None, said: Said) -> Truth:
    kind, verdict = whose(world, call, number, said)
    who = call.customer.id if call.customer else None
    if verdict != "one":
        return Truth(kind, verdict, who, verdict, call.booking.id if call.booking else None)
    return Truth(kind, verdict, who, *booking_truth(call, said))
