"""Made-up customers, their numbers and bookings, and the calls with them, but for what is said; drawn anew the same at every run."""

from __future__ import annotations

import bisect
import datetime
from random import Random
from typing import Iterator, NamedTuple
from zoneinfo import ZoneInfo

from .words import FIRST, LAST

ZONE = "America/New_York"
DAY = 86_400
FROM = int(datetime.datetime(2023, 10, 2, tzinfo=datetime.timezone.utc).timestamp())
DAYS = 730
CLOSED_UNTIL = FROM + int(DAYS * 0.75) * DAY  # bookings before have been closed by the app: completed, cancelled or missed
AREAS = "212 646 718 917 347 201 973 908 203 860 617 508 401 603 207 802 215 610 302 410 202 703 312 415 213".split()
MESSY = ["({0}) {1}-{2}", "{0}.{1}.{2}", "{0} {1} {2}", "001{0}{1}{2}", "+1 ({0}) {1}-{2}", "1-{0}-{1}-{2}", "{0}{1}{2}", "{0}-{1}-{2} x42"]
SCRIBBLED = ["{0}-{1}-{2} cell", "{0} {1} {2} (home)", "Tel. {0}-{1}-{2}"]
UNUSABLE = ["anonymous", "Restricted", "", "unknown", "Private Number", "911", "71234"]


def zone_offsets() -> tuple[list[int], list[int]]:
    """When the zone's distance from UTC changes, and to what: for speed."""
    changes, offsets, zone = [], [], ZoneInfo(ZONE)
    for hour in range(FROM - 60 * DAY, FROM + (DAYS + 60) * DAY, 3600):
        offset = int(datetime.datetime.fromtimestamp(hour, zone).utcoffset().total_seconds())
        if not offsets or offset != offsets[-1]:
            changes.append(hour)
            offsets.append(offset)
    return changes, offsets


CHANGES, OFFSETS = zone_offsets()
EPOCH = datetime.datetime(1970, 1, 1)


def local(utc: int) -> datetime.datetime:
    return EPOCH + datetime.timedelta(seconds=utc + OFFSETS[bisect.bisect(CHANGES, utc) - 1])


def from_local(seconds: int) -> int:
    """The instant of a local time that is not near a change."""
    return seconds - OFFSETS[bisect.bisect(CHANGES, seconds + 5 * 3600) - 1]


class Booking(NamedTuple):
    start: int
    end: int
    booked: int
    id: str
    status: str
    guests: int | None
    has_end: bool

    @property
    def meal(self) -> str:
        return "lunch" if local(self.start).hour < 17 else "dinner"


class Customer:
    __slots__ = ("id", "first", "last", "numbers", "bookings")

    def __init__(self, key: str, first: str, last: str, numbers: list[str]) -> None:
        self.id, self.first, self.last, self.numbers = key, first, last, numbers
        self.bookings: list[Booking] = []


class Call(NamedTuple):
    start: int
    kind: str                  # as Said, or stranger, internal
    customer: Customer | None
    booking: Booking | None


def key(dice: Random) -> str:
    return f"{dice.getrandbits(128):032x}"


def spell(dice: Random, number: str, more: list[str] = []) -> str:
    """The number as somebody typed it; one in ten is a mess."""
    if not number.startswith("+1") or dice.random() < 0.9:
        return number
    return dice.choice(MESSY + more).format(number[2:5], number[5:8], number[8:])


