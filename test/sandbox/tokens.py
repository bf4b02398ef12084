"""Access tokens: they end with time and on command, and the oldest ends when there are too many."""

from __future__ import annotations

import secrets

from limits import Clock


class Tokens:
    """The tokens that one vendor has issued."""

    def __init__(self, clock: Clock, lifetime: float, most: int | None = None) -> None:
        self.lifetime = lifetime
        self._clock = clock
        self._most = most
        self._expiries: dict[str, float] = {}

    def issue(self, prefix: str = "") -> str:
        token = prefix + self.random()
        if self._most is not None:
            for oldest in self._live()[: -(self._most - 1) or None]:
                self.revoke(oldest)
        self._expiries[token] = self._clock() + self.lifetime
        return token

    @staticmethod
    def random() -> str:
        return secrets.token_urlsafe(24)

    def is_live(self, token: str) -> bool:
        return self._expiries.get(token, float("-inf")) > self._clock()

    def is_ours(self, token: str) -> bool:
        """Whether it was ever issued: a dead token is no breach of rules, an invented one is."""
        return token in self._expiries

    def revoke(self, token: str) -> None:
        self._expiries[token] = float("-inf")

    def revoke_all(self) -> None:
        for token in self._expiries:
            self.revoke(token)

    def _live(self) -> list[str]:
        return [token for token in self._expiries if self.is_live(token)]
