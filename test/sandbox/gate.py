"""Waiting inside a request: for time to pass, for a test to say go, or for the client to leave."""

from __future__ import annotations

import asyncio
import contextlib

from aiohttp import web

# aiohttp 3.8 does not tell a handler that its client is gone, so a waiting request has to look.
LOOK_EVERY_SECONDS = 0.01


class Gate:
    """Holds requests until released."""

    def __init__(self) -> None:
        self._opened = asyncio.Event()

    def release(self) -> None:
        """Let all requests go that wait now; later ones wait again."""
        self._opened.set()
        self._opened = asyncio.Event()

    async def hold(self, request: web.Request, seconds: float | None) -> bool:
        """Wait `seconds` (None: for ever), or less if released or if the client has left; true if released."""
        opened = self._opened
        now = asyncio.get_running_loop().time
        deadline = float("inf") if seconds is None else now() + seconds
        while not opened.is_set() and client_is_there(request):
            left = deadline - now()
            if left <= 0:
                break
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(opened.wait(), min(left, LOOK_EVERY_SECONDS))
        return opened.is_set()


def client_is_there(request: web.Request) -> bool:
    """Whether the connection of the request is still open."""
    return request.transport is not None and not request.transport.is_closing()