class World:
    """Everything there is, but for the transcripts."""

    def __init__(self, calls: int) -> None:
        self.dice = Random(20_231_002)
        self.size = calls
        self.numbers: set[str] = set()
        self.lines = [self.number() for _ in range(20)]
        self.shared = set(self.lines[:12])
        self.holders: dict[str, list[Customer]] = {}
        self.customers: list[Customer] = []
        self.strangers = [self.number() for _ in range(max(10, calls // 100))]  # who call again
        self.make_customers(calls // 5)
        self.make_bookings(calls // 2)
        self.calls = sorted(self.make_calls(calls), key=lambda call: call.start)

    def number(self) -> str:
        while True:
            found = f"+1{self.dice.choice(AREAS)}{self.dice.randrange(220, 999)}{self.dice.randrange(10_000):04}"
            if self.dice.random() < 0.02:
                found = f"+4420{self.dice.randrange(70_000_000, 89_999_999)}"
            if found not in self.numbers:
                self.numbers.add(found)
                return found

    def add(self, first: str, last: str, numbers: list[str]) -> None:
        customer = Customer(key(self.dice), first, last, numbers)
        self.customers.append(customer)
        for number in numbers:
            self.holders.setdefault(number, []).append(customer)

    def make_customers(self, count: int) -> None:
        dice = self.dice
        switchboards = [self.number() for _ in range(max(4, count // 4000))]
        self.shared |= set(switchboards[::2])
        self.placeholder = "+15555555555"
        while len(self.customers) < count:
            first, last, roll = dice.choice(FIRST), dice.choice(LAST), dice.random()
            if roll < 0.05:
                number = self.number()
                for name in dice.sample(FIRST, dice.choice([2, 2, 2, 3, 4])):
                    self.add(name, last if dice.random() < 0.8 else dice.choice(LAST), [number])
            elif roll < 0.10:
                self.add(first, last, [])
            elif roll < 0.115:
                self.add(first, last, [switchboards[int(len(switchboards) * dice.random() ** 2)]])
            elif roll < 0.117:
                self.add(first, last, [self.placeholder])
            else:
                self.add(first, last, [self.number() for _ in range(dice.choices([1, 2, 3], [85, 12, 3])[0])])
        for customer in dice.sample(self.customers, 5):
            customer.numbers.append(self.lines[15])
            self.holders.setdefault(self.lines[15], []).append(customer)

    def make_bookings(self, count: int) -> None:
        """Some customers book once in two years, some every other day."""
        dice, made = self.dice, 0
        weights = [min(dice.paretovariate(1.1), self.size ** 0.5) for _ in self.customers]
        self.chosen = iter(dice.choices(self.customers, weights, k=count + self.size))
        while made < count:
            customer = next(self.chosen)
            day, meal = dice.randrange(DAYS), dice.choices(["lunch", "dinner"], [35, 65])[0]
            slots = [(day, meal)]
            if dice.random() < 0.06:
                slots.append((day, "dinner" if meal == "lunch" else "lunch"))
            elif dice.random() < 0.08:
                slots.append((day + dice.randrange(1, 4), meal))
            for slot in slots:
                customer.bookings.append(self.make_booking(*slot))
                made += 1
        for customer in self.customers:
            customer.bookings.sort()

    def make_booking(self, day: int, meal: str) -> Booking:
        dice = self.dice
        minute = dice.randrange(690, 841, 15) if meal == "lunch" else dice.randrange(1050, 1351, 15)
        start = from_local(FROM + day * DAY + minute * 60)
        booked = start - (dice.randrange(1800, 8 * 3600) if dice.random() < 0.1 else int(DAY * min(dice.expovariate(1 / 9) + 0.3, 45)))
        if start < CLOSED_UNTIL:
            status = dice.choices(["completed", "cancelled", "no_show"], [82, 12, 6])[0]
        elif start < CLOSED_UNTIL + 2 * DAY:
            status = "in_progress"
        else:
            status = dice.choices(["confirmed", "pending", "cancelled"], [76, 12, 12])[0]
        guests = None if dice.random() < 0.08 else dice.choice([2, 2, 2, 2, 3, 4, 4, 4, 5, 6, 6, 7, 8, 8, 10, 12, 15, 20, 25, 30, 40, 60])
        return Booking(start, start + dice.choice([60, 90, 90, 120, 120, 150, 180]) * 60, self.opened(booked, start), key(dice), status, guests, dice.random() < 0.9)

    def opened(self, utc: int, before: int) -> int:
        """An instant of that day at which people call: most while it is open, some near midnight, a few at any hour."""
        dice, roll = self.dice, self.dice.random()
        midnight = utc - (local(utc).hour * 3600 + local(utc).minute * 60)
        hours = dice.triangular(9, 22, 17) if roll < 0.9 else dice.uniform(22, 25) if roll < 0.97 else dice.uniform(0, 24)
        found = midnight + int(hours * 3600)
        return found if found < before else utc

    def make_calls(self, count: int) -> Iterator[Call]:
        dice = self.dice
        bookings = [(customer, booking) for customer in self.customers for booking in customer.bookings]
        booked: set[str] = set()
        for _ in range(count):
            roll = dice.random()
            start = self.opened(FROM + dice.randrange(DAYS) * DAY + 43_200, FROM * 2)
            if roll < 0.05:
                yield Call(start, "internal", None, None)
            elif roll < 0.17:
                yield Call(start, "stranger", None, None)
            elif roll < 0.42:
                yield Call(start, "general", next(self.chosen), None)
            else:
                customer, booking = dice.choice(bookings)
                kind = dice.choices(["book", "ask", "during", "after"], [25, 50, 8, 17])[0]
                if kind == "book" and booking.id in booked or kind in ("during", "after") and booking.status in ("cancelled", "no_show"):
                    kind = "ask"
                booked.add(booking.id)
                yield Call(self.when(kind, booking), kind, customer, booking)

    def when(self, kind: str, booking: Booking) -> int:
        dice = self.dice
        if kind == "book":
            return booking.booked - dice.randrange(60, 900)
        if kind == "ask":
            asked = self.opened(booking.start - int((booking.start - booking.booked) * dice.random() ** 2), booking.start - 600)
            return max(asked, booking.booked + 60)
        if kind == "during":
            return dice.randrange(booking.start + 60, booking.end)
        return max(booking.end + 300, self.opened(booking.end + int(DAY * min(dice.expovariate(1.2), 5)), FROM * 2))
