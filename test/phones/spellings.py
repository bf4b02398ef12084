"""Phone numbers as people, address books and exchanges write them, right and wrong. The same for the same seed."""

import random
from typing import Callable, Iterator

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
EXAMPLES = [(region, number) for region in REGIONS for kind in PhoneNumberType.values()
            if (number := phonenumbers.example_number_for_type(region, kind))]
EXAMPLES += [("US", number) for code in sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS)
             if (number := phonenumbers.example_number_for_non_geo_entity(code))]
FORMATS = [PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL, PhoneNumberFormat.RFC3966]
SCRIPTS = ["٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९", "０１２３４５６７８９"]
SEPARATORS = [" ", "-", ".", "/", "  ", " - ", "\u00a0", "\u202f", "\u2009", "\t", "\u2011", "\u2013", "", "~", ",", ";", "\n", "_", "*", "·", "x"]
MARKS = ["\u200b", "\u200e", "\u202a", "\u202c", "\u2060", "\u2068", "\u00ad", "\ufeff"]
BEFORE = ["Tel. ", "tel:", "TEL: ", "Phone ", "+", "00", "0", "1", "(0)", "<", "'", "fax ", "☎ ", "sip:", "sips:", "SIP:+", "Bob 2 ", "~", "011 "]
AFTER = [" ext. 7", "x302", " x 12345", " #9", ";ext=77", ",,1234#", ", 55", ";5550101", " extension 123456", " доб. 4", " anexo 8", " int 5", ",1234567", ",,1234567",
         " home", " (cell)", " Bob", " or", "@voice.example", ";user=phone", ">", ".", "!", "/", " / x5", " h", ";phone-context=+1", ";isub=12", "-", "#", "（内线 3）"]
WORDS = ["FLOWERS", "GOT JUNK", "call", "Taxi", "4 CARS", "BOB", "or", "a"]
JOINTS = [" / ", "/", "; ", ";", ", ", ",", " or ", " oder ", "\n", " ", " & ", "|"]
GARBAGE = "0123456789+()- ./,;#xA\u202a\u00a0é٣"

Edit = Callable[[random.Random, str], str]


def digits_changed(rng: random.Random, text: str) -> str:
    return "".join(rng.choice("0123456789") if c.isdigit() and rng.random() < 0.3 else c for c in text)


def cut(rng: random.Random, text: str) -> str:
    return text[:rng.randint(0, len(text))] if rng.random() < 0.5 else text[rng.randint(0, len(text)):]


def longer(rng: random.Random, text: str) -> str:
    return text + "".join(rng.choice("0123456789") for _ in range(rng.choice([1, 1, 2, 3, 6, 12, 240])))


def separated(rng: random.Random, text: str) -> str:
    one = rng.choice(SEPARATORS)
    return "".join(one if c in " -" else c for c in text)


def separated_anywhere(rng: random.Random, text: str) -> str:
    return "".join(c + (rng.choice(SEPARATORS) if rng.random() < 0.15 else "") for c in text)


def marked(rng: random.Random, text: str) -> str:
    return "".join(c + (rng.choice(MARKS) if rng.random() < 0.2 else "") for c in text)


def in_another_script(rng: random.Random, text: str) -> str:
    return text.translate(str.maketrans("0123456789+", rng.choice(SCRIPTS) + rng.choice("+＋")))


def with_before(rng: random.Random, text: str) -> str:
    return rng.choice(BEFORE) + text


def with_after(rng: random.Random, text: str) -> str:
    return text + rng.choice(AFTER)


def with_a_word(rng: random.Random, text: str) -> str:
    return text[:rng.randint(3, 9)] + rng.choice(["", " ", "-"]) + rng.choice(WORDS)


def twice(rng: random.Random, text: str) -> str:
    return text + rng.choice(JOINTS) + digits_changed(rng, text)[-rng.randint(2, 12):]


def garbage(rng: random.Random, _: str) -> str:
    return "".join(rng.choice(GARBAGE) for _ in range(rng.randint(0, 18)))


EDITS: list[Edit] = [digits_changed, cut, longer, separated, separated_anywhere, marked, in_another_script, with_before, with_after, with_a_word, twice, garbage]


def written(rng: random.Random, region: str, number: PhoneNumber) -> tuple[str, str]:
    """The number as it is written in some region, and that region."""
    if rng.random() < 0.15:
        elsewhere = rng.choice(REGIONS)
        return phonenumbers.format_out_of_country_calling_number(number, elsewhere), elsewhere
    text = phonenumbers.format_number(number, rng.choice(FORMATS))
    return text, region if rng.random() < 0.85 else rng.choice([*REGIONS, "XX", "", region.lower()])


def spellings(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """(text, region): each example of each region as it is, then with up to three edits."""
    rng = random.Random(seed)
    for i in range(count):
        text, region = written(rng, *(EXAMPLES[i] if i < len(EXAMPLES) else rng.choice(EXAMPLES)))
        for _ in range(0 if i < len(EXAMPLES) else rng.choice([0, 1, 1, 1, 2, 2, 3])):
            text = rng.choice(EDITS)(rng, text)
        yield text, region


def short_numbers() -> Iterator[tuple[str, str]]:
    """Whatever has two to four digits and begins with a 1 or a 9, in every region."""
    for region in REGIONS:
        for text in [*map(str, range(10, 20)), *map(str, range(100, 200)), *map(str, range(900, 1000)), "116117", "116123", "11888"]:
            yield text, region
