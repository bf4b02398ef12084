"""Faults on the wire: how an answer travels, or fails to."""

from __future__ import annotations

from typing import Awaitable, Callable, Mapping

from aiohttp import web

from exchange import Answer
from faults import Rule
from gate import Gate

PADDING = b"x" * 65536
DRIPS_PER_SECOND = 20


def starts_an_answer(rule: Rule | None) -> bool:
    """False if the client will not see a single byte."""
    return rule is None or rule.kind != "cut" or rule.values.get("at") != "headers"


async def deliver(request: web.Request, answer: Answer, rule: Rule | None, gate: Gate) -> web.StreamResponse:
    """Send the answer to its end, or to where the fault stops it."""
    try:
        if rule and rule.kind in SENDERS:
            return await SENDERS[rule.kind](request, answer, rule, gate)
        return await _whole(request, answer)
    except ConnectionError:
        # The client left. aiohttp finds the closed connection when it tries to finish this empty response.
        return web.Response()


async def _whole(request: web.Request, answer: Answer) -> web.StreamResponse:
    response = web.Response(body=answer.body, status=answer.status, headers=_headers(answer))
    await response.prepare(request)
    await response.write_eof()
    return response


async def _cut(request: web.Request, answer: Answer, rule: Rule, gate: Gate) -> web.StreamResponse:
    response = _stream(answer)
    response.content_length = len(answer.body)
    if starts_an_answer(rule):
        await response.prepare(request)
        await response.write(answer.body[: len(answer.body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


async def _slow_drip(request: web.Request, answer: Answer, rule: Rule, gate: Gate) -> web.StreamResponse:
    speed = max(1.0, rule.values["bytes_per_second"])
    size = max(1, int(speed / DRIPS_PER_SECOND))
    response = _stream(answer)
    response.content_length = len(answer.body)
    await response.prepare(request)
    released = False
    for start in range(0, len(answer.body), size):
        await response.write(answer.body[start : start + size])
        released = released or await gate.hold(request, size / speed)
    await response.write_eof()
    return response


async def _oversize(request: web.Request, answer: Answer, rule: Rule, gate: Gate) -> web.StreamResponse:
    """The true object with a huge first member, without a length: only counting reveals the size."""
    left = int(rule.values["megabytes"] * 1024 * 1024)
    response = _stream(answer)
    await response.prepare(request)
    await response.write(b'{"padding":"')
    while left > 0:
        await response.write(PADDING[:left])
        left -= len(PADDING)
    await response.write(b'",' + answer.body[1:])
    await response.write_eof()
    return response


def _stream(answer: Answer) -> web.StreamResponse:
    return web.StreamResponse(status=answer.status, headers=_headers(answer))


def _headers(answer: Answer) -> dict[str, str]:
    is_text = answer.content_type.startswith(("text/", "application/json"))
    return {"Content-Type": answer.content_type + ("; charset=utf-8" if is_text else ""), **answer.headers}


Sender = Callable[[web.Request, Answer, Rule, Gate], Awaitable[web.StreamResponse]]
SENDERS: Mapping[str, Sender] = {"cut": _cut, "slow_drip": _slow_drip, "oversize": _oversize}
