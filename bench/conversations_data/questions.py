"""What people search their conversations for."""

from __future__ import annotations

from random import Random
from typing import Any, Iterator

from psycopg import Connection

COMMON = ["parking", "projector", "scarf", "birthday cake", "wheelchair", "gluten", "gift cards", "saturday"]
VERY_COMMON = ["table", "calling", "reservation", "moment"]
Question = tuple[str, str, list[Any]]


def rare_words(session: Connection) -> list[str]:
    """Words and codes of transcripts that hardly another one has."""
    return [row[0] for row in session.execute("""
        SELECT w[1] FROM (SELECT content FROM headway.messages ORDER BY md5(id::text) LIMIT 2000) m, regexp_match(m.content, '[A-Z]{3}[0-9]{2,4}') w
        WHERE w IS NOT NULL ORDER BY 1 LIMIT 100""")]


def some_words(session: Connection) -> list[str]:
    """Made-up words, from frequent to seldom ones."""
    return [row[0] for row in session.execute("""
        SELECT lower(w[1]) FROM (SELECT content FROM headway.messages ORDER BY md5(id::text) LIMIT 300) m, regexp_matches(m.content, '[a-z]{7,12}', 'g') w
        GROUP BY 1 ORDER BY md5(lower(w[1])) LIMIT 200""")]


def questions(session: Connection, dice: Random, many: int) -> Iterator[Question]:
    """Each with its kind, the arguments and their values."""
    codes, words = rare_words(session), some_words(session)
    busy = [str(row[0]) for row in session.execute("SELECT customer_id FROM truth.calls WHERE customer_id IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 20")]
    def start() -> str:
        return f"{dice.choice([2023, 2024, 2025])}-{dice.randrange(1, 13):02}-01"
    kinds: list[tuple[str, Any]] = [
        ("a rare word", lambda: ("%s", [dice.choice(codes)])),
        ("a word", lambda: ("%s", [dice.choice(words)])),
        ("a common word", lambda: ("%s", [dice.choice(COMMON)])),
        ("a very common word", lambda: ("%s", [dice.choice(VERY_COMMON)])),
        ("two words", lambda: ("%s", [f"{dice.choice(COMMON)} {dice.choice(words)}"])),
        ("two common words", lambda: ("%s", [f"{dice.choice(COMMON)} {dice.choice(VERY_COMMON)}"])),
        ("a phrase", lambda: ("%s", [dice.choice(['"left my scarf"', '"live music"', '"opening hours"', '"table by the window"'])])),
        ("a prefix", lambda: ("%s", [dice.choice(["reserv*", "vegeta*", "project*", "wheel*"])])),
        ("or", lambda: ("%s", [f"{dice.choice(COMMON)} OR {dice.choice(words)}"])),
        ("not", lambda: ("%s", [f"{dice.choice(COMMON)} -{dice.choice(VERY_COMMON)}"])),
        ("a word, a customer's", lambda: ("%s, customer => %s", [dice.choice(COMMON), dice.choice(busy)])),
        ("a very common word in a month", lambda: ("%s, from_date => %s::date, to_date => %s::date + 30", [dice.choice(VERY_COMMON), *[start()] * 2])),
        ("a word, in bad mood", lambda: ("%s, sentiment => 'negative'", [dice.choice(COMMON)])),
        ("no words: the newest", lambda: ("NULL", [])),
        ("no words: a customer's", lambda: ("customer => %s", [dice.choice(busy)])),
        ("no words: bad mood in a month", lambda: ("sentiment => 'negative', from_date => %s::date, to_date => %s::date + 30", [start()] * 2)),
        ("a later page", lambda: ("%s, max_items => 20, skip_items => %s", [dice.choice(COMMON), dice.choice([20, 100, 400])])),
    ]
    for number in range(many):
        kind, ask = kinds[number % len(kinds)]
        yield kind, *ask()
