"""What the self-tests drive the sandbox with: a server in a thread, a clock that stands still, a plain client."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import threading
import time
from dataclasses import dataclass
from typing import Any, Callable, Mapping

from corpus import CallStore
from server import Settings, build_app, start

START = 1_790_000_000.0
AUTHORIZED = {"Authorization": "Basic " + base64.b64encode(b"sandbox-access:sandbox-secret").decode()}
PATIENCE_SECONDS = 5.0


class FrozenClock:
    """Time that passes only when a test says so."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@dataclass
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """One connection per request, so that a spoiled connection cannot disturb the next request."""

    def __init__(self, port: int) -> None:
        self.port = port

    def send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        try:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read())
        finally:
            connection.close()

    def post(self, path: str, value: Any, **headers: str) -> Reply:
        sent = {**AUTHORIZED, "Content-Type": "application/json", **headers}
        return self.send("POST", path, json.dumps(value).encode(), sent)

    def get(self, path: str, **headers: str) -> Reply:
        return self.send("GET", path, None, {**AUTHORIZED, **headers})

    def extensive(self, **body: Any) -> Reply:
        return self.post("/v2/calls/extensive", {"filter": {}, **body})

    def transcript(self, **body: Any) -> Reply:
        return self.post("/v2/calls/transcript", {"filter": {}, **body})

    def control(self, method: str, path: str, value: Any = None) -> Reply:
        body = None if value is None else json.dumps(value).encode()
        return self.send(method, f"/_control/{path}", body, {})

    def fault(self, kind: str, **rule: Any) -> None:
        reply = self.control("POST", "faults", [{"kind": kind, **rule}])
        assert reply.status == 200, reply.body

    def journal(self) -> list[dict[str, Any]]:
        return list(self.control("GET", "journal").json())

    def in_flight(self) -> int:
        return int(self.control("GET", "in_flight").json())


class RunningSandbox(Client):
    """A sandbox in a thread of this process."""

    def __init__(self, **settings: Any) -> None:
        self.clock = FrozenClock()
        self.calls = CallStore(self.clock)
        # The clock stands still, so a realistic limit per second would end after three requests.
        settings.setdefault("per_second", 1000)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        app = build_app(Settings(**settings), self.calls, self.clock)
        self._runner, port = self._run(start(app, 0))
        super().__init__(port)

    def stop(self) -> None:
        self._run(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_SECONDS)


class Background(threading.Thread):
    """A request that is under way while the test looks on; `reply` once joined."""

    def __init__(self, ask: Callable[[], Reply | None]) -> None:
        super().__init__()
        self._ask = ask
        self.reply: Reply | None = None
        self.start()

    def run(self) -> None:
        self.reply = self._ask()


def eventually(holds: Callable[[], Any]) -> None:
    """Wait until something holds; fail if it never does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.005)


def call(number: int, **changes: Any) -> dict[str, Any]:
    """A call of the corpus format; a higher number is an older call."""
    return {
        "id": str(9_100_000_000_000_000_000 + number),
        "title": f"Check-in number {number} \u2013 caf\u00e9",
        "age_minutes": number * 60,
        "duration": 600,
        "direction": "Conference",
        "scope": "External",
        "language": "eng",
        "isPrivate": False,
        "parties": [
            {"id": "11", "name": "Ada Host", "emailAddress": "ada@vendor.example", "title": "CSM",
             "affiliation": "Internal", "speakerId": "701"},
            {"id": "12", "name": "Bo Guest", "emailAddress": "bo@customer.example", "title": None,
             "affiliation": "External", "speakerId": "702"},
            {"id": "13", "name": "Cy Silent", "emailAddress": None, "title": None, "affiliation": "Unknown",
             "speakerId": None},
        ],
        "turns": [
            {"speakerId": "701", "topic": "Intro", "sentences": ["Hello there.", "How does the export work for you?"]},
            {"speakerId": "702", "topic": None, "sentences": ["It loses the last row every single time."]},
        ],
        "truth": ["never to be served"],
        **changes,
    }


def read_pages(ask: Callable[[str], Any], next_cursor: str, joint: str = "?") -> list[Any]:
    """All pages of a list whose answers name the next cursor; it is sent as the query parameter `cursor`."""
    pages = [ask("")]
    while pages[-1].get(next_cursor):
        pages.append(ask(f"{joint}cursor={pages[-1][next_cursor]}"))
    return pages
