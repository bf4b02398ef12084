"""Reading requests strictly. Every breach is a Refusal with status 400.

Where the vendors' documents are silent the sandbox is strict, because a request that only a lenient server accepts is a
bug that waits for the real one.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any, Collection, Iterable, Mapping
from urllib.parse import parse_qsl

from exchange import Received, Refusal

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
NUMBER = re.compile(r"\d{1,15}", re.ASCII)


def refuse(text: str) -> Refusal:
    return Refusal(400, text)


def read_query(received: Received, allowed: Collection[str]) -> dict[str, str]:
    """The query parameters, each known and given once."""
    return {name: values[0] for name, values in read_lists(received, allowed, ()).items()}


def read_lists(received: Received, single: Collection[str], repeatable: Collection[str]) -> dict[str, list[str]]:
    """The query parameters, each known; only the repeatable ones may come more than once."""
    for name, values in received.query.items():
        if name not in single and name not in repeatable:
            raise refuse(f"unknown query parameter '{name}'")
        if len(values) > 1 and name not in repeatable:
            raise refuse(f"query parameter '{name}' is given more than once")
    return {name: list(values) for name, values in received.query.items()}


def no_body(received: Received) -> None:
    if received.body:
        raise refuse("a GET must have no body")


def read_body(received: Received, allowed: Collection[str]) -> dict[str, Any]:
    """The JSON object of a POST, with none but the allowed keys."""
    _check_content_type(received, "application/json")
    try:
        body = json.loads(received.body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise refuse(f"the body is not valid JSON: {error}") from error
    return read_object(body, "body", allowed)


def read_form(received: Received, allowed: Collection[str]) -> dict[str, str]:
    """The fields of a form-encoded POST, each known and given once."""
    _check_content_type(received, "application/x-www-form-urlencoded")
    try:
        fields = parse_qsl(received.body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict")
        form = _unique(fields)
    except ValueError as error:
        raise refuse(f"the body is not a form: {error}") from error
    return read_object(form, "form", allowed)


def read_object(value: Any, where: str, allowed: Collection[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise refuse(f"{where}: must be an object")
    unknown = sorted(set(value) - set(allowed))
    if unknown:
        raise refuse(f"{where}: unknown field '{unknown[0]}'")
    return value


def read_time(described: Mapping[str, Any], name: str) -> datetime | None:
    if name not in described:
        return None
    text = described[name]
    if not isinstance(text, str) or not TIME.fullmatch(text):
        raise refuse(f"{name}: must be an ISO-8601 time with an offset or Z")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise refuse(f"{name}: {error}") from error


def read_text(described: Mapping[str, Any], name: str) -> str | None:
    if name not in described:
        return None
    if not isinstance(described[name], str):
        raise refuse(f"{name}: must be a string")
    text: str = described[name]
    return text


def read_flag(query: Mapping[str, str], name: str) -> bool:
    """A boolean as a query spells it; absent is false."""
    if query.get(name, "false") not in ("true", "false"):
        raise refuse(f"{name}: must be a boolean")
    return query.get(name) == "true"


def read_number(query: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    """A whole number as a query spells it."""
    if name not in query:
        return default
    if not NUMBER.fullmatch(query[name]) or not least <= int(query[name]) <= most:
        raise refuse(f"{name}: must be a number from {least} to {most}")
    return int(query[name])


def read_choice(query: Mapping[str, str], name: str, choices: Collection[str]) -> str | None:
    if name in query and query[name] not in choices:
        raise refuse(f"{name}: must be one of {', '.join(sorted(choices))}")
    return query.get(name)


def _check_content_type(received: Received, wanted: str) -> None:
    content_type = received.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type != wanted:
        raise refuse(f"Content-Type must be {wanted}, not '{content_type}'")


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    pairs = list(pairs)
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("an object names a field twice")
    return dict(pairs)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
