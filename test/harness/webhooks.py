"""Vendors that call back: each gives the headers and the body of a request as that vendor would send it.

A body is bytes, or JSON that is encoded here; what it holds comes from `Sandbox.webhook()`.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import subprocess
import tempfile
import time
from typing import Any

Delivery = tuple[dict[str, str], bytes]
JSON = {"Content-Type": "application/json"}


class GongRule:
    """An automation rule of Gong's that signs what it sends: RS256, with a key of its own."""

    def __init__(self) -> None:
        self._dir = tempfile.TemporaryDirectory(prefix="headway-gong-rule-")
        self._key = pathlib.Path(self._dir.name) / "key.pem"
        _openssl(b"", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", str(self._key))
        self.public_key = base64.b64encode(_openssl(b"", "pkey", "-in", str(self._key), "-pubout", "-outform", "DER")).decode()
        """As the rule's page shows it: base64 without armour."""

    def deliver(self, url: str, body: Any, lives: float = 300, scheme: str = "Bearer ", header: dict | None = None, **claims: Any) -> Delivery:
        """`url` as the rule has it; `header` and `claims` replace what a true token says."""
        raw = _encoded(body)
        token = {"webhook_url": url, "body_sha256": hashlib.sha256(raw).hexdigest(), "exp": int(time.time() + lives), **claims}
        signed = f"{_part(header or {'alg': 'RS256', 'typ': 'JWT'})}.{_part(token)}"
        signature = _openssl(signed.encode(), "dgst", "-sha256", "-sign", str(self._key))
        return {**JSON, "Authorization": f"{scheme}{signed}.{_base64url(signature)}"}, raw

    def close(self) -> None:
        self._dir.cleanup()


def fathom(secret: str, body: Any, message: str = "msg_2mQ0sandbox", at: float | None = None, *older_secrets: str) -> Delivery:
    """Signed as Standard Webhooks are, by each secret in turn: a list, as while a secret is being changed."""
    raw, stamp = _encoded(body), str(int(time.time() if at is None else at))
    signatures = [_standard(one, f"{message}.{stamp}.".encode() + raw) for one in (*older_secrets, secret)]
    return {**JSON, "webhook-id": message, "webhook-timestamp": stamp, "webhook-signature": " ".join(signatures)}, raw


def ringcentral(token: str, body: Any, header: str = "Verification-Token") -> Delivery:
    """Nothing is signed; the token of the subscription comes back with each delivery."""
    return {**JSON, "User-Agent": "RingCentral-Webhook/8.3", header: token}, _encoded(body)


def ringcentral_handshake(validation: str, token: str | None = None) -> Delivery:
    """What is posted while a subscription is made: the answer must be 200 and echo `Validation-Token`."""
    verification = {} if token is None else {"Verification-Token": token}
    return {**JSON, "User-Agent": "RingCentral-Webhook/8.3", "Content-Length": "0", "Validation-Token": validation, **verification}, b""


def _standard(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def _encoded(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()


def _part(value: dict) -> str:
    return _base64url(json.dumps(value, separators=(",", ":")).encode())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _openssl(data: bytes, *arguments: str) -> bytes:
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout
