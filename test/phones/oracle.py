"""What a phone field holds, by Python's port of libphonenumber and the rules that headway adds to it, said once more."""

import re
import unicodedata

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, ValidationResult, shortnumberinfo
from phonenumbers.phonenumberutil import _extract_possible_number

LINE_BREAKS = "\n\v\f\r\x85\u2028\u2029"
POSSIBLE = (ValidationResult.IS_POSSIBLE, ValidationResult.IS_POSSIBLE_LOCAL_ONLY)
KEYPAD = {letter: str(key) for key, letters in enumerate(["ABC", "DEF", "GHI", "JKL", "MNO", "PQRS", "TUV", "WXYZ"], 2) for letter in letters}
WITHHELD = {"+" + "".join(KEYPAD[letter] for letter in word) for word in ("ANONYMOUS", "BLOCKED", "RESTRICTED", "UNAVAILABLE", "UNKNOWN")}


def plain(c: str) -> str:
    if unicodedata.category(c) == "Cf":
        return ""
    if c.isspace() and c not in LINE_BREAKS:
        return " "
    return str(unicodedata.decimal(c, c)).replace("＋", "+")


def possible(text: str, region: str) -> PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number_with_reason(number) in POSSIBLE else None


def without_remark(text: str, region: str) -> str:
    """Words without a digit, apart from what is a number in full, are a remark about it."""
    split = re.fullmatch(r"([^A-Za-z]*[0-9])([^A-Za-z0-9]*)(?<=[ (])([A-Za-z][^0-9]*)", text)
    try:
        number = split and phonenumbers.parse(split[1], region)
        if (number and phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
                and len(phonenumbers.national_significant_number(number)) >= 6):
            return split[1]
    except phonenumbers.NumberParseException:
        pass
    return text


def with_double_zero(text: str) -> PhoneNumber | None:
    number = possible("+" + text[2:], "ZZ") if text.startswith("00") else None
    return number if number and phonenumbers.is_valid_number(number) else None


def e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def runs_on(text: str, region: str, whole: PhoneNumber) -> bool:
    """Digits, or letters taken for digits, behind what is a number already."""
    for stop in ("[A-Za-z]", "/"):
        before = re.match(f"([^;]*?){stop}", text)
        number = before and possible(before[1], region)
        if number and len(phonenumbers.national_significant_number(number)) >= 6 and e164(number) != e164(whole):
            return True
    return False


def a_word_beside_digits(text: str, whole: PhoneNumber) -> bool:
    """Three letters are keys to press, for libphonenumber, unless they name an extension."""
    typed = _extract_possible_number(text.split(";")[0])
    return phonenumbers.is_alpha_number(typed) and not phonenumbers.is_valid_number(whole)


def a_list(text: str, extension: str | None) -> bool:
    return len(extension or "") > 6 and bool(re.search(rf"(;|(?<!,),)[ .:]*{extension}(?!#)", text))


def phone(text: str, region: str) -> tuple[str | None, str | None]:
    """(E.164, extension) as headway shall give them."""
    nothing = None, None
    if len(text) > 250:
        return nothing
    text, region = "".join(map(plain, text)), region.upper()
    if sip := re.search(r"(?i)sips?:([^@;?>]*)", text):
        text = sip[1] if sip[1].startswith("+") else ""
    text = re.sub(r"(?s)^[^+0-9]*|[/\\] *x.*", "", text)  # a second extension belongs to nothing
    text = without_remark(text, region)
    number = possible(text, region) or with_double_zero(text)
    if number is None or shortnumberinfo.is_valid_short_number(number) or e164(number) in WITHHELD:
        return nothing
    if not phonenumbers.national_significant_number(number).strip("0"):
        return nothing
    if a_word_beside_digits(text, number) or runs_on(text, region, number) or a_list(text, number.extension):
        return nothing
    return e164(number), number.extension or None
