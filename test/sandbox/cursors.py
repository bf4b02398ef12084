"""Opaque page cursors: signed JSON web tokens that expire."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from typing import Any, Mapping

from exchange import Refusal
from limits import Clock

LIFETIME_SECONDS = 1800


class Cursors:
    """Issues and opens cursors under a key that lives as long as the server."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)

    def issue(self, claims: Mapping[str, Any], expired: bool = False) -> str:
        expires = self._clock() + (-1 if expired else LIFETIME_SECONDS)
        signed = f"{_encode({'alg': 'HS256'})}.{_encode({**claims, 'exp': int(expires)})}"
        return f"{signed}.{self._signature(signed)}"

    def open(self, cursor: str, request_hash: str) -> dict[str, Any]:
        """The claims of a cursor, if it is ours and was issued for the same request."""
        signed, _, signature = cursor.rpartition(".")
        if not hmac.compare_digest(signature.encode("utf-8", "surrogatepass"), self._signature(signed).encode()):
            raise Refusal(400, "failed to verify cursor")
        claims: dict[str, Any] = _decode(signed.rpartition(".")[2])
        if claims["exp"] <= self._clock():
            raise Refusal(400, "cursor has expired", violation=False)
        if claims["request"] != request_hash:
            raise Refusal(400, "failed to verify cursor")
        return claims

    def _signature(self, signed: str) -> str:
        return _base64url(hmac.digest(self._key, signed.encode("utf-8", "surrogatepass"), hashlib.sha256))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _encode(value: Mapping[str, Any]) -> str:
    return _base64url(json.dumps(value, separators=(",", ":")).encode("utf-8"))


def _decode(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
