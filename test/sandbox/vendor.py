"""What every vendor is made of: routes to handlers, and refusals that become errors in the vendor's own words."""

from __future__ import annotations

import base64
import re
from typing import Any, Callable, Iterable, Mapping, Sequence

from corpus import Call
from exchange import Answer, Received, Refusal
from limits import Charge, Quota, SlidingWindow
from tokens import Tokens

Handler = Callable[..., Answer]
Route = tuple[str, "re.Pattern[str]", Handler]


class Vendor:
    """A plug-in of the frame: it answers requests and never raises for anything a client can send."""

    prefixes: Sequence[str] = ()
    """All paths of this vendor start with one of them; prefixes of two vendors must not overlap."""

    text_fields: Sequence[str] = ()
    """Keys of human text, the most telling first: where a malformed text is planted."""

    routes: Sequence[Route] = ()

    tokens: Tokens | None = None
    """Access tokens, for a vendor that issues such."""

    def __init__(self, quota: Quota) -> None:
        self.quota = quota

    def authorization(self, received: Received) -> str:
        """Judge the credentials: "ok", "bad" or "missing"."""
        raise NotImplementedError

    def error(self, status: int, text: str) -> Answer:
        """An error in the vendor's own body format."""
        raise NotImplementedError

    def charge(self, received: Received) -> Charge:
        """What an authorized request counts against."""
        return Charge("", tuple(self.quota.rates))

    def limit_headers(self, windows: Mapping[str, SlidingWindow]) -> Mapping[str, str]:
        """What an answer tells of the quota."""
        return {}

    def webhook(self, call_id: str) -> dict[str, Any]:
        """The body that is sent to a listener when this call is done."""
        raise LookupError("this vendor calls nobody")

    def refused(self, refusal: Refusal) -> Answer:
        return self.error(refusal.status, refusal.text)

    def unauthorized(self, received: Received, verdict: str) -> Refusal:
        return Refusal(401, f"the credentials are {verdict}")

    def answer(self, received: Received) -> Answer:
        try:
            return self._handle(received)
        except Refusal as refusal:
            if refusal.violation:
                received.violations.append(refusal.text)
            return self.refused(refusal)

    def _handle(self, received: Received) -> Answer:
        verdict = self.authorization(received)
        if verdict != "ok":
            raise self.unauthorized(received, verdict)
        matches = [(method, path.fullmatch(received.path), handler) for method, path, handler in self.routes]
        fitting = [(method, match, handler) for method, match, handler in matches if match]
        if not fitting:
            raise Refusal(404, f"no such resource: {received.path}")
        for method, match, handler in fitting:
            if method == received.method:
                return handler(received, *match.groups())
        raise Refusal(405, f"{received.method} is not supported for {received.path}")


def route(method: str, path: str, handler: Handler) -> Route:
    return method, re.compile(path), handler


def drop_fields(records: list[dict[str, Any]], identity: str, *meaning: str) -> None:
    """The first record loses its id, the second the time or text that gives it meaning."""
    for record in records[:1]:
        record.pop(identity, None)
    for record in records[1:2]:
        record.update({name: None for name in meaning if name in record})


def the_call(calls: Iterable[Call], call_id: str) -> Call:
    found = next((call for call in calls if call.id == call_id), None)
    if found is None:
        raise LookupError(f"no call {call_id}")
    return found


def basic(user: str, password: str) -> str:
    """The value of an Authorization header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode("utf-8")).decode("ascii")


def tokens_sent(received: Received) -> list[str]:
    """The keys in `X-Api-Key` and behind `Authorization: Bearer`; whoever sends two means neither."""
    scheme, _, token = received.headers.get("Authorization", "").partition(" ")
    keys = [received.headers["X-Api-Key"]] if "X-Api-Key" in received.headers else []
    return keys + ([token if scheme.lower() == "bearer" else ""] if scheme else [])
