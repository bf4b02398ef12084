"""Faults in the content of an answer: another status, a redirect, or a body that breaks parsers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Callable, Mapping, Sequence

from exchange import Answer, encode_json
from faults import Rule
from vendor import Vendor

NESTING = 100_000

# A private-use mark that is swapped for bytes which no JSON encoder would write.
MARK = "\ue000\ue001"
PLANTED: Mapping[str, bytes] = {
    "lone_surrogate": b"\\ud83d",
    "nul": b"\\u0000",
    "invalid_utf8": b"\xc3\x28",
}


def spoil(answer: Answer, rule: Rule | None, vendor: Vendor) -> Answer:
    """The answer as the rule wants it; unchanged for faults of another sort."""
    if rule is None or rule.kind not in SPOILERS:
        return answer
    return SPOILERS[rule.kind](answer, rule.values, vendor)


def _other_status(answer: Answer, values: Mapping[str, Any], vendor: Vendor) -> Answer:
    spoiled = vendor.error(values["status"], "the sandbox was told to fail")
    body = values.get("body")
    if isinstance(body, str):
        kind = "text/html" if body.lstrip().startswith("<") else "application/json"
        spoiled = replace(spoiled, body=body.encode("utf-8"), content_type=kind)
    elif body is not None:
        spoiled = replace(spoiled, body=encode_json(body))
    if "retry_after" in values:
        spoiled = replace(spoiled, headers={**spoiled.headers, "Retry-After": str(values["retry_after"])})
    return spoiled


def _redirect(answer: Answer, values: Mapping[str, Any], vendor: Vendor) -> Answer:
    return Answer(values.get("status", 302), b"", headers={"Location": values["location"]})


def _malformed(answer: Answer, values: Mapping[str, Any], vendor: Vendor) -> Answer:
    variant = values["variant"]
    if variant == "truncated":
        return replace(answer, body=answer.body[: len(answer.body) // 2])
    if variant == "html":
        page = b"<!doctype html><html><head><title>Maintenance</title></head><body>Back soon.</body></html>"
        return replace(answer, status=200, body=page, content_type="text/html")
    if variant == "not_json":
        return replace(answer, status=200, body=b"upstream busy, try again later")
    if answer.content_type != "application/json":
        return answer
    if variant == "deep":
        nest = b'{"nest":' + b"[" * NESTING + b"]" * NESTING + b","
        return replace(answer, body=nest + answer.body[1:])
    fields = [values["field"]] if "field" in values else vendor.text_fields
    return replace(answer, body=plant(answer.body, fields, PLANTED[variant]))


def plant(body: bytes, fields: Sequence[str], bad: bytes) -> bytes:
    """Put bad bytes into the middle of one text: the first value of the first field that occurs."""
    document = json.loads(body)
    if any(_mark_text(document, field) for field in fields):
        return encode_json(document).replace(MARK.encode("utf-8"), bad)
    return body


def _mark_text(node: Any, field: str) -> bool:
    if isinstance(node, list):
        return any(_mark_text(item, field) for item in node)
    if not isinstance(node, dict):
        return False
    text = node.get(field)
    if isinstance(text, str):
        half = len(text) // 2
        node[field] = text[:half] + MARK + text[half:]
        return True
    return any(_mark_text(value, field) for value in node.values())


Spoiler = Callable[[Answer, Mapping[str, Any], Vendor], Answer]
SPOILERS: Mapping[str, Spoiler] = {"status": _other_status, "redirect": _redirect, "malformed": _malformed}
