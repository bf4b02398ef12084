"""headway_e164() and Python's port of libphonenumber, which has metadata of the same version, on the same texts."""

import phonenumbers

from harness.cluster import Database

from oracle import phone
from spellings import short_numbers, spellings

READ = """SELECT headway_e164(text, region), headway_phone_extension(text, region), headway._phone_is_valid(headway_e164(text, region))
          FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS t (text, region, at) ORDER BY at"""


def read(database: Database, texts: list[tuple[str, str]]) -> list[tuple[str | None, str | None, bool | None]]:
    database.sql("CREATE EXTENSION IF NOT EXISTS headway")
    return database.sql(READ, [[text for text, _ in texts], [region for _, region in texts]])


def test_twenty_thousand_spellings_are_read_alike(database: Database) -> None:
    texts = list(spellings(20_000, seed=81257))
    found = read(database, texts)
    wrong = [(text, region, (e164, extension), phone(text, region)) for (text, region), (e164, extension, _) in zip(texts, found, strict=True)
             if (e164, extension) != phone(text, region)]
    assert wrong == [], "both find the same number and the same extension in every text"
    assert sum(e164 is not None for e164, _, _ in found) > 9_000, "many texts have a number"
    assert sum(extension is not None for _, extension, _ in found) > 500, "and many an extension"
    invalid = [e164 for e164, _, is_valid in found if e164 and is_valid != phonenumbers.is_valid_number(phonenumbers.parse(e164))]
    assert invalid == [], "and both know the same ranges to be in use"


def test_what_is_short_is_short_for_both(database: Database) -> None:
    texts = list(short_numbers())
    wrong = [(text, region, e164) for (text, region), (e164, _, _) in zip(texts, read(database, texts), strict=True) if e164 != phone(text, region)[0]]
    assert wrong == [], "no region's short numbers are taken for others"


def test_what_was_read_is_read_the_same_again(database: Database) -> None:
    """But for what began with one zero too many: libphonenumber takes off one at a time."""
    numbers = sorted({e164 for e164, _, _ in read(database, list(spellings(20_000, seed=4))) if e164})
    again = read(database, [(e164, "ZZ") for e164 in numbers])
    changed = [(before, after) for before, (after, _, _) in zip(numbers, again, strict=True)
               if before != after and not before.startswith(f"+{phonenumbers.parse(before).country_code}0")]
    assert changed == [], "E.164 stays as it is"
