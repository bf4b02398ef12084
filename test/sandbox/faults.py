"""Fault rules: which request gets which fault.

A rule matches requests whose path begins with `path` and whose body contains the text `containing`. It counts every
one that matches, also those that an earlier rule took. So `after` is a position in the stream of matching requests, and
a list of rules reads like a script. With a `share` it takes but that part of them, spread at random and the same in every
run: {"kind": "status", "status": 429, "retry_after": 1, "share": 0.5} turns half of the requests away.

    latency                 the answer leaves after `seconds`
    hang                    no answer until released
    status                  another `status`, with `retry_after` and `body` if given
    cut                     the connection closes in the middle of the body, or before any byte (`at`: headers)
    malformed               a `variant` of broken body; the text variants take the `field` to spoil
    slow_drip               the answer trickles at `bytes_per_second`
    oversize                the answer grows by `megabytes`
    redirect                to a `location`, with a `status` other than 302 if given
    repeated_cursor         every page names the same next cursor
    repeated_page           every page has a fresh cursor and the records of the first
    ignored_filter          the list holds everything, whatever was asked for
    expired_cursor          the cursor in the answer is already too old
    missing_record_fields   one record lacks its id, one what gives it meaning
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Collection, Mapping

from corpus import variety

NUMBER = (int, float)

DATA_KINDS = frozenset({
    "repeated_cursor", "repeated_page", "ignored_filter", "expired_cursor", "missing_record_fields",
})
"""Faults in what a vendor says; each vendor plays them itself. All others are faults of the transport."""

VALUE_TYPES: Mapping[str, Mapping[str, tuple[type, ...]]] = {
    "latency": {"seconds": NUMBER},
    "hang": {},
    "status": {"status": (int,), "retry_after": (int, str), "body": (str, dict, list)},
    "cut": {"at": (str,)},
    "malformed": {"variant": (str,), "field": (str,)},
    "slow_drip": {"bytes_per_second": NUMBER},
    "oversize": {"megabytes": NUMBER},
    "redirect": {"location": (str,), "status": (int,)},
    **{kind: {} for kind in DATA_KINDS},
}

REQUIRED: Mapping[str, Collection[str]] = {
    "latency": {"seconds"},
    "status": {"status"},
    "malformed": {"variant"},
    "slow_drip": {"bytes_per_second"},
    "oversize": {"megabytes"},
    "redirect": {"location"},
}

CHOICES: Mapping[str, Collection[str]] = {
    "at": {"headers", "body"},
    "variant": {"truncated", "html", "not_json", "lone_surrogate", "nul", "invalid_utf8", "deep"},
}


class BadRule(ValueError):
    """A rule a test wrote wrongly; refused, or the test would pass without its fault."""


@dataclass
class Rule:
    """One fault and how often it was used."""

    kind: str
    path: str = ""
    containing: str = ""
    times: int | None = None
    after: int = 0
    share: float = 1.0
    values: Mapping[str, Any] = field(default_factory=dict)
    seen: int = 0
    applied: int = 0

    def applies_to_next(self, path: str, body: bytes) -> bool:
        """Count a request; true if this rule has a fault left for it."""
        if not path.startswith(self.path) or self.containing.encode() not in body:
            return False
        self.seen += 1
        drawn = variety("fault", str(self.seen)) % 1000 < self.share * 1000
        return drawn and self.seen > self.after and (self.times is None or self.applied < self.times)

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "path": self.path, "containing": self.containing, "times": self.times, "after": self.after,
                "share": self.share, **self.values, "seen": self.seen, "applied": self.applied}


class FaultBook:
    """The active rules in the order they were given."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []

    def add(self, described: Any) -> None:
        """Add all rules of a JSON list, or none if one of them is wrong."""
        if not isinstance(described, list):
            raise BadRule("expected a list of rules")
        self._rules += [parse_rule(rule) for rule in described]

    def clear(self) -> None:
        self._rules = []

    def pick(self, path: str, body: bytes) -> Rule | None:
        """The fault for a request with `body` to `path`."""
        candidates = [rule for rule in self._rules if rule.applies_to_next(path, body)]
        if not candidates:
            return None
        candidates[0].applied += 1
        return candidates[0]

    def as_json(self) -> list[dict[str, Any]]:
        return [rule.as_json() for rule in self._rules]


def parse_rule(described: Any) -> Rule:
    """Read one rule strictly."""
    if not isinstance(described, dict):
        raise BadRule("a rule must be an object")
    values = dict(described)
    kind = values.pop("kind", None)
    if not isinstance(kind, str) or kind not in VALUE_TYPES:
        raise BadRule(f"unknown kind {kind!r}")
    path = _checked(values.pop("path", ""), (str,), "path")
    containing = _checked(values.pop("containing", ""), (str,), "containing")
    times = values.pop("times", None)
    if times is not None:
        _checked(times, (int,), "times")
    after = _checked(values.pop("after", 0), (int,), "after")
    share = _checked(values.pop("share", 1), NUMBER, "share")
    _check_values(kind, values)
    return Rule(kind, path, containing, times, after, share, values)


def _check_values(kind: str, values: Mapping[str, Any]) -> None:
    missing = set(REQUIRED.get(kind, ())) - set(values)
    if missing:
        raise BadRule(f"{kind} needs {', '.join(sorted(missing))}")
    for name, value in values.items():
        if name not in VALUE_TYPES[kind]:
            raise BadRule(f"{kind} has no value {name!r}")
        _checked(value, VALUE_TYPES[kind][name], name)
        if name in CHOICES and value not in CHOICES[name]:
            raise BadRule(f"{name} must be one of {', '.join(sorted(CHOICES[name]))}")


def _checked(value: Any, types: tuple[type, ...], name: str) -> Any:
    """The value itself; `bool` is no number here, and no number of ours may be negative."""
    if isinstance(value, bool) or not isinstance(value, types):
        raise BadRule(f"{name} has the wrong type")
    if isinstance(value, NUMBER) and value < 0:
        raise BadRule(f"{name} must not be negative")
    return value
