"""Vectors that mean something: what is said in other words points nearly the same way.

A text is the sum of its words' directions. Words of one sense have one direction (`SENSES`: everyday synonyms of software and of
office life; it knows nothing of the calls), other words one of their own, close to that of their other forms, since part of it is that
of the word's beginning. What is in nearly every sentence counts for nothing.
"""

from __future__ import annotations

import functools
import hashlib
import math
import random
import re

DIMENSIONS = 256

SENSES = """
export download save output extract
excel xlsx xls csv spreadsheet worksheet
report reporting statistics figures
email e-mail mail inbox
automatic automatically auto automated itself
schedule scheduled scheduling planner timetable rota
weekly week
calendar calendars diary
sync synchronise synchronize syncing synced
integration integrate connector connection connect
duplicate twice double doubled copies
customer client contact homeowner
dark black
mode theme look
mobile phone smartphone tablet android iphone
app application
night nighttime
offline unconnected disconnected
signal reception coverage network internet
crash freeze hang close shut abort
photo picture image photograph
attach add append attachment
upload send transfer
slow slowly sluggish lag laggy forever minutes painfully wait waiting
load open opening start
job visit appointment task
reassign reassignment handover hand move transfer
sick absent ill away
technician engineer mechanic installer worker
bulk once all together
holiday vacation
recurring repeated repeating regular
text sms message messages
arrival way arrive coming
notification alert notify push
many flood drown
login log sign authentication signin
sso single-sign-on okta saml
wrong incorrect broken false error bug
total sum amount
invoice bill billing
discount rebate reduction reduced discounted
hour time
zone zones timezone
search find searching lookup
mandatory required enforce force compulsory
two-factor 2fa mfa second-factor
travel driving drive journey
stop stopped fail failing fails cease
"""

EMPTY = frozenset("""a an the of to in on at for with without from by as is are be it its that this and or not when than instead only so into
    their our your my one we i you they them he she can could should would have has do does did get gets who what which there every very too
    through while because about after before between""".split())


@functools.cache
def _sense_of() -> dict[str, str]:
    return {word: line.split()[0] for line in reversed(SENSES.strip().splitlines()) for word in line.split()}


def vector(text: str, dimensions: int | None = None) -> list[float]:
    """Of length 2, so that whoever forgets to look at the length is found out."""
    size = dimensions or DIMENSIONS
    sums = [0.0] * size
    for word in re.findall(r"[^\W_]+(?:-[^\W_]+)*", text.lower()):
        if word not in EMPTY:
            sums = [a + b for a, b in zip(sums, _word(word, size))]
    if not any(sums):
        sums = list(_direction(text, size))
    length = math.sqrt(sum(n * n for n in sums))
    return [2 * n / length for n in sums]


@functools.lru_cache(maxsize=4096)
def _word(word: str, size: int) -> tuple[float, ...]:
    forms = (word, word.removesuffix("s"), word.removesuffix("es"), word.removesuffix("ed"), word.removesuffix("ing"), word.removesuffix("ing") + "e")
    sense = next((_sense_of()[form] for form in forms if form in _sense_of()), None)
    whole, start = _direction(sense or word, size), _direction(word[:5] + "-", size)
    share = (0.9, 0.3) if sense else (0.6, 0.7)
    return tuple(share[0] * a + share[1] * b for a, b in zip(whole, start))


def _direction(text: str, size: int) -> tuple[float, ...]:
    dice = random.Random(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())
    numbers = [dice.gauss(0, 1) for _ in range(size)]
    length = math.sqrt(sum(n * n for n in numbers))
    return tuple(n / length for n in numbers)
