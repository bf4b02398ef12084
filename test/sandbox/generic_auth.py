"""Every way to show who one is, each under its name in the path.

    none
    basic                             generic-user:generic-password
    bearer                            Authorization: Bearer generic-token
    header                            X-Api-Key: generic-token
    header_prefix                     Authorization: Token generic-token
    query                             ?api_key=generic-token
    oauth2_client_credentials         POST token; client generic-client:generic-secret as Basic
    oauth2_client_credentials_body    POST token; the client in the form
    oauth2_refresh_token              POST token; `generic-refresh-` and any name is good for one exchange, as is each token that comes of it
    jwt_grant                         POST token; assertion generic-assertion
    session                           POST login {"user": "generic-user", "password": "generic-password"} -> {"session": {"token",
                                      "expires_in"}}, sent as X-Session-Token
"""

from __future__ import annotations

import hmac
from typing import Any, Mapping

from exchange import Answer, Received, Refusal, reply
from strict import read_body, read_form, read_query
from tokens import Tokens
from vendor import basic

CARRIERS = ("Authorization", "X-Api-Key", "X-Session-Token")
CLIENT, SECRET, TOKEN = "generic-client", "generic-secret", "generic-token"
USER, PASSWORD, ASSERTION, FIRST_REFRESH = "generic-user", "generic-password", "generic-assertion", "generic-refresh-"
FIXED: Mapping[str, tuple[str, str]] = {
    "basic": ("Authorization", basic(USER, PASSWORD)),
    "bearer": ("Authorization", f"Bearer {TOKEN}"),
    "header": ("X-Api-Key", TOKEN),
    "header_prefix": ("Authorization", f"Token {TOKEN}"),
}
GRANTS: Mapping[str, Mapping[str, str]] = {
    "oauth2_client_credentials": {"grant_type": "client_credentials"},
    "oauth2_client_credentials_body": {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET},
    "oauth2_refresh_token": {"grant_type": "refresh_token"},
    "jwt_grant": {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": ASSERTION},
}
"""What the form of a token request must hold."""
KINDS = ("none", *FIXED, "query", *GRANTS, "session")


class Door:
    """Lets in by any kind, and hands out tokens."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._spent: set[str] = set()
        self._issued: set[str] = set()

    def verdict(self, kind: str, received: Received) -> str:
        """Credentials in the place of another kind are bad."""
        sent = {name: received.headers[name] for name in CARRIERS if name in received.headers}
        if kind in ("none", "query"):
            key = received.query.get("api_key", [])
            return "bad" if sent else "ok" if kind == "none" or list(key) == [TOKEN] else "bad" if key else "missing"
        carrier = "X-Session-Token" if kind == "session" else FIXED.get(kind, ("Authorization", ""))[0]
        if not sent:
            return "missing"
        return "ok" if list(sent) == [carrier] and self._fits(kind, sent[carrier]) else "bad"

    def _fits(self, kind: str, value: str) -> bool:
        if kind in FIXED:
            return hmac.compare_digest(value.encode(), FIXED[kind][1].encode())
        scheme, _, token = ("Bearer", "", value) if kind == "session" else value.partition(" ")
        return scheme.lower() == "bearer" and token.startswith(f"{kind}:") and self._tokens.is_live(token)

    def is_dead(self, kind: str, received: Received) -> bool:
        """Whether the token was good once: then the client did nothing wrong."""
        tokens = [received.headers.get(name, "").rpartition(" ")[2] for name in CARRIERS]
        return any(token.startswith(f"{kind}:") and self._tokens.is_ours(token) for token in tokens)

    def mint(self, kind: str, received: Received) -> Answer:
        """The token endpoint of an OAuth kind."""
        read_query(received, ())
        expected = GRANTS[kind]
        form = read_form(received, {*expected, "scope"} | ({"refresh_token"} if kind == "oauth2_refresh_token" else set()))
        client = received.headers.get("Authorization")
        if client != (None if "client_id" in expected else basic(CLIENT, SECRET)) or not _agree(form, expected, "client_id", "client_secret"):
            raise Refusal(401, "the client is not known", code="invalid_client")
        if not _agree(form, expected, "grant_type"):
            raise Refusal(400, f"the grant is {expected['grant_type']}", code="unsupported_grant_type")
        if not _agree(form, expected, "assertion"):
            raise Refusal(400, "the assertion is not valid", code="invalid_grant")
        refresh = {"refresh_token": self._rotate(form)} if kind == "oauth2_refresh_token" else {}
        return reply({"access_token": self._tokens.issue(f"{kind}:"), "token_type": "Bearer", "expires_in": int(self._tokens.lifetime), **refresh})

    def log_in(self, received: Received) -> Answer:
        read_query(received, ())
        if read_body(received, {"user", "password"}) != {"user": USER, "password": PASSWORD}:
            raise Refusal(401, "wrong user or password")
        return reply({"session": {"token": self._tokens.issue("session:"), "expires_in": int(self._tokens.lifetime)}})

    def _rotate(self, form: Mapping[str, str]) -> str:
        """The next refresh token for one that was never used."""
        token = form.get("refresh_token", "")
        if token in self._spent:
            raise Refusal(400, "the refresh token was used twice", code="invalid_grant")
        if token not in self._issued and not token.startswith(FIRST_REFRESH):
            raise Refusal(400, "the refresh token is not known", code="invalid_grant")
        self._spent.add(token)
        following = f"next-{len(self._spent)}-{self._tokens.random()}"
        self._issued.add(following)
        return following


def _agree(form: Mapping[str, Any], expected: Mapping[str, str], *names: str) -> bool:
    return all(form.get(name) == expected.get(name) for name in names)
